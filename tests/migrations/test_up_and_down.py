"""Every migration goes up, down and up again with rows in the tables; at the head the tables are those of the models."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from supermarket.extensions import db
from tests.migrations.alembic_at import SCHEMAS, Ground, Rows, alembic_config, ground, revisions
from tests.migrations.life import live_a_little

REVISIONS = revisions()
# Tables whose rows come with set-up, mail or people signing in, not with a purchase.
MAY_BE_EMPTY = {
    "platform.demo_clock",
    "platform.job_slots",
    "platform.api_tokens",
    "platform.idempotency_keys",
    "platform.notices",
    "platform.calendar_days",
    "platform.region_successors",
    "agencies.checks",
    "trade.avoided_agencies",
    "trade.cost_statements",
    "trade.urges",
    "trade.contract_scores",
}
# What a step down gives up though its table stays, with the reason; coming up again fills in a default.
GIVEN_UP: dict[tuple[str, str], str] = {
    ("trade.projects", "stages"): "0017: weights of criteria stood there; test_modes_as_published compares them",
    ("trade.quote_lists", "countersignature"): "0021: what was signed and not opened yet waits to be signed again",
    **{
        ("trade.draws", column): "0026: the older program knows one computation of a draw; the last is what counts"
        for column in ("value", "key", "order", "issue", "source_time", "drawn_at")
    },
}
_SERIES = "0026: what was computed from a mistyped bulletin; the older program knows what counts only"
ROWS_GIVEN_UP = {
    "platform.notices": "without their person they would be told to everybody of the organisation",
    "trade.stage_runs": _SERIES,
    "trade.ranks": _SERIES,
    "trade.awards": _SERIES,
}


@pytest.fixture(scope="module")
def lived(
    worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory, module_at: datetime
) -> Iterator[Ground]:
    """A database at the head, with rows."""
    with ground(f"{worker_id}_migrations", redis_address, tmp_path_factory.mktemp("migrations")) as made:
        made.up()
        with made.app.app_context():
            live_a_little(module_at)
            db.session.remove()
            db.engine.dispose()
        yield made


@pytest.fixture(scope="module")
def module_at() -> datetime:
    """A working moment."""
    return datetime.fromisoformat("2026-03-02T10:00:00+08:00")


def test_there_are_rows_in_nearly_every_table(lived: Ground) -> None:
    empty = {name for name, rows in lived.rows().items() if not rows} - MAY_BE_EMPTY
    assert not empty, f"the migrations are not tried on rows of {sorted(empty)}"


def test_revisions_are_one_numbered_line() -> None:
    assert [f"{number:04d}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS


def lost(before: Rows, after: Rows) -> list[str]:
    """What stood before and differs after, of the tables and columns that are in both."""
    found = []
    for table in sorted(before.keys() & after.keys()):
        given_up = table in ROWS_GIVEN_UP and after[table].keys() < before[table].keys()
        if before[table].keys() != after[table].keys() and not given_up:
            found.append(f"{table}: {len(before[table])} rows became {len(after[table])}")
            continue
        changed = {
            column
            for key, row in before[table].items()
            if key in after[table]
            for column in row.keys() & after[table][key].keys()
            if row[column] != after[table][key][column] and (table, column) not in GIVEN_UP
        }
        found += [f"{table}.{column} changed" for column in sorted(changed)]
    return found


@pytest.mark.parametrize("place", range(len(REVISIONS) - 1, 0, -1), ids=lambda place: REVISIONS[place])
def test_a_step_down_keeps_the_rows_and_the_step_up_finds_them(lived: Ground, place: int) -> None:
    """From the head downwards; each step goes down, up, down, and stays there for the next."""
    revision, below = REVISIONS[place], REVISIONS[place - 1]
    above = lived.rows()
    lived.down(below)
    kept = lived.rows()
    assert not lost(above, kept), f"{revision} down: {'; '.join(lost(above, kept))}"
    lived.up(revision)
    again = lived.rows()
    assert above.keys() == again.keys()
    assert not lost(kept, again), f"{revision} up again: {'; '.join(lost(kept, again))}"
    lived.down(below)
    assert lived.rows() == kept


def test_the_first_migration_leaves_nothing_behind_and_the_head_can_be_reached_again(lived: Ground) -> None:
    """After the steps above the database stands at the first revision, with the rows that it knows."""
    rows = lived.rows()
    assert rows["trade.projects"], "the steps above should have left the purchases"
    lived.up("head")
    assert not lost(rows, lived.rows())
    lived.down("base")
    assert lived.tables() == []
    lived.up("head")
    assert {schema for schema in SCHEMAS if any(name.startswith(f"{schema}.") for name in lived.tables())} == set(
        SCHEMAS
    )
    assert all(not found for found in lived.rows().values())


def test_the_models_are_what_the_migrations_make(lived: Ground) -> None:
    lived.up("head")
    with lived.app.app_context():
        command.check(alembic_config())
    engine = sa.create_engine(lived.database.owner_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        options = {"include_schemas": True, "compare_type": True, "version_table_schema": "public"}
        context = MigrationContext.configure(connection, opts=options | {"include_name": _ours})
        differences = [item for item in compare_metadata(context, db.metadata) if "alembic_version" not in str(item)]
    assert differences == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else True


def test_check_constraints_are_those_of_the_models(lived: Ground) -> None:
    """Alembic compares no CHECK constraints; their names are compared here."""
    lived.up("head")
    engine = sa.create_engine(lived.database.owner_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        there = {
            f"{schema}.{item['name']}"
            for schema in SCHEMAS
            for table in inspector.get_table_names(schema=schema)
            for item in inspector.get_check_constraints(table, schema=schema)
        }
    meant = {
        f"{table.schema}.{item.name}"
        for table in db.metadata.tables.values()
        for item in table.constraints
        if isinstance(item, sa.CheckConstraint) and item.name
    }
    assert sorted(there - meant) == [], "only in the database"
    assert sorted(meant - there) == [], "only in the models"
