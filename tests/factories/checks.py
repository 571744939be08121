"""Files of agencies, what registries say about them, for tests of the checks without a database."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from supermarket.agencies.checks import AgencyFile, Answers, Question, questions
from supermarket.agencies.checks.base import FiledQualification, Licensed, OfferedService
from supermarket.agencies.checks.sources import DATA_SHARING, ENTERPRISES, PRACTITIONERS, QUALIFICATIONS
from supermarket.core.identifiers import make_uscc
from supermarket.gateways.registries import Answer, Answered, Row
from supermarket.matters.requirement_tree import HeldQualification

ON = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LAST = date(2030, 12, 31)
CODE, HEAD, OTHER = make_uscc("91510107", 1), make_uscc("91510100", 2), make_uscc("91510107", 3)
SURVEYING: dict[str, object] = {"kind": "Q021", "speciality": "工程测量", "level": None}
COST: list[dict[str, object]] = [{"kind": "Q064", "count": 1}]

ENTERPRISE = {
    "uscc": CODE,
    "name": "成都测试测绘（四川）有限公司",
    "status": "存续（在营、开业、在册）",
    "legal_representative": "阿卜杜拉·买买提",
    "business_scope": "许可项目：测绘服务；建设工程勘察。（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
}
CERTIFICATE = {
    "uscc": CODE,
    "kind": "Q021",
    "number": "甲测资字001",
    "level": "甲级",
    "speciality": "工程测量",
    "valid_until": LAST.isoformat(),
}
LICENCE = {"uscc": CODE, "licence_kind": "Q064", "licence_number": "L1", "registered_until": LAST.isoformat()}


def make_file(**changes: object) -> AgencyFile:
    """The file of a surveyor with one certificate, one licence and one service, who is all right."""
    file = AgencyFile(
        on=ON,
        uscc=CODE,
        name="成都测试测绘(四川)有限公司",
        legal_representative="阿卜杜拉•买买提",
        business_scope="测绘服务",
        is_branch=False,
        has_branch_authority=False,
        pledge_signed=True,
        services=(OfferedService("ZJ039", SURVEYING, COST, "建设工程竣工规划核实测量", "测绘单位"),),  # type: ignore[arg-type]  # a tree as JSON
        qualifications=(FiledQualification(7, HeldQualification("Q021", "工程测量", "甲级", LAST, "甲测资字001")),),
        practitioners=(Licensed("Q064", "L1", LAST, id=12, person=3),),
        account_uscc=CODE,
    )
    return replace(file, **changes)  # type: ignore[arg-type]  # fields by name


def make_branch(**changes: object) -> AgencyFile:
    """The same as a branch of HEAD."""
    return make_file(**{"is_branch": True, "has_branch_authority": True, "head_office_uscc": HEAD, **changes})


GOOD_ROWS: Mapping[tuple[str, str, str], tuple[Row, ...]] = {
    (DATA_SHARING, ENTERPRISES, CODE): (ENTERPRISE,),
    (DATA_SHARING, ENTERPRISES, HEAD): ({**ENTERPRISE, "uscc": HEAD, "name": "总公司"},),
    (DATA_SHARING, QUALIFICATIONS, CODE): (CERTIFICATE,),
    (DATA_SHARING, PRACTITIONERS, CODE): (LICENCE,),
}


def answered(question: Question, rows: tuple[Row, ...]) -> Answered:
    return Answered(
        question.registry, question.question, AT, "R-1", rows, json.dumps([dict(row) for row in rows]).encode()
    )


def good_answers(file: AgencyFile) -> dict[Question, Answer]:
    """Every registry confirms everything."""
    return {
        question: answered(
            question, GOOD_ROWS.get((question.registry, question.question, dict(question.terms)["uscc"]), ())
        )
        for question in questions(file)
    }


def told(file: AgencyFile, question: str, *rows: Row, registry: str = DATA_SHARING, about: str = CODE) -> Answers:
    """As `good_answers`, but this registry says something else."""
    answers = good_answers(file)
    for asked in answers:
        if (asked.registry, asked.question, dict(asked.terms)["uscc"]) == (registry, question, about):
            answers[asked] = answered(asked, rows)
    return answers
