"""Credit points C and their level (rating spec, "Credit"): pure values over an append-only ledger.

C = 100 + Σ points of the entries in force, at most 120, at least 0. An entry is in force on local days d with
from ≤ d < until; a reversing entry ends the one it names from its own from-date on and has no points of its own in C.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

BASE, MOST, LEAST = 100, 120, 0
FEWEST_RATINGS, FEWEST_OWNERS = 3, 2
RED_LIST_MONTHS = 24
RED_LIST_STARS = 5
FREEZE_MONTHS = (3, 6)


class CreditLevel(StrEnum):
    """The level of C, best first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    def at_least(self, floor: "CreditLevel") -> bool:
        """Whether this level is the floor or better."""
        return self.value <= floor.value


class Severity(StrEnum):
    """How heavy an entry is; it decides when repair (信用修复) is possible."""

    POSITIVE = "positive"
    LIGHT = "light"
    HEAVY = "heavy"
    SEVERE = "severe"


class CreditEvent(StrEnum):
    """What an entry in an agency's ledger is about."""

    GAVE_UP_AWARD = "gave_up_award"
    DID_NOT_SIGN = "did_not_sign"
    QUOTE_NOT_HANDED_IN = "quote_not_handed_in"
    LATE_DELIVERABLE = "late_deliverable"
    RETURNED_BY_AUTHORITY = "returned_by_authority"
    ACCEPTANCE_FAILED = "acceptance_failed"
    COMPLAINT_NOT_ANSWERED = "complaint_not_answered"
    UNLAWFUL_PASSING_ON = "unlawful_passing_on"
    PENALTY_LIGHT = "penalty_light"
    PENALTY_HEAVY = "penalty_heavy"
    PENALTY_SEVERE = "penalty_severe"
    COLLUSION = "collusion"
    FALSE_MATERIAL = "false_material"
    COMMENDED = "commended"
    TOOK_PART_IN_STANDARD = "took_part_in_standard"
    GOOD_YEAR = "good_year"


class OwnerEvent(StrEnum):
    """What an entry in an owner's ledger is about."""

    LATE_PAYMENT = "late_payment"
    REFUSED_TO_SIGN = "refused_to_sign"
    WITHDREW_AFTER_AWARD = "withdrew_after_award"
    DID_NOT_REVEAL = "did_not_reveal"
    DIRECT_CONCENTRATION = "direct_concentration"


@dataclass(frozen=True, slots=True)
class CreditTerm:
    """What an event costs or brings: points, and the months it stays in force."""

    points: int
    months: int
    severity: Severity


def _term(points: int, months: int, severity: Severity) -> CreditTerm:
    return CreditTerm(points, months, severity)


CREDIT_TABLE: Mapping[CreditEvent, CreditTerm] = MappingProxyType(
    {
        CreditEvent.GAVE_UP_AWARD: _term(-10, 12, Severity.LIGHT),
        CreditEvent.DID_NOT_SIGN: _term(-8, 12, Severity.LIGHT),
        # Selection spec §4: whose quote does not open and who does not hand in its body is out.
        CreditEvent.QUOTE_NOT_HANDED_IN: _term(-10, 12, Severity.LIGHT),
        # For each started tenth of the term, see lateness_points().
        CreditEvent.LATE_DELIVERABLE: _term(-2, 12, Severity.LIGHT),
        CreditEvent.RETURNED_BY_AUTHORITY: _term(-5, 12, Severity.LIGHT),
        CreditEvent.ACCEPTANCE_FAILED: _term(-8, 12, Severity.LIGHT),
        CreditEvent.COMPLAINT_NOT_ANSWERED: _term(-5, 12, Severity.LIGHT),
        CreditEvent.UNLAWFUL_PASSING_ON: _term(-30, 24, Severity.HEAVY),
        CreditEvent.PENALTY_LIGHT: _term(-10, 12, Severity.LIGHT),
        CreditEvent.PENALTY_HEAVY: _term(-20, 24, Severity.HEAVY),
        CreditEvent.PENALTY_SEVERE: _term(-40, 36, Severity.SEVERE),
        CreditEvent.COLLUSION: _term(-60, 36, Severity.SEVERE),
        CreditEvent.FALSE_MATERIAL: _term(-60, 36, Severity.SEVERE),
        CreditEvent.COMMENDED: _term(3, 12, Severity.POSITIVE),
        CreditEvent.TOOK_PART_IN_STANDARD: _term(3, 12, Severity.POSITIVE),
        CreditEvent.GOOD_YEAR: _term(2, 12, Severity.POSITIVE),
    }
)
LATENESS_MOST = -10

# The spec gives owners' entries points but no months; they stay in force as long as the agencies' light ones.
OWNER_TABLE: Mapping[OwnerEvent, CreditTerm] = MappingProxyType(
    {
        OwnerEvent.LATE_PAYMENT: _term(-5, 12, Severity.LIGHT),
        OwnerEvent.REFUSED_TO_SIGN: _term(-10, 12, Severity.LIGHT),
        OwnerEvent.WITHDREW_AFTER_AWARD: _term(-10, 12, Severity.LIGHT),
        OwnerEvent.DID_NOT_REVEAL: _term(-10, 12, Severity.LIGHT),
        OwnerEvent.DIRECT_CONCENTRATION: _term(-5, 12, Severity.LIGHT),
    }
)


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last day where it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def lateness_points(days_late: int, term_days: int) -> int:
    """Points for a late deliverable: −2 for each started tenth of its term, at most −10; 0 if it is not late.

    Raises ValueError if the term is not at least one day.
    """
    if term_days < 1:
        raise ValueError("the term of a deliverable is at least one day")
    started_tenths = -(-max(days_late, 0) * 10 // term_days)
    return max(LATENESS_MOST, CREDIT_TABLE[CreditEvent.LATE_DELIVERABLE].points * started_tenths)


def term_of(event: CreditEvent | OwnerEvent) -> CreditTerm:
    """The row of the table for an event of either ledger."""
    return CREDIT_TABLE[event] if isinstance(event, CreditEvent) else OWNER_TABLE[event]


def in_force_until(start: date, term: CreditTerm) -> date:
    """The first local day on which an entry from ``start`` no longer counts."""
    return add_months(start, term.months)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a ledger; ``until`` is the first day on which it no longer counts."""

    reference: str
    event: CreditEvent | OwnerEvent
    points: int
    from_date: date
    until: date
    reverses: str | None = None


class EntryState(StrEnum):
    """Why an entry counts on a day or does not."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    RUN_OUT = "run_out"
    REVERSED = "reversed"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One line of the explanation: the entry, how it stands, the points that it adds to C (0 unless in force)."""

    entry: Entry
    state: EntryState
    counted: int


@dataclass(frozen=True, slots=True)
class Credit:
    """C on a day, its level and how it came about.

    ``held_at_b``: the points alone would be A, but there are not yet 3 ratings from 2 owners.
    """

    points: int
    level: CreditLevel
    held_at_b: bool
    rows: tuple[CreditRow, ...]


def _state(entry: Entry, on: date, reversed_: set[str]) -> EntryState:
    if entry.reference in reversed_:
        return EntryState.REVERSED
    if entry.from_date > on:
        return EntryState.NOT_YET
    if entry.reverses is not None:
        return EntryState.REVERSAL
    return EntryState.IN_FORCE if on < entry.until else EntryState.RUN_OUT


def ledger_rows(ledger: Sequence[Entry], on: date) -> tuple[CreditRow, ...]:
    """How each entry stands on a local day, in ledger order. A reversal may itself be reversed by a later entry.

    Raises ValueError if an entry reverses one that does not stand before it.
    """
    earlier: set[str] = set()
    for entry in ledger:
        if entry.reverses is not None and entry.reverses not in earlier:
            raise ValueError(f"entry {entry.reference} reverses {entry.reverses}, which does not stand before it")
        earlier.add(entry.reference)
    reversed_: set[str] = set()
    rows = []
    for entry in reversed(ledger):
        state = _state(entry, on, reversed_)
        if state is EntryState.REVERSAL and entry.reverses is not None:
            reversed_.add(entry.reverses)
        rows.append(CreditRow(entry, state, entry.points if state is EntryState.IN_FORCE else 0))
    return tuple(reversed(rows))


def level_of(points: int) -> CreditLevel:
    """A from 90, B from 80, C from 60, D below."""
    if points >= 90:
        return CreditLevel.A
    if points >= 80:
        return CreditLevel.B
    return CreditLevel.C if points >= 60 else CreditLevel.D


def clipped(rows: Iterable[CreditRow]) -> int:
    """C from the rows of a ledger: 100 and what is in force, within 0 and 120."""
    return min(MOST, max(LEAST, BASE + sum(row.counted for row in rows)))


def agency_credit(ledger: Sequence[Entry], on: date, ratings: int, owners: int) -> Credit:
    """An agency's C and level on a local day; with fewer than 3 ratings or 2 owners it is at most B."""
    rows = ledger_rows(ledger, on)
    points = clipped(rows)
    level = level_of(points)
    held = level is CreditLevel.A and (ratings < FEWEST_RATINGS or owners < FEWEST_OWNERS)
    return Credit(points, CreditLevel.B if held else level, held, rows)


def owner_credit(ledger: Sequence[Entry], on: date) -> Credit:
    """An owner's C and level on a local day; owners are not rated, so nothing holds them at B."""
    rows = ledger_rows(ledger, on)
    points = clipped(rows)
    return Credit(points, level_of(points), False, rows)


@dataclass(frozen=True, slots=True)
class CreditEffects:
    """What a level does: tickets of a draw by credit, order at equal rank (1 is first), direct awards, enrolment.

    ``freeze_months`` are the fewest and most months for which enrolment is frozen, None where it is not.
    """

    tickets: int
    rank: int
    direct_with_fiscal: bool
    freeze_months: tuple[int, int] | None


EFFECTS: Mapping[CreditLevel, CreditEffects] = MappingProxyType(
    {
        CreditLevel.A: CreditEffects(3, 1, True, None),
        CreditLevel.B: CreditEffects(2, 2, True, None),
        CreditLevel.C: CreditEffects(1, 2, False, None),
        CreditLevel.D: CreditEffects(1, 2, False, FREEZE_MONTHS),
    }
)


def red_listed(credit: Credit, level: int | None, on: date) -> bool:
    """Whether an agency may be nominated for the red list (守信): A, 5 stars, no negative entry in 24 months."""
    since = add_months(on, -RED_LIST_MONTHS)
    negative = any(
        row.entry.points < 0 and since < row.entry.from_date <= on
        for row in credit.rows
        if row.state not in (EntryState.REVERSED, EntryState.REVERSAL)
    )
    return credit.level is CreditLevel.A and level == RED_LIST_STARS and not negative


def repair_from(entry: Entry) -> date | None:
    """The first day on which repair may be asked for: 3 months, 6 if heavy, half their time if severe; None: never."""
    severity = term_of(entry.event).severity
    if severity is Severity.POSITIVE or entry.reverses is not None:
        return None
    if severity is Severity.SEVERE:
        return entry.from_date + timedelta(days=-(-(entry.until - entry.from_date).days // 2))
    return add_months(entry.from_date, 3 if severity is Severity.LIGHT else 6)
