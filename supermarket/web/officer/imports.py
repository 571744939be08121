"""The list office brings files of its list in and takes them out: looked at first, a report to keep, drafts only."""

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.clock import LOCAL, now
from supermarket.core.permissions import P
from supermarket.core.tables import ImportReport
from supermarket.documents.models import Document
from supermarket.matters.exporting import COLUMNS, REGIONAL_COLUMNS, as_bytes, own_table, regional_table
from supermarket.matters.importing import import_rows
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform
from supermarket.web.matter_words import FIELD_LABELS
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.handed_in import ImportForm, keep, saved
from supermarket.web.officer.matters import list_region, waiting

_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


# Columns of the files that are called otherwise than the fields of a wording.
_COLUMN_LABELS = {
    "code": _l("Code"),
    "region": _l("Region"),
    "state": _l("State"),
    "requirement": _l("Required qualifications"),
    "licences": _l("Required personal licences"),
    "fee_text": FIELD_LABELS["fee_standard"],
    "qualification_text": FIELD_LABELS["requirement_text"],
    "statutory_time": FIELD_LABELS["approval_time"],
}


def column_label(name: str) -> str:
    """A column in words, with its name in the file; a column that has no words shows its name."""
    label = _COLUMN_LABELS.get(name, FIELD_LABELS.get(name))
    return name if label is None else str(_("%(label)s (%(column)s)", label=label, column=name))


def _page(form: ImportForm, report: ImportReport | None = None, kept: Document | None = None) -> str:
    return render_template(
        "officer/import.html",
        form=form,
        report=report,
        kept=kept,
        column_label=column_label,
        columns=COLUMNS,
        regional_columns=REGIONAL_COLUMNS,
        region=list_region(present_actor()),
        waiting=waiting(present_actor()),
    )


@blueprint.get("/matters/import")
@needs(P.MATTER_EDIT)
def import_form() -> str:
    """The form, what columns the file has, and the list as a file."""
    return _page(ImportForm(formdata=None, check_only=True))


@blueprint.post("/matters/import")
@needs(P.MATTER_EDIT)
def import_matters() -> tuple[str, int]:
    """Read, report, and write unless a row is wrong or nothing was to be written."""
    form = ImportForm()
    report, status = attempt(form, lambda: _read(form))
    kept = None if report is None else perform(lambda: keep(report, "matters", P.MATTER_EDIT))
    if report is not None and not report.written and not form.check_only.data:
        form.form_errors.append(_("Nothing was written: mend the rows below, or keep the good ones only."))
        status = 422
    return _page(form, report, kept), status


def _read(form: ImportForm) -> ImportReport:
    actor = present_actor()
    with saved(form, "matters") as path:
        return import_rows(
            path,
            region_code=list_region(actor),
            actor=actor,
            at=now(),
            keep_good=bool(form.keep_good.data),
            check_only=bool(form.check_only.data),
        )


@blueprint.get("/matters/export")
@needs(P.MATTER_EDIT)
def export_matters() -> Response:
    """The region's list in its newest wordings, drafts too; `of=entries`: its entries over inherited matters."""
    region = list_region(present_actor())
    entries = request.args.get("of") == "entries"
    head, rows = regional_table(region) if entries else own_table(region)
    kind: str = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    name = f"{'entries' if entries else 'matters'}-{region}-{now().astimezone(LOCAL):%Y%m%d}.{kind}"
    content = as_bytes("xlsx" if kind == "xlsx" else "csv", head, rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=_TYPES[kind], headers=headers)
