"""/projects/{code}/award, /draw, /draws/{purpose}: what the selection gave, and its public record (selection.md §3)."""

from typing import Literal

from flask import Response
from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies.queries import agency_of_organisations
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Money, Shape, acting, money, money_or_none
from supermarket.core.draw import Record
from supermarket.core.errors import NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P, may
from supermarket.documents.queries import file_number
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection import operations
from supermarket.selection.corrections import last_entries
from supermarket.selection.forms import AcceptForm, CorrectionForm, DeclineForm, NumbersForm, RevealForm, RoundForm
from supermarket.selection.models import Award, DrawCorrection
from supermarket.selection.queries import awards_of, draw_record, draws_of, live_award, ranks_of
from supermarket.selection.states import AwardState, CorrectionState, DrawState
from supermarket.web.access import Access, present_actor

ANSWERS = Access(permissions=(P.AWARD_ANSWER,))


class RankShape(Shape):
    """A place of the stored order."""

    position: int
    agency: str
    agency_name: str
    price: Money | None
    figures: dict[str, object]


class DroppedShape(Shape):
    """An award that ended, with its public reason; the next in order followed."""

    series: int = Field(description="1, and one more for each time the selection was computed again")
    position: int
    agency: str
    state: AwardState
    reason: str
    ended_at: Moment | None


class AwardShape(Shape):
    """The live award and the order that it comes from."""

    project: str
    agency: str
    agency_name: str
    position: int
    state: AwardState
    price: Money
    announced_at: Moment | None
    due_at: Moment | None = Field(description="end of the standstill, or of the time to answer")
    notice_number: str | None
    notice_at: Moment | None
    order: list[RankShape]
    dropped: list[DroppedShape]


class ReceiptShape(Shape):
    """The witness's receipt."""

    at: str
    by: str
    signature: str


class ExcludedShape(Shape):
    """An enrolment that is not in the pool."""

    id: str
    code: str


class DrawShape(Shape):
    """The public record of a draw, byte for byte what `flask draw verify` reads; unknown yet is null."""

    version: Literal["draw-v2"]
    pool_file: str
    pool_hash: str
    receipt: ReceiptShape | None
    source_time: str | None
    value: str | None
    entered_by: list[str] | None
    refused: list[str] | None
    drawn_at: str | None
    key: str | None
    order: list[str] | None
    excluded: list[ExcludedShape]


class BulletinShape(Shape):
    """What one side typed of a bulletin for a claim; its document is at `/files/{document}`."""

    role: str
    at: Moment
    issue: str
    closed_at: Moment
    value: str
    reason: str
    document: int
    sha256: str


class CorrectionShape(Shape):
    """The claim of a typing error. What was typed is told once both sides have typed the same."""

    number: int
    state: CorrectionState
    opened_by: str
    opened_at: Moment
    answer_due_at: Moment
    ended_at: Moment | None
    series: int | None = Field(description="the series of runs, order and awards that began with it")
    typed: list[str] = Field(description="the sides that have typed")
    entries: list[BulletinShape] | None


class DrawItem(Shape):
    """A draw of a project in short."""

    purpose: str
    state: DrawState
    source: str
    pool_hash: str
    draw_at: Moment
    drawn_at: Moment | None


def _offered_elsewhere(row: Award, project: Project) -> bool:
    """An offer that is not announced is its two sides' and the offices' business."""
    if row.state is not AwardState.OFFERED:
        return False
    actor = present_actor()
    agency = agency_of_organisations(actor.organisations_with(P.AWARD_ANSWER))
    return not (
        (agency is not None and agency.id == row.agency_id)
        or may(actor, P.CHOOSE, organisation_id=project.owner_id)
        or may(actor, P.SUPERVISE, region=project.region_code)
    )


def shape_of(project: Project) -> AwardShape:
    """The live award. Raises NotFound where there is none to see."""
    row = live_award(project.id)
    if row is None or _offered_elsewhere(row, project):
        raise NotFound(_("There is no award (yet)."))
    return AwardShape(
        project=project.code,
        agency=row.agency.uscc,
        agency_name=row.agency.name,
        position=row.position,
        state=row.state,
        price=money(row.price),
        announced_at=row.announced_at,
        due_at=row.due_at,
        notice_number=row.notice_number,
        notice_at=row.notice_at,
        order=[
            RankShape(
                position=rank.position,
                agency=rank.agency.uscc,
                agency_name=rank.agency.name,
                price=money_or_none(rank.price),
                figures=rank.figures,
            )
            for rank in ranks_of(project)
        ],
        dropped=[
            DroppedShape(
                series=item.series,
                position=item.position,
                agency=item.agency.uscc,
                state=item.state,
                reason=item.reason,
                ended_at=item.ended_at,
            )
            for item in awards_of(project.id)
            if item.ended_at is not None and project.announced_at is not None
        ],
    )


@route("GET", "/projects/{code}/award", N_("The award and the order"), gives=AwardShape)
def show_award(code: str) -> AwardShape:
    """Public from the announcement on."""
    return shape_of(project_for(code, present_actor()))


@route(
    "POST",
    "/projects/{code}/award/accept",
    N_("Accept a direct selection"),
    access=ANSWERS,
    form=AcceptForm,
    gives=AwardShape,
)
def accept_award(code: str, form: AcceptForm) -> AwardShape:
    """The agency that was named accepts in time and names who will do the work; the award is announced."""
    project_for(code, present_actor())
    operations.accept_award(code, practitioner_ids=form.people(), **acting())
    return shape_of(project_for(code, present_actor()))


@route(
    "POST",
    "/projects/{code}/award/decline",
    N_("Give one's award up"),
    access=ANSWERS,
    form=DeclineForm,
    gives=DroppedShape,
)
def decline_award(code: str, form: DeclineForm) -> DroppedShape:
    """With a public reason; it costs credit unless one was only named. The next in order follows."""
    project_for(code, present_actor())
    row = operations.decline_award(code, reason=form.reason.data, **acting())
    return DroppedShape(
        series=row.series,
        position=row.position,
        agency=row.agency.uscc,
        state=row.state,
        reason=row.reason,
        ended_at=row.ended_at,
    )


def _record(record: Record) -> Response:
    return Response(record.to_json(), mimetype="application/json")


@route("GET", "/projects/{code}/draw", N_("The public record of the main draw"), gives=DrawShape)
def show_draw(code: str) -> Response:
    """As `/projects/<code>/draw.json`: always the same bytes."""
    return _record(draw_record(project_for(code, present_actor()).code, "main"))


@route("GET", "/projects/{code}/draws", N_("The draws of a project"), gives=DrawItem, many=True)
def list_draws(code: str) -> Listing[DrawItem]:
    """The main draw, panels and ties."""
    project = project_for(code, present_actor())
    return Listing(
        [
            DrawItem(
                purpose=row.purpose,
                state=row.state,
                source=row.source,
                pool_hash=row.pool_hash,
                draw_at=row.draw_at,
                drawn_at=row.drawn_at,
            )
            for row in draws_of(project.id)
        ]
    )


@route("GET", "/projects/{code}/draws/{purpose}", N_("The public record of a draw"), gives=DrawShape)
def show_draw_of(code: str, purpose: str) -> Response:
    """`main`, `panel`, `tie1` …"""
    return _record(draw_record(project_for(code, present_actor()).code, purpose))


@route(
    "POST",
    "/projects/{code}/draws/{purpose}/numbers",
    N_("Enter the numbers of the bulletin"),
    access=Access(permissions=(P.SELECTION_ENTER_NUMBERS,)),
    form=NumbersForm,
    gives=DrawShape,
)
def enter_draw_numbers(code: str, purpose: str, form: NumbersForm) -> DrawShape:
    """Owner and regulator each type them; unequal entries stop the draw."""
    project = project_for(code, present_actor())
    operations.enter_numbers(code, form.bulletin(), purpose=purpose, **acting())
    return DrawShape.model_validate_json(draw_record(project.code, purpose).to_json())


def _claim(row: DrawCorrection) -> CorrectionShape:
    ended = row.state is not CorrectionState.OPEN
    return CorrectionShape(
        number=row.number,
        state=row.state,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        answer_due_at=row.answer_due_at,
        ended_at=row.ended_at,
        series=row.series,
        typed=sorted(last_entries(row)),
        entries=[
            BulletinShape(
                role=entry.role,
                at=entry.at,
                issue=entry.issue,
                closed_at=entry.closed_at,
                value=entry.value,
                reason=entry.reason,
                document=file_number(entry.document_id),
                sha256=entry.document.sha256,
            )
            for entry in row.entries
        ]
        if ended
        else None,
    )


@route(
    "GET",
    "/projects/{code}/draws/{purpose}/corrections",
    N_("The claims that a bulletin was mistyped"),
    gives=CorrectionShape,
    many=True,
)
def list_corrections(code: str, purpose: str) -> Listing[CorrectionShape]:
    """Open, taken and refuted ones, in their order."""
    project = project_for(code, present_actor())
    rows = [claim for draw in draws_of(project.id) if draw.purpose == purpose for claim in draw.corrections]
    return Listing([_claim(row) for row in rows])


@route(
    "GET",
    "/projects/{code}/draws/{purpose}/computations/{number}",
    N_("A draw as it was computed before"),
    gives=DrawShape,
)
def show_earlier_draw(code: str, purpose: str, number: int) -> Response:
    """1 as first drawn, 2 as computed again …"""
    return _record(draw_record(project_for(code, present_actor()).code, purpose, number))


@route(
    "POST",
    "/projects/{code}/draws/{purpose}/corrections",
    N_("Claim that a bulletin was mistyped, or answer the claim"),
    access=Access(permissions=(P.SELECTION_ENTER_NUMBERS,)),
    form=CorrectionForm,
    upload=True,
    gives=CorrectionShape,
    status=201,
)
def correct_draw_numbers(code: str, purpose: str, form: CorrectionForm) -> CorrectionShape:
    """Owner and regulator each type it anew, with the document (multipart/form-data); equal ones are computed again."""
    project_for(code, present_actor())
    row = operations.correct_numbers(
        code,
        form.bulletin(),
        reason=form.reason.data,
        file=form.attachment(),
        purpose=purpose,
        **acting(),
    )
    return _claim(row)


@route(
    "POST",
    "/projects/{code}/draws/{purpose}/round",
    N_("Hand in the beacon's round"),
    form=RoundForm,
    gives=DrawShape,
)
def hand_in_draw_round(code: str, purpose: str, form: RoundForm) -> DrawShape:
    """Anybody may: the signature of the one round that the receipt names is all that counts."""
    project = project_for(code, present_actor())
    operations.hand_in_round(
        code, purpose=purpose, signature=form.signature.data, previous=form.previous.data or "", **acting()
    )
    return DrawShape.model_validate_json(draw_record(project.code, purpose).to_json())


@route(
    "POST",
    "/projects/{code}/draws/{purpose}/reveal",
    N_("Hand in what a party of a draw revealed"),
    form=RevealForm,
    gives=DrawShape,
)
def hand_in_draw_reveal(code: str, purpose: str, form: RevealForm) -> DrawShape:
    """Anybody may, within the parties' minutes: that it hashes to a party's commitment is all that counts."""
    project = project_for(code, present_actor())
    operations.hand_in_reveal(code, purpose=purpose, reveal=form.reveal.data, **acting())
    return DrawShape.model_validate_json(draw_record(project.code, purpose).to_json())
