"""Reads of the matters room. A list takes two statements, whatever its length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager

from supermarket.core.columns import UtcDateTime
from supermarket.core.errors import FieldError, InvalidInput, NotFound
from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.core.permissions import region_covers, region_stem
from supermarket.extensions import db
from supermarket.matters import regional
from supermarket.matters.models import (
    Matter,
    MatterState,
    MatterVersion,
    QualificationKind,
    RegionalEntry,
    RegionalVersion,
)

SORTS = ("code", "name", "newest")


@dataclass(frozen=True)
class MatterFilter:
    """What a list of matters is narrowed to. `region` takes the lists in force there: its own and those above it.

    `inherited` leaves out the region's own matters.
    """

    q: str = ""
    region: str = ""
    industry: str = ""
    stage: str = ""
    sort: str = "code"
    inherited: bool = False


@dataclass(frozen=True)
class MatterFacets:
    """How many match, by industry and by stage; each count ignores the choice made in its own facet."""

    total: int
    industries: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, int] = field(default_factory=dict)


def covering_codes(region_code: str) -> tuple[str, ...]:
    """The region and what it lies in by GB/T 2260: 510104 → 510104, 510100, 510000."""
    return tuple(dict.fromkeys((region_code, region_code[:4] + "00", region_code[:2] + "0000")))


def contains(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """Whether a text holds another, whatever the case; % and _ mean themselves."""
    return column.icontains(text, autoescape=True)


def published(chosen: MatterFilter, part: Slice) -> tuple[Page[Matter], MatterFacets]:
    """Published matters with their version, and the facets: two statements. Raises InvalidInput for an unknown sort."""
    found = facets(chosen)
    query = (
        sa.select(Matter)
        .join(MatterVersion, MatterVersion.id == Matter.published_version_id)
        .options(contains_eager(Matter.published_version).lazyload(MatterVersion.matter))
        .where(*_conditions(chosen), *_industry(chosen), *_stage(chosen))
    )
    return fetch(query, _order(chosen.sort), part, found.total), found


def _order(sort: str) -> list[SortKey]:
    match sort:
        case "code":
            return [SortKey(Matter.code.expression)]
        case "name":
            return [SortKey(MatterVersion.name.expression), SortKey(Matter.code.expression)]
        case "newest":
            # Never NULL here: only published versions are joined.
            moment = sa.type_coerce(MatterVersion.published_at, UtcDateTime())
            return [SortKey(moment, descending=True), SortKey(Matter.code.expression)]
    message = _("The list cannot be sorted like this. Choose one of: %(names)s.", names=", ".join(SORTS))
    raise InvalidInput(message, errors=[FieldError("sort", "unknown", message)])


def _conditions(chosen: MatterFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if chosen.region:
        codes = covering_codes(chosen.region)
        found.append(Matter.region_code.in_(codes[1:] if chosen.inherited else codes))
    for word in chosen.q.split():
        columns = (
            MatterVersion.name,
            MatterVersion.approval_item,
            MatterVersion.department,
            MatterVersion.agency_type,
            Matter.code,
        )
        found.append(sa.or_(*(contains(column.expression, word) for column in columns)))
    return found


def _industry(chosen: MatterFilter) -> list[sa.ColumnElement[bool]]:
    return [MatterVersion.industry == chosen.industry] if chosen.industry else []


def _stage(chosen: MatterFilter) -> list[sa.ColumnElement[bool]]:
    return [MatterVersion.stage == chosen.stage] if chosen.stage else []


def facets(chosen: MatterFilter) -> MatterFacets:
    """The counts of the facets and of the whole, in one statement."""
    rows = db.session.execute(
        sa.select(MatterVersion.industry, MatterVersion.stage, sa.func.count())
        .join(Matter, Matter.published_version_id == MatterVersion.id)
        .where(*_conditions(chosen))
        .group_by(MatterVersion.industry, MatterVersion.stage)
    ).all()
    total, industries, stages = 0, dict[str, int](), dict[str, int]()
    for industry, stage, count in rows:
        if chosen.stage in ("", stage):
            industries[industry] = industries.get(industry, 0) + count
        if chosen.industry in ("", industry):
            stages[stage] = stages.get(stage, 0) + count
        if chosen.stage in ("", stage) and chosen.industry in ("", industry):
            total += count
    return MatterFacets(total, industries, stages)


def matter(code: str) -> Matter:
    """The matter, whatever its state. Raises NotFound."""
    row = db.session.scalar(sa.select(Matter).where(Matter.code == code))
    if row is None:
        raise NotFound(_("There is no such matter."))
    return row


def published_version(code: str) -> MatterVersion:
    """The wording in force. Raises NotFound, also for a matter that was never published."""
    row = db.session.scalar(
        sa.select(MatterVersion)
        .join(Matter, Matter.published_version_id == MatterVersion.id)
        .where(Matter.code == code)
    )
    if row is None:
        raise NotFound(_("There is no such matter."))
    return row


def published_versions(codes: Sequence[str]) -> Mapping[str, MatterVersion]:
    """The wordings in force of several matters, by code, in one statement; unknown codes are absent."""
    rows = db.session.execute(
        sa.select(Matter.code, MatterVersion)
        .join(Matter, Matter.published_version_id == MatterVersion.id)
        .where(Matter.code.in_(codes))
    ).all()
    return {row[0]: row[1] for row in rows}


def version(code: str, number: int) -> MatterVersion:
    """One version of a matter that was published. Raises NotFound."""
    row = db.session.scalar(
        sa.select(MatterVersion)
        .join(Matter, Matter.id == MatterVersion.matter_id)
        .where(Matter.code == code, MatterVersion.number == number, MatterVersion.published_at.is_not(None))
    )
    if row is None:
        raise NotFound(_("There is no such version of the matter."))
    return row


def versions(code: str, *, public_only: bool) -> Sequence[MatterVersion]:
    """The versions of a matter, newest first."""
    query = sa.select(MatterVersion).join(Matter, Matter.id == MatterVersion.matter_id).where(Matter.code == code)
    if public_only:
        query = query.where(MatterVersion.published_at.is_not(None))
    return db.session.scalars(query.order_by(MatterVersion.number.desc())).all()


def office_list(
    region_code: str | None, *, state: MatterState | None = None, limit: int = 500
) -> Sequence[tuple[Matter, MatterVersion]]:
    """A list office's matters (its region's subtree) with the newest wording of each, by code; one statement."""
    newest = (
        sa.select(sa.func.max(MatterVersion.number))
        .where(MatterVersion.matter_id == Matter.id)
        .correlate(Matter)
        .scalar_subquery()
    )
    query = sa.select(Matter, MatterVersion).join(
        MatterVersion, sa.and_(MatterVersion.matter_id == Matter.id, MatterVersion.number == newest)
    )
    if region_code is not None:
        query = query.where(Matter.region_code.startswith(region_stem(region_code)))
    if state is not None:
        query = query.where(Matter.state == state)
    rows = db.session.execute(query.order_by(Matter.code).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def qualification_kinds(*, of_person: bool | None = None) -> Sequence[QualificationKind]:
    """Kinds of qualification (of people, of bodies, or all), by code."""
    query = sa.select(QualificationKind).order_by(QualificationKind.code)
    if of_person is not None:
        query = query.where(QualificationKind.of_person == of_person)
    return db.session.scalars(query).all()


def names(codes: Sequence[str]) -> Mapping[str, str]:
    """The published names of matters, by code, in one statement."""
    rows = db.session.execute(
        sa.select(Matter.code, MatterVersion.name)
        .join(Matter, Matter.published_version_id == MatterVersion.id)
        .where(Matter.code.in_(codes))
    ).all()
    return {row.code: row.name for row in rows}


# -- the lists of regions below


def wordings_in(matter_ids: Iterable[int], region_code: str) -> Mapping[int, list[regional.LocalWording]]:
    """The published regional wordings that hold in a region, by matter: its own and those above it. One statement."""
    rows = db.session.execute(
        sa.select(RegionalEntry.matter_id, RegionalEntry.region_code, RegionalVersion)
        .join(RegionalVersion, RegionalVersion.id == RegionalEntry.published_version_id)
        .options(sa.orm.lazyload(RegionalVersion.entry))
        .where(
            RegionalEntry.matter_id.in_(list(matter_ids)), RegionalEntry.region_code.in_(covering_codes(region_code))
        )
    ).all()
    found: dict[int, list[regional.LocalWording]] = {}
    for matter_id, code, row in rows:
        found.setdefault(matter_id, []).append(local_wording(code, row))
    return found


def local_wording(region_code: str, row: RegionalVersion) -> regional.LocalWording:
    """A stored regional version as the pure rules take it."""
    return regional.LocalWording(
        region_code=region_code,
        version_id=row.id,
        number=row.number,
        carried_out=row.carried_out,
        reason=row.not_carried_out_reason,
        basis=row.not_carried_out_basis,
        said={name: getattr(row, name) for name in regional.FIELDS},
    )


def kept_wordings(version_ids: Sequence[int]) -> list[regional.LocalWording]:
    """The regional wordings that something was published under, from the top down; none asked, no statement."""
    if not version_ids:
        return []
    rows = db.session.execute(
        sa.select(RegionalEntry.region_code, RegionalVersion)
        .join(RegionalVersion, RegionalVersion.entry_id == RegionalEntry.id)
        .options(sa.orm.lazyload(RegionalVersion.entry))
        .where(RegionalVersion.id.in_(version_ids))
    ).all()
    found = [local_wording(code, row) for code, row in rows]
    return sorted(found, key=lambda wording: regional.depth(wording.region_code))


def patched(version: MatterVersion, home: str, wordings: Iterable[regional.LocalWording]) -> regional.Effective:
    """A wording with what regions below say over it."""
    return regional.effective({name: getattr(version, name) for name in regional.FIELDS}, home, wordings)


def effective_in(row: Matter, region_code: str) -> regional.Effective:
    """What a published matter says in a region: one statement. Raises NotFound where its list does not hold."""
    if row.published_version is None or not region_covers(row.region_code, region_code):
        raise NotFound(_("This matter is not in the list of this region."))
    return patched(row.published_version, row.region_code, wordings_in([row.id], region_code).get(row.id, ()))


def above(code: str, region_code: str) -> Mapping[str, regional.Value]:
    """What a region inherits, without its own entry. Raises NotFound."""
    row = matter(code)
    if row.published_version is None or not region_covers(row.region_code, region_code):
        raise NotFound(_("This matter is not in the list of this region."))
    wordings = wordings_in([row.id], region_code).get(row.id, ())
    others = [wording for wording in wordings if wording.region_code != region_code]
    return patched(row.published_version, row.region_code, others).values


def regional_entry(code: str, region_code: str, *, lock: bool = False) -> RegionalEntry | None:
    """A region's own entry over a matter, if it has one."""
    query = (
        sa.select(RegionalEntry)
        .join(Matter, Matter.id == RegionalEntry.matter_id)
        .where(Matter.code == code, RegionalEntry.region_code == region_code)
    )
    if lock:
        query = query.with_for_update(of=RegionalEntry).execution_options(populate_existing=True)
    return db.session.scalar(query)


def newest_regional(entry: RegionalEntry) -> RegionalVersion | None:
    """The newest wording of an entry: the one being written, or the published one."""
    return db.session.scalars(
        sa.select(RegionalVersion)
        .where(RegionalVersion.entry_id == entry.id)
        .order_by(RegionalVersion.number.desc())
        .limit(1)
    ).first()


def regional_versions(code: str, region_code: str, *, public_only: bool) -> Sequence[RegionalVersion]:
    """The wordings of a region's entry, newest first."""
    query = (
        sa.select(RegionalVersion)
        .join(RegionalEntry, RegionalEntry.id == RegionalVersion.entry_id)
        .join(Matter, Matter.id == RegionalEntry.matter_id)
        .where(Matter.code == code, RegionalEntry.region_code == region_code)
    )
    if public_only:
        query = query.where(RegionalVersion.published_at.is_not(None))
    return db.session.scalars(query.order_by(RegionalVersion.number.desc())).all()


def regional_regions(matter_id: int) -> Sequence[str]:
    """The regions with a published entry of their own over a matter, by code."""
    query = sa.select(RegionalEntry.region_code).where(
        RegionalEntry.matter_id == matter_id, RegionalEntry.published_version_id.is_not(None)
    )
    return db.session.scalars(query.order_by(RegionalEntry.region_code)).all()


def own_list(region_code: str) -> Sequence[tuple[Matter, MatterVersion]]:
    """The matters of a region's own list, each with its newest wording, by code; one statement."""
    newest = (
        sa.select(sa.func.max(MatterVersion.number))
        .where(MatterVersion.matter_id == Matter.id)
        .correlate(Matter)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Matter, MatterVersion)
        .join(MatterVersion, sa.and_(MatterVersion.matter_id == Matter.id, MatterVersion.number == newest))
        .where(Matter.region_code == region_code)
        .order_by(Matter.code)
    ).all()
    return [(row[0], row[1]) for row in rows]


def regional_office_list(
    region_code: str | None, *, state: MatterState | None = None
) -> Sequence[tuple[RegionalEntry, str]]:
    """The entries of a list office's regions (its subtree) with the published name of each matter; one statement."""
    query = (
        sa.select(RegionalEntry, MatterVersion.name)
        .join(Matter, Matter.id == RegionalEntry.matter_id)
        .join(MatterVersion, MatterVersion.id == Matter.published_version_id)
    )
    if region_code is not None:
        query = query.where(RegionalEntry.region_code.startswith(region_stem(region_code)))
    if state is not None:
        query = query.where(RegionalEntry.state == state)
    rows = db.session.execute(query.order_by(Matter.code, RegionalEntry.region_code)).all()
    return [(row[0], row[1]) for row in rows]


def regional_states(matter_ids: Iterable[int], region_code: str) -> Mapping[int, MatterState]:
    """Where a region's own entries stand, by matter; one statement."""
    rows = db.session.execute(
        sa.select(RegionalEntry.matter_id, RegionalEntry.state).where(
            RegionalEntry.matter_id.in_(list(matter_ids)), RegionalEntry.region_code == region_code
        )
    ).all()
    return {row.matter_id: row.state for row in rows}


def own_regional_list(region_code: str) -> Sequence[tuple[str, RegionalEntry, RegionalVersion]]:
    """A region's own entries over inherited matters, by code, each with its newest wording; one statement."""
    newest = (
        sa.select(sa.func.max(RegionalVersion.number))
        .where(RegionalVersion.entry_id == RegionalEntry.id)
        .correlate(RegionalEntry)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Matter.code, RegionalEntry, RegionalVersion)
        .join(RegionalEntry, RegionalEntry.matter_id == Matter.id)
        .join(RegionalVersion, sa.and_(RegionalVersion.entry_id == RegionalEntry.id, RegionalVersion.number == newest))
        .where(RegionalEntry.region_code == region_code)
        .order_by(Matter.code)
    ).all()
    return [(row[0], row[1], row[2]) for row in rows]
