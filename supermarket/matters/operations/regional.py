"""Writes of a region's list office on its own entries over matters of the lists above."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm.attributes import flag_modified

from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, RuleBroken, RuleFinding
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.matters import events, regional, rules
from supermarket.matters.commands import RegionalDraft
from supermarket.matters.models import Matter, MatterState, RegionalEntry, RegionalVersion
from supermarket.matters.operations.common import locked, refuse
from supermarket.matters.queries import above, newest_regional, regional_entry
from supermarket.matters.states import REGIONAL, MatterAction
from supermarket.policies.queries import region_exists


def word_regional(
    code: str,
    region_code: str,
    command: RegionalDraft,
    *,
    change_kind: str,
    change_reason: str,
    expected_version: int | None,
    actor: Actor,
    at: datetime,
) -> RegionalEntry:
    """Begin a region's own entry over an inherited matter, change its draft, or begin a new wording of it.

    `expected_version` is the entry's `version` that the editor saw (None: not asked). Raises NotFound, Forbidden,
    Conflict for a stale page, WrongState while it is submitted, InvalidInput at the fields.
    """
    matter = locked(code)
    authorise(actor, P.MATTER_EDIT, region=region_code)
    _may_be_worded(matter, region_code)
    entry = regional_entry(code, region_code, lock=True)
    state = REGIONAL.next(entry.state if entry else MatterState.DRAFT, MatterAction.EDIT)
    if expected_version is not None and expected_version != (entry.version if entry else 0):
        raise Conflict(_("This was changed meanwhile. Reload the page and look before you try again."))
    public = entry is not None and entry.published_version_id is not None
    errors = rules.regional_errors(command, above(code, region_code), first=not public)
    if change_kind not in rules.CHANGE_KINDS:
        errors.append(FieldError("change_kind", "unknown", _("Choose the kind of change.")))
    if public and not change_reason.strip():
        errors.append(FieldError("change_reason", "missing", _("Give the reason for the change.")))
    refuse(errors)
    tag = events.REGIONAL_EDITED
    if entry is None:
        entry = RegionalEntry(region_code=region_code, matter=matter, state=state)
        db.session.add(entry)
        db.session.flush()
        tag = events.REGIONAL_DRAFTED
    newest = newest_regional(entry)
    number = newest.number if newest is not None else 0
    if newest is None or newest.published_at is not None:
        newest = RegionalVersion(entry_id=entry.id, number=number + 1, change_kind="", change_reason="")
        _word(newest, command, change_kind, change_reason)
        db.session.add(newest)
    else:
        _word(newest, command, change_kind, change_reason)
    _move(entry, state)
    record(tag, code, actor=actor, at=at, data={"region_code": region_code, "version": newest.number})
    return entry


def submit_regional(code: str, region_code: str, *, actor: Actor, at: datetime) -> RegionalEntry:
    """Hand the region's draft to its list office. Raises NotFound, Forbidden, WrongState."""
    entry = _locked_entry(code, region_code)
    authorise(actor, P.MATTER_EDIT, region=region_code)
    state = REGIONAL.next(entry.state, MatterAction.SUBMIT)
    entry.return_reason = ""
    _move(entry, state)
    record(events.REGIONAL_SUBMITTED, code, actor=actor, at=at, data=_data(entry))
    return entry


def return_regional(code: str, region_code: str, reason: str, *, actor: Actor, at: datetime) -> RegionalEntry:
    """Give it back to be mended, with the reason. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    entry = _locked_entry(code, region_code)
    authorise(actor, P.MATTER_PUBLISH, region=region_code)
    state = REGIONAL.next(entry.state, MatterAction.RETURN)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    entry.return_reason = reason
    _move(entry, state)
    record(events.REGIONAL_RETURNED, code, actor=actor, at=at, data=_data(entry))
    return entry


def publish_regional(code: str, region_code: str, *, actor: Actor, at: datetime) -> RegionalEntry:
    """Put the submitted entry in force in its region and what lies below.

    The rules are asked again: the list above may have changed meanwhile. Raises NotFound, Forbidden, WrongState,
    RuleBroken with every reason.
    """
    entry = _locked_entry(code, region_code)
    authorise(actor, P.MATTER_PUBLISH, region=region_code)
    state = REGIONAL.next(entry.state, MatterAction.PUBLISH)
    version = _newest(entry)
    errors = rules.regional_errors(RegionalDraft.of(version), above(code, region_code), first=False)
    if errors:
        findings = [RuleFinding(error.code, error.message, {"field": error.field}) for error in errors]
        raise RuleBroken(_("The entry cannot be published yet."), findings=findings)
    version.published_at = at
    db.session.flush()
    entry.published_version_id = version.id
    _move(entry, state)
    db.session.expire(entry, ["published_version"])
    data = _data(entry) | {"change_kind": version.change_kind, "carried_out": version.carried_out}
    record(events.REGIONAL_PUBLISHED, code, actor=actor, at=at, data=data)
    return entry


def _may_be_worded(matter: Matter, region_code: str) -> None:
    if not region_exists(region_code):
        raise NotFound(_("There is no region of this code."))
    if not regional.lies_below(region_code, matter.region_code):
        message = _("Only a region below the matter's own list words it anew.")
        raise InvalidInput(message, errors=[FieldError("region", "not_below", message)])
    if matter.published_version_id is None:
        message = _("The list above has not published this matter yet.")
        raise InvalidInput(message, errors=[FieldError("code", "not_published", message)])


def _locked_entry(code: str, region_code: str) -> RegionalEntry:
    locked(code)
    entry = regional_entry(code, region_code, lock=True)
    if entry is None:
        raise NotFound(_("This region has no entry of its own for the matter."))
    return entry


def _newest(entry: RegionalEntry) -> RegionalVersion:
    version = newest_regional(entry)
    if version is None:
        raise LookupError(f"regional entry {entry.id} has no version")
    return version


def _data(entry: RegionalEntry) -> dict[str, str | int | bool]:
    return {"region_code": entry.region_code, "version": _newest(entry).number}


def _word(version: RegionalVersion, command: RegionalDraft, kind: str, reason: str) -> None:
    for name, value in command.columns().items():
        setattr(version, name, value)
    version.change_kind, version.change_reason = kind, reason


def _move(entry: RegionalEntry, state: MatterState) -> None:
    entry.state = state
    # The version column counts what an office does, also where only the wording changed.
    flag_modified(entry, "state")
    db.session.flush()
