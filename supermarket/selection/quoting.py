"""Sealed quotes: received, listed at the deadline, countersigned, opened (selection.md §4).

In this release the operator's server seals on arrival, before anything is written; the page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.money import format_yuan
from supermarket.core.permissions import SYSTEM, Actor, P
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.modes.stages.bounds import validate_quote
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import exclude, fail
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import bounds_of, mode_of
from supermarket.selection import events
from supermarket.selection.models import OpenedQuote, Quote, QuoteList
from supermarket.selection.quotes_body import (
    ListedQuote,
    QuoteBody,
    QuoteError,
    check_body,
    commitment_of,
    last_by_seq,
    list_hash,
    new_salt,
    parse_quote_list,
    quote_list,
    quote_receipt_body,
    seal,
)


@dataclass(frozen=True)
class QuoteHandedIn:
    """What the bidder keeps: the body that was sealed, and the signed receipt."""

    quote: Quote
    body: str


def submit_quote(code: str, amount: int, *, actor: Actor, at: datetime) -> QuoteHandedIn:
    """Seal and keep the agency's quote in fen; a later one replaces it until the deadline.

    Raises Forbidden, WrongState (not open, or late), RuleBroken (not enrolled), InvalidInput (outside the bounds).
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    if project.state is not ProjectState.OPEN or project.enrol_until is None or at >= project.enrol_until:
        raise WrongState(_("The time for quotes is over; nothing was entered."), state=project.state.value, allowed=[])
    if project.quote_keys is None or not mode_of(project).needs_quotes:
        raise RuleBroken(_("This project takes no quotes."), code="no_quotes")
    enrolled = db.session.scalar(
        sa.select(Enrolment.id).where(
            Enrolment.project_id == project.id,
            Enrolment.agency_id == agency.id,
            Enrolment.state == EnrolmentState.LIVE,
        )
    )
    if enrolled is None:
        raise RuleBroken(_("Enrol first; then you can hand in your quote."), code="not_enrolled")
    _check_amount(project, amount)
    last = db.session.scalar(
        sa.select(sa.func.max(Quote.seq)).where(Quote.project_id == project.id, Quote.agency_id == agency.id)
    )
    moment = at.replace(microsecond=0)
    body = QuoteBody(project=project.code, uscc=agency.uscc, seq=(last or 0) + 1, amount=amount, salt=new_salt())
    data = body.to_bytes()
    commitment = commitment_of(data)
    row = Quote(
        project_id=project.id,
        agency=agency,
        seq=body.seq,
        commitment=commitment,
        ciphertext=seal(
            data, bytes.fromhex(project.quote_keys["operator"]), bytes.fromhex(project.quote_keys["witness"])
        ),
        receipt={
            "at": moment.isoformat(),
            "signature": current().keys.sign(
                quote_receipt_body(project.code, agency.uscc, body.seq, commitment, moment)
            ),
        },
        received_at=moment,
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.QUOTED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc, "seq": body.seq, "commitment": commitment},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    return QuoteHandedIn(row, data.decode("ascii"))


def _check_amount(project: Project, amount: int) -> None:
    bounds = bounds_of(project)
    wrong = validate_quote(amount, bounds.floor, bounds.ceiling)
    if wrong is None:
        return
    message = _(
        "Quote between %(floor)s and %(ceiling)s.",
        floor=format_yuan(bounds.floor),
        ceiling=format_yuan(bounds.ceiling),
    )
    raise InvalidInput(message, errors=[FieldError("amount", wrong, message)])


def quoting_agencies(project_id: int) -> frozenset[int]:
    """Agencies with a sealed quote."""
    return frozenset(db.session.scalars(sa.select(Quote.agency_id).where(Quote.project_id == project_id).distinct()))


def publish_list(project: Project, *, at: datetime) -> QuoteList:
    """The full list, replaced quotes included, fixed at the deadline."""
    rows = db.session.scalars(sa.select(Quote).where(Quote.project_id == project.id)).all()
    body = quote_list(
        project.code,
        [
            ListedQuote(uscc=row.agency.uscc, seq=row.seq, commitment=row.commitment, received_at=row.received_at)
            for row in rows
        ],
    )
    made = QuoteList(project_id=project.id, body=body.decode("ascii"), body_hash=list_hash(body), published_at=at)
    db.session.add(made)
    record(
        events.QUOTES_LISTED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"count": len(rows), "list_hash": made.body_hash},
    )
    return made


@dataclass(frozen=True)
class Opening:
    """What came back from outside: the witness's signature, and for each quote its body or the code of why not."""

    countersignature: dict[str, str]
    bodies: Mapping[int, bytes | str]


def prepare_opening(project_id: int, at: datetime) -> Opening | None:
    """Have the list countersigned and the last quotes opened by both halves; None if the witness does not answer."""
    project = db.session.get(Project, project_id)
    made = db.session.get(QuoteList, project_id)
    if project is None or made is None:
        return None
    code, listed, last = project.code, made.body, _last_quotes(project_id, made.body)
    boxes = [(row.id, row.ciphertext) for row in last]
    db.session.rollback()  # nothing is held while the outside is asked
    gateways, moment = current(), at.replace(microsecond=0)
    bodies: dict[int, bytes | str] = {}
    try:
        signature = gateways.witness.countersign(code, listed, at=moment)
        inner: list[tuple[int, bytes]] = []
        for quote_id, box in boxes:
            try:
                inner.append((quote_id, gateways.keys.open_quote(code, box)))
            except GatewayError:
                bodies[quote_id] = "does_not_open"
        opened = gateways.witness.open_quotes(code, listed, [box for _id, box in inner]) if inner else []
    except GatewayError:
        return None
    for (quote_id, _box), result in zip(inner, opened, strict=True):
        bodies[quote_id] = result.body if result.body is not None else (result.error or "does_not_open")
    return Opening(signature.content(), bodies)


def _last_quotes(project_id: int, listed: str) -> list[Quote]:
    _code, lines = parse_quote_list(listed.encode("ascii"))
    last = last_by_seq(lines)
    rows = db.session.scalars(sa.select(Quote).where(Quote.project_id == project_id).order_by(Quote.id)).all()
    return [row for row in rows if last[row.agency.uscc].seq == row.seq]


def open_quotes(project_id: int, at: datetime, prepared: object) -> bool:
    """Store what was in the boxes, once; a quote that does not hold puts its enrolment out with the reason."""
    project = locked_by_id(project_id)
    made = db.session.get(QuoteList, project_id, with_for_update=True)
    if made is None or made.countersignature is not None or not isinstance(prepared, Opening):
        return False
    if project.state is not ProjectState.FROZEN:
        return False
    made.countersignature = prepared.countersignature
    invalid: dict[int, str] = {}
    last = _last_quotes(project_id, made.body)
    for row in last:
        amount, body, code = _read(project, row, prepared.bodies.get(row.id, "does_not_open"))
        if code is not None:
            invalid[row.agency_id] = code
        db.session.add(OpenedQuote(quote_id=row.id, amount=amount, body=body, invalid_code=code, opened_at=at))
    live = 0
    for enrolment in db.session.scalars(
        sa.select(Enrolment).where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.LIVE)
    ).all():
        if enrolment.agency_id in invalid:
            exclude(
                enrolment,
                code=invalid[enrolment.agency_id],
                reason=_("The quote is invalid."),
                at=at,
            )
        else:
            live += 1
    db.session.flush()
    record(
        events.QUOTES_OPENED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"valid": live, "invalid": len(invalid)},
    )
    mode = mode_of(project)
    if not mode.enough(live, extended=project.extended):
        fail(project.id, failure="too_few_quotes", reason=_("Too few valid quotes."), at=at)
    return True


def _read(project: Project, row: Quote, found: bytes | str) -> tuple[int | None, str | None, str | None]:
    if isinstance(found, str):
        return None, None, found
    try:
        body = check_body(found, project=project.code, uscc=row.agency.uscc, seq=row.seq, commitment=row.commitment)
    except QuoteError as error:
        return None, None, error.code
    bounds = bounds_of(project)
    return body.amount, found.decode("ascii"), validate_quote(body.amount, bounds.floor, bounds.ceiling)
