"""Whether a registered scope covers a service: for every matter, and for what the demonstration's agencies offer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.agencies.checks.scope import Coverage, coverage
from supermarket.data import catalogue
from supermarket.data.invent_trades import CORE, NICHE, Trade

MATTERS = catalogue.matters()


@pytest.mark.parametrize("trade", CORE + NICHE, ids=lambda trade: trade.code)
def test_the_demonstrations_agencies_are_registered_for_what_they_offer(trade: Trade) -> None:
    for offer in (*trade.offers, *trade.extra):
        matter = catalogue.matter(offer.matter)
        assert coverage(trade.scope, matter.name, matter.agency_type) is Coverage.COVERED, offer.matter


def test_a_matter_is_covered_by_its_own_name_and_no_matter_by_a_restaurant() -> None:
    for matter in MATTERS:
        if "、" not in matter.name and "取消" not in matter.name:
            name = re.sub(r"\([^)]*\)", "", matter.name)
            assert coverage(f"许可项目：{name}服务。", matter.name, matter.agency_type) is Coverage.COVERED, matter.code
        assert coverage("餐饮服务；住宿服务", matter.name, matter.agency_type) is Coverage.NOT_COVERED, matter.code
        assert coverage("", matter.name, matter.agency_type) is Coverage.NOT_COVERED


@pytest.mark.parametrize(
    ("scope", "code", "expected"),
    [
        ("检验检测服务", "ZJ032", Coverage.COVERED),
        ("特种设备检验检测", "ZJ032", Coverage.UNCLEAR),
        ("特种设备检验检测", "ZJ128", Coverage.COVERED),
        ("测绘服务", "ZJ029", Coverage.COVERED),
        ("工程测量", "ZJ029", Coverage.UNCLEAR),
        ("注册会计师业务", "ZJ132", Coverage.COVERED),
        ("出具审计报告", "ZJ132", Coverage.UNCLEAR),
        ("招投标代理服务；政府采购代理服务", "ZJ013", Coverage.COVERED),
        ("工程设计软件销售", "ZJ017", Coverage.UNCLEAR),
        ("以上项目不含：工程监理", "ZJ020", Coverage.UNCLEAR),
        ("企业依法自主选择经营项目", "ZJ020", Coverage.UNCLEAR),
    ],
)
def test_scopes_as_registers_write_them(scope: str, code: str, expected: Coverage) -> None:
    matter = catalogue.matter(code)
    assert coverage(scope, matter.name, matter.agency_type) is expected


@given(scope=st.text(max_size=60), matter=st.sampled_from(MATTERS))
def test_any_text_can_be_read(scope: str, matter: object) -> None:
    assert isinstance(matter, type(MATTERS[0]))
    assert coverage(scope, matter.name, matter.agency_type) in Coverage
