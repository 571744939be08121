"""The application factory: binds extensions, gateways, pages, API and commands."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, g, has_request_context, request, session
from flask_babel import get_locale

from config import ROOT, Settings, data_folder
from launch.servers import ensure, ensure_witness
from supermarket import api, cli, web, wiring
from supermarket.accounts.queries import user_of_session
from supermarket.extensions import babel, csrf, db, limiter, login, migrate
from supermarket.gateways import build
from supermarket.jobs import JOBS

LOCALES = ("zh_CN", "en")
CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def chosen_locale() -> str:
    """The reader's language: as chosen, else Chinese; English for an API client that asks for it."""
    if not has_request_context():  # jobs and commands
        return LOCALES[0]
    if request.path.startswith("/api/"):
        return (
            request.accept_languages.best_match(["zh-CN", "zh", "en"], "en")
            .replace("-", "_")
            .replace("zh", "zh_CN")[:5]
        )
    chosen = session.get("locale")
    return chosen if chosen in LOCALES else LOCALES[0]


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if "user" in g and g.user is not None:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def settings() -> dict[str, object]:
    """Settings from the environment and DATA; starts its database, queue and witness where nothing names any."""
    data = data_folder()
    servers = ensure(data)
    found = Settings(data, servers.database_url, servers.redis_url, servers.owner_url).mapping()
    return found | {"WITNESS_URL": ensure_witness(data)}


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """The application; `overrides` replace settings, and with a database and queue among them nothing is started."""
    app = Flask(
        "supermarket",
        root_path=str(Path(__file__).parent),
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
    )
    known = overrides or {}
    if "SQLALCHEMY_DATABASE_URI" in known:
        url = str(known["SQLALCHEMY_DATABASE_URI"])
        base = Settings(Path(str(known["DATA"])), url, str(known["REDIS_URL"]), url).mapping()
    else:
        base = settings()
    app.config.update(base)
    app.config.update(known)
    app.config["JOBS"] = JOBS
    app.url_map.strict_slashes = False
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    login.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=chosen_locale)
    login.user_loader(user_of_session)
    app.extensions["gateways"] = build(app.config)
    wiring.connect()
    app.after_request(_headers)
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.add_extension("jinja2.ext.do")
    web.register(app)
    api.register(app)
    cli.register(app)
    return app
