"""All reads of the selection room; what is sealed or not yet announced is given to nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supermarket.core.draw import Record, format_time
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, may
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.selection.awarding import live_award
from supermarket.selection.computed import computations, public_record
from supermarket.selection.low_quotes import open_statements
from supermarket.selection.models import (
    Award,
    Draw,
    DrawCorrection,
    OpenedQuote,
    Quote,
    QuoteHandIn,
    QuoteList,
    Rank,
    StageRun,
)
from supermarket.selection.series import order_in, runs_in
from supermarket.selection.states import AwardState

__all__ = [
    "PublicQuote",
    "announced",
    "awards_of",
    "draw_record",
    "draws_of",
    "exclusions_of",
    "live_award",
    "low_quotes_of",
    "offers_to",
    "own_hand_in",
    "own_quotes",
    "public_quotes",
    "quote_list_of",
    "ranks_of",
    "receipt_of",
    "stage_runs_of",
]


@dataclass(frozen=True)
class PublicQuote:
    """A quote as the public sees it after the announcement; amount in fen, None where it was invalid."""

    agency_uscc: str
    agency_name: str
    seq: int
    commitment: str
    amount: int | None
    body: str | None
    invalid_code: str | None
    counts: bool
    replaced: bool
    received_at: datetime


def announced(project: Project) -> bool:
    """Whether quotes, scores and exclusions are public: from the announcement on, or once it ended after its freeze."""
    return project.announced_at is not None or (project.frozen_at is not None and project.ended_at is not None)


def public_since(project: Project) -> datetime | None:
    """When everything about the selection became public: with the first announcement, or with the end (adr 35)."""
    first = db.session.scalar(sa.select(sa.func.min(Award.announced_at)).where(Award.project_id == project.id))
    return first if first is not None else project.ended_at if announced(project) else None


def reads_cost_files(code: str, actor: Actor) -> bool:
    """Who reads the file of a cost statement: its agency (asked elsewhere), the owner, and later everybody."""
    project = db.session.scalar(sa.select(Project).where(Project.code == code))
    return project is not None and (announced(project) or may(actor, P.CHOOSE, organisation_id=project.owner_id))


def draws_of(project_id: int) -> Sequence[Draw]:
    """Every draw of a project, the main one first."""
    corrections = selectinload(Draw.corrections).selectinload(DrawCorrection.entries)
    query = sa.select(Draw).where(Draw.project_id == project_id).order_by(Draw.id).options(corrections)
    return db.session.scalars(query).all()


def draw_record(code: str, purpose: str, number: int | None = None) -> Record:
    """The public record as far as it is known; `number` names an earlier computation, 1 is as first drawn. Raises NotFound."""
    draw = db.session.scalar(
        sa.select(Draw)
        .join(Project, Project.id == Draw.project_id)
        .where(Project.code == code, Draw.purpose == purpose)
    )
    if draw is None:
        raise NotFound(_("There is no such draw (yet)."))
    if number is None:
        return public_record(draw)
    earlier = next((known for known in computations(draw) if known.number == number), None)
    if earlier is None:
        raise NotFound(_("This draw was not computed so often."))
    return public_record(draw, earlier)


def awards_of(project_id: int) -> Sequence[Award]:
    """Every award of a project in the order it came."""
    query = sa.select(Award).where(Award.project_id == project_id).order_by(Award.id).options(joinedload(Award.agency))
    return db.session.scalars(query).all()


def ranks_of(project: Project) -> Sequence[Rank]:
    """The stored order; empty before the announcement."""
    if not announced(project):
        return ()
    return order_in(project)


def stage_runs_of(project: Project) -> Sequence[StageRun]:
    """Every stage run with inputs and outputs; empty before the announcement."""
    if not announced(project):
        return ()
    return runs_in(project)


def exclusions_of(project: Project) -> Sequence[Enrolment]:
    """Excluded enrolments with their reasons; empty before the announcement."""
    if not announced(project):
        return ()
    query = (
        sa.select(Enrolment)
        .where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.EXCLUDED)
        .order_by(Enrolment.id)
    )
    return db.session.scalars(query).all()


def public_quotes(project: Project) -> Sequence[PublicQuote] | None:
    """Every quote, replaced ones included; None before the announcement."""
    if not announced(project):
        return None
    rows = db.session.execute(
        sa.select(Quote, OpenedQuote)
        .outerjoin(OpenedQuote, OpenedQuote.quote_id == Quote.id)
        .where(Quote.project_id == project.id)
        .order_by(OpenedQuote.amount.asc().nulls_last(), Quote.id)
    ).all()
    last: dict[int, int] = {}
    for quote, _opened in rows:
        last[quote.enrolment_id] = max(quote.seq, last.get(quote.enrolment_id, 0))
    return [
        PublicQuote(
            agency_uscc=quote.agency.uscc,
            agency_name=quote.agency.name,
            seq=quote.seq,
            commitment=quote.commitment,
            amount=opened.amount if opened is not None else None,
            body=opened.body if opened is not None else None,
            invalid_code=opened.invalid_code if opened is not None else None,
            counts=opened is not None and opened.invalid_code is None,
            replaced=quote.seq < last[quote.enrolment_id],
            received_at=quote.received_at,
        )
        for quote, opened in rows
    ]


def quote_list_of(project_id: int) -> QuoteList | None:
    """The list of commitments at the deadline with the witness's signature."""
    return db.session.get(QuoteList, project_id)


def receipt_of(row: Quote) -> dict[str, str]:
    """The operator's receipt as the bidder keeps it, with the public key that signed it."""
    return {
        "at": format_time(row.received_at),
        "signature": row.receipt["signature"],
        "key": current().keys.verify_key(),
    }


def own_hand_in(project_id: int, agency_id: int) -> QuoteHandIn | None:
    """What the agency is or was asked for because its quote could not be opened."""
    return db.session.scalar(
        sa.select(QuoteHandIn)
        .join(Quote, Quote.id == QuoteHandIn.quote_id)
        .where(Quote.project_id == project_id, Quote.agency_id == agency_id)
    )


def own_quotes(project_id: int, agency_id: int) -> Sequence[Quote]:
    """An agency's own quotes, the one that counts first; the amounts stay sealed even here."""
    query = (
        sa.select(Quote).where(Quote.project_id == project_id, Quote.agency_id == agency_id).order_by(Quote.seq.desc())
    )
    return db.session.scalars(query).all()


def offers_to(agency_id: int) -> Sequence[Award]:
    """Direct selections that wait for the agency's answer."""
    query = (
        sa.select(Award).where(Award.agency_id == agency_id, Award.state == AwardState.OFFERED).order_by(Award.due_at)
    )
    return db.session.scalars(query).all()


low_quotes_of = open_statements
