"""Numbers that tell neither order nor how many lie between."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.scattered import MOST, gathered, scattered

KEY = b"k" * 32


@given(st.integers(0, MOST), st.binary(min_size=1, max_size=64))
def test_each_number_has_one_that_leads_back(number: int, key: bytes) -> None:
    assert 0 <= scattered(number, key) <= MOST
    assert gathered(scattered(number, key), key) == number
    assert scattered(gathered(number, key), key) == number


def test_neighbours_are_far_apart_and_in_no_order() -> None:
    shown = [scattered(number, KEY) for number in range(2_000)]
    assert len(set(shown)) == 2_000
    steps = [later - earlier for earlier, later in pairwise(shown)]
    assert 900 < sum(step > 0 for step in steps) < 1_100
    assert sum(abs(step) for step in steps) / len(steps) > MOST / 4
    assert shown != [scattered(number, b"another") for number in range(2_000)]
