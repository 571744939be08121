"""Who fills which seat: pure. A person fills one seat of a matter, however many licences they hold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seats:
    """How many people with one of the `accepted` kinds of licence are needed."""

    accepted: frozenset[str]
    count: int


def filled(needs: Sequence[Seats], people: Sequence[Collection[str]]) -> tuple[int, ...]:
    """How many seats of each need can be filled at once, by as many different people; as many in all as can be.

    `people` are each person's kinds of licence. A need that comes first keeps what it could fill: the largest matching
    is built seat by seat along augmenting paths (Kuhn), which never empty a seat again.
    """
    # No need can have more than everybody, whatever it asks for.
    owners = [place for place, need in enumerate(needs) for _ in range(min(max(need.count, 0), len(people)))]
    seat_of: dict[int, int] = {}  # person → seat

    def seat(number: int, seen: set[int]) -> bool:
        for person, licences in enumerate(people):
            if person in seen or needs[owners[number]].accepted.isdisjoint(licences):
                continue
            seen.add(person)
            if person not in seat_of or seat(seat_of[person], seen):
                seat_of[person] = number
                return True
        return False

    counts = [0] * len(needs)
    for number, place in enumerate(owners):
        counts[place] += seat(number, set())
    return tuple(counts)
