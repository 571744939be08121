"""The list of all sealed quotes: published at the deadline, countersigned, looked at by its bidders (selection.md §4).

The list that was published stands. A receipt of the operator's that it leaves out, or a stored quote that is no longer
what it names, stops the opening for good: nothing is opened, the project fails, and the bidder is named (adr 30).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.draw import Receipt, format_time
from supermarket.core.errors import Conflict, FieldError, InvalidInput, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.witness import Witness, witness_unknown
from supermarket.policies.queries import calendar
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import fail
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import limit_of
from supermarket.selection import events
from supermarket.selection.commands import ReceiptShown
from supermarket.selection.models import Quote, QuoteList
from supermarket.selection.quotes_body import (
    ListedQuote,
    QuoteReceipt,
    list_hash,
    missing_from_list,
    parse_quote_list,
    quote_list,
)

# Where the market waits for the list or has ended by it; later a list is history.
LISTED_STATES = (ProjectState.OPEN, ProjectState.FROZEN, ProjectState.FAILED)


def quoting_agencies(project_id: int) -> frozenset[int]:
    """Agencies with a sealed quote under their live enrolment: what was taken back with an enrolment does not count."""
    return frozenset(
        db.session.scalars(
            sa.select(Quote.agency_id)
            .join(Enrolment, Enrolment.id == Quote.enrolment_id)
            .where(Quote.project_id == project_id, Enrolment.state == EnrolmentState.LIVE)
            .distinct()
        )
    )


def publish_list(project: Project, *, at: datetime) -> None:
    """The full list, replaced and dropped quotes included, fixed at the deadline; once.

    Called again at a freeze that had to wait for the owner, it only gives the keys their full time from there on.
    """
    known = db.session.get(QuoteList, project.id, with_for_update=True)
    if known is not None:
        known.key_due_at = max(known.key_due_at, _key_due(project, at))
        return
    rows = _stored(project.id)
    body = quote_list(project.code, [_line(row) for row in rows])
    made = QuoteList(
        project_id=project.id,
        body=body.decode("ascii"),
        body_hash=list_hash(body),
        published_at=at,
        opens_at=at + timedelta(minutes=limit_of(project, "list_check_minutes")),
        key_due_at=_key_due(project, at),
    )
    db.session.add(made)
    db.session.flush()
    record(
        events.QUOTES_LISTED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"count": len(rows), "list_hash": made.body_hash},
    )


def _key_due(project: Project, at: datetime) -> datetime:
    return calendar().due_after(at, limit_of(project, "quote_key_days"))


def _stored(project_id: int) -> Sequence[Quote]:
    return db.session.scalars(sa.select(Quote).where(Quote.project_id == project_id).order_by(Quote.id)).all()


def _line(row: Quote) -> ListedQuote:
    return ListedQuote(uscc=row.agency.uscc, seq=row.seq, commitment=row.commitment, received_at=row.received_at)


def prepare_countersigning(project_id: int, at: datetime) -> Receipt | None:
    """Show the witness the list; None if it does not answer now."""
    row = db.session.execute(
        sa.select(Project.code, Project.quote_keys, QuoteList.body)
        .join(QuoteList, QuoteList.project_id == Project.id)
        .where(Project.id == project_id)
    ).first()
    db.session.rollback()  # nothing is held while the outside is asked
    if row is None:
        return None
    try:
        return holder_of(row.quote_keys).countersign(row.code, row.body, at=at.replace(microsecond=0))
    except GatewayError:
        return None


def holder_of(keys: Mapping[str, str] | None) -> Witness:
    """The witness that holds the other half of a project's quotes: the one that signed its key at the publication.

    Raises GatewayError where that one is not configured any more, or does not give its name.
    """
    name = (keys or {}).get("by")
    found = current().witness if name is None else current().witness_named(name)
    if found is None:
        raise witness_unknown(name or "")
    return found


def keep_countersignature(project_id: int, at: datetime, prepared: object) -> bool:
    """Store the witness's signature beside the list, once."""
    project = locked_by_id(project_id)
    made = db.session.get(QuoteList, project_id, with_for_update=True)
    if made is None or made.countersignature is not None or not isinstance(prepared, Receipt):
        return False
    made.countersignature = prepared.content()
    record(
        events.QUOTES_COUNTERSIGNED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"by": prepared.by, "list_hash": made.body_hash},
    )
    return True


def report_missing(code: str, shown: ReceiptShown, *, actor: Actor, at: datetime) -> QuoteList:
    """A bidder shows a receipt that the published list leaves out: the opening is stopped, for good and publicly.

    Raises Forbidden, WrongState (no list yet, opened already), Conflict (stopped already), InvalidInput (a receipt that
    the operator has not signed, or that stands on the list).
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    made = db.session.get(QuoteList, project.id, with_for_update=True)
    if made is None:
        raise WrongState(_("The list of quotes is not published yet."), state=project.state.value, allowed=[])
    if made.opened_at is not None or not _before_opening(project):
        raise WrongState(
            _("The quotes are open already. Show your receipt to the supervisor."),
            state=project.state.value,
            allowed=[],
        )
    if made.stopped_at is not None:
        raise Conflict(_("The opening of this project was stopped already."), code="stopped_already")
    receipt = QuoteReceipt(project.code, agency.uscc, shown.seq, shown.commitment, shown.at, shown.signature)
    if not receipt.holds(bytes.fromhex(current().keys.verify_key())):
        raise _refused("signature", _("This is no receipt of ours for your agency, this project and this quote."))
    if not missing_from_list(made.body.encode("ascii"), [receipt]):
        raise _refused("commitment", _("This quote stands on the list; nothing is missing."))
    evidence = {"at": format_time(shown.at), "signature": shown.signature}
    stop_opening(project, made, Difference("receipt_not_listed", agency, shown.seq, shown.commitment, evidence), at=at)
    return made


def _before_opening(project: Project) -> bool:
    """A suspension laid over the wait for the opening leaves the bidders their right."""
    present = project.suspended_from if project.state is ProjectState.SUSPENDED else project.state
    return present in LISTED_STATES


def _refused(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, errors=[FieldError(field, "not_missing", message)])


@dataclass(frozen=True)
class Difference:
    """What does not fit: `receipt_not_listed`, or of a stored quote `dropped`, `altered`, `added` after the list."""

    code: str
    agency: Agency
    seq: int
    commitment: str
    receipt: Mapping[str, str] = field(default_factory=dict)


def stop_opening(project: Project, made: QuoteList, found: Difference, *, at: datetime) -> None:
    """Nothing is opened any more; the difference is public, the project fails, the operator is carded (wiring)."""
    made.stopped_at = at
    made.stopped_by = {
        "code": found.code,
        "agency": found.agency.uscc,
        "seq": found.seq,
        "commitment": found.commitment,
        **found.receipt,
    }
    record(
        events.OPENING_STOPPED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={
            "code": found.code,
            "agency_uscc": found.agency.uscc,
            "seq": found.seq,
            "commitment": found.commitment,
        },
    )
    if project.state in (ProjectState.OPEN, ProjectState.FROZEN):
        reason = _("The list of sealed quotes is not whole; no quote is opened.")
        fail(project.id, failure="quotes_not_whole", reason=reason, at=at)


def first_difference(project: Project, made: QuoteList) -> Difference | None:
    """The first stored quote that is not what the published list says, by USCC and seq; None where all fit."""
    _code, lines = parse_quote_list(made.body.encode("ascii"))
    listed = {(line.uscc, line.seq): line for line in lines}
    stored = {(row.agency.uscc, row.seq): row for row in _stored(project.id)}
    for place in sorted(listed.keys() | stored.keys()):
        line, row = listed.get(place), stored.get(place)
        if row is None:
            agency = db.session.scalars(sa.select(Agency).where(Agency.uscc == place[0])).one()
            return Difference("dropped", agency, place[1], listed[place].commitment)
        if line is None:
            return Difference("added", row.agency, row.seq, row.commitment)
        if line != _line(row):
            return Difference("altered", row.agency, row.seq, line.commitment)
    return None
