"""The list office brings a file of matters in: a report row by row, nothing written if a row is wrong, unless asked."""

import tempfile
from pathlib import Path, PurePath

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField

from supermarket.core.clock import now
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P
from supermarket.core.tables import ImportReport
from supermarket.matters.importing import import_rows
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.matters import region_of

ENDINGS = (".csv", ".xlsx")


class ImportForm(CommandForm):
    """A file, and whether good rows are kept where others are wrong."""

    file = FileField(_l("File (CSV in UTF-8, or XLSX)"), validators=[FileRequired(_l("Choose the file."))])
    keep_good = BooleanField(_l("Keep the good rows even if others are wrong"))


@blueprint.get("/matters/import")
@needs(P.MATTER_EDIT)
def import_form() -> str:
    """The form, and what columns the file has."""
    return render_template("officer/import.html", form=ImportForm(formdata=None), report=None)


@blueprint.post("/matters/import")
@needs(P.MATTER_EDIT)
def import_matters() -> tuple[str, int]:
    """Read, report, and write unless a row is wrong."""
    form, actor = ImportForm(), present_actor()

    def act() -> ImportReport:
        ending = PurePath(form.file.data.filename or "").suffix.lower()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"matters{ending if ending in ENDINGS else '.csv'}"
            form.file.data.save(path)
            return import_rows(
                path,
                region_code=region_of(actor) or "510000",
                actor=actor,
                at=now(),
                keep_good=bool(form.keep_good.data),
            )

    report, status = attempt(form, act)
    if report is not None and not report.written:
        form.form_errors.append(_("Nothing was written: mend the rows below, or keep the good ones only."))
        status = 422
    return render_template("officer/import.html", form=form, report=report), status
