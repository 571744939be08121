"""The regulator's witness (specs: selection, sections 3 and 4) as the market sees it: over HTTP, and a fake.

What the witness signs: pool receipts as `core.draw.receipt` says; a project's list of quotes as
`quote-list-v1 LF project LF SHA-256 of the list LF time LF`; a head of the quote log as
`log-head-v1 LF seq LF head LF time LF`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from supermarket.core.draw import (
    DrawError,
    Receipt,
    commitment,
    format_time,
    new_seed,
    parse_pool_file,
    parse_time,
    pool_hash,
    receipt_body,
    reveal,
)
from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.http_json import HttpFailed, Reply, call
from supermarket.gateways.sealing import BoxClosed, new_private_key, public_key, unseal

_TIMEOUT: Final = 5.0
_DOWN: Final = N_("The witness cannot be reached. It is asked again by itself.")
_NONSENSE: Final = N_("The witness gave an answer that is not its own or not whole.")
_REFUSED: Final = N_("The witness refused: %(reason)s.")


class WitnessError(GatewayError):
    """`witness_down`: ask again. `witness_refused`: not allowed (now). `witness_false`: not its answer."""

    @property
    def again(self) -> bool:
        """Whether the same request may succeed later."""
        return self.code == "witness_down"


class Witness(Protocol):
    """`at` is the market's time in whole seconds; only a demo's witness goes by it, a real one has its own clock."""

    def verify_key(self) -> str:
        """The witness's public Ed25519 key, hex."""

    def receipt(self, pool: bytes, *, at: datetime) -> Receipt:
        """Sign the pool file, once per project and purpose; shown the same file again, the same receipt."""

    def commitment(self, project: str) -> str:
        """The witness's c for the `parties` source, hex."""

    def reveal(self, project: str, purpose: str) -> str:
        """The witness's r for a draw, hex; refused before the receipt."""

    def quote_key(self, project: str, opens_at: datetime) -> str:
        """The witness's public key for a project's quotes, hex; `opens_at` may later move on, never back."""

    def countersign(self, project: str, quote_list: bytes, *, at: datetime) -> Receipt:
        """Sign the full list of quotes, once, not before `opens_at`."""

    def open_quotes(self, project: str, boxes: Sequence[bytes]) -> list[bytes | None]:
        """Open the inner boxes, only after the list was countersigned; None for a box that does not open."""

    def log_head(self, seq: int, head: str, *, at: datetime) -> Receipt:
        """Sign a head of the quote log, one per `seq`."""


def list_body(project: str, quote_list: bytes, at: datetime) -> bytes:
    """What is signed for a list of quotes."""
    return f"quote-list-v1\n{project}\n{hashlib.sha256(quote_list).hexdigest()}\n{format_time(at)}\n".encode()


def head_body(seq: int, head: str, at: datetime) -> bytes:
    """What is signed for a head of the quote log."""
    return f"log-head-v1\n{seq}\n{head}\n{format_time(at)}\n".encode()


def _refused(reason: str) -> WitnessError:
    return WitnessError("witness_refused", _REFUSED, reason=reason)


class HttpWitness:
    """The witness at `base_url`; every signature is checked with `key` (hex), or if empty with the key it names first.

    A deployment pins the key; taking it from the witness itself is for the demo, where both run side by side.
    """

    def __init__(self, base_url: str, key: str = "", *, send_time: bool = False, timeout: float = _TIMEOUT) -> None:
        self._base_url, self._key = base_url.rstrip("/"), key
        self._send_time, self._timeout = send_time, timeout

    def verify_key(self) -> str:
        if not self._key:
            self._key = _hex(self._call("GET", "/key"), "verify_key", 32)
        return self._key

    def receipt(self, pool: bytes, *, at: datetime) -> Receipt:
        parsed = parse_pool_file(pool)
        digest = pool_hash(pool)
        answer = self._signed("/receipts", {"pool_file": pool.decode()}, at)
        return self._checked(answer, lambda moment: receipt_body(parsed.project, parsed.purpose, digest, moment))

    def commitment(self, project: str) -> str:
        return _hex(self._call("POST", "/commitments", {"project": project}), "commitment", 32)

    def reveal(self, project: str, purpose: str) -> str:
        return _hex(self._call("POST", "/reveals", {"project": project, "purpose": purpose}), "r", 32)

    def quote_key(self, project: str, opens_at: datetime) -> str:
        body: dict[str, object] = {"project": project, "opens_at": format_time(opens_at)}
        return _hex(self._call("POST", "/quote-keys", body), "public_key", 32)

    def countersign(self, project: str, quote_list: bytes, *, at: datetime) -> Receipt:
        answer = self._signed("/quote-lists", {"project": project, "list": quote_list.decode()}, at)
        return self._checked(answer, lambda moment: list_body(project, quote_list, moment))

    def open_quotes(self, project: str, boxes: Sequence[bytes]) -> list[bytes | None]:
        answer = self._call("POST", "/openings", {"project": project, "boxes": [box.hex() for box in boxes]})
        bodies = answer.get("bodies")
        if not isinstance(bodies, list) or len(bodies) != len(boxes):
            raise WitnessError("witness_false", _NONSENSE)
        try:
            return [None if body is None else bytes.fromhex(body) for body in bodies]
        except (ValueError, TypeError) as error:
            raise WitnessError("witness_false", _NONSENSE) from error

    def log_head(self, seq: int, head: str, *, at: datetime) -> Receipt:
        answer = self._signed("/log-heads", {"seq": seq, "head": head}, at)
        return self._checked(answer, lambda moment: head_body(seq, head, moment))

    def _signed(self, path: str, body: dict[str, object], at: datetime) -> dict[str, object]:
        return self._call("POST", path, {**body, "at": format_time(at)} if self._send_time else body)

    def _checked(self, answer: dict[str, object], body: Callable[[datetime], bytes]) -> Receipt:
        try:
            at, by, signature = parse_time(str(answer["at"])), str(answer["by"]), str(answer["signature"])
            VerifyKey(bytes.fromhex(self.verify_key())).verify(body(at), bytes.fromhex(signature))
        except (KeyError, ValueError, DrawError, BadSignatureError) as error:
            raise WitnessError("witness_false", _NONSENSE) from error
        return Receipt(at=at, by=by, signature=signature)

    def _call(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        try:
            reply: Reply = call(method, self._base_url + path, timeout=self._timeout, body=body)
            if reply.status >= 500:
                raise WitnessError("witness_down", _DOWN)
            fields = reply.json()
        except HttpFailed as failure:
            raise WitnessError("witness_down", _DOWN) from failure
        if reply.status >= 400:
            raise _refused(str(fields.get("code") or reply.status))
        return fields


def _hex(answer: dict[str, object], name: str, size: int) -> str:
    value = answer.get(name)
    try:
        whole = isinstance(value, str) and len(bytes.fromhex(value)) == size and value == value.lower()
    except ValueError:
        whole = False
    if not whole:
        raise WitnessError("witness_false", _NONSENSE)
    return str(value)


class MemoryWitness:
    """The fake: the same rules, going by the market's time that it is given; `down` makes it a machine that is off."""

    def __init__(self, name: str = "witness-test") -> None:
        self.name, self.down = name, False
        self._lock = threading.RLock()
        self._key = SigningKey.generate()
        self._signed: dict[tuple[str, ...], tuple[bytes, Receipt]] = {}
        self._chains: dict[str, tuple[bytes, list[str]]] = {}
        self._quote_keys: dict[str, tuple[bytes, datetime]] = {}

    def verify_key(self) -> str:
        return bytes(self._key.verify_key).hex()

    def receipt(self, pool: bytes, *, at: datetime) -> Receipt:
        parsed = parse_pool_file(pool)
        digest = pool_hash(pool)
        slot = ("pool", parsed.project, parsed.purpose)
        return self._sign_once(slot, pool, at, receipt_body(parsed.project, parsed.purpose, digest, at))

    def commitment(self, project: str) -> str:
        with self._up():
            return commitment(self._chain(project)[0])

    def reveal(self, project: str, purpose: str) -> str:
        with self._up():
            if ("pool", project, purpose) not in self._signed:
                raise _refused("no_receipt")
            seed, taken = self._chain(project)
            if purpose not in taken:
                taken.append(purpose)
            return reveal(seed, taken.index(purpose))

    def quote_key(self, project: str, opens_at: datetime) -> str:
        with self._up():
            key, before = self._quote_keys.get(project) or (new_private_key(), opens_at)
            if opens_at < before:
                raise _refused("opens_earlier")
            self._quote_keys[project] = key, opens_at
            return public_key(key).hex()

    def countersign(self, project: str, quote_list: bytes, *, at: datetime) -> Receipt:
        with self._up():
            if project not in self._quote_keys or at < self._quote_keys[project][1]:
                raise _refused("too_early")
            return self._sign_once(("list", project), quote_list, at, list_body(project, quote_list, at))

    def open_quotes(self, project: str, boxes: Sequence[bytes]) -> list[bytes | None]:
        with self._up():
            if ("list", project) not in self._signed:
                raise _refused("no_list")
            return [self._open(project, box) for box in boxes]

    def log_head(self, seq: int, head: str, *, at: datetime) -> Receipt:
        return self._sign_once(("head", str(seq)), head.encode(), at, head_body(seq, head, at))

    def _open(self, project: str, box: bytes) -> bytes | None:
        try:
            return unseal(box, self._quote_keys[project][0])
        except BoxClosed:
            return None

    def _chain(self, project: str) -> tuple[bytes, list[str]]:
        return self._chains.setdefault(project, (new_seed(), []))

    def _sign_once(self, slot: tuple[str, ...], shown: bytes, at: datetime, body: bytes) -> Receipt:
        with self._up():
            if slot in self._signed:
                before, receipt = self._signed[slot]
                if before != shown:
                    raise _refused("already_signed")
                return receipt
            receipt = Receipt(at=at, by=self.name, signature=self._key.sign(body).signature.hex())
            self._signed[slot] = shown, receipt
            return receipt

    def _up(self) -> threading.RLock:
        if self.down:
            raise WitnessError("witness_down", _DOWN)
        return self._lock
