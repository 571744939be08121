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
from supermarket.gateways.sealing import BoxClosed, new_private_key, public_key, unseal
from supermarket.gateways.witness import OpenedBox, QuoteKey, witness_down, witness_refused
from supermarket.gateways.witness_texts import head_body, list_body, listed_commitments, quote_key_body


class MemoryWitness:
    """The fake: goes by the time that it is given; `down = True` makes it a machine that is off."""

    def __init__(self, name: str = "witness-test") -> None:
        self.down = False
        self._name = name
        self._lock = threading.RLock()
        self._key = SigningKey.generate()
        self._signed: dict[tuple[str, ...], tuple[bytes, Receipt]] = {}
        self._seeds: dict[str, bytes] = {}
        self._revealed: dict[str, list[str]] = {}
        self._pools: dict[tuple[str, str], PoolFile] = {}
        self._quote_keys: dict[str, tuple[bytes, datetime]] = {}
        self._heads: dict[str, int] = {}

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
            if ("head", log, str(seq)) not in self._signed and seq < self._heads.get(log, 0):
                raise witness_refused("step_back")
            signed = self._sign_once(
                ("head", log, str(seq)), head.encode(), at, head_body(log, seq, head, _second(at)), "fork"
            )
            self._heads[log] = max(seq, self._heads.get(log, 0))
            return signed

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
