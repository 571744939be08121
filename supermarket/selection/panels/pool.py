"""Whom a panel can be drawn from: able experts, those kept out with the reason, from a region as near as there are enough."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from supermarket.agencies.models import Agency
from supermarket.core.working_days import local_date
from supermarket.credit.points import add_months
from supermarket.experts.models import Expert, ExpertInterest
from supermarket.experts.queries import able
from supermarket.extensions import db
from supermarket.policies.queries import ancestors, number, region_names
from supermarket.projects.facts import WORKED, links_of
from supermarket.projects.links import Links
from supermarket.projects.models import Project
from supermarket.projects.operations.enrolling import live_agencies
from supermarket.selection.panels.avoidance import Judged, Tied, kept_out
from supermarket.selection.panels.models import Panel, PanelSeat
from supermarket.selection.panels.states import SCORED, SeatState


@dataclass(frozen=True)
class PoolFound:
    """Who is in the pool, who of the able is kept out and why, and the region in whose subtree they were looked for."""

    members: tuple[Expert, ...]
    out: tuple[tuple[Expert, str], ...]
    scope: str | None


def pool_for(project: Project, size: int, at: datetime) -> PoolFound:
    """The nearest scope with enough: from the city to the province to everywhere, else the widest (docs/adr, panels of experts)."""
    wanted = size * number(project.policy, "panel_pool_factor")
    industry = project.matter_version.industry
    everybody = able(industry, project.matter_code)
    codes = _reasons(project, everybody, at)
    found = PoolFound((), (), None)
    for scope in scopes(project.region_code):
        here = [row for row in everybody if scope is None or row.region_code in _subtree(scope, everybody)]
        members = tuple(row for row in here if codes[row.id] is None)
        out = tuple((row, code) for row in here if (code := codes[row.id]) is not None)
        found = PoolFound(members, out, scope)
        if len(members) >= wanted:
            break
    return found


def scopes(region_code: str) -> Iterator[str | None]:
    """The city, the province, everywhere: a county's own experts know each other too well to be the first choice."""
    names = region_names()
    for code in ancestors(region_code):
        if names[code][2] != "county":
            yield code
    yield None


def _subtree(scope: str, experts: Sequence[Expert]) -> frozenset[str]:
    return frozenset(row.region_code for row in experts if scope in ancestors(row.region_code))


def _reasons(project: Project, experts: Sequence[Expert], at: datetime) -> Mapping[int, str | None]:
    """For each expert why not, or None: a fixed number of statements."""
    today, years = local_date(at), number(project.policy, "expert_interest_years")
    usccs = {row.employer_uscc for row in experts if row.employer_uscc}
    usccs |= {item.uscc for row in experts for item in _counting(row, today, years)}
    if project.owner.uscc is not None:
        usccs.add(project.owner.uscc)
    registered = _links(usccs)
    judged = Judged(
        owner=registered.get(project.owner.uscc) if project.owner.uscc else None,
        bidders=tuple(links_of(agency) for agency in live_agencies(project.id)),
        preceding=_preceding(project),
    )
    before, loads, most = _served_before(project), _loads(), number(project.policy, "expert_load")
    return {
        row.id: kept_out(
            Tied(
                employer=registered[row.employer_uscc] if row.employer_uscc else None,
                interests=tuple(registered[item.uscc] for item in _counting(row, today, years)),
                served_before=row.id in before,
                open_seats=loads.get(row.id, 0),
                most_seats=most,
            ),
            judged,
        )
        for row in experts
    }


def _counting(row: Expert, today: date, years: int) -> list[ExpertInterest]:
    """Declared interests that hold, or ended so few years ago that they still count."""
    return [
        item for item in row.live_interests if item.ended_on is None or add_months(item.ended_on, 12 * years) > today
    ]


def _links(usccs: set[str]) -> dict[str, Links]:
    """Relations by the registry; of a body that is no agency nothing is known but its code."""
    rows = db.session.scalars(
        sa.select(Agency).where(Agency.uscc.in_(usccs)).options(sa.orm.selectinload(Agency.related_parties))
    ).all()
    return {uscc: Links(uscc, None) for uscc in usccs} | {row.uscc: links_of(row) for row in rows}


def _preceding(project: Project) -> frozenset[str]:
    """Who won another purchase of the same investment project."""
    if not project.investment_project_code:
        return frozenset()
    rows = db.session.scalars(
        sa.select(Agency.uscc)
        .join(Project, Project.winner_id == Agency.id)
        .where(
            Project.investment_project_code == project.investment_project_code,
            Project.id != project.id,
            Project.state.in_(WORKED),
        )
    )
    return frozenset(rows)


def _served_before(project: Project) -> frozenset[int]:
    if project.reissue_of_id is None:
        return frozenset()
    rows = db.session.scalars(
        sa.select(PanelSeat.expert_id).where(
            PanelSeat.project_id == project.reissue_of_id, PanelSeat.accepted_at.is_not(None)
        )
    )
    return frozenset(rows)


def _loads() -> dict[int, int]:
    """Panels that wait for each expert now."""
    rows = db.session.execute(
        sa.select(PanelSeat.expert_id, sa.func.count().label("number"))
        .where(PanelSeat.state.in_((SeatState.INVITED, SeatState.SERVING)))
        .group_by(PanelSeat.expert_id)
    )
    return {row.expert_id: row.number for row in rows}


def served_count(expert_id: int) -> int:
    """How many panels an expert has scored for whose results are public."""
    query = (
        sa.select(sa.func.count())
        .select_from(PanelSeat)
        .join(Panel, Panel.project_id == PanelSeat.project_id)
        .join(Project, Project.id == Panel.project_id)
        .where(PanelSeat.expert_id == expert_id, PanelSeat.state.in_(SCORED), Project.announced_at.is_not(None))
    )
    return db.session.scalar(query) or 0
