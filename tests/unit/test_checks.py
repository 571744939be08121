"""Every check against every kind of answer; what is not answered, or answered badly, never passes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supermarket.agencies.checks import CHECKS, AgencyFile, Answers, Found, Question, questions, run_all
from supermarket.agencies.checks.base import FiledQualification
from supermarket.agencies.checks.sources import (
    DATA_SHARING,
    DISHONESTY,
    ENTERPRISES,
    MARKET_LISTS,
    NATIONAL_DISHONESTY,
    PENALTIES,
    PENALTY_LIST,
    QUALIFICATIONS,
    SOCIAL_CREDIT,
)
from supermarket.agencies.models import Outcome
from supermarket.core.identifiers import USCC_ALPHABET, is_uscc, make_uscc
from supermarket.gateways.registries import Answer, Answered, Unknown
from supermarket.matters.requirement_tree import HeldQualification
from tests.factories.checks import (
    AT,
    CERTIFICATE,
    CODE,
    ENTERPRISE,
    HEAD,
    LAST,
    LICENCE,
    OTHER,
    answered,
    good_answers,
    make_branch,
    make_file,
    told,
)


def found(file: AgencyFile, answers: Answers, code: str, subject: str | None = None) -> list[Found]:
    return [
        item
        for item in run_all(file, answers)
        if item.code.partition(":")[0] == code and subject in (None, item.subject)
    ]


def outcomes(items: list[Found]) -> set[str]:
    return {item.outcome.value for item in items}


def test_who_is_all_right_passes_everywhere() -> None:
    for file in (make_file(), make_branch()):
        items = run_all(file, good_answers(file))
        assert {item.outcome for item in items} <= {Outcome.PASS, Outcome.NOT_APPLICABLE}, [
            item for item in items if item.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        ]
        assert {item.subject for item in items} == {"", "qualification:7", "licence:12", "service:ZJ039"}


def test_a_finding_names_registry_time_reference_and_evidence() -> None:
    file = make_file()
    (item,) = found(file, good_answers(file), "qualification")
    assert (item.code, item.subject, item.registry, item.reference, item.answered_at) == (
        "qualification:Q021", "qualification:7", DATA_SHARING, "R-1", AT,
    )  # fmt: skip
    assert len(item.evidence) == 64


@pytest.mark.parametrize(
    ("code", "change", "outcome", "reason"),
    [
        ("registration", {"name": "别的公司"}, "fail", ""),
        ("registration", {"name": ""}, "unknown", "column_missing"),
        ("registration", {"status": "注销"}, "fail", ""),
        ("registration", {"status": "吊销，未注销"}, "fail", ""),
        ("registration", {"status": "待核查"}, "unknown", "word_unknown"),
        ("registration", {"status": ""}, "unknown", "word_unknown"),
        ("registration", {"business_scope": ""}, "unknown", ""),
        ("registration", {"business_scope": "餐饮服务"}, "fail", ""),
        ("registration", {"uscc": OTHER}, "unknown", "other_code"),
        ("legal_representative", {"legal_representative": "别人"}, "fail", ""),
        ("legal_representative", {"legal_representative": " "}, "unknown", "column_missing"),
        ("legal_representative", {"uscc": OTHER}, "unknown", "other_code"),
    ],
)
def test_the_enterprise_register_says_otherwise(code: str, change: dict[str, str], outcome: str, reason: str) -> None:
    file = make_file()
    items = found(file, told(file, ENTERPRISES, {**ENTERPRISE, **change}), code, "")
    assert outcomes(items) == {outcome}
    assert {item.parameters.get("reason", "") for item in items} == {reason}


@pytest.mark.parametrize("column", ["uscc", "name", "status", "legal_representative", "business_scope"])
def test_a_column_that_the_register_left_out_leaves_it_unknown(column: str) -> None:
    file = make_file()
    row = {key: value for key, value in ENTERPRISE.items() if key != column}
    for code in ("registration", "legal_representative"):
        (item,) = found(file, told(file, ENTERPRISES, row), code)
        assert (item.outcome, item.parameters["reason"], item.parameters["what"]) == (
            Outcome.UNKNOWN, "column_missing", column,
        )  # fmt: skip


def test_two_entries_of_one_body_that_differ_are_unknown_and_two_that_agree_are_one() -> None:
    file = make_file()
    for code in ("registration", "legal_representative"):
        twice = told(file, ENTERPRISES, ENTERPRISE, {**ENTERPRISE, "status": "注销"})
        assert {item.parameters["reason"] for item in found(file, twice, code)} == {"contradicts"}
        assert outcomes(found(file, told(file, ENTERPRISES, ENTERPRISE, dict(ENTERPRISE)), code)) == {"pass"}


def test_nobody_under_the_code_fails() -> None:
    file = make_file()
    for code in ("registration", "legal_representative"):
        assert outcomes(found(file, told(file, ENTERPRISES), code)) == {"fail"}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"uscc": "91510107MAX1"}, "fail"),
        ({"account_uscc": OTHER}, "fail"),
        ({"account_uscc": None}, "pass"),
        ({"same_body": (OTHER,)}, "unknown"),
        ({"same_body": (CODE,)}, "pass"),
    ],
)
def test_the_code_is_right_and_nobody_elses(change: dict[str, object], outcome: str) -> None:
    file = make_file(**change)
    (item,) = found(file, {}, "uscc")
    assert item.outcome.value == outcome
    assert item.again is (outcome != "unknown")


@pytest.mark.parametrize(
    ("scope", "outcome"),
    [
        ("测绘服务", "pass"),
        ("从事各类工程测量业务", "pass"),
        ("测绘服务（不含航空摄影）", "pass"),
        ("餐饮服务；测绘仪器销售", "unknown"),
        ("测绘仪器销售", "unknown"),
        ("测绘软件开发、工程测量", "unknown"),
        ("不含测绘服务", "unknown"),
        ("（测绘服务）餐饮服务", "fail"),
        ("技术服务、技术开发、技术咨询", "unknown"),
        ("餐饮服务", "fail"),
        ("工程造价咨询业务", "fail"),
    ],
)
def test_the_registered_scope_must_really_cover_each_service(scope: str, outcome: str) -> None:
    file = make_file(business_scope="")
    (item,) = found(
        file, told(file, ENTERPRISES, {**ENTERPRISE, "business_scope": scope}), "registration", "service:ZJ039"
    )
    assert item.outcome.value == outcome


@pytest.mark.parametrize("registry", [SOCIAL_CREDIT, NATIONAL_DISHONESTY, MARKET_LISTS])
@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ({"document_number": "失信1号"}, "fail"),
        ({"document_number": "失信1号", "until": "2026-03-02"}, "fail"),
        ({"document_number": "失信1号", "until": "2026-03-01"}, "pass"),
        ({"document_number": "失信1号", "until": "明年"}, "unknown"),
        ({}, "unknown"),
        ({"document_number": "失信1号", "uscc": OTHER}, "unknown"),
    ],
)
def test_every_list_of_dishonesty_counts(registry: str, entry: dict[str, str], outcome: str) -> None:
    file = make_file()
    items = found(file, told(file, DISHONESTY, {"uscc": CODE, **entry}, registry=registry), "dishonesty")
    assert [item.outcome.value for item in items if item.registry == registry] == [outcome]
    assert len(items) == 4


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ({"bars": "是", "until": "2026-03-02"}, "fail"),
        ({"bars": "是", "until": ""}, "fail"),
        ({"bars": "是", "until": "2026-03-01"}, "pass"),
        ({"bars": "否", "until": ""}, "pass"),
        ({"bars": "也许", "until": "2026-03-01"}, "unknown"),
        ({"bars": "是", "until": "2026-13-01"}, "unknown"),
        ({"bars": "是"}, "unknown"),
    ],
)
def test_penalties_bar_until_they_run_out(entry: dict[str, str], outcome: str) -> None:
    file = make_file()
    row = {"uscc": CODE, "document_number": "罚1号", **entry}
    items = found(file, told(file, PENALTIES, row, registry=PENALTY_LIST), "dishonesty")
    assert [item.outcome.value for item in items if item.registry == PENALTY_LIST] == [outcome]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"level": "乙级"}, "fail"),
        ({"speciality": "海洋测绘"}, "fail"),
        ({"speciality": ""}, "fail"),
        ({"valid_until": "2031-12-31"}, "fail"),
        ({"valid_until": ""}, "fail"),
        ({"valid_until": "2026-03-01"}, "fail"),
        ({"valid_until": "长期"}, "unknown"),
        ({"number": "甲测资字002"}, "fail"),
        ({"number": "甲测资字 001"}, "pass"),
        ({"kind": "Q008"}, "fail"),
        ({"status": "有效"}, "pass"),
        ({"status": "注销"}, "fail"),
        ({"status": "审查中"}, "unknown"),
        ({"uscc": OTHER}, "unknown"),
    ],
)
def test_a_certificate_must_be_registered_as_filed(change: dict[str, str], outcome: str) -> None:
    file = make_file()
    answers = told(file, QUALIFICATIONS, {**CERTIFICATE, **change})
    assert outcomes(found(file, answers, "qualification")) == {outcome}
    assert outcomes(found(file, answers, "service")) == {outcome}


def test_a_certificate_with_two_specialities_is_two_entries_and_one_with_two_levels_a_contradiction() -> None:
    file = make_file()
    second = FiledQualification(8, HeldQualification("Q021", "海洋测绘", "甲级", LAST, "甲测资字001"))
    both = replace(file, qualifications=(*file.qualifications, second))
    rows = (CERTIFICATE, {**CERTIFICATE, "speciality": "海洋测绘"})
    assert outcomes(found(both, told(both, QUALIFICATIONS, *rows), "qualification")) == {"pass"}
    contradiction = told(file, QUALIFICATIONS, CERTIFICATE, {**CERTIFICATE, "level": "乙级"})
    (item,) = found(file, contradiction, "qualification")
    assert (item.outcome, item.parameters["reason"]) == (Outcome.UNKNOWN, "contradicts")


def test_an_abolished_kind_is_refused_with_the_reason_and_nobody_is_asked() -> None:
    held = HeldQualification("Q001", None, "甲级", LAST, "造价甲001")
    file = make_file(qualifications=(FiledQualification(9, held),), services=())
    assert not [question for question in questions(file) if question.question == QUALIFICATIONS]
    (item,) = found(file, good_answers(file), "qualification")
    assert (item.code, item.subject, item.outcome) == ("qualification:Q001", "qualification:9", Outcome.FAIL)
    assert "国发〔2021〕7号" in item.parameters["basis"]


def test_a_silent_registry_keeps_what_it_confirmed_before() -> None:
    file = make_file()
    answers = {
        question: answer for question, answer in good_answers(file).items() if question.question != QUALIFICATIONS
    }
    assert outcomes(found(file, answers, "service")) == {"unknown"}
    verified = replace(file, qualifications=tuple(replace(one, verified=True) for one in file.qualifications))
    assert outcomes(found(verified, answers, "service")) == {"pass"}
    assert outcomes(found(verified, answers, "qualification")) == {"unknown"}


@pytest.mark.parametrize(
    ("file", "head", "outcome"),
    [
        (make_branch(), {}, "pass"),
        (make_branch(has_branch_authority=False), {}, "fail"),
        (make_branch(head_office_uscc=None), {}, "fail"),
        (make_branch(head_office_uscc=CODE), {}, "fail"),
        (make_branch(), {"status": "吊销"}, "fail"),
        (make_branch(), {"status": "不详"}, "unknown"),
        (make_branch(), {"uscc": OTHER}, "unknown"),
        (make_file(), {}, "not_applicable"),
    ],
)
def test_a_branch_acts_by_the_authority_of_a_head_office_in_business(
    file: AgencyFile, head: dict[str, str], outcome: str
) -> None:
    row = {**ENTERPRISE, "uscc": HEAD, **head}
    assert outcomes(found(file, told(file, ENTERPRISES, row, about=HEAD), "branch_authority")) == {outcome}


@pytest.mark.parametrize("registry", [SOCIAL_CREDIT, NATIONAL_DISHONESTY, MARKET_LISTS])
def test_a_branch_of_a_dishonest_head_office_fails(registry: str) -> None:
    file = make_branch()
    answers = told(file, DISHONESTY, {"uscc": HEAD, "document_number": "失信1号"}, registry=registry, about=HEAD)
    assert outcomes(found(file, answers, "branch_authority")) == {"fail"}
    assert outcomes(found(file, answers, "dishonesty")) == {"pass"}


def test_the_pledge_is_signed_or_not() -> None:
    assert outcomes(found(make_file(), {}, "pledge")) == {"pass"}
    assert outcomes(found(make_file(pledge_signed=False), {}, "pledge")) == {"fail"}


def _gone(question: Question) -> Answer | None:
    return None


def _silent(question: Question) -> Answer | None:
    return Unknown(question.registry, question.question, AT, "timeout")


def _of_another(question: Question) -> Answer | None:
    return Answered("elsewhere", question.question, AT, "R", (), b"[]")


@pytest.mark.parametrize("instead", [_gone, _silent, _of_another])
@pytest.mark.parametrize("number", range(len(questions(make_branch()))))
def test_a_missing_answer_never_passes(number: int, instead: Callable[[Question], Answer | None]) -> None:
    file = make_branch()
    asked = questions(file)[number]
    answers: dict[Question, Answer] = {key: value for key, value in good_answers(file).items() if key != asked}
    answer = instead(asked)
    if answer is not None:
        answers[asked] = answer
    for check in CHECKS:
        if asked in tuple(check.questions(file)):
            if check.code == "practitioners" and instead is _of_another:
                continue
            items = list(check.run(file, answers))
            assert Outcome.UNKNOWN in {item.outcome for item in items}, check.code
            passes = [item for item in items if item.outcome is Outcome.PASS and item.registry in ("", asked.registry)]
            assert not [item for item in passes if item.registry == asked.registry and check.code != "dishonesty"]


@settings(max_examples=100, deadline=None)
@given(serial=st.integers(0, 99_999), place=st.integers(0, 17), letter=st.sampled_from(USCC_ALPHABET))
def test_a_code_with_one_letter_mistyped_is_refused(serial: int, place: int, letter: str) -> None:
    code = make_uscc("91510107", serial)
    assert is_uscc(code)
    mistyped = code[:place] + letter + code[place + 1 :]
    # Weights 3^i mod 31 are never 0, so one changed letter always changes the check digit.
    assert is_uscc(mistyped) is (mistyped == code)
    (item,) = found(make_file(uscc=mistyped, account_uscc=None), {}, "uscc")
    assert (item.outcome is Outcome.PASS) is (mistyped == code)


@settings(max_examples=100, deadline=None)
@given(serial=st.integers(0, 99_999), place=st.integers(0, 16))
def test_two_neighbours_swapped_are_refused(serial: int, place: int) -> None:
    code = make_uscc("91510107", serial)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    # Neighbouring weights differ by a factor of 3, so a swap changes the sum unless the two letters are equal – or the
    # 17th goes to the check digit's place, where it may come out right by chance.
    if swapped == code:
        return
    if place < 16:
        assert not is_uscc(swapped)
    (item,) = found(make_file(uscc=swapped, account_uscc=None), {}, "uscc")
    assert (item.outcome is Outcome.PASS) is is_uscc(swapped)


SCALARS = st.one_of(st.text(max_size=8), st.sampled_from([CODE, OTHER, "存续", "甲级", "2030-12-31", "是", "Q021", ""]))
COLUMNS = st.sampled_from(sorted({*ENTERPRISE, *CERTIFICATE, *LICENCE, "bars", "until", "document_number", "x"}))
ROWS = st.lists(st.dictionaries(COLUMNS, SCALARS, max_size=8), max_size=4)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_whatever_a_registry_says_no_check_breaks_and_none_passes_by_it(data: st.DataObject) -> None:
    file = make_branch()
    answers = good_answers(file)
    asked = data.draw(st.sampled_from(sorted(answers, key=repr)))
    rows = tuple(data.draw(ROWS))
    answers[asked] = answered(asked, rows)
    about = dict(asked.terms)["uscc"]
    honest = [row for row in rows if row.get("uscc") == about]
    items = run_all(file, answers)
    if asked.question in (ENTERPRISES, QUALIFICATIONS) and not honest:
        mine = [item for item in items if item.registry == asked.registry and item.evidence == answers[asked].sha256]
        assert not [item for item in mine if item.outcome is Outcome.PASS]
    if asked.question in (DISHONESTY, PENALTIES) and rows and not honest:
        mine = [item for item in items if item.evidence == answers[asked].sha256 and item.registry == asked.registry]
        assert not [item for item in mine if item.outcome is Outcome.PASS]
