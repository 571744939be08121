"""A purchase with sealed quotes at work: bidders, their kept bodies, and what the tick does to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency
from supermarket.core.errors import InvalidInput, MarketError
from supermarket.core.events import Event
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.selection import operations as selection
from supermarket.selection.models import OpenedQuote, Quote, QuoteList
from supermarket.supervision.tick import tick
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import sealed_by


@dataclass
class Bidding:
    """The purchase by its code, who bids, and the bodies that each has kept."""

    code: str
    at: datetime
    bidders: list[tuple[Agency, Actor]]
    bodies: list[bytes] = field(default_factory=list)

    @property
    def project(self) -> Project:
        """As it stands in the database."""
        db.session.expire_all()
        return db.session.scalars(sa.select(Project).where(Project.code == self.code)).one()

    @property
    def listed(self) -> QuoteList:
        """The published list."""
        return db.session.scalars(
            sa.select(QuoteList).join(Project, Project.id == QuoteList.project_id).where(Project.code == self.code)
        ).one()

    @property
    def until(self) -> datetime:
        """The end of enrolment."""
        found = self.project.enrol_until
        assert found is not None
        return found

    def quote(self, place: int, amount: int, at: datetime | None = None) -> Quote:
        """A bidder seals and hands in."""
        actor = self.bidders[place][1]
        made = sealed_by(actor, self.code, amount)
        self.bodies.append(made.body)
        with unit():
            return selection.submit_quote(self.code, made.sealed, actor=actor, at=at or self.at)

    def pass_to(self, at: datetime) -> None:
        """Everything that is due at `at`, as the supervisor's tick does it. Raises AssertionError for a failure."""
        assert tick(at).failures == []

    def listed_at_deadline(self) -> QuoteList:
        """Let the enrolment end."""
        self.pass_to(self.until)
        return self.listed

    def opened(self) -> dict[str, tuple[int | None, str | None]]:
        """USCC → amount in fen and code of what was opened."""
        rows = db.session.execute(
            sa.select(Quote, OpenedQuote)
            .join(OpenedQuote, OpenedQuote.quote_id == Quote.id)
            .join(Project, Project.id == Quote.project_id)
            .where(Project.code == self.code)
            .execution_options(populate_existing=True)
        )
        return {quote.agency.uscc: (opened.amount, opened.invalid_code) for quote, opened in rows}


def make_bidding(at: datetime, *amounts: int, bidders: int | None = None, **changes: object) -> Bidding:
    """A published purchase by sealed quotes; each bidder has enrolled and handed its amount in fen in."""
    with unit():
        project, _owner = make_open_project(at, mode="bidding", **changes)
        made = Bidding(project.code, at + timedelta(minutes=5), [])
        made.bidders = list(make_enrolled(project, bidders or len(amounts), at))
    for place, amount in enumerate(amounts):
        made.quote(place, amount)
    return made


def written(session: Session) -> tuple[int, int]:
    """How many quotes and events there are."""
    return (
        session.scalar(sa.select(sa.func.count()).select_from(Quote)) or 0,
        session.scalar(sa.select(sa.func.count()).select_from(Event)) or 0,
    )


def refusal(act: Callable[[], object]) -> tuple[str, str]:
    """The code at the field (or of the refusal) and the sentence. Raises AssertionError where nothing is refused."""
    try:
        with unit():
            act()
    except InvalidInput as error:
        return error.errors[0].code, error.errors[0].message
    except MarketError as error:
        return error.code, error.message
    raise AssertionError("it was not refused")
