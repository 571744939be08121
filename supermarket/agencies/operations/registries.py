"""Lists of registries loaded by command: a snapshot answers where no HTTP registry is configured."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.agencies import events
from supermarket.agencies.checks.sources import QUESTIONS
from supermarket.agencies.models import RegistryList, RegistryRow
from supermarket.agencies.operations.common import refuse
from supermarket.agencies.rules import uscc_error
from supermarket.core.errors import FieldError
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db


def load_registry(
    name: str, question: str, rows: Sequence[Mapping[str, str]], *, label: str, actor: Actor, at: datetime
) -> int:
    """Replace a registry's list by a newer snapshot; every row has the agency's `uscc`. Gives how many rows.

    Raises Forbidden, InvalidInput naming the first wrong rows; then the old list stays.
    """
    authorise(actor, P.AGENCY_CHECK)
    errors = []
    if question not in QUESTIONS:
        message = _("A registry's list is one of: %(names)s.", names=", ".join(QUESTIONS))
        errors.append(FieldError("question", "unknown", message))
    for line, row in enumerate(rows, start=2):
        if error := uscc_error(row.get("uscc", "")):
            errors.append(FieldError(f"line {line}", "uscc", error))
    refuse(errors[:100])
    found = insert(RegistryList).values(registry_name=name, question=question, label=label, loaded_at=at)
    newer = {"label": found.excluded.label, "loaded_at": found.excluded.loaded_at}
    db.session.execute(found.on_conflict_do_update(index_elements=["registry_name", "question"], set_=newer))
    db.session.execute(
        sa.delete(RegistryRow).where(RegistryRow.registry_name == name, RegistryRow.question == question)
    )
    if rows:
        db.session.execute(
            sa.insert(RegistryRow),
            [{"registry_name": name, "question": question, "uscc": row["uscc"], "row": dict(row)} for row in rows],
        )
    record(
        events.REGISTRY_LOADED,
        name,
        actor=actor,
        at=at,
        data={"question": question, "rows": len(rows), "label": label},
    )
    return len(rows)
