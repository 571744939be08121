"""The demonstration: loaded twice it is there once; played, it shows lives of every kind and leaves a chain that holds."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.accounts.models import User
from supermarket.accounts.queries import user_by_email, user_with_password
from supermarket.agencies.models import Standing
from supermarket.agencies.queries import agency, agency_of_actor, offering
from supermarket.core import clock
from supermarket.core.draw import verify_record
from supermarket.core.errors import RuleBroken
from supermarket.core.events import Event, verify_chain
from supermarket.core.unit import unit
from supermarket.credit.models import ListEntry
from supermarket.demo import cast
from supermarket.demo.bodies import table
from supermarket.demo.load import Loaded, load
from supermarket.demo.play import play
from supermarket.demo.repertoire import PARTS, Plot, parts
from supermarket.gateways import current
from supermarket.modes.table import MODES
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Draw
from supermarket.selection.queries import draw_record
from supermarket.selection.states import DrawState

SURVEYORS = 38  # so many agencies hold the three of the printed accounts
SHORT = timedelta(days=70)


def test_loaded_twice_everything_is_there_once(session: Session, at: datetime) -> None:
    first = load(agencies=3, at=at)
    assert (first.matters, first.owners, first.agencies, first.admitted) == (138, cast.OWNERS, 3, 3)
    events = count(Event)
    assert load(agencies=3, at=at) == Loaded()
    assert count(Event) == events


def test_a_later_load_adds_what_is_missing(session: Session, at: datetime) -> None:
    load(agencies=2, at=at)
    assert load(agencies=4, at=at) == Loaded(agencies=2, admitted=2)


def test_who_is_printed_can_sign_in(session: Session, at: datetime) -> None:
    load(agencies=2, at=at)
    rows = {email: role for email, role, _organisations in table()}
    assert list(rows) == [
        "owner@demo.test",
        "agency@demo.test",
        "agency2@demo.test",
        "agency3@demo.test",
        "regulator@demo.test",
        "operator@demo.test",
        "editor@demo.test",
        "supervisor@demo.test",
        "expert@demo.test",
    ]
    assert user_with_password("owner@demo.test", "demo-pass-2026") is not None
    regulator = user_by_email("regulator@demo.test")
    assert regulator is not None
    assert {name for item in regulator.memberships for name in item.industries} == set(cast.REGULATED)
    assert {item.region_code for item in regulator.memberships} == {"510000"}


def test_no_market_but_a_demonstration_is_filled(app: Flask, session: Session, at: datetime) -> None:
    app.config["DEMO"] = False
    try:
        with pytest.raises(RuleBroken):
            load(agencies=1, at=at)
        with pytest.raises(RuleBroken):
            play(1)
    finally:
        app.config["DEMO"] = True
    assert count(User) == 0


def test_nothing_is_played_before_it_is_loaded(session: Session) -> None:
    with pytest.raises(LookupError, match="demo load"):
        play(1)


def test_the_repertoire_shows_every_mode_and_plot() -> None:
    assert len(PARTS) == 40
    assert {part.mode for part in PARTS} == set(MODES)
    assert {part.plot for part in PARTS} == set(Plot)
    assert len(list(parts(55))) == 55


def test_the_demo_agencies_share_matters_and_a_play_leaves_a_market_that_holds(session: Session, at: datetime) -> None:
    load(agencies=SURVEYORS, at=at)
    for email in cast.AGENCY_ACCOUNTS.values():
        user = user_by_email(email)
        assert user is not None
        mine = agency_of_actor(user.actor())
        assert mine is not None
        assert mine.standing is Standing.ACTIVE
        for matter in cast.COMMON_MATTERS:
            assert mine.uscc in {service.agency.uscc for service in offering(matter)}

    played = play(8, begins=at, ends=at + SHORT)
    assert played.projects == 8
    assert every_draw_verifies() > 0
    assert chain_holds()
    expected = {ProjectState.OPEN, ProjectState.IN_REVIEW, ProjectState.IN_SERVICE, ProjectState.FAILED}
    assert expected <= {ProjectState(name) for name in played.states}
    assert clock.now() >= at + SHORT

    before = clock.now()
    again = play(3)
    assert again.begins >= before.replace(microsecond=0)
    assert sum(again.states.values()) == 11
    assert names_in_events() == 0


def test_who_is_on_the_black_list_is_out(session: Session, at: datetime) -> None:
    assert cast.BLACKLISTED not in {*cast.AGENCY_ACCOUNTS, *cast.RED_LISTED}
    load(agencies=cast.RED_LISTED[0] + 1, at=at)
    assert {row.kind.value for row in session.scalars(sa.select(ListEntry))} == {"black", "red"}
    good = cast.agencies(cast.RED_LISTED[0] + 1, clock.real_now().date())[-1]
    assert agency(good.uscc).standing is Standing.ACTIVE


def count(model: type) -> int:
    with unit() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def every_draw_verifies() -> int:
    """How many draws there were; each record holds."""
    with unit() as session:
        rows = session.execute(
            sa.select(Project.code, Draw.purpose)
            .join(Project, Project.id == Draw.project_id)
            .where(Draw.state == DrawState.DRAWN)
        ).all()
    witness = {current().witness.name(): bytes.fromhex(current().witness.verify_key())}
    for code, purpose in rows:
        assert verify_record(draw_record(code, purpose).to_json(), witness).ok
    return len(rows)


def chain_holds() -> bool:
    with unit():
        audit = verify_chain()
    return audit.broken_at is None and audit.unsealed == 0


def names_in_events() -> int:
    """Events whose data hold the name or address of a person."""
    with unit() as session:
        text = sa.cast(Event.data, sa.Text)
        named = sa.or_(sa.and_(sa.func.length(User.name) > 2, text.contains(User.name)), text.contains(User.email))
        return session.scalar(sa.select(sa.func.count()).select_from(Event).join(User, named)) or 0
