"""Visits to the witnesses: their logs are fetched, followed and kept, and each is shown what the others have signed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.draw import Receipt
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.witness import Witness, WitnessError
from supermarket.gateways.witness_log import NOTHING, Entry, LogBroken, WitnessState, entry_hash, follow, read_state
from supermarket.witnesses import events
from supermarket.witnesses.models import KnownWitness, WitnessEntry, WitnessHead

MOST_PAGES = 300
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a witness's own log, by a code of the page and the supervisor's cards, with what proves it."""

    witness: str
    code: str
    evidence: Mapping[str, object] = field(default_factory=dict)


class _Odd(Exception):
    def __init__(self, code: str, **evidence: object) -> None:
        super().__init__(code)
        self.code = code
        self.evidence = evidence


def visit_all(at: datetime) -> list[Trouble]:
    """Visit every witness and show each the states of all; gives what is wrong. Outside of any transaction."""
    troubles = [trouble for witness in current().witnesses if (trouble := visit(witness, at)) is not None]
    return troubles + show_all(at)


def visit(witness: Witness, at: datetime) -> Trouble | None:
    """Fetch what a witness has added to its log since the last visit, follow it, keep it. None where all is well.

    A witness that does not answer is noted, which is no trouble by itself: pages say since when it is silent.
    """
    try:
        name, key = witness.name(), witness.verify_key()
        known = _known(name, key, at)
        state, entries = _fetched(witness, known)
        _keep(known.id, state, entries, at)
        if witness.catching_up():
            _note(witness, at, trouble="catching_up")
    except _Odd as odd:
        _note(witness, at, trouble=odd.code)
        return Trouble(witness.name(), odd.code, odd.evidence)
    except GatewayError as error:
        _log.warning("a witness was not visited", witness=witness.shown("en"), code=error.code)
        _note(witness, at, trouble=error.code if error.code != "witness_down" else "silent")
        return Trouble(witness.shown("en"), "log_false") if error.code == "witness_false" else None
    return None


@dataclass(frozen=True)
class _Known:
    id: int
    key: str
    state: WitnessState | None


def _known(name: str, key: str, at: datetime) -> _Known:
    with unit():
        db.session.execute(
            insert(KnownWitness).values(name=name, key=key, since=at, trouble="").on_conflict_do_nothing()
        )
        row = db.session.scalars(
            sa.select(KnownWitness).where(KnownWitness.name == name, KnownWitness.key == key)
        ).one()
        return _Known(row.id, key, read_state(row.state) if row.state else None)


def _fetched(witness: Witness, known: _Known) -> tuple[WitnessState, list[Entry]]:
    """The witness's present state and the entries up to it that are not kept. Raises GatewayError, _Odd."""
    before, state = known.state, witness.state()
    if before is not None and state.place < before.place:
        raise _Odd("log_stepped_back", before=before.content(), now=state.content())
    new_epoch = before is not None and state.epoch > before.epoch
    # After a restoration the log may go on from an earlier entry than the last that was seen: it is read from its beginning.
    n, head = (0, NOTHING) if before is None or new_epoch else (before.n, before.head)
    entries = _pages(witness, n, state.n)
    try:
        reached = follow(entries, key=known.key, n=n, head=head)
    except LogBroken as error:
        evidence = {"n": error.n, "before": before.content() if before else {}, "now": state.content()}
        raise _Odd("log_forked" if error.code == "chain" else "log_false", **evidence) from error
    if n + len(entries) != state.n or reached != state.head:
        raise _Odd("log_forked", before=before.content() if before else {}, now=state.content())
    return state, entries


def _pages(witness: Witness, after: int, until: int) -> list[Entry]:
    entries: list[Entry] = []
    for _ in range(MOST_PAGES):
        page = witness.entries(after + len(entries)) if after + len(entries) < until else []
        if not page:
            break
        entries += page
    return entries[: until - after]


def _keep(witness_id: int, state: WitnessState, entries: list[Entry], at: datetime) -> None:
    """Store entries and state; what was kept and is not in the log any more stays, and is named. Raises _Odd."""
    with unit():
        row = db.session.get_one(KnownWitness, witness_id, with_for_update=True, populate_existing=True)
        last = read_state(row.state) if row.state else None
        for start in range(0, len(entries), 500):
            values = [_row(witness_id, entry, at) for entry in entries[start : start + 500]]
            db.session.execute(insert(WitnessEntry).values(values).on_conflict_do_nothing())
        lost = _lost(witness_id, last, entries) if last is not None and state.epoch > last.epoch else []
        if last is None or state.place > last.place:
            row.state = state.content()
            data: dict[str, str | int] = {"witness": row.name, "epoch": state.epoch, "n": state.n, "head": state.head}
            record(events.VISITED, row.name, actor=SYSTEM, at=at, data=data)
        row.asked_at = row.answered_at = at
        row.trouble = "entries_lost" if lost else "restored" if last and state.epoch > last.epoch else ""
    if lost:
        raise _Odd("entries_lost", n=lost, now=state.content())


def _row(witness_id: int, entry: Entry, at: datetime) -> dict[str, object]:
    def text(name: str) -> str | None:
        return str(entry[name]) if name in entry else None

    return {
        "witness_id": witness_id,
        "epoch": entry["epoch"],
        "n": entry["n"],
        "hash": entry_hash(entry),
        "kind": str(entry["kind"]),
        "project": text("project"),
        "purpose": text("purpose"),
        "content": entry,
        "fetched_at": at,
    }


def _lost(witness_id: int, last: WitnessState, entries: list[Entry]) -> list[int]:
    """Entries that were kept and that the log, restored, does not have any more."""
    there = {entry_hash(entry) for entry in entries}
    kept = db.session.execute(
        sa.select(WitnessEntry.n, WitnessEntry.hash).where(
            WitnessEntry.witness_id == witness_id, WitnessEntry.epoch <= last.epoch
        )
    )
    return sorted(row.n for row in kept if row.hash not in there)


def _note(witness: Witness, at: datetime, *, trouble: str) -> None:
    """That it was asked, and what came of it; a silent one keeps what was wrong before."""
    try:
        name = witness.name()
    except GatewayError:
        return
    with unit():
        changed: dict[str, object] = {"asked_at": at}
        if trouble != "silent":
            changed["trouble"] = trouble[:32]
        db.session.execute(sa.update(KnownWitness).where(KnownWitness.name == name).values(changed))


def show_all(at: datetime) -> list[Trouble]:
    """Show each witness the state that was kept of every witness, itself included; gives the refusals that prove something."""
    with unit():
        rows = [(row.id, read_state(row.state)) for row in db.session.scalars(sa.select(KnownWitness)) if row.state]
    troubles = []
    for witness in current().witnesses:
        for _row_id, state in rows:
            if state is not None and (trouble := _show(witness, state, at)) is not None:
                troubles.append(trouble)
    return troubles


def _show(witness: Witness, state: WitnessState, at: datetime) -> Trouble | None:
    try:
        signed = witness.show_state(state, at=at)
        if signed is not None:
            keep_head(witness, f"witness.{state.name}.{state.epoch}", state.n, state.head, signed, at)
    except WitnessError as error:
        reason = str(error.params.get("reason", ""))
        if reason not in ("fork", "step_back", "behind"):
            return None
        if state.key == witness.verify_key():
            _note(witness, at, trouble=f"state_{reason}")
        return Trouble(state.name, f"state_{reason}", {"to": witness.name(), "state": state.content()})
    except GatewayError:
        return None
    return None


def known_witness(name: str, key: str, at: datetime) -> int:
    """The id of a witness by name and key; known from now on."""
    return _known(name, key, at).id


def keep_head(witness: Witness, log: str, seq: int, head: str, signed: Receipt, at: datetime) -> None:
    """Store that a witness has signed a head, once."""
    known = _known(witness.name(), witness.verify_key(), at)
    with unit():
        db.session.execute(
            insert(WitnessHead)
            .values(
                witness_id=known.id, log=log, seq=seq, head=head, at=signed.at, signature=signed.signature, kept_at=at
            )
            .on_conflict_do_nothing()
        )
