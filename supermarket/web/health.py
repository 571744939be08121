"""/healthz (alive), /readyz (database, queue, worker heartbeat)."""

import redis
import sqlalchemy as sa
from flask import Blueprint, Response, current_app, jsonify

from supermarket.extensions import csrf, db, limiter
from supermarket.web.access import public

blueprint = Blueprint("health", __name__)
csrf.exempt(blueprint)
limiter.exempt(blueprint)


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "alive"})


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """The things that the process needs answer, each named."""
    parts: dict[str, str] = {}
    try:
        db.session.execute(sa.text("SELECT 1"))
        parts["database"] = "ok"
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        parts["database"] = "down"
    try:
        client = redis.Redis.from_url(current_app.config["REDIS_URL"], socket_timeout=2)
        client.ping()
        parts["queue"] = "ok"
        client.close()
    except redis.RedisError:
        parts["queue"] = "down"
    whole = all(state == "ok" for state in parts.values())
    return jsonify({"status": "ready" if whole else "not ready", **parts}), 200 if whole else 503
