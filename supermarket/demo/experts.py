"""The demonstration's experts, entered and admitted by the operator; and what they do on a panel."""

import random
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from supermarket.accounts.queries import user_by_email
from supermarket.core.identifiers import make_uscc
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.data import invent
from supermarket.demo import cast, words
from supermarket.demo.stage import Stage
from supermarket.experts import operations as experts
from supermarket.experts.commands import ExpertProfile, Interest, NewExpert
from supermarket.experts.models import Expert
from supermarket.experts.states import InterestKind
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.models import Panel, PanelSeat
from supermarket.selection.panels.sheets import Scored, panel_criteria, plans_of
from supermarket.selection.panels.states import PanelState, SeatState

SHOWN = "expert@demo.test"
# Six judge the matters that the demo's three agencies have in common: a panel of five, and one to come after them.
SURVEYORS, OTHERS = 6, 6
_SURVEYING = ("housing-construction", "natural-resources")
_OTHER_INDUSTRIES = ("development-reform", "ecology-environment", "water-resources")
_EMPLOYERS = ("四川示范大学测绘学院", "四川省示范地质研究院", "成都示范规划设计研究院", "西南示范工程学院")
_TITLES = ("教授级高级工程师", "高级工程师", "研究员", "副教授")


def enter_experts(*, actor: Actor, at: datetime) -> int:
    """Enter, admit and give accounts to those who are not there yet; gives how many are new."""
    people = invent.people(200, cast.SEED)[-(SURVEYORS + OTHERS) :]
    known = set(db.session.scalars(sa.select(Expert.email)))
    made = 0
    for place, person in enumerate(people):
        email = SHOWN if place == 0 else f"expert{place:02d}.staff@demo.test"
        if email in known:
            continue
        user = user_by_email(email)
        command = NewExpert(user.name if user is not None else person.name, email, _profile(place))
        row = experts.enter(command, actor=actor, at=at)
        experts.admit(row.code, actor=actor, at=at)
        experts.open_account(row.code, password=cast.PASSWORD, actor=actor, at=at)
        made += 1
    return made


def _profile(place: int) -> ExpertProfile:
    industries = _SURVEYING if place < SURVEYORS else (_OTHER_INDUSTRIES[place % len(_OTHER_INDUSTRIES)],)
    return ExpertProfile(
        title=_TITLES[place % len(_TITLES)],
        employer=_EMPLOYERS[place % len(_EMPLOYERS)],
        employer_uscc=make_uscc("12510000", 81_000 + place % len(_EMPLOYERS)),
        region_code=("510100", "510700", "510100", "511300")[place % 4],
        industries=industries,
    )


def declare_shown(uscc: str, name: str, at: datetime) -> None:
    """The printed expert must not judge one agency."""
    user = user_by_email(SHOWN)
    if user is not None:
        experts.declare(Interest(InterestKind.KIN, uscc, name), actor=user.actor(), at=at)


def act_on_panel(stage: Stage, code: str, favourite: str | None, rng: random.Random, *, leave_shown: bool) -> bool:
    """Everybody who is asked answers, scores and confirms; with `leave_shown` the printed expert serves and does not
    score yet. Gives whether there is anything more to do here.
    """
    project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
    if leave_shown:
        _seat_shown(stage, project)
    for seat in _seats(project.id, SeatState.INVITED):
        stage.act(panels.accept, code, actor=_actor(seat))
    for seat in _seats(project.id, SeatState.SERVING):
        if not (leave_shown and seat.expert.email == SHOWN):
            stage.act(panels.submit, code, _sheet(project, favourite, rng), actor=_actor(seat))
    panel = db.session.get(Panel, project.id)
    if panel is not None and panel.state is PanelState.CONFIRMING:
        for seat in _seats(project.id, SeatState.SUBMITTED):
            stage.act(panels.confirm, code, actor=_actor(seat))
    return not (leave_shown and panel is not None)


def _seat_shown(stage: Stage, project: Project) -> None:
    """The printed expert is among those asked: while not, somebody before declines."""
    while True:
        asked = _seats(project.id, SeatState.INVITED)
        waits = _seats(project.id, SeatState.POOLED)
        if not any(seat.expert.email == SHOWN for seat in waits) or not asked:
            return
        stage.act(panels.decline, project.code, reason=words.DECLINED_PANEL, actor=_actor(asked[0]))


def _seats(project_id: int, state: SeatState) -> Sequence[PanelSeat]:
    query = sa.select(PanelSeat).where(PanelSeat.project_id == project_id, PanelSeat.state == state)
    return db.session.scalars(query.order_by(PanelSeat.position)).all()


def _actor(seat: PanelSeat) -> Actor:
    return seat.expert.user.actor() if seat.expert.user is not None else SYSTEM


def _sheet(project: Project, favourite: str | None, rng: random.Random) -> tuple[Scored, ...]:
    rows = []
    for plan in plans_of(project.id):
        good = plan.agency.uscc == favourite
        for criterion in panel_criteria(project):
            points = rng.randint(88, 96) if good else rng.randint(66, 85)
            sentence = rng.choice(words.PLAN_GOOD if points >= 85 else words.PLAN_MIDDLING)
            rows.append(Scored(plan.alias, criterion.name, points, sentence))
    return tuple(rows)
