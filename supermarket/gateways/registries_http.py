"""A registry over HTTP/JSON (docs/registries.md): time limit, three tries, a circuit breaker, a rate shared by all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import quote, urlencode

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter

from supermarket.gateways.http_json import HttpFailed, Reply
from supermarket.gateways.http_pool import KeepAlive
from supermarket.gateways.registries import Answer, Answered, Row, Unknown, moment

TIMEOUT_SECONDS: Final = 5.0
TRIES: Final = 3
BACK_OFF_SECONDS: Final = (0.5, 1.0)
BREAKER_FAILURES: Final = 5
BREAKER_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 30.0


class Breaker:
    """Opens after 5 failed tries in a row; 60 s later lets one try through, which closes it or opens it again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._failures, self._opened = 0, 0.0

    def allows(self) -> bool:
        """Whether a try may be made now."""
        with self._lock:
            if self._failures < BREAKER_FAILURES:
                return True
            if self._clock() - self._opened < BREAKER_SECONDS:
                return False
            self._opened = self._clock()  # the others wait for this one try
            return True

    def record(self, *, good: bool) -> None:
        """Tell how a try ended."""
        with self._lock:
            self._failures = 0 if good else self._failures + 1
            if self._failures >= BREAKER_FAILURES:
                self._opened = self._clock()


class Limit(Protocol):
    """How often a registry may be asked."""

    def take(self) -> str:
        """Wait for a turn; empty where it came, else why not, as a code of `Unknown`."""


class NoLimit:
    """A registry that may be asked as often as we like."""

    def take(self) -> str:
        return ""


class SharedLimit:
    """So many questions in a moving window, counted together by all processes that share `storage`."""

    def __init__(
        self,
        name: str,
        rate: str,
        storage: Storage,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name, self._item = name, parsed_rate(rate)
        self._window = MovingWindowRateLimiter(storage)
        self._patience, self._clock, self._sleep = patience, clock, sleep
        self._pause = max(0.005, min(1.0, self._item.get_expiry() / self._item.amount / 2))

    def take(self) -> str:
        until = self._clock() + self._patience
        try:
            while not self._window.hit(self._item, "registry", self._name):
                if self._clock() >= until:
                    return "rate_limited"
                self._sleep(self._pause)
        except StorageError:
            return "rate_unknown"
        return ""


def parsed_rate(rate: str) -> RateLimitItem:
    """“50/second” as a limit. Raises ValueError."""
    return parse(rate)


class HttpRegistry:
    """GET `<base>/<question>?<terms>` → 200 `{"reference": "…", "rows": [{…}, …]}`; anything else is no answer.

    With `batch` above 0 many codes are asked at once: POST `<base>/<question>/batch` `{"uscc": ["…", …]}` → 200
    `{"answers": [{"uscc": "…", "reference": "…", "rows": […]}, …]}`. 404 is no answer either: it may as well be a wrong
    address. Safe with threads.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        token: str = "",
        timeout: float = TIMEOUT_SECONDS,
        batch: int = 0,
        limit: Limit | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name, self._batch, self._sleep = name, batch, sleep
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._pool = KeepAlive(base_url, timeout=timeout)
        self._limit: Limit = limit or NoLimit()
        self._breaker = Breaker(clock)

    @property
    def name(self) -> str:
        return self._name

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        path = f"/{quote(question, safe='')}?{urlencode(sorted(terms.items()))}"
        reply = self._reply(lambda: self._pool.call("GET", path, headers=self._headers))
        if isinstance(reply, str):
            return Unknown(self._name, question, moment(), reply)
        return self._read(question, terms.get("uscc"), reply[1], reply[0].body)

    def ask_many(
        self, question: str, codes: Sequence[str], terms: Mapping[str, str] | None = None
    ) -> Mapping[str, Answer]:
        """The answer for each code; one call for up to `batch` of them."""
        more = dict(terms or {})
        if self._batch < 2 or more:
            return {code: self.ask(question, {**more, "uscc": code}) for code in codes}
        found: dict[str, Answer] = {}
        for start in range(0, len(codes), self._batch):
            found.update(self._together(question, list(codes[start : start + self._batch])))
        return found

    def _together(self, question: str, codes: list[str]) -> Iterator[tuple[str, Answer]]:
        path = f"/{quote(question, safe='')}/batch"
        reply = self._reply(lambda: self._pool.call("POST", path, body={"uscc": codes}, headers=self._headers))
        if isinstance(reply, str):
            yield from ((code, Unknown(self._name, question, moment(), reply)) for code in codes)
            return
        parts = reply[1].get("answers")
        by_code: dict[str, list[dict[str, object]]] = {}
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and isinstance(part.get("uscc"), str):
                by_code.setdefault(part["uscc"], []).append(part)
        for code in codes:
            mine = by_code.get(code, [])
            if len(mine) == 1:
                evidence = json.dumps(mine[0], ensure_ascii=True, sort_keys=True).encode()
                yield code, self._read(question, code, mine[0], evidence)
            else:
                reason = "contradicts" if mine else "left_out" if isinstance(parts, list) else "malformed"
                yield code, Unknown(self._name, question, moment(), reason)

    def _reply(self, call: Callable[[], Reply]) -> tuple[Reply, dict[str, object]] | str:
        """What came and its JSON object; else the reason why nothing did."""
        reason = "circuit_open"
        for attempt in range(TRIES):
            if not self._breaker.allows():
                return reason
            if attempt:
                self._sleep(BACK_OFF_SECONDS[attempt - 1])
            if refused := self._limit.take():
                return refused
            reply, reason, again = self._once(call)
            self._breaker.record(good=not again)
            if reply is not None:
                return reply
            if not again:
                return reason
        return reason

    @staticmethod
    def _once(call: Callable[[], Reply]) -> tuple[tuple[Reply, dict[str, object]] | None, str, bool]:
        """What came, the reason where nothing did, and whether to try again."""
        try:
            reply = call()
        except HttpFailed as failure:
            return None, "timeout" if "imeout" in str(failure) else "unreachable", True
        if reply.status != 200:
            return None, f"http_{reply.status}", reply.status >= 500 or reply.status == 429
        try:
            fields = json.loads(reply.body, object_pairs_hook=_object)
        except (_Twice, RecursionError):
            return None, "malformed", False
        except ValueError:
            return None, "malformed", True
        return ((reply, fields), "", False) if isinstance(fields, dict) else (None, "malformed", True)

    def _read(self, question: str, code: str | None, fields: Mapping[str, object], evidence: bytes) -> Answer:
        rows, reference = fields.get("rows"), fields.get("reference")
        if "uscc" in fields and code is not None and fields["uscc"] != code:
            return Unknown(self._name, question, moment(), "other_code")
        read = [_row(row) for row in rows] if isinstance(rows, list) else [None]
        plain = tuple(row for row in read if row is not None)
        if len(plain) != len(read) or not isinstance(reference, str) or not _storable(reference):
            return Unknown(self._name, question, moment(), "malformed")
        return Answered(self._name, question, moment(), reference, plain, evidence)


class _Twice(ValueError):
    """A JSON object has one name twice: which value is meant nobody knows."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice
    return made


def _row(value: object) -> Row | None:
    """A row of texts; None where a value is neither text, whole number nor null, or can nowhere be kept."""
    if not isinstance(value, dict):
        return None
    made: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, bool) or not (item is None or isinstance(item, str | int)):
            return None
        made[str(key)] = "" if item is None else str(item)
    return made if all(_storable(key) and _storable(item) for key, item in made.items()) else None


def _storable(text: str) -> bool:
    """Whether the database can keep it: no NUL, no half of a letter."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)
