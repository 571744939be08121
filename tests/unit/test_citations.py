"""What a legal basis cites, and the four tests before publishing."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask_babel import force_locale

from supermarket.data import catalogue
from supermarket.data.facts import MatterStatus
from supermarket.matters.citations import Citation, Rank, best, citations, names_an_article
from supermarket.matters.commands import MatterDraft
from supermarket.matters.four_tests import checklist, publication_findings
from supermarket.matters.models import CommissionedBy
from supermarket.matters.operations import starting_draft
from tests.factories.matters import make_draft


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    """Sentences as they are written in the code."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


@pytest.mark.parametrize(
    ("text", "rank", "place", "carries"),
    [
        ("《中华人民共和国测绘法》(2017年版)第三十条", Rank.LAW, "第三十条", True),
        ("《测绘法》", Rank.LAW, "", False),
        ("《海南自由贸易港法》第十条第二款", Rank.LAW, "第十条第二款", True),
        ("《刑法修正案(十一)》第1条", Rank.LAW, "第1条", True),
        ("《全国人民代表大会常务委员会关于司法鉴定管理问题的决定》第二条", Rank.LAW, "第二条", True),
        ("《建设工程质量管理条例》（国务院令第279号）第十一条", Rank.REGULATION, "第十一条", True),
        ("《城市道路管理条例》", Rank.REGULATION, "", False),
        ("《国有资产评估管理办法》(2020年版)第三条", Rank.REGULATION, "第三条", True),
        ("《土地复垦规定》（国务院令第19号）第四条", Rank.REGULATION, "第四条", True),
        ("国令第412号第五条", Rank.REGULATION, "第五条", True),
        ("国发〔2015〕58号", Rank.STATE_COUNCIL, "", True),
        ("《关于清理规范中介服务的通知》(国办发[2015]31号)", Rank.STATE_COUNCIL, "", True),
        ("《国务院关于第一批清理规范事项的决定》附件第12项", Rank.STATE_COUNCIL, "第12项", True),
        ("《国务院国有资产监督管理委员会关于评估的通知》第二条", Rank.RULE, "第二条", False),
        ("《四川省测绘管理条例》第五条", Rank.LOCAL, "第五条", False),
        ("《四川省〈中华人民共和国测绘法〉实施办法》第三条", Rank.LOCAL, "第三条", False),
        ("《内蒙古煤炭管理条例》第五条", Rank.LOCAL, "第五条", False),
        ("《凉山彝族自治州水资源管理条例》第五条", Rank.LOCAL, "第五条", False),
        ("《中国（四川）自由贸易试验区条例》第二条", Rank.LOCAL, "第二条", False),
        ("《建设工程质量检测管理办法(住建部令第57号)》第三条", Rank.RULE, "第三条", False),
        ("《排污许可管理条例实施细则》第三条", Rank.RULE, "第三条", False),
        ("《工作方法》第三条", Rank.RULE, "第三条", False),
        ("《关于规范服务的通知》（发改投资〔2019〕268号）第三条", Rank.RULE, "第三条", False),
    ],
)
def test_one_document(text: str, rank: Rank, place: str, carries: bool) -> None:
    (found,) = citations(text)
    assert (found.rank, found.place, found.carries) == (rank, place, carries)


def test_several_documents_and_the_best_of_them() -> None:
    found = citations("《四川省测绘管理条例》第五条;《测绘法》; 《城市道路管理条例》第三十三条, 国发〔2015〕58号")
    assert [item.rank for item in found] == [Rank.LOCAL, Rank.LAW, Rank.REGULATION, Rank.STATE_COUNCIL]
    assert best(found) == Citation("城市道路管理条例", Rank.REGULATION, "第三十三条")
    assert best(citations("《四川省测绘管理条例》第五条;《测绘法》")) == Citation("测绘法", Rank.LAW)
    assert best(()) is None
    assert citations("某法第五条") == citations("住建部令第16号第五条") == citations("") == ()


def test_a_remark_may_name_an_article_without_marks() -> None:
    assert names_an_article("列入建设工程预算（文物保护法第四十五条）")
    assert names_an_article("按《价格法》第十八条")
    assert not names_an_article("由申请人承担")
    assert not names_an_article("按某办法第四十五条")


def test_the_starting_list_keeps_its_outcome() -> None:
    outcome = {}
    for item in catalogue.matters():
        results = checklist(starting_draft(item, date(2026, 1, 1)))
        assert [result.code for result in results] == ["lawful", "mandatory", "precondition", "paid"]
        assert all(result.sentence for result in results)
        outcome[item.code] = all(result.passed for result in results)
    assert [code for code, passed in outcome.items() if not passed] == ["ZJ035", "ZJ060", "ZJ107", "ZJ137"]
    published = [item.code for item in catalogue.matters() if item.status is MatterStatus.PUBLISHED]
    assert [code for code, passed in outcome.items() if passed] == published


BASIS = "《测绘法》第三十条"


@pytest.mark.parametrize(
    ("changes", "failing", "said"),
    [
        ({"legal_basis": ""}, ["lawful", "mandatory"], "Name the law"),
        ({"legal_basis": "《测绘法》"}, ["lawful", "mandatory"], "Name the article of 《测绘法》"),
        ({"legal_basis": "《四川省测绘管理条例》第五条"}, ["lawful", "mandatory"], "rule of a place"),
        ({"legal_basis": "《质量检测管理办法》第五条"}, ["lawful", "mandatory"], "ministry's rule"),
        ({"legal_basis": "", "commissioned_by": CommissionedBy.APPLICANT_MAY_DO_IT_ALONE}, ["lawful"], "Name the law"),
        ({"legal_basis": BASIS + "：建设单位可以委托"}, ["mandatory"], "only permits"),
        ({"approval_item": " — "}, ["precondition"], "Name the approval item"),
        ({"approval_item": "测试"}, ["precondition"], "no approval"),
        ({"department": "无"}, ["precondition"], "Name the department"),
        ({"stage": "x"}, ["precondition"], "Choose the stage"),
        ({"fee_bearer": ""}, ["paid"], "Say who bears"),
        ({"fee_bearer": "双方"}, ["paid"], "Say who bears"),
        ({"commissioned_by": CommissionedBy.AUTHORITY, "fee_bearer": "applicant"}, ["paid"], "Who commissions pays"),
    ],
)
def test_each_test_fails_for_its_own_reason(changes: dict[str, object], failing: list[str], said: str) -> None:
    with force_locale("en"):
        results = [result for result in checklist(draft(**changes)) if not result.passed]
    assert [result.code for result in results] == failing
    assert said in results[0].sentence
    assert [item.code for item in publication_findings(draft(**changes))] == [f"not_{code}" for code in failing]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"commissioned_by": CommissionedBy.AUTHORITY, "fee_bearer": "authority"},
        {"commissioned_by": CommissionedBy.APPLICANT_MAY_DO_IT_ALONE, "legal_basis": BASIS + "：可以委托"},
        {"commissioned_by": CommissionedBy.AUTHORITY, "fee_standard": "列入预算（文物保护法第四十五条）"},
        {"fee_bearer": "authority"},
    ],
)
def test_what_passes_all_four(changes: dict[str, object]) -> None:
    assert publication_findings(draft(**changes)) == []


def draft(**changes: object) -> MatterDraft:
    """A wording that passes all four tests, with some fields changed."""
    sound: dict[str, object] = {
        "name": "测试",
        "legal_basis": BASIS,
        "commissioned_by": CommissionedBy.APPLICANT,
        "fee_bearer": "applicant",
        "approval_item": "某项审批",
        "department": "某部门",
    }
    return make_draft(**(sound | changes))  # type: ignore[arg-type]  # fields of the dataclass only
