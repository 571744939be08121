"""Rows for the migrations: a market in which things have happened, made through its own operations where it can be."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.national import FirstVisit, open_account, spend
from supermarket.agencies import operations as agencies
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import (
    Agency,
    CheckRun,
    CheckRunItem,
    ExpiryReminder,
    NightlyRun,
    RegistryList,
    RegistryRow,
    RunItemState,
    RunKind,
)
from supermarket.agencies.operations import add_note, load_registry, run_checks, withdraw_service
from supermarket.auctions.commands import GiveStatement
from supermarket.auctions.operations import give_statement, set_agent
from supermarket.auctions.refusals import BidRefused
from supermarket.core.events import grow, seal
from supermarket.core.log_tree import tree_root
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.projects.commands import Enrol
from supermarket.projects.models import Project
from supermarket.projects.operations import enrol
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import sales_close_from
from supermarket.selection.deadlines import DUE
from supermarket.selection.models import Choice
from supermarket.selection.panels import operations as panels
from supermarket.selection.queries import draws_of
from supermarket.standing.decisions import Move, Office
from supermarket.standing.models import Opinion, Rectification, RemovalApproval, RemovalCase, Review
from supermarket.standing.states import OpinionState, RectificationState, RemovalState
from supermarket.supervision.models import Finding, Level
from supermarket.witnesses.models import KnownWitness, LogHead, LogSignature, WitnessEntry, WitnessHead
from tests.factories import auctions
from tests.factories.accounts import fresh_uscc, make_user
from tests.factories.agencies import make_agency, make_agency_actor, make_move, make_practitioner, make_related_party
from tests.factories.contracts import make_completed, make_contract, make_deal
from tests.factories.credit import make_credit_entry, make_list_entry, make_performance, make_stars
from tests.factories.exceptions import make_asked, make_granted
from tests.factories.experts import make_expert, make_panel
from tests.factories.identity import make_legal_person
from tests.factories.matters import SOME_MATTER, make_regional
from tests.factories.modes import make_released_mode
from tests.factories.policies import CHENGDU_WUHOU, make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import altered, make_quote, sealed_by
from tests.factories.witnesses import make_witnesses
from tests.rooms.mistyped import drawn_by_lottery


def settle(at: datetime) -> None:
    """Everything of the selection that is due."""
    again = True
    while again:
        again = False
        for kind in DUE:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


def _present(code: str) -> Project:
    with unit() as session:
        return session.scalars(sa.select(Project).where(Project.code == code)).one()


def _selected(mode: str, at: datetime) -> None:
    with unit():
        project, _owner = make_open_project(at, mode=mode)
        enrolled: list[tuple[object, Actor]] = [*make_enrolled(project, 3, at)]
        staffed = make_agency(practitioners=1)
        people = Enrol(practitioner_ids=tuple(person.id for person in staffed.practitioners))
        enrol(project.code, people, actor=make_agency_actor(staffed), at=at)
        if mode == "bidding":
            for step, (_agency, actor) in enumerate(enrolled):
                make_quote(project.code, 8_000_000 + step, actor=actor, at=at)
        code = project.code
    for moment in ("enrol_until", "select_at"):
        settle(getattr(_present(code), moment))


def _unopened(at: datetime) -> None:
    """Sealed quotes of which one does not open: its bidder is asked for the body."""
    with unit():
        project, _owner = make_open_project(at, mode="bidding")
        code, enrolled = project.code, make_enrolled(project, 3, at)
        for step, (_agency, actor) in enumerate(enrolled):
            sealed = sealed_by(actor, code, 8_000_000 + step).sealed
            selection.submit_quote(code, altered(sealed) if step == 0 else sealed, actor=actor, at=at)
    for moment in ("enrol_until", "select_at"):
        settle(getattr(_present(code), moment))


def _typed(at: datetime) -> None:
    """A draw by published numbers of which one side has typed the bulletin."""
    with unit():
        make_policy("draw_source_social", "published:kl8")
        project, owner = make_open_project(at)
        make_enrolled(project, 3, at)
        code = project.code
    for moment in ("enrol_until", "select_at"):
        settle(getattr(_present(code), moment))
    with unit():
        draw = draws_of(_present(code).id)[0]
        numbers = " ".join(f"{number:02d}" for number in range(1, 21))
        bulletin = selection.Bulletin("2026058", sales_close_from(draw), numbers)
        selection.enter_numbers(code, bulletin, purpose="main", actor=owner, at=draw.draw_at)


def _corrected(at: datetime) -> None:
    """A draw that both sides mistyped and that is computed again, and one in which only one side has claimed it."""
    with unit():
        both = drawn_by_lottery(at, name="双方看错号码")
    with unit():
        both.correct(both.true(lambda order: order != tuple(both.draw.order or ())))
    with unit():
        one = drawn_by_lottery(at, name="一方提出更正")
    with unit():
        one.enter(one.true(lambda order: order != tuple(one.draw.order or ())), one.owner)


def _auctioned(at: datetime) -> None:
    """A live auction that runs: two bids, a refused one, an agent on the server, a cost statement."""
    with unit():
        project, _owner, bidders = auctions.make_enrolled_live(at)
        give_statement(project.code, GiveStatement(5_000_000, "测算见附表"), actor=bidders[0][1], at=at)
        code = project.code
    for moment in ("enrol_until", "select_at"):
        auctions.settle(getattr(_present(code), moment))
    start = _present(code).select_at
    assert start is not None
    for (_agency, actor), amount in zip(bidders, (9_000_000, 8_900_000, 8_899_999), strict=True):
        with suppress(BidRefused):
            auctions.bid(_present(code), actor, amount, start + timedelta(seconds=1))
    with unit():
        set_agent(code, floor=7_000_000, actor=bidders[0][1], at=start + timedelta(seconds=2))


def _chosen(at: datetime) -> None:
    """A purchase in which the owner chose from the small list."""
    with unit():
        project, owner = make_open_project(at, mode="credit_merit", keep=3, draw_keep=2)
        make_enrolled(project, 3, at)
        code = project.code
    for moment in ("enrol_until", "select_at"):
        settle(getattr(_present(code), moment))
    with unit():
        members = db.session.get_one(Choice, (_present(code).id, 1)).members
        selection.choose(code, agency_uscc=members[0], reason="业绩最多", actor=owner, at=at + timedelta(days=7))


def live_a_little(at: datetime) -> None:
    """Purchases in several states, registers with rows, reviews and cards: something in nearly every table."""
    current_app.extensions["gateways"] = replace(current(), witnesses=make_witnesses("witness", "discipline"))
    _selected("random", at)
    _selected("bidding", at)
    _unopened(at)
    _judged(at)
    _auctioned(at)
    _chosen(at)
    with unit():
        make_released_mode(at)
        make_completed(at=at)
        make_contract(make_deal(), at=at)
        make_asked(at)
        make_granted(at)
        agency = make_agency()
        make_related_party(agency)
        _file_changes(agency, at)
        make_move(make_practitioner(agency), make_agency())
        make_stars(agency, 2)
        make_credit_entry(agency.uscc, at=at)
        make_list_entry(from_date=at.date(), uscc=agency.uscc)
        make_performance(agency.uscc, published_at=at)
        make_policy("signing_days", 12)
        make_regional(at=at)
        spend(make_legal_person(), at=at)
        visit = FirstVisit(OrganisationKind.OWNER, CHENGDU_WUHOU, "identified@example.test", "zh_CN")
        open_account(make_legal_person(), visit, at=at)
        _registries()
        _standing(agency.uscc, at)
        _withdrawn(at)
        _verified(at)
        _cards(at)
        seal()
        grow()
        _witnesses(at)
    _typed(at)
    _corrected(at)


def _witnesses(at: datetime) -> None:
    """A witness's log and a head that it signed."""
    known = KnownWitness(name="witness", key="0" * 64, since=at, state={"epoch": 1, "n": 1})
    entry = {"witness": known, "epoch": 1, "n": 1, "hash": "0" * 64, "kind": "journal", "content": {}}
    db.session.add(WitnessEntry(**entry, fetched_at=at))
    signed = {"witness": known, "log": "events", "seq": 1, "head": "0" * 64, "signature": "0" * 128}
    db.session.add(WitnessHead(**signed, at=at, kept_at=at))
    db.session.add(LogHead(size=5, root=tree_root(5), made_at=at))
    db.session.flush()
    db.session.add(LogSignature(witness_id=known.id, size=5, at=at, signature="0" * 128, kept_at=at))
    db.session.flush()


def _judged(at: datetime) -> None:
    """A panel that has scored, and one in which an expert has typed something."""
    with unit():
        make_expert(interests=(fresh_uscc(),))
    make_panel(at, experts=3).finished([80, 70, 60])
    world = make_panel(at, experts=0)
    seat = world.seats()[0]
    world.accept(seat)
    with unit():
        panels.keep_draft(world.code, world.sheet()[:1], actor=world.actor(seat), at=world.at)


def _verified(at: datetime) -> None:
    """Checks with a registry's answer as evidence, a case of an agency whose body fails, a night, a reminder."""
    agency = make_agency()
    row = {"uscc": agency.uscc, "name": "别的名称", "status": "存续", "legal_representative": "", "business_scope": ""}
    load_registry("data-sharing", "enterprises", [row], label="测试", actor=SYSTEM, at=at)
    for night in range(2):
        run_checks(agency.uscc, actor=SYSTEM, at=at + timedelta(days=night))
    db.session.add(NightlyRun(slot=at, began_at=at, finished_at=at, checked=1))
    db.session.add(ExpiryReminder(agency_id=agency.id, subject="qualification:1", until=at.date(), days=7, at=at))
    db.session.flush()


def _withdrawn(at: datetime) -> None:
    """A change of standing, a service withdrawn, a run of checks."""
    agency, user = make_agency(), make_user(Role.OPERATOR)
    command = ChangeOfStanding(basis="试验依据", proposer="甲", executor="乙", until=at + timedelta(days=9))
    withdraw_service(agency.uscc, agency.services[0].matter_code, command, actor=user.actor(), at=at)
    add_note(agency.uscc, "看过原件。", actor=user.actor(), at=at)
    run = CheckRun(
        kind=RunKind.AGAIN,
        total=1,
        started_at=at,
        started_by=user.id,
        organisation_id=user.memberships[0].organisation_id,
        beat_at=at,
    )
    db.session.add(run)
    db.session.flush()
    db.session.add(CheckRunItem(run_id=run.id, agency_id=agency.id, state=RunItemState.WAITING))
    db.session.flush()


def _file_changes(agency: Agency, at: datetime) -> None:
    """A form begun, a change of profile, a service that has ended."""
    actor, uscc = make_agency_actor(agency), agency.uscc
    agencies.save_draft(agency.organisation_id or 0, "party", {"name": "甲"}, expected_version=None, actor=actor, at=at)
    agencies.correct_profile(uscc, {"address": "别处1号"}, expected_version=None, actor=actor, at=at)
    agencies.remove_service(uscc, SOME_MATTER, actor=actor, at=at)


def _registries() -> None:
    db.session.add(RegistryList(registry_name="credit-platform", question="dishonesty", label="测试", loaded_at=_NOW))
    db.session.flush()
    db.session.add(
        RegistryRow(registry_name="credit-platform", question="dishonesty", uscc="915101070000000000", row={"a": "b"})
    )


_NOW = datetime.fromisoformat("2026-03-01T00:00:00+00:00")


def _standing(uscc: str, at: datetime) -> None:
    review = Review(
        agency_uscc=uscc,
        period="2026-02",
        review_at=at,
        ran_at=at,
        move=Move.DEMOTED,
        held_before=3,
        held_after=2,
        reasons=[{"code": "below_twice"}],
        inputs={},
        outcome={},
    )
    db.session.add(review)
    db.session.flush()
    officer = make_user(Role.OPERATOR)
    case = RemovalCase(
        agency_uscc=uscc,
        state=RemovalState.DECIDING,
        grounds=[{"code": "low_and_overdue"}],
        opened_at=at,
        statement_due_at=at + timedelta(days=7),
        decision_due_at=at + timedelta(days=21),
        statement="",
    )
    opinion = Opinion(
        agency_uscc=uscc, state=OpinionState.FILED, document_number="测〔2026〕1号", reason="理由", filed_at=at
    )
    db.session.add_all(
        [
            case,
            opinion,
            Rectification(
                agency_uscc=uscc,
                review_id=review.id,
                state=RectificationState.OPEN,
                opened_at=at,
                due_at=at + timedelta(days=21),
            ),
        ]
    )
    db.session.flush()
    db.session.add(
        RemovalApproval(
            case_id=case.id,
            office=Office.OPERATOR,
            user_id=officer.id,
            organisation_id=officer.memberships[0].organisation_id,
            approved=True,
            reason="理由",
            at=at,
        )
    )


def _cards(at: datetime) -> None:
    db.session.add(
        Finding(
            subject_kind="project",
            subject_code="P-2026-000001",
            code="selection_late",
            level=Level.RED,
            region_code=CHENGDU_WUHOU,
            limit_at=at,
            issued_at=at,
        )
    )
