"""Kinds of qualification and matters for tests, from the product's own list."""

from datetime import date, datetime

from supermarket.data import catalogue
from supermarket.extensions import db
from supermarket.matters.commands import MatterDraft
from supermarket.matters.models import Matter, MatterState, MatterVersion, QualificationKind
from supermarket.matters.operations import enter_starting_matter, load_kinds, starting_draft
from tests.factories.accounts import MADE_AT
from tests.factories.policies import make_industry, make_region

# Surveying of land (测绘): a qualification with speciality and level; no personal licences in the tree.
SOME_MATTER = "ZJ004"


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
    return MatterDraft(**(fields | changes))  # type: ignore[arg-type]  # tests name fields of the dataclass only
