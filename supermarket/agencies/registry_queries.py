"""How the registries did that the checks ask: read from the present findings, nothing is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies.models import Check, Outcome
from supermarket.extensions import db


@dataclass(frozen=True)
class RegistryNow:
    """When a registry last answered (None: never yet), and how many present findings wait for its answer."""

    last_answer: datetime | None
    unknown: int


def registries_now() -> Mapping[str, RegistryNow]:
    """The registries that present findings name: one statement."""
    rows = db.session.execute(
        sa.select(
            Check.registry_name,
            sa.func.max(Check.answered_at),
            sa.func.count().filter(Check.outcome == Outcome.UNKNOWN),
        )
        .where(Check.present, Check.registry_name != "")
        .group_by(Check.registry_name)
    ).all()
    return {name: RegistryNow(last, unknown) for name, last, unknown in rows}
