"""Two quotes at once, a quote and the deadline at once: one order, no quote lost, never anything but a refusal."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.selection import operations as selection
from supermarket.selection.commands import SealedQuote
from supermarket.selection.deadlines import DUE
from supermarket.selection.models import OpenedQuote, Quote, QuoteList
from supermarket.selection.quotes_body import parse_quote_list
from tests.factories.bidding import Bidding, make_bidding
from tests.factories.quotes import sealed_by
from tests.threads import at_once, committing_app


@pytest.fixture
def market(worker_id: str, redis_address: str, tmp_path: Path) -> Iterator[Flask]:
    """The application where commits are real, on a database of its own."""
    with committing_app(f"{worker_id}_quotes", redis_address, tmp_path) as made:
        yield made


def handing_in(made: Bidding, sealed: SealedQuote, actor: Actor, at: datetime) -> Callable[[], object]:
    """An act for a thread."""
    return lambda: selection.submit_quote(made.code, sealed, actor=actor, at=at)


def test_of_two_next_quotes_one_is_taken_and_the_same_one_twice_is_one(market: Flask, at: datetime) -> None:
    with market.app_context():
        made = make_bidding(at, bidders=1)
        actor = made.bidders[0][1]
        first, second = (sealed_by(actor, made.code, amount).sealed for amount in (8_000_000, 8_100_000))
    results = at_once(market, [handing_in(made, first, actor, at), handing_in(made, second, actor, at)])
    assert sorted(results) == ["422 invalid_input", "done"]
    with market.app_context():
        (row,) = db.session.scalars(sa.select(Quote)).all()
        same = SealedQuote(row.seq, row.commitment, row.ciphertext)
    assert at_once(market, [handing_in(made, same, actor, at)] * 3) == ["done"] * 3
    with market.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Quote)) == 1


def test_a_quote_at_the_last_moment_is_on_the_list_or_was_refused(market: Flask, at: datetime) -> None:
    with market.app_context():
        made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
        actor = made.bidders[0][1]
        last, late = (sealed_by(actor, made.code, amount).sealed for amount in (7_000_000, 6_900_000))
        until = made.until
        number = made.project.id
    freeze = next(kind for kind in DUE if kind.name == "project.freeze")
    results = at_once(
        market,
        [
            lambda: freeze.act(number, until, None),
            handing_in(made, late, actor, until),
            handing_in(made, last, actor, at),
        ],
    )
    assert results[0] == "done"
    assert results[1] == "409 wrong_state"
    with market.app_context():
        stored = db.session.scalars(sa.select(Quote).where(Quote.commitment == last.commitment)).all()
        listed = parse_quote_list(db.session.scalars(sa.select(QuoteList)).one().body.encode())[1]
        assert (results[2] == "done") == (len(stored) == 1)
        assert {line.commitment for line in listed} == set(db.session.scalars(sa.select(Quote.commitment)))


def test_four_openings_at_once_are_one(market: Flask, at: datetime) -> None:
    with market.app_context():
        made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
        opens_at = made.listed_at_deadline().opens_at
        number = made.project.id
        kind = next(each for each in DUE if each.name == "quotes.open")
        assert kind.prepare is not None
        prepared = kind.prepare(number, opens_at)
        with unit():
            pass
    assert at_once(market, [lambda: kind.act(number, opens_at, prepared)] * 4) == ["done"] * 4
    with market.app_context():
        amounts = [row.amount for row in db.session.scalars(sa.select(OpenedQuote))]
        assert sorted(amount or 0 for amount in amounts) == [8_000_000, 8_100_000, 8_200_000]
