"""/projects/{code}/bids and /auction: the live reverse auction (selection.md §5)."""

from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies.queries import agency_of_organisations
from supermarket.api.parameters import Query, Whole
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Money, Shape, acting, money, money_or_none
from supermarket.auctions import operations
from supermarket.auctions.forms import AgentForm, BidForm, StatementForm
from supermarket.auctions.models import Auction, AuctionStatement
from supermarket.auctions.queries import Line, View, auction_of, lines_of, statements_of, view_of
from supermarket.auctions.states import EntryKind, StatementState
from supermarket.core.clock import now, real_now
from supermarket.core.errors import Forbidden, NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P, may
from supermarket.modes.auction import Phase
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection.forms import CostDecisionForm
from supermarket.web.access import Access, present_actor

BIDS = Access(permissions=(P.QUOTE,))


class AuctionShape(Shape):
    """A live auction as it stands."""

    project: str
    state: Phase
    starts_at: Moment
    opened_at: Moment | None
    ends_at: Moment | None = Field(description="moves with late bids")
    server_time: Moment
    bidders: int
    bids: int
    seq: int = Field(description="of the last entry of the chain; -1: not opened yet")
    lowest: Money | None
    leader: str | None = Field(description="alias of the lowest bidder")
    step: Money = Field(description="in force now; doubles after the cap")
    would_be_accepted: Money | None = Field(description="the highest amount; null: nobody can bid lower")
    ceiling: Money
    line: Money = Field(description="below it a bid needs a cost statement accepted beforehand")
    seconds: int
    extension_seconds: int
    cap_seconds: int
    step_doubles_seconds: int
    head: str | None = Field(description="hash of the chain's last entry")


class EntryShape(Shape):
    """An entry of the auction's chain; who bid is null before the announcement."""

    seq: int
    kind: EntryKind
    alias: str | None
    agency: str | None
    agency_name: str | None
    amount: Money | None
    step: Money | None
    at: Moment
    ends_at: Moment
    body: str
    hash: str = Field(description="SHA-256 of the hash before (32 bytes) and the body")


class AcceptedShape(Shape):
    """A bid that counts."""

    seq: int
    alias: str
    amount: Money
    step: Money
    at: Moment
    ends_at: Moment
    extended: bool


class AgentShape(Shape):
    """An agent on the server; its floor is never given back."""

    set_at: Moment
    ended_at: Moment | None
    ended_why: str | None


class LowBidStatementShape(Shape):
    """A cost statement for bids below the line."""

    agency: str
    state: StatementState
    explains_from: Money
    statement: str
    given_at: Moment
    decision_due_at: Moment
    reason: str
    decided_at: Moment | None


class AfterQuery(Query):
    """Which entries."""

    after: Whole = Field(-1, ge=-1, description="only entries with a higher seq")


def _auction(project: Project) -> Auction:
    row = auction_of(project.id)
    if row is None:
        raise NotFound(_("There is no live auction here (yet)."))
    return row


def _shape(view: View) -> AuctionShape:
    standing, terms = view.standing, view.terms
    return AuctionShape(
        project=view.project,
        state=view.phase,
        starts_at=view.starts_at,
        opened_at=standing.opened_at,
        ends_at=standing.ends_at,
        server_time=now(),
        bidders=view.bidders,
        bids=standing.bids,
        seq=standing.seq,
        lowest=money_or_none(standing.lowest),
        leader=standing.leader,
        step=money(view.step),
        would_be_accepted=money_or_none(view.next_amount),
        ceiling=money(terms.ceiling),
        line=money(terms.low_line),
        seconds=terms.seconds,
        extension_seconds=terms.extension_seconds,
        cap_seconds=terms.cap_seconds,
        step_doubles_seconds=terms.step_doubles_seconds,
        head=view.head,
    )


def _entry(line: Line) -> EntryShape:
    return EntryShape(
        seq=line.seq,
        kind=line.kind,
        alias=line.alias,
        agency=line.agency_uscc,
        agency_name=line.agency_name,
        amount=money_or_none(line.amount),
        step=money_or_none(line.step),
        at=line.at,
        ends_at=line.ends_at,
        body=line.body,
        hash=line.hash,
    )


def _statement(row: AuctionStatement) -> LowBidStatementShape:
    return LowBidStatementShape(
        agency=row.agency.uscc,
        state=row.state,
        explains_from=money(row.explains_from),
        statement=row.text,
        given_at=row.given_at,
        decision_due_at=row.decision_due_at,
        reason=row.reason,
        decided_at=row.decided_at,
    )


@route("GET", "/projects/{code}/auction", N_("The live auction"), gives=AuctionShape)
def show_auction(code: str) -> AuctionShape:
    """Where it stands by the server's time, and what would be accepted."""
    project = project_for(code, present_actor())
    return _shape(view_of(_auction(project), code, now()))


@route("GET", "/projects/{code}/bids", N_("Bids of the live auction"), gives=EntryShape, many=True, query=AfterQuery)
def list_bids(code: str, query: AfterQuery) -> Listing[EntryShape]:
    """The chain of entries, with aliases only before the announcement."""
    project = project_for(code, present_actor())
    row = auction_of(project.id)
    if row is None:
        return Listing([])
    return Listing(
        [_entry(line) for line in lines_of(row.id, after=query.after, named=project.announced_at is not None)]
    )


@route(
    "POST",
    "/projects/{code}/bids",
    N_("Bid in the live auction"),
    access=BIDS,
    form=BidForm,
    gives=AcceptedShape,
    status=201,
)
def place_bid(code: str, form: BidForm) -> AcceptedShape:
    """A refusal names its reason as `code`, and in `would_be_accepted` the highest amount that would be accepted now."""
    made = operations.place_bid(code, form.command(), real_at=real_now(), **acting())
    return AcceptedShape(
        seq=made.seq,
        alias=made.alias,
        amount=money(made.amount),
        step=money(made.step),
        at=made.at,
        ends_at=made.ends_at,
        extended=made.extended,
    )


@route(
    "POST",
    "/projects/{code}/auction/agent",
    N_("Let the server bid down to a floor"),
    access=BIDS,
    form=AgentForm,
    gives=AgentShape,
    status=201,
)
def set_agent(code: str, form: AgentForm) -> AgentShape:
    """The floor is kept encrypted and erased at the end; the operator could read it before. Replaces an earlier agent."""
    row = operations.set_agent(code, floor=form.fen(), **acting())
    return AgentShape(set_at=row.set_at, ended_at=row.ended_at, ended_why=row.ended_why)


@route("DELETE", "/projects/{code}/auction/agent", N_("Take one's agent back"), access=BIDS, status=204)
def withdraw_agent(code: str) -> None:
    """Its floor is erased."""
    operations.withdraw_agent(code, **acting())


@route(
    "GET",
    "/projects/{code}/auction/statements",
    N_("Cost statements for bids below the line"),
    access=Access(permissions=(P.QUOTE, P.CHOOSE, P.SUPERVISE, P.PROJECT_REVIEW)),
    gives=LowBidStatementShape,
    many=True,
)
def list_low_bid_statements(code: str) -> Listing[LowBidStatementShape]:
    """For the owner all, for an agency its own; for everybody who may ask from the announcement on."""
    actor = present_actor()
    project = project_for(code, actor)
    rows = statements_of(project.id)
    if project.announced_at is None and not may(actor, P.CHOOSE, organisation_id=project.owner_id):
        agency = agency_of_organisations(actor.organisations_with(P.QUOTE))
        rows = [row for row in rows if agency is not None and row.agency_id == agency.id]
    return Listing([_statement(row) for row in rows])


@route(
    "POST",
    "/projects/{code}/auction/statements",
    N_("Explain bids below the line beforehand"),
    access=BIDS,
    form=StatementForm,
    gives=LowBidStatementShape,
    status=201,
)
def give_low_bid_statement(code: str, form: StatementForm) -> LowBidStatementShape:
    """Before the auction begins; the owner decides within two working days, silence accepts."""
    project_for(code, present_actor())
    return _statement(operations.give_statement(code, form.command(), **acting()))


@route(
    "POST",
    "/projects/{code}/auction/statements/decide",
    N_("Accept or reject such a statement"),
    access=Access(permissions=(P.CHOOSE,)),
    form=CostDecisionForm,
    gives=LowBidStatementShape,
)
def decide_low_bid_statement(code: str, form: CostDecisionForm) -> LowBidStatementShape:
    """With a reason that is public from the announcement on."""
    project = project_for(code, present_actor())
    if not may(present_actor(), P.CHOOSE, organisation_id=project.owner_id):
        raise Forbidden(_("Only the owner of this project decides this."))
    row = operations.decide_statement(
        code, agency_uscc=form.agency.data or "", accept=form.accept.data, reason=form.reason.data, **acting()
    )
    return _statement(row)
