"""What changed between two wordings."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from supermarket.matters.differences import MOST_PAIRS, Piece, compared, differences

TEXTS = st.text(alphabet="测绘资质甲级乙12a \n", max_size=60)


@given(TEXTS, TEXTS)
def test_both_texts_are_in_the_pieces(old: str, new: str) -> None:
    pieces = compared(old, new)
    assert "".join(piece.text for piece in pieces if piece.mark != "ins") == old
    assert "".join(piece.text for piece in pieces if piece.mark != "del") == new
    assert all(piece.text for piece in pieces)
    assert all(one.mark != two.mark for one, two in pairwise(pieces))
    assert (old == new) == all(piece.mark == "same" for piece in pieces)


def test_a_change_of_a_number_is_marked_alone() -> None:
    assert compared("在20个工作日内办结", "在10个工作日内办结") == (
        Piece("same", "在"),
        Piece("del", "20"),
        Piece("ins", "10"),
        Piece("same", "个工作日内办结"),
    )


def test_texts_with_little_in_common_are_shown_whole() -> None:
    assert compared("市场调节价", "由审批部门承担") == (Piece("del", "市场调节价"), Piece("ins", "由审批部门承担"))


def test_only_fields_that_differ_and_how_lines_end_is_no_difference() -> None:
    found = differences({"name": "甲", "note": "一\r\n二 ", "old": "旧"}, {"name": "甲", "note": "一\n二", "new": "新"})
    assert [(item.field, item.old, item.new) for item in found] == [("new", "", "新"), ("old", "旧", "")]
    assert differences({"name": "甲"}, {"name": "甲"}) == ()


def test_huge_texts_are_compared_whole() -> None:
    old, new = "甲" * 2_000, "甲" * 1_999 + "乙"
    assert len(old) * len(new) > MOST_PAIRS
    assert compared(old, new) == (Piece("del", old), Piece("ins", new))
    assert compared("\n" * 2_000, "\n" * 1_500)[0].mark == "del"
