"""What a matter says in a region: the wording of its home list, patched by the lists below it. Pure.

A region below says where and how a matter is carried out: local department, times, fee, result, a note, or that it is
not carried out there. It never adds or tightens qualifications and licences: those stand in the home list alone
(《优化营商环境条例》第四十三条: nothing without a basis in law may be made a condition of an approval).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from supermarket.core.permissions import region_covers, region_stem

# What a region below may word itself; everything else is the home list's alone.
FIELDS = ("department", "service_time", "approval_time", "fee_standard", "result_document", "note")
# Of these a region may only give less.
TIMES = ("service_time", "approval_time")

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_TIME = re.compile(r"([0-9]{1,4}|[零〇一二两三四五六七八九十百]{1,6})\s*(?:个)?\s*(工作日|自然日|日|天)")
# Words that would make a condition of entry out of a note.
_CONDITION = re.compile(
    r"(须|需|应|必须|要求|只限|仅限|限于|具备|具有|持有).{0,20}(资质|资格|许可证|执业证|注册资本|业绩|分支机构|名录)"
)


@dataclass(frozen=True)
class LocalWording:
    """What one region's published entry says; an empty text leaves what the list above says."""

    region_code: str
    version_id: int
    number: int
    carried_out: bool
    reason: str
    basis: str
    said: Mapping[str, str]


@dataclass(frozen=True)
class Value:
    """A text and the region whose list it comes from."""

    text: str
    region_code: str


@dataclass(frozen=True)
class NotCarriedOut:
    """That a matter is not carried out, which region says so, why and on which basis."""

    region_code: str
    reason: str
    basis: str


@dataclass(frozen=True)
class Effective:
    """The wording that holds in a region: each value with its list, and the regional wordings that it is made of."""

    values: Mapping[str, Value]
    not_carried_out: NotCarriedOut | None
    wordings: tuple[LocalWording, ...]

    @property
    def version_ids(self) -> list[int]:
        """The regional versions in force, from the top down."""
        return [wording.version_id for wording in self.wordings]


def depth(region_code: str) -> int:
    """How far down a region lies: province before city before county."""
    return len(region_stem(region_code))


def lies_below(region_code: str, home: str) -> bool:
    """Whether a region lies within another and is not the same."""
    return region_code != home and region_covers(home, region_code)


def effective(base: Mapping[str, str], home: str, wordings: Iterable[LocalWording]) -> Effective:
    """The home list's texts patched from the top down; the nearest region that says something is right.

    `wordings` are those of one line of regions (a city and its county, not two counties).
    """
    ordered = tuple(sorted(wordings, key=lambda wording: depth(wording.region_code)))
    values = {field: Value(base[field], home) for field in FIELDS}
    refusal = None
    for wording in ordered:
        for field in FIELDS:
            if wording.said[field]:
                values[field] = Value(wording.said[field], wording.region_code)
        refusal = None if wording.carried_out else NotCarriedOut(wording.region_code, wording.reason, wording.basis)
    return Effective(values, refusal, ordered)


def days_said(text: str) -> tuple[int, str] | None:
    """The one number of days in a text and their kind (工作日, or calendar days as 日); None if there is none, or several."""
    found = _TIME.findall(text)
    if len(found) != 1:
        return None
    number, kind = found[0]
    count = int(number) if number.isdecimal() else _chinese(number)
    return (count, "工作日" if kind == "工作日" else "日") if count is not None else None


def _chinese(text: str) -> int | None:
    """A number below 1 000 in Chinese digits."""
    total, digit = 0, None
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        else:
            total += (1 if digit is None else digit) * (100 if sign == "百" else 10)
            digit = None
    found = total + (digit or 0)
    return found or None


def is_longer(own: str, above: str) -> bool:
    """Whether a time is longer than the list above gives; what cannot be compared (other days, other words) is not."""
    mine, theirs = days_said(own), days_said(above)
    return mine is not None and theirs is not None and mine[1] == theirs[1] and mine[0] > theirs[0]


def makes_a_condition(text: str) -> bool:
    """Whether a note demands a qualification or the like, which no region below may do."""
    return _CONDITION.search(text) is not None
