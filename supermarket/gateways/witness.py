"""The regulator's witness (specs: selection, sections 3 and 4) over HTTP; the fake: `witness_fake`.

The program itself is the package `witness`, which runs on the regulator's own machine and shares no code with this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from supermarket.core.draw import (
    DrawError,
    Receipt,
    format_time,
    is_reveal_of,
    parse_pool_file,
    parse_time,
    pool_hash,
    receipt_body,
)
from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.http_json import HttpFailed, call
from supermarket.gateways.witness_log import MOST_DIGITS, Entry, LogBroken, WitnessState, read_entries, read_state
from supermarket.gateways.witness_texts import (
    commitment_body,
    head_body,
    list_body,
    list_hash,
    peer_body,
    quote_key_body,
    tree_head_body,
)

_TIMEOUT: Final = 5.0
# Who has just not answered is left alone for so long: a silent machine must not hold up everything that is due.
_REST: Final = 10.0
_DOWN: Final = N_("The witness cannot be reached. It is asked again by itself.")
_FALSE: Final = N_("The answer of the witness is not whole, or not signed by it.")
_REFUSED: Final = N_("The witness refused (%(reason)s).")


class WitnessError(GatewayError):
    """`witness_down`: ask again. `witness_refused`: not allowed (now); `params["reason"]` is the witness's code.
    `witness_false`: the answer is not the witness's own.
    """

    @property
    def again(self) -> bool:
        """Whether the same request may succeed by itself later."""
        return self.code == "witness_down"


def witness_down() -> WitnessError:
    """It cannot be reached."""
    return WitnessError("witness_down", _DOWN)


def witness_refused(reason: str) -> WitnessError:
    """It said no, with its code."""
    return WitnessError("witness_refused", _REFUSED, reason=reason)


def witness_unknown(name: str) -> WitnessError:
    """None of that name is configured here (any longer)."""
    return WitnessError("witness_unknown", N_("No witness named “%(name)s” is configured."), name=name)


def _false() -> WitnessError:
    return WitnessError("witness_false", _FALSE)


@dataclass(frozen=True, slots=True)
class QuoteKey:
    """The witness's public key (hex) for a project's quotes, and its signed word that it opens none before `opens_at`."""

    public_key: str
    opens_at: datetime
    at: datetime
    by: str
    signature: str

    def content(self) -> dict[str, str]:
        """As a project keeps it and as it is published."""
        return {
            "witness": self.public_key,
            "opens_at": format_time(self.opens_at),
            "at": format_time(self.at),
            "by": self.by,
            "signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class OpenedBox:
    """The body, or None and why: `not_hex`, `does_not_open`, `not_on_list`."""

    body: bytes | None
    error: str | None = None


class Witness(Protocol):
    """`at`: the fake goes by it (to the second), the real witness by its own clock, so use the receipt's `at`."""

    def verify_key(self) -> str:
        """The witness's public Ed25519 key, hex."""

    def name(self) -> str:
        """What its receipts carry in `by`."""

    def shown(self, language: str) -> str:
        """Its name for people, in the language or else in whatever there is. Asks nobody."""

    def page(self) -> str:
        """Where people may look at it themselves; empty for one that has no address."""

    def receipt(self, pool: bytes, *, at: datetime) -> Receipt:
        """Sign the pool file, once per project and purpose; shown the same file again, the same receipt."""

    def commitment(self, project: str, *, at: datetime) -> str:
        """The witness's c for the `parties` source, hex; the same for ever."""

    def reveal(self, project: str, purpose: str) -> str:
        """The witness's r for a draw, hex; refused before the receipt."""

    def quote_key(self, project: str, opens_at: datetime, *, at: datetime) -> QuoteKey:
        """The witness's public key for a project's quotes, hex; `opens_at` may later move on, never back."""

    def countersign(self, project: str, quotes: str, *, at: datetime) -> Receipt:
        """Sign the text of `witness_texts.quote_list`, once, not before `opens_at`."""

    def open_quotes(self, project: str, quotes: str, boxes: Sequence[bytes]) -> list[OpenedBox]:
        """Open inner boxes, in their order, only after this list was countersigned and only what is on it."""

    def log_head(self, log: str, seq: int, head: str, *, at: datetime) -> Receipt:
        """Sign that entry `seq` of a log has this hash; never two for one place, never a step back."""

    def tree_size(self, log: str) -> int | None:
        """The size of the tree whose head of this log it signed last, 0 for none; None for one of before it knew trees."""

    def tree_head(self, log: str, size: int, root: str, start: int, proof: Sequence[str], *, at: datetime) -> Receipt:
        """Sign that the log's tree of `size` has this root (hex), led to by the proof from `start`, its `tree_size`.

        Refused: `fork`, `step_back`, `other_start`, `not_an_extension`.
        """

    def state(self) -> WitnessState:
        """Where its own log stands now, signed by it."""

    def catching_up(self) -> bool:
        """Whether it was put back from a backup and signs nothing new until it has what it signed since."""

    def entries(self, after: int) -> list[Entry]:
        """Entries of its own log after the `after`-th, at most a thousand; none are left where it is empty."""

    def show_state(self, state: WitnessState, *, at: datetime) -> Receipt | None:
        """Show it another witness's state, which it signs once it has checked it, or its own, by which it learns that it
        was put back from an older copy (then None: there is nothing to sign). Refused: `fork`, `step_back`, `behind`.
        """


class HttpWitness:
    """The witness at `base_url`. Every signature is checked with `key` (hex); if that is empty, with the key that the
    witness names at the first question: for the demo only, where both run side by side. `token`: the operator's.
    """

    def __init__(
        self,
        base_url: str,
        key: str = "",
        token: str = "",
        *,
        name: str = "",
        label: Mapping[str, str] | None = None,
        page: str = "",
        timeout: float = _TIMEOUT,
        rest: float = _REST,
    ) -> None:
        self._base_url, self._key, self._name = base_url.rstrip("/"), key, name
        self._label, self._page = label or {}, page or self._base_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout, self._rest = timeout, rest
        self._rests_until = 0.0

    def verify_key(self) -> str:
        if not self._key:
            self._key = _hex(self._call("GET", "/key"), "key")
        return self._key

    def name(self) -> str:
        if not self._name:
            answer = self._call("GET", "/key")
            if _hex(answer, "key") != self.verify_key():
                raise _false()
            self._name = _text(answer, "name")
        return self._name

    def shown(self, language: str) -> str:
        return self._label.get(language) or next(iter(self._label.values()), self._name or "witness")

    def page(self) -> str:
        return self._page

    def receipt(self, pool: bytes, *, at: datetime) -> Receipt:
        parsed, digest = parse_pool_file(pool), pool_hash(pool)
        answer = self._post("/receipts", pool_file=pool.decode())
        return self._checked(answer, lambda moment: receipt_body(parsed.project, parsed.purpose, digest, moment))

    def commitment(self, project: str, *, at: datetime) -> str:
        answer = self._post("/commitments", project=project)
        c = _hex(answer, "commitment")
        self._checked(answer, lambda moment: commitment_body(project, c, moment))
        return c

    def reveal(self, project: str, purpose: str) -> str:
        answer = self._post("/reveals", project=project, purpose=purpose)
        r = _hex(answer, "reveal")
        if not is_reveal_of(_hex(answer, "commitment"), r):
            raise _false()
        return r

    def quote_key(self, project: str, opens_at: datetime, *, at: datetime) -> QuoteKey:
        answer = self._post("/quote-keys", project=project, opens_at=format_time(opens_at))
        key = _hex(answer, "public_key")
        signed = self._checked(answer, lambda moment: quote_key_body(project, key, opens_at, moment))
        return QuoteKey(key, opens_at, signed.at, signed.by, signed.signature)

    def countersign(self, project: str, quotes: str, *, at: datetime) -> Receipt:
        answer = self._post("/quote-lists", project=project, list=quotes)
        return self._checked(answer, lambda moment: list_body(project, quotes, moment))

    def open_quotes(self, project: str, quotes: str, boxes: Sequence[bytes]) -> list[OpenedBox]:
        sealed = [box.hex() for box in boxes]
        answer = self._post("/quote-openings", project=project, list_hash=list_hash(quotes), ciphertexts=sealed)
        opened = answer.get("opened")
        if not isinstance(opened, list) or len(opened) != len(boxes):
            raise _false()
        return [_opened(entry) for entry in opened]

    def log_head(self, log: str, seq: int, head: str, *, at: datetime) -> Receipt:
        answer = self._post("/heads", log=log, seq=seq, head=head)
        return self._checked(answer, lambda moment: head_body(log, seq, head, moment))

    def tree_size(self, log: str) -> int | None:
        try:
            found = self._call("GET", f"/tree-heads/last?log={log}").get("size")
        except WitnessError as error:
            if error.params.get("reason") == "not_found":  # the program of before: it signs heads of the chain
                return None
            raise
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < MOST_DIGITS:
            raise _false()
        return found

    def tree_head(self, log: str, size: int, root: str, start: int, proof: Sequence[str], *, at: datetime) -> Receipt:
        given = {"log": log, "size": size, "root": root, "from": start, "proof": list(proof)}
        answer = self._call("POST", "/tree-heads", given)
        return self._checked(answer, lambda moment: tree_head_body(log, size, root, moment))

    def state(self) -> WitnessState:
        found = read_state(self._call("GET", "/state"))
        if found is None or found.key != self.verify_key() or found.name != self.name() or not found.holds():
            raise _false()
        return found

    def catching_up(self) -> bool:
        return self._call("GET", "/key").get("catching_up") is True

    def entries(self, after: int) -> list[Entry]:
        try:
            return read_entries(self._call("GET", f"/log?after={after}").get("log"))
        except LogBroken as error:
            raise _false() from error

    def show_state(self, state: WitnessState, *, at: datetime) -> Receipt | None:
        answer = self._post("/states", state=state.content())
        if state.key == self.verify_key():
            return None
        return self._checked(answer, lambda moment: peer_body(state, moment))

    def _checked(self, answer: dict[str, object], body: Callable[[datetime], bytes]) -> Receipt:
        by, signature = _text(answer, "by"), _text(answer, "signature")
        if self._name and by != self._name:
            raise _false()
        try:
            at = parse_time(_text(answer, "at"))
            VerifyKey(bytes.fromhex(self.verify_key())).verify(body(at), bytes.fromhex(signature))
        except (ValueError, DrawError, BadSignatureError) as error:
            raise _false() from error
        return Receipt(at=at, by=by, signature=signature)

    def _post(self, path: str, **fields: object) -> dict[str, object]:
        return self._call("POST", path, fields)

    def _call(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        if time.monotonic() < self._rests_until:
            raise witness_down()
        try:
            reply = call(method, self._base_url + path, timeout=self._timeout, body=body, headers=self._headers)
            self._rests_until = 0.0
            if reply.status >= 500:
                raise witness_down()
            fields = reply.json()
        except HttpFailed as failure:
            self._rests_until = time.monotonic() + self._rest
            raise witness_down() from failure
        if reply.status >= 400:
            raise witness_refused(str(fields.get("error") or reply.status))
        return fields


def _text(answer: dict[str, object], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise _false()
    return value


def _hex(answer: dict[str, object], name: str) -> str:
    value = _text(answer, name)
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise _false()
    return value


def _opened(entry: object) -> OpenedBox:
    if not isinstance(entry, dict):
        raise _false()
    if "error" in entry:
        return OpenedBox(None, _text(entry, "error"))
    try:
        return OpenedBox(bytes.fromhex(_text(entry, "body")))
    except ValueError as error:
        raise _false() from error
