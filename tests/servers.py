"""Databases for tests: one template for a state of the schema, copied for every process of a run.

Under `make test` the servers are the run's own (`DATA` names a temporary folder). A plain `pytest` uses those of var/,
started where they do not run, in databases of its own that go with it.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from launch import valkey
from launch.places import ROOT
from launch.processes import alive
from launch.servers import Servers, ensure

_OWNER = "supermarket"
_PREFIX = "supermarket_test"
# Advisory lock of the processes that look for the template: any number that nothing else uses.
_TEMPLATE_LOCK = 7_260_926


@dataclass(frozen=True)
class TestDatabase:
    """A database of one test process: `url` as the site sees it, `owner_url` as migrations do."""

    __test__ = False  # a helper, whatever its name begins with

    name: str
    url: str
    owner_url: str


@cache
def servers() -> Servers:
    """The servers of this run."""
    return ensure()


def _admin_url() -> str:
    found = servers()
    return found.admin_url or found.owner_url


def _address(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _connect() -> psycopg.Connection:
    plain = make_url(_admin_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _exists(link: psycopg.Connection, name: str) -> bool:
    return link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _create(link: psycopg.Connection, name: str, template: str | None = None) -> None:
    command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    if servers().admin_url:  # on a server of our own, where the owner's role exists
        command += sql.SQL(" OWNER {}").format(sql.Identifier(_OWNER))
    link.execute(command)


def _drop(link: psycopg.Connection, name: str) -> None:
    link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_orphans(link: psycopg.Connection) -> None:
    """Databases of processes that were killed."""
    for (name,) in link.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_PREFIX}\\_p%"]
    ).fetchall():
        owner = name.removeprefix(f"{_PREFIX}_p").partition("_")[0]
        if owner.isdecimal() and not alive(int(owner)):
            _drop(link, name)


def schema_mark(*more: Path) -> str:
    """What the template's name carries: changes with any migration (and with `more` files)."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "migrations").rglob("*.py")) + sorted(more):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:10]


def _template(link: psycopg.Connection, migrate: Callable[[str], None], mark: str) -> str:
    """The name of the migrated template, made by the first process that needs it."""
    name = f"{_PREFIX}_template_{mark}"
    if not _exists(link, name):
        old = link.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_PREFIX}\\_template%"])
        for (other,) in old.fetchall():
            _drop(link, other)
        draft = f"{_PREFIX}_p{os.getpid()}_draft"
        _drop(link, draft)
        _create(link, draft)
        migrate(_address(servers().owner_url, draft))
        link.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
    return name


@contextlib.contextmanager
def database_url(worker_id: str, migrate: Callable[[str], None], mark: str | None = None) -> Iterator[TestDatabase]:
    """A migrated database for this process (`worker_id` of pytest-xdist, "master" without it), dropped at the end.

    `migrate(url)` brings an empty database up to date; it runs once for each state of the migrations, and must leave
    no connection open.
    """

    def create(link: psycopg.Connection, name: str) -> None:
        _drop_orphans(link)
        _create(link, name, _template(link, migrate, mark or schema_mark()))

    with _database(worker_id, create) as made:
        yield made


@contextlib.contextmanager
def empty_database(label: str) -> Iterator[TestDatabase]:
    """A database without tables, for tests of the migrations; dropped at the end."""
    with _database(label, _create) as made:
        yield made


@contextlib.contextmanager
def _database(label: str, create: Callable[[psycopg.Connection, str], None]) -> Iterator[TestDatabase]:
    name = f"{_PREFIX}_p{os.getpid()}_{label}"
    with _connect() as link:
        # One at a time: a template may not be in use, nor go, while it is copied.
        link.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        _drop(link, name)
        create(link, name)
    try:
        yield TestDatabase(name, _address(servers().database_url, name), _address(servers().owner_url, name))
    finally:
        with _connect() as link:
            _drop(link, name)


@contextlib.contextmanager
def redis_url(worker_id: str) -> Iterator[str]:
    """A queue of this process's own, empty: REDIS_URL with a database per worker, else a Valkey that goes with it."""
    named = os.environ.get("REDIS_URL")
    if named:
        number = 1 + int("".join(filter(str.isdecimal, worker_id)) or 0)
        yield f"{named.rpartition('/')[0]}/{number}" if named.count("/") > 2 else f"{named}/{number}"
        return
    with tempfile.TemporaryDirectory(prefix="supermarket-valkey-") as folder:
        (Path(folder) / "logs").mkdir()
        url, pid = valkey.start(Path(folder), throwaway=True)
        try:
            yield url
        finally:
            valkey.stop(pid)
