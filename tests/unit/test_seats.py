"""Filling seats by people: against every way there is, on small cases."""

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from supermarket.agencies.seats import Seats, filled

KINDS = ("A", "B", "C")
needs = st.lists(st.builds(Seats, st.frozensets(st.sampled_from(KINDS)), st.integers(0, 2)), max_size=3)
people = st.lists(st.frozensets(st.sampled_from(KINDS)), max_size=4)


def every_way(wanted: Sequence[Seats], staff: Sequence[frozenset[str]]) -> Iterator[tuple[int, ...]]:
    """The seats filled, for each way to give every person one seat or none."""
    for chosen in product([None, *range(len(wanted))], repeat=len(staff)):
        counts = [chosen.count(place) for place in range(len(wanted))]
        fits = all(
            place is None or wanted[place].accepted & licences for place, licences in zip(chosen, staff, strict=True)
        )
        if fits and all(count <= need.count for count, need in zip(counts, wanted, strict=True)):
            yield tuple(counts)


@given(needs, people)
def test_as_many_as_any_way_could_and_the_first_need_first(wanted: list[Seats], staff: list[frozenset[str]]) -> None:
    found = filled(wanted, staff)
    ways = list(every_way(wanted, staff))
    assert found in ways
    assert sum(found) == max(map(sum, ways))
    assert found == max(ways), "a need that comes first keeps what it could fill"


@given(needs, people)
def test_the_order_of_people_does_not_matter_and_one_more_never_harms(
    wanted: list[Seats], staff: list[frozenset[str]]
) -> None:
    assert filled(wanted, staff) == filled(wanted, staff[::-1])
    assert sum(filled(wanted, staff)) <= sum(filled(wanted, [*staff, frozenset("A")]))


def test_a_person_with_two_licences_fills_one_seat() -> None:
    wanted = [Seats(frozenset("A"), 1), Seats(frozenset("B"), 1)]
    assert filled(wanted, [frozenset("AB")]) == (1, 0)
    assert filled(wanted, [frozenset("AB"), frozenset("A")]) == (1, 1)


def test_a_need_beyond_measure_ends() -> None:
    assert filled([Seats(frozenset("A"), 2**62)], [frozenset("A")] * 3) == (3,)
