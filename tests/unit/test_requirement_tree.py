"""Requirement trees: any of, all of, levels and specialities, what is missing, JSON, words."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.data import catalogue
from supermarket.data.facts import QualificationKind
from supermarket.data.requirements import JSON, MOST_PEOPLE, Requirement, RequirementError, json_of, parse_licences
from supermarket.matters.requirement_tree import (
    HeldQualification,
    Missing,
    MissingCode,
    OneOf,
    all_of,
    any_of,
    as_sentence,
    evaluate,
    from_json,
    joined,
    leaf,
    to_json,
    validate,
)

KINDS: Mapping[str, QualificationKind] = {kind.code: kind for kind in catalogue.qualification_kinds()}
NAMES = {code: kind.name for code, kind in KINDS.items()}
ON = date(2026, 6, 1)
SURVEYING, DESIGN, SUPERVISION, ABOLISHED = "Q021", "Q009", "Q010", "Q001"


def make_held(
    kind: str = SURVEYING,
    speciality: str | None = "工程测量",
    level: str | None = "甲级",
    until: date | None = date(2027, 1, 1),
) -> HeldQualification:
    return HeldQualification(kind, speciality, level, until)


def codes(tree: Requirement | None, *held: HeldQualification, on: date = ON) -> list[str]:
    return [missing.code.value for missing in evaluate(tree, held, on, KINDS).leaves()]


def test_nothing_demanded_is_met_by_anybody() -> None:
    assert evaluate(None, [], ON, KINDS).met


def test_nothing_on_file_is_not_qualified() -> None:
    found = evaluate(leaf(SURVEYING), [], ON, KINDS)
    assert not found.met
    assert found.missing == (Missing(leaf(SURVEYING), MissingCode.NOT_HELD),)


def test_a_leaf_is_met_by_the_level_or_a_higher_one() -> None:
    assert codes(leaf(SURVEYING, level="乙级"), make_held()) == []
    assert codes(leaf(SURVEYING, level="甲级"), make_held(level="乙级")) == ["level_too_low"]
    assert codes(leaf(SURVEYING, level="乙级"), make_held(level=None)) == ["level_too_low"]
    assert codes(leaf(SURVEYING, level="乙级"), make_held(level="特级")) == ["level_too_low"]


def test_a_leaf_is_met_by_its_speciality_or_a_general_level() -> None:
    assert codes(leaf(SURVEYING, "海洋测绘"), make_held()) == ["other_speciality"]
    assert codes(leaf(SURVEYING, "工程测量"), make_held(speciality=None)) == ["other_speciality"]
    assert codes(leaf(SUPERVISION, "公路工程", "专业乙级"), make_held(SUPERVISION, None, "综合")) == []


def test_one_certificate_must_meet_the_whole_leaf() -> None:
    needed = leaf(SURVEYING, "工程测量", "甲级")
    other = make_held(speciality="海洋测绘", level="甲级")
    lower = make_held(speciality="工程测量", level="乙级")
    assert codes(needed, other, lower) == ["level_too_low"]


def test_the_last_day_is_good_and_the_next_is_not() -> None:
    held = make_held(until=ON)
    assert codes(leaf(SURVEYING), held) == []
    late = evaluate(leaf(SURVEYING), [held], date(2026, 6, 2), KINDS)
    assert late.missing == (Missing(leaf(SURVEYING), MissingCode.EXPIRED, held),)
    assert codes(leaf(SURVEYING), make_held(until=None)) == []
    assert codes(leaf(SURVEYING), held, make_held(until=date(2026, 7, 1)), on=date(2026, 6, 2)) == []


def test_any_of_and_all_of_are_different() -> None:
    both = (leaf(SURVEYING), leaf(DESIGN))
    assert codes(any_of(*both), make_held()) == []
    assert codes(all_of(*both), make_held()) == ["not_held"]
    nothing = evaluate(any_of(*both), [], ON, KINDS)
    assert nothing.missing == (
        OneOf(((Missing(both[0], MissingCode.NOT_HELD),), (Missing(both[1], MissingCode.NOT_HELD),))),
    )


def test_an_unknown_or_abolished_kind_is_never_met() -> None:
    assert codes(leaf("Q999"), make_held("Q999")) == ["kind_not_live"]
    assert codes(leaf(ABOLISHED), make_held(ABOLISHED, None, "甲级")) == ["kind_not_live"]


def test_joined_demands_everything() -> None:
    assert joined(None, None) is None
    assert joined(leaf(SURVEYING), None) == leaf(SURVEYING)
    assert joined(leaf(SURVEYING), leaf(DESIGN)) == all_of(leaf(SURVEYING), leaf(DESIGN))


@pytest.mark.parametrize(
    ("tree", "code"),
    [
        (leaf("Q999"), "unknown_kind"),
        (leaf(ABOLISHED), "abolished"),
        (leaf("Q082"), "merged"),
        (leaf("Q007"), "voluntary"),
        (leaf("Q056"), "no_licence"),
        (leaf("Q064"), "personal"),
        (leaf(SURVEYING, level="丁级"), "unknown_level"),
        (leaf(SURVEYING, "天文测绘"), "unknown_speciality"),
        (all_of(leaf(SURVEYING), any_of(leaf(DESIGN), leaf(SURVEYING))), "twice"),
    ],
)
def test_validate_refuses(tree: Requirement, code: str) -> None:
    problems = validate(tree, KINDS)
    assert code in [problem.code for problem in problems]
    assert all(problem.sentence.text().endswith(".") for problem in problems)


def test_validate_explains_an_abolished_kind() -> None:
    assert validate(leaf(ABOLISHED), KINDS)[0].sentence.text() == (
        "工程造价咨询企业资质 was abolished and must not be demanded (国发〔2021〕7号取消审批)."
    )


def test_every_tree_of_the_catalogue_is_valid() -> None:
    problems = [
        (matter.code, problem) for matter in catalogue.matters() for problem in validate(matter.requirement, KINDS)
    ]
    assert problems == []
    assert validate(None, KINDS) == ()


def test_json_goes_both_ways() -> None:
    tree = all_of(leaf(SURVEYING, "工程测量", "乙级"), any_of(leaf(DESIGN), leaf(SUPERVISION)))
    written = to_json(tree)
    assert written == {
        "all_of": [
            {"kind": "Q021", "speciality": "工程测量", "level": "乙级"},
            {
                "any_of": [
                    {"kind": "Q009", "speciality": None, "level": None},
                    {"kind": "Q010", "speciality": None, "level": None},
                ]
            },
        ]
    }
    assert from_json(written) == tree
    assert from_json(None) is None
    assert to_json(None) is None


def nested(depth: int) -> JSON:
    node: JSON = {"kind": SURVEYING}
    for _ in range(depth):
        node = {"all_of": [node]}
    return node


@pytest.mark.parametrize(
    "node",
    [
        {},
        [],
        "Q021",
        {"kind": ""},
        {"kind": "Q021", "colour": "red"},
        {"any_of": []},
        {"all_of": {}},
        {"any_of": [{"kind": "Q021"}], "all_of": [{"kind": "Q009"}]},
        {"any_of": [[{"kind": "Q021"}]]},
        nested(6),
        nested(5_000),
        {"any_of": [{"kind": f"Q{number}"} for number in range(61)]},
    ],
)
def test_strange_json_is_refused(node: JSON) -> None:
    with pytest.raises(RequirementError):
        from_json(node)


def test_depth_and_breadth_at_their_limits_are_read() -> None:
    assert from_json(nested(5)) is not None
    assert from_json({"any_of": [{"kind": f"Q{number}"} for number in range(60)]}) is not None


def test_a_branchless_node_cannot_be_built() -> None:
    for build in (any_of, all_of):
        with pytest.raises(RequirementError):
            build()


def test_words() -> None:
    assert as_sentence(None, NAMES) == "no qualification is demanded"
    assert as_sentence(leaf(SURVEYING, "工程测量", "乙级"), NAMES) == "测绘资质 (工程测量), level 乙级 or higher"
    assert as_sentence(leaf(SURVEYING, level="乙级"), NAMES) == "测绘资质, level 乙级 or higher"
    tree = all_of(leaf(SURVEYING, "工程测量"), any_of(leaf(DESIGN), leaf("Q999")))
    assert as_sentence(tree, NAMES) == "all of: 测绘资质 (工程测量); (any of: 工程设计资质; Q999)"
    chinese = {"any of: %(items)s": "具备其一：%(items)s", "; ": "；", "(%(items)s)": "（%(items)s）"}
    assert as_sentence(any_of(leaf(SURVEYING), leaf(DESIGN)), NAMES, lambda text: chinese.get(text, text)) == (
        "具备其一：测绘资质；工程设计资质"
    )


LEAVES = st.builds(
    leaf,
    st.sampled_from([SURVEYING, DESIGN, SUPERVISION]),
    st.none() | st.sampled_from(["工程测量", "公路工程"]),
    st.none() | st.sampled_from(["甲级", "乙级", "专业甲级", "综合"]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda branches: st.sampled_from([any_of(*branches), all_of(*branches)])
    ),
    max_leaves=8,
)
HELD = st.lists(
    st.builds(
        HeldQualification,
        st.sampled_from([SURVEYING, DESIGN, SUPERVISION]),
        st.none() | st.sampled_from(["工程测量", "公路工程"]),
        st.none() | st.sampled_from(["甲级", "乙级", "专业甲级", "综合"]),
        st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    ),
    max_size=4,
)


@given(TREES)
def test_empty_hands_meet_no_tree(tree: Requirement) -> None:
    found = evaluate(tree, [], ON, KINDS)
    assert not found.met
    assert found.missing


@given(TREES, HELD, HELD)
def test_more_certificates_never_hurt(
    tree: Requirement, held: list[HeldQualification], more: list[HeldQualification]
) -> None:
    found = evaluate(tree, held, ON, KINDS)
    assert found.met == (not found.missing)
    if found.met:
        assert evaluate(tree, [*held, *more], ON, KINDS).met


@given(TREES, TREES, HELD)
def test_any_is_or_and_all_is_and(first: Requirement, second: Requirement, held: list[HeldQualification]) -> None:
    one, two = (evaluate(tree, held, ON, KINDS).met for tree in (first, second))
    assert evaluate(any_of(first, second), held, ON, KINDS).met == (one or two)
    assert evaluate(all_of(first, second), held, ON, KINDS).met == (one and two)


@given(LEAVES, LEAVES, LEAVES)
def test_json_is_read_back(first: Requirement, second: Requirement, third: Requirement) -> None:
    tree = any_of(first, all_of(second, third))
    assert from_json(to_json(tree)) == tree


@given(TREES)
def test_every_tree_is_read_back_and_said(tree: Requirement) -> None:
    assert from_json(to_json(tree)) == tree
    said = as_sentence(tree, NAMES)
    assert said.strip()
    assert all(NAMES[needed.kind] in said for needed in tree.leaves())


@given(st.lists(TREES, min_size=1, max_size=4), HELD)
def test_all_of_with_no_qualification_fails_whatever_else_is_there(
    branches: list[Requirement], held: list[HeldQualification]
) -> None:
    assert not evaluate(all_of(*branches), [], ON, KINDS).met
    never = leaf("Q999")
    assert not evaluate(all_of(*branches, never), held, ON, KINDS).met


@pytest.mark.parametrize("text", ["", "{", "[" * 9_000, "1" * 5_000, '{"kind": "\\u0000"}', '["\\ud800"]'])
def test_json_that_cannot_be_read_or_kept_is_refused(text: str) -> None:
    """A number of thousands of digits is a ValueError of its own kind, half of a letter none at all until it is stored."""
    with pytest.raises(RequirementError):
        json_of(text)


@pytest.mark.parametrize("count", [0, -1, MOST_PEOPLE + 1, 10**400, True, "2"])
def test_a_count_of_people_is_one_that_can_be_meant(count: JSON) -> None:
    with pytest.raises(RequirementError, match="count"):
        parse_licences([{"kind": "Q064", "count": count}])
