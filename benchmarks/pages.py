"""How many list pages a second one process answers, beside a bare Flask page and a bare Flask and Jinja page of that size.

Everything runs in this process through WSGI, one request after the other, without a network: what is compared is the
work of the application and of its database.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask, render_template
from jinja2 import DictLoader
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from benchmarks.crowd import fill, scratch_database
from launch.servers import Servers
from supermarket.extensions import db

PAGES = ("/agencies", "/projects")
WARM_UP = 5
ROWS = 20
MOST_STATEMENTS = 8
BARE_TEMPLATE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<table>{% for row in rows %}<tr><td><a href="/things/{{ row.code }}">{{ row.name }}</a></td><td>{{ row.text }}</td></tr>
{% endfor %}</table></body></html>
"""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Rate:
    """One page: requests a second, the middle request's milliseconds, bytes, SQL statements."""

    name: str
    per_second: float
    middle_ms: float
    size: int
    statements: int


def measure(app: Flask, path: str, seconds: float, *, name: str = "", statements: int = 0) -> Rate:
    """Ask for a page again and again for so many seconds. Raises RuntimeError where it is not answered with 200."""
    environ = EnvironBuilder(path=path).get_environ()

    def ask() -> int:
        body, status, _headers = run_wsgi_app(app.wsgi_app, dict(environ), buffered=True)
        if not status.startswith("200"):
            raise RuntimeError(f"{path} answered {status}")
        return sum(len(part) for part in body)

    size = 0
    for _turn in range(WARM_UP):
        size = ask()
    taken: list[float] = []
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        ask()
        taken.append(time.perf_counter() - now)
    return Rate(
        name or path,
        len(taken) / (time.perf_counter() - began),
        sorted(taken)[len(taken) // 2] * 1000,
        size,
        statements,
    )


def bare_flask(size: int) -> Flask:
    """A page that is one constant text of so many bytes."""
    app = Flask("bare")
    text = "<!doctype html><p>" + "x" * max(0, size - 18)

    @app.get("/")
    def page() -> str:
        return text

    return app


def bare_jinja(size: int) -> Flask:
    """A page of so many bytes from a loop over rows, each value escaped."""
    app = Flask("bare-jinja")
    app.jinja_loader = DictLoader({"bare.html": BARE_TEMPLATE})
    rows = [{"code": f"P-2026-{number:06d}", "name": f"名称{number}", "text": ""} for number in range(ROWS)]
    empty = len(app.jinja_env.get_template("bare.html").render(title="Jinja", rows=rows).encode())
    for row in rows:
        row["text"] = "示" * max(0, (size - empty) // (ROWS * 3))

    @app.get("/")
    def page() -> str:
        return render_template("bare.html", title="Jinja", rows=rows)

    return app


def count_statements(app: Flask, path: str) -> int:
    """SQL statements that one request sends."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        Client(app).get(path)
        seen.clear()
        Client(app).get(path)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def lines(rates: Sequence[Rate], bare: Rate, jinja: Rate) -> list[str]:
    """The table: every page, and how it stands to the bare ones of its own size."""
    head = f"{'page':<22}{'req/s':>9}{'ms':>8}{'bytes':>9}{'SQL':>5}{'of bare':>9}{'of Jinja':>10}"
    return [
        head,
        *(
            f"{rate.name:<22}{rate.per_second:>9.1f}{rate.middle_ms:>8.2f}{rate.size:>9}{rate.statements:>5}"
            f"{rate.per_second / bare.per_second:>9.4f}{rate.per_second / jinja.per_second:>10.4f}"
            for rate in rates
        ),
    ]


def run(
    servers: Servers,
    make_app: Callable[[dict[str, object]], Flask],
    *,
    agencies: int,
    projects: int,
    seconds: float,
    say: Say,
) -> bool:
    """Build the crowd, measure, say the table; whether every page kept to its statements."""
    with tempfile.TemporaryDirectory(prefix="supermarket-bench-") as folder, scratch_database(servers) as (site, owner):
        app = make_app(
            {
                "DATA": folder,
                "DEMO": False,
                "SECRET_KEY": "bench",
                "SQLALCHEMY_DATABASE_URI": site,
                "MIGRATION_DATABASE_URI": owner,
                "REDIS_URL": servers.redis_url,
                "RATELIMIT_ENABLED": False,
                "GATEWAYS": "fake",
            }
        )
        say(f"a market of {agencies} agencies and {projects} projects …")
        began = time.perf_counter()
        fill(app, agencies=agencies, projects=projects)
        say(
            f"made in {time.perf_counter() - began:.0f} s; each page is asked for {seconds:g} s, one process, no network"
        )
        kept = True
        for path in PAGES:
            statements = count_statements(app, path)
            rate = measure(app, path, seconds, statements=statements)
            bare = measure(bare_flask(rate.size), "/", seconds, name="bare Flask")
            jinja = measure(bare_jinja(rate.size), "/", seconds, name="bare Flask + Jinja")
            say("")
            for line in lines((rate, bare, jinja), bare, jinja):
                say(line)
            kept = kept and statements <= MOST_STATEMENTS
        with app.app_context():
            db.engine.dispose()
    return kept
