"""The check of practitioners: one finding a licence, never a name, never a pass from a missing answer."""

from datetime import UTC, date, datetime

import pytest

from supermarket.agencies.checks.base import AgencyFile, Found, Licensed
from supermarket.agencies.checks.practitioners import PractitionerCheck
from supermarket.agencies.models import Outcome
from supermarket.gateways.registries import Answer, Answered, Unknown

ME, OTHER = "91510100MAX0000000", "91510100MAX0000001"
ON = date(2026, 3, 2)
UNTIL = date(2027, 1, 1)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
CHECK = PractitionerCheck()
LICENCE = Licensed("Q064", "川1", UNTIL, id=7, person=3)
ROW = {"uscc": ME, "licence_kind": "Q064", "licence_number": "川1", "registered_until": "2027-01-01"}


def file_with(*licences: Licensed) -> AgencyFile:
    """An agency's file in which only the people matter."""
    return AgencyFile(
        on=ON,
        uscc=ME,
        name="某公司",
        legal_representative="",
        business_scope="",
        is_branch=False,
        has_branch_authority=False,
        pledge_signed=False,
        services=(),
        qualifications=(),
        practitioners=licences,
    )


def answered(*rows: dict[str, str]) -> Answer:
    """What the registry says."""
    return Answered("data-sharing", "practitioners", NOW, "ref-1", rows, b"{}")


def findings(answer: Answer | None, *licences: Licensed) -> list[Found]:
    """What the check finds about the licences."""
    file = file_with(*licences)
    (question,) = CHECK.questions(file)
    return list(CHECK.run(file, {} if answer is None else {question: answer}))


@pytest.mark.parametrize(
    ("rows", "outcome", "words"),
    [
        ([ROW], Outcome.PASS, "does not know of insurance"),
        ([], Outcome.FAIL, "not registered with this agency as filed"),
        ([ROW | {"licence_number": "川2"}], Outcome.FAIL, "not registered with this agency as filed"),
        ([ROW | {"licence_kind": "Q059"}], Outcome.FAIL, "not registered with this agency as filed"),
        ([ROW | {"registered_until": "2027-01-02"}], Outcome.FAIL, "not registered with this agency as filed"),
        ([ROW | {"registered_until": "soon"}], Outcome.UNKNOWN, "cannot be read"),
        ([ROW, ROW], Outcome.PASS, "registered with this agency"),
        ([ROW, ROW | {"registered_until": "2026-12-31"}], Outcome.UNKNOWN, "contradicts itself"),
        ([ROW | {"uscc": OTHER}], Outcome.FAIL, "registered with another body"),
        ([ROW, ROW | {"registered_with": OTHER}], Outcome.FAIL, "registered with another body"),
        ([ROW | {"registered_with": ME}], Outcome.PASS, "registered with this agency"),
        ([ROW | {"insured_month": "2026-03", "insured_by": ME}], Outcome.PASS, "paid insurance for"),
        ([ROW | {"insured_month": "2026-01", "insured_by": ME}], Outcome.PASS, "paid insurance for"),
        ([ROW | {"insured_month": "2025-12", "insured_by": ME}], Outcome.FAIL, "last paid for"),
        ([ROW | {"insured_month": "2026-02", "insured_by": OTHER}], Outcome.FAIL, "Another body pays"),
        ([ROW | {"insured_month": "", "insured_by": ""}], Outcome.FAIL, "no social insurance"),
        ([ROW | {"insured_month": "", "insured_by": ME}], Outcome.UNKNOWN, "cannot be read"),
        ([ROW | {"insured_month": "2026-02", "insured_by": ""}], Outcome.UNKNOWN, "cannot be read"),
        ([ROW | {"insured_month": "2026-04", "insured_by": ME}], Outcome.UNKNOWN, "cannot be read"),
        ([ROW | {"insured_month": "2026-13", "insured_by": ME}], Outcome.UNKNOWN, "cannot be read"),
        ([ROW | {"insured_month": "２０２６-02", "insured_by": ME}], Outcome.UNKNOWN, "cannot be read"),
        (
            [ROW | {"insured_month": "2026-02", "insured_by": payer} for payer in (ME, OTHER)],
            Outcome.UNKNOWN,
            "contradicts itself",
        ),
    ],
)
def test_each_answer_of_the_registry(rows: list[dict[str, str]], outcome: Outcome, words: str) -> None:
    (found,) = findings(answered(*rows), LICENCE)
    assert (found.code, found.subject, found.outcome) == ("practitioners", "licence:7", outcome)
    assert words in found.sentence
    assert found.sentence % found.parameters
    assert found.reference == "ref-1"


@pytest.mark.parametrize("answer", [None, Unknown("data-sharing", "practitioners", NOW, "timeout")])
def test_no_answer_is_unknown_for_each_licence(answer: Answer | None) -> None:
    second = Licensed("Q064", "川2", UNTIL, id=8, person=3)
    found = findings(answer, LICENCE, second)
    assert [(item.subject, item.outcome) for item in found] == [
        ("licence:7", Outcome.UNKNOWN),
        ("licence:8", Outcome.UNKNOWN),
    ]


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        (Licensed("Q064", "川1", date(2026, 3, 1), id=7), "has run out"),
        (Licensed("X999", "川1", UNTIL, id=7), "no longer law"),
    ],
)
def test_what_is_wrong_by_itself_fails(licence: Licensed, words: str) -> None:
    (found,) = findings(answered(ROW), licence)
    assert found.outcome is Outcome.FAIL
    assert words in found.sentence


def test_the_last_day_counts() -> None:
    (found,) = findings(answered(ROW | {"registered_until": ON.isoformat()}), Licensed("Q064", "川1", ON, id=7))
    assert found.outcome is Outcome.PASS


def test_one_licence_fails_and_the_other_passes() -> None:
    found = findings(answered(ROW), LICENCE, Licensed("Q064", "川2", UNTIL, id=8))
    assert [item.outcome for item in found] == [Outcome.PASS, Outcome.FAIL]


def test_nobody_filed_is_not_applicable() -> None:
    assert not list(CHECK.questions(file_with()))
    (found,) = CHECK.run(file_with(), {})
    assert found.outcome is Outcome.NOT_APPLICABLE


def test_people_count_once_and_only_what_is_confirmed_counts() -> None:
    confirmed = Licensed("Q064", "川1", UNTIL, id=1, verified=True, person=1)
    second = Licensed("Q059", "川2", UNTIL, id=2, verified=True, person=1)
    unconfirmed = Licensed("Q064", "川3", UNTIL, id=3, person=2)
    over = Licensed("Q064", "川4", date(2026, 3, 1), id=4, verified=True, person=4)
    file = file_with(confirmed, second, unconfirmed, over)
    assert file.counting_people == (frozenset({"Q064", "Q059"}),)
    assert file.people == (frozenset({"Q064", "Q059"}), frozenset({"Q064"}))
