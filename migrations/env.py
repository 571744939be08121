"""Alembic on the application's own engine and models; migrations run as the owner of the schemas."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine

from supermarket import models  # noqa: F401  # the metadata is complete only once every room is imported
from supermarket.core.columns import Fen, UtcDateTime
from supermarket.extensions import db

SCHEMAS = ("platform", "matters", "agencies", "credit", "trade")
config = context.config


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Compare our schemas only."""
    return name in SCHEMAS if kind == "schema" else True


def render_item(kind: str, item: object, autogen_context: object) -> str | bool:
    """Write our column types as what the database stores, so that old migrations need no code of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Fen):
        return "sa.BigInteger()"
    return False


def run() -> None:
    """Run the migrations in one transaction each."""
    url = current_app.config.get("MIGRATION_DATABASE_URI") or current_app.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_schemas=True,
            include_name=include_name,
            version_table_schema="public",
            transaction_per_migration=True,
            compare_type=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    raise SystemExit("offline migrations are not offered: the scripts look at the roles of the database")
run()
