"""Services of which no check can tell whether the registered scope of business covers them: a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from supermarket.agencies.models import Agency, Check, Outcome, Service, Standing
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, policies_of

# The code of the check that reads the register, and of what an operator found.
REGISTRATION: Final = "registration"
OPERATOR: Final = "operator"
# A frozen agency shows nothing; its services are read when it is back.
SHOWN: Final = (Standing.ACTIVE, Standing.RECTIFYING, Standing.SERVICE_WITHDRAWN)


@dataclass(frozen=True)
class UnclearService:
    """A hidden service that waits for a person: since when, and until when the operator decides."""

    agency: Agency
    matter_code: str
    finding: Check
    due_at: datetime


def services_unclear(limit: int = 500) -> Sequence[UnclearService]:
    """Hidden services whose scope nobody has read since it became unclear, the longest waiting first; two statements.

    Once an operator has read it, a service is here again only if the register changed to another unclear scope after a
    refusal; a confirmation stands until the register denies it.
    """
    unclear = _unclear().limit(limit)
    rows = db.session.execute(unclear).all()
    if not rows:
        return []
    since = max(finding.first_at for _agency, _code, finding in rows)
    values = policies_of({agency.region_code for agency, _code, _finding in rows}, since)
    official, key = calendar(), "review_onboarding_days"
    return [
        UnclearService(
            agency, code, finding, official.due_after(finding.first_at, number(values[agency.region_code], key))
        )
        for agency, code, finding in rows
    ]


def unclear_matters(agency_id: int) -> frozenset[str]:
    """The matters of an agency's services for which an operator is to read the scope."""
    rows = db.session.execute(_unclear().where(Agency.id == agency_id)).all()
    return frozenset(code for _agency, code, _finding in rows)


def _is_hidden_for_it() -> sa.ColumnElement[bool]:
    """Hidden because nothing is confirmed yet, or because of a denial that may no longer be one."""
    denied = sa.func.concat(f"check:{REGISTRATION}:", Service.matter_code)
    return sa.or_(Service.hidden_reason == "unchecked", Service.hidden_reason == denied)


def _unclear() -> sa.Select[Agency, str, Check]:
    word = (
        sa.select(Check.code, Check.outcome, Check.last_at)
        .where(Check.code.in_([REGISTRATION, OPERATOR]), Check.outcome.in_([Outcome.PASS, Outcome.FAIL]))
        .order_by(Check.last_at.desc(), Check.id.desc())
        .limit(1)
    )
    unclear = sa.orm.aliased(Check)
    last = word.where(Check.agency_id == unclear.agency_id, Check.subject == unclear.subject).lateral("last_word")
    return (
        sa.select(Agency, Service.matter_code, unclear)
        .select_from(unclear)
        .join(Agency, Agency.id == unclear.agency_id)
        .join(
            Service,
            sa.and_(Service.agency_id == Agency.id, unclear.subject == sa.func.concat("service:", Service.matter_code)),
        )
        .outerjoin(last, sa.true())
        .where(unclear.present, unclear.outcome == Outcome.UNKNOWN, unclear.code == REGISTRATION)
        .where(Agency.standing.in_(SHOWN), Service.ended_at.is_(None), _is_hidden_for_it())
        .where(
            sa.or_(
                last.c.outcome.is_(None),
                sa.and_(
                    last.c.outcome == Outcome.FAIL,
                    sa.or_(last.c.code == REGISTRATION, last.c.last_at < unclear.first_at),
                ),
            )
        )
        .order_by(unclear.first_at, unclear.id)
    )
