"""A witness in memory by the rules of the real one, for tests of the rooms."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from datetime import datetime

from nacl.signing import SigningKey

from supermarket.core.draw import (
    CHAIN_LENGTH,
    PartiesSource,
    PoolFile,
    Receipt,
    commitment,
    format_time,
    new_seed,
    parse_pool_file,
    pool_hash,
    receipt_body,
    reveal,
)
from supermarket.core.merkle import extends
from supermarket.gateways.sealing import BoxClosed, new_private_key, public_key, unseal
from supermarket.gateways.witness import OpenedBox, QuoteKey, witness_down, witness_refused
from supermarket.gateways.witness_log import NOTHING, Entry, WitnessState, entry_hash
from supermarket.gateways.witness_texts import (
    head_body,
    list_body,
    listed_commitments,
    peer_body,
    quote_key_body,
    tree_head_body,
)


class MemoryWitness:
    """The fake: goes by the time that it is given; `down = True` makes it a machine that is off."""

    def __init__(self, name: str = "witness-test") -> None:
        self.down = False
        self.knows_trees = True
        self._name = name
        self._lock = threading.RLock()
        self._key = SigningKey.generate()
        self._signed: dict[tuple[str, ...], tuple[bytes, Receipt]] = {}
        self._seeds: dict[str, bytes] = {}
        self._revealed: dict[str, list[str]] = {}
        self._pools: dict[tuple[str, str], PoolFile] = {}
        self._quote_keys: dict[str, tuple[bytes, datetime]] = {}
        self._heads: dict[str, int] = {}
        self._trees: dict[str, tuple[int, str]] = {}
        self._log: list[Entry] = []
        self._states: dict[str, tuple[tuple[int, int], str]] = {}
        self.epoch = 1
        self.note("journal", {"version": 2, "name": name, "key": self.verify_key(), "at": "2025-01-01T00:00:00Z"})

    def verify_key(self) -> str:
        return bytes(self._key.verify_key).hex()

    def name(self) -> str:
        return self._name

    def shown(self, language: str) -> str:
        return self._name

    def page(self) -> str:
        return ""

    def receipt(self, pool: bytes, *, at: datetime) -> Receipt:
        with self._up():
            parsed = parse_pool_file(pool)
            place = (parsed.project, parsed.purpose)
            if place not in self._pools:
                self._check_commitment(parsed)
            body = receipt_body(parsed.project, parsed.purpose, pool_hash(pool), _second(at))
            signed = self._sign_once(("pool", *place), pool, at, body)
            if place not in self._pools:
                said: Entry = {"project": parsed.project, "purpose": parsed.purpose, "pool_hash": pool_hash(pool)}
                self.note("receipt", {**said, "at": format_time(signed.at), "signature": signed.signature})
            self._pools[place] = parsed
            return signed

    def commitment(self, project: str, *, at: datetime) -> str:
        with self._up():
            return commitment(self._seeds.setdefault(project, new_seed()))

    def reveal(self, project: str, purpose: str) -> str:
        with self._up():
            if project not in self._seeds:
                raise witness_refused("no_commitment")
            taken = self._revealed.setdefault(project, [])
            if purpose not in taken:
                if (project, purpose) not in self._pools:
                    raise witness_refused("no_receipt")
                if self._current(project) not in _commitments(self._pools[project, purpose]):
                    raise witness_refused("not_a_party")
                if len(taken) == CHAIN_LENGTH:
                    raise witness_refused("chain_exhausted")
                taken.append(purpose)
            return reveal(self._seeds[project], taken.index(purpose))

    def quote_key(self, project: str, opens_at: datetime, *, at: datetime) -> QuoteKey:
        with self._up():
            key, before = self._quote_keys.get(project) or (new_private_key(), None)
            if opens_at != before:
                if opens_at <= at:
                    raise witness_refused("opens_at_over")
                if ("list", project) in self._signed:
                    raise witness_refused("list_signed")
                if before is not None and opens_at < before:
                    raise witness_refused("opens_at_earlier")
            self._quote_keys[project] = key, opens_at
            public = public_key(key).hex()
            body = quote_key_body(project, public, opens_at, _second(at))
            signed = self._sign_once(("key", project, format_time(opens_at)), public.encode(), at, body)
            return QuoteKey(public, opens_at, signed.at, signed.by, signed.signature)

    def countersign(self, project: str, quotes: str, *, at: datetime) -> Receipt:
        with self._up():
            if project not in self._quote_keys:
                raise witness_refused("no_key")
            if at < self._quote_keys[project][1]:
                raise witness_refused("too_early")
            return self._sign_once(("list", project), quotes.encode(), at, list_body(project, quotes, _second(at)))

    def open_quotes(self, project: str, quotes: str, boxes: Sequence[bytes]) -> list[OpenedBox]:
        with self._up():
            if ("list", project) not in self._signed:
                raise witness_refused("no_list")
            if self._signed["list", project][0] != quotes.encode():
                raise witness_refused("other_list")
            listed = listed_commitments(quotes)
            return [self._open(project, listed, box) for box in boxes]

    def log_head(self, log: str, seq: int, head: str, *, at: datetime) -> Receipt:
        with self._up():
            fresh = ("head", log, str(seq)) not in self._signed
            if fresh and seq < self._heads.get(log, 0):
                raise witness_refused("step_back")
            if fresh and log in self._trees:
                raise witness_refused("tree_wanted")
            signed = self._sign_once(
                ("head", log, str(seq)), head.encode(), at, head_body(log, seq, head, _second(at)), "fork"
            )
            self._heads[log] = max(seq, self._heads.get(log, 0))
            if fresh:
                said: Entry = {"log": log, "seq": seq, "head": head, "at": format_time(signed.at)}
                self.note("head", {**said, "signature": signed.signature})
            return signed

    def tree_size(self, log: str) -> int | None:
        with self._up():
            return self._trees.get(log, (0, ""))[0] if self.knows_trees else None

    def tree_head(self, log: str, size: int, root: str, start: int, proof: Sequence[str], *, at: datetime) -> Receipt:
        with self._up():
            if not self.knows_trees:
                raise witness_refused("not_found")
            fresh = ("tree_head", log, str(size)) not in self._signed
            before, old = self._trees.get(log, (0, ""))
            if fresh:
                if size < max(before, self._heads.get(log, 0)):
                    raise witness_refused("step_back")
                if start != before:
                    raise witness_refused("other_start")
                steps = [bytes.fromhex(each) for each in proof]
                if before and not extends(before, bytes.fromhex(old), size, bytes.fromhex(root), steps):
                    raise witness_refused("not_an_extension")
            body = tree_head_body(log, size, root, _second(at))
            signed = self._sign_once(("tree_head", log, str(size)), root.encode(), at, body, "fork")
            if fresh:
                self._trees[log] = size, root
                said: Entry = {"log": log, "size": size, "root": root, "from": before, "proof": " ".join(proof)}
                self.note("tree_head", {**said, "at": format_time(signed.at), "signature": signed.signature})
            return signed

    def note(self, kind: str, said: Entry) -> None:
        """One more entry of its own log; a test's witness may note something else than it has signed."""
        before = entry_hash(self._log[-1]) if self._log else NOTHING
        self._log.append({**said, "kind": kind, "epoch": self.epoch, "n": len(self._log) + 1, "prev": before})

    def sign(self, *lines: str | int) -> str:
        """A signature of its key over the lines, hex."""
        return self._key.sign("".join(f"{line}\n" for line in lines).encode()).signature.hex()

    def state(self) -> WitnessState:
        with self._up():
            last = self._log[-1]
            head, at = entry_hash(last), str(last["at"])
            signature = self.sign("state-v1", self._name, self.epoch, len(self._log), head, at)
            return WitnessState(self._name, self.verify_key(), self.epoch, len(self._log), head, at, signature)

    def catching_up(self) -> bool:
        return False

    def entries(self, after: int) -> list[Entry]:
        with self._up():
            return [dict(entry) for entry in self._log[after : after + 1000]]

    def show_state(self, state: WitnessState, *, at: datetime) -> Receipt | None:
        with self._up():
            if state.key == self.verify_key():
                known = len(self._log) >= state.n and entry_hash(self._log[state.n - 1]) == state.head
                if state.epoch == self.epoch and not known:
                    raise witness_refused("behind")
                return None
            place, head = self._states.get(state.key, ((0, 0), ""))
            if state.place < place or (state.place == place and state.head != head):
                raise witness_refused("step_back" if state.place < place else "fork")
            self._states[state.key] = state.place, state.head
            moment = _second(at)
            signature = self._key.sign(peer_body(state, moment)).signature.hex()
            return Receipt(at=moment, by=self._name, signature=signature)

    def _current(self, project: str) -> str:
        taken = self._revealed.get(project, [])
        seed = self._seeds[project]
        return reveal(seed, len(taken) - 1) if taken else commitment(seed)

    def _check_commitment(self, pool: PoolFile) -> None:
        if not _commitments(pool) or pool.project not in self._seeds:
            return
        current = self._current(pool.project)
        if current not in _commitments(pool):
            raise witness_refused("stale_commitment")
        for (project, purpose), other in self._pools.items():
            waits = purpose not in self._revealed.get(project, [])
            if project == pool.project and waits and current in _commitments(other):
                raise witness_refused("unrevealed")

    def _open(self, project: str, listed: frozenset[str], box: bytes) -> OpenedBox:
        try:
            body = unseal(box, self._quote_keys[project][0])
        except BoxClosed:
            return OpenedBox(None, "does_not_open")
        if hashlib.sha256(body).hexdigest() not in listed:
            return OpenedBox(None, "not_on_list")
        return OpenedBox(body)

    def _sign_once(
        self, place: tuple[str, ...], shown: bytes, at: datetime, body: bytes, otherwise: str = "already_signed"
    ) -> Receipt:
        if place in self._signed:
            before, receipt = self._signed[place]
            if before != shown:
                raise witness_refused(otherwise)
            return receipt
        receipt = Receipt(at=_second(at), by=self._name, signature=self._key.sign(body).signature.hex())
        self._signed[place] = shown, receipt
        return receipt

    def _up(self) -> threading.RLock:
        if self.down:
            raise witness_down()
        return self._lock


def _commitments(pool: PoolFile) -> tuple[str, ...]:
    return tuple(str(pool.source).split(":")[1:]) if isinstance(pool.source, PartiesSource) else ()


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
