"""A running site for the browser tests: the real application on a port of this machine, filled like the demonstration."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from config import ROOT
from supermarket.app import create_app
from supermarket.core.clock import real_now
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date
from supermarket.demo import cast, onboarding
from supermarket.demo.load import load, load_registries
from supermarket.extensions import db
from supermarket.gateways.pdf import TypstPdf
from supermarket.supervision.demo_clock import set_clock
from supermarket.supervision.supervise import Supervised, market_now, supervise
from tests.conftest import migrate_to_head, settings
from tests.servers import database_url, redis_url

MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
_CATALOGUE = Path("zh_Hans_CN") / "LC_MESSAGES"


@dataclass(frozen=True)
class Site:
    """Where it answers, and the application behind it."""

    url: str
    app: Flask

    def now(self) -> datetime:
        """The market's time."""
        with self.app.app_context():
            return market_now()

    def supervise(self, until: datetime) -> Supervised:
        """What `flask supervise --at` does. Raises AssertionError where anything due failed."""
        with self.app.app_context():
            done = supervise(until)
        assert done.ticked.failures == []
        return done

    def pass_time(self, **more: float) -> Supervised:
        """Let so much time go by, with everything due on the way."""
        return self.supervise(self.now() + timedelta(**more))


def _translations(folder: Path) -> str:
    """The Chinese catalogue as it stands in the source, compiled beside the tests' data."""
    (folder / _CATALOGUE).mkdir(parents=True)
    with (ROOT / "supermarket" / "translations" / _CATALOGUE / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale="zh_Hans_CN")
    with (folder / _CATALOGUE / "messages.mo").open("wb") as out:
        write_mo(out, catalogue)
    return str(folder)


def _fill() -> None:
    """The demonstration, less most of its agencies: the three surveyors with printed accounts and one more."""
    set_clock(MONDAY - timedelta(hours=1))
    load(agencies=2)
    set_clock(MONDAY)
    invented = cast.agencies(max(cast.AGENCY_ACCOUNTS) + 1, local_date(real_now()))
    with unit():
        load_registries(invented, MONDAY - timedelta(days=2))
    for place in cast.AGENCY_ACCOUNTS:
        with unit():
            known = onboarding.is_there(invented[place])
        if not known:
            onboarding.admit(place, invented[place], MONDAY - timedelta(days=1))


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No line for each request."""


@contextmanager
def running_site(label: str, data: Path) -> Iterator[Site]:
    """Serve the site until the end of the block. Cross-site protection is on, contracts are real PDFs."""
    with database_url(f"{label}_site", migrate_to_head) as made, redis_url(label) as redis:
        own = {
            "TESTING": False,
            "WTF_CSRF_ENABLED": True,
            "PROPAGATE_CRASHES": False,
            "SERVER_NAME": None,
            "SESSION_COOKIE_SECURE": False,
            "BABEL_TRANSLATION_DIRECTORIES": _translations(data / "translations"),
        }
        app = create_app(settings(made.url, redis, data) | own)
        app.extensions["gateways"] = replace(app.extensions["gateways"], pdf=TypstPdf())
        try:
            with app.app_context():
                _fill()
            with _serving(app) as url:
                yield Site(url, app)
        finally:
            with app.app_context():
                db.engine.dispose()


@contextmanager
def _serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, name="site")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
