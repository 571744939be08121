"""Which lives a play shows: plot, mode, money, who is meant to win, and when it begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from supermarket.projects.models import Funding


class Plot(StrEnum):
    """What happens to a purchase; from DRAFT on: where it stands when the play ends."""

    RATED = "rated"
    TOO_FEW = "too_few"
    REDUCED = "reduced"
    WITHDRAWN = "withdrawn"
    REISSUED = "reissued"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    NOT_ACCEPTED = "not_accepted"
    UNSIGNED = "unsigned"
    LOW_QUOTE = "low_quote"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    OPEN = "open"
    SCORING = "scoring"
    FROZEN = "frozen"
    TO_CHOOSE = "to_choose"
    OFFERED = "offered"
    ANNOUNCED = "announced"
    OWNER_TO_SIGN = "owner_to_sign"
    AGENCY_TO_SIGN = "agency_to_sign"
    TO_DELIVER = "to_deliver"
    TO_ACCEPT = "to_accept"
    TO_CONFIRM = "to_confirm"
    TO_RATE = "to_rate"


# Working days before the end at which such a life begins.
BEGINS_BEFORE_END = {
    Plot.DRAFT: 2,
    Plot.IN_REVIEW: 1,
    Plot.OPEN: 1,
    Plot.FROZEN: 6,
    Plot.SCORING: 6,
    Plot.TO_CHOOSE: 6,
    Plot.OFFERED: 1,
    Plot.ANNOUNCED: 6,
    Plot.OWNER_TO_SIGN: 9,
    Plot.AGENCY_TO_SIGN: 9,
    Plot.TO_DELIVER: 16,
    Plot.TO_ACCEPT: 14,
    Plot.TO_CONFIRM: 12,
    Plot.TO_RATE: 21,
}


class Favourite(StrEnum):
    """Who quotes so that it wins, where quotes decide: places in cast, all of them surveyors."""

    AGENCY = "agency@demo.test"
    AGENCY_2 = "agency2@demo.test"
    EXCELLENT = "excellent"
    POOR = "poor"


@dataclass(frozen=True)
class Part:
    """One life. `live`: quotes are given in a live auction. `share` of the span at which it begins (None: by BEGINS_BEFORE_END)."""

    plot: Plot
    mode: str
    funding: Funding | None = None
    favourite: Favourite | None = None
    demo_owner: bool = False
    live: bool = False
    share: float | None = None
    # Experts on the panel that scores the plans; 0: none.
    panel: int = 0

    @property
    def surveying(self) -> bool:
        """Whether it is about the matters that the demo's three agencies have in common."""
        return self.demo_owner or self.favourite is not None


_FISCAL, _SOCIAL = Funding.FISCAL, Funding.SOCIAL
_ME, _ME_2, _BEST, _POOR = Favourite.AGENCY, Favourite.AGENCY_2, Favourite.EXCELLENT, Favourite.POOR

# In the order of their importance: a short play takes the first ones.
PARTS = (
    Part(Plot.RATED, "random", _SOCIAL, demo_owner=True, share=0.01),
    Part(Plot.OWNER_TO_SIGN, "random", _SOCIAL, demo_owner=True),
    Part(Plot.RATED, "bidding", None, _POOR, share=0.0),
    Part(Plot.TO_ACCEPT, "bidding", _FISCAL, _ME, demo_owner=True),
    Part(Plot.TOO_FEW, "random", share=0.1),
    Part(Plot.IN_REVIEW, "random", _FISCAL, demo_owner=True),
    Part(Plot.RATED, "merit", None, _BEST, share=0.02),
    Part(Plot.OPEN, "random", _SOCIAL, demo_owner=True),
    Part(Plot.RATED, "bidding", None, _POOR, share=0.03),
    Part(Plot.DRAFT, "bidding", _SOCIAL, demo_owner=True),
    Part(Plot.RATED, "bidding", None, _POOR, live=True, share=0.06),
    Part(Plot.ANNOUNCED, "merit", _FISCAL, _ME_2, demo_owner=True),
    Part(Plot.DECLINED, "random", share=0.16),
    Part(Plot.FROZEN, "bidding", _SOCIAL, _ME),
    Part(Plot.RATED, "direct", _SOCIAL, _BEST, share=0.12),
    Part(Plot.TO_RATE, "merit", _SOCIAL, _ME, demo_owner=True),
    Part(Plot.UNSIGNED, "random_bidding", share=0.22),
    Part(Plot.OFFERED, "direct", _SOCIAL, _ME),
    Part(Plot.WITHDRAWN, "merit", share=0.3),
    Part(Plot.FROZEN, "bidding", _SOCIAL, _ME, live=True),
    Part(Plot.TO_DELIVER, "bidding", None, _ME),
    Part(Plot.RATED, "bidding", None, _BEST, share=0.2),
    Part(Plot.AGENCY_TO_SIGN, "bidding", _SOCIAL, _ME),
    Part(Plot.REISSUED, "random", share=0.26),
    Part(Plot.TO_CONFIRM, "direct", _SOCIAL, _ME),
    Part(Plot.SUSPENDED, "mean_price", share=0.34),
    Part(Plot.RATED, "merit", None, _BEST, share=0.3),
    Part(Plot.RATED, "merit_random", share=0.38),
    Part(Plot.LOW_QUOTE, "bidding", share=0.42),
    Part(Plot.RATED, "bidding", None, _POOR, share=0.1),
    Part(Plot.RATED, "bidding", None, _BEST, share=0.44),
    Part(Plot.NOT_ACCEPTED, "direct", _SOCIAL, share=0.5),
    Part(Plot.RATED, "direct", _SOCIAL, _ME, share=0.54),
    Part(Plot.REDUCED, "merit", share=0.58),
    Part(Plot.RATED, "bidding", None, _ME_2, live=True, share=0.62),
    Part(Plot.RATED, "credit_merit", share=0.66),
    Part(Plot.RATED, "merit", None, _ME, share=0.72, panel=5),
    Part(Plot.SCORING, "merit", _SOCIAL, demo_owner=True, panel=5),
    Part(Plot.TO_CHOOSE, "credit_merit", _SOCIAL, demo_owner=True),
    Part(Plot.OPEN, "merit_bidding", _FISCAL),
)
_MORE = (
    "random",
    "bidding",
    "merit",
    "credit_merit",
    "merit_random",
    "merit_bidding",
    "random_bidding",
    "mean_price",
    "direct",
)


def parts(count: int) -> Iterator[Part]:
    """So many lives: the ones above, then ordinary ones spread over the time."""
    yield from PARTS[:count]
    more = count - len(PARTS)
    for number in range(more):
        yield Part(Plot.RATED, _MORE[number % len(_MORE)], share=0.9 * (number + 0.5) / more)
