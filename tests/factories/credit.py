"""Entries, lists, past performance and stars for tests."""

from datetime import date, datetime
from decimal import Decimal
from itertools import count

from supermarket.agencies.models import Agency
from supermarket.core.permissions import SYSTEM
from supermarket.credit.models import CreditEntry, ListEntry, ListKind, PastPerformance, StarLevel
from supermarket.credit.operations import enter
from supermarket.credit.points import CreditEvent, CreditLevel, OwnerEvent
from supermarket.extensions import db
from tests.factories.accounts import MADE_AT, fresh_uscc

_SERIAL = count(1)


def make_credit_entry(
    uscc: str,
    event: CreditEvent | OwnerEvent = CreditEvent.DID_NOT_SIGN,
    *,
    at: datetime,
    evidence: str | None = None,
) -> CreditEntry:
    """An entry by the table, made by the system."""
    return enter(
        event,
        uscc=uscc,
        source="中介服务网上超市",
        basis="信用评价规则",
        document_number=f"测信〔2026〕{next(_SERIAL)}号",
        evidence=evidence or f"C-2026-{next(_SERIAL):06d}",
        actor=SYSTEM,
        at=at,
    )


def make_list_entry(
    uscc: str, *, kind: ListKind = ListKind.BLACK, from_date: date, until_date: date | None = None
) -> ListEntry:
    """An authority's decision that puts a party on a list; its standing stays as it is."""
    row = ListEntry(
        kind=kind,
        uscc=uscc,
        name="测试机构",
        authority="四川省某主管部门",
        basis="严重失信主体名单管理办法",
        document_number=f"测失信〔2026〕{next(_SERIAL)}号",
        from_date=from_date,
        until_date=until_date,
        entered_at=MADE_AT,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_performance(
    agency_uscc: str,
    *,
    published_at: datetime,
    score: Decimal | None = Decimal("88.1250"),
    amount: int = 10_000_000,
    owner_uscc: str | None = None,
    industry: str = "natural-resources",
    matter_code: str = "ZJ004",
) -> PastPerformance:
    """One accepted contract; `amount` in fen."""
    row = PastPerformance(
        contract_code=f"C-2025-{next(_SERIAL):06d}",
        agency_uscc=agency_uscc,
        owner_uscc=owner_uscc or fresh_uscc("11510107"),
        matter_code=matter_code,
        industry=industry,
        amount=amount,
        score=score,
        share=Decimal("1.00"),
        accepted_at=published_at,
        published_at=published_at,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_stars(
    agency: Agency,
    held_level: int | None,
    *,
    credit: CreditLevel = CreditLevel.B,
    points: int = 100,
    score: Decimal | None = None,
) -> StarLevel:
    """Stars and credit as if they had been computed."""
    row = StarLevel(
        agency_uscc=agency.uscc,
        held_level=held_level,
        score=score,
        score_level=held_level,
        rating_count=0 if held_level is None else 3,
        credit_points=points,
        credit_level=credit.value,
        explanation={},
        computed_at=MADE_AT,
    )
    db.session.add(row)
    db.session.flush()
    return row
