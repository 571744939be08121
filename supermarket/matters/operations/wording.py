"""Writes of a list office on its own matters: draft, edit, submit, return, publish."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import Conflict, FieldError, RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.matters import events, rules
from supermarket.matters.commands import MatterDraft
from supermarket.matters.four_tests import publication_findings
from supermarket.matters.models import Matter, MatterState
from supermarket.matters.operations.common import locked, move, new_version, refuse, word, working_version
from supermarket.matters.states import MATTER, MatterAction
from supermarket.policies.queries import region_exists


def draft_matter(command: MatterDraft, *, code: str, region_code: str, actor: Actor, at: datetime) -> Matter:
    """Begin a matter in a region's list. Raises Forbidden, InvalidInput, Conflict if the code is taken."""
    authorise(actor, P.MATTER_EDIT, region=region_code)
    errors = rules.draft_errors(command)
    if not rules.CODE.fullmatch(code):
        errors.append(FieldError("code", "form", _("A code has two capital letters and three to eight digits.")))
    if not region_exists(region_code):
        errors.append(FieldError("region", "unknown", _("There is no region of this code.")))
    refuse(errors)
    if db.session.scalar(sa.select(Matter.id).where(Matter.code == code)) is not None:
        raise Conflict(_("There is a matter with this code already."))
    matter = Matter(code=code, region_code=region_code, state=MatterState.DRAFT)
    db.session.add(matter)
    db.session.flush()
    new_version(matter, command, 1, "new", "")
    db.session.flush()
    record(events.DRAFTED, code, actor=actor, at=at, data={"version": 1})
    return matter


def edit_matter(
    code: str,
    command: MatterDraft,
    *,
    change_kind: str,
    change_reason: str,
    expected_version: int | None,
    actor: Actor,
    at: datetime,
) -> Matter:
    """Change the draft, or begin a new version of what is published; older versions stay as they are.

    `expected_version` is the matter's `version` that the editor saw. Raises NotFound, Forbidden, Conflict for a stale
    page, InvalidInput, WrongState while the list office looks at it.
    """
    matter = locked(code)
    authorise(actor, P.MATTER_EDIT, region=matter.region_code)
    state = MATTER.next(matter.state, MatterAction.EDIT)
    if expected_version is not None and expected_version != matter.version:
        raise Conflict(_("This was changed meanwhile. Reload the page and look before you try again."))
    errors = rules.draft_errors(command)
    if change_kind not in rules.CHANGE_KINDS:
        errors.append(FieldError("change_kind", "unknown", _("Choose the kind of change.")))
    if matter.published_version_id is not None and not change_reason.strip():
        errors.append(FieldError("change_reason", "missing", _("Give the reason for the change.")))
    refuse(errors)
    version = working_version(matter)
    if version.published_at is not None:
        version = new_version(matter, command, version.number + 1, change_kind, change_reason)
    else:
        word(version, command)
        version.change_kind, version.change_reason = change_kind, change_reason
    move(matter, state)
    record(events.EDITED, code, actor=actor, at=at, data={"version": version.number})
    return matter


def submit_matter(code: str, *, actor: Actor, at: datetime) -> Matter:
    """Hand the draft to the list office. Raises NotFound, Forbidden, WrongState."""
    matter = locked(code)
    authorise(actor, P.MATTER_EDIT, region=matter.region_code)
    move(matter, MATTER.next(matter.state, MatterAction.SUBMIT))
    matter.return_reason = ""
    db.session.flush()
    record(events.SUBMITTED, code, actor=actor, at=at, data={"version": working_version(matter).number})
    return matter


def return_matter(code: str, reason: str, *, actor: Actor, at: datetime) -> Matter:
    """Give it back to be mended, with the reason. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    matter = locked(code)
    authorise(actor, P.MATTER_PUBLISH, region=matter.region_code)
    state = MATTER.next(matter.state, MatterAction.RETURN)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    matter.return_reason = reason
    move(matter, state)
    record(events.RETURNED, code, actor=actor, at=at, data={"version": working_version(matter).number})
    return matter


def publish_matter(code: str, *, actor: Actor, at: datetime) -> Matter:
    """Put the submitted wording in force, if it passes the four tests (依法性, 强制性, 前置性, 有偿性).

    Raises NotFound, Forbidden, WrongState, RuleBroken with every test that it does not pass.
    """
    matter = locked(code)
    authorise(actor, P.MATTER_PUBLISH, region=matter.region_code)
    state = MATTER.next(matter.state, MatterAction.PUBLISH)
    version = working_version(matter)
    if findings := publication_findings(version):
        raise RuleBroken(_("The matter cannot be published yet."), findings=findings)
    version.published_at = at
    db.session.flush()
    matter.published_version_id = version.id
    move(matter, state)
    db.session.expire(matter, ["published_version"])
    record(
        events.PUBLISHED,
        code,
        actor=actor,
        at=at,
        data={"version": version.number, "change_kind": version.change_kind, "region_code": matter.region_code},
    )
    return matter
