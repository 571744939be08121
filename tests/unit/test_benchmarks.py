"""What pages are measured against must be of their size, and the table must say how they stand to it."""

import pytest

from benchmarks.pages import Rate, bare_flask, bare_jinja, lines


@pytest.mark.parametrize("size", [5_000, 28_000, 60_000])
def test_bare_pages_are_of_the_size_that_is_asked_for(size: int) -> None:
    assert len(bare_flask(size).test_client().get("/").data) == size
    assert len(bare_jinja(size).test_client().get("/").data) == pytest.approx(size, rel=0.05)


def test_the_table_says_ratios_to_the_bare_pages() -> None:
    page, bare, jinja = (
        Rate("/x", 50.0, 20.0, 100, 6),
        Rate("bare", 500.0, 2.0, 100, 0),
        Rate("jinja", 200.0, 5.0, 100, 0),
    )
    assert lines([page], bare, jinja)[1].split() == ["/x", "50.0", "20.00", "100", "6", "0.1000", "0.2500"]
