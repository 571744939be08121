"""The panels that ask for an expert: the invitation, the blind scoring room, the record to confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response as FileResponse
from flask import redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import local_text, now
from supermarket.core.errors import FieldError, InvalidInput, MarketError, NotFound
from supermarket.core.permissions import P
from supermarket.documents.queries import content
from supermarket.experts.queries import expert_of
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.forms import AcceptSeatForm, DissentForm, DraftForm, NotPublishedReasonForm, SheetForm
from supermarket.selection.panels.models import PanelPlan, PanelSeat
from supermarket.selection.panels.queries import own_history, own_tasks, plan_for, progress_of, reads_plans, seat_of
from supermarket.selection.panels.sheets import drafts_of, panel_criteria, plans_for
from supermarket.selection.panels.states import PanelState
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, refuse, tell
from supermarket.web.expert.blueprint import blueprint

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Cell:
    """One score to give: its place in the form, the criterion, what was typed, what is wrong with either part of it."""

    place: int
    criterion: str
    points: str
    sentence: str
    points_errors: Sequence[str] = ()
    sentence_errors: Sequence[str] = ()


@dataclass(frozen=True)
class Shown:
    """A plan in the room, with the scores to give it."""

    plan: PanelPlan
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Told:
    """A line of what is to be mended; `at`: the field's id, where it is one."""

    text: str
    at: str = ""


Wrong = Mapping[tuple[int, str], Sequence[str]]


@blueprint.get("/panels")
@needs(P.EXPERT_SERVE)
def panel_list() -> str:
    """What waits, and every panel that ever asked."""
    actor = present_actor()
    return render_template(
        "expert/panels.html", tasks=own_tasks(actor), history=own_history(actor), expert=expert_of(actor)
    )


def _typed(seat: PanelSeat) -> dict[tuple[str, str], tuple[str, str]]:
    """What stands in the form that was sent, or in the draft: (plan, criterion) → points and sentence as typed."""
    if request.method == "POST" and any(key.startswith("scores-") for key in request.form):
        found = {}
        for key in request.form:
            if key.startswith("scores-") and key.endswith("-plan"):
                head = key.removesuffix("plan")
                where = (request.form[key], request.form.get(f"{head}criterion", ""))
                found[where] = (request.form.get(f"{head}points", ""), request.form.get(f"{head}sentence", ""))
        return found
    alias = {plan.agency_id: plan.alias for plan in plans_for(seat)}
    return {
        (alias[row.agency_id], row.criterion): ("" if row.points is None else str(row.points), row.sentence)
        for row in drafts_of(seat.id)
        if row.agency_id in alias
    }


def _plans(seat: PanelSeat, wrong: Wrong) -> list[Shown]:
    typed = _typed(seat)
    shown, place = [], 0
    for plan in plans_for(seat):
        cells = []
        for criterion in panel_criteria(seat.panel.project):
            points, sentence = typed.get((plan.alias, criterion.name), ("", ""))
            about_points = [*wrong.get((place, "points"), ()), *wrong.get((place, ""), ())]
            cells.append(
                Cell(place, criterion.name, points, sentence, about_points, wrong.get((place, "sentence"), ()))
            )
            place += 1
        shown.append(Shown(plan, cells))
    return shown


def _wrong(errors: Sequence[FieldError]) -> Wrong:
    """What is wrong by place and part of a score: points, sentence, or neither."""
    found: dict[tuple[int, str], list[str]] = {}
    for error in errors:
        head, _dot, rest = error.field.partition(".")
        place, _dot, part = rest.partition(".")
        if head == "scores" and place.isdecimal():
            found.setdefault((int(place), part if part in ("points", "sentence") else ""), []).append(error.message)
    return found


def _told(errors: Sequence[FieldError], plans: Sequence[Shown]) -> list[Told]:
    """The summary: which plan and criterion each line is about, with a way to the field."""
    found = []
    cells = {cell.place: (shown.plan.alias, cell) for shown in plans for cell in shown.cells}
    for error in errors:
        _head, _dot, rest = error.field.partition(".")
        place, _dot, part = rest.partition(".")
        known = cells.get(int(place)) if place.isdecimal() else None
        if known is None:
            found.append(Told(error.message, "sign" if error.field == "sign" else ""))
            continue
        alias, cell = known
        text = _(
            "Plan %(plan)s, %(criterion)s, %(part)s: %(message)s",
            plan=alias,
            criterion=cell.criterion,
            part=_("Why, in a sentence") if part == "sentence" else _("Points, 0 to 100"),
            message=error.message,
        )
        found.append(Told(text, f"scores-{cell.place}-{part if part == 'sentence' else 'points'}"))
    return found


def _page(code: str, status: int = 200, *, errors: Sequence[FieldError] = (), **answered: object) -> tuple[str, int]:
    seat = seat_of(code, present_actor())
    plans = _plans(seat, _wrong(errors)) if reads_plans(seat) else []
    forms: dict[str, object] = {
        "accept": AcceptSeatForm(formdata=None, prefix="accept"),
        "decline": NotPublishedReasonForm(formdata=None, prefix="decline"),
        "recuse": NotPublishedReasonForm(formdata=None, prefix="recuse"),
        "dissent": DissentForm(formdata=None, prefix="dissent"),
        "sheet": SheetForm(formdata=None),
    }
    confirming = seat.panel.state is PanelState.CONFIRMING
    page = render_template(
        "expert/panel.html",
        seat=seat,
        project=seat.panel.project,
        plans=plans,
        criteria=panel_criteria(seat.panel.project),
        progress=progress_of(seat.project_id),
        record=seat.panel.record if confirming else None,
        forms_of=forms | answered,
        told=_told(errors, plans),
    )
    return page, status


@blueprint.get("/panels/<code>")
@needs(P.EXPERT_SERVE)
def panel(code: str) -> tuple[str, int]:
    """One panel, as far as it has come for this expert."""
    return _page(code)


@blueprint.post("/panels/<code>/accept")
@needs(P.EXPERT_SERVE)
def accept_seat(code: str) -> Answer:
    """Serve, free of ties."""
    form = AcceptSeatForm(prefix="accept")
    done, status = attempt(form, lambda: panels.accept(code, actor=present_actor(), at=now()))
    if done is None:
        return _page(code, status, accept=form)
    tell(_("You serve on this panel. Read the plans and score them; what you type is kept."))
    return redirect(url_for("expert.panel", code=code), code=303)


@blueprint.post("/panels/<code>/decline")
@needs(P.EXPERT_SERVE)
def decline_seat(code: str) -> Answer:
    """Decline; the next in the drawn order is asked."""
    form = NotPublishedReasonForm(prefix="decline")
    done, status = attempt(form, lambda: panels.decline(code, reason=form.reason.data, actor=present_actor(), at=now()))
    if done is None:
        return _page(code, status, decline=form)
    tell(_("Declined. The next expert in the drawn order is asked."))
    return redirect(url_for("expert.panel_list"), code=303)


@blueprint.post("/panels/<code>/recuse")
@needs(P.EXPERT_SERVE)
def recuse_seat(code: str) -> Answer:
    """Step back because of a conflict of interest."""
    form = NotPublishedReasonForm(prefix="recuse")
    done, status = attempt(form, lambda: panels.recuse(code, reason=form.reason.data, actor=present_actor(), at=now()))
    if done is None:
        return _page(code, status, recuse=form)
    tell(_("You stepped back. What you had typed is deleted, and the next expert in the drawn order is asked."))
    return redirect(url_for("expert.panel_list"), code=303)


@blueprint.post("/panels/<code>/draft")
@needs(P.EXPERT_SERVE)
def keep_draft(code: str) -> Answer:
    """Keep what is typed; the page does it by itself at every change, a button does it without JavaScript."""
    form = DraftForm()
    said, status = _("Kept at %(time)s.", time=local_text(now())[11:]), 200
    try:
        if not form.validate():
            raise InvalidInput(_("Not kept: points are whole numbers from 0 to 100."))
        perform(lambda: panels.keep_draft(code, form.rows(), actor=present_actor(), at=now()))
    except MarketError as error:
        if isinstance(error, NotFound):
            raise
        said, status = error.message, error.status
    if request.headers.get("HX-Request"):
        return str(said)
    if status != 200:
        return _page(code, status, errors=[FieldError("scores", "invalid", said)])
    tell(said)
    return redirect(url_for("expert.panel", code=code), code=303)


@blueprint.post("/panels/<code>/submit")
@needs(P.EXPERT_SERVE)
def submit_sheet(code: str) -> Answer:
    """Sign the sheet and hand it in."""
    form = SheetForm()
    try:
        form.checked()
        perform(lambda: panels.submit(code, form.rows(), actor=present_actor(), at=now()))
    except InvalidInput as error:
        return _page(code, 422, errors=error.errors, sheet=form)
    except MarketError as error:
        if isinstance(error, NotFound):
            raise
        refuse(form, error)
        return _page(code, error.status, errors=[FieldError("scores", error.code, error.message)], sheet=form)
    tell(_("Signed. Nobody sees a score before all sheets are in; then you are asked to confirm the record."))
    return redirect(url_for("expert.panel", code=code), code=303)


@blueprint.post("/panels/<code>/confirm")
@needs(P.EXPERT_SERVE)
def confirm_record(code: str) -> Response:
    """Confirm the record."""
    perform(lambda: panels.confirm(code, actor=present_actor(), at=now()))
    tell(_("Confirmed. Everything becomes public with the announcement."))
    return redirect(url_for("expert.panel", code=code), code=303)


@blueprint.post("/panels/<code>/dissent")
@needs(P.EXPERT_SERVE)
def dissent_record(code: str) -> Answer:
    """Do not agree, in writing and publicly."""
    form = DissentForm(prefix="dissent")
    done, status = attempt(form, lambda: panels.dissent(code, reason=form.reason.data, actor=present_actor(), at=now()))
    if done is None:
        return _page(code, status, dissent=form)
    tell(_("Your dissent stands in the record and becomes public with the announcement."))
    return redirect(url_for("expert.panel", code=code), code=303)


@blueprint.get("/panels/<code>/plans/<alias>")
@needs(P.EXPERT_SERVE)
def plan_file(code: str, alias: str) -> FileResponse:
    """The PDF of a plan, under its letter."""
    plan = plan_for(seat_of(code, present_actor()), listing.clean(alias, 4))
    document = plan.proposal.document
    if document is None:
        raise NotFound(_("This plan is a text without a file."))
    return send_file(content(document), mimetype=document.media_type, download_name=f"{code}-plan-{plan.alias}.pdf")
