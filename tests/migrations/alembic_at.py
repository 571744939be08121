"""Alembic on a database of a test's own, in this process (the house's env.py leaves logging alone)."""

# ruff: noqa: S608 - the names of tables are the database's own
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask

from config import ROOT
from supermarket.app import create_app
from supermarket.extensions import db
from tests.conftest import settings
from tests.servers import TestDatabase, empty_database

SCHEMAS = ("platform", "matters", "agencies", "credit", "trade")
Rows = dict[str, dict[str, dict[str, object]]]


def alembic_config() -> Config:
    """The configuration as Flask-Migrate makes it."""
    config = Config(str(ROOT / "migrations" / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def revisions() -> list[str]:
    """Every revision, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [item.revision for item in reversed(list(script.walk_revisions()))]


@dataclass
class Ground:
    """A database that a test may take up and down."""

    app: Flask
    database: TestDatabase

    def up(self, revision: str = "head") -> None:
        """Upgrade to a revision, as the owner of the schemas."""
        with self.app.app_context():
            command.upgrade(alembic_config(), revision)

    def down(self, revision: str) -> None:
        """Downgrade to a revision."""
        with self.app.app_context():
            command.downgrade(alembic_config(), revision)

    def tables(self) -> list[str]:
        """Every table of ours that there is, with its schema."""
        with self._connect(self.database.owner_url) as connection:
            found = connection.execute(
                sa.text(
                    "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = ANY(:names) ORDER BY 1"
                ),
                {"names": list(SCHEMAS)},
            )
            return [str(name) for name in found.scalars()]

    def rows(self) -> Rows:
        """Everything that is stored: table → primary key as text → column → value."""
        stored: Rows = {}
        with self._connect(self.database.owner_url) as connection:
            inspector = sa.inspect(connection)
            for name in self.tables():
                schema, table = name.split(".")
                keys = inspector.get_pk_constraint(table, schema=schema)["constrained_columns"]
                found = connection.execute(sa.text(f'SELECT to_jsonb(t) FROM {schema}."{table}" t')).scalars()
                stored[name] = {"|".join(_key_of(row, keys)): row for row in found}
        return stored

    def run(self, statement: str, *, as_owner: bool) -> None:
        """One statement in a transaction of its own. Raises what the database says."""
        with self._connect(self.database.owner_url if as_owner else self.database.url) as connection:
            connection.execute(sa.text(statement))
            connection.commit()

    @contextmanager
    def _connect(self, url: str) -> Iterator[sa.Connection]:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@contextmanager
def ground(label: str, redis: str, data: Path) -> Iterator[Ground]:
    """An empty database with the application on it."""
    with empty_database(label) as made:
        named = settings(made.url, redis, data) | {"MIGRATION_DATABASE_URI": made.owner_url}
        app = create_app(named)
        yield Ground(app, made)
        with app.app_context():
            db.engine.dispose()


def _key_of(row: Mapping[str, object], keys: Sequence[str]) -> list[str]:
    """The first series of a choice has the key that choices had before there were series."""
    return [str(row[key]) for key in keys if (key, row[key]) != ("series", 1)]
