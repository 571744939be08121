"""Real PostgreSQL and Redis for every test; a savepoint per test, so that nothing stays."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from config import ROOT
from supermarket.app import create_app
from supermarket.extensions import db
from tests.servers import TestDatabase, database_url, redis_url

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai


def migrate_to_head(url: str) -> None:
    """Bring an empty database up to date, in a process of its own: Alembic configures logging for a whole process."""
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        check=True,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url},
        stdout=subprocess.DEVNULL,
    )


def settings(url: str, redis: str, data: Path) -> dict[str, object]:
    """The configuration of tests: real servers, fake outside world, no CSRF for the forms."""
    return {
        "TESTING": True,
        "DEMO": True,
        "DATA": str(data),
        "SECRET_KEY": "test-only",
        "SQLALCHEMY_DATABASE_URI": url,
        "REDIS_URL": redis,
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_ENABLED": False,
        "WTF_CSRF_ENABLED": False,
        "GATEWAYS": "fake",
        "PROPAGATE_CRASHES": True,
        "SERVER_NAME": "market.test",
    }


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The xdist worker, or master."""
    config = getattr(request.config, "workerinput", None)
    return str(config["workerid"]) if config else "master"


@pytest.fixture(scope="session")
def database(worker_id: str) -> Iterator[TestDatabase]:
    """A migrated database of this worker's own."""
    with database_url(worker_id, migrate_to_head) as made:
        yield made


@pytest.fixture(scope="session")
def redis_address(worker_id: str) -> Iterator[str]:
    """A queue of this worker's own."""
    with redis_url(worker_id) as url:
        yield url


def _forget_globals(_error: BaseException | None) -> None:
    """A request takes the test's application context: without this, it would find who was signed in at the one before."""
    for name in list(g):
        g.pop(name)


@pytest.fixture(scope="session")
def app(database: TestDatabase, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on this worker's database."""
    made = create_app(settings(database.url, redis_address, tmp_path_factory.mktemp("data")))
    made.teardown_request(_forget_globals)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session whose commits are savepoints of one transaction that is rolled back at the end."""
    with app.app_context():
        connection = db.engine.connect()
        outer = connection.begin()
        real = db.session
        db.session = scoped_session(sessionmaker(bind=connection, join_transaction_mode="create_savepoint"))
        try:
            yield db.session()
        finally:
            db.session.remove()
            db.session = real
            outer.rollback()
            connection.close()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser without an account."""
    return app.test_client()


@pytest.fixture
def at() -> datetime:
    """A working moment that tests start from."""
    return AT
