"""Opened quotes: kept once, each checked against its commitment; when none waits any more, the opening is over."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.discount import wrong_offer
from supermarket.modes.limits import fewest
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import exclude, fail
from supermarket.projects.states import EnrolmentState
from supermarket.projects.ways import bounds_of, mode_of
from supermarket.selection import events
from supermarket.selection.models import OpenedQuote, Quote, QuoteList
from supermarket.selection.quotes_body import QuoteError, check_body
from supermarket.selection.waits import fix_early_draw

# What the witness calls a body whose hash is not on the list: whoever sealed it committed to another.
WITNESS_CODES = {"not_on_list": "other_commitment"}


def last_quotes(project_id: int) -> list[Quote]:
    """Of each live enrolment the quote that counts: the one with the highest seq."""
    rows = db.session.scalars(
        sa.select(Quote)
        .join(Enrolment, Enrolment.id == Quote.enrolment_id)
        .where(Quote.project_id == project_id, Enrolment.state == EnrolmentState.LIVE)
        .order_by(Quote.seq)
    ).all()
    last = {row.enrolment_id: row for row in rows}
    return sorted(last.values(), key=lambda row: row.id)


def waiting_quotes(project_id: int) -> list[Quote]:
    """Those of `last_quotes` that are not opened yet."""
    return [row for row in last_quotes(project_id) if row.opened is None]


def store_opened(project: Project, row: Quote, content: bytes | str, *, at: datetime) -> str | None:
    """Keep one opened quote, or the code that says why it counts for nothing; gives that code."""
    amount, body, code = _read(project, row, content)
    db.session.add(OpenedQuote(quote_id=row.id, amount=amount, body=body, invalid_code=code, opened_at=at))
    db.session.flush()
    db.session.refresh(row, ["opened"])
    if code is not None:
        exclude(enrolment_of_quote(row), code=code, reason=_("The quote is invalid."), at=at)
    return code


def enrolment_of_quote(row: Quote) -> Enrolment:
    """The enrolment under which a quote came."""
    return db.session.get_one(Enrolment, row.enrolment_id)


def _read(project: Project, row: Quote, content: bytes | str) -> tuple[int | None, str | None, str | None]:
    if isinstance(content, str):
        return None, None, WITNESS_CODES.get(content, content)
    try:
        body = check_body(content, project=project.code, uscc=row.agency.uscc, seq=row.seq, commitment=row.commitment)
    except QuoteError as error:
        return None, None, error.code
    code = wrong_offer(body.amount, bounds_of(project), by_rate=mode_of(project).by_rate)
    return body.amount, content.decode("ascii"), code


def finish_opening(project: Project, made: QuoteList, *, at: datetime) -> bool:
    """Once no quote waits any more: the opening is over; too few valid quotes end the project."""
    db.session.flush()
    if made.opened_at is not None or waiting_quotes(project.id):
        return False
    made.opened_at = at
    opened = db.session.scalars(
        sa.select(OpenedQuote).join(Quote, Quote.id == OpenedQuote.quote_id).where(Quote.project_id == project.id)
    ).all()
    invalid = sum(1 for row in opened if row.invalid_code is not None)
    valid = len(opened) - invalid
    record(events.QUOTES_OPENED, project.code, actor=SYSTEM, at=at, data={"valid": valid, "invalid": invalid})
    if valid < fewest(mode_of(project), project.policy, extended=project.extended):
        fail(project.id, failure="too_few_quotes", reason=_("Too few valid quotes."), at=at)
    else:
        fix_early_draw(project, at)
    return True
