"""The operator brings a file of agencies in: looked at first, a report to keep, nothing active unchecked."""

import tempfile
from pathlib import Path, PurePath

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField

from supermarket.agencies.operations import import_rows
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P
from supermarket.core.tables import ImportReport
from supermarket.documents.models import Document
from supermarket.documents.operations import store
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform
from supermarket.web.officer.blueprint import blueprint

ENDINGS = (".csv", ".xlsx")


class AgencyImportForm(CommandForm):
    """A file, whether it is only looked at, and whether good rows are kept where others are wrong."""

    file = FileField(_l("File (CSV in UTF-8, or XLSX)"), validators=[FileRequired(_l("Choose the file."))])
    check_only = BooleanField(_l("Only look, write nothing"))
    keep_good = BooleanField(_l("Keep the good rows even if others are wrong"))


@blueprint.get("/agencies/import")
@needs(P.AGENCY_CHECK)
def agency_import_form() -> str:
    """The form, and what columns the file has."""
    return render_template("officer/import_agencies.html", form=AgencyImportForm(formdata=None), report=None, kept=None)


@blueprint.post("/agencies/import")
@needs(P.AGENCY_CHECK)
def import_agencies() -> tuple[str, int]:
    """Read, report, and write unless a row is wrong or nothing was to be written."""
    form = AgencyImportForm()
    report, status = attempt(form, lambda: _read(form))
    kept = None if report is None else perform(lambda: _kept(report))
    if report is not None and not report.written and not form.check_only.data:
        form.form_errors.append(_("Nothing was written: mend the rows below, or keep the good ones only."))
        status = 422
    return render_template("officer/import_agencies.html", form=form, report=report, kept=kept), status


def _read(form: AgencyImportForm) -> ImportReport:
    name = form.file.data.filename or ""
    ending = PurePath(name).suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"agencies{ending if ending in ENDINGS else '.csv'}"
        form.file.data.save(path)
        return import_rows(
            path,
            actor=present_actor(),
            at=now(),
            keep_good=bool(form.keep_good.data),
            check_only=bool(form.check_only.data),
        )


def _kept(report: ImportReport) -> Document:
    """The report as a file of the operator's own, to be read again later."""
    actor, at = present_actor(), now()
    return store(
        report.as_csv(),
        f"agencies-import-{at:%Y%m%d-%H%M%S}.csv",
        subject_kind="import",
        subject_code="agencies",
        owner_organisation_id=min(actor.organisations_with(P.AGENCY_CHECK)),
        public=False,
        actor=actor,
        at=at,
    )
