"""Real threads against a real database of their own: what they commit is gone with it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from supermarket.app import create_app
from supermarket.core.errors import MarketError
from supermarket.core.unit import unit
from supermarket.extensions import db
from tests.conftest import migrate_to_head, settings
from tests.servers import database_url


@contextmanager
def committing_app(label: str, redis: str, data: Path) -> Iterator[Flask]:
    """The application on a migrated database that only this test has."""
    with database_url(label, migrate_to_head) as made:
        app = create_app(settings(made.url, redis, data))
        yield app
        with app.app_context():
            db.engine.dispose()


def at_once(app: Flask, acts: Sequence[Callable[[], object]]) -> list[str]:
    """Run every act in a thread and a transaction of its own, all let go together: "done" or status and code each."""
    barrier, results = threading.Barrier(len(acts)), ["nothing"] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        with app.app_context():
            try:
                with unit():
                    barrier.wait(30)
                    act()
                results[place] = "done"
            except MarketError as error:
                results[place] = f"{error.status} {error.code}"
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
