"""Sealed quotes come in: what can be checked without opening is checked, the receipt is signed (selection.md §4).

The bidder's own browser or client seals. Only where the owner of a purchase with social money opted out may the
operator's server seal on arrival; the pages then say that the operator can see the amount.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.draw import format_time
from supermarket.core.errors import FieldError, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.money import format_yuan
from supermarket.core.permissions import Actor, P
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.modes.discount import NOT_A_RATE, wrong_offer
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations.common import locked
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import bounds_of, limit_of, mode_of, seals_on_server
from supermarket.selection import events
from supermarket.selection.bidder import seal_as_bidder
from supermarket.selection.commands import SealedQuote
from supermarket.selection.models import Quote
from supermarket.selection.quotes_body import (
    quote_receipt_body,
    sealed_lengths,
)

_HEX64 = re.compile(r"[0-9a-f]{64}")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class QuoteHandedIn:
    """What the bidder keeps where the server sealed: the body that was sealed, and the signed receipt."""

    quote: Quote
    body: str


def submit_quote(code: str, sealed: SealedQuote, *, actor: Actor, at: datetime) -> Quote:
    """Keep a quote that its bidder has sealed; a later one replaces it until the deadline.

    The same sealed quote again gets the same receipt, at any time. Raises Forbidden, WrongState (not open, or late),
    RuleBroken (not enrolled, too many), InvalidInput (malformed, stale, replayed or copied).
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    known = _own(project, agency, sealed.seq)
    if known is not None and (known.commitment, known.ciphertext) == (sealed.commitment, sealed.ciphertext):
        return known
    enrolment_id = _must_take_quotes(project, agency, at)
    _check_form(project, sealed)
    _check_seq(project, agency, sealed.seq)
    _check_fresh(project, agency, sealed)
    return _store(project, agency, enrolment_id, sealed, actor=actor, at=at)


def submit_open_quote(code: str, amount: int, *, actor: Actor, at: datetime) -> QuoteHandedIn:
    """Where the owner opted out of sealing by the bidder: seal the amount (fen) on arrival, before anything is written.

    Raises Forbidden, WrongState, RuleBroken (not enrolled, sealed by the bidder only), InvalidInput (out of bounds).
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    enrolment_id = _must_take_quotes(project, agency, at)
    if not seals_on_server(project) or project.quote_keys is None:
        raise RuleBroken(
            _("Quotes for this project are sealed by the bidder's own browser or program; nothing was entered."),
            code="sealed_by_bidder",
        )
    _check_amount(project, amount)
    made = seal_as_bidder(project.code, agency.uscc, _last_seq(project, agency) + 1, amount, project.quote_keys)
    row = _store(project, agency, enrolment_id, made.sealed, actor=actor, at=at)
    return QuoteHandedIn(row, made.body.decode("ascii"))


def _must_take_quotes(project: Project, agency: Agency, at: datetime) -> int:
    """The live enrolment under which the agency may hand in a quote now."""
    if project.state is not ProjectState.OPEN or project.enrol_until is None or at >= project.enrol_until:
        raise WrongState(_("The time for quotes is over; nothing was entered."), state=project.state.value, allowed=[])
    if project.quote_keys is None or not mode_of(project).needs_quotes:
        raise RuleBroken(_("This project takes no quotes."), code="no_quotes")
    enrolment_id = db.session.scalar(
        sa.select(Enrolment.id).where(
            Enrolment.project_id == project.id,
            Enrolment.agency_id == agency.id,
            Enrolment.state == EnrolmentState.LIVE,
        )
    )
    if enrolment_id is None:
        raise RuleBroken(_("Enrol first; then you can hand in your quote."), code="not_enrolled")
    most = limit_of(project, "quotes_per_hour")
    lately = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Quote)
        .where(Quote.project_id == project.id, Quote.agency_id == agency.id, Quote.received_at > at - HOUR)
    )
    if (lately or 0) >= most:
        raise RuleBroken(
            _("An agency hands in at most %(most)s quotes an hour for one project; try again later.", most=most),
            code="too_many_quotes",
        )
    return enrolment_id


def _refused(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput(message, errors=[FieldError(field, code, message)])


def _check_form(project: Project, sealed: SealedQuote) -> None:
    if not _HEX64.fullmatch(sealed.commitment):
        raise _refused("commitment", "format", _("A commitment is SHA-256 in 64 lower-case hex digits."))
    lengths = sealed_lengths(project.code, sealed.seq, project.ceiling)
    if len(sealed.ciphertext) not in lengths:
        raise _refused(
            "ciphertext",
            "length",
            _("This is no sealed quote for this project: it has %(given)s bytes.", given=len(sealed.ciphertext)),
        )


def _check_seq(project: Project, agency: Agency, seq: int) -> None:
    following = _last_seq(project, agency) + 1
    if seq < following:
        message = _(
            "Your quote no. %(seq)s was received already, sealed otherwise; the next one is no. %(next)s.",
            seq=seq,
            next=following,
        )
        raise _refused("seq", "stale_seq", message)
    if seq > following:
        raise _refused("seq", "seq_gap", _("Your next quote is no. %(next)s.", next=following))


def _check_fresh(project: Project, agency: Agency, sealed: SealedQuote) -> None:
    """Neither commitment nor ciphertext may have come before: a body names its project, its bidder and its place."""
    first = db.session.scalar(sa.select(Quote).where(Quote.commitment == sealed.commitment))
    if first is None:
        first = db.session.scalar(
            sa.select(Quote)
            .where(Quote.project_id == project.id, Quote.ciphertext == sealed.ciphertext)
            .order_by(Quote.id)
            .limit(1)
        )
    if first is None:
        return
    if first.project_id != project.id:
        raise _refused("commitment", "replayed", _("This sealed quote was handed in for another project."))
    if first.agency_id != agency.id:
        raise _refused("commitment", "copied", _("This sealed quote was handed in by another bidder. Seal your own."))
    message = _("You handed this sealed quote in as no. %(seq)s already. Seal a new one.", seq=first.seq)
    raise _refused("commitment", "replayed", message)


def _own(project: Project, agency: Agency, seq: int) -> Quote | None:
    return db.session.scalar(
        sa.select(Quote).where(Quote.project_id == project.id, Quote.agency_id == agency.id, Quote.seq == seq)
    )


def _last_seq(project: Project, agency: Agency) -> int:
    last = db.session.scalar(
        sa.select(sa.func.max(Quote.seq)).where(Quote.project_id == project.id, Quote.agency_id == agency.id)
    )
    return last or 0


def _check_amount(project: Project, amount: int) -> None:
    bounds = bounds_of(project)
    wrong = wrong_offer(amount, bounds, by_rate=mode_of(project).by_rate)
    if wrong == NOT_A_RATE:
        message = _("Only an amount counts that a discount on the ceiling with at most two decimals gives.")
        raise _refused("amount", wrong, message)
    if wrong is not None:
        message = _(
            "Quote between %(floor)s and %(ceiling)s.",
            floor=format_yuan(bounds.floor),
            ceiling=format_yuan(bounds.ceiling),
        )
        raise _refused("amount", wrong, message)


def _store(
    project: Project, agency: Agency, enrolment_id: int, sealed: SealedQuote, *, actor: Actor, at: datetime
) -> Quote:
    moment = at.replace(microsecond=0)
    signed = quote_receipt_body(project.code, agency.uscc, sealed.seq, sealed.commitment, moment)
    row = Quote(
        project_id=project.id,
        agency=agency,
        enrolment_id=enrolment_id,
        seq=sealed.seq,
        commitment=sealed.commitment,
        ciphertext=sealed.ciphertext,
        receipt={"at": format_time(moment), "signature": current().keys.sign(signed)},
        received_at=moment,
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.QUOTED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc, "seq": sealed.seq, "commitment": sealed.commitment},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    return row
