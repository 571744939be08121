"""Completed contracts whose ratings were asked for, and everybody who was asked."""

from dataclasses import dataclass
from datetime import datetime

from supermarket.accounts.models import OrganisationKind
from supermarket.contracts.queries import contract
from supermarket.core.permissions import ANONYMOUS, Actor, Role
from supermarket.data import catalogue
from supermarket.ratings import operations
from supermarket.ratings.commands import Give
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.queries import (
    rows_on,
)
from supermarket.ratings.score import Dimension
from supermarket.ratings.states import RatingState
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.contracts import (
    NOTICE_AT,
    Deal,
    make_completed,
)
from tests.factories.matters import SOME_MATTER

INDUSTRY = catalogue.matter(SOME_MATTER).industry
Q, T, C, F, A = Dimension


def points(quality: int, compliance: int, attitude: int) -> dict[Dimension, int]:
    """What a person clicks; timeliness and fees are computed."""
    return {Q: quality, C: compliance, A: attitude}


@dataclass(frozen=True)
class Rated:
    """A completed deal and everybody who was asked."""

    deal: Deal
    authority: Actor
    operator: Actor

    def actor(self, rater: RaterKind) -> Actor:
        return {
            RaterKind.OWNER: self.deal.owner,
            RaterKind.AUTHORITY: self.authority,
            RaterKind.OPERATOR: self.operator,
            RaterKind.AGENCY: self.deal.agency,
        }[rater]

    def give(self, rater: RaterKind, given: dict[Dimension, int] | None = None, *, at: datetime = NOTICE_AT) -> Rating:
        return operations.give(
            self.deal.code, Give(given or dict.fromkeys(Dimension, 4)), actor=self.actor(rater), at=at
        )

    def all_give(self) -> None:
        for rater in RaterKind:
            self.give(rater)


def make_offices() -> tuple[Actor, Actor]:
    """The authority of the matter's industry and the operator, both of Sichuan."""
    authority = make_organisation(OrganisationKind.AUTHORITY, region_code="510000", industry=INDUSTRY)
    operator = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    return make_actor(Role.REGULATOR, authority), make_actor(Role.OPERATOR, operator)


def make_rated(deal: Deal | None = None, *, offices: bool = True, at: datetime = NOTICE_AT) -> Rated:
    """A completed deal whose ratings were asked for at `at`."""
    authority, operator = make_offices() if offices else (ANONYMOUS, ANONYMOUS)
    return Rated(make_completed(deal, at=at), authority, operator)


def state_of(made: Rated, rater: RaterKind) -> RatingState:
    return rows_on(contract(made.deal.code), rater).state
