"""Past purchases as cases of a dry run: what was frozen, quoted, decided and drawn, read in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import lazyload, selectinload

from supermarket.core.permissions import region_stem
from supermarket.extensions import db
from supermarket.modes.discount import rate_of
from supermarket.modes.stages import Candidate, Facts, LowDecision
from supermarket.modes.stages.draw import MAIN
from supermarket.modes.stored import candidate_from_json, facts_from_json
from supermarket.modes.table import StageName
from supermarket.modes.trial import Case
from supermarket.policies.defaults import DEFAULTS
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.projects.ways import mode_of, terms_of
from supermarket.selection.computed import computed
from supermarket.selection.models import Award, Draw, OpenedQuote, Quote, StageRun
from supermarket.selection.states import DrawState

MOST_CASES = 300


def past_cases(region_code: str, *, most: int = MOST_CASES) -> list[Case]:
    """The newest announced purchases of a region subtree in which agencies enrolled, oldest first."""
    projects = db.session.scalars(
        sa.select(Project)
        .where(
            Project.region_code.startswith(region_stem(region_code)),
            Project.announced_at.is_not(None),
            Project.mode != "direct",
        )
        .options(lazyload(Project.owner), lazyload(Project.matter_version))
        .order_by(Project.announced_at.desc(), Project.id.desc())
        .limit(most)
    ).all()
    ids = [row.id for row in projects]
    quotes, draws, awards, facts = _quotes(ids), _draws(ids), _first_awards(ids), _facts(ids)
    pools = _pools(ids)
    return [
        _case(row, pools.get(row.id, ()), quotes.get(row.id, {}), draws.get(row.id), awards.get(row.id), facts)
        for row in reversed(projects)
    ]


def _case(
    project: Project,
    pool: Sequence[Enrolment],
    quotes: Mapping[str, int],
    draw: Draw | None,
    award: Award | None,
    facts: Mapping[int, Facts],
) -> Case:
    terms, way, known = terms_of(project), mode_of(project), None if draw is None else computed(draw)
    return Case(
        project=project.code,
        mode=project.mode,
        candidates=tuple(_candidate(row, quotes.get(row.agency.uscc), way.by_rate, project.ceiling) for row in pool),
        bounds=terms.bounds,
        numbers={**DEFAULTS, **project.policy},
        winner=award.agency.uscc if award is not None else None,
        price=award.price if award is not None else None,
        quoted=way.needs_quotes,
        by_rate=way.by_rate,
        auctioned=way.uses(StageName.AUCTION),
        criteria=terms.criteria,
        panel_size=terms.panel_size,
        facts=facts.get(project.id),
        source=draw.source if draw is not None else None,
        value=known.value if known is not None else None,
        refused=bool(draw is not None and draw.refused),
    )


def _candidate(row: Enrolment, quote: int | None, by_rate: bool, ceiling: int) -> Candidate:
    rate = rate_of(quote, ceiling) if by_rate and quote is not None else None
    return replace(candidate_from_json(row.figures), quote=quote, rate=rate)


def _pools(ids: Sequence[int]) -> Mapping[int, Sequence[Enrolment]]:
    """Who stood in the pool at the freeze, those whom a stage has put out since then among them."""
    rows = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.project_id.in_(ids), Enrolment.state != EnrolmentState.CANCELLED)
        .options(selectinload(Enrolment.agency), lazyload(Enrolment.project))
        .order_by(Enrolment.id)
    )
    return _by_project((row.project_id, row) for row in rows if row.figures)


def _by_project(pairs: Iterable[tuple[int, Enrolment]]) -> Mapping[int, Sequence[Enrolment]]:
    found: dict[int, list[Enrolment]] = defaultdict(list)
    for number, row in pairs:
        found[number].append(row)
    return found


def _quotes(ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    rows = db.session.execute(
        sa.select(Quote, OpenedQuote.amount)
        .join(OpenedQuote, OpenedQuote.quote_id == Quote.id)
        .where(Quote.project_id.in_(ids), OpenedQuote.invalid_code.is_(None))
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for quote, amount in rows:
        if amount is not None:
            found[quote.project_id][quote.agency.uscc] = amount
    return found


def _draws(ids: Sequence[int]) -> Mapping[int, Draw]:
    rows = db.session.scalars(
        sa.select(Draw)
        .where(Draw.project_id.in_(ids), Draw.purpose == MAIN, Draw.state == DrawState.DRAWN)
        .options(lazyload(Draw.project), selectinload(Draw.corrections))
    )
    return {row.project_id: row for row in rows}


def _first_awards(ids: Sequence[int]) -> Mapping[int, Award]:
    rows = db.session.scalars(
        sa.select(Award)
        .join(Project, sa.and_(Project.id == Award.project_id, Project.series == Award.series))
        .where(Award.project_id.in_(ids))
        .options(lazyload(Award.project))
        .order_by(Award.position.desc())
    )
    return {row.project_id: row for row in rows}


def _facts(ids: Sequence[int]) -> Mapping[int, Facts]:
    """Decisions on low quotes and experts' points, as the last stage of each purchase took them in."""
    rows = db.session.scalars(
        sa.select(StageRun)
        .join(Project, sa.and_(Project.id == StageRun.project_id, Project.series == StageRun.series))
        .where(StageRun.project_id.in_(ids), StageRun.inputs.has_key("facts"))
        .options(lazyload(StageRun.project))
        .order_by(StageRun.position)
    )
    found: dict[int, Facts] = {}
    for row in rows:
        content = row.inputs["facts"]
        if isinstance(content, Mapping):
            known = facts_from_json(content)
            low: dict[str, LowDecision] = dict(known.low_decisions)
            found[row.project_id] = Facts(known.project, low_decisions=low, panel=known.panel)
    return found
