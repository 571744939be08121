"""What people ask of the ratings room, as frozen values; the forms make them."""

from collections.abc import Mapping
from dataclasses import dataclass

from supermarket.ratings.score import Dimension


@dataclass(frozen=True)
class Give:
    """One rater's points (1–5) and what it has to say; dimensions that the system computes may be left out."""

    points: Mapping[Dimension, int]
    comment: str = ""


@dataclass(frozen=True)
class DecideAppeal:
    """Another officer's decision on an appeal: the rating stands (`points` None), or these points replace the rater's."""

    reason: str
    points: Mapping[Dimension, int] | None = None
