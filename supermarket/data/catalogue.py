"""Loaders of the facts: regions, kinds of qualification, industries, stages, matters, price tables of the past.

Every function gives a cached tuple of frozen dataclasses; a file that is not as described raises CatalogueError with
file and line, so that a mistake in the data stops the start and not a purchase. Origin: docs/data.md.
"""

import csv
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from supermarket.data.facts import (
    Commissioner,
    FeeBearer,
    FeeKind,
    FeeReference,
    Holder,
    Industry,
    KindStatus,
    Matter,
    MatterStatus,
    QualificationKind,
    Region,
    RegionChange,
    RegionLevel,
    Stage,
)
from supermarket.data.requirements import parse_licences, parse_requirement

_FOLDER = Path(__file__).parent
_Row = dict[str, str]
_T = TypeVar("_T")


class CatalogueError(ValueError):
    """A row of a data file that is not as docs/data.md describes it."""


@cache
def regions() -> tuple[Region, ...]:
    """Every division in force, by code: provinces, prefectures, counties."""
    found = _load(
        "regions.csv",
        lambda row: Region(
            row["code"], row["name"], row["parent_code"] or None, RegionLevel(row["level"]), row["kind"]
        ),
    )
    known = _unique("regions.csv", [region.code for region in found])
    for region in found:
        if (region.parent_code is None) != (region.level is RegionLevel.PROVINCE):
            raise CatalogueError(f"regions.csv: {region.code}: a province has no parent, everything else has one")
        if region.parent_code is not None and region.parent_code not in known:
            raise CatalogueError(f"regions.csv: {region.code}: no parent {region.parent_code}")
    return found


@cache
def _regions_by_code() -> dict[str, Region]:
    return {region.code: region for region in regions()}


def region(code: str) -> Region:
    """The division in force with this code. Raises KeyError; for an abolished code see region_successors."""
    return _regions_by_code()[code]


def region_path(code: str) -> tuple[Region, ...]:
    """The division and its ancestors, nearest first: county → city → province. Raises KeyError."""
    path = [region(code)]
    while (parent := path[-1].parent_code) is not None:
        path.append(region(parent))
    return tuple(path)


@cache
def region_changes() -> tuple[RegionChange, ...]:
    """Abolished codes with their direct successors, as recorded (a successor may itself be abolished by now)."""
    found = _load(
        "regions_history.csv",
        lambda row: RegionChange(row["old_code"], row["old_name"], tuple(row["successor_codes"].split())),
    )
    old = _unique("regions_history.csv", [change.old_code for change in found])
    for change in found:
        if change.old_code in _regions_by_code():
            raise CatalogueError(f"regions_history.csv: {change.old_code} is in force")
        for successor in change.successor_codes:
            if successor not in old and successor not in _regions_by_code():
                raise CatalogueError(f"regions_history.csv: {change.old_code}: unknown successor {successor}")
    return found


@cache
def _changes_by_code() -> dict[str, RegionChange]:
    return {change.old_code: change for change in region_changes()}


@cache
def region_successors(old_code: str) -> tuple[Region, ...]:
    """The divisions in force that a code stands for today, by code: itself if in force, else what it went into.

    Empty for a code that never was, and for a heading without a successor.
    """
    todo, seen, found = [old_code], {old_code}, set()
    while todo:
        code = todo.pop()
        if code in _regions_by_code():
            found.add(code)
        elif (change := _changes_by_code().get(code)) is not None:
            fresh = set(change.successor_codes) - seen
            seen |= fresh
            todo.extend(fresh)
    return tuple(region(code) for code in sorted(found))


@cache
def industries() -> tuple[Industry, ...]:
    """The industry authorities, in the order in which lists show them."""
    found = _load(
        "industries.csv",
        lambda row: Industry(row["code"], row["name"], row["name_en"], row["bureau"], row["provincial_bureau"]),
    )
    _unique("industries.csv", [industry.code for industry in found])
    return found


@cache
def stages() -> tuple[Stage, ...]:
    """The stages of the investment project in their order, and ``operation`` at the end."""
    found = _load(
        "stages.csv",
        lambda row: Stage(
            row["code"], row["name"], row["name_en"], int(row["position"]), {"1": True, "0": False}[row["in_project"]]
        ),
    )
    _unique("stages.csv", [stage.code for stage in found])
    return found


@cache
def qualification_kinds() -> tuple[QualificationKind, ...]:
    """Every kind of qualification, of bodies and of people, the abolished ones too (their names still turn up)."""
    found = _load("qualifications.csv", _qualification_kind)
    known = _unique("qualifications.csv", [kind.code for kind in found])
    for kind in found:
        named = {level for chain in kind.level_cover for level in chain} | set(kind.general_levels)
        if not named <= set(kind.levels) or (kind.counts_as is not None and kind.counts_as not in known):
            raise CatalogueError(f"qualifications.csv: {kind.code}: names a level or kind that is not there")
    return found


@cache
def _kinds_by_code() -> dict[str, QualificationKind]:
    return {kind.code: kind for kind in qualification_kinds()}


def qualification_kind(code: str) -> QualificationKind:
    """The kind with this code. Raises KeyError."""
    return _kinds_by_code()[code]


@cache
def licence_kinds_accepted(code: str) -> tuple[str, ...]:
    """The personal licences that fulfil a demand for this one: itself, and higher ones that count as it."""
    return (code, *(kind.code for kind in qualification_kinds() if kind.counts_as == code))


@cache
def fee_references() -> tuple[FeeReference, ...]:
    """The price tables of the past, line by line."""
    return _load(
        "fee_reference.csv",
        lambda row: FeeReference(
            code=row["fee_code"],
            service=row["service"],
            basis=row["basis"],
            lower=row["from"],
            upper=row["to"],
            value=row["value"],
            document=row["document"],
            status=row["status"],
        ),
    )


@cache
def matters() -> tuple[Matter, ...]:
    """The starting catalogue of matters; trees and codes are checked against the other files."""
    found = _load("matters.csv", _matter)
    _unique("matters.csv", [matter.code for matter in found])
    known_industries = {industry.code for industry in industries()}
    known_stages = {stage.code for stage in stages()}
    known_fees = {fee.code for fee in fee_references()} | {None}
    for matter in found:
        if (
            matter.industry not in known_industries
            or matter.stage not in known_stages
            or matter.fee_reference not in known_fees
        ):
            raise CatalogueError(f"matters.csv: {matter.code}: unknown industry, stage or fee reference")
        if matter.status is MatterStatus.PUBLISHED and not matter.legal_basis:
            raise CatalogueError(f"matters.csv: {matter.code}: published without a legal basis")
        _check_requirements(matter)
    return found


@cache
def _matters_by_code() -> dict[str, Matter]:
    return {matter.code: matter for matter in matters()}


def matter(code: str) -> Matter:
    """The starting matter with this code. Raises KeyError."""
    return _matters_by_code()[code]


def _check_requirements(matter: Matter) -> None:
    for leaf in matter.requirement.leaves() if matter.requirement is not None else ():
        kind = _kinds_by_code().get(leaf.kind)
        if kind is None or kind.holder is not Holder.ORGANISATION or not kind.live:
            raise CatalogueError(f"matters.csv: {matter.code}: {leaf.kind} is not a live qualification of bodies")
        if leaf.level is not None and leaf.level not in kind.levels:
            raise CatalogueError(f"matters.csv: {matter.code}: {leaf.kind} has no level {leaf.level}")
        if leaf.speciality is not None and leaf.speciality not in kind.specialities:
            raise CatalogueError(f"matters.csv: {matter.code}: {leaf.kind} has no speciality {leaf.speciality}")
    for licence in matter.licences:
        kind = _kinds_by_code().get(licence.kind)
        if kind is None or kind.holder is not Holder.PERSON or not kind.live:
            raise CatalogueError(f"matters.csv: {matter.code}: {licence.kind} is not a live licence of people")


def _qualification_kind(row: _Row) -> QualificationKind:
    return QualificationKind(
        code=row["code"],
        holder=Holder(row["holder"]),
        name=row["name"],
        levels=_split(row["levels"], ";"),
        level_cover=tuple(_split(chain, ">") for chain in _split(row["level_cover"], "|")),
        general_levels=_split(row["general_levels"], ";"),
        specialities=_split(row["specialities"], ";"),
        counts_as=row["counts_as"] or None,
        issuing_authority=row["issuing_authority"],
        status=KindStatus(row["status"]),
        status_effective=row["status_effective"],
        basis=row["basis"],
        note=row["note"],
        levels_text=row["levels_text"],
        confidence=row["confidence"],
    )


def _matter(row: _Row) -> Matter:
    return Matter(
        code=row["code"],
        name=row["name"],
        status=MatterStatus(row["status"]),
        approval_item=row["approval_item"],
        department=row["department"],
        industry=row["industry"],
        stage=row["stage"],
        legal_basis=row["legal_basis"],
        other_basis=row["other_basis"],
        agency_type=row["agency_type"],
        commissioned_by=Commissioner(row["commissioned_by"]),
        fee_bearer=FeeBearer(row["fee_bearer"]),
        fee_kind=FeeKind(row["fee_kind"]),
        fee_text=row["fee_text"],
        fee_reference=row["fee_reference"] or None,
        service_time=row["service_time"],
        statutory_time=row["statutory_time"],
        result_document=row["result_document"],
        qualification_text=row["qualification_text"],
        requirement=parse_requirement(json.loads(row["requirement"])),
        licences=parse_licences(json.loads(row["licences"])),
        requirement_source=row["requirement_source"],
        commission_text=row["commission_text"],
        citation_check=row["citation_check"],
        note=row["note"],
    )


@cache
def scope_words() -> dict[str, tuple[str, ...]]:
    """How registers of enterprises word a trade: the name of a matter or kind of agency → registered phrases."""
    rows = _load("scope_words.csv", lambda row: (row["word"], _split(row["registered"], ";")))
    _unique("scope_words.csv", [word for word, _phrases in rows])
    return dict(rows)


def _load(name: str, build: Callable[[_Row], _T]) -> tuple[_T, ...]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        found = []
        for row in reader:
            if None in row or None in row.values():
                raise CatalogueError(f"{name}, line {reader.line_num}: too many or too few fields")
            try:
                found.append(build(row))
            except (KeyError, ValueError, AttributeError, TypeError) as problem:
                raise CatalogueError(f"{name}, line {reader.line_num}: {problem}") from problem
        return tuple(found)


def _unique(name: str, codes: list[str]) -> set[str]:
    known = set(codes)
    if len(known) != len(codes) or "" in known:
        raise CatalogueError(f"{name}: a code is empty or there twice")
    return known


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part)
