"""What the operations of this room share: locking, moving, refusing, wording."""

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm.attributes import flag_modified

from supermarket.core.errors import FieldError, InvalidInput, NotFound
from supermarket.extensions import db
from supermarket.matters.commands import MatterDraft
from supermarket.matters.models import Matter, MatterState, MatterVersion


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


def refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)


def move(matter: Matter, state: MatterState) -> None:
    matter.state = state
    # `version` counts what an office does, also where the state stays: who saw an older one gets 409.
    flag_modified(matter, "state")
    db.session.flush()


def word(version: MatterVersion, command: MatterDraft) -> None:
    for name, value in command.columns().items():
        setattr(version, name, value)
    db.session.flush()


def new_version(matter: Matter, command: MatterDraft, number: int, kind: str, reason: str) -> MatterVersion:
    version = MatterVersion(
        matter_id=matter.id, number=number, change_kind=kind, change_reason=reason, **command.columns()
    )
    db.session.add(version)
    db.session.flush()
    return version
