"""What went wrong, as a page in the reader's language, or as a problem document (RFC 9457) for the API."""

import structlog
from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from supermarket.core.errors import FieldError, InvalidInput, MarketError, RuleBroken, WrongState
from supermarket.extensions import db
from supermarket.gateways.errors import GatewayError
from supermarket.web.access import SignInNeeded

log = structlog.get_logger()
PAGES = {400, 403, 404, 409, 413, 422, 429, 500}


def problem(status: int, code: str, title: str, **more: object) -> Response:
    """A problem document."""
    answer = jsonify({"type": "about:blank", "status": status, "title": title, "code": code, **more})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def market_problem(error: MarketError) -> Response:
    """A refusal as a problem document, with what specs/api.md adds for its kind."""
    if isinstance(error, WrongState):
        return problem(error.status, error.code, error.message, state=error.state, allowed=list(error.allowed))
    if isinstance(error, InvalidInput):
        errors = error.errors or (FieldError("body", error.code, error.message),)
        return problem(
            error.status,
            error.code,
            error.message,
            errors=[{"field": item.field, "code": item.code, "message": item.message} for item in errors],
        )
    if isinstance(error, RuleBroken):
        return problem(
            error.status,
            error.code,
            error.message,
            findings=[
                {"code": item.code, "message": item.message, "evidence": dict(item.evidence)} for item in error.findings
            ],
        )
    return problem(error.status, error.code, error.message, **error.details)


def _page(status: int, error: object) -> tuple[str, int]:
    name = status if status in PAGES else 500 if status >= 500 else 400
    return render_template(f"errors/{name}.html", error=error, description=_description(error)), status


def _description(error: object) -> str:
    """What the reader is told beyond the page's own words: our own sentences, never the framework's."""
    if isinstance(error, RuleBroken) and error.findings:
        return " ".join(finding.message for finding in error.findings)
    if isinstance(error, MarketError):
        return error.message
    return str(error.description) if isinstance(error, CSRFError) else ""


def _way_back() -> str:
    """Where to go after signing in: the page itself, or the form that was sent, where the browser has kept what was typed."""
    if request.method == "GET":
        return request.full_path
    return request.path if request.url_rule and "GET" in (request.url_rule.methods or ()) else "/"


def _on_market_error(error: MarketError) -> BaseResponse | tuple[str, int]:
    db.session.rollback()
    if request.path.startswith("/api/"):
        return market_problem(error)
    if isinstance(error, SignInNeeded):
        return redirect(url_for("account.sign_in", next=_way_back()))
    return _page(error.status, error)


def _on_http_error(error: HTTPException) -> BaseResponse | tuple[str, int]:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if request.path.startswith("/api/"):
        answer = problem(status, error.name.lower().replace(" ", "_"), str(error.description or error.name))
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after"}:
                answer.headers[name] = value
        return answer
    if isinstance(error, CSRFError):
        error.description = _(
            "This page was open for too long. Go back, reload it, and send it again; what you typed is still there."
        )
    return _page(status, error)


def _on_crash(error: Exception) -> BaseResponse | tuple[str, int]:
    db.session.rollback()
    log.error("crash", path=request.path, method=request.method, kind=type(error).__name__, exc_info=error)
    if request.path.startswith("/api/"):
        return problem(500, "internal_error", _("Something broke on our side; nothing was changed."))
    return _page(500, error)


def _on_gateway_error(error: GatewayError) -> BaseResponse | tuple[str, int]:
    """The outside world did not do its part: nothing was written; the same may work in a moment."""
    db.session.rollback()
    log.error("gateway", path=request.path, method=request.method, kind=type(error).__name__, code=error.code)
    sentence = _(error.msgid, **error.params)
    if request.path.startswith("/api/"):
        return problem(503, error.code, sentence)
    return _page(503, error)


def register(app: Flask) -> None:
    """Bind the handlers."""
    app.register_error_handler(MarketError, _on_market_error)
    app.register_error_handler(GatewayError, _on_gateway_error)
    app.register_error_handler(HTTPException, _on_http_error)
    if not app.config.get("PROPAGATE_CRASHES"):
        app.register_error_handler(Exception, _on_crash)
