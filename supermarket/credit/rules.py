"""Whether an entry may be made: pure rules that name everything wrong at once."""

from flask_babel import gettext as _

from supermarket.agencies.rules import uscc_error
from supermarket.core.errors import FieldError
from supermarket.credit.commands import NewListEntry
from supermarket.credit.points import LATENESS_MOST, CreditEvent, OwnerEvent

# Decided or noticed by people; everything else is entered by the system where it happens.
MANUAL_EVENTS = frozenset(
    {
        CreditEvent.RETURNED_BY_AUTHORITY,
        CreditEvent.COMPLAINT_NOT_ANSWERED,
        CreditEvent.UNLAWFUL_PASSING_ON,
        CreditEvent.PENALTY_LIGHT,
        CreditEvent.PENALTY_HEAVY,
        CreditEvent.PENALTY_SEVERE,
        CreditEvent.COLLUSION,
        CreditEvent.FALSE_MATERIAL,
        CreditEvent.COMMENDED,
        CreditEvent.TOOK_PART_IN_STANDARD,
    }
)
_LENGTHS = {"source": 200, "document_number": 100, "evidence": 200}


def source_errors(source: str, basis: str, document_number: str) -> list[FieldError]:
    """Every entry names its source, basis and document."""
    given = {"source": source, "basis": basis, "document_number": document_number}
    return [
        FieldError(name, "missing", _("Please fill this in.")) for name, text in given.items() if not text.strip()
    ] + [
        FieldError(name, "too_long", _("Give at most %(most)s characters.", most=_LENGTHS[name]))
        for name, text in given.items()
        if name in _LENGTHS and len(text) > _LENGTHS[name]
    ]


def entry_errors(
    event: CreditEvent | OwnerEvent,
    uscc: str,
    source: str,
    basis: str,
    document_number: str,
    evidence: str,
    points: int | None,
    *,
    by_system: bool,
) -> list[FieldError]:
    """What is wrong with a new entry."""
    errors = source_errors(source, basis, document_number)
    if not evidence.strip() or len(evidence) > _LENGTHS["evidence"]:
        errors.append(FieldError("evidence", "missing", _("Name the evidence in at most 200 characters.")))
    if error := uscc_error(uscc):
        errors.append(FieldError("uscc", "uscc", error))
    if not by_system and event not in MANUAL_EVENTS:
        errors.append(FieldError("event", "by_system", _("Such entries are made by the system where they happen.")))
    if (points is not None) != (event is CreditEvent.LATE_DELIVERABLE):
        errors.append(FieldError("points", "not_here", _("Only a late deliverable has points of its own.")))
    elif points is not None and not LATENESS_MOST <= points < 0:
        errors.append(FieldError("points", "range", _("A late deliverable costs from 2 to 10 points.")))
    return errors


def list_entry_errors(command: NewListEntry) -> list[FieldError]:
    """What is wrong with an entry of a list."""
    given = {
        "name": (command.name, 200),
        "authority": (command.authority, 200),
        "basis": (command.basis, 4000),
        "document_number": (command.document_number, 100),
    }
    errors = [
        FieldError(field, "length", _("Fill this in, with at most %(most)s characters.", most=most))
        for field, (text, most) in given.items()
        if not text.strip() or len(text) > most
    ]
    if error := uscc_error(command.uscc):
        errors.append(FieldError("uscc", "uscc", error))
    if command.until_date is not None and command.until_date <= command.from_date:
        errors.append(FieldError("until_date", "before_start", _("The end must be after the beginning.")))
    return errors
