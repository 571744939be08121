"""What the database itself refuses in an auction: entries that do not follow, bids too high or too late, another end."""

# ruff: noqa: S608 - every value is this file's own
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa

from supermarket.extensions import db
from supermarket.modes.auction_chain import EntryBody, parse_entry
from tests.migrations.alembic_at import Ground, ground
from tests.migrations.life import live_a_little
from tests.migrations.test_guards import RESTRICTED, refused

NEXT = 3


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database at the head with a running auction: opened, bids of 90 000 and 89 000 CNY."""
    with ground(f"{worker_id}_auction", redis_address, tmp_path_factory.mktemp("auction")) as made:
        made.up()
        with made.app.app_context():
            live_a_little(datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
            db.session.remove()
            db.engine.dispose()
        yield made


def last(market: Ground) -> dict[str, object]:
    """The last entry of the one auction there is."""
    engine = sa.create_engine(market.database.owner_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        query = sa.text("SELECT * FROM trade.auction_entries ORDER BY seq DESC LIMIT 1")
        return dict(connection.execute(query).mappings().one())


def entry(market: Ground, **changes: object) -> str:
    """INSERT of a next bid that would be fine, but for the changes; the hash fits unless it is changed."""
    before = last(market)
    known = parse_entry(str(before["body"]))
    at = known.at + timedelta(seconds=1)
    values: dict[str, object] = {
        "seq": NEXT,
        "kind": "bid",
        "amount": 8_850_000,
        "step": 50_000,
        "at": at,
        "ends_at": known.ends_at,
        "bidder_id": before["bidder_id"],
        "alias": known.alias,
        "previous": before["hash"],
    } | changes
    bid = values["kind"] == "bid"
    body = changes.get("body") or EntryBody(
        known.project, values["seq"], values["kind"], values["at"], values["ends_at"],  # type: ignore[arg-type]  # as above
        *((values["alias"], values["amount"], values["step"]) if bid else ()),  # type: ignore[arg-type]  # as above
    ).text()  # fmt: skip
    made = sha256(bytes.fromhex(str(values["previous"])) + str(body).encode()).hexdigest()
    numbers = f"{values['bidder_id']}, {changes.get('column', values['amount'])}, {values['step']}, 'hand'"
    return (
        "INSERT INTO trade.auction_entries (auction_id, seq, kind, bidder_id, amount, step, by, at, ends_at, body, hash) "
        f"VALUES ({before['auction_id']}, {values['seq']}, '{values['kind']}', "
        f"{numbers if bid else 'NULL, NULL, NULL, NULL'}, '{values['at']}', '{values['ends_at']}', "
        f"'{body}', '{changes.get('hash', made)}')"
    )


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 8_850_001},
        {"amount": 8_900_000},
        {"step": 49_999},
        {"column": 8_000_000},
        {"seq": NEXT + 1},
        {"alias": "9"},
        {"hash": "0" * 64},
        {"previous": "0" * 64},
        {"kind": "opened"},
        {"kind": "closed"},
        {"at": datetime.fromisoformat("2026-03-01T00:00:00+00:00")},
        {"at": datetime.fromisoformat("2026-03-20T00:00:00+00:00")},
        {"ends_at": datetime.fromisoformat("2026-03-02T00:00:00+00:00")},
    ],
    ids=str,
)
def test_no_entry_comes_in_that_could_not_have_been(market: Ground, changes: dict[str, object], as_owner: bool) -> None:
    before = market.rows()["trade.auction_entries"]
    assert refused(market, entry(market, **changes), as_owner=as_owner) == RESTRICTED
    assert market.rows()["trade.auction_entries"] == before


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trade.auctions SET lowest = lowest - 1",
        "UPDATE trade.auctions SET leader = '9', ends_at = ends_at + interval '1 hour'",
        "UPDATE trade.auctions SET terms = terms || '{\"step\": 1}'",
        "UPDATE trade.auctions SET seq = seq + 1",
        "UPDATE trade.auctions SET bids = bids + 1, lowest = 1",
        "UPDATE trade.auctions SET opened_at = opened_at - interval '1 hour'",
        "DELETE FROM trade.auctions",
        "TRUNCATE trade.auctions CASCADE",
    ],
)
def test_an_auction_stands_where_its_chain_ends(market: Ground, statement: str, as_owner: bool) -> None:
    before = market.rows()["trade.auctions"]
    code = refused(market, statement, as_owner=as_owner)
    assert code == RESTRICTED or (not as_owner and code == "42501")
    assert market.rows()["trade.auctions"] == before


def test_the_entry_that_is_right_comes_in_and_only_once(market: Ground) -> None:
    """Last in this file: it changes what the others look at."""
    statement = entry(market)
    assert refused(market, statement, as_owner=False) == "done"
    assert refused(market, statement, as_owner=False) == RESTRICTED
