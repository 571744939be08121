"""Import of a region's list from a table: drafts, row by row, all or nothing unless asked (onboarding.md).

Two kinds of table: the region's own matters, and (with a column `carried_out`) its entries over inherited matters.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from flask_babel import gettext as _

from supermarket.core.errors import FieldError
from supermarket.core.permissions import Actor, P, authorise
from supermarket.core.tables import ImportReport, RowOutcome, RowReport, TableRow, read_table
from supermarket.core.working_days import local_date
from supermarket.data.requirements import RequirementError, json_of, parse_licences
from supermarket.extensions import db
from supermarket.matters import regional_importing, requirement_tree, rules
from supermarket.matters.commands import MatterDraft
from supermarket.matters.exporting import TEXTS, from_cell
from supermarket.matters.models import CommissionedBy, FeeKind, Matter, MatterState, MatterVersion
from supermarket.matters.operations import draft_matter, edit_matter
from supermarket.matters.queries import office_list

NEEDED = ("code", "name", "approval_item", "department", "industry", "stage", "commissioned_by", "fee_kind")
Choice = TypeVar("Choice", CommissionedBy, FeeKind)
Known = Mapping[str, tuple[Matter, MatterVersion]]


def import_rows(
    path: Path,
    *,
    region_code: str,
    actor: Actor,
    at: datetime,
    keep_good: bool = False,
    check_only: bool = False,
) -> ImportReport:
    """Bring a CSV or XLSX file into a region's list as drafts: new ones, and new wordings of known ones.

    Columns as in the product's own matters.csv and in exporting.py; `requirement` and `licences` are JSON. A column
    that is not there leaves what stands. What is submitted cannot be changed and is refused. `check_only` says what
    would come of it. Raises Forbidden, InvalidInput for a file that cannot be read.
    """
    authorise(actor, P.MATTER_EDIT, region=region_code)
    table = read_table(path, needed=("code",))
    if table and "carried_out" in table[0].cells:
        return regional_importing.import_table(
            table, region_code=region_code, actor=actor, at=at, keep_good=keep_good, check_only=check_only
        )
    table = read_table(path, needed=NEEDED)
    known = {matter.code: (matter, version) for matter, version in office_list(None, limit=100_000)}
    reports, drafts, seen = list[RowReport](), list[tuple[TableRow, MatterDraft]](), set[str]()
    for row in table:
        report, draft = _looked_at(row, known, seen, region_code, local_date(at))
        reports.append(report)
        if draft is not None:
            drafts.append((row, draft))
    good = keep_good or all(report.outcome is not RowOutcome.REFUSED for report in reports)
    written = good and not check_only
    for row, draft in drafts if written else ():
        _write(row.cells["code"], draft, row.cells["code"] in known, region_code, actor, at)
    db.session.flush()
    return ImportReport.of(reports, written=written)


def _looked_at(
    row: TableRow, known: Known, seen: set[str], region_code: str, today: date
) -> tuple[RowReport, MatterDraft | None]:
    """What would come of a row, and the wording to write if anything."""
    code = row.cells["code"]
    standing = known[code][1] if code in known else None
    draft, errors = read_draft(row.cells, today, standing)
    errors.extend(_code_errors(code, seen, known, region_code))
    seen.add(code)
    if draft is not None and not errors and standing is not None and draft.same_as(standing):
        return RowReport(row.line, code, RowOutcome.ALREADY_THERE), None
    if code in known and known[code][0].state is MatterState.SUBMITTED:
        message = _("This matter is with the list office and cannot be changed now.")
        errors.append(FieldError("code", "submitted", message))
    if draft is None or errors:
        return RowReport(row.line, code, RowOutcome.REFUSED, tuple(errors)), None
    return RowReport(row.line, code, RowOutcome.UPDATED if code in known else RowOutcome.CREATED), draft


def _code_errors(code: str, seen: set[str], known: Known, region_code: str) -> list[FieldError]:
    errors = []
    if not rules.CODE.fullmatch(code):
        errors.append(FieldError("code", "form", _("A code has two capital letters and three to eight digits.")))
    if code in seen:
        errors.append(FieldError("code", "twice", _("This code is in the file twice.")))
    if code in known and known[code][0].region_code != region_code:
        errors.append(FieldError("code", "elsewhere", _("This code is in another region's list.")))
    return errors


def _write(code: str, draft: MatterDraft, known: bool, region_code: str, actor: Actor, at: datetime) -> None:
    if known:
        edit_matter(
            code,
            draft,
            change_kind="wording",
            change_reason=_("Imported from a file"),
            expected_version=None,
            actor=actor,
            at=at,
        )
    else:
        draft_matter(draft, code=code, region_code=region_code, actor=actor, at=at)


def read_draft(
    cells: Mapping[str, str], today: date, standing: MatterVersion | None = None
) -> tuple[MatterDraft | None, list[FieldError]]:
    """A row as a wording, or everything that is wrong with it; an absent column leaves what stands."""
    errors = list[FieldError]()
    texts: dict[str, str] = {}
    for heading, (field, most) in TEXTS.items():
        texts[field] = from_cell(cells[heading]) if heading in cells else getattr(standing, field, "")
        if len(texts[field]) > most:
            errors.append(FieldError(heading, "too_long", _("Give at most %(most)s characters.", most=most)))
        elif rules.INVISIBLE.search(texts[field]):
            errors.append(FieldError(heading, "invisible", _("Remove the invisible characters.")))
    for heading in ("name", "approval_item", "department"):
        if not cells.get(heading):
            errors.append(FieldError(heading, "missing", _("Please fill this in.")))
    commissioned_by = _choice(CommissionedBy, "commissioned_by", cells, errors)
    fee_kind = _choice(FeeKind, "fee_kind", cells, errors)
    valid_from = _day("valid_from", cells, standing.valid_from if standing else today, errors)
    valid_until = _day("valid_until", cells, standing.valid_until if standing else None, errors)
    tree = json.dumps(standing.requirement_tree) if standing else "null"
    licences = json.dumps(standing.personal_licences) if standing else "[]"
    try:
        requirement = requirement_tree.from_json(json_of(cells.get("requirement", tree) or "null"))
        people = parse_licences(json_of(cells.get("licences", licences) or "[]"))
    except RequirementError as error:
        errors.append(FieldError("requirement", "form", _("The requirement cannot be read: %(why)s", why=str(error))))
        return None, errors
    if errors or commissioned_by is None or fee_kind is None:
        return None, errors
    draft = MatterDraft(
        **texts,
        commissioned_by=commissioned_by,
        fee_kind=fee_kind,
        requirement=requirement,
        licences=people,
        valid_from=valid_from or today,
        valid_until=valid_until,
    )
    return draft, rules.draft_errors(draft)


def _day(field: str, cells: Mapping[str, str], usual: date | None, errors: list[FieldError]) -> date | None:
    if field not in cells:
        return usual
    if not cells[field]:
        return usual if field == "valid_from" else None
    try:
        return date.fromisoformat(cells[field])
    except ValueError:
        errors.append(FieldError(field, "form", _("Give a date like 2026-11-27.")))
        return None


def _choice(kind: type[Choice], field: str, cells: Mapping[str, str], errors: list[FieldError]) -> Choice | None:
    try:
        return kind(cells[field])
    except ValueError:
        names = ", ".join(item.value for item in kind)
        errors.append(FieldError(field, "unknown", _("Choose one of: %(names)s.", names=names)))
        return None
