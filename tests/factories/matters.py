"""Kinds of qualification and matters for tests, from the product's own list."""

from datetime import date, datetime

from supermarket.core.permissions import SYSTEM
from supermarket.data import catalogue
from supermarket.extensions import db
from supermarket.matters.commands import MatterDraft, RegionalDraft
from supermarket.matters.models import Matter, MatterState, MatterVersion, QualificationKind, RegionalEntry
from supermarket.matters.operations import (
    enter_starting_matter,
    load_kinds,
    publish_regional,
    starting_draft,
    submit_regional,
    word_regional,
)
from supermarket.matters.queries import regional_entry
from tests.factories.accounts import MADE_AT
from tests.factories.policies import make_industry, make_region

# Surveying of land (测绘): a qualification with speciality and level; no personal licences in the tree.
SOME_MATTER = "ZJ004"
CHENGDU, WUHOU = "510100", "510107"


def make_kinds() -> None:
    """Every kind of qualification."""
    if db.session.get(QualificationKind, "Q021") is None:
        load_kinds()


def make_matter(code: str = SOME_MATTER, *, region_code: str = "510000", at: datetime = MADE_AT) -> Matter:
    """A matter of the starting list in the register, published where the list says so; once per test."""
    known = db.session.query(Matter).filter_by(code=code).one_or_none()
    if known is not None:
        return known
    item = catalogue.matter(code)
    make_region(region_code)
    make_industry(item.industry)
    make_kinds()
    return enter_starting_matter(item, region_code=region_code, at=at)


def make_published_version(code: str = SOME_MATTER) -> MatterVersion:
    """The wording in force of a matter of the starting list."""
    matter = make_matter(code)
    assert matter.state is MatterState.PUBLISHED
    assert matter.published_version is not None
    return matter.published_version


def make_draft(code: str = SOME_MATTER, **changes: object) -> MatterDraft:
    """The wording of a starting matter with some fields changed."""
    plain = starting_draft(catalogue.matter(code), date(2026, 1, 1))
    fields = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
    return MatterDraft(**(fields | changes))


def make_regional(
    region_code: str = CHENGDU, code: str = SOME_MATTER, *, at: datetime = MADE_AT, publish: bool = True, **said: object
) -> RegionalEntry:
    """A region's own entry over a matter of the provincial list, in force; by default with a department of its own."""
    make_matter(code)
    make_region(region_code)
    known = regional_entry(code, region_code)
    command = RegionalDraft(**(said or {"department": "成都市测试局"}))  # type: ignore[arg-type]  # tests name fields of the dataclass only
    row = word_regional(
        code,
        region_code,
        command,
        change_kind="wording" if known else "new",
        change_reason="本地规定" if known else "",
        expected_version=None,
        actor=SYSTEM,
        at=at,
    )
    if publish:
        submit_regional(code, region_code, actor=SYSTEM, at=at)
        publish_regional(code, region_code, actor=SYSTEM, at=at)
    return row
