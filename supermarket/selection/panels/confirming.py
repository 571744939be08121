"""The experts confirm the record or dissent in writing; silence confirms. A dissent changes no number and is public.

Then the record is set as a document, and the selection goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from supermarket.core.clock import LOCAL
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked_by_id
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.panels.common import locked_panel, must_go_on, own_seat
from supermarket.selection.panels.models import Panel, PanelPlan, PanelSeat
from supermarket.selection.panels.record import hash_of_record, seats_in
from supermarket.selection.panels.sheets import plans_of
from supermarket.selection.panels.states import (
    PANEL,
    PASSED_OVER,
    SCORED,
    SEAT,
    PanelAction,
    PanelState,
    SeatAction,
    SeatState,
)
from supermarket.selection.running import advance_project


def confirm(code: str, *, actor: Actor, at: datetime) -> PanelSeat:
    """The expert confirms the record. Raises Forbidden, NotFound, WrongState before all sheets are in, or a second time."""
    return _answer(code, SeatAction.CONFIRM, "", actor=actor, at=at)


def dissent(code: str, *, reason: str, actor: Actor, at: datetime) -> PanelSeat:
    """The expert does not agree and says why, publicly; the numbers stay.

    Raises Forbidden, NotFound, WrongState, InvalidInput.
    """
    why = " ".join(reason.split())
    if not 4 <= len(why) <= 1000:
        message = _("Say in a sentence with what you do not agree; it will be public.")
        raise InvalidInput(message, errors=[FieldError("reason", "needed", message)])
    return _answer(code, SeatAction.DISSENT, why, actor=actor, at=at)


def _answer(code: str, action: SeatAction, why: str, *, actor: Actor, at: datetime) -> PanelSeat:
    project, panel, seat = own_seat(code, actor)
    after = SEAT.next(seat.state, action)
    # Until every sheet is in there is no record to look at.
    PANEL.next(panel.state, PanelAction.CLOSE)
    must_go_on(project)
    seat.state, seat.confirmed_at, seat.dissent = after, at, why
    db.session.flush()
    tag = events.RECORD_CONFIRMED if action is SeatAction.CONFIRM else events.RECORD_DISSENTED
    record(tag, project.code, actor=actor, at=at, data={"seat": seat.id, "record_hash": _hash(panel)})
    if not _silent(project.id):
        panel.confirm_due_at = at  # everybody has answered: the next tick closes it
    return seat


def _silent(project_id: int) -> list[PanelSeat]:
    return list(seats_in(project_id, (SeatState.SUBMITTED,)))


def _hash(panel: Panel) -> str:
    if panel.record is None:
        raise ValueError(f"the panel of project {panel.project_id} has no record")
    return hash_of_record(panel.record)


@dataclass(frozen=True)
class Document:
    """The record as a PDF, and of which answers it was made."""

    data: bytes
    answers: Mapping[int, str]


def prepare_close(project_id: int, at: datetime) -> Document | None:
    """Set the record, outside of any transaction; None if there is nothing to set (any more)."""
    panel = db.session.get(Panel, project_id)
    if panel is None or panel.state is not PanelState.CONFIRMING:
        return None
    with force_locale("zh_CN"):
        data, answers = _content(panel, at), _answers(project_id)
        db.session.rollback()  # nothing is held while the document is set
        return Document(current().pdf.render("panel_record", data), answers)


def close_due(project_id: int, at: datetime, prepared: object) -> bool:
    """Everybody has answered, or the time is over: the record is closed, its scores count, the selection goes on."""
    project = locked_by_id(project_id)
    panel = locked_panel(project_id)
    if (
        panel.state is not PanelState.CONFIRMING
        or panel.confirm_due_at is None
        or panel.confirm_due_at > at
        or project.state is not ProjectState.SELECTING
        or not isinstance(prepared, Document)
        or prepared.answers != _answers(project_id)  # somebody answered while it was set: again
    ):
        return False
    for seat in _silent(project_id):
        seat.state = SEAT.next(seat.state, SeatAction.CONFIRM)
        seat.confirmed_at, seat.deemed = at, True
    _release(project_id, at)
    document = store(
        prepared.data,
        f"{project.code}-panel-record.pdf",
        subject_kind="panel",
        subject_code=project.code,
        owner_organisation_id=None,
        public=False,  # its own page gives it to everybody from the announcement on
        actor=SYSTEM,
        at=at,
    )
    panel.state = PANEL.next(panel.state, PanelAction.CLOSE)
    panel.closed_at, panel.confirm_due_at, panel.record_document_id = at, None, document.id
    db.session.flush()
    record(
        events.RECORD_CLOSED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"record_hash": _hash(panel), "document_sha256": document.sha256},
    )
    advance_project(project, at)
    return True


def _answers(project_id: int) -> dict[int, str]:
    return {seat.id: seat.state.value for seat in seats_in(project_id, SCORED)}


def _release(project_id: int, at: datetime) -> None:
    """Who was never called, or still holds an invitation, need not come any more."""
    for seat in seats_in(project_id, (SeatState.POOLED, SeatState.INVITED, SeatState.SERVING, SeatState.SUBMITTED)):
        was_called = seat.invited_at is not None
        seat.state = SEAT.next(seat.state, SeatAction.RELEASE)
        seat.ended_at, seat.due_at, seat.remind_at = at, None, None
        if was_called:
            record(events.PANEL_RELEASED, seat.panel.project.code, actor=SYSTEM, at=at, data={"seat": seat.id})
    db.session.flush()


def end_panel(project: Project, at: datetime) -> None:
    """The purchase has ended: so has its panel, and nothing of it is published."""
    panel = db.session.get(Panel, project.id, with_for_update={"of": Panel})
    if panel is None or PANEL.is_end(panel.state):
        return
    panel.state = PANEL.next(panel.state, PanelAction.END)
    panel.record, panel.confirm_due_at = None, None
    _release(project.id, at)


def _content(panel: Panel, at: datetime) -> dict[str, object]:
    """What the document says: names in full, for from the announcement on everybody reads them."""
    project, kept = panel.project, panel.record or {}
    seats = seats_in(project.id, SCORED)
    plans: list[PanelPlan] = list(plans_of(project.id))
    names = {plan.alias: plan.agency.name for plan in plans}
    return {
        "dated": at.astimezone(LOCAL).date().isoformat(),
        "issuer": str(current_app.config["SITE_NAME"]),
        "seal_text": str(current_app.config["SITE_NAME"]),
        "project_code": project.code,
        "project_name": project.name,
        "owner_name": project.owner.name,
        "matter_name": project.matter_version.name,
        "size": panel.size,
        "record_hash": hash_of_record(kept),
        "verify_url": f"{current_app.config['SITE_URL']}/projects/{project.code}",
        "criteria": kept.get("criteria", []),
        "plans": [{"plan": plan.alias, "agency": plan.agency.name, "sha256": plan.proposal.sha256} for plan in plans],
        "experts": [
            {
                "number": number,
                "name": seat.expert.name,
                "employer": seat.expert.employer,
                "pool_id": seat.pool_id,
                "answer": _answer_words(seat),
                "dissent": seat.dissent,
                "signed_at": _iso(seat.submitted_at),
            }
            for number, seat in enumerate(seats, 1)
        ],
        "passed_over": [
            {"pool_id": seat.pool_id, "position": seat.position or 0, "how": _how(seat.state)}
            for seat in seats_in(project.id, PASSED_OVER)
        ],
        "scores": _score_rows(kept, names),
        "demo": bool(current_app.config["DEMO"]),
    }


def _iso(moment: datetime | None) -> str:
    if moment is None:
        raise ValueError("a sheet without its moment")
    return moment.isoformat()


def _score_rows(kept: Mapping[str, object], names: Mapping[str, str]) -> list[dict[str, object]]:
    found = kept.get("scores", [])
    if not isinstance(found, list):
        raise TypeError("the scores of a record are a list")
    return [{**item, "agency": names[item["plan"]]} for item in found]


def _answer_words(seat: PanelSeat) -> str:
    if seat.state is SeatState.DISSENTED:
        return str(_("dissents"))
    answered = seat.state is SeatState.CONFIRMED and not seat.deemed
    return str(_("confirmed") if answered else _("no objection in time"))


def _how(state: SeatState) -> str:
    words = {
        SeatState.DECLINED: _("declined"),
        SeatState.NO_ANSWER: _("did not answer in time"),
        SeatState.RECUSED: _("stepped back because of a conflict of interest"),
        SeatState.LATE: _("did not score in time"),
    }
    return str(words[state])
