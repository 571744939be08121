"""The opening: both halves open the last quotes, each is checked against the list, once (selection.md §4).

Where the operator's or the witness's key is missing one working day later, or a box does not open, its bidder is asked
for the body (`hand_ins`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.keys import KeyRing
from supermarket.gateways.sealing import BoxClosed
from supermarket.gateways.witness import Witness, WitnessError
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked_by_id
from supermarket.projects.states import ProjectState
from supermarket.projects.ways import limit_of
from supermarket.selection import events
from supermarket.selection.hand_ins import ask_for_body, opened_after_all
from supermarket.selection.models import QuoteList
from supermarket.selection.opened_quotes import finish_opening, store_opened, waiting_quotes
from supermarket.selection.quote_lists import first_difference, holder_of, stop_opening
from supermarket.selection.quotes_body import unpad_inner

DOES_NOT_OPEN = frozenset({"does_not_open", "not_hex"})


@dataclass(frozen=True)
class Opening:
    """What came back from outside: for each quote its body, or the code of why not."""

    bodies: Mapping[int, bytes | str]


@dataclass(frozen=True)
class KeyMissing:
    """Nothing could be opened: whose half is missing, `operator` or `witness`."""

    whose: str


def prepare_opening(project_id: int, at: datetime) -> Opening | KeyMissing | None:
    """Have the quotes that wait opened by both halves; nothing is held while the outside is asked."""
    project = db.session.get(Project, project_id)
    made = db.session.get(QuoteList, project_id)
    if project is None or made is None or project.quote_keys is None:
        return None
    code, listed, signed = project.code, made.body, made.countersignature is not None
    keys = dict(project.quote_keys)
    boxes = [(row.id, row.ciphertext) for row in waiting_quotes(project_id)]
    db.session.rollback()
    gateways = current()
    if not gateways.keys.holds_quote_key(code, bytes.fromhex(keys["operator"])):
        return KeyMissing("operator")
    if not signed:
        return KeyMissing("witness")
    try:
        witness = holder_of(keys)
    except GatewayError:
        return KeyMissing("witness")
    return _opened(gateways.keys, witness, code, listed, boxes)


def _opened(
    keys: KeyRing, witness: Witness, code: str, listed: str, boxes: Sequence[tuple[int, bytes]]
) -> Opening | KeyMissing | None:
    bodies: dict[int, bytes | str] = {}
    inner: list[tuple[int, bytes]] = []
    try:
        for quote_id, box in boxes:
            try:
                inner.append((quote_id, unpad_inner(keys.open_quote(code, box), code)))
            except BoxClosed:
                bodies[quote_id] = "does_not_open"
        found = witness.open_quotes(code, listed, [box for _id, box in inner]) if inner else []
    except WitnessError as error:
        return None if error.params.get("reason") == "too_early" else KeyMissing("witness")
    except GatewayError:
        return KeyMissing("operator")
    for (quote_id, _box), result in zip(inner, found, strict=True):
        bodies[quote_id] = result.body if result.body is not None else (result.error or "does_not_open")
    return Opening(bodies)


def open_quotes(project_id: int, at: datetime, prepared: object) -> bool:
    """Store what was in the boxes, once; a quote that does not hold puts its enrolment out with the reason."""
    project = locked_by_id(project_id)
    made = db.session.get(QuoteList, project_id, with_for_update=True, populate_existing=True)
    if made is None or made.opened_at is not None or made.stopped_at is not None or made.opens_at > at:
        return False
    if project.state is not ProjectState.FROZEN:
        return False
    if (found := first_difference(project, made)) is not None:
        stop_opening(project, made, found, at=at)
        return True
    if isinstance(prepared, KeyMissing):
        return _ask_everybody(project, made, prepared, at)
    if not isinstance(prepared, Opening):
        return False
    changed = False
    for row in waiting_quotes(project_id):
        content = prepared.bodies.get(row.id)
        if content is None:
            continue
        if isinstance(content, str) and content in DOES_NOT_OPEN:
            changed = ask_for_body(project, row, cause="does_not_open", at=at) or changed
            continue
        store_opened(project, row, content, at=at)
        opened_after_all(row, at=at)
        changed = True
    return finish_opening(project, made, at=at) or changed


def _ask_everybody(project: Project, made: QuoteList, missing: KeyMissing, at: datetime) -> bool:
    if at < made.key_due_at or made.bodies_asked_at is not None:
        return False
    made.bodies_asked_at = at
    waiting = waiting_quotes(project.id)
    for row in waiting:
        ask_for_body(project, row, cause=f"key_missing_{missing.whose}", at=at)
    record(
        events.BODIES_ASKED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"whose": missing.whose, "count": len(waiting), "hours": limit_of(project, "quote_hand_in_hours")},
    )
    finish_opening(project, made, at=at)
    return True
