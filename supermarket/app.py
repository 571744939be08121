"""The application factory: the foundation with sign-in, pages, API and commands."""

from collections.abc import Mapping

from flask import Flask, Response, g, request, session
from flask_babel import get_locale
from werkzeug.routing import IntegerConverter, Map

from config import ROOT
from supermarket import api, cli, web
from supermarket.accounts.queries import user_of_session
from supermarket.documents.queries import file_number, id_of_file
from supermarket.extensions import csrf, db, limiter, login, migrate
from supermarket.foundation import make_foundation

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class RowNumber(IntegerConverter):
    """A whole number that a row can have (PostgreSQL's integer); a larger one is 404 before the database is asked."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


class FileNumber(RowNumber):
    """A file's number as readers see it; pages and routes name the document's own."""

    def to_python(self, value: str) -> int:
        """The document's own number."""
        return id_of_file(super().to_python(value))

    def to_url(self, value: int) -> str:
        """The number that readers see."""
        return super().to_url(file_number(value))


def _headers(response: Response) -> Response:
    connect = f"; connect-src 'self' {g.connect_src}" if "connect_src" in g else ""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY + connect)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    # Flask-Login's key: somebody is signed in; even what is public carries that person's cookie then.
    if request.endpoint != "static" and "_user_id" in session:
        response.headers["Cache-Control"] = "no-store"
    return response


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """The application; `overrides` replace settings, and with a database and queue among them nothing is started."""
    app = make_foundation(overrides)
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = RowNumber
    app.url_map.converters["file"] = FileNumber
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    login.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    login.user_loader(user_of_session)
    app.after_request(_headers)
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.add_extension("jinja2.ext.do")
    web.register(app)
    api.register(app)
    cli.register(app)
    return app
