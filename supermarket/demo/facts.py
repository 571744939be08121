"""What the registries of the demonstration know: files of the stand-in that answers over HTTP, else loaded lists."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from flask import current_app

from supermarket.agencies import operations
from supermarket.agencies.checks.sources import (
    ASSET_APPRAISAL,
    CONSTRUCTION_MARKET,
    DATA_SHARING,
    DISHONESTY,
    ENTERPRISES,
    NATIONAL_DISHONESTY,
    PENALTIES,
    PENALTY_LIST,
    PRACTITIONERS,
    QUALIFICATIONS,
    SOCIAL_CREDIT,
    registry_of,
)
from supermarket.core.permissions import SYSTEM
from supermarket.data.invent import InventedAgency
from supermarket.gateways import current

LABEL = "演示数据快照"
FOLDER = "registries"
Row = Mapping[str, str]
# The columns of each list, also where nobody stands on it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    ENTERPRISES: ("uscc", "name", "status", "business_scope", "legal_representative"),
    DISHONESTY: ("uscc", "document_number"),
    PENALTIES: ("uscc", "document_number", "bars", "until"),
    PRACTITIONERS: ("uscc", "licence_kind", "licence_number", "registered_until"),
    QUALIFICATIONS: ("uscc", "kind", "number", "level", "speciality", "valid_until"),
}


def give(lists: Iterable[tuple[str, str, Sequence[Row]]], at: datetime) -> None:
    """Hand each list (registry, question, rows) to whoever answers for the registry here."""
    over_http = current().registries.names
    home = Path(current_app.config["DATA"]) / FOLDER
    for name, question, rows in lists:
        if name in over_http:
            _write(home / name / f"{question}.csv", COLUMNS[question], rows)
        else:
            operations.load_registry(name, question, rows, label=LABEL, actor=SYSTEM, at=at)


def _write(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """The stand-in reads the file again when it changes; it never sees half of one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(rows)
    new.replace(path)


def lists(agencies: Sequence[InventedAgency]) -> Iterator[tuple[str, str, list[Row]]]:
    """What the registries say about these agencies, who are all as they say."""
    yield DATA_SHARING, ENTERPRISES, [_enterprise(item) for item in agencies]
    yield SOCIAL_CREDIT, DISHONESTY, []
    yield NATIONAL_DISHONESTY, DISHONESTY, []
    yield PENALTY_LIST, PENALTIES, []
    yield DATA_SHARING, PRACTITIONERS, [row for item in agencies for row in _licences(item)]
    for name in (DATA_SHARING, CONSTRUCTION_MARKET, ASSET_APPRAISAL):
        yield name, QUALIFICATIONS, [row for item in agencies for row in _certificates(item, name)]


def _enterprise(item: InventedAgency) -> Row:
    return {
        "uscc": item.uscc,
        "name": item.name,
        "status": "存续",
        "business_scope": item.business_scope,
        "legal_representative": item.legal_representative,
    }


def _licences(item: InventedAgency) -> Iterable[Row]:
    for person in item.practitioners:
        yield {
            "uscc": item.uscc,
            "licence_kind": person.licence_kind,
            "licence_number": person.licence_number,
            "registered_until": person.registered_until.isoformat(),
        }


def _certificates(item: InventedAgency, registry: str) -> Iterable[Row]:
    for held in item.qualifications:
        if registry_of(QUALIFICATIONS, held.kind) == registry:
            yield {
                "uscc": item.uscc,
                "kind": held.kind,
                "number": held.number,
                "level": held.level or "",
                "speciality": held.speciality or "",
                "valid_until": held.valid_until.isoformat(),
            }
