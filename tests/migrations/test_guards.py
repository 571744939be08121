"""What the database refuses by itself: changing a ledger, drawing again, and the site changing its own tables."""

# ruff: noqa: S608 - the names of tables are those of this file
from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa

from supermarket.extensions import db
from tests.migrations.alembic_at import Ground, ground
from tests.migrations.life import live_a_little
from tests.servers import servers

LEDGERS = (
    "platform.events",
    "platform.sealed_events",
    "platform.witness_entries",
    "platform.witness_heads",
    "platform.log_nodes",
    "platform.log_heads",
    "platform.log_signatures",
    "agencies.agency_notes",
    "agencies.expiry_reminders",
    "agencies.standing_changes",
    "credit.entries",
    "credit.past_performances",
    "credit.reviews",
    "trade.draw_receipts",
    "trade.auction_bidders",
    "trade.auction_entries",
    "trade.refused_bids",
    "trade.quotes",
    "trade.opened_quotes",
    "trade.ranks",
    "trade.reveals",
    "trade.bulletin_entries",
    "trade.correction_entries",
    "trade.signatures",
    "trade.eligibility_checks",
    "trade.project_versions",
    "trade.mode_trials",
    "trade.proposals",
    "trade.panel_plans",
    "trade.panel_scores",
    "trade.weak_links",
)
DRAW = "trade.draws"


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database at the head, with rows in every ledger."""
    with ground(f"{worker_id}_guards", redis_address, tmp_path_factory.mktemp("guards")) as made:
        made.up()
        with made.app.app_context():
            live_a_little(datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
            db.session.remove()
            db.engine.dispose()
        yield made


def refused(market: Ground, statement: str, *, as_owner: bool) -> str:
    """The SQLSTATE with which the database refuses the statement, or "done"."""
    try:
        market.run(statement, as_owner=as_owner)
    except sa.exc.DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", "?"))
    return "done"


RESTRICTED, NO_PRIVILEGE = "23001", "42501"


def _touch(market: Ground, table: str) -> str:
    column = next(iter(next(iter(market.rows()[table].values()))))
    return f'UPDATE {table} SET "{column}" = "{column}"'


@pytest.mark.parametrize("table", LEDGERS)
def test_a_ledger_only_takes_new_rows_even_from_its_owner(market: Ground, table: str) -> None:
    before = market.rows()[table]
    assert before, f"{table} has no row to try it on"
    assert refused(market, _touch(market, table), as_owner=True) == RESTRICTED
    assert refused(market, f"DELETE FROM {table}", as_owner=True) == RESTRICTED
    assert refused(market, f"TRUNCATE {table} CASCADE", as_owner=True) == RESTRICTED
    assert market.rows()[table] == before


@pytest.mark.parametrize("table", LEDGERS)
def test_the_site_may_not_even_try(market: Ground, table: str) -> None:
    assert refused(market, _touch(market, table), as_owner=False) == NO_PRIVILEGE
    assert refused(market, f"DELETE FROM {table}", as_owner=False) == NO_PRIVILEGE
    assert refused(market, f"TRUNCATE {table}", as_owner=False) == NO_PRIVILEGE


def test_every_append_only_table_is_in_this_list(market: Ground) -> None:
    engine = sa.create_engine(market.database.owner_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        guarded = connection.execute(
            sa.text(
                "SELECT n.nspname || '.' || c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.tgname = 'append_only' AND t.tgenabled = 'O'"
            )
        ).scalars()
        assert set(guarded) == set(LEDGERS)


@pytest.mark.parametrize("as_owner", [True, False], ids=["owner", "site"])
@pytest.mark.parametrize(
    "change",
    [
        "pool_file = pool_file || 'x'",
        "pool_hash = repeat('0', 64)",
        "source = 'published:kl8:2026001'",
        "receipt = '{}'::jsonb",
        "value = 'x'",
        "key = repeat('0', 64)",
        "\"order\" = ARRAY['x']::varchar[]",
        "drawn_at = now()",
        'excluded = \'[{"id": "x", "code": "y"}]\'::jsonb',
    ],
)
def test_a_draw_is_never_changed(market: Ground, change: str, as_owner: bool) -> None:
    assert refused(market, f"UPDATE {DRAW} SET {change} WHERE drawn_at IS NOT NULL", as_owner=as_owner) == RESTRICTED


def test_a_draw_is_never_deleted(market: Ground) -> None:
    assert market.rows()[DRAW]
    assert refused(market, f"DELETE FROM {DRAW}", as_owner=True) == RESTRICTED
    assert refused(market, f"TRUNCATE {DRAW} CASCADE", as_owner=True) == RESTRICTED
    assert refused(market, f"DELETE FROM {DRAW}", as_owner=False) == RESTRICTED
    assert refused(market, f"TRUNCATE {DRAW}", as_owner=False) == NO_PRIVILEGE


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE platform.events DISABLE TRIGGER append_only",
        "ALTER TABLE platform.events ADD COLUMN note text",
        "DROP TABLE trade.projects",
        "DROP TRIGGER append_only ON platform.events",
        "DROP FUNCTION platform.refuse_change()",
        "CREATE OR REPLACE FUNCTION platform.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TABLE trade.mine (id int)",
        "CREATE SCHEMA mine",
        "DROP SCHEMA credit CASCADE",
        "GRANT UPDATE ON platform.events TO supermarket_app",
        "SET ROLE supermarket",
        "SET session_replication_role = replica",
    ],
)
def test_the_sites_role_cannot_change_the_house(market: Ground, statement: str) -> None:
    outcome = refused(market, statement, as_owner=False)
    if statement.startswith("GRANT"):  # PostgreSQL only warns; what counts is that nothing was given
        assert refused(market, _touch(market, "platform.events"), as_owner=False) == NO_PRIVILEGE
    else:
        assert outcome == NO_PRIVILEGE, f"{statement}: {outcome}"


def test_the_sites_role_reads_and_writes_what_it_lives_by(market: Ground) -> None:
    for table in market.tables():
        assert refused(market, f"SELECT 1 FROM {table} LIMIT 1", as_owner=False) == "done", table
        privileges = {"INSERT"} if table in LEDGERS else {"INSERT", "UPDATE", "DELETE"}
        for privilege in privileges:
            assert _has(market, table, privilege), f"the site may not {privilege} {table}"


def _has(market: Ground, table: str, privilege: str) -> bool:
    engine = sa.create_engine(market.database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return bool(
            connection.scalar(sa.text("SELECT has_table_privilege(:table, :what)"), {"table": table, "what": privilege})
        )


def test_the_site_is_not_the_owner() -> None:
    """On servers of our own the two roles differ; where DATABASE_URL names others, that is for their administrator."""
    found = servers()
    if found.admin_url:
        assert sa.make_url(found.database_url).username != sa.make_url(found.owner_url).username
