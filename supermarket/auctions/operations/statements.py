"""Cost statements for bids below the 60 % line: given while enrolled, decided by the owner, silence accepts (selection.md
§4, §5).
"""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.auctions import events
from supermarket.auctions.commands import GiveStatement
from supermarket.auctions.models import Auction, AuctionStatement
from supermarket.auctions.states import STATEMENT, StatementAction, StatementState
from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.money import format_yuan
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.modes.auction import Phase
from supermarket.modes.table import StageName
from supermarket.policies.queries import calendar, number
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations.common import END_STATES, locked, locked_by_id, reasoned
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import auction_terms_of, mode_of

_FILING = (ProjectState.OPEN, ProjectState.FROZEN, ProjectState.SELECTING)


def give_statement(code: str, command: GiveStatement, *, actor: Actor, at: datetime) -> AuctionStatement:
    """An enrolled agency explains beforehand why it can bid below the line; a rejected statement may be given anew.

    Raises Forbidden, NotFound, WrongState (the auction has begun), RuleBroken (no auction, not enrolled), Conflict (one
    is there already), InvalidInput.
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    if not mode_of(project).uses(StageName.AUCTION):
        raise RuleBroken(_("This project has no live auction."), code="no_auction")
    if project.state not in _FILING or _has_begun(project.id):
        raise WrongState(
            _("A cost statement is given before the auction begins; nothing was entered."),
            state=project.state.value,
            allowed=[],
        )
    _must_be_enrolled(project, agency)
    if _find(project.id, agency.id, StatementState.GIVEN, StatementState.ACCEPTED) is not None:
        raise Conflict(_("Your agency has given its cost statement already."), code="already_given")
    terms = auction_terms_of(project)
    if not terms.floor <= command.explains_from < terms.low_line:
        message = _(
            "Give an amount from %(least)s up to, but not including, %(line)s: only bids below that need a statement.",
            least=format_yuan(terms.floor),
            line=format_yuan(terms.low_line),
        )
        raise InvalidInput(message, errors=[FieldError("explains_from", "out_of_range", message)])
    row = AuctionStatement(
        project_id=project.id,
        agency=agency,
        state=StatementState.GIVEN,
        explains_from=command.explains_from,
        text=reasoned(command.text, "text"),
        given_at=at,
        decision_due_at=calendar().due_after(at, number(project.policy, "cost_decision_days")),
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.STATEMENT_GIVEN,
        code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    return row


def decide_statement(
    code: str, *, agency_uscc: str, accept: bool, reason: str, actor: Actor, at: datetime
) -> AuctionStatement:
    """The owner accepts or rejects with a written reason. Raises Forbidden, NotFound, WrongState, InvalidInput."""
    project = locked(code)
    authorise(actor, P.CHOOSE, organisation_id=project.owner_id)
    row = db.session.scalar(
        sa.select(AuctionStatement)
        .join(Agency, Agency.id == AuctionStatement.agency_id)
        .where(AuctionStatement.project_id == project.id, Agency.uscc == agency_uscc)
        .order_by(AuctionStatement.id.desc())
        .limit(1)
        .with_for_update(of=AuctionStatement)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("No cost statement was given here."))
    _decide(project, row, accept=accept, reason=reason, actor=actor, at=at)
    return row


def statement_due(statement_id: int, at: datetime) -> bool:
    """The owner did not decide in time: the statement is accepted. False if there is nothing to do (any more)."""
    project_id = db.session.scalar(sa.select(AuctionStatement.project_id).where(AuctionStatement.id == statement_id))
    if project_id is None:
        return False
    project = locked_by_id(project_id)
    row = db.session.get(
        AuctionStatement, statement_id, with_for_update={"of": AuctionStatement}, populate_existing=True
    )
    if row is None or row.state is not StatementState.GIVEN or row.decision_due_at > at:
        return False
    if project.state is ProjectState.SUSPENDED or project.state in END_STATES:
        return False
    _decide(project, row, accept=True, reason=_("The owner did not decide in time."), actor=SYSTEM, at=at)
    return True


def _decide(project: Project, row: AuctionStatement, *, accept: bool, reason: str, actor: Actor, at: datetime) -> None:
    row.state = STATEMENT.next(row.state, StatementAction.ACCEPT if accept else StatementAction.REJECT)
    row.reason, row.decided_at = reasoned(reason), at
    db.session.flush()
    record(
        events.STATEMENT_DECIDED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": row.agency.uscc, "accepted": accept, "reason": row.reason},
        agency_uscc=row.agency.uscc,
    )


def _find(project_id: int, agency_id: int, *states: StatementState) -> AuctionStatement | None:
    return db.session.scalar(
        sa.select(AuctionStatement).where(
            AuctionStatement.project_id == project_id,
            AuctionStatement.agency_id == agency_id,
            AuctionStatement.state.in_(states),
        )
    )


def _has_begun(project_id: int) -> bool:
    state = db.session.scalar(sa.select(Auction.state).where(Auction.project_id == project_id))
    return state is not None and state is not Phase.SCHEDULED


def _must_be_enrolled(project: Project, agency: Agency) -> None:
    enrolled = db.session.scalar(
        sa.select(Enrolment.id).where(
            Enrolment.project_id == project.id,
            Enrolment.agency_id == agency.id,
            Enrolment.state == EnrolmentState.LIVE,
        )
    )
    if enrolled is None:
        raise RuleBroken(_("Enrol first; then you can give a cost statement."), code="not_enrolled")
