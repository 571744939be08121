"""What falls due in a purchase up to the award notice."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.awarding import offer_lapsed_due
from supermarket.selection.choices import WAITS, choice_due
from supermarket.selection.corrections import claims_of
from supermarket.selection.freezing import freeze_due, reduced_refused_due
from supermarket.selection.hand_ins import body_missed_due
from supermarket.selection.low_quotes import statement_due
from supermarket.selection.models import Award, CostStatement, Draw, DrawReceipt, Quote, QuoteHandIn, QuoteList
from supermarket.selection.notice import prepare_standstill, standstill_due
from supermarket.selection.opening import open_quotes, prepare_opening
from supermarket.selection.panels.deadlines import DUE as PANELS
from supermarket.selection.quote_lists import LISTED_STATES, keep_countersignature, prepare_countersigning
from supermarket.selection.receipts import prepare_receipts, receive_receipts
from supermarket.selection.revealing import name_refusers_due, prepare_reveals, reveal_due
from supermarket.selection.rounds import draw_by_beacon, prepare_round
from supermarket.selection.running import select_due
from supermarket.selection.states import AwardState, DrawState, HandInState

# A witness that is silent for longer is not asked again for the signature of a list; opening needs none by then.
ASKED_FOR = timedelta(days=30)

Finder = Callable[[datetime, int], Found]


def _rows(query: sa.Select[datetime, int] | sa.Select[datetime | None, int], limit: int) -> Found:
    return [(due, number) for due, number in db.session.execute(query.limit(limit)) if due is not None]


def _projects(whats: Sequence[str], state: ProjectState, at: datetime, limit: int) -> Found:
    query = (
        sa.select(Project.due_at, Project.id)
        .where(Project.state == state, Project.due_what.in_(whats), Project.due_at <= at)
        .order_by(Project.due_at, Project.id)
    )
    return _rows(query, limit)


def _freezes(at: datetime, limit: int) -> Found:
    return _projects(("freeze", "freeze_reduced"), ProjectState.OPEN, at, limit)


def _reduced(at: datetime, limit: int) -> Found:
    return _projects(("reduced_acceptance",), ProjectState.OPEN, at, limit)


def _unsigned_lists(at: datetime, limit: int) -> Found:
    query = (
        sa.select(QuoteList.published_at, QuoteList.project_id)
        .join(Project, Project.id == QuoteList.project_id)
        .where(
            QuoteList.countersignature.is_(None),
            QuoteList.published_at <= at,
            QuoteList.published_at > at - ASKED_FOR,
            Project.state.in_(LISTED_STATES),
        )
        .order_by(QuoteList.published_at, QuoteList.project_id)
    )
    return _rows(query, limit)


def _unopened(due: InstrumentedAttribute[datetime], at: datetime, limit: int, *more: sa.ColumnElement[bool]) -> Found:
    query = (
        sa.select(due, QuoteList.project_id)
        .join(Project, Project.id == QuoteList.project_id)
        .where(
            QuoteList.opened_at.is_(None),
            QuoteList.stopped_at.is_(None),
            QuoteList.opens_at <= at,
            due <= at,
            Project.state == ProjectState.FROZEN,
            *more,
        )
        .order_by(due, QuoteList.project_id)
    )
    return _rows(query, limit)


def _openings(at: datetime, limit: int) -> Found:
    return _unopened(QuoteList.opens_at, at, limit)


def _missing_keys(at: datetime, limit: int) -> Found:
    return _unopened(QuoteList.key_due_at, at, limit, QuoteList.bodies_asked_at.is_(None))


def _bodies(at: datetime, limit: int) -> Found:
    query = (
        sa.select(QuoteHandIn.due_at, QuoteHandIn.quote_id)
        .join(Quote, Quote.id == QuoteHandIn.quote_id)
        .join(Project, Project.id == Quote.project_id)
        .where(QuoteHandIn.state == HandInState.ASKED, QuoteHandIn.due_at <= at, Project.state == ProjectState.FROZEN)
        .order_by(QuoteHandIn.due_at, QuoteHandIn.quote_id)
    )
    return _rows(query, limit)


def _receipts(at: datetime, limit: int) -> Found:
    query = (
        sa.select(Project.frozen_at, Draw.id)
        .join(Project, Project.id == Draw.project_id)
        .where(
            Draw.state == DrawState.RECEIPT_PENDING,
            Project.frozen_at <= at,
            Project.state.in_((ProjectState.FROZEN, ProjectState.SELECTING)),
        )
        .order_by(Project.frozen_at, Draw.id)
    )
    return _rows(query, limit)


def _further_receipts(at: datetime, limit: int) -> Found:
    """Draws that go on with enough receipts while some witness has not signed: it may be a party, and is asked again."""
    others = len(current().witnesses) - 1
    if others == 0:
        return []
    signed = sa.select(sa.func.count()).where(DrawReceipt.draw_id == Draw.id).scalar_subquery()
    query = (
        sa.select(Project.frozen_at, Draw.id)
        .join(Project, Project.id == Draw.project_id)
        .where(
            Draw.state == DrawState.RECEIPTED,
            signed < others,
            Project.frozen_at <= at,
            Project.state.in_((ProjectState.FROZEN, ProjectState.SELECTING)),
        )
        .order_by(Project.frozen_at, Draw.id)
    )
    return _rows(query, limit)


def _choices(at: datetime, limit: int) -> Found:
    return _projects((WAITS,), ProjectState.SELECTING, at, limit)


def _selections(at: datetime, limit: int) -> Found:
    return _projects(("select",), ProjectState.FROZEN, at, limit)


def _draws(
    kind: str, due: sa.orm.InstrumentedAttribute[datetime] | sa.orm.InstrumentedAttribute[datetime | None]
) -> Finder:
    """Receipted draws of one kind of source whose column `due` has come."""

    def find(at: datetime, limit: int) -> Found:
        query = (
            sa.select(due, Draw.id)
            .join(Project, Project.id == Draw.project_id)
            .where(
                Draw.state == DrawState.RECEIPTED,
                Draw.source.startswith(f"{kind}:"),
                due <= at,
                Project.state == ProjectState.SELECTING,
            )
            .order_by(due, Draw.id)
        )
        return _rows(query, limit)

    return find


def _statements(at: datetime, limit: int) -> Found:
    due = sa.case(
        (CostStatement.statement.is_(None), CostStatement.statement_due_at), else_=CostStatement.decision_due_at
    )
    query = (
        sa.select(due, CostStatement.quote_id)
        .join(Quote, Quote.id == CostStatement.quote_id)
        .join(Project, Project.id == Quote.project_id)
        .where(CostStatement.decided_at.is_(None), due <= at, Project.state == ProjectState.SELECTING)
        .order_by(due, CostStatement.quote_id)
    )
    return _rows(query, limit)


def _awards(state: AwardState, at: datetime, limit: int, *more: sa.ColumnElement[bool]) -> Found:
    query = (
        sa.select(Award.due_at, Award.id)
        .join(Project, Project.id == Award.project_id)
        .where(Award.state == state, Award.due_at <= at, Project.state != ProjectState.SUSPENDED, *more)
        .order_by(Award.due_at, Award.id)
    )
    return _rows(query, limit)


def _offers(at: datetime, limit: int) -> Found:
    return _awards(AwardState.OFFERED, at, limit)


def _standstills(at: datetime, limit: int) -> Found:
    return _awards(AwardState.ANNOUNCED, at, limit, ~claims_of(Award.project_id))


DUE: tuple[DueKind, ...] = (
    DueKind("project.freeze", _freezes, freeze_due),
    DueKind("project.reduced_acceptance", _reduced, reduced_refused_due),
    DueKind("quotes.countersign", _unsigned_lists, keep_countersignature, prepare_countersigning),
    DueKind("quotes.open", _openings, open_quotes, prepare_opening),
    DueKind("quotes.key_missing", _missing_keys, open_quotes, prepare_opening),
    DueKind("quotes.body_missed", _bodies, body_missed_due),
    DueKind("draw.receipt", _receipts, receive_receipts, prepare_receipts),
    DueKind("project.select", _selections, select_due),
    DueKind("draw.further_receipts", _further_receipts, receive_receipts, prepare_receipts),
    DueKind("draw.reveal", _draws("parties", Draw.draw_at), reveal_due, prepare_reveals),
    DueKind("draw.refusal", _draws("parties", Draw.reveal_until), name_refusers_due),
    DueKind("draw.round", _draws("drand", Draw.draw_at), draw_by_beacon, prepare_round),
    DueKind("cost_statement", _statements, statement_due),
    DueKind("choice", _choices, choice_due),
    *PANELS,
    DueKind("award.offer", _offers, offer_lapsed_due),
    DueKind("award.standstill", _standstills, standstill_due, prepare_standstill),
)
