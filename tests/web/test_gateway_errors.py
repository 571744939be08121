"""A gateway that fails in a request: 503 with its sentence, nothing written; never a bare 500."""

from flask import Flask
from sqlalchemy.orm import Session

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.web.errors import register


def failing_app() -> Flask:
    """An application of one view whose outside world is down."""
    app = Flask(__name__)

    def fail() -> str:
        raise GatewayError("witness_down", N_("The witness cannot be reached. It is asked again by itself."))

    app.add_url_rule("/api/v1/down", view_func=fail)
    register(app)
    return app


def test_an_api_request_gets_a_problem(app: Flask, session: Session) -> None:
    assert GatewayError in app.error_handler_spec[None][None]
    other = failing_app()
    other.extensions.update(app.extensions)
    answer = other.test_client().get("/api/v1/down")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.json["code"] == "witness_down"
