"""What offices have decided in the demonstration: the province's numbers with their basis, entries of the credit lists."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from supermarket.core.identifiers import make_uscc
from supermarket.core.permissions import Actor
from supermarket.core.working_days import local_date
from supermarket.credit.commands import NewListEntry
from supermarket.credit.models import ListEntry, ListKind
from supermarket.credit.operations import list_add
from supermarket.data.invent import InventedAgency
from supermarket.demo import cast
from supermarket.extensions import db
from supermarket.policies.defaults import PolicyValue
from supermarket.policies.models import Policy
from supermarket.policies.operations import set_policy

RULES = "《四川省中介服务网上超市运行规则（演示）》"


@dataclass(frozen=True)
class Number:
    """A number of a region: amounts in fen, days as in policies.defaults."""

    key: str
    value: PolicyValue
    region_code: str
    article: str


NUMBERS = (
    Number("review_project_days", 1, cast.PROVINCE, "第九条：运行机构应在1个工作日内完成采购需求审核。"),
    Number("review_onboarding_days", 2, cast.PROVINCE, "第六条：入驻核验结果应在2个工作日内告知申请机构。"),
    Number("enrolment_days", 3, cast.PROVINCE, "第十二条：采购公告的报名时间不少于3个工作日。"),
    Number("standstill_fiscal_days", 3, cast.PROVINCE, "第二十条：使用财政资金的项目，中选结果公示3个工作日。"),
    Number("standstill_social_days", 1, cast.PROVINCE, "第二十条：使用社会资金的项目，中选结果公示1个工作日。"),
    Number("signing_days", 10, cast.PROVINCE, "第二十二条：自中选通知书发出之日起10个工作日内签订合同。"),
    Number("acceptance_days", 10, cast.PROVINCE, "第二十五条：业主应在收到服务成果后10个工作日内验收或退回。"),
    Number("payment_calendar_days", 30, cast.PROVINCE, "第二十六条：业主应在验收后30日内支付服务费用。"),
    Number("rating_days", 10, cast.PROVINCE, "第二十八条：合同完成后10个工作日内完成评价。"),
    Number("direct_small_amount_line", 5_000_000, cast.PROVINCE, "第十一条：财政资金5万元以下的项目可以直接选取。"),
    Number("direct_small_amount_line", 3_000_000, "510100", "第十一条第二款：成都市范围内的限额为3万元。"),
    Number("splitting_days", 365, cast.PROVINCE, "第十一条：同一业主同一事项365日内的项目合并计算。"),
)


def set_numbers(*, actor: Actor, at: datetime) -> int:
    """The numbers with their articles; gives how many are new."""
    known = {(row.key, row.region_code) for row in db.session.scalars(sa.select(Policy))}
    fresh = [item for item in NUMBERS if (item.key, item.region_code) not in known]
    for item in fresh:
        set_policy(
            item.key,
            item.value,
            region_code=item.region_code,
            effective_from=local_date(at),
            basis=f"{RULES}{item.article}",
            actor=actor,
            at=at,
        )
    return len(fresh)


def enter_lists(agencies: tuple[InventedAgency, ...], *, actor: Actor, at: datetime) -> int:
    """Two entries of serious dishonesty, two of good faith; gives how many are new. `actor` enters them for the region."""
    known = {
        (uscc, number) for uscc, number in db.session.execute(sa.select(ListEntry.uscc, ListEntry.document_number))
    }
    fresh = [item for item in _entries(agencies, local_date(at)) if (item.uscc, item.document_number) not in known]
    for item in fresh:
        list_add(item, actor=actor, at=at)
    return len(fresh)


def _entries(agencies: tuple[InventedAgency, ...], on: date) -> list[NewListEntry]:
    housing, finance = cast.authority_of("housing-construction").name, cast.authority_of("finance").name
    elsewhere = NewListEntry(
        kind=ListKind.BLACK,
        uscc=make_uscc("91510107", 70_001),
        name="成都演示建设咨询有限公司",
        authority=housing,
        basis="出具虚假检测报告，依法列入严重失信主体名单。",
        document_number="川建信（演示）〔2025〕12号",
        from_date=on - timedelta(days=200),
        until_date=on + timedelta(days=900),
    )
    entries = [elsewhere]
    if len(agencies) > cast.BLACKLISTED:
        bad = agencies[cast.BLACKLISTED]
        entries.append(
            NewListEntry(
                kind=ListKind.BLACK,
                uscc=bad.uscc,
                name=bad.name,
                authority=housing,
                basis="出具重大失实的评估报告，依法列入严重失信主体名单。",
                document_number="川建信（演示）〔2025〕31号",
                from_date=on,
                until_date=on + timedelta(days=1_095),
            )
        )
    for place in cast.RED_LISTED:
        if place < len(agencies):
            good = agencies[place]
            entries.append(
                NewListEntry(
                    kind=ListKind.RED,
                    uscc=good.uscc,
                    name=good.name,
                    authority=finance,
                    basis="连续三年执业质量检查优秀，列入守信激励名单。",
                    document_number=f"川财信（演示）〔2025〕{place}号",
                    from_date=on,
                    until_date=on + timedelta(days=730),
                )
            )
    return entries
