"""The requirement editor's fields: nothing typed is lost, every tree is read back as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.data.requirements import AllOf, AnyOf, KindNeeded, LicenceNeeded, Requirement, parse_licences
from supermarket.matters.requirement_tree import MAX_DEPTH, all_of, any_of, from_json, leaf
from supermarket.matters.tree_form import (
    Group,
    LicenceRow,
    Row,
    acted,
    acted_licences,
    can_hold_groups,
    fields_of,
    is_sent,
    json_of,
    licences_json,
    read,
    read_licences,
    rows_of,
    tree_of,
    written,
    written_licences,
)

LEAVES = st.builds(
    leaf,
    st.sampled_from(["Q021", "Q009", "Q010", "Q999"]),
    st.none() | st.sampled_from(["工程测量", "公路工程"]),
    st.none() | st.sampled_from(["甲级", "乙级"]),
)


def groups(inner: st.SearchStrategy[Requirement]) -> st.SearchStrategy[Requirement]:
    return st.builds(
        lambda join, branches: join(*branches),
        st.sampled_from([any_of, all_of]),
        st.lists(inner, min_size=1, max_size=2),
    )


def trees(depth: int = MAX_DEPTH) -> st.SearchStrategy[Requirement]:
    """Trees of at most so many levels, and so at most 32 leaves."""
    return LEAVES if depth == 1 else st.one_of(LEAVES, groups(trees(depth - 1)))


ROWS = st.builds(Row, *[st.sampled_from(["", "x", "甲级"])] * 3)
EDITORS = st.builds(
    Group,
    st.sampled_from(["all_of", "any_of"]),
    st.lists(
        ROWS | st.builds(Group, st.sampled_from(["all_of", "any_of"]), st.lists(ROWS, max_size=3).map(tuple)),
        max_size=4,
    ).map(tuple),
)


@given(trees())
def test_every_tree_goes_through_the_form_and_comes_back_the_same(tree: Requirement) -> None:
    sent = read(fields_of(written(tree)))
    assert sent == written(tree)
    assert tree_of(sent) == tree
    assert from_json(json_of(sent)) == tree


@given(EDITORS)
def test_what_was_typed_stays_typed(editor: Group) -> None:
    assert read(fields_of(editor)) == editor
    assert is_sent(fields_of(editor))


@given(EDITORS, st.integers(0, 4))
def test_buttons_change_one_line_and_lose_nothing_else(editor: Group, number: int) -> None:
    more = acted(editor, "add-row:tree")
    assert more.lines == (*editor.lines, Row())
    assert acted(more, f"drop:tree-{len(editor.lines)}") == editor
    before = list(rows_of(editor))
    after = list(rows_of(acted(editor, f"add-group:tree-{number}")))
    assert [row for row in after if not row.empty] == [row for row in before if not row.empty]
    dropped = acted(editor, f"drop:tree-{number}")
    assert dropped.lines == editor.lines[:number] + editor.lines[number + 1 :]


def test_groups_are_added_as_deep_as_a_tree_may_be() -> None:
    editor, place = Group(), "tree"
    while can_hold_groups(place.count("-")):
        # A new group has one empty row; the next one stands behind it.
        editor, place = acted(editor, f"add-group:{place}"), place + ("-1" if "-" in place else "-0")
    assert acted(editor, f"add-group:{place}") == editor
    # One more line in the outermost group, so that it counts as a level.
    fields = fields_of(acted(editor, "add-row:tree")) | {f"{place}-0-kind": "Q021", "tree-1-kind": "Q009"}
    tree = from_json(json_of(read(fields)))
    assert tree is not None
    assert depth_of(tree) == MAX_DEPTH


def depth_of(tree: Requirement) -> int:
    return 1 if isinstance(tree, KindNeeded) else 1 + max(depth_of(branch) for branch in tree.branches)


@pytest.mark.parametrize(
    "act", ["", "save", "drop:tree", "drop:tree-9", "add-row:wood", "drop:tree-0-0-0", "burn:tree"]
)
def test_other_buttons_change_nothing(act: str) -> None:
    editor = written(all_of(leaf("Q021"), leaf("Q009")))
    assert acted(editor, act) == editor


def test_nothing_chosen_demands_nothing_and_half_a_row_is_refused() -> None:
    assert json_of(Group()) is json_of(Group("any_of", (Row(), Group("all_of", (Row(),))))) is None
    assert written(None) == Group()
    with pytest.raises(ValueError, match="a code is needed"):
        from_json(json_of(Group(lines=(Row(level="甲级"),))))
    half = Group(lines=(Row("Q021"), Row(level="甲级"), Group("any_of", (Row(), Row("Q009")))))
    assert tree_of(half) == AllOf((KindNeeded("Q021"), AnyOf((KindNeeded("Q009"),))))


def test_foreign_fields_are_passed_over() -> None:
    sent = {
        "tree-join": "x",
        "tree-0-kind": " Q021 ",
        "tree-0-level": "",
        "tree-0-colour": "red",
        "treex": "1",
        "name": "n",
    }
    assert read(sent) == Group("all_of", (Row("Q021"),))
    assert not is_sent({"requirement": "null"})
    deep = "tree" + "-0" * 50
    assert read({"tree-join": "any_of", f"{deep}-kind": "Q021"}) == Group("any_of")


def test_licences() -> None:
    rows = read_licences(
        {"licence-1-kind": "Q064", "licence-1-count": "2", "licence-0-kind": "", "licence-x-kind": "y"}
    )
    assert rows == (LicenceRow(), LicenceRow("Q064", "2"))
    assert parse_licences(licences_json(rows)) == (LicenceNeeded("Q064", 2),)
    assert written_licences((LicenceNeeded("Q064", 2),)) == rows[1:]
    with pytest.raises(ValueError, match="whole number"):
        parse_licences(licences_json((LicenceRow("Q064", "zwei"),)))
    assert acted_licences(rows, "add-licence") == (*rows, LicenceRow())
    assert acted_licences(rows, "drop-licence:0") == rows[1:]
    assert acted_licences(rows, "drop-licence:7") == acted_licences(rows, "drop-licence:x") == rows
