"""What site and workers share: settings, database, language, gateways, wiring; no pages, no API, no commands.

A worker that imported the pages would take half as much memory again.
"""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, has_request_context, request, session

from config import ROOT, Settings, data_folder, stand_in_identity
from launch.servers import ensure, ensure_registries, ensure_witnesses
from supermarket import wiring
from supermarket.core.logs import configure_logs
from supermarket.extensions import babel, db
from supermarket.gateways import build
from supermarket.jobs import JOBS

LOCALES = ("zh_CN", "en")


def chosen_locale() -> str:
    """The reader's language: as chosen, else Chinese; English for an API client that asks for it."""
    if not has_request_context():  # jobs and commands
        return LOCALES[0]
    if request.path.startswith("/api/v1/"):
        return (
            request.accept_languages.best_match(["zh-CN", "zh", "en"], "en")
            .replace("-", "_")
            .replace("zh", "zh_CN")[:5]
        )
    chosen = session.get("locale")
    return chosen if chosen in LOCALES else LOCALES[0]


def settings() -> dict[str, object]:
    """Settings from the environment and DATA; starts its database, queue, witnesses and stand-ins where none are named."""
    data = data_folder()
    servers = ensure(data)
    found = Settings(data, servers.database_url, servers.redis_url, servers.owner_url).mapping()
    registries = ensure_registries(data)
    if found["DEMO"] and not found["IDENTITY_PROVIDERS"]:
        found["IDENTITY_PROVIDERS"] = stand_in_identity(registries, data)
    return found | {"WITNESSES": ensure_witnesses(data), "REGISTRIES_URL": registries}


def make_foundation(overrides: Mapping[str, object] | None = None) -> Flask:
    """The application without pages; `overrides` replace settings, and with a database among them nothing is started."""
    configure_logs()
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
    db.init_app(app)
    babel.init_app(app, locale_selector=chosen_locale)
    app.extensions["gateways"] = build(app.config)
    wiring.connect()
    return app
