"""Writes of the policies room: the facts that the product carries, and numbers that a region sets otherwise."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from flask import g, has_app_context
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import load_official
from supermarket.data import catalogue
from supermarket.data.facts import RegionLevel
from supermarket.extensions import Base, db
from supermarket.policies import events
from supermarket.policies.defaults import DEFAULTS, PolicyValue
from supermarket.policies.models import CalendarDay, Industry, Policy, Region, RegionSuccessor

Row = dict[str, object]


def load_facts(at: datetime) -> None:
    """Bring regions, their predecessors, industries and working days up to what the product carries; safe to repeat.

    What a newer file no longer has stays: old data must still resolve.
    """
    order = {RegionLevel.PROVINCE: 0, RegionLevel.PREFECTURE: 1, RegionLevel.COUNTY: 2}
    regions: list[Row] = [
        {"code": item.code, "name": item.name, "parent_code": item.parent_code, "level": item.level.value}
        for item in sorted(catalogue.regions(), key=lambda item: (order[item.level], item.code))
    ]
    successors: list[Row] = [
        {"old_code": change.old_code, "successor_code": region.code, "old_name": change.old_name}
        for change in catalogue.region_changes()
        for region in catalogue.region_successors(change.old_code)
    ]
    industries: list[Row] = [{"code": item.code, "name": item.name} for item in catalogue.industries()]
    days: list[Row] = [
        {"day": day, "is_working": working, "name": ""} for day, working in sorted(load_official().official.items())
    ]
    changed = {
        "regions": _upsert(Region, ["code"], regions),
        "industries": _upsert(Industry, ["code"], industries),
        "days": _upsert(CalendarDay, ["day"], days),
    }
    if changed["regions"] + _upsert(RegionSuccessor, ["old_code", "successor_code"], successors) + changed["days"]:
        record(events.FACTS_LOADED, "facts", actor=SYSTEM, at=at, data=changed)
    forget_cached()


def _upsert(model: type[Base], key: Sequence[str], rows: Sequence[Row]) -> int:
    """Insert or update, a thousand rows a statement; gives how many rows were new or different."""
    table = model.__table__
    changed = 0
    for start in range(0, len(rows), 1000):
        statement = insert(model).values(rows[start : start + 1000])
        others = [column.name for column in table.columns if column.name not in key]
        different = sa.or_(*(table.c[name].is_distinct_from(statement.excluded[name]) for name in others))
        statement = statement.on_conflict_do_update(
            index_elements=list(key), set_={name: statement.excluded[name] for name in others}, where=different
        )
        changed += len(db.session.execute(statement.returning(table.c[key[0]])).all())
    return changed


def forget_cached() -> None:
    """Drop what the queries keep for the length of an application context."""
    if has_app_context():
        g.pop("region_names", None)
        g.pop("calendar", None)


def set_policy(
    key: str,
    value: PolicyValue,
    *,
    region_code: str | None,
    effective_from: date,
    basis: str,
    actor: Actor,
    at: datetime,
) -> Policy:
    """Set a number for a region subtree (None: the country) from a local date on; what is published keeps its own.

    Raises Forbidden, InvalidInput for an unknown key or a value of another kind than the default.
    """
    authorise(actor, P.POLICY_SET, region=region_code)
    if key not in DEFAULTS:
        message = _("There is no number of this name.")
        raise InvalidInput(message, errors=[FieldError("key", "unknown", message)])
    if type(value) is not type(DEFAULTS[key]) or (isinstance(value, int) and value < 0):
        message = _("This number needs a value like %(example)s.", example=str(DEFAULTS[key]))
        raise InvalidInput(message, errors=[FieldError("value", "wrong_type", message)])
    row = db.session.scalar(
        sa.select(Policy)
        .where(
            Policy.key == key,
            Policy.region_code.is_not_distinct_from(region_code),
            Policy.effective_from == effective_from,
        )
        .with_for_update()
    )
    if row is None:
        row = Policy(key=key, region_code=region_code, effective_from=effective_from, value=value, basis=basis)
        db.session.add(row)
    else:
        row.value, row.basis = value, basis
    db.session.flush()
    record(
        events.SET,
        key,
        actor=actor,
        at=at,
        data={"region_code": region_code, "effective_from": effective_from.isoformat(), "value": value},
    )
    return row
