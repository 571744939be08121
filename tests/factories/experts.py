"""Experts for tests, active and with an account unless a test asks for less; panels through the operations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency
from supermarket.core.identifiers import document_code
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.data import catalogue
from supermarket.experts.models import EXPERT_SERIAL, Expert, ExpertInterest
from supermarket.experts.states import ExpertStanding, InterestKind
from supermarket.extensions import db
from supermarket.projects.commands import CriterionAsked
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection.deadlines import DUE
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.models import PanelSeat
from supermarket.selection.panels.sheets import Scored, panel_criteria, plans_of
from supermarket.selection.panels.states import SeatState
from tests.factories.accounts import MADE_AT, fresh_uscc, make_user
from tests.factories.matters import SOME_MATTER
from tests.factories.policies import CHENGDU_WUHOU, make_industry, make_region
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote

_SERIAL = count(1)
PLAN = CriterionAsked("panel", 40, "技术方案", "针对性和可行性")
TEAM = CriterionAsked("panel", 20, "团队", "人员与经验")
PRICE = CriterionAsked("price", 40)


def pool_organisation() -> Organisation:
    """The body in whose name all experts act, one for all tests of a run's transaction."""
    row = db.session.scalar(sa.select(Organisation).where(Organisation.kind == OrganisationKind.EXPERT_POOL))
    if row is None:
        make_region(CHENGDU_WUHOU)
        row = Organisation(
            kind=OrganisationKind.EXPERT_POOL, name="测试专家库", region_code="510000", created_at=MADE_AT
        )
        db.session.add(row)
        db.session.flush()
    return row


def make_expert(
    *,
    name: str | None = None,
    standing: ExpertStanding = ExpertStanding.ACTIVE,
    account: bool = True,
    employer_uscc: str | None = None,
    region_code: str = CHENGDU_WUHOU,
    matter_code: str = SOME_MATTER,
    matters: Sequence[str] = (),
    interests: Iterable[str] = (),
) -> Expert:
    """An expert for the industry of a matter, employed by a body that nobody knows."""
    make_region(region_code)
    industry = catalogue.matter(matter_code).industry
    make_industry(industry)
    serial = next(_SERIAL)
    user = make_user(Role.EXPERT, pool_organisation(), email=f"expert{serial}@example.test") if account else None
    number = db.session.execute(sa.select(EXPERT_SERIAL.next_value())).scalar_one()
    row = Expert(
        code=document_code("E", 2026, number),
        user_id=user.id if user else None,
        organisation_id=pool_organisation().id if user else None,
        name=name or f"专家{serial}某",
        email=f"expert{serial}@example.test",
        employer=f"测试研究院{serial}",
        employer_uscc=employer_uscc or fresh_uscc("12510000"),
        region_code=region_code,
        industries=[industry],
        matters=list(matters),
        standing=standing,
        standing_since=MADE_AT,
        applied_at=MADE_AT,
    )
    db.session.add(row)
    db.session.flush()
    for uscc in interests:
        make_interest(row, uscc)
    return row


def make_interest(expert: Expert, uscc: str, *, ended_on: date | None = None) -> ExpertInterest:
    """A body that the expert declared they must not judge."""
    row = ExpertInterest(
        expert=expert,
        kind=InterestKind.KIN,
        uscc=uscc,
        body_name="测试单位",
        ended_on=ended_on,
        declared_at=MADE_AT,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_experts(number: int, **more: object) -> list[Expert]:
    """So many experts."""
    return [make_expert(**more) for _ in range(number)]  # type: ignore[arg-type]  # the caller names real fields


def settle(at: datetime) -> None:
    """Everything of the selection that is due at `at`, as the supervisor's tick does it."""
    again = True
    while again:
        again = False
        for kind in DUE:
            for _due, number in kind.find(at, 200):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


@dataclass
class PanelWorld:
    """A project whose panel has been called: the experts by the place in the drawn order, the bidders, the moment."""

    project: Project
    owner: Actor
    bidders: list[tuple[Agency, Actor]]
    at: datetime

    @property
    def code(self) -> str:
        """The project's code."""
        return self.project.code

    def present(self) -> Project:
        """The project as it stands."""
        with unit() as session:
            return session.scalars(sa.select(Project).where(Project.code == self.project.code)).one()

    def seats(self, *states: SeatState) -> list[PanelSeat]:
        """The seats in the drawn order, in these states or all that have a place."""
        with unit() as session:
            query = sa.select(PanelSeat).where(PanelSeat.project_id == self.project.id)
            query = query.where(PanelSeat.state.in_(states) if states else PanelSeat.position.is_not(None))
            return list(session.scalars(query.order_by(PanelSeat.position)).all())

    def actor(self, seat: PanelSeat) -> Actor:
        """The expert of a seat, as operations see them."""
        assert seat.expert.user is not None
        return seat.expert.user.actor()

    def sheet(self, *, base: int = 70, sentence: str = "方案针对性强，措施可行。") -> tuple[Scored, ...]:
        """A whole sheet: plan A gets `base`, each next one three points less."""
        with unit():
            plans = [plan.alias for plan in plans_of(self.project.id)]
            criteria = [item.name for item in panel_criteria(self.project)]
        return tuple(
            Scored(plan, criterion, max(0, base - 3 * place), sentence)
            for criterion in criteria
            for place, plan in enumerate(plans)
        )

    def accept(self, seat: PanelSeat, at: datetime | None = None) -> None:
        """The expert of a seat serves."""
        with unit():
            panels.accept(self.code, actor=self.actor(seat), at=at or self.at)

    def score(self, seat: PanelSeat, *, base: int = 70, at: datetime | None = None) -> None:
        """The expert of a seat signs a sheet."""
        with unit():
            panels.submit(self.code, self.sheet(base=base), actor=self.actor(seat), at=at or self.at)

    def confirm(self, seat: PanelSeat, at: datetime | None = None) -> None:
        """The expert of a seat confirms the record."""
        with unit():
            panels.confirm(self.code, actor=self.actor(seat), at=at or self.at)

    def all_scored(self, bases: Sequence[int]) -> None:
        """Everybody accepts and signs; `bases` in the drawn order."""
        for seat in self.seats(SeatState.INVITED):
            self.accept(seat)
        for seat, base in zip(self.seats(SeatState.SERVING), bases, strict=True):
            self.score(seat, base=base)

    def finished(self, bases: Sequence[int]) -> None:
        """Scored, confirmed by all, closed, announced."""
        self.all_scored(bases)
        for seat in self.seats(SeatState.SUBMITTED):
            self.confirm(seat)
        settle(self.at)


def make_panel_project(
    at: datetime,
    *,
    criteria: Sequence[CriterionAsked] = (PRICE, PLAN, TEAM),
    size: int = 3,
    bidders: int = 3,
    **more: object,
) -> PanelWorld:
    """A published project that a panel scores, its bidders enrolled with quote and plan; enrolment still open."""
    project, owner = make_open_project(at, mode="merit", criteria=tuple(criteria), panel_size=size, **more)
    enrolled = make_enrolled(project, bidders, at)
    for number, (_agency, actor) in enumerate(enrolled):
        make_quote(project.code, 9_000_000 + number * 100_000, actor=actor, at=at)
        if size:
            propose(project, actor, at, f"第{number}份方案：分三步实施。")
    return PanelWorld(project, owner, enrolled, at)


def propose(project: Project, actor: Actor, at: datetime, text: str = "方案：先踏勘，后编制。") -> None:
    """An agency hands a plan in."""
    panels.submit_proposal(project.code, text=text, file=None, actor=actor, at=at)


def make_panel(at: datetime, *, experts: int = 6, size: int = 3, bidders: int = 3, **more: object) -> PanelWorld:
    """The same up to the called panel: pool drawn, the first of the order invited."""
    make_experts(experts)
    world = make_panel_project(at, size=size, bidders=bidders, **more)  # type: ignore[arg-type]  # real fields
    db.session.commit()
    return called(world)


def called(world: PanelWorld) -> PanelWorld:
    """Play the freeze and the beginning of the selection."""
    row = project_for(world.code, SYSTEM)
    assert row.enrol_until is not None
    settle(row.enrol_until)
    row = world.present()
    assert row.select_at is not None
    settle(row.select_at)
    world.at = row.select_at + timedelta(minutes=5)
    return world
