"""Import of a region's list of matters from a table: drafts, row by row, all or nothing unless asked (onboarding.md)."""

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
from supermarket.data.requirements import RequirementError, parse_licences
from supermarket.extensions import db
from supermarket.matters import requirement_tree, rules
from supermarket.matters.commands import MatterDraft
from supermarket.matters.models import CommissionedBy, FeeKind, Matter, MatterState, MatterVersion
from supermarket.matters.operations import draft_matter, edit_matter
from supermarket.matters.queries import office_list

NEEDED = ("code", "name", "approval_item", "department", "industry", "stage", "commissioned_by", "fee_kind")
# Columns of text: heading → field of the wording and its most characters.
_TEXTS = {
    "name": ("name", 200),
    "approval_item": ("approval_item", 200),
    "department": ("department", 200),
    "industry": ("industry", 32),
    "stage": ("stage", 32),
    "legal_basis": ("legal_basis", 10_000),
    "other_basis": ("other_basis", 10_000),
    "citation_check": ("citation_check", 64),
    "agency_type": ("agency_type", 200),
    "fee_bearer": ("fee_bearer", 200),
    "fee_text": ("fee_standard", 10_000),
    "fee_reference": ("fee_reference", 32),
    "qualification_text": ("requirement_text", 10_000),
    "requirement_source": ("requirement_source", 10_000),
    "service_time": ("service_time", 10_000),
    "statutory_time": ("approval_time", 10_000),
    "result_document": ("result_document", 200),
    "note": ("note", 10_000),
}
Choice = TypeVar("Choice", CommissionedBy, FeeKind)


def import_rows(path: Path, *, region_code: str, actor: Actor, at: datetime, keep_good: bool = False) -> ImportReport:
    """Bring a CSV or XLSX file into a region's list as drafts: new codes, and new wordings of known ones.

    Columns as in the product's own matters.csv; `requirement` and `licences` are JSON. What is submitted cannot be
    changed and is refused. Raises Forbidden, InvalidInput for a file that cannot be read.
    """
    authorise(actor, P.MATTER_EDIT, region=region_code)
    table = read_table(path, needed=NEEDED)
    known = {matter.code: (matter, version) for matter, version in office_list(None, limit=100_000)}
    reports, drafts, seen = list[RowReport](), list[tuple[TableRow, MatterDraft]](), set[str]()
    for row in table:
        code = row.cells["code"]
        draft, errors = read_draft(row.cells, local_date(at))
        errors.extend(_code_errors(code, seen, known, region_code))
        seen.add(code)
        if draft is None or errors:
            reports.append(RowReport(row.line, code, RowOutcome.REFUSED, tuple(errors)))
        elif code in known and draft.same_as(known[code][1]):
            reports.append(RowReport(row.line, code, RowOutcome.ALREADY_THERE))
        else:
            reports.append(RowReport(row.line, code, RowOutcome.UPDATED if code in known else RowOutcome.CREATED))
            drafts.append((row, draft))
    written = keep_good or all(report.outcome is not RowOutcome.REFUSED for report in reports)
    for row, draft in drafts if written else ():
        _write(row.cells["code"], draft, row.cells["code"] in known, region_code, actor, at)
    db.session.flush()
    return ImportReport.of(reports, written=written)


def _code_errors(
    code: str, seen: set[str], known: Mapping[str, tuple[Matter, MatterVersion]], region_code: str
) -> list[FieldError]:
    errors = []
    if not rules.CODE.fullmatch(code):
        errors.append(FieldError("code", "form", _("A code has two capital letters and three to eight digits.")))
    if code in seen:
        errors.append(FieldError("code", "twice", _("This code is in the file twice.")))
    if code in known and known[code][0].region_code != region_code:
        errors.append(FieldError("code", "elsewhere", _("This code is in another region's list.")))
    if code in known and known[code][0].state is MatterState.SUBMITTED:
        errors.append(
            FieldError("code", "submitted", _("This matter is with the list office and cannot be changed now."))
        )
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


def read_draft(cells: Mapping[str, str], today: date) -> tuple[MatterDraft | None, list[FieldError]]:
    """A row as a wording, or everything that is wrong with it."""
    errors = list[FieldError]()
    texts = {}
    for heading, (field, most) in _TEXTS.items():
        texts[field] = cells.get(heading, "")
        if len(texts[field]) > most:
            errors.append(FieldError(heading, "too_long", _("Give at most %(most)s characters.", most=most)))
    for heading in ("name", "approval_item", "department"):
        if not cells.get(heading):
            errors.append(FieldError(heading, "missing", _("Please fill this in.")))
    commissioned_by = _choice(CommissionedBy, "commissioned_by", cells, errors)
    fee_kind = _choice(FeeKind, "fee_kind", cells, errors)
    try:
        requirement = requirement_tree.from_json(json.loads(cells.get("requirement") or "null"))
        licences = parse_licences(json.loads(cells.get("licences") or "[]"))
    except (RequirementError, json.JSONDecodeError, RecursionError) as error:
        errors.append(FieldError("requirement", "form", _("The requirement cannot be read: %(why)s", why=str(error))))
        return None, errors
    if errors or commissioned_by is None or fee_kind is None:
        return None, errors
    draft = MatterDraft(
        name=texts["name"],
        approval_item=texts["approval_item"],
        department=texts["department"],
        industry=texts["industry"],
        stage=texts["stage"],
        legal_basis=texts["legal_basis"],
        other_basis=texts["other_basis"],
        citation_check=texts["citation_check"],
        agency_type=texts["agency_type"],
        fee_bearer=texts["fee_bearer"],
        fee_standard=texts["fee_standard"],
        fee_reference=texts["fee_reference"],
        requirement_text=texts["requirement_text"],
        requirement_source=texts["requirement_source"],
        service_time=texts["service_time"],
        approval_time=texts["approval_time"],
        result_document=texts["result_document"],
        note=texts["note"],
        commissioned_by=commissioned_by,
        fee_kind=fee_kind,
        requirement=requirement,
        licences=licences,
        valid_from=today,
    )
    return draft, rules.draft_errors(draft)


def _choice(kind: type[Choice], field: str, cells: Mapping[str, str], errors: list[FieldError]) -> Choice | None:
    try:
        return kind(cells[field])
    except ValueError:
        names = ", ".join(item.value for item in kind)
        errors.append(FieldError(field, "unknown", _("Choose one of: %(names)s.", names=names)))
        return None
