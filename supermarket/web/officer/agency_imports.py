"""The operator brings a file of agencies in: looked at first, a report to keep, nothing active unchecked."""

from flask import render_template
from flask_babel import gettext as _

from supermarket.agencies.operations import import_rows
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.core.tables import ImportReport
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.handed_in import ImportForm, keep, saved


@blueprint.get("/agencies/import")
@needs(P.AGENCY_CHECK)
def agency_import_form() -> str:
    """The form, and what columns the file has."""
    return render_template("officer/import_agencies.html", form=ImportForm(formdata=None), report=None, kept=None)


@blueprint.post("/agencies/import")
@needs(P.AGENCY_CHECK)
def import_agencies() -> tuple[str, int]:
    """Read, report, and write unless a row is wrong or nothing was to be written."""
    form = ImportForm()
    report, status = attempt(form, lambda: _read(form))
    kept = None if report is None else perform(lambda: keep(report, "agencies", P.AGENCY_CHECK))
    if report is not None and not report.written and not form.check_only.data:
        form.form_errors.append(_("Nothing was written: mend the rows below, or keep the good ones only."))
        status = 422
    return render_template("officer/import_agencies.html", form=form, report=report, kept=kept), status


def _read(form: ImportForm) -> ImportReport:
    with saved(form, "agencies") as path:
        return import_rows(
            path,
            actor=present_actor(),
            at=now(),
            keep_good=bool(form.keep_good.data),
            check_only=bool(form.check_only.data),
        )
