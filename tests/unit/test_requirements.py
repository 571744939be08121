"""What an owner may not demand: by code, by words in Chinese and English, by qualifications beyond the matter's."""

from collections.abc import Mapping
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.data import catalogue
from supermarket.data.facts import QualificationKind
from supermarket.matters.requirement_tree import all_of, any_of, leaf
from supermarket.projects.requirements import (
    RULES,
    Barred,
    check_requirements,
    pieces,
    refused_codes,
    refused_leaves,
    refused_words,
    text_hash,
)
from tests.unit.requirement_sentences import ALLOWED, BARRED

KINDS: Mapping[str, QualificationKind] = {kind.code: kind for kind in catalogue.qualification_kinds()}


def codes(text: str) -> list[str]:
    return [refusal.code.value for refusal in refused_words(text)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("注册资本不低于500万元", "registered_capital"),
        ("注册资金：1000万", "registered_capital"),
        ("注 册 资 本 达到 500 万", "registered_capital"),
        ("注·册·资·本不得低于１００万", "registered_capital"),
        ("须具有相应注册资本", "registered_capital"),
        ("Registered capital of at least 5 million", "registered_capital"),
        ("with no less than 5 million of registered capital", "registered_capital"),
        ("包括但不限于注册资本500万元", "registered_capital"),
        ("近三年营业收入不低于800万元", "financial_size"),
        ("annual turnover above 10 million", "financial_size"),
        ("在职人员不少于50人", "staff_size"),
        ("at least 50 employees", "staff_size"),
        ("企业成立满五年", "years_in_business"),
        ("成立时间3年以上", "years_in_business"),
        ("10 years in business", "years_in_business"),
        ("投标人须为国有企业", "ownership"),
        ("State-owned enterprises only", "ownership"),
        ("须在本市设有分公司", "local_branch"),
        ("在当地设立固定办公场所", "local_branch"),
        ("bidders without a local branch are rejected", "local_branch"),
        ("an office in this city", "local_branch"),
        ("在本区依法纳税", "local_tax"),
        ("local taxpayers only", "local_tax"),
        ("人员在本地缴纳社保", "local_insurance"),
        ("social security paid in the county", "local_insurance"),
        ("具有本省同类业绩", "local_record"),
        ("local experience is needed", "local_record"),
        ("仅限本市企业", "local_seat"),
        ("工商注册地在本县", "local_seat"),
        ("本地机构优先", "local_seat"),
        ("a company registered in this province", "local_seat"),
        ("曾为我局提供过服务", "past_award"),
        ("近三年承接过采购人项目", "past_award"),
        ("与业主有长期合作", "past_award"),
        ("has worked on contracts for this owner", "past_award"),
        ("已入围我市备选库", "shortlist"),
        ("short-listed suppliers", "shortlist"),
        ("指定由某某设计研究院承担", "named_agency"),
        ("重合同守信用企业优先", "honours"),
    ],
)
def test_words_that_are_refused(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "按国家规范编制环境影响报告书，30日内提交。",
        "不要求注册资本，也不要求在本地设有分公司",
        "注册资本不限",
        "本项目不设注册资本要求",
        "不得以注册资本500万元为条件",
        "No registered capital is needed",
        "A local branch is not required",
        "regardless of registered capital",
        "对本区企业排污情况进行调查",
        "对公司净资产进行评估并出具报告",
        "为建设单位提供项目咨询服务",
        "须由具有测绘资质的公司承担",
        "成果提交至指定的审查机构",
        "服务期限为两年",
    ],
)
def test_words_that_are_allowed(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(("code", "text"), BARRED)
def test_sentences_of_owners_that_are_barred(code: str, text: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize("text", ALLOWED)
def test_sentences_of_owners_that_are_allowed(text: str) -> None:
    assert codes(text) == []


def test_the_tables_are_large_and_every_rule_on_words_is_in_them() -> None:
    assert len(BARRED) >= 60
    assert len(ALLOWED) >= 60
    assert {code for code, _text in BARRED} == {code.value for code in Barred} - {"beyond_matter"}
    assert len({text for _code, text in BARRED}) == len(BARRED)


@pytest.mark.parametrize(
    ("text", "found", "passage"),
    [
        ("按规范编制。注册资本不低于500万元；按时提交", "注册资本不低于", "注册资本不低于500万元"),
        ("１. 注 册 资 本：不低于５００万\n二", "注 册 资 本：不低于", "注 册 资 本：不低于５００万"),
        ("“注册”资本须达到500万", "注册”资本须达到", "“注册”资本须达到500万"),
        ("注册\u200b资本至少8万", "注册\u200b资本至少", "注册\u200b资本至少8万"),
        ("註冊資本不少於3.5萬元。", "註冊資本不少於3.5萬", "註冊資本不少於3.5萬元"),
    ],
)
def test_words_are_found_where_they_stand(text: str, found: str, passage: str) -> None:
    (first, *_rest) = [each for each in refused_words(text, "requirements") if each.code is Barred.REGISTERED_CAPITAL]
    assert (first.found, text[first.start : first.end], first.passage) == (found, found, passage)
    assert (first.field, first.key) == ("requirements", (Barred.REGISTERED_CAPITAL, text_hash(passage)))


def test_each_sentence_is_found_and_marked() -> None:
    text = "注册资本不低于1万元；服务期一年。注册资本不少于2万元，须为国企"
    found = refused_words(text)
    assert [each.code.value for each in found] == ["registered_capital", "registered_capital", "ownership"]
    cut = pieces(text, found)
    assert "".join(piece.text for piece in cut) == text
    assert [piece.text for piece in cut if piece.refusals] == ["注册资本不低于", "注册资本不少于", "须为国企"]
    assert pieces("", ()) == ()
    assert [piece.text for piece in pieces("按规范", ())] == ["按规范"]


def test_every_rule_says_its_law_and_another_wording() -> None:
    assert set(RULES) == set(Barred)
    for rule in RULES.values():
        assert "《" in rule.basis
        assert "%(basis)s" in rule.sentence
        assert rule.instead.endswith(".")


@pytest.mark.parametrize(
    "text", ["应" * 5000, "12345" * 1000, "1," * 2500, "近三年须应本地注册资本" * 450, "对评估" * 1600, " " * 5000]
)
def test_no_text_makes_the_checker_slow(text: str) -> None:
    before = process_time()
    refused_words(text[:5000])
    assert process_time() - before < 3


def test_lifting_one_demand_does_not_lift_the_next_clause_or_line() -> None:
    assert codes("不要求本地社保，注册资本不低于500万元") == ["registered_capital"]
    assert codes("不要求本地社保\n注册资本不低于500万元") == ["registered_capital"]


def test_the_refusal_names_words_and_reason_in_the_order_of_the_text() -> None:
    found = refused_words("在当地设有分公司，注册资本不低于500万元。")
    assert [(each.code, each.found) for each in found] == [
        (Barred.LOCAL_BRANCH, "当地设有分公司"),
        (Barred.REGISTERED_CAPITAL, "注册资本不低于"),
    ]
    assert found[0].sentence.text() == (
        "A local branch or office must not be demanded "
        "(《关于促进政府采购公平竞争优化营商环境的通知》(财库〔2019〕38号)第一条)."
    )


def test_every_code_is_refused_with_a_sentence() -> None:
    found = refused_codes([code for code in Barred if code is not Barred.BEYOND_MATTER])
    assert len(found) == len(Barred) - 1
    assert all(each.sentence.text().endswith(").") and "《" in each.sentence.text() for each in found)
    assert len(refused_codes([Barred.HONOURS, Barred.HONOURS])) == 1


def test_a_project_cannot_ask_for_more_than_its_matter() -> None:
    own = any_of(leaf("Q021", "工程测量", "乙级"), leaf("Q009"))
    assert refused_leaves(None, own, KINDS) == ()
    assert refused_leaves(own, own, KINDS) == ()
    assert refused_leaves(leaf("Q009", "水利行业", "行业乙级"), own, KINDS) == ()
    higher = refused_leaves(leaf("Q021", "工程测量", "甲级"), own, KINDS)
    assert [each.found for each in higher] == ["测绘资质 工程测量 甲级"]
    assert higher[0].sentence.text() == (
        "The matter does not demand 测绘资质 工程测量 甲级; a project cannot ask for more than its matter "
        "(《优化营商环境条例》第四十三条)."
    )
    other = refused_leaves(all_of(leaf("Q021", "海洋测绘"), leaf("Q010"), leaf("Q999")), own, KINDS)
    assert [each.found for each in other] == ["测绘资质 海洋测绘", "工程监理企业资质", "Q999"]
    assert [each.code for each in refused_leaves(leaf("Q009"), None, KINDS)] == [Barred.BEYOND_MATTER]


def test_everything_at_once() -> None:
    found = check_requirements(
        {"requirements": "注册资本不低于500万元，须为国企"}, [Barred.REGISTERED_CAPITAL], leaf("Q010"), None, KINDS
    )
    assert [each.code for each in found] == [
        Barred.REGISTERED_CAPITAL,
        Barred.REGISTERED_CAPITAL,
        Barred.OWNERSHIP,
        Barred.BEYOND_MATTER,
    ]
    assert check_requirements({"requirements": "按规范编制"}) == ()


@given(st.text(max_size=200))
def test_any_text_is_judged_the_same_twice(text: str) -> None:
    assert refused_words(text) == refused_words(text)


@given(st.text("本地注册资要求不。 \n", max_size=60))
def test_a_bare_demand_is_found_after_any_full_stop(text: str) -> None:
    assert "registered_capital" in codes(text + "。注册资本不低于500万元")
