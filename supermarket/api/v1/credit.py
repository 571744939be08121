"""Register 3 in public: an agency's points with every entry, its scores, the red and black lists (rating-and-credit.md)."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from supermarket.api.parameters import PageQuery, Words
from supermarket.api.readers import agency_for
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape
from supermarket.core.clock import now
from supermarket.core.msgids import N_
from supermarket.core.working_days import local_date
from supermarket.credit.models import CreditEntry, ListEntry, ListKind
from supermarket.credit.points import CreditLevel
from supermarket.credit.queries import credit_of, ledger, list_page
from supermarket.ratings.queries import ScoreLine, lines, scores_of_agency
from supermarket.web.access import present_actor


class EntryShape(Shape):
    """One line of the ledger, in force on local days from_date ≤ d < until_date."""

    id: int
    event: str
    points: int
    source: str
    basis: str
    document_number: str
    project: str | None
    from_date: date
    until_date: date
    reverses: int | None
    entered_at: Moment


class CreditShape(Shape):
    """C on the present day, its level, and every entry it comes from."""

    uscc: str
    on: date
    points: int
    level: CreditLevel
    held_at_b: bool = Field(description="the points alone would be A; too few ratings yet")
    entries: list[EntryShape]


class ScoreShape(Shape):
    """The published score P of one contract; a natural person as owner is masked."""

    contract: str
    project: str
    project_name: str
    owner: str
    score: str | None = Field(description="four decimals; null: nobody rated")
    share: str = Field(description="share of the raters' weight that is present")
    published_at: Moment


class ListShape(Shape):
    """An authority's decision that puts a party on a list."""

    id: int
    uscc: str
    name: str
    authority: str
    basis: str
    document_number: str
    from_date: date
    until_date: date | None


class ListsQuery(PageQuery):
    """A name or a code to look for."""

    q: Words = ""


def _entry(row: CreditEntry) -> EntryShape:
    return EntryShape(
        id=row.id,
        event=row.event,
        points=row.points,
        source=row.source,
        basis=row.basis,
        document_number=row.document_number,
        project=row.project_code,
        from_date=row.from_date,
        until_date=row.until_date,
        reverses=row.reverses_id,
        entered_at=row.entered_at,
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _score(line: ScoreLine) -> ScoreShape:
    return ScoreShape(
        contract=line.contract_code,
        project=line.project_code,
        project_name=line.project_name,
        owner=line.owner_name,
        score=_text(line.score),
        share=format(line.share, "f"),
        published_at=line.published_at,
    )


def _listed(row: ListEntry) -> ListShape:
    return ListShape(
        id=row.id,
        uscc=row.uscc,
        name=row.name,
        authority=row.authority,
        basis=row.basis,
        document_number=row.document_number,
        from_date=row.from_date,
        until_date=row.until_date,
    )


@route("GET", "/agencies/{uscc}/credit", N_("An agency's credit with its ledger"), gives=CreditShape)
def show_credit(uscc: str) -> CreditShape:
    """Points and level on the present day, and every entry."""
    agency, at = agency_for(uscc, present_actor()), now()
    found = credit_of(agency.uscc, at)
    return CreditShape(
        uscc=agency.uscc,
        on=local_date(at),
        points=found.points,
        level=found.level,
        held_at_b=found.held_at_b,
        entries=[_entry(row) for row in ledger(agency.uscc)],
    )


@route(
    "GET", "/agencies/{uscc}/ratings", N_("An agency's published scores"), gives=ScoreShape, many=True, query=PageQuery
)
def list_agency_ratings(uscc: str, query: PageQuery) -> Listing[ScoreShape]:
    """One line per rated contract, newest first."""
    agency = agency_for(uscc, present_actor())
    page = scores_of_agency(agency.uscc, query.part())
    return Listing([_score(line) for line in lines(page.items)], page.next)


@route("GET", "/credit/lists/{kind}", N_("The red or the black list"), gives=ListShape, many=True, query=ListsQuery)
def show_list(kind: str, query: ListsQuery) -> Listing[ListShape]:
    """As it stands today, newest first."""
    page = list_page(ListKind(kind), local_date(now()), query.part(), q=query.q)
    return Listing([_listed(row) for row in page.items], page.next)
