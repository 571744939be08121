"""Bulk import of agencies from a table, as applied: nothing is active unchecked (onboarding.md)."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.rules import uscc_error
from supermarket.core.errors import FieldError
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.core.tables import ImportReport, RowOutcome, RowReport, TableRow, read_table
from supermarket.core.working_days import local_date
from supermarket.data.catalogue import region_successors
from supermarket.extensions import db
from supermarket.policies.queries import region_names

NEEDED = ("name", "uscc", "province_code", "city_code")
# The first character of a code names the registering department (GB 32100, table 1).
_KIND_BY_DEPARTMENT = {"9": "enterprise", "1": "institution", "5": "social_organisation"}
_FLAGS = {"": False, "0": False, "1": True}
# Columns of text that may be there, with their most characters.
_TEXTS = {"legal_representative": 64, "address": 300, "public_contact": 200}


def import_rows(
    path: Path, *, actor: Actor, at: datetime, keep_good: bool = False, check_only: bool = False
) -> ImportReport:
    """Enter the agencies of a CSV or XLSX file that are not there yet; nothing at all if a row is wrong.

    Columns: name, uscc, province_code, city_code, and if there are: district_code, established, is_branch,
    head_office_uscc, business_scope, legal_representative, address, public_contact; others are not read. With
    `keep_good` the good rows are entered and the others reported, with `check_only` nothing is written whatever it
    holds. Raises Forbidden, InvalidInput.
    """
    authorise(actor, P.AGENCY_CHECK)
    table = read_table(path, needed=NEEDED)
    there = _there([row.cells["uscc"] for row in table])
    reports, values, today = list[RowReport](), list[dict[str, object]](), local_date(at)
    seen: set[str] = set()
    for row in table:
        uscc = row.cells["uscc"]
        errors = _errors(row, today)
        if uscc in seen and not errors:
            errors.append(FieldError("uscc", "twice", _("This code is in the file twice.")))
        seen.add(uscc)
        if errors:
            reports.append(RowReport(row.line, uscc or row.cells["name"], RowOutcome.REFUSED, tuple(errors)))
        elif uscc in there:
            reports.append(RowReport(row.line, uscc, RowOutcome.ALREADY_THERE))
        else:
            reports.append(RowReport(row.line, uscc, RowOutcome.CREATED))
            values.append(_values(row.cells, at))
    good = keep_good or all(report.outcome is not RowOutcome.REFUSED for report in reports)
    written = good and not check_only
    if written and values:
        db.session.execute(sa.insert(Agency), values)
        record(
            events.IMPORTED,
            path.stem[:64],
            actor=actor,
            at=at,
            data={"created": len(values), "file": path.name[:100]},
        )
    return ImportReport.of(reports, written=written)


def _there(codes: list[str]) -> frozenset[str]:
    return frozenset(db.session.scalars(sa.select(Agency.uscc).where(Agency.uscc.in_(codes))))


def _errors(row: TableRow, today: date) -> list[FieldError]:
    cells, errors = row.cells, list[FieldError]()
    if not cells["name"] or len(cells["name"]) > 200:
        errors.append(FieldError("name", "length", _("Give the name, with at most 200 characters.")))
    if error := uscc_error(cells["uscc"]):
        errors.append(FieldError("uscc", "uscc", error))
    if _region(cells) is None:
        errors.append(FieldError("city_code", "unknown", _("There is no region of this code.")))
    if cells.get("established"):
        try:
            day = date.fromisoformat(cells["established"])
        except ValueError:
            errors.append(FieldError("established", "form", _("Write the day like 2026-11-27.")))
        else:
            if day > today:
                errors.append(FieldError("established", "future", _("This day is in the future.")))
    if cells.get("is_branch", "") not in _FLAGS:
        errors.append(FieldError("is_branch", "form", _("Write 1 for a branch, 0 otherwise.")))
    head = cells.get("head_office_uscc", "")
    if head and (error := uscc_error(head)):
        errors.append(FieldError("head_office_uscc", "uscc", error))
    elif head and head == cells["uscc"]:
        errors.append(FieldError("head_office_uscc", "itself", _("A branch has another body as its head office.")))
    for name, most in _TEXTS.items():
        if len(cells.get(name, "")) > most:
            errors.append(FieldError(name, "too_long", _("Give at most %(most)s characters.", most=most)))
    return errors


def _region(cells: Mapping[str, str]) -> str | None:
    """The nearest region that is named and in force, an abolished code resolved where it has one successor."""
    known = region_names()
    for name in ("district_code", "city_code", "province_code"):
        code = cells.get(name, "")
        if not code:
            continue
        if code in known:
            return code
        heirs = [region.code for region in region_successors(code) if region.code in known]
        if len(heirs) == 1:
            return heirs[0]
        if not heirs:
            return None
    return None


def _values(cells: Mapping[str, str], at: datetime) -> dict[str, object]:
    day = cells.get("established", "")
    return {
        "uscc": cells["uscc"],
        "name": cells["name"],
        "kind": _KIND_BY_DEPARTMENT.get(cells["uscc"][0], "other"),
        "region_code": _region(cells),
        **{name: cells.get(name, "") for name in _TEXTS},
        "introduction": "",
        "established": date.fromisoformat(day) if day else None,
        "business_scope": cells.get("business_scope", ""),
        "is_branch": _FLAGS[cells.get("is_branch", "")],
        "head_office_uscc": cells.get("head_office_uscc") or None,
        "standing": Standing.APPLIED,
        "standing_since": at,
        "onboarding": Onboarding.DRAFT,
        "refusal": "",
        "applied_at": at,
        "version": 1,
    }
