"""Bulk import of experts from a table, as applied: nobody is drawn before the operator has admitted them."""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise, may
from supermarket.core.tables import ImportReport, RowOutcome, RowReport, TableRow, read_table
from supermarket.experts import events
from supermarket.experts.commands import ExpertProfile, NewExpert
from supermarket.experts.models import Expert
from supermarket.experts.operations.register import made
from supermarket.experts.rules import person_errors
from supermarket.extensions import db
from supermarket.policies.queries import office_region

NEEDED = ("name", "email", "employer", "region_code", "industries")
_SEPARATORS = str.maketrans("、，；;", ",,,,")


def import_rows(
    path: Path, *, actor: Actor, at: datetime, keep_good: bool = False, check_only: bool = False
) -> ImportReport:
    """Enter the experts of a CSV or XLSX file who are not there yet; nobody at all if a row is wrong.

    Columns: name, email, employer, region_code, industries (codes, separated by commas), and if there are:
    employer_uscc, title, matters. With `keep_good` the good rows are entered and the others reported, with
    `check_only` nothing is written whatever it holds. Raises Forbidden, InvalidInput.
    """
    authorise(actor, P.EXPERT_DECIDE)
    table = read_table(path, needed=NEEDED)
    emails = [row.cells["email"].lower() for row in table]
    there = frozenset(db.session.scalars(sa.select(Expert.email).where(Expert.email.in_(emails))))
    reports, fresh, seen = list[RowReport](), list[NewExpert](), set[str]()
    for row in table:
        command = _command(row)
        email = command.email
        errors = [*person_errors(command), *_foreign(command, actor)]
        if email in seen and not errors:
            errors.append(FieldError("email", "twice", _("This e-mail address is in the file twice.")))
        seen.add(email)
        subject = command.name or email
        if errors:
            reports.append(RowReport(row.line, subject, RowOutcome.REFUSED, tuple(errors)))
        elif email in there:
            reports.append(RowReport(row.line, subject, RowOutcome.ALREADY_THERE))
        else:
            reports.append(RowReport(row.line, subject, RowOutcome.CREATED))
            fresh.append(command)
    good = keep_good or all(report.outcome is not RowOutcome.REFUSED for report in reports)
    written = good and not check_only
    if written and fresh:
        for command in fresh:
            made(command, at)
        record(
            events.IMPORTED,
            path.stem[:64],
            actor=actor,
            at=at,
            data={"created": len(fresh), "file": path.name[:100]},
        )
    return ImportReport.of(reports, written=written)


def _command(row: TableRow) -> NewExpert:
    cells = row.cells
    profile = ExpertProfile(
        title=cells.get("title", ""),
        employer=cells["employer"],
        employer_uscc=cells.get("employer_uscc", "").upper() or None,
        region_code=cells["region_code"],
        industries=_several(cells["industries"]),
        matters=_several(cells.get("matters", "")),
    )
    return NewExpert(cells["name"], cells["email"].lower(), profile)


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.translate(_SEPARATORS).split(",") if part.strip())


def _foreign(command: NewExpert, actor: Actor) -> list[FieldError]:
    if may(actor, P.EXPERT_DECIDE, region=office_region(command.profile.region_code)):
        return []
    return [FieldError("region_code", "other_region", _("This region is in the charge of other offices."))]
