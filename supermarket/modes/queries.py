"""All reads of the modes room: the nine, and what regions have made of their own."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import defer, selectinload

from supermarket.core.errors import NotFound
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, P, may, region_stem
from supermarket.extensions import db
from supermarket.modes import events
from supermarket.modes.models import ModeTrial, ModeVersion, RegionMode
from supermarket.modes.rows import mode_from_json
from supermarket.modes.states import ModeState
from supermarket.modes.table import MODES, Mode
from supermarket.policies.queries import ancestors

# The version that a name stands for: the one released, else the one that was last.
_RANK = sa.case((ModeVersion.state == ModeState.RELEASED, 0), (ModeVersion.released_at.is_not(None), 1), else_=2)


def mode_named(name: str) -> Mode:
    """The row behind a name: one of the nine, or a region's own as it stands now. Raises KeyError."""
    if name in MODES:
        return MODES[name]
    rules = db.session.scalar(
        sa.select(ModeVersion.rules)
        .join(RegionMode, RegionMode.id == ModeVersion.mode_id)
        .where(RegionMode.name == name)
        .order_by(_RANK, ModeVersion.number.desc())
        .limit(1)
    )
    if rules is None:
        raise KeyError(name)
    return mode_from_json(rules)


def offered_in(region_code: str) -> tuple[Mode, ...]:
    """What an owner can choose there: the nine, then what its region and those above it have released."""
    rows = db.session.scalars(
        sa.select(ModeVersion)
        .join(RegionMode, RegionMode.id == ModeVersion.mode_id)
        .where(ModeVersion.state == ModeState.RELEASED, RegionMode.region_code.in_(ancestors(region_code)))
        .order_by(RegionMode.region_code, RegionMode.id)
    )
    return (*MODES.values(), *(mode_from_json(row.rules) for row in rows))


def own_modes() -> Mapping[str, Mode]:
    """Every region's own mode that was ever released, by name: one statement, for the words of lists."""
    rows = db.session.scalars(
        sa.select(ModeVersion).where(ModeVersion.released_at.is_not(None)).order_by(_RANK.desc(), ModeVersion.number)
    )
    return {row.mode.name: mode_from_json(row.rules) for row in rows}


def released_modes(region: str = "") -> Sequence[ModeVersion]:
    """What is released, in a region's subtree or everywhere."""
    query = (
        sa.select(ModeVersion)
        .join(RegionMode, RegionMode.id == ModeVersion.mode_id)
        .where(ModeVersion.state == ModeState.RELEASED, RegionMode.region_code.startswith(region_stem(region)))
        .order_by(RegionMode.region_code, RegionMode.id)
    )
    return db.session.scalars(query).all()


def modes_of_office(region: str) -> Sequence[RegionMode]:
    """Every own mode of a region subtree, with its versions, the newest first."""
    query = (
        sa.select(RegionMode)
        .where(RegionMode.region_code.startswith(region_stem(region)))
        .options(selectinload(RegionMode.versions))
        .order_by(RegionMode.id.desc())
    )
    return db.session.scalars(query).all()


def region_mode(name: str, actor: Actor) -> RegionMode:
    """A region's own mode: everybody's once released, before that its office's and the supervision's. Raises NotFound."""
    row = db.session.scalar(
        sa.select(RegionMode).where(RegionMode.name == name).options(selectinload(RegionMode.versions))
    )
    if row is None or not (sees_drafts(row, actor) or any(item.released_at for item in row.versions)):
        raise NotFound(_("There is no such way of selection."))
    return row


def sees_drafts(row: RegionMode, actor: Actor) -> bool:
    """Whether the actor sees versions that are not released, with their dry runs."""
    return any(may(actor, permission, region=row.region_code) for permission in (P.MODE_EDIT, P.SUPERVISE))


def trials_of(version_id: int) -> Sequence[ModeTrial]:
    """The dry runs of a version without their cases, newest first."""
    query = sa.select(ModeTrial).where(ModeTrial.version_id == version_id).options(defer(ModeTrial.cases))
    return db.session.scalars(query.order_by(ModeTrial.id.desc())).all()


def trial_for(name: str, trial_id: int, actor: Actor) -> ModeTrial:
    """A dry run with its cases: public once its wording was released. Raises NotFound."""
    mode = region_mode(name, actor)
    row = db.session.get(ModeTrial, trial_id)
    if row is None or row.version.mode_id != mode.id:
        raise NotFound(_("There is no such dry run."))
    released = row.version.released_at is not None and row.version.trial_id == row.id
    if not released and not sees_drafts(mode, actor):
        raise NotFound(_("There is no such dry run."))
    return row


def has_worded(actor: Actor, name: str, number: int) -> bool:
    """Whether the actor has begun or changed this version: by the events, whoever changed it last."""
    rows = db.session.scalars(
        sa.select(Event.data).where(
            Event.subject_kind == "mode",
            Event.subject_code == name,
            Event.tag.in_((events.DRAFTED.name, events.EDITED.name)),
            Event.actor_user_id == actor.user_id,
        )
    )
    return any(data["version"] == number for data in rows)
