"""Sealed quotes as they come in: what does not fit is refused, with one sentence (selection.md §4)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Forbidden, InvalidInput, RuleBroken
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.modes.table import Seal
from supermarket.projects import operations as projects
from supermarket.projects.commands import Enrol
from supermarket.projects.models import Enrolment, Funding
from supermarket.selection import operations as selection
from supermarket.selection.commands import SealedQuote
from supermarket.selection.models import Quote
from supermarket.selection.queries import own_quotes
from supermarket.selection.quotes_body import (
    commitment_of,
    parse_quote_list,
)
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.bidding import make_bidding, refusal, written
from tests.factories.projects import draft_command, make_owner_actor
from tests.factories.quotes import sealed_by


def test_a_quote_is_kept_with_its_receipt_and_replaced_by_a_later_one(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000)
    first = made.bodies[0]
    agency, _actor = made.bidders[0]
    row = session.scalars(sa.select(Quote)).one()
    assert row.commitment == commitment_of(first)
    assert (row.seq, row.agency_id) == (1, agency.id)
    made.quote(0, 7_900_000)
    assert [quote.seq for quote in own_quotes(made.project.id, agency.id)] == [2, 1]
    assert b"8000000" not in row.ciphertext


def test_the_same_sealed_quote_again_gets_the_same_receipt_even_after_the_deadline(
    session: Session, at: datetime
) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    row = session.scalars(sa.select(Quote).order_by(Quote.id)).first()
    assert row is not None
    again = SealedQuote(row.seq, row.commitment, row.ciphertext)
    before = written(session)
    for moment in (made.at, made.until, made.until + timedelta(days=1)):
        with unit():
            same = selection.submit_quote(made.code, again, actor=made.bidders[0][1], at=moment)
        assert (same.id, same.receipt) == (row.id, row.receipt)
    assert written(session) == before


def test_every_malformed_stale_copied_or_late_quote_gets_one_sentence_and_changes_nothing(
    session: Session, at: datetime
) -> None:
    made, other = make_bidding(at, 8_000_000, bidders=2), make_bidding(at, bidders=1)
    (_agency, actor), (_second, rival) = made.bidders
    first = session.scalars(sa.select(Quote)).one()
    fresh = sealed_by(actor, made.code, 7_000_000).sealed
    copied = SealedQuote(1, first.commitment, first.ciphertext)
    keys = made.project.quote_keys
    assert keys is not None
    rivals = sealed_by(rival, made.code, 7_000_000).sealed
    with unit():
        outsider = make_agency_actor(make_agency())
    tried: list[tuple[object, str, SealedQuote, datetime, str]] = [
        (actor, made.code, replace(fresh, commitment="A" * 64), at, "format"),
        (actor, made.code, replace(fresh, commitment=""), at, "format"),
        (actor, made.code, replace(fresh, ciphertext=b""), at, "length"),
        (actor, made.code, replace(fresh, ciphertext=fresh.ciphertext[:-1]), at, "length"),
        (actor, made.code, replace(fresh, ciphertext=fresh.ciphertext + b"x"), at, "length"),
        (actor, made.code, replace(fresh, seq=1), at, "stale_seq"),
        (actor, made.code, replace(fresh, seq=3), at, "seq_gap"),
        (actor, made.code, SealedQuote(2, first.commitment, first.ciphertext), at, "replayed"),
        (actor, made.code, replace(fresh, ciphertext=first.ciphertext), at, "replayed"),
        (rival, made.code, copied, at, "copied"),
        (rival, made.code, replace(rivals, ciphertext=first.ciphertext), at, "copied"),
        (other.bidders[0][1], other.code, copied, at, "replayed"),
        (outsider, made.code, fresh, at, "not_enrolled"),
        (actor, made.code, fresh, made.until, "wrong_state"),
        (actor, made.code, fresh, made.until + timedelta(hours=1), "wrong_state"),
    ]
    before = written(session)
    for who, code, sealed, moment, expected in tried:
        found, sentence = refusal(
            lambda: selection.submit_quote(code, sealed, actor=who, at=moment)  # noqa: B023  # called at once
        )
        assert found == expected
        assert sentence.endswith(("。", ".")) and len(sentence) < 140, sentence
        assert written(session) == before, expected
    with unit():
        selection.submit_quote(made.code, fresh, actor=actor, at=made.until - timedelta(seconds=1))
    assert written(session)[0] == before[0] + 1


def test_who_may_not_quote_is_refused(session: Session, at: datetime) -> None:
    made = make_bidding(at, bidders=1)
    sealed = sealed_by(made.bidders[0][1], made.code, 7_000_000).sealed
    _owner, owner = make_owner_actor()
    for actor in (owner, make_actor(Role.OPERATOR, region_code="510000")):
        with pytest.raises(Forbidden):
            selection.submit_quote(made.code, sealed, actor=actor, at=at)
    assert written(session)[0] == 0


def test_an_agency_hands_in_so_many_quotes_an_hour_and_no_more(session: Session, at: datetime) -> None:
    made = make_bidding(at, bidders=1)
    for step in range(20):
        made.quote(0, 8_000_000 - step, at + timedelta(minutes=step))
    late = at + timedelta(minutes=30)
    sealed = sealed_by(made.bidders[0][1], made.code, 7_000_000).sealed
    code, _sentence = refusal(lambda: selection.submit_quote(made.code, sealed, actor=made.bidders[0][1], at=late))
    assert code == "too_many_quotes"
    made.quote(0, 7_000_000, at + timedelta(minutes=90))
    assert written(session)[0] == 21


def test_only_social_money_may_opt_out_of_sealing_by_the_bidder(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    command = draft_command(owner, mode="bidding", funding=Funding.FISCAL, seal=Seal.SERVER)
    with pytest.raises(InvalidInput) as fiscal:
        projects.draft(command, actor=actor, at=at)
    assert [(error.field, error.code) for error in fiscal.value.errors] == [("seal", "fiscal")]
    made = make_bidding(at, bidders=1)
    with pytest.raises(RuleBroken) as closed:
        selection.submit_open_quote(made.code, 8_000_000, actor=made.bidders[0][1], at=at)
    assert closed.value.code == "sealed_by_bidder"
    opted = make_bidding(at, bidders=1, seal=Seal.SERVER)
    bidder = opted.bidders[0][1]
    for amount in (0, opted.project.ceiling + 1):
        with pytest.raises(InvalidInput):
            selection.submit_open_quote(opted.code, amount, actor=bidder, at=at)
    with unit():
        kept = selection.submit_open_quote(opted.code, 8_000_000, actor=bidder, at=at)
    assert kept.body.split("\n")[4] == "8000000"
    opted.quote(0, 7_900_000)
    assert [row.seq for row in own_quotes(opted.project.id, opted.bidders[0][0].id)] == [2, 1]


def test_taking_the_enrolment_back_drops_its_quotes(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000, 7_000_000)
    dropper, again = made.bidders[3][1], made.bidders[0][1]
    with unit():
        projects.cancel_enrolment(made.code, actor=dropper, at=made.at)
    people = tuple(person.id for person in made.bidders[0][0].practitioners)
    with unit():
        projects.cancel_enrolment(made.code, actor=again, at=made.at)
    with unit():
        projects.enrol(made.code, Enrol(practitioner_ids=people), actor=again, at=made.at)
    made.quote(0, 8_300_000, made.at + timedelta(minutes=1))
    listed = made.listed_at_deadline()
    _code, lines = parse_quote_list(listed.body.encode())
    assert len(lines) == 5, "all that came in is listed, dropped ones too"
    made.pass_to(listed.opens_at)
    assert sorted(amount or 0 for amount, _code in made.opened().values()) == [8_100_000, 8_200_000, 8_300_000]


def test_who_enrols_again_without_a_new_quote_has_none(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000, 7_000_000)
    agency, actor = made.bidders[3]
    with unit():
        projects.cancel_enrolment(made.code, actor=actor, at=made.at)
    people = tuple(person.id for person in agency.practitioners)
    with unit():
        projects.enrol(made.code, Enrol(practitioner_ids=people), actor=actor, at=made.at)
    made.pass_to(made.until)
    row = session.scalars(sa.select(Enrolment).where(Enrolment.agency_id == agency.id).order_by(Enrolment.id.desc()))
    assert row.first().exclusion_code == "no_quote"  # type: ignore[union-attr]  # it was made above
