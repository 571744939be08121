"""Writes of the matters room: draft, edit, submit, return, publish; the starting list."""

from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import local_date
from supermarket.data import catalogue, facts
from supermarket.extensions import db
from supermarket.matters import events, rules
from supermarket.matters.commands import MatterDraft
from supermarket.matters.models import CommissionedBy, FeeKind, Matter, MatterState, MatterVersion, QualificationKind
from supermarket.matters.states import MATTER, MatterAction
from supermarket.policies.queries import region_exists


def load_catalogue(at: datetime, *, region_code: str = "510000") -> int:
    """Enter the kinds of qualification and the starting matters that are not there yet; gives how many matters are new.

    What a list office has changed meanwhile stays as it is.
    """
    kinds = load_kinds()
    known = set(db.session.scalars(sa.select(Matter.code)))
    fresh = [item for item in catalogue.matters() if item.code not in known]
    published = 0
    for item in fresh:
        publish_now = item.status is facts.MatterStatus.PUBLISHED
        enter_starting_matter(item, region_code=region_code, at=at)
        published += publish_now
    if fresh or kinds:
        data = {"kinds": kinds, "matters": len(fresh), "published": published}
        record(events.CATALOGUE_LOADED, "catalogue", actor=SYSTEM, at=at, data=data)
    return len(fresh)


def load_kinds() -> int:
    """Bring the kinds of qualification up to what the product carries; gives how many are new or changed."""
    rows = [
        {
            "code": kind.code,
            "of_person": kind.holder is facts.Holder.PERSON,
            "name": kind.name,
            "levels": list(kind.levels),
            "issuing_authority": kind.issuing_authority,
            "status": kind.status.value,
            "status_effective": kind.status_effective,
            "basis": kind.basis,
            "note": kind.note,
            "uncertain": kind.confidence == "uncertain",
        }
        for kind in catalogue.qualification_kinds()
    ]
    table = QualificationKind.__table__
    statement = insert(QualificationKind).values(rows)
    others = [column.name for column in table.columns if column.name != "code"]
    changed = statement.on_conflict_do_update(
        index_elements=["code"],
        set_={name: statement.excluded[name] for name in others},
        where=sa.or_(*(table.c[name].is_distinct_from(statement.excluded[name]) for name in others)),
    )
    return len(db.session.execute(changed.returning(table.c.code)).all())


def starting_draft(item: facts.Matter, valid_from: date) -> MatterDraft:
    """The wording of a matter of the starting list."""
    return MatterDraft(
        name=item.name,
        approval_item=item.approval_item,
        department=item.department,
        industry=item.industry,
        stage=item.stage,
        legal_basis=item.legal_basis,
        other_basis=item.other_basis,
        citation_check=item.citation_check,
        agency_type=item.agency_type,
        commissioned_by=CommissionedBy(item.commissioned_by.value),
        fee_bearer=item.fee_bearer.value,
        fee_kind=FeeKind(item.fee_kind.value),
        fee_standard=item.fee_text,
        fee_reference=item.fee_reference or "",
        requirement=item.requirement,
        requirement_text=item.qualification_text,
        requirement_source=item.requirement_source,
        licences=item.licences,
        service_time=item.service_time,
        approval_time=item.statutory_time,
        result_document=item.result_document,
        note=item.note,
        valid_from=valid_from,
    )


def enter_starting_matter(item: facts.Matter, *, region_code: str, at: datetime) -> Matter:
    """Enter one matter of the starting list, published where the list says so."""
    matter = Matter(code=item.code, region_code=region_code, state=MatterState.DRAFT)
    db.session.add(matter)
    db.session.flush()
    version = _new_version(matter, starting_draft(item, local_date(at)), 1, "new", "")
    db.session.flush()
    if item.status is facts.MatterStatus.PUBLISHED:
        version.published_at = at
        db.session.flush()
        matter.published_version_id, matter.state = version.id, MatterState.PUBLISHED
        db.session.flush()
        db.session.expire(matter, ["published_version"])
    return matter


def draft_matter(command: MatterDraft, *, code: str, region_code: str, actor: Actor, at: datetime) -> Matter:
    """Begin a matter in a region's list. Raises Forbidden, InvalidInput, Conflict if the code is taken."""
    authorise(actor, P.MATTER_EDIT, region=region_code)
    errors = rules.draft_errors(command)
    if not rules.CODE.fullmatch(code):
        errors.append(FieldError("code", "form", _("A code has two capital letters and three to eight digits.")))
    if not region_exists(region_code):
        errors.append(FieldError("region", "unknown", _("There is no region of this code.")))
    _refuse(errors)
    if db.session.scalar(sa.select(Matter.id).where(Matter.code == code)) is not None:
        raise Conflict(_("There is a matter with this code already."))
    matter = Matter(code=code, region_code=region_code, state=MatterState.DRAFT)
    db.session.add(matter)
    db.session.flush()
    _new_version(matter, command, 1, "new", "")
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
    _refuse(errors)
    version = working_version(matter)
    if version.published_at is not None:
        version = _new_version(matter, command, version.number + 1, change_kind, change_reason)
    else:
        _word(version, command)
        version.change_kind, version.change_reason = change_kind, change_reason
    _move(matter, state)
    record(events.EDITED, code, actor=actor, at=at, data={"version": version.number})
    return matter


def submit_matter(code: str, *, actor: Actor, at: datetime) -> Matter:
    """Hand the draft to the list office. Raises NotFound, Forbidden, WrongState."""
    matter = locked(code)
    authorise(actor, P.MATTER_EDIT, region=matter.region_code)
    _move(matter, MATTER.next(matter.state, MatterAction.SUBMIT))
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
        _refuse([FieldError("reason", "missing", _("Give the reason."))])
    matter.return_reason = reason
    _move(matter, state)
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
    if findings := rules.publication_findings(version):
        raise RuleBroken(_("The matter cannot be published yet."), findings=findings)
    version.published_at = at
    db.session.flush()
    matter.published_version_id = version.id
    _move(matter, state)
    db.session.expire(matter, ["published_version"])
    record(
        events.PUBLISHED,
        code,
        actor=actor,
        at=at,
        data={"version": version.number, "change_kind": version.change_kind, "region_code": matter.region_code},
    )
    return matter


def locked(code: str) -> Matter:
    """The matter, locked to the end of the transaction. Raises NotFound."""
    matter = db.session.scalar(
        sa.select(Matter)
        .where(Matter.code == code)
        .with_for_update(of=Matter)
        .execution_options(populate_existing=True)
    )
    if matter is None:
        raise NotFound(_("There is no such matter."))
    return matter


def working_version(matter: Matter) -> MatterVersion:
    """The newest version: the one being written, or the published one."""
    return db.session.scalars(
        sa.select(MatterVersion).where(MatterVersion.matter_id == matter.id).order_by(MatterVersion.number.desc())
    ).first() or _broken(matter)


def _broken(matter: Matter) -> MatterVersion:
    raise LookupError(f"matter {matter.code} has no version")


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)


def _move(matter: Matter, state: MatterState) -> None:
    matter.state = state
    db.session.flush()


def _word(version: MatterVersion, command: MatterDraft) -> None:
    for name, value in command.columns().items():
        setattr(version, name, value)
    db.session.flush()


def _new_version(matter: Matter, command: MatterDraft, number: int, kind: str, reason: str) -> MatterVersion:
    version = MatterVersion(
        matter_id=matter.id, number=number, change_kind=kind, change_reason=reason, **command.columns()
    )
    db.session.add(version)
    db.session.flush()
    return version
