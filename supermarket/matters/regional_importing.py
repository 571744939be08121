"""Import of a region's entries over inherited matters: drafts, row by row, all or nothing unless asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _

from supermarket.core.errors import FieldError, NotFound
from supermarket.core.permissions import Actor
from supermarket.core.tables import ImportReport, RowOutcome, RowReport, TableRow
from supermarket.extensions import db
from supermarket.matters import regional, rules
from supermarket.matters.commands import RegionalDraft
from supermarket.matters.exporting import REGIONAL_TEXTS, from_cell
from supermarket.matters.models import MatterState, RegionalEntry, RegionalVersion
from supermarket.matters.operations import word_regional
from supermarket.matters.queries import above, matter, own_regional_list

_YES, _NO = {"yes", "true", "1", "是"}, {"no", "false", "0", "否"}
Known = Mapping[str, tuple[RegionalEntry, RegionalVersion]]


def import_table(
    table: Sequence[TableRow], *, region_code: str, actor: Actor, at: datetime, keep_good: bool, check_only: bool
) -> ImportReport:
    """Bring rows in as drafts of the region; the caller has asked who. A column that is not there leaves what stands."""
    known = {code: (entry, version) for code, entry, version in own_regional_list(region_code)}
    reports, drafts, seen = list[RowReport](), list[tuple[str, RegionalDraft]](), set[str]()
    for row in table:
        report, draft = _looked_at(row, known, seen, region_code)
        reports.append(report)
        if draft is not None:
            drafts.append((row.cells["code"], draft))
    good = keep_good or all(report.outcome is not RowOutcome.REFUSED for report in reports)
    written = good and not check_only
    for code, draft in drafts if written else ():
        public = code in known and known[code][0].published_version_id is not None
        word_regional(
            code,
            region_code,
            draft,
            change_kind="wording" if public else "new",
            change_reason=_("Imported from a file") if public else "",
            expected_version=None,
            actor=actor,
            at=at,
        )
    db.session.flush()
    return ImportReport.of(reports, written=written)


def _looked_at(row: TableRow, known: Known, seen: set[str], region_code: str) -> tuple[RowReport, RegionalDraft | None]:
    code = row.cells["code"]
    entry, standing = known.get(code, (None, None))
    errors = list[FieldError]()
    if code in seen:
        errors.append(FieldError("code", "twice", _("This code is in the file twice.")))
    seen.add(code)
    draft = _read(row.cells, standing, errors)
    if standing is not None and not errors and draft.same_as(standing):
        return RowReport(row.line, code, RowOutcome.ALREADY_THERE), None
    if entry is not None and entry.state is MatterState.SUBMITTED:
        errors.append(FieldError("code", "submitted", _("This entry is submitted and cannot be changed now.")))
    errors.extend(_rule_errors(code, region_code, draft, first=entry is None or entry.published_version_id is None))
    if errors:
        return RowReport(row.line, code, RowOutcome.REFUSED, tuple(errors)), None
    return RowReport(row.line, code, RowOutcome.UPDATED if entry is not None else RowOutcome.CREATED), draft


def _rule_errors(code: str, region_code: str, draft: RegionalDraft, *, first: bool) -> list[FieldError]:
    try:
        home = matter(code).region_code
        inherited = above(code, region_code)
    except NotFound as error:
        return [FieldError("code", "not_inherited", error.message)]
    if not regional.lies_below(region_code, home):
        message = _("Only a region below the matter's own list words it anew.")
        return [FieldError("code", "not_below", message)]
    return rules.regional_errors(draft, inherited, first=first)


def _read(cells: Mapping[str, str], standing: RegionalVersion | None, errors: list[FieldError]) -> RegionalDraft:
    said = cells.get("carried_out", "").lower()
    if said not in _YES | _NO:
        errors.append(FieldError("carried_out", "unknown", _("Choose one of: %(names)s.", names="yes, no")))
    texts: dict[str, str] = {}
    for name, most in REGIONAL_TEXTS.items():
        texts[name] = from_cell(cells[name]) if name in cells else getattr(standing, name, "")
        if len(texts[name]) > most:
            errors.append(FieldError(name, "too_long", _("Give at most %(most)s characters.", most=most)))
        elif rules.INVISIBLE.search(texts[name]):
            errors.append(FieldError(name, "invisible", _("Remove the invisible characters.")))
    return RegionalDraft(carried_out=said not in _NO, **texts)
