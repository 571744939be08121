"""What a stage waits for is set going here, once: a pool file, cost statements … (selection.md §1)."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies.models import Agency
from supermarket.auctions.operations import notice_time, schedule
from supermarket.core.clock import local_text
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.pipeline import drawn_at_freeze
from supermarket.modes.stages import Exclusion, Waiting, WaitingFor
from supermarket.policies.queries import calendar, number
from supermarket.projects.models import Project
from supermarket.projects.operations import choice_asked
from supermarket.projects.ways import specs_of
from supermarket.selection import events
from supermarket.selection.candidates import candidates_of
from supermarket.selection.models import Choice, CostStatement, OpenedQuote, Quote
from supermarket.selection.panels.convening import convene
from supermarket.selection.pools import fix_pool
from supermarket.selection.series import choice_in


def start_waiting(project: Project, waiting: Waiting, excluded: tuple[Exclusion, ...], at: datetime) -> None:
    """Begin what the stage waits for; called again while it waits, it changes nothing."""
    match waiting.for_:
        case WaitingFor.COST_STATEMENT:
            ask_cost_statements(project, waiting.members, at)
        case WaitingFor.AUCTION:
            # In a later stage its moment was in no notice: those who are left are told some minutes before.
            schedule(project, waiting.members, starts_at=at + notice_time(project), at=at)
        case WaitingFor.CHOICE:
            ask_choice(project, waiting.members, at)
        case WaitingFor.RECEIPT | WaitingFor.TIE_DRAW if waiting.pool and waiting.purpose is not None:
            fix_pool(project, waiting.purpose, waiting.pool, excluded, at=at)
        case WaitingFor.PANEL:
            convene(project, waiting.members, at)
        case _:
            pass


def fix_early_draw(project: Project, at: datetime) -> None:
    """Fix the pool of a draw before which nothing but shortlists stands: at the freeze, or once the quotes are open."""
    drawn = drawn_at_freeze(specs_of(project), candidates_of(project), project.code)
    if drawn is not None and drawn.waiting is not None:
        start_waiting(project, drawn.waiting, drawn.excluded, at)


def ask_choice(project: Project, members: tuple[str, ...], at: datetime) -> None:
    """The small list is fixed; the owner chooses one of it within the policy's working days, else the project fails."""
    if choice_in(project) is not None:
        return
    db.session.add(Choice(project_id=project.id, series=project.series, members=list(members), asked_at=at))
    db.session.flush()
    until = choice_asked(project, at=at)
    record(
        events.CHOICE_ASKED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"members": len(members), "until": local_text(until)},
    )


def ask_cost_statements(project: Project, members: tuple[str, ...], at: datetime) -> None:
    """Ask each for its cost statement, once, due in the policy's working days (selection.md §4)."""
    due = calendar().due_after(at, number(project.policy, "cost_statement_days"))
    rows = db.session.scalars(
        sa.select(Quote)
        .join(OpenedQuote, OpenedQuote.quote_id == Quote.id)
        .join(Agency, Agency.id == Quote.agency_id)
        .where(Quote.project_id == project.id, Agency.uscc.in_(members))
    ).all()
    for row in rows:
        if db.session.get(CostStatement, row.id) is None:
            db.session.add(CostStatement(quote_id=row.id, asked_at=at, statement_due_at=due))
            record(
                events.COST_STATEMENT_ASKED,
                project.code,
                actor=SYSTEM,
                at=at,
                data={"agency_uscc": row.agency.uscc},
                agency_uscc=row.agency.uscc,
            )
    db.session.flush()
