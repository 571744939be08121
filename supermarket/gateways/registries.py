"""Outside registers that the checks ask (specs: onboarding): over HTTP, or a snapshot loaded from a file.

What was not answered is `Unknown`, another type than `Answered`, so that no check can take silence for an empty list.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from urllib.parse import quote, urlencode

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.http_json import HttpFailed, call

TIMEOUT_SECONDS: Final = 5.0
TRIES: Final = 3
BACK_OFF_SECONDS: Final = (0.5, 1.0)
BREAKER_FAILURES: Final = 5
BREAKER_SECONDS: Final = 60.0

Row = Mapping[str, str]


class RegistryError(GatewayError):
    """There is no such registry."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a registry said. No `rows` means: it looked and has none. `evidence` is the answer as it came."""

    registry: str
    question: str
    at: datetime
    reference: str
    rows: tuple[Row, ...]
    evidence: bytes

    @property
    def sha256(self) -> str:
        """The evidence's hash in hex: what it is kept under."""
        return hashlib.sha256(self.evidence).hexdigest()


@dataclass(frozen=True, slots=True)
class Unknown:
    """It did not answer; `reason` is a code: timeout, http_<status>, malformed, circuit_open, not_loaded, stale."""

    registry: str
    question: str
    at: datetime
    reason: str


Answer = Answered | Unknown


class Registry(Protocol):
    """One registry; `question` names a list of its own, `terms` what to look for."""

    @property
    def name(self) -> str:
        """The configured name."""

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        """Never raises for a failure of the registry: that is `Unknown`."""


def _now() -> datetime:
    return datetime.now(UTC)


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


class HttpRegistry:
    """GET `<base>/<question>?<terms>` → 200 `{"reference": "…", "rows": [{…}, …]}`; anything else is no answer.

    404 is no answer either: it may as well be a wrong address.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        token: str = "",
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name, self._base_url = name, base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout, self._sleep = timeout, sleep
        self._breaker = Breaker(clock)

    @property
    def name(self) -> str:
        return self._name

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        url = f"{self._base_url}/{quote(question, safe='')}?{urlencode(sorted(terms.items()))}"
        answer: Answer = Unknown(self._name, question, _now(), "circuit_open")
        for attempt in range(TRIES):
            if not self._breaker.allows():
                return answer
            if attempt:
                self._sleep(BACK_OFF_SECONDS[attempt - 1])
            answer, again = self._once(question, url)
            self._breaker.record(good=not again)
            if not again:
                return answer
        return answer

    def _once(self, question: str, url: str) -> tuple[Answer, bool]:
        try:
            reply = call("GET", url, timeout=self._timeout, headers=self._headers)
            if reply.status != 200:
                unknown = Unknown(self._name, question, _now(), f"http_{reply.status}")
                return unknown, reply.status >= 500 or reply.status == 429
            fields = reply.json()
        except HttpFailed as failure:
            reason = "timeout" if "imeout" in str(failure) else "malformed" if "JSON" in str(failure) else "unreachable"
            return Unknown(self._name, question, _now(), reason), True
        rows, reference = fields.get("rows"), fields.get("reference")
        if (
            not isinstance(rows, list)
            or not all(isinstance(row, dict) for row in rows)
            or not isinstance(reference, str)
        ):
            return Unknown(self._name, question, _now(), "malformed"), False
        plain = tuple({str(key): "" if value is None else str(value) for key, value in row.items()} for row in rows)
        return Answered(self._name, question, _now(), reference, plain, reply.body), False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A registry's list as loaded by command: `label` names file or hash, `rows` the matching ones."""

    loaded_at: datetime
    label: str
    rows: Iterable[Row]


class SnapshotRegistry:
    """`find(question, terms)` gives the matching rows of the loaded list, or None where none was ever loaded."""

    def __init__(
        self,
        name: str,
        find: Callable[[str, Mapping[str, str]], Snapshot | None],
        *,
        max_age: timedelta | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._name, self._find, self._max_age, self._now = name, find, max_age, now

    @property
    def name(self) -> str:
        return self._name

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        at, snapshot = self._now(), self._find(question, terms)
        if snapshot is None:
            return Unknown(self._name, question, at, "not_loaded")
        if self._max_age is not None and at - snapshot.loaded_at > self._max_age:
            return Unknown(self._name, question, at, "stale")
        rows = tuple(snapshot.rows)
        evidence = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True).encode()
        reference = f"{snapshot.label}#{hashlib.sha256(evidence).hexdigest()[:16]}"
        return Answered(self._name, question, at, reference, rows, evidence)


class MemoryRegistry:
    """The fake: knows only what a test tells it; asked for anything else it does not answer."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows: dict[str, list[Row]] = {}
        self.down = False
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def name(self) -> str:
        return self._name

    def tell(self, question: str, *rows: Row) -> None:
        """Load the list of a question; without rows it is loaded and empty."""
        self._rows.setdefault(question, []).extend(rows)

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        self.asked.append((question, dict(terms)))
        if self.down or question not in self._rows:
            return Unknown(self._name, question, _now(), "unreachable" if self.down else "not_loaded")
        rows = tuple(row for row in self._rows[question] if all(row.get(key) == terms[key] for key in terms))
        evidence = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True).encode()
        return Answered(self._name, question, _now(), f"memory#{len(self.asked)}", rows, evidence)


class Registries:
    """All registries by name; a further one is a row of the configuration, no code."""

    def __init__(self, registries: Iterable[Registry] = ()) -> None:
        self._by_name = {registry.name: registry for registry in registries}

    def get(self, name: str) -> Registry:
        """Raises RegistryError."""
        if name not in self._by_name:
            raise RegistryError("registry_unknown", N_("There is no registry “%(name)s”."), name=name)
        return self._by_name[name]

    def add(self, registry: Registry) -> None:
        """Put a registry in; one of the same name gives way (snapshots come from the database room at start-up)."""
        self._by_name[registry.name] = registry

    @property
    def names(self) -> tuple[str, ...]:
        """In the order of the configuration."""
        return tuple(self._by_name)
