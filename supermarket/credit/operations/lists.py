"""Lists of serious dishonesty and of good faith: decisions of authorities, entered, ended, imported (rating spec)."""

from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import Standing
from supermarket.agencies.operations import change_standing
from supermarket.agencies.queries import agency_by_uscc
from supermarket.agencies.states import STANDING, StandingAction
from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.tables import ImportReport, RowOutcome, RowReport, TableRow, read_table
from supermarket.core.working_days import local_date
from supermarket.credit import events, rules
from supermarket.credit.commands import NewListEntry
from supermarket.credit.models import ListEntry, ListKind
from supermarket.credit.queries import barring_lists
from supermarket.extensions import db

NEEDED = ("uscc", "name", "authority", "basis", "document_number", "from_date")


def list_add(command: NewListEntry, *, actor: Actor, at: datetime) -> ListEntry:
    """Enter an authority's decision; who is on the black list is out at once, province-wide.

    Raises Forbidden, InvalidInput, Conflict if the decision is entered already.
    """
    authorise(actor, P.CREDIT_LIST)
    errors = rules.list_entry_errors(command)
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)
    if _known(command) is not None:
        raise Conflict(_("This decision is on the list already."))
    return _enter(command, actor, at)


def _known(command: NewListEntry) -> ListEntry | None:
    return db.session.scalar(
        sa.select(ListEntry).where(
            ListEntry.kind == command.kind,
            ListEntry.uscc == command.uscc,
            ListEntry.document_number == command.document_number,
        )
    )


def _enter(command: NewListEntry, actor: Actor, at: datetime) -> ListEntry:
    row = ListEntry(
        kind=command.kind,
        uscc=command.uscc,
        name=command.name,
        authority=command.authority,
        basis=command.basis,
        document_number=command.document_number,
        from_date=command.from_date,
        until_date=command.until_date,
        entered_at=at,
    )
    db.session.add(row)
    db.session.flush()
    record(events.LISTED, row.uscc, actor=actor, at=at, data=_data(row))
    follow(row.uscc, at)
    return row


def _data(row: ListEntry) -> dict[str, str | int | bool | None]:
    return {
        "list": row.kind.value,
        "document_number": row.document_number,
        "authority": row.authority,
        "from_date": row.from_date.isoformat(),
        "until_date": None if row.until_date is None else row.until_date.isoformat(),
    }


def list_end(entry_id: int, *, actor: Actor, at: datetime) -> ListEntry:
    """End an entry before its time, by the authority's decision. Raises NotFound, Forbidden, WrongState if it is over."""
    row = db.session.get(ListEntry, entry_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(_("There is no such entry."))
    authorise(actor, P.CREDIT_LIST)
    if row.ended_at is not None:
        raise WrongState(_("This entry has ended already."), state="ended", allowed=())
    row.ended_at = at
    db.session.flush()
    record(events.LIST_ENDED, row.uscc, actor=actor, at=at, data=_data(row))
    follow(row.uscc, at)
    return row


def follow(uscc: str, at: datetime) -> bool:
    """Bring an agency's standing in line with the black list as it stands on the local day; True if it changed."""
    agency = agency_by_uscc(uscc)
    if agency is None:
        return False
    entries = barring_lists(uscc, local_date(at))
    if entries and STANDING.can(agency.standing, StandingAction.BLACKLIST):
        first = entries[0]
        command = ChangeOfStanding(
            basis=f"{first.basis} {first.document_number}",
            proposer=first.authority,
            executor=_("Supermarket"),
            effect=_("Out of the market, province-wide; running contracts are shown to their owners."),
            way_back=_("Ends with the decision; then the agency applies and is checked again."),
        )
        change_standing(uscc, StandingAction.BLACKLIST, command, actor=SYSTEM, at=at)
        return True
    if not entries and agency.standing is Standing.BLACKLISTED:
        command = ChangeOfStanding(
            basis=_("No decision puts the agency on the list any longer."),
            proposer=_("Supermarket"),
            executor=_("Supermarket"),
        )
        change_standing(uscc, StandingAction.UNLIST, command, actor=SYSTEM, at=at)
        return True
    return False


def follow_all(at: datetime) -> int:
    """Entries begin and run out by date: bring every listed agency in line; gives how many changed. For the nightly job."""
    codes = db.session.scalars(
        sa.select(ListEntry.uscc).where(ListEntry.kind == ListKind.BLACK).distinct().order_by(ListEntry.uscc)
    ).all()
    return sum(follow(uscc, at) for uscc in codes)


def import_lists(path: Path, kind: ListKind, *, actor: Actor, at: datetime, keep_good: bool = False) -> ImportReport:
    """Enter the decisions of a CSV or XLSX file that are not on the list yet; nothing at all if a row is wrong.

    Columns: uscc, name, authority, basis, document_number, from_date, and if there is: until_date.
    Raises Forbidden, InvalidInput.
    """
    authorise(actor, P.CREDIT_LIST)
    reports, good = list[RowReport](), list[NewListEntry]()
    seen: set[tuple[str, str]] = set()
    for row in read_table(path, needed=NEEDED):
        command, errors = _read(row, kind)
        key = (row.cells["uscc"], row.cells["document_number"])
        if key in seen:
            errors.append(FieldError("document_number", "twice", _("This decision is in the file twice.")))
        seen.add(key)
        if command is None or errors:
            reports.append(RowReport(row.line, row.cells["uscc"], RowOutcome.REFUSED, tuple(errors)))
        elif _known(command) is not None:
            reports.append(RowReport(row.line, command.uscc, RowOutcome.ALREADY_THERE))
        else:
            reports.append(RowReport(row.line, command.uscc, RowOutcome.CREATED))
            good.append(command)
    written = keep_good or all(report.outcome is not RowOutcome.REFUSED for report in reports)
    if written:
        for command in good:
            _enter(command, actor, at)
    return ImportReport.of(reports, written=written)


def _read(row: TableRow, kind: ListKind) -> tuple[NewListEntry | None, list[FieldError]]:
    days: dict[str, date | None] = {"until_date": None}
    errors = []
    for field in ("from_date", "until_date"):
        text = row.cells.get(field, "")
        if not text and field == "until_date":
            continue
        try:
            days[field] = date.fromisoformat(text)
        except ValueError:
            errors.append(FieldError(field, "form", _("Write the day like 2026-11-27.")))
    start = days.get("from_date")
    if start is None or errors:
        return None, errors
    command = NewListEntry(
        kind=kind,
        uscc=row.cells["uscc"],
        name=row.cells["name"],
        authority=row.cells["authority"],
        basis=row.cells["basis"],
        document_number=row.cells["document_number"],
        from_date=start,
        until_date=days["until_date"],
    )
    return command, rules.list_entry_errors(command)
