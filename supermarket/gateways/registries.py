"""Outside registers that the checks ask (specs: onboarding): over HTTP, or a snapshot loaded from a file.

What was not answered is `Unknown`, another type than `Answered`, so that no check can take silence for an empty list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.registries_entries import Routes

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
    """It did not answer, or nothing that can be used; `reason` is a code.

    Silence: timeout, unreachable, http_<status>, circuit_open, rate_limited, rate_unknown, not_loaded, stale, left_out,
    not_asked. Nonsense: malformed, other_code, contradicts, column_missing, word_unknown, date_unreadable.
    """

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

    def ask_many(
        self, question: str, codes: Sequence[str], terms: Mapping[str, str] | None = None
    ) -> Mapping[str, Answer]:
        """The same question about many bodies, as cheaply as the registry can; each code has its answer."""


def moment() -> datetime:
    """The real time: when a registry answered is evidence, whatever the market's clock says."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A registry's list as loaded by command: `label` names file or hash, `rows` the matching ones."""

    loaded_at: datetime
    label: str
    rows: Iterable[Row]


class SnapshotRegistry:
    """`find(question, codes)` gives the rows about these bodies, each with its `uscc`, or None where no list was loaded."""

    def __init__(
        self,
        name: str,
        find: Callable[[str, Sequence[str]], Snapshot | None],
        *,
        max_age: timedelta | None = None,
        now: Callable[[], datetime] = moment,
    ) -> None:
        self._name, self._find, self._max_age, self._now = name, find, max_age, now

    @property
    def name(self) -> str:
        return self._name

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        return self.ask_many(question, [terms["uscc"]])[terms["uscc"]]

    def ask_many(
        self, question: str, codes: Sequence[str], terms: Mapping[str, str] | None = None
    ) -> Mapping[str, Answer]:
        at, snapshot = self._now(), self._find(question, codes)
        if snapshot is None or (self._max_age is not None and at - snapshot.loaded_at > self._max_age):
            reason = "not_loaded" if snapshot is None else "stale"
            return {code: Unknown(self._name, question, at, reason) for code in codes}
        by_code: dict[str, list[Row]] = {}
        for row in snapshot.rows:
            by_code.setdefault(row.get("uscc", ""), []).append(row)
        return {code: self._answered(question, at, snapshot.label, by_code.get(code, [])) for code in codes}

    def _answered(self, question: str, at: datetime, label: str, rows: Sequence[Row]) -> Answered:
        evidence = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True).encode()
        reference = f"{label}#{hashlib.sha256(evidence).hexdigest()[:16]}"
        return Answered(self._name, question, at, reference, tuple(rows), evidence)


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
            return Unknown(self._name, question, moment(), "unreachable" if self.down else "not_loaded")
        rows = tuple(row for row in self._rows[question] if all(row.get(key) == terms[key] for key in terms))
        evidence = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True).encode()
        return Answered(self._name, question, moment(), f"memory#{len(self.asked)}", rows, evidence)

    def ask_many(
        self, question: str, codes: Sequence[str], terms: Mapping[str, str] | None = None
    ) -> Mapping[str, Answer]:
        return {code: self.ask(question, {**(terms or {}), "uscc": code}) for code in codes}


class Registries:
    """The registries that are asked over HTTP, by name, and which of all registries answers what."""

    def __init__(self, registries: Iterable[Registry] = (), routes: Routes | None = None) -> None:
        self._by_name = {registry.name: registry for registry in registries}
        self.routes = routes or Routes()

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
