"""Bodies handed in by their bidders where a key is missing or a box does not open (selection.md §4).

Asked once for each quote; the body is believed only if its hash is the commitment on the list. Who does not hand it in
within 24 hours is out and loses 10 credit points; where the box opens after all, nothing more is asked.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.clock import local_text
from supermarket.core.errors import FieldError, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event, Tag, record
from supermarket.core.msgids import N_
from supermarket.core.permissions import SYSTEM, Actor, P
from supermarket.credit.operations import enter
from supermarket.credit.points import CreditEvent
from supermarket.extensions import db
from supermarket.policies.queries import calendar
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import ProjectState
from supermarket.projects.ways import limit_of
from supermarket.selection import events
from supermarket.selection.models import Quote, QuoteHandIn, QuoteList
from supermarket.selection.opened_quotes import finish_opening, store_opened
from supermarket.selection.quotes_body import QuoteError, check_body
from supermarket.selection.states import HAND_IN, HandInAction, HandInState

NOT_HANDED_IN = "not_handed_in"
SENTENCES = {
    "other_commitment": N_("This is not the body that was sealed: its SHA-256 is not the commitment on the list."),
    "other_project": N_("This body is of another project."),
    "other_uscc": N_("This body is of another agency."),
    "other_seq": N_("This body is of another quote of yours; no. %(seq)s counts."),
}
BAD_BODY = N_("This is no body of a sealed quote: seven lines, beginning with “quote-v1”.")


def ask_for_body(project: Project, row: Quote, *, cause: str, at: datetime) -> bool:
    """Ask the bidder, once; gives whether it was asked now."""
    if db.session.get(QuoteHandIn, row.id) is not None:
        return False
    due = at + timedelta(hours=limit_of(project, "quote_hand_in_hours"))
    db.session.add(QuoteHandIn(quote_id=row.id, cause=cause, state=HandInState.ASKED, asked_at=at, due_at=due))
    _tell(
        events.BODY_ASKED,
        project,
        row,
        SYSTEM,
        at,
        cause=cause,
        until=local_text(due),
    )
    return True


def opened_after_all(row: Quote, *, at: datetime) -> None:
    """The key came back before the bidder was late: what was asked falls away."""
    asked = db.session.get(QuoteHandIn, row.id)
    if asked is not None and asked.state is HandInState.ASKED:
        _end(asked, HandInAction.OPEN, at)


def hand_in_body(code: str, body: bytes, *, actor: Actor, at: datetime) -> QuoteHandIn:
    """The bidder gives the body of its quote; what is wrong with it is said, and may be mended until the time is over.

    Raises Forbidden, NotFound (nothing was asked), WrongState (given already, or late), InvalidInput.
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    asked = db.session.scalar(
        sa.select(QuoteHandIn)
        .join(Quote, Quote.id == QuoteHandIn.quote_id)
        .where(Quote.project_id == project.id, Quote.agency_id == agency.id)
        .with_for_update(of=QuoteHandIn)
    )
    if asked is None:
        raise NotFound(_("You are not asked for the body of a quote in this project."))
    if asked.state is not HandInState.ASKED or project.state is not ProjectState.FROZEN or at >= asked.due_at:
        raise WrongState(
            _("The body was handed in, or the time for it is over; nothing was entered."),
            state=asked.state.value,
            allowed=[],
        )
    row = asked.quote
    try:
        check_body(body, project=project.code, uscc=agency.uscc, seq=row.seq, commitment=row.commitment)
    except QuoteError as error:
        raise _refused(error.code, row) from error
    store_opened(project, row, body, at=at)
    _end(asked, HandInAction.GIVE, at)
    _tell(events.BODY_GIVEN, project, row, actor, at)
    _finish(project, at)
    return asked


def _refused(code: str, row: Quote) -> InvalidInput:
    message = _(SENTENCES.get(code, BAD_BODY), seq=row.seq)
    return InvalidInput(message, errors=[FieldError("body", code, message)])


def body_missed_due(quote_id: int, at: datetime, prepared: object) -> bool:
    """The time is over: the quote is invalid, its enrolment out, ten points lost."""
    project_id = db.session.scalar(sa.select(Quote.project_id).where(Quote.id == quote_id))
    if project_id is None:
        return False
    project = locked_by_id(project_id)  # always the project first, so that no two jobs lock crosswise
    asked = db.session.get(QuoteHandIn, quote_id, with_for_update={"of": QuoteHandIn}, populate_existing=True)
    if asked is None or asked.state is not HandInState.ASKED or asked.due_at > at:
        return False
    if project.state is not ProjectState.FROZEN:
        return False
    row = asked.quote
    store_opened(project, row, NOT_HANDED_IN, at=at)
    _end(asked, HandInAction.MISS, at)
    enter(
        CreditEvent.QUOTE_NOT_HANDED_IN,
        uscc=row.agency.uscc,
        source=_("Supermarket"),
        basis=_("Selection rules: the body of a sealed quote was not handed in"),
        document_number=project.code,
        evidence=project.code,
        project_code=project.code,
        actor=SYSTEM,
        at=at,
    )
    _tell(events.BODY_MISSED, project, row, SYSTEM, at)
    _finish(project, at)
    return True


def shift_hand_ins(event: Event) -> None:
    """`project.resumed`: what was asked falls due as much later as the project stood still."""
    stood = event.data["working_days"]
    if not isinstance(stood, int) or not stood:
        return
    rows = db.session.scalars(
        sa.select(QuoteHandIn)
        .join(Quote, Quote.id == QuoteHandIn.quote_id)
        .join(Project, Project.id == Quote.project_id)
        .where(Project.code == event.project_code, QuoteHandIn.state == HandInState.ASKED)
    ).all()
    days = calendar()
    for row in rows:
        row.due_at = days.shift(row.due_at, stood)


def _end(asked: QuoteHandIn, action: HandInAction, at: datetime) -> None:
    asked.state = HAND_IN.next(asked.state, action)
    asked.ended_at = at


def _finish(project: Project, at: datetime) -> None:
    made = db.session.get_one(QuoteList, project.id, with_for_update=True)
    finish_opening(project, made, at=at)


def _tell(tag: Tag, project: Project, row: Quote, actor: Actor, at: datetime, **more: str) -> None:
    db.session.flush()
    record(
        tag,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": row.agency.uscc, "seq": row.seq, **more},
        agency_uscc=row.agency.uscc,
        organisation_id=row.agency.organisation_id,
    )
