"""/panels and /projects/{code}/proposals, /panel, /scores: plans, an expert's tasks and sheet, all public afterwards."""

from dataclasses import asdict

from pydantic import Field

from supermarket.agencies.queries import agency_of_organisations
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.documents.queries import file_number
from supermarket.projects.queries import project_for
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.forms import (
    AcceptSeatForm,
    DissentForm,
    DraftForm,
    NotPublishedReasonForm,
    ProposalForm,
    SheetForm,
)
from supermarket.selection.panels.models import PanelSeat, Proposal
from supermarket.selection.panels.queries import (
    own_proposals,
    own_tasks,
    progress_of,
    public_proposals,
    public_scores,
    reads_plans,
    seat_of,
)
from supermarket.selection.panels.sheets import drafts_of, panel_criteria, plans_for
from supermarket.selection.panels.states import PanelState, SeatState
from supermarket.web.access import Access, present_actor

SERVES = Access(permissions=(P.EXPERT_SERVE,))
PROPOSES = Access(permissions=(P.QUOTE,))


class ProposalShape(Shape):
    """A plan that was handed in; its text for the agency itself, of others never more than the hash."""

    agency: str
    seq: int
    sha256: str = Field(description="over the text, a line end and the file's own SHA-256 in hex")
    received_at: Moment
    text: str | None
    document: int | None = Field(description="number of the PDF; for the agency itself")


class RemovedShape(Shape):
    """Something that told in the PDF who made it, and was taken out before the plan was stored."""

    what: str = Field(
        description="property, author (of comments), hidden_properties, attachments, signatures, scripts, links"
    )
    name: str = Field(description="of a property, as the file has it")
    value: str = Field(description="of a property or an author, at most 80 characters")
    count: int


class HandedInShape(ProposalShape):
    """The plan as it is kept."""

    removed: list[RemovedShape]


class TaskShape(Shape):
    """A panel that waits for the expert."""

    project: str
    name: str
    state: SeatState
    due_at: Moment | None


class RoomPlanShape(Shape):
    """A plan in the scoring room, under a letter."""

    plan: str
    text: str
    has_file: bool


class RoomCriterionShape(Shape):
    """What the panel scores."""

    name: str
    weight: int
    description: str


class GivenShape(Shape):
    """A score as far as it is typed."""

    plan: str
    criterion: str
    points: int | None
    sentence: str


class RoomShape(Shape):
    """The scoring room of one expert: no quotes, no names, nobody else's points."""

    project: str
    state: SeatState
    due_at: Moment | None
    criteria: list[RoomCriterionShape]
    plans: list[RoomPlanShape]
    draft: list[GivenShape]
    sheet_hash: str | None
    record: dict[str, object] | None = Field(description="once all sheets are in, for those who have scored")


class PublicScoreShape(Shape):
    """One expert's score of one plan; `dropped`: it is not in the mean."""

    expert: str
    points: int
    sentence: str
    dropped: bool


class PublicLineShape(Shape):
    """A plan under a criterion; `exact` is the fraction that the total is made of."""

    criterion: str
    plan: str
    given: list[PublicScoreShape]
    mean: str
    exact: str


class PublicExpertShape(Shape):
    """A member of the panel; SHA-256 of `body` is `id`, which stands in the pool file of the draw `panel`."""

    id: str
    position: int
    name: str
    employer: str
    body: str
    sheet_hash: str
    invited_at: Moment
    accepted_at: Moment
    submitted_at: Moment
    answer: str
    dissent: str


class PassedOverShape(Shape):
    """Who was called and does not judge."""

    id: str
    position: int
    how: str
    at: Moment


class PublicPlanShape(Shape):
    """A plan with its agency."""

    plan: str
    agency: str
    agency_name: str
    seq: int
    sha256: str
    received_at: Moment


class ScoresShape(Shape):
    """The panel in counts; everything else null before the announcement."""

    state: PanelState | None = Field(description="null: no panel has been convened")
    size: int
    accepted: int
    signed: int
    experts: list[PublicExpertShape] | None
    passed_over: list[PassedOverShape] | None
    plans: list[PublicPlanShape] | None
    scores: list[PublicLineShape] | None
    record_hash: str | None


def _proposal(row: Proposal, *, own: bool) -> ProposalShape:
    return ProposalShape(
        agency=row.agency.uscc,
        seq=row.seq,
        sha256=row.sha256,
        received_at=row.received_at,
        text=row.text if own else None,
        document=file_number(row.document_id) if own and row.document_id is not None else None,
    )


@route("GET", "/projects/{code}/proposals", N_("Plans"), gives=ProposalShape, many=True)
def list_proposals(code: str) -> Listing[ProposalShape]:
    """One's own; from the announcement on the hashes of everybody's. No plan is ever published."""
    actor = present_actor()
    project = project_for(code, actor)
    agency = agency_of_organisations(actor.organisations_with(P.QUOTE))
    rows = public_proposals(project)
    if rows is None:
        rows = own_proposals(project.id, agency.id) if agency is not None else ()
    return Listing([_proposal(row, own=agency is not None and row.agency_id == agency.id) for row in rows])


@route(
    "POST",
    "/projects/{code}/proposals",
    N_("Hand in a plan"),
    access=PROPOSES,
    form=ProposalForm,
    upload=True,
    gives=HandedInShape,
    status=201,
)
def submit_proposal(code: str, form: ProposalForm) -> HandedInShape:
    """A text as JSON, or with a PDF as multipart/form-data; a later one replaces it until the deadline.

    What tells in a PDF who made it is taken out before it is stored, so its SHA-256 is that of the file as kept.
    """
    project_for(code, present_actor())
    done = panels.submit_proposal(code, text=form.text.data or "", file=form.attachment(), **acting())
    removed = [RemovedShape.model_validate(asdict(item)) for item in done.removed]
    return HandedInShape(**dict(_proposal(done.proposal, own=True)), removed=removed)


def _task(seat: PanelSeat) -> TaskShape:
    due_at = seat.panel.confirm_due_at if seat.state is SeatState.SUBMITTED else seat.due_at
    return TaskShape(project=seat.panel.project.code, name=seat.panel.project.name, state=seat.state, due_at=due_at)


@route("GET", "/panels", N_("Panels that wait for one"), access=SERVES, gives=TaskShape, many=True)
def list_tasks() -> Listing[TaskShape]:
    """Invitations, sheets to sign, records to confirm; the first due first."""
    return Listing([_task(seat) for seat in own_tasks(present_actor())])


def _room(code: str) -> RoomShape:
    seat = seat_of(code, present_actor())
    plans = plans_for(seat) if reads_plans(seat) else ()
    alias = {plan.agency_id: plan.alias for plan in plans}
    return RoomShape(
        project=code,
        state=seat.state,
        due_at=seat.due_at,
        criteria=[
            RoomCriterionShape(name=item.name, weight=int(item.weight), description=item.description)
            for item in panel_criteria(seat.panel.project)
        ],
        plans=[
            RoomPlanShape(plan=plan.alias, text=plan.proposal.text, has_file=plan.proposal.document_id is not None)
            for plan in plans
        ],
        draft=[
            GivenShape(plan=alias[row.agency_id], criterion=row.criterion, points=row.points, sentence=row.sentence)
            for row in drafts_of(seat.id)
            if row.agency_id in alias
        ],
        sheet_hash=seat.sheet_hash,
        record=_blind(seat) if seat.sheet_hash is not None else None,
    )


def _blind(seat: PanelSeat) -> dict[str, object] | None:
    """The record without the agencies behind the letters, which nobody learns before the announcement."""
    if seat.panel.record is None:
        return None
    return {name: value for name, value in seat.panel.record.items() if name != "plans"}


@route("GET", "/projects/{code}/panel", N_("The scoring room"), access=SERVES, gives=RoomShape)
def show_room(code: str) -> RoomShape:
    """For an expert whom the draw has called; nobody else learns that there is a panel."""
    return _room(code)


@route(
    "POST", "/projects/{code}/panel/accept", N_("Serve on a panel"), access=SERVES, form=AcceptSeatForm, gives=RoomShape
)
def accept_seat(code: str, form: AcceptSeatForm) -> RoomShape:
    """`free` declares that nothing ties the expert to owner or agencies."""
    panels.accept(code, **acting())
    return _room(code)


@route(
    "POST",
    "/projects/{code}/panel/decline",
    N_("Decline to serve"),
    access=SERVES,
    form=NotPublishedReasonForm,
    gives=RoomShape,
)
def decline_seat(code: str, form: NotPublishedReasonForm) -> RoomShape:
    """The next in the drawn order is asked; the reason is not published."""
    panels.decline(code, reason=form.reason.data, **acting())
    return _room(code)


@route(
    "POST",
    "/projects/{code}/panel/recuse",
    N_("Step back because of a conflict of interest"),
    access=SERVES,
    form=NotPublishedReasonForm,
    gives=RoomShape,
)
def recuse_seat(code: str, form: NotPublishedReasonForm) -> RoomShape:
    """What was typed is deleted; the next in the drawn order is asked."""
    panels.recuse(code, reason=form.reason.data, **acting())
    return _room(code)


@route("POST", "/projects/{code}/panel/draft", N_("Keep what is typed"), access=SERVES, form=DraftForm, gives=RoomShape)
def keep_draft(code: str, form: DraftForm) -> RoomShape:
    """Any rows of the sheet; signed is nothing yet."""
    panels.keep_draft(code, form.rows(), **acting())
    return _room(code)


@route(
    "POST",
    "/projects/{code}/scores",
    N_("Sign a score sheet"),
    access=SERVES,
    form=SheetForm,
    gives=RoomShape,
    status=201,
)
def submit_scores(code: str, form: SheetForm) -> RoomShape:
    """The whole sheet at once: every plan under every criterion; it never changes again."""
    panels.submit(code, form.rows(), **acting())
    return _room(code)


@route("POST", "/projects/{code}/panel/confirm", N_("Confirm the record"), access=SERVES, gives=RoomShape)
def confirm_record(code: str) -> RoomShape:
    """Once all sheets are in; silence confirms, too."""
    panels.confirm(code, **acting())
    return _room(code)


@route(
    "POST",
    "/projects/{code}/panel/dissent",
    N_("Dissent from the record"),
    access=SERVES,
    form=DissentForm,
    gives=RoomShape,
)
def dissent_record(code: str, form: DissentForm) -> RoomShape:
    """In writing and publicly; it changes no number."""
    panels.dissent(code, reason=form.reason.data, **acting())
    return _room(code)


@route("GET", "/projects/{code}/scores", N_("Scores of the panel"), gives=ScoresShape)
def show_scores(code: str) -> ScoresShape:
    """Counts at any time; names, points and sentences from the announcement on."""
    project = project_for(code, present_actor())
    progress, found = progress_of(project.id), public_scores(project)
    counts: dict[str, object] = {"state": None, "size": 0, "accepted": 0, "signed": 0}
    if progress is not None:
        counts = {
            "state": progress.state,
            "size": progress.size,
            "accepted": progress.accepted,
            "signed": progress.signed,
        }
    whole: dict[str, object] = dict.fromkeys(("experts", "passed_over", "plans", "scores", "record_hash"))
    if found is not None:
        whole = {
            "experts": [
                {name: getattr(item, name) for name in PublicExpertShape.model_fields} for item in found.experts
            ],
            "passed_over": [{"id": i.id, "position": i.position, "how": i.how, "at": i.at} for i in found.passed_over],
            "plans": [
                {
                    "plan": plan.plan,
                    "agency": plan.agency_uscc,
                    "agency_name": plan.agency_name,
                    "seq": plan.seq,
                    "sha256": plan.sha256,
                    "received_at": plan.received_at,
                }
                for plan in found.plans
            ],
            "scores": list(found.scores),
            "record_hash": found.record_hash,
        }
    return ScoresShape.model_validate(counts | whole)
