"""/healthz (alive), /readyz (database, queue, search, worker, live auctions), /metrics (Prometheus, local addresses only)."""

from ipaddress import ip_address

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from supermarket.core.clock import now
from supermarket.core.unit import unit
from supermarket.extensions import csrf, limiter
from supermarket.supervision.health import SPARED, metrics, parts
from supermarket.web.access import public

blueprint = Blueprint("health", __name__)
csrf.exempt(blueprint)
limiter.exempt(blueprint)
# Set by whatever stands between us and somebody far away.
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "alive"})


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """The things that the market needs answer, each named; the live process is named, and its absence closes no site."""
    answers = parts()
    whole = all(ok for name, ok in answers.items() if name not in SPARED)
    told = {name: "ok" if ok else "down" for name, ok in answers.items()}
    return jsonify({"status": "ready" if whole else "not ready", **told}), 200 if whole else 503


@blueprint.get("/metrics")
@public
def figures() -> Response:
    """Figures for the operator's own Prometheus; who comes from elsewhere finds nothing here."""
    if any(name in request.headers for name in FORWARDED) or not ip_address(request.remote_addr or "::").is_loopback:
        abort(404)
    with unit():
        return Response(metrics(now()), content_type=CONTENT_TYPE_LATEST)
