"""All that the page of a project shows, as far as its reader may see it; the pages of every audience share it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _

from supermarket.contracts.models import Contract
from supermarket.contracts.queries import contract_of_project
from supermarket.contracts.rules import missing
from supermarket.core.draw import DrawError, parse_pool_file, parse_time
from supermarket.core.events import Event, timeline
from supermarket.core.permissions import Actor
from supermarket.disclosure.queries import reissues_of
from supermarket.matters.queries import kept_wordings, patched, qualification_kinds, wordings_in
from supermarket.matters.regional import Effective, LocalWording
from supermarket.matters.requirement_tree import as_sentence, from_json
from supermarket.modes.table import StageName
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import exceptions_of
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.money_checks import alerts_of
from supermarket.projects.plans import plan_of
from supermarket.projects.queries import enrolments_of, project_for, versions_of
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import mode_of, seals_on_server, terms_of
from supermarket.selection.bulletins import takes_numbers
from supermarket.selection.computed import Computed, computations, taken_of
from supermarket.selection.corrections import open_claim, takes_corrections
from supermarket.selection.lists import Kept, lists_of
from supermarket.selection.models import Award, Choice, Draw, DrawCorrection, QuoteList, Rank, StageRun
from supermarket.selection.panels.proposing import wants_proposals
from supermarket.selection.panels.queries import Progress, PublicScores, progress_of, public_scores
from supermarket.selection.queries import (
    PublicQuote,
    draws_of,
    public_quotes,
    quote_list_of,
    ranks_of,
    stage_runs_of,
)
from supermarket.selection.queries import announced as is_announced
from supermarket.selection.quotes_body import ListedQuote, parse_quote_list
from supermarket.selection.series import awards_in, choice_in, order_in, passed_over_in
from supermarket.selection.states import LIVE_AWARDS
from supermarket.web import timelines
from supermarket.web.live import Board, board_of
from supermarket.web.plain_words import Said, plan_in_words
from supermarket.web.presenting import Due, Milestones, Step, life_line, project_due
from supermarket.witnesses.log_queries import provable

# Who enrolled, quoted or was excluded is nobody's business before the announcement, not even the owner's or an office's.
_SEALED = ("enrolment.", "quote.", "cost_statement.", "panel.", "proposal.", "auction.agent_", "auction.statement_")


@dataclass(frozen=True)
class DrawShown:
    """One draw with its pool as lines."""

    draw: Draw
    members: Sequence[tuple[str, int]]
    known: Computed | None = None
    earlier: Sequence[tuple[Computed, DrawCorrection]] = ()
    claim: DrawCorrection | None = None

    @property
    def receipt_at(self) -> datetime | None:
        """When the lead witness signed."""
        return parse_time(self.draw.receipt["at"]) if self.draw.receipt else None

    @property
    def takes_numbers(self) -> bool:
        """Whether it waits for what is typed from a bulletin."""
        return takes_numbers(self.draw)

    @property
    def takes_corrections(self) -> bool:
        """Whether a typing error can be claimed."""
        return takes_corrections(self.draw)


@dataclass(frozen=True)
class Superseded:
    """What was computed from a mistyped bulletin, before it was computed again."""

    series: int
    ranks: Sequence[Rank]
    awards: Sequence[Award]


@dataclass(frozen=True)
class ProjectPage:
    """What the templates under templates/projects draw. Lists that are not public yet are empty, counts None."""

    project: Project
    due: Due | None
    steps: Sequence[Step]
    requirement: str
    effective: Effective
    criteria: Mapping[str, int]
    versions: int
    pool_fixed: bool
    announced: bool
    enrolments: Sequence[Enrolment] = ()
    enrolment_count: int | None = None
    draws: Sequence[DrawShown] = ()
    quotes: Sequence[PublicQuote] = ()
    quote_list: QuoteList | None = None
    listed: Sequence[ListedQuote] = ()
    provable: Set[str] = frozenset()
    sealing: bool = False
    sealed_here: bool = False
    by_rate: bool = False
    ranks: Sequence[Rank] = ()
    runs: Sequence[StageRun] = ()
    awards: Sequence[Award] = ()
    superseded: Sequence[Superseded] = ()
    passed_over: Sequence[str] = ()
    live_award: Award | None = None
    contract: Contract | None = None
    unsigned: str = ""
    auction: Board | None = None
    panel: Progress | None = None
    scores: PublicScores | None = None
    exceptions: Sequence[RequirementException] = ()
    reissue: str | None = None
    plan: Sequence[Said] = ()
    lists: Sequence[Kept] = ()
    choice: Choice | None = None
    alerts: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    timeline: Sequence[timelines.Entry] = ()
    filters: Sequence[timelines.Filter] = ()

    @property
    def countersigned_at(self) -> datetime | None:
        """When the witness signed the list of quotes."""
        signed = self.quote_list.countersignature if self.quote_list else None
        return parse_time(signed["at"]) if signed else None

    @property
    def regional(self) -> Sequence[LocalWording]:
        """The regional wordings over the matter's: those kept since the publication, before it those in force."""
        return self.effective.wordings

    @property
    def excluded(self) -> Sequence[Enrolment]:
        """Enrolments that the rules put out, with reasons; only from the announcement on."""
        return [row for row in self.enrolments if row.state is EnrolmentState.EXCLUDED]

    @property
    def members(self) -> Sequence[Enrolment]:
        """Enrolments that are in the pool."""
        return [row for row in self.enrolments if row.state is EnrolmentState.LIVE]


def criteria_of(project: Project) -> Mapping[str, int]:
    """The weights of a merit project by criterion, in percent."""
    return {criterion.code: int(criterion.weight) for criterion in terms_of(project).criteria}


def requirement_sentence(tree: Mapping[str, object] | None) -> str:
    """What qualifications are demanded, in words: one statement."""
    names = {row.code: row.name for row in qualification_kinds()} if tree else {}
    return as_sentence(from_json(tree), names, _)  # type: ignore[arg-type]  # stored JSON is checked by from_json


def _effective(project: Project) -> Effective:
    """What the matter says where the work is: as kept at the publication, before it as it stands now."""
    version = project.matter_version
    if project.published_at is None:
        kept = wordings_in([version.matter_id], project.region_code).get(version.matter_id, [])
    else:
        kept = kept_wordings(project.regional_version_ids)
    return patched(version, version.matter.region_code, kept)


def _pool(draw: Draw) -> DrawShown:
    known = computations(draw)
    earlier = list(zip(known, taken_of(draw), strict=False))
    try:
        members = [(member.id, member.tickets) for member in parse_pool_file(draw.pool_file.encode("ascii")).members]
    except DrawError:
        members = []
    return DrawShown(draw, members, known[-1] if known else None, earlier, open_claim(draw))


def _superseded(project: Project) -> list[Superseded]:
    """Earlier computations, the first one first; public as what was announced from them."""
    if not is_announced(project):
        return []
    earlier = range(1, project.series)
    return [Superseded(series, order_in(project, series), awards_in(project, series)) for series in earlier]


def _milestones(events: Sequence[Event]) -> Milestones:
    last: dict[str, datetime] = {}
    for event in reversed(events):
        last[event.tag] = event.at
    return Milestones(last.get("project.awarded"), last.get("project.in_service"), last.get("project.completed"))


def read(code: str, *, actor: Actor, now: datetime, events: str = "", public_only: bool = True) -> ProjectPage:
    """The page of a project; about a dozen statements whatever its size. Raises NotFound.

    `events` narrows the timeline to a kind; `public_only=False` shows its owner and offices every event.
    """
    project = project_for(code, actor)
    known = timeline(subject_kind="project", subject_code=project.code, public_only=public_only, limit=500)
    pool_fixed, announced = project.frozen_at is not None, is_announced(project)
    if not announced:
        known = [event for event in known if not event.tag.startswith(_SEALED)]
    rows = enrolments_of(project.id) if pool_fixed else ()
    shown = rows if announced else [r for r in rows if r.state is EnrolmentState.LIVE]
    awards = awards_in(project) if pool_fixed else ()
    live = next((row for row in awards if row.state in LIVE_AWARDS), None)
    contract = contract_of_project(project.code) if announced else None
    way = mode_of(project)
    quoted = way.needs_quotes
    made = quote_list_of(project.id) if quoted else None
    listed = parse_quote_list(made.body.encode("ascii"))[1] if made is not None else ()
    return ProjectPage(
        project=project,
        due=project_due(
            project,
            now,
            standstill_until=live.due_at if live else None,
            offer_until=live.due_at if live else None,
            sign_until=contract.sign_due_at if contract else None,
        ),
        steps=life_line(project, _milestones(known)),
        requirement=requirement_sentence(project.requirement_tree),
        effective=_effective(project),
        criteria=criteria_of(project),
        versions=len(versions_of(project.id)) if project.published_at else 0,
        pool_fixed=pool_fixed,
        announced=announced,
        enrolments=shown,
        enrolment_count=len(rows) if pool_fixed else None,
        draws=[_pool(draw) for draw in draws_of(project.id)] if pool_fixed else (),
        quotes=(public_quotes(project) or ()) if quoted else (),
        auction=board_of(project, now) if way.uses(StageName.AUCTION) and project.published_at is not None else None,
        quote_list=made,
        listed=listed,
        provable=provable([line.commitment for line in listed]),
        sealing=quoted and not terms_of(project).live,
        sealed_here=quoted and seals_on_server(project),
        by_rate=way.by_rate,
        ranks=ranks_of(project),
        runs=stage_runs_of(project),
        awards=awards,
        superseded=_superseded(project),
        passed_over=passed_over_in(project) if announced else (),
        live_award=live,
        contract=contract,
        unsigned=missing(contract) if contract is not None and project.state is ProjectState.AWARDED else "",
        panel=progress_of(project.id) if pool_fixed and wants_proposals(project) else None,
        scores=public_scores(project) if announced and wants_proposals(project) else None,
        exceptions=exceptions_of(project.id, public_only=True) if project.published_at is not None else (),
        reissue=reissues_of(project.id) if project.ended_at is not None else None,
        plan=plan_in_words(plan_of(project, now)),
        lists=lists_of(project),
        choice=choice_in(project) if pool_fixed else None,
        alerts=[finding.sentence.text(_) for finding in alerts_of(project, now)] if not public_only else (),
        names={r.agency.uscc: r.agency.name for r in rows},
        timeline=timelines.entries(timelines.filtered(known, events)),
        filters=timelines.filters(known, events),
    )
