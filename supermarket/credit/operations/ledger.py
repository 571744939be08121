"""Writes of the credit room: entries and their reversal, lists, past performance, what is computed from them."""

from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import local_date
from supermarket.credit import events, rules
from supermarket.credit.commands import Performance
from supermarket.credit.models import CreditEntry, Ledger, PastPerformance, StarLevel
from supermarket.credit.points import CreditEvent, Entry, EntryState, OwnerEvent, in_force_until, ledger_rows, term_of
from supermarket.credit.queries import as_values, credit_of, ledger, reviewable
from supermarket.extensions import db


def enter(
    event: CreditEvent | OwnerEvent,
    *,
    uscc: str,
    source: str,
    basis: str,
    document_number: str,
    evidence: str,
    actor: Actor,
    at: datetime,
    project_code: str | None = None,
    points: int | None = None,
) -> CreditEntry:
    """Append an entry by the table of the rating spec; `points` only for a late deliverable (lateness_points).

    The same event with the same evidence stands once: the system gets the entry that is there, a person Conflict.
    Raises Forbidden, InvalidInput.
    """
    authorise(actor, P.CREDIT_ENTER)
    which = Ledger.AGENCY if isinstance(event, CreditEvent) else Ledger.OWNER
    _refuse(rules.entry_errors(event, uscc, source, basis, document_number, evidence, points, by_system=actor.system))
    _lock_ledger(which, uscc)
    known = db.session.scalar(
        sa.select(CreditEntry).where(
            CreditEntry.ledger == which,
            CreditEntry.uscc == uscc,
            CreditEntry.event == event.value,
            CreditEntry.evidence == evidence,
        )
    )
    if known is not None:
        if actor.system:
            return known
        raise Conflict(_("This entry is in the ledger already."))
    today, term = local_date(at), term_of(event)
    row = CreditEntry(
        ledger=which,
        uscc=uscc,
        event=event.value,
        points=term.points if points is None else points,
        source=source,
        basis=basis,
        document_number=document_number,
        evidence=evidence,
        project_code=project_code,
        from_date=today,
        until_date=in_force_until(today, term),
        entered_at=at,
    )
    db.session.add(row)
    db.session.flush()
    tag = events.ENTERED if which is Ledger.AGENCY else events.OWNER_ENTERED
    record(tag, uscc, actor=actor, at=at, data=_data(row), project_code=project_code)
    if which is Ledger.AGENCY:
        refresh(uscc, at)
    return row


def reverse(entry_id: int, *, source: str, basis: str, document_number: str, actor: Actor, at: datetime) -> CreditEntry:
    """End an entry by another one from today on (upheld objection, repair); the ledger itself is never edited.

    Raises NotFound, Forbidden, Conflict if it was reversed already, RuleBroken if it no longer counts, InvalidInput.
    """
    old = db.session.get(CreditEntry, entry_id)
    if old is None:
        raise NotFound(_("There is no such entry."))
    authorise(actor, P.CREDIT_DECIDE_APPEAL)
    _refuse(rules.source_errors(source, basis, document_number))
    _lock_ledger(old.ledger, old.uscc)
    today = local_date(at)
    values: list[Entry] = as_values(ledger(old.uscc, old.ledger))
    state = next(row.state for row in ledger_rows(values, today) if row.entry.reference == str(old.id))
    if state is EntryState.REVERSED:
        raise Conflict(_("This entry was reversed already."))
    if state not in (EntryState.IN_FORCE, EntryState.NOT_YET):
        raise RuleBroken(_("This entry no longer counts; there is nothing to reverse."), code="not_in_force")
    row = CreditEntry(
        ledger=old.ledger,
        uscc=old.uscc,
        event=old.event,
        points=-old.points,
        source=source,
        basis=basis,
        document_number=document_number,
        evidence=f"entry {old.id}",
        project_code=old.project_code,
        from_date=today,
        until_date=max(old.until_date, today + timedelta(days=1)),
        reverses_id=old.id,
        entered_at=at,
    )
    db.session.add(row)
    db.session.flush()
    tag = events.REVERSED if old.ledger is Ledger.AGENCY else events.OWNER_REVERSED
    data = {**_data(row), "reverses_id": old.id}
    record(tag, old.uscc, actor=actor, at=at, data=data, project_code=old.project_code)
    if old.ledger is Ledger.AGENCY:
        refresh(old.uscc, at)
    return row


def _data(row: CreditEntry) -> dict[str, str | int | bool | None]:
    return {
        "entry_id": row.id,
        "event": row.event,
        "points": row.points,
        "from_date": row.from_date.isoformat(),
        "until_date": row.until_date.isoformat(),
    }


def _lock_ledger(which: Ledger, uscc: str) -> None:
    """One writer at a time for each ledger; append-only rows cannot be locked themselves."""
    key = sa.func.hashtextextended(f"credit:{which.value}:{uscc}", 0)
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)


def record_performance(command: Performance, *, at: datetime) -> PastPerformance:
    """Enter an accepted contract with its score; safe to repeat. Called by the wiring of the ratings room."""
    known = db.session.get(PastPerformance, command.contract_code)
    if known is not None:
        return known
    row = PastPerformance(
        contract_code=command.contract_code,
        agency_uscc=command.agency_uscc,
        owner_uscc=command.owner_uscc,
        matter_code=command.matter_code,
        industry=command.industry,
        amount=command.amount,
        score=command.score,
        share=command.share,
        accepted_at=command.accepted_at,
        published_at=command.published_at,
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.PERFORMED,
        command.agency_uscc,
        actor=SYSTEM,
        at=at,
        data={"contract_code": row.contract_code, "score": None if row.score is None else str(row.score)},
    )
    refresh(command.agency_uscc, at)
    return row


def _star_row(uscc: str, at: datetime) -> StarLevel:
    """The agency's row, locked; made where there is none."""
    db.session.execute(
        insert(StarLevel)
        .values(agency_uscc=uscc, rating_count=0, credit_points=100, credit_level="B", explanation={}, computed_at=at)
        .on_conflict_do_nothing()
    )
    return db.session.scalars(
        sa.select(StarLevel)
        .where(StarLevel.agency_uscc == uscc)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def refresh(uscc: str, at: datetime) -> StarLevel:
    """Compute C and its level anew as of a moment and keep them; says so if the level changed."""
    row = _star_row(uscc, at)
    credit = credit_of(uscc, at)
    before = row.credit_level
    row.credit_points, row.credit_level, row.computed_at = credit.points, credit.level.value, at
    db.session.flush()
    if before != row.credit_level:
        record(
            events.LEVEL_CHANGED,
            uscc,
            actor=SYSTEM,
            at=at,
            data={"before": before, "after": row.credit_level, "points": credit.points},
        )
    return row


refresh_credit = refresh


def refresh_all(at: datetime, *, after: str = "", batch: int = 500) -> str | None:
    """Compute one batch of agencies anew (entries run out by date); gives where to go on, None at the end."""
    codes = reviewable(after, batch)
    for uscc in codes:
        refresh(uscc, at)
    return codes[-1] if len(codes) == batch else None


def set_star_score(
    uscc: str,
    *,
    score: Decimal,
    level: int | None,
    count: int,
    explanation: dict[str, object],
    at: datetime,
) -> StarLevel:
    """Keep S with its level and how it came about; computed by the ratings room. `explanation` is plain JSON."""
    row = _star_row(uscc, at)
    row.score, row.score_level, row.rating_count = score, level, count
    row.explanation, row.computed_at = explanation, at
    db.session.flush()
    record(
        events.STARS_COMPUTED,
        uscc,
        actor=SYSTEM,
        at=at,
        data={"score": str(score), "level": level, "ratings": count},
    )
    return row


def set_held_level(uscc: str, level: int, *, at: datetime) -> StarLevel:
    """Set the level held, 1–5; only reviews do. Raises ValueError for another number."""
    if not 1 <= level <= 5:
        raise ValueError("a level held is from 1 to 5")
    row = _star_row(uscc, at)
    before, row.held_level = row.held_level, level
    db.session.flush()
    if before != level:
        record(events.HELD_LEVEL_SET, uscc, actor=SYSTEM, at=at, data={"before": before, "after": level})
    return row
