"""/contracts: drafted from awards, signed by both sides (lifecycle.md). Public once in force; before that the sides' own."""

from flask_babel import gettext as _
from pydantic import Field

from supermarket.api.parameters import PageQuery, UsccText, Words
from supermarket.api.routes import SIGNED_IN, route
from supermarket.api.shapes import (
    Listing,
    Moment,
    Money,
    Shape,
    acting,
    money,
)
from supermarket.contracts import operations
from supermarket.contracts.forms import SignForm, UrgeForm
from supermarket.contracts.models import Contract, Party, Urge, UrgeAbout
from supermarket.contracts.permissions import sees_all
from supermarket.contracts.queries import (
    ContractFilter,
    find,
    owner_name,
    terms_of,
    urges_of,
    visible_contract,
)
from supermarket.contracts.states import CONTRACT, ContractState
from supermarket.core.errors import Forbidden
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.web.access import Access, present_actor

SIGNS = Access(permissions=(P.CONTRACT_SIGN_AS_OWNER, P.CONTRACT_SIGN_AS_AGENCY))


class ContractsQuery(PageQuery):
    """What the list is narrowed to."""

    q: Words = ""
    state: ContractState | None = None
    agency: UsccText | None = None
    project: str | None = Field(None, pattern=r"^P-[0-9]{4}-[0-9]{6,12}$", description="code of the project")


class ContractItem(Shape):
    """A contract in short."""

    code: str
    state: ContractState
    project: str
    project_name: str
    owner: str = Field(description="masked if a natural person")
    agency: str
    agency_name: str
    price: Money
    in_force_at: Moment | None
    completed_at: Moment | None


class DeliverableTermShape(Shape):
    """A result that the contract asks for."""

    number: int
    name: str
    due_days: int


class PaymentTermShape(Shape):
    """An instalment of the contract."""

    number: int
    name: str
    percent: int
    after_deliverable: int | None
    amount: Money


class SignatureShape(Shape):
    """A recorded consent: which side, when, to which bytes."""

    party: Party
    document_sha256: str
    signed_at: Moment


class ContractShape(ContractItem):
    """A contract whole; the document's hash is for those who sign or see everything."""

    allowed: list[str]
    duration_days: int
    deliverables: list[DeliverableTermShape]
    payments: list[PaymentTermShape]
    acceptance_days: int
    payment_days: int
    notice_number: str
    document_sha256: str | None = Field(description="of the text that is signed; for the sides and the offices")
    signatures: list[SignatureShape]
    drafted_at: Moment
    sign_due_at: Moment
    public_at: Moment | None
    end_reason: str


class UrgeShape(Shape):
    """One side reminded the other."""

    by: Party
    about: UrgeAbout
    at: Moment


def _short(row: Contract) -> dict[str, object]:
    return {
        "code": row.code,
        "state": row.state,
        "project": row.project.code,
        "project_name": row.project.name,
        "owner": owner_name(row, present_actor()),
        "agency": row.agency.uscc,
        "agency_name": row.agency.name,
        "price": money(row.price),
        "in_force_at": row.in_force_at,
        "completed_at": row.completed_at,
    }


def _signatures(row: Contract) -> list[SignatureShape]:
    return [
        SignatureShape(party=item.party, document_sha256=item.document_sha256, signed_at=item.signed_at)
        for item in row.signatures
    ]


def shape_of(row: Contract) -> ContractShape:
    """The contract as the present reader may see it."""
    terms = terms_of(row)
    return ContractShape.model_validate(
        _short(row)
        | {
            "allowed": [action.value for action in CONTRACT.allowed(row.state)],
            "duration_days": row.duration_days,
            "deliverables": [
                DeliverableTermShape(number=item.number, name=item.name, due_days=item.due_days)
                for item in terms.deliverables
            ],
            "payments": [
                PaymentTermShape(
                    number=item.number,
                    name=item.name,
                    percent=item.percent,
                    after_deliverable=item.after_deliverable,
                    amount=money(item.amount),
                )
                for item in terms.payments
            ],
            "acceptance_days": terms.acceptance_days,
            "payment_days": terms.payment_days,
            "notice_number": terms.notice_number,
            "document_sha256": row.document.sha256 if sees_all(row, present_actor()) else None,
            "signatures": _signatures(row),
            "drafted_at": row.drafted_at,
            "sign_due_at": row.sign_due_at,
            "public_at": row.public_at,
            "end_reason": row.end_reason,
        }
    )


def inner_contract(code: str) -> Contract:
    """The contract for those who see everything of it. Raises NotFound, Forbidden."""
    row = visible_contract(code, present_actor())
    if not sees_all(row, present_actor()):
        raise Forbidden(_("Only the two sides and the offices in charge see this."))
    return row


@route("GET", "/contracts", N_("Contracts"), gives=ContractItem, many=True, query=ContractsQuery)
def list_contracts(query: ContractsQuery) -> Listing[ContractItem]:
    """Public ones, and with a token those of one's own side or office; newest first."""
    wanted = ContractFilter(state=query.state, agency_uscc=query.agency, project_code=query.project, q=query.q)
    page = find(wanted, query.part(), actor=present_actor())
    return Listing([ContractItem.model_validate(_short(row)) for row in page.items], page.next)


@route("GET", "/contracts/{code}", N_("A contract"), gives=ContractShape)
def show_contract(code: str) -> ContractShape:
    """Public once in force."""
    return shape_of(visible_contract(code, present_actor()))


@route("GET", "/contracts/{code}/signatures", N_("Signatures"), gives=SignatureShape, many=True)
def list_signatures(code: str) -> Listing[SignatureShape]:
    """Which side consented, when, to which bytes."""
    return Listing(_signatures(visible_contract(code, present_actor())))


@route(
    "POST",
    "/contracts/{code}/signatures",
    N_("Sign"),
    access=SIGNS,
    form=SignForm,
    gives=ContractShape,
    status=201,
)
def sign_contract(code: str, form: SignForm) -> ContractShape:
    """Consent to exactly the bytes with this SHA-256; the second side's brings the contract into force."""
    visible_contract(code, present_actor())
    return shape_of(operations.sign(code, form.command(), **acting()))


@route("GET", "/contracts/{code}/urges", N_("Who urged whom"), access=SIGNED_IN, gives=UrgeShape, many=True)
def list_urges(code: str) -> Listing[UrgeShape]:
    """For the two sides and the offices, newest first."""
    return Listing([_urge(row) for row in urges_of(inner_contract(code))])


def _urge(row: Urge) -> UrgeShape:
    return UrgeShape(by=row.by_party, about=UrgeAbout(row.about), at=row.at)


@route(
    "POST",
    "/contracts/{code}/urges",
    N_("Urge the other side"),
    access=SIGNS,
    form=UrgeForm,
    gives=UrgeShape,
    status=201,
)
def urge_other_side(code: str, form: UrgeForm) -> UrgeShape:
    """Once a working day, on what the other side owes (催办)."""
    visible_contract(code, present_actor())
    return _urge(operations.urge(code, form.command(), **acting()))
