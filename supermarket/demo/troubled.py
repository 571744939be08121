"""Two applicants of the demonstration whom the checks do not let through: the operator has one to look at.

Of the first the enterprise register has two entries that differ, so it waits for a human; the second is registered under
another name and head and for another trade, so it is refused with every reason at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from supermarket.agencies import operations
from supermarket.agencies.checks.sources import ENTERPRISES
from supermarket.core.clock import real_now
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date
from supermarket.data.invent import InventedAgency
from supermarket.demo import cast, identified, onboarding
from supermarket.demo.facts import Row

_FIRST = cast.AGENCIES + identified.NEWCOMERS


def applicants(today: date) -> tuple[InventedAgency, InventedAgency]:
    """The one that waits and the one that is refused."""
    waiting, refused = cast.agencies(_FIRST + 2, today)[_FIRST:]
    return waiting, refused


def spoiled(lists: Iterable[tuple[str, str, Sequence[Row]]], today: date) -> Iterator[tuple[str, str, list[Row]]]:
    """The lists with what is wrong about the two."""
    waiting, refused = (item.uscc for item in applicants(today))
    other = {
        "name": "四川万象餐饮管理有限公司",
        "legal_representative": "谭有方",
        "business_scope": "餐饮服务；住宿服务",
    }
    for name, question, rows in lists:
        told = list[Row]()
        for row in rows:
            flawed = question == ENTERPRISES
            told.append({**row, **other} if flawed and row["uscc"] == refused else row)
            if flawed and row["uscc"] == waiting:
                told.append({**row, "status": "注销"})
        yield name, question, told


def enter(at: datetime) -> None:
    """File the two and run their checks, where they are not there yet."""
    for place, item in enumerate(applicants(local_date(real_now())), start=_FIRST):
        with unit():
            known = onboarding.is_there(item)
            if not known:
                onboarding.file(place, item, at)
        if not known:
            with unit():
                answers = operations.ask_registries(item.uscc, at)
            with unit():
                operations.run_checks(item.uscc, actor=SYSTEM, at=at, answers=answers)
