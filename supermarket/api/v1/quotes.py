"""/projects/{code}/quotes and /cost-statements: sealed until the announcement (selection.md §4)."""

import builtins

from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies.queries import agency_of_organisations
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Money, Shape, acting, money_or_none
from supermarket.core.errors import Forbidden
from supermarket.core.msgids import N_
from supermarket.core.permissions import P, may
from supermarket.documents.queries import file_number
from supermarket.projects.queries import project_for
from supermarket.selection import operations
from supermarket.selection.forms import (
    BodyForm,
    CostDecisionForm,
    CostStatementForm,
    MissingForm,
    QuoteForm,
    SealedQuoteForm,
)
from supermarket.selection.models import CostStatement, Quote
from supermarket.selection.queries import PublicQuote, announced, low_quotes_of, own_quotes, public_quotes, receipt_of
from supermarket.selection.quote_book import quote_book
from supermarket.selection.states import HandInState
from supermarket.web.access import Access, present_actor


class QuoteShape(Shape):
    """A quote: what is sealed is null."""

    agency: str
    seq: int
    commitment: str = Field(description="SHA-256 of the body")
    received_at: Moment
    receipt: dict[str, str] | None = Field(description="signed by the operator; for the bidder itself")
    counts: bool | None = Field(description="null before the announcement")
    amount: Money | None
    body: str | None
    invalid_code: str | None


class SubmittedQuoteShape(QuoteShape):
    """What a bidder keeps where the server sealed: the body that was sealed is given this once."""


class BookShape(Shape):
    """The public book of a project's sealed quotes, `quote-book-v1`; what is not public yet is null."""

    format: str
    project: str
    keys: dict[str, str | None] | None = Field(
        description="the public keys, and the witness's signature over its own: quote-key-v1 / project / key / opens_at / at"
    )
    receipt_key: str = Field(description="the operator's public Ed25519 key, which signs receipts")
    witness_key: str | None = Field(description="the witness's; compare it with what the regulator publishes")
    list: str | None = Field(description="all commitments at the deadline, replaced ones too")
    list_hash: str | None
    published_at: str | None
    countersignature: dict[str, str] | None
    opened_at: str | None
    stopped: dict[str, str | int] | None = Field(description="what did not fit: nothing is opened then")
    quotes: builtins.list[dict[str, str | int | None]] | None


class HandInShape(Shape):
    """A body that its bidder was asked for."""

    seq: int
    state: HandInState
    cause: str
    asked_at: Moment
    due_at: Moment
    ended_at: Moment | None


class CostStatementShape(Shape):
    """An abnormally low quote and what became of it."""

    agency: str
    statement: str | None
    file: str | None = Field(description="address of the document that came with it")
    statement_due_at: Moment
    given_at: Moment | None
    decision_due_at: Moment | None
    accepted: bool | None
    reason: str
    decided_at: Moment | None


def _opened(row: PublicQuote) -> QuoteShape:
    return QuoteShape(
        agency=row.agency_uscc,
        seq=row.seq,
        commitment=row.commitment,
        received_at=row.received_at,
        receipt=None,
        counts=row.counts,
        amount=money_or_none(row.amount),
        body=row.body,
        invalid_code=row.invalid_code,
    )


def _sealed(row: Quote) -> QuoteShape:
    return QuoteShape(
        agency=row.agency.uscc,
        seq=row.seq,
        commitment=row.commitment,
        received_at=row.received_at,
        receipt=receipt_of(row),
        counts=None,
        amount=None,
        body=None,
        invalid_code=None,
    )


def _statement(row: CostStatement) -> CostStatementShape:
    return CostStatementShape(
        agency=row.quote.agency.uscc,
        statement=row.statement,
        file=None if row.document_id is None else f"/files/{file_number(row.document_id)}",
        statement_due_at=row.statement_due_at,
        given_at=row.given_at,
        decision_due_at=row.decision_due_at,
        accepted=row.accepted,
        reason=row.reason,
        decided_at=row.decided_at,
    )


@route("GET", "/projects/{code}/quotes", N_("Quotes"), gives=QuoteShape, many=True)
def list_quotes(code: str) -> Listing[QuoteShape]:
    """Every quote from the announcement on; before that one's own commitments, whose amounts stay sealed even here."""
    actor = present_actor()
    project = project_for(code, actor)
    public = public_quotes(project)
    if public is not None:
        return Listing([_opened(row) for row in public])
    agency = agency_of_organisations(actor.organisations_with(P.QUOTE))
    return Listing([] if agency is None else [_sealed(row) for row in own_quotes(project.id, agency.id)])


@route(
    "POST",
    "/projects/{code}/quotes",
    N_("Hand in a quote"),
    access=Access(permissions=(P.QUOTE,)),
    form=SealedQuoteForm,
    gives=QuoteShape,
    status=201,
)
def submit_quote(code: str, form: SealedQuoteForm) -> QuoteShape:
    """Sealed by the bidder (static/verify/quote_seal.py shows how); a later one replaces it until the deadline.

    The same sealed quote again gets the same receipt. Keep the body: nobody else has it.
    """
    project_for(code, present_actor())
    return _sealed(operations.submit_quote(code, form.command(), **acting()))


@route(
    "POST",
    "/projects/{code}/open-quotes",
    N_("Hand in a quote that the operator seals"),
    access=Access(permissions=(P.QUOTE,)),
    form=QuoteForm,
    gives=SubmittedQuoteShape,
    status=201,
)
def submit_open_quote(code: str, form: QuoteForm) -> SubmittedQuoteShape:
    """Only where the owner of a purchase with social money opted out: the operator can see the amount. Keep the body."""
    project_for(code, present_actor())
    kept = operations.submit_open_quote(code, form.fen(), **acting())
    return SubmittedQuoteShape.model_validate(
        _sealed(kept.quote).model_dump() | {"amount": money_or_none(form.fen()), "body": kept.body}
    )


@route("GET", "/projects/{code}/quote-book", N_("Keys, list and opened quotes"), gives=BookShape)
def get_quote_book(code: str) -> BookShape:
    """Before the deadline the keys only, then the list with its countersignature, from the announcement on the bodies."""
    return BookShape.model_validate(quote_book(project_for(code, present_actor())))


@route(
    "POST",
    "/projects/{code}/quotes/missing",
    N_("Show a receipt that is not on the list"),
    access=Access(permissions=(P.QUOTE,)),
    form=MissingForm,
    gives=BookShape,
)
def report_missing_quote(code: str, form: MissingForm) -> BookShape:
    """From the publication of the list to the opening: a receipt that holds stops the opening for good, publicly."""
    project = project_for(code, present_actor())
    operations.report_missing(code, form.command(), **acting())
    return BookShape.model_validate(quote_book(project))


@route(
    "POST",
    "/projects/{code}/quotes/body",
    N_("Hand in the body of a quote"),
    access=Access(permissions=(P.QUOTE,)),
    form=BodyForm,
    gives=HandInShape,
)
def hand_in_quote_body(code: str, form: BodyForm) -> HandInShape:
    """Where a key is missing or the box did not open: the seven lines, or the whole kept file, within 24 hours."""
    project_for(code, present_actor())
    row = operations.hand_in_body(code, form.data_bytes(), **acting())
    return HandInShape(
        seq=row.quote.seq,
        state=row.state,
        cause=row.cause,
        asked_at=row.asked_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
    )


@route(
    "GET",
    "/projects/{code}/cost-statements",
    N_("Cost statements of abnormally low quotes"),
    access=Access(permissions=(P.QUOTE, P.CHOOSE, P.SUPERVISE, P.PROJECT_REVIEW)),
    gives=CostStatementShape,
    many=True,
)
def list_cost_statements(code: str) -> Listing[CostStatementShape]:
    """For the owner and the offices all, for an agency its own; for everybody from the announcement on."""
    actor = present_actor()
    project = project_for(code, actor)
    rows = low_quotes_of(project.id)
    inside = may(actor, P.CHOOSE, organisation_id=project.owner_id) or any(
        may(actor, permission, region=project.region_code) for permission in (P.SUPERVISE, P.PROJECT_REVIEW)
    )
    if not announced(project) and not inside:
        agency = agency_of_organisations(actor.organisations_with(P.QUOTE))
        rows = [row for row in rows if agency is not None and row.quote.agency_id == agency.id]
    return Listing([_statement(row) for row in rows])


@route(
    "POST",
    "/projects/{code}/cost-statements",
    N_("Give one's cost statement"),
    access=Access(permissions=(P.QUOTE,)),
    form=CostStatementForm,
    upload=True,
    gives=CostStatementShape,
    status=201,
)
def give_cost_statement(code: str, form: CostStatementForm) -> CostStatementShape:
    """Within one working day of being asked; as JSON, or with a file as multipart/form-data."""
    project_for(code, present_actor())
    return _statement(operations.give_cost_statement(code, text=form.text.data, file=form.attachment(), **acting()))


@route(
    "POST",
    "/projects/{code}/cost-statements/decide",
    N_("Accept or reject a cost statement"),
    access=Access(permissions=(P.CHOOSE,)),
    form=CostDecisionForm,
    gives=CostStatementShape,
)
def decide_cost_statement(code: str, form: CostDecisionForm) -> CostStatementShape:
    """The owner decides with a public reason within two working days; silence accepts."""
    project = project_for(code, present_actor())
    if not may(present_actor(), P.CHOOSE, organisation_id=project.owner_id):
        raise Forbidden(_("Only the owner of this project decides this."))
    row = operations.decide_cost_statement(
        code, agency_uscc=form.agency.data or "", accept=form.accept.data, reason=form.reason.data, **acting()
    )
    return _statement(row)
