"""What changed between two runs of the rules, and what two agencies have in common without its being a reason."""

from dataclasses import replace

import pytest

from supermarket.projects.changes import changes, lost
from supermarket.projects.eligibility import check_all
from supermarket.projects.eligibility_facts import EligibilityFacts
from supermarket.projects.links import Ties, WeakKind, weak_links
from tests.unit.test_eligibility import FACTS, ME, OTHER, THIRD


def test_weak_links_are_told_and_bar_nobody() -> None:
    one = Ties(ME, heads=frozenset({"p1"}), controllers=frozenset({"c1"}), address="武侯区 1 号", contact="028-1")
    other = Ties(OTHER, heads=frozenset({"p2"}), controllers=frozenset({"c1", "p1"}), address="武侯区1号", contact="")
    third = Ties(THIRD, managers=frozenset({"p2"}))
    assert weak_links([third, other, one]) == (
        (ME, OTHER, WeakKind.CONTROLLER),
        (ME, OTHER, WeakKind.PERSON),
        (ME, OTHER, WeakKind.ADDRESS),
        (OTHER, THIRD, WeakKind.PERSON),
    )
    # The same head is a reason and no signal; an empty address is nobody's.
    assert weak_links([Ties(ME, heads=frozenset({"p"})), Ties(OTHER, heads=frozenset({"p"}))]) == ()


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (FACTS, []),
        (replace(FACTS, stars=3), [("stars", True, True)]),
        (replace(FACTS, stars=2), [("stars", True, False)]),
        (replace(FACTS, held=()), [("qualifications", True, False)]),
    ],
)
def test_what_changed_between_two_runs(after: EligibilityFacts, changed: list[tuple[str, bool, bool]]) -> None:
    first = [finding.as_json() for finding in check_all(FACTS)]
    second = [finding.as_json() for finding in check_all(after)]
    found = changes(first, second)
    assert [(item["code"], item["was"], item["now"]) for item in found] == changed
    assert lost(found) == [code for code, was, now in changed if was and not now]
    assert [(item["code"], item["was"], item["now"]) for item in changes(second, first)] == [
        (code, now, was) for code, was, now in changed
    ]
    assert changes([], second) == []  # a first run has nothing to be compared with


def test_the_registries_answer_is_of_one_moment_only() -> None:
    asked = {"code": "registries", "ok": True, "evidence": {"silent": []}}
    assert changes([asked], [asked | {"evidence": {"silent": ["x"]}}]) == []
