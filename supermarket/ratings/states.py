"""State table of ratings (lifecycle.md)."""

from enum import StrEnum

from supermarket.core.states import Machine


class RatingState(StrEnum):
    """Where one rater's rating of one contract stands."""

    OPEN = "open"
    GIVEN = "given"
    PUBLISHED = "published"
    MISSED = "missed"
    APPEALED = "appealed"
    UPHELD = "upheld"
    ADJUSTED = "adjusted"


class RatingAction(StrEnum):
    """What can happen to a rating."""

    GIVE = "give"
    PUBLISH = "publish"
    MISS = "miss"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    ADJUST = "adjust"


_S, _A = RatingState, RatingAction

RATING = Machine[RatingState, RatingAction](
    "rating",
    RatingState,
    {
        _S.OPEN: {_A.GIVE: _S.GIVEN, _A.MISS: _S.MISSED},
        _S.GIVEN: {_A.PUBLISH: _S.PUBLISHED},
        _S.PUBLISHED: {_A.APPEAL: _S.APPEALED},
        _S.MISSED: {},
        _S.APPEALED: {_A.UPHOLD: _S.UPHELD, _A.ADJUST: _S.ADJUSTED},
        _S.UPHELD: {},
        _S.ADJUSTED: {},
    },
)
