"""What holds in a region: the home list patched from the top down, over made-up lists."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.matters.regional import (
    FIELDS,
    LocalWording,
    days_said,
    depth,
    effective,
    is_longer,
    lies_below,
    makes_a_condition,
)

HOME, CITY, COUNTY = "510000", "510100", "510107"
BASE = {name: f"省：{name}" for name in FIELDS}


def wording(region: str, number: int, carried_out: bool, said: dict[str, str]) -> LocalWording:
    return LocalWording(
        region, number, number, carried_out, "理由", "依据", {name: said.get(name, "") for name in FIELDS}
    )


def wordings(region: str, number: int) -> st.SearchStrategy[list[LocalWording]]:
    """None or one wording of a region."""
    said = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([f"{region}说", ""]))
    return st.lists(st.builds(wording, st.just(region), st.just(number), st.booleans(), said), max_size=1)


LINES = st.tuples(wordings(CITY, 1), wordings(COUNTY, 2)).map(lambda pair: [*pair[0], *pair[1]])


@given(LINES)
def test_every_value_is_the_nearest_that_is_said(line: list[LocalWording]) -> None:
    found = effective(BASE, HOME, line)
    for name in FIELDS:
        said = [(item.said[name], item.region_code) for item in line if item.said[name]]
        text, region = said[-1] if said else (BASE[name], HOME)
        assert (found.values[name].text, found.values[name].region_code) == (text, region)


@given(LINES)
def test_the_nearest_region_says_whether_it_is_carried_out(line: list[LocalWording]) -> None:
    refusal = effective(BASE, HOME, line).not_carried_out
    assert (refusal is None) == (not line or line[-1].carried_out)
    assert refusal is None or refusal.region_code == line[-1].region_code


@given(LINES.flatmap(lambda line: st.tuples(st.just(line), st.permutations(line))))
def test_the_order_in_which_lists_are_read_makes_no_difference(
    pair: tuple[Sequence[LocalWording], Sequence[LocalWording]],
) -> None:
    assert effective(BASE, HOME, pair[0]) == effective(BASE, HOME, pair[1])
    assert effective(BASE, HOME, pair[0]).version_ids == sorted(item.version_id for item in pair[0])


@given(wordings(CITY, 1), wordings(COUNTY, 2))
def test_patching_once_more_from_the_city_is_the_same(city: list[LocalWording], county: list[LocalWording]) -> None:
    middle = effective(BASE, HOME, city)
    texts = {name: value.text for name, value in middle.values.items()}
    below = effective(texts, CITY, county)
    whole = effective(BASE, HOME, [*city, *county])
    assert {name: value.text for name, value in below.values.items()} == {
        name: value.text for name, value in whole.values.items()
    }


def test_without_a_list_below_all_is_from_home() -> None:
    found = effective(BASE, HOME, [])
    assert {value.region_code for value in found.values.values()} == {HOME}
    assert (found.not_carried_out, found.version_ids) == (None, [])


def test_what_lies_below() -> None:
    assert [depth(code) for code in (HOME, CITY, COUNTY)] == [2, 4, 6]
    assert lies_below(CITY, HOME)
    assert lies_below(COUNTY, CITY)
    for region, home in ((HOME, HOME), (HOME, CITY), (CITY, COUNTY), ("510700", CITY), ("440100", HOME)):
        assert not lies_below(region, home)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20个工作日", (20, "工作日")),
        ("自受理之日起十五个工作日内办结", (15, "工作日")),
        ("一百二十日", (120, "日")),
        ("30天", (30, "日")),
        ("二十日", (20, "日")),
        ("合同约定", None),
        ("受理5个工作日，审批10个工作日", None),
        ("零日", None),
        ("", None),
    ],
)
def test_days_in_a_text(text: str, found: tuple[int, str] | None) -> None:
    assert days_said(text) == found


def test_only_what_can_be_compared_is_longer() -> None:
    assert is_longer("21个工作日", "二十个工作日")
    assert not is_longer("二十个工作日", "20个工作日")
    assert not is_longer("30日", "20个工作日")
    assert not is_longer("合同约定", "20个工作日")
    assert not is_longer("90个工作日", "合同约定")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("须具备乙级以上资质", True),
        ("承接机构应当在本市设有分支机构", True),
        ("仅限入选名录的机构", True),
        ("窗口：政务中心二楼，请先网上预约", False),
        ("资质要求见省级清单", False),
        ("", False),
    ],
)
def test_a_note_that_makes_a_condition(text: str, condition: bool) -> None:
    assert makes_a_condition(text) is condition
