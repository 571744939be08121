"""Agencies in the market whose body fails its checks: services hidden at once, the agency told, the operator decides.

Nobody is expelled by a registry: docs/adr/0023.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.models import Agency, Check, Outcome, Reverification, ReverificationState
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.operations.findings import Mark, mark
from supermarket.agencies.operations.services import refresh_services
from supermarket.agencies.operations.standing import freeze
from supermarket.agencies.states import REVERIFICATION, ReverificationAction
from supermarket.core.errors import FieldError, NotFound
from supermarket.core.events import Entry, Value, record, record_many
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, office_region, policies_of

# The checks that look at the body itself. Their findings without a subject are about it; one with a subject, as of the
# registered scope for one service, hides only what needs that.
BODY: Final = frozenset(
    {
        "uscc",
        "registration",
        "legal_representative",
        "dishonesty",
        "branch_authority",
        "pledge",
        # The account that acts for it is another body's: as grave as another code.
        "national_identity",
    }
)


def follow_up(rows: Sequence[Agency], at: datetime) -> None:
    """Open, carry on or end the cases of locked agencies by their present findings, in a fixed number of statements."""
    ids = [row.id for row in rows]
    failing, silent, cases = _present(ids), _silent(ids), _of_agencies(ids)
    dismissed = [item for item in cases.values() if item.state is ReverificationState.DISMISSED]
    known = _findings([number for item in dismissed if item.agency_id in failing for number in item.check_ids])
    opened, mended = list[tuple[Agency, Reverification]](), list[tuple[Agency, Reverification]]()
    fresh = list[Agency]()
    for row in rows:
        case = cases.get(row.id)
        if row.id not in failing:
            if case is not None and not silent[row.id].intersection(case.codes):
                case.ended_at = at
                if case.state is ReverificationState.OPEN:
                    case.state = REVERIFICATION.next(case.state, ReverificationAction.MEND)
                    case.decided_at = at
                    mended.append((row, case))
        elif case is None:
            fresh.append(row)
        elif case.state is not ReverificationState.DISMISSED:
            codes = _codes(failing[row.id])
            case.codes = codes + [code for code in case.codes if code in silent[row.id] and code not in codes]
            case.check_ids = [item.id for item in failing[row.id]]
        elif not _marks(failing[row.id]) <= _marks(known[number] for number in case.check_ids if number in known):
            case.ended_at = at  # dismissed was something else
            fresh.append(row)
    # Ended before another is opened: one at a time has effect.
    db.session.flush()
    due = decision_due({row.region_code for row in fresh}, at)
    for row in fresh:
        case = Reverification(
            agency_id=row.id,
            state=ReverificationState.OPEN,
            codes=_codes(failing[row.id]),
            check_ids=[item.id for item in failing[row.id]],
            opened_at=at,
            due_at=due[row.region_code],
        )
        opened.append((row, case))
    db.session.add_all([case for _row, case in opened])
    db.session.flush()
    entries = [Entry(events.REVERIFICATION_DECIDED, row.uscc, _how(case)) for row, case in mended]
    entries += [
        Entry(events.REVERIFICATION_OPENED, row.uscc, {"case": case.id, "codes": case.codes}) for row, case in opened
    ]
    record_many(entries, actor=SYSTEM, at=at)


def decision_due(regions: Collection[str], at: datetime) -> Mapping[str, datetime]:
    """Until when the operator decides what begins now, by region; one statement where there is any region."""
    if not regions:
        return {}
    days = {code: number(values, "review_onboarding_days") for code, values in policies_of(regions, at).items()}
    ends = {count: calendar().due_after(at, count) for count in set(days.values())}
    return {code: ends[count] for code, count in days.items()}


def dismiss_reverification(case_id: int, *, reason: str, actor: Actor, at: datetime) -> Reverification:
    """The operator finds that the registry is wrong: the services are shown again as long as it says the same.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    row, case = _locked(case_id)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    after = REVERIFICATION.next(case.state, ReverificationAction.DISMISS)
    _decided(row, case, after, reason, actor, at)
    refresh_services(row, file_of(row.uscc, at), at)
    return case


def freeze_for_reverification(
    case_id: int, *, basis: str, until: datetime | None = None, actor: Actor, at: datetime
) -> Reverification:
    """The operator freezes the agency for what its checks found; the services are shown again once the checks pass.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a basis or with an end that is past.
    """
    row, case = _locked(case_id)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    after = REVERIFICATION.next(case.state, ReverificationAction.FREEZE)
    if not basis.strip():
        refuse([FieldError("basis", "missing", _("Please fill this in."))])
    freeze(row.uscc, basis=basis, until=until, actor=actor, at=at)
    _decided(row, case, after, basis, actor, at)
    return case


def _decided(
    row: Agency, case: Reverification, after: ReverificationState, reason: str, actor: Actor, at: datetime
) -> None:
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    case.state, case.reason, case.decided_at, case.decided_by = after, reason.strip(), at, actor.user_id
    db.session.flush()
    record(events.REVERIFICATION_DECIDED, row.uscc, actor=actor, at=at, data=_how(case))


def _how(case: Reverification) -> dict[str, Value]:
    return {"case": case.id, "how": case.state.value, "reason": case.reason}


def _present(ids: Collection[int]) -> Mapping[int, Sequence[Check]]:
    """By agency the findings against the body itself, in the order of the checks."""
    rows = db.session.scalars(
        sa.select(Check)
        .where(Check.agency_id.in_(ids), Check.present, Check.subject == "", Check.outcome == Outcome.FAIL)
        .order_by(Check.agency_id, Check.place, Check.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[Check]] = defaultdict(list)
    for row in rows:
        found[row.agency_id].append(row)
    return dict(found)


def _silent(ids: Collection[int]) -> Mapping[int, set[str]]:
    """By agency the codes of what is not known of the body itself."""
    rows = db.session.execute(
        sa.select(Check.agency_id, Check.code).where(
            Check.agency_id.in_(ids), Check.present, Check.subject == "", Check.outcome == Outcome.UNKNOWN
        )
    )
    found: dict[int, set[str]] = defaultdict(set)
    for agency_id, code in rows:
        found[agency_id].add(code)
    return found


def _of_agencies(ids: Collection[int]) -> Mapping[int, Reverification]:
    rows = db.session.scalars(
        sa.select(Reverification)
        .where(Reverification.agency_id.in_(ids), Reverification.ended_at.is_(None))
        .order_by(Reverification.agency_id)
        .with_for_update(of=Reverification)
        .execution_options(populate_existing=True)
    )
    return {row.agency_id: row for row in rows}


def _locked(case_id: int) -> tuple[Agency, Reverification]:
    """The agency first, as every round of checks does, then the case."""
    uscc = db.session.scalar(
        sa.select(Agency.uscc)
        .join(Reverification, Reverification.agency_id == Agency.id)
        .where(Reverification.id == case_id)
    )
    if uscc is None:
        raise NotFound(_("There is no such case."))
    row = locked(uscc)
    case = db.session.scalars(
        sa.select(Reverification)
        .where(Reverification.id == case_id)
        .with_for_update(of=Reverification)
        .execution_options(populate_existing=True)
    ).one()
    return row, case


def _findings(ids: Collection[int]) -> Mapping[int, Check]:
    return {row.id: row for row in db.session.scalars(sa.select(Check).where(Check.id.in_(ids)))} if ids else {}


def _codes(checks: Iterable[Check]) -> list[str]:
    return list(dict.fromkeys(item.code for item in checks))


def _marks(checks: Iterable[Check]) -> set[Mark]:
    return {mark(item) for item in checks}
