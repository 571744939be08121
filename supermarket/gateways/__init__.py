"""The outside world: each neighbour an interface, the real one and a fake, chosen from the configuration.

May import only core. The application keeps `build(app.config)` in `app.extensions["gateways"]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from flask import current_app
from limits.storage import Storage, storage_from_string

from supermarket.core.msgids import N_
from supermarket.gateways.beacon import Beacon, HttpBeacon, MemoryBeacon
from supermarket.gateways.errors import ConfigError, GatewayError
from supermarket.gateways.files import Files, FolderFiles, MemoryFiles
from supermarket.gateways.identity import Identities
from supermarket.gateways.identity_openid import providers
from supermarket.gateways.keys import FolderKeys, KeyRing, MemoryKeys
from supermarket.gateways.mail import FolderMailer, Mailer, MemoryMailer, SmtpMailer
from supermarket.gateways.payments import MemoryPayments, NoPayments, Payments, StripePayments
from supermarket.gateways.pdf import MemoryPdf, Pdf, TypstPdf
from supermarket.gateways.queue import MemoryQueue, Queue, RqQueue
from supermarket.gateways.registries import Registries
from supermarket.gateways.registries_entries import Routes, read_entries
from supermarket.gateways.registries_http import HttpRegistry, NoLimit, SharedLimit
from supermarket.gateways.search import MemorySearch, Search
from supermarket.gateways.search_postgres import PostgresSearch
from supermarket.gateways.search_whoosh import WhooshSearch
from supermarket.gateways.witness import HttpWitness, Witness
from supermarket.gateways.witness_entries import read_witnesses
from supermarket.gateways.witness_fake import MemoryWitness

__all__ = ["ConfigError", "GatewayError", "Gateways", "build", "current", "in_memory"]

_SENDER: Final = "noreply@localhost"


@dataclass(frozen=True, slots=True)
class Gateways:
    """One of each."""

    files: Files
    pdf: Pdf
    search: Search
    queue: Queue
    mail: Mailer
    payments: Payments
    registries: Registries
    # The first is the lead: its receipt stands in the record of a draw, and it holds the witness's half of quotes.
    witnesses: tuple[Witness, ...]
    keys: KeyRing
    identities: Identities
    beacon: Beacon

    @property
    def witness(self) -> Witness:
        """The lead."""
        return self.witnesses[0]

    def witness_named(self, name: str) -> Witness | None:
        """The configured witness of that name, or None. Raises GatewayError where one must be asked for its name."""
        return next((each for each in self.witnesses if each.name() == name), None)


def current() -> Gateways:
    """The gateways of the running application."""
    return cast("Gateways", current_app.extensions["gateways"])


def in_memory(jobs: Mapping[str, str] | None = None) -> Gateways:
    """All fakes, for tests."""
    return Gateways(
        files=MemoryFiles(),
        pdf=MemoryPdf(),
        search=MemorySearch(),
        queue=MemoryQueue(jobs),
        mail=MemoryMailer(),
        payments=MemoryPayments(),
        registries=Registries(routes=Routes(read_entries(None))),
        witnesses=(MemoryWitness(),),
        keys=MemoryKeys(),
        identities=Identities(),
        beacon=MemoryBeacon(),
    )


def build(config: Mapping[str, object]) -> Gateways:
    """The gateways that a configuration names.

    Keys: `GATEWAYS` (`real`, the default, or `fake`), `DATA` (folder), `REDIS_URL`, `JOBS` (name → dotted path),
    `SEARCH_ENGINE` (`whoosh` or `postgres`), `SQLALCHEMY_DATABASE_URI`,
    `MIGRATION_DATABASE_URI`, `MAIL_URL`
    (`smtp|smtps|smtp+starttls://user:password@host:port?from=address`, empty: files in DATA/outbox),
    `STRIPE_SECRET_KEY`, `STRIPE_WEBHOOK_SECRET`, `STRIPE_URL`, `REGISTRIES` and `REGISTRIES_URL`
    (registries_entries.read_entries), `WITNESSES` (witness_entries.read_witnesses), or for a single one `WITNESS_URL`,
    `WITNESS_KEY` (hex), `WITNESS_TOKEN`, `BEACON_URLS` (relays of drand with spaces between; none: rounds are handed in by anybody),
    `IDENTITY_PROVIDERS` (a list, identity_openid.providers). Raises ConfigError.
    """
    jobs = cast("Mapping[str, str]", config.get("JOBS") or {})
    match _text(config, "GATEWAYS", "real"):
        case "fake":
            return in_memory(jobs or None)
        case "real":
            pass
        case other:
            raise _unknown("GATEWAYS", other)
    data = Path(_need(config, "DATA"))
    return Gateways(
        files=FolderFiles(data / "files"),
        pdf=TypstPdf(),
        search=_search(config, data),
        queue=RqQueue(_need(config, "REDIS_URL"), jobs),
        mail=_mail(_text(config, "MAIL_URL"), data),
        payments=_payments(config),
        registries=_registries(config),
        witnesses=_witnesses(config),
        keys=FolderKeys(data / "keys"),
        identities=providers(cast("Iterable[Mapping[str, str]]", config.get("IDENTITY_PROVIDERS") or ())),
        beacon=HttpBeacon(_text(config, "BEACON_URLS").split()),
    )


def _text(config: Mapping[str, object], key: str, default: str = "") -> str:
    return str(config.get(key) or default)


def _need(config: Mapping[str, object], key: str) -> str:
    value = _text(config, key)
    if not value:
        raise ConfigError("config_missing", N_("The setting %(name)s is missing."), name=key)
    return value


def _unknown(key: str, value: str) -> ConfigError:
    return ConfigError("config_value", N_("The setting %(name)s cannot be “%(value)s”."), name=key, value=value)


def _search(config: Mapping[str, object], data: Path) -> Search:
    match _text(config, "SEARCH_ENGINE", "whoosh"):
        case "whoosh":
            return WhooshSearch(data / "search")
        case "postgres":
            return PostgresSearch(_need(config, "SQLALCHEMY_DATABASE_URI"), _text(config, "MIGRATION_DATABASE_URI"))
        case "memory":
            return MemorySearch()
        case other:
            raise _unknown("SEARCH_ENGINE", other)


def _mail(url: str, data: Path) -> Mailer:
    if not url:
        return FolderMailer(data / "outbox", _SENDER)
    parts: SplitResult = urlsplit(url)
    security = {"smtp": "none", "smtps": "tls", "smtp+starttls": "starttls"}.get(parts.scheme)
    if security is None or not parts.hostname:
        raise _unknown("MAIL_URL", parts.scheme)  # the whole address holds a password
    return SmtpMailer(
        host=parts.hostname,
        port=parts.port or {"none": 25, "tls": 465, "starttls": 587}[security],
        sender=parse_qs(parts.query).get("from", [_SENDER])[0],
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _payments(config: Mapping[str, object]) -> Payments:
    if not _text(config, "STRIPE_SECRET_KEY"):
        return NoPayments()
    webhook_secret = _need(config, "STRIPE_WEBHOOK_SECRET")
    return StripePayments(_need(config, "STRIPE_SECRET_KEY"), webhook_secret, _text(config, "STRIPE_URL") or None)


def _witnesses(config: Mapping[str, object]) -> tuple[Witness, ...]:
    """As listed, the lead first; without a list the one of WITNESS_URL."""
    entries = read_witnesses(config.get("WITNESSES"))
    if entries:
        return tuple(
            HttpWitness(each.url, each.key, each.token, name=each.name, label=each.label, page=each.page)
            for each in entries
        )
    return (HttpWitness(_need(config, "WITNESS_URL"), _text(config, "WITNESS_KEY"), _text(config, "WITNESS_TOKEN")),)


def _registries(config: Mapping[str, object]) -> Registries:
    """The HTTP registries that have an address; the others answer from loaded lists."""
    entries = read_entries(config.get("REGISTRIES"), _text(config, "REGISTRIES_URL"))
    storage = cast("Storage", storage_from_string(_need(config, "REDIS_URL"), wrap_exceptions=True))
    made = [
        HttpRegistry(
            entry.name,
            entry.url,
            token=entry.token,
            batch=entry.batch,
            limit=SharedLimit(entry.name, entry.rate, storage) if entry.rate else NoLimit(),
        )
        for entry in entries
        if entry.url
    ]
    return Registries(made, Routes(entries))
