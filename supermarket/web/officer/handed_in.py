"""A table that an office hands in: the form, the upload as a file to read, the report kept as a file of the office's."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField

from supermarket.core.clock import LOCAL, now
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P
from supermarket.core.tables import ImportReport
from supermarket.documents.models import Document
from supermarket.documents.operations import store
from supermarket.web.access import present_actor

ENDINGS = (".csv", ".xlsx")


class ImportForm(CommandForm):
    """A file, whether it is only looked at, and whether good rows are kept where others are wrong."""

    file = FileField(_l("File (CSV in UTF-8, or XLSX)"), validators=[FileRequired(_l("Choose the file."))])
    check_only = BooleanField(_l("Only look, write nothing"))
    keep_good = BooleanField(_l("Keep the good rows even if others are wrong"))


@contextmanager
def saved(form: ImportForm, subject: str) -> Iterator[Path]:
    """The upload as a file named after its subject; gone after the block. What has another ending is read as CSV."""
    ending = PurePath(form.file.data.filename or "").suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{subject}{ending if ending in ENDINGS else '.csv'}"
        form.file.data.save(path)
        yield path


def keep(report: ImportReport, subject: str, permission: P) -> Document:
    """The report as a file of the office that holds the permission, to be read again later. Raises InvalidInput."""
    actor, at = present_actor(), now()
    return store(
        report.as_csv(),
        f"{subject}-import-{at.astimezone(LOCAL):%Y%m%d-%H%M%S}.csv",
        subject_kind="import",
        subject_code=subject,
        owner_organisation_id=min(actor.organisations_with(permission)),
        public=False,
        actor=actor,
        at=at,
    )
