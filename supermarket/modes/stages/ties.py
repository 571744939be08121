"""Ranking by a key; ties left: higher credit points, then a draw (`tie1`, `tie2` …), equal tickets, over the tied."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from supermarket.core.draw import TicketRule
from supermarket.modes.stages import Candidate, Facts, Waiting
from supermarket.modes.stages.draw import members_of, resolve

Key = tuple[int | Fraction, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The full order, and which draw ended the tie in which a candidate stood."""

    order: tuple[str, ...]
    ties: Mapping[str, str]


def rank(candidates: Sequence[Candidate], key: Callable[[Candidate], Key], facts: Facts) -> Ranked | Waiting:
    """Order by `key`, smallest first. Ties are numbered from the top and drawn one after the other.

    One at a time, because with the source `parties` what one draw reveals is the next one's commitment.
    """

    def place(candidate: Candidate) -> tuple[Key, int]:
        return key(candidate), -candidate.credit_points

    order: list[str] = []
    ties: dict[str, str] = {}
    number = 0
    for _, group in groupby(sorted(candidates, key=place), key=place):
        tied = list(group)
        if len(tied) == 1:
            order.append(tied[0].uscc)
            continue
        number += 1
        purpose = f"tie{number}"
        drawn = resolve(purpose, members_of(tied, TicketRule.EQUAL), facts)
        if isinstance(drawn, Waiting):
            return drawn
        order.extend(drawn)
        ties.update(dict.fromkeys(drawn, purpose))
    return Ranked(tuple(order), ties)
