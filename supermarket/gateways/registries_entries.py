"""Which registries there are and what each is asked: entries of a JSON file (docs/registries.md), no code.

`REGISTRIES` names another file, or is the JSON itself; without it the product's own list of six holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

from limits import parse as parse_rate

from supermarket.core.msgids import N_
from supermarket.data import catalogue
from supermarket.gateways.errors import ConfigError

ENTERPRISES, DISHONESTY, PENALTIES = "enterprises", "dishonesty", "penalties"
QUALIFICATIONS, PRACTITIONERS = "qualifications", "practitioners"
QUESTIONS: Final = (ENTERPRISES, DISHONESTY, PENALTIES, QUALIFICATIONS, PRACTITIONERS)
# Of these one registry is the keeper (of each kind of certificate); the others are lists, and each of them is asked.
KEPT_BY_ONE: Final = frozenset({ENTERPRISES, QUALIFICATIONS, PRACTITIONERS})
# The market's own lists are register 3, provided by the room that keeps them.
RESERVED: Final = frozenset({"market-lists"})

PRODUCT_FILE: Final = Path(__file__).parent.parent / "data" / "registries.json"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}", re.ASCII)
_FIELDS: Final = frozenset(
    {"name", "label", "source", "url", "token_file", "rate", "batch", "stale_after_hours", "answers", "kinds"}
)
_MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One registry. `url` is empty where nobody configured one: then, as for a snapshot, a loaded list answers."""

    name: str
    label: Mapping[str, str]
    http: bool
    url: str
    token: str = field(repr=False)
    rate: str
    batch: int
    stale_after: timedelta | None
    answers: tuple[str, ...]
    kinds: frozenset[str]

    def shown(self, language: str) -> str:
        """Its name for people, in the language or else in whatever there is."""
        return self.label.get(language) or next(iter(self.label.values()), self.name)


class Routes:
    """Which registries answer a question."""

    def __init__(self, entries: Iterable[RegistryEntry] = ()) -> None:
        self.entries = tuple(entries)

    def of(self, question: str, kind: str = "") -> tuple[str, ...]:
        """Names in the order of the configuration: who names the kind, else who answers for every kind."""
        asked = [entry for entry in self.entries if question in entry.answers]
        special = tuple(entry.name for entry in asked if kind and kind in entry.kinds)
        return special or tuple(entry.name for entry in asked if not entry.kinds)

    def entry(self, name: str) -> RegistryEntry | None:
        """The entry of a name, or None."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def label(self, name: str, language: str = "zh") -> str:
        """A registry's name for people; an unknown one shows itself."""
        found = self.entry(name)
        return name if found is None else found.shown(language)


def read_entries(setting: object, base_url: str = "") -> tuple[RegistryEntry, ...]:
    """The entries of a setting: a list, JSON, the path of a JSON file, or nothing (the product's own list).

    `base_url` is where the HTTP registries without an address of their own answer, each below its name. Raises
    ConfigError with what is wrong, never with a secret.
    """
    given = _given(setting)
    if not isinstance(given, list) or not given:
        _refuse("registries", N_("REGISTRIES must be a list of entries, or an object with the list “registries”."))
    entries = tuple(_entry(item, base_url) for item in given)
    _one_keeper(entries)
    return entries


def _given(setting: object) -> object:
    if setting and not isinstance(setting, str):
        return setting
    text = str(setting or "").strip()
    if not text.startswith(("[", "{")):
        path = Path(text) if text else PRODUCT_FILE
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            _refuse(text[:200], N_("REGISTRIES names the file “%(name)s”, which cannot be read."))
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        _refuse("REGISTRIES", N_("%(name)s is not JSON."))
    return read.get("registries") if isinstance(read, dict) else read


def _refuse(name: str, message: str, **more: str) -> NoReturn:
    raise ConfigError("registries", message, name=name, **more)


def _entry(item: object, base_url: str) -> RegistryEntry:
    if not isinstance(item, dict):
        _refuse("?", N_("An entry of REGISTRIES must be an object."))
    name = item.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        _refuse(
            str(name)[:40], N_("“%(name)s” is no name of a registry: small letters, digits and dashes, at most 40.")
        )
    if name in RESERVED:
        _refuse(name, N_("The name “%(name)s” is the market's own."))
    if unknown := sorted(str(key) for key in item.keys() - _FIELDS):
        _refuse(name, N_("Registry “%(name)s”: there is no setting “%(what)s”."), what=unknown[0][:40])
    source = item.get("source", "http")
    if source not in ("http", "snapshot"):
        _refuse(name, N_("Registry “%(name)s”: the source is “http” or “snapshot”."))
    url = _text(item, "url", name)
    if source == "snapshot" and url:
        _refuse(name, N_("Registry “%(name)s”: a snapshot has no address; it is loaded by command."))
    if source == "http" and not url and base_url:
        url = f"{base_url.rstrip('/')}/{name}"
    answers = _names(item, "answers", name, QUESTIONS)
    if not answers:
        _refuse(name, N_("Registry “%(name)s” answers nothing: name its questions in “answers”."))
    kinds = _names(item, "kinds", name, {kind.code for kind in catalogue.qualification_kinds()})
    if kinds and not set(answers) <= {QUALIFICATIONS, PRACTITIONERS}:
        _refuse(name, N_("Registry “%(name)s”: only certificates and licences have kinds."))
    hours = _number(item, "stale_after_hours", name, 24 * 3660)
    return RegistryEntry(
        name=name,
        label=_label(item.get("label"), name),
        http=source == "http",
        url=_address(url, name) if url else "",
        token=_token(_text(item, "token_file", name), name),
        rate=_rate(_text(item, "rate", name), name),
        batch=_number(item, "batch", name, _MOST_AT_ONCE),
        stale_after=timedelta(hours=hours) if hours else None,
        answers=answers,
        kinds=frozenset(kinds),
    )


def _text(item: Mapping[str, object], field: str, name: str) -> str:
    value = item.get(field, "")
    if not isinstance(value, str):
        _refuse(name, N_("Registry “%(name)s”: “%(what)s” must be a text."), what=field)
    return value.strip()


def _number(item: Mapping[str, object], field: str, name: str, most: int) -> int:
    value = item.get(field, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        _refuse(
            name,
            N_("Registry “%(name)s”: “%(what)s” is a whole number from 0 to %(most)s."),
            what=field,
            most=str(most),
        )
    return value


def _names(item: Mapping[str, object], field: str, name: str, known: Collection[str]) -> tuple[str, ...]:
    value = item.get(field, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        _refuse(name, N_("Registry “%(name)s”: “%(what)s” must be a list of texts."), what=field)
    if unknown := sorted(set(value) - set(known)):
        _refuse(name, N_("Registry “%(name)s”: “%(what)s” is not known."), what=unknown[0][:40])
    if len(set(value)) != len(value):
        _refuse(name, N_("Registry “%(name)s”: “%(what)s” names something twice."), what=field)
    return tuple(value)


def _label(value: object, name: str) -> Mapping[str, str]:
    if value is None:
        return {"zh": name}
    if isinstance(value, str) and value.strip():
        return {"zh": value}
    if isinstance(value, dict) and value and all(isinstance(text, str) and text for text in value.values()):
        return {str(key): str(text) for key, text in value.items()}
    _refuse(name, N_("Registry “%(name)s”: the label is a text, or one for each language."))


def _address(url: str, name: str) -> str:
    """A base address without user, query or fragment; the sentence does not repeat it, as it may hold a secret."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.query or parts.fragment or not url.isascii() or " " in url:
        _refuse(
            name, N_("Registry “%(name)s”: the address must be http(s)://host[:port][/path], without user or query.")
        )
    return url.rstrip("/")


def _token(path: str, name: str) -> str:
    if not path:
        return ""
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        _refuse(name, N_("Registry “%(name)s”: the file with its token cannot be read."))
    if not token or not token.isprintable():
        _refuse(name, N_("Registry “%(name)s”: the file with its token is empty or has more than one line."))
    return token


def _rate(rate: str, name: str) -> str:
    try:
        if rate:
            parse_rate(rate)
    except ValueError:
        _refuse(name, N_("Registry “%(name)s”: the rate is written like “50/second”."))
    return rate


def _one_keeper(entries: tuple[RegistryEntry, ...]) -> None:
    """No name twice, and nobody else keeps what one keeps."""
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.name in seen:
            _refuse(entry.name, N_("There are two registries “%(name)s”."))
        seen[entry.name] = entry.name
    kept: dict[tuple[str, str], str] = {}
    for entry in entries:
        for question in set(entry.answers) & KEPT_BY_ONE:
            for kind in entry.kinds or {""}:
                other = kept.setdefault((question, kind), entry.name)
                if other != entry.name:
                    _refuse(
                        entry.name,
                        N_("The registries “%(name)s” and “%(other)s” both answer “%(question)s” %(kind)s."),
                        other=other,
                        question=question,
                        kind=kind,
                    )
