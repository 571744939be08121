"""Which witnesses there are: entries of a list, the first the lead (selection.md §3; docs/witness.md).

`WITNESSES` is a list, JSON, or the path of a JSON file: `[{"name": "regulator", "label": {"zh": "…", "en": "…"},
"url": "http://…", "page": "https://…", "key": "64 hex digits", "token_file": "/…"}, …]`. Name and url are needed;
without a key the one that the witness names at the first question is believed, which is for demonstrations only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

from supermarket.core.msgids import N_
from supermarket.gateways.errors import ConfigError

# As the program checks its own name, and short enough for the log `witness.<name>.<epoch>` that others sign.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
# Parties of a draw are named; this one is not a witness.
RESERVED: Final = frozenset({"operator"})
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS: Final = frozenset({"name", "label", "url", "page", "key", "token_file"})
_MOST: Final = 16


@dataclass(frozen=True, slots=True)
class WitnessEntry:
    """One witness: `url` is where this market asks it, `page` where people look at it, `key` its Ed25519 key in hex."""

    name: str
    label: Mapping[str, str]
    url: str
    page: str
    key: str
    token: str = field(repr=False)


def read_witnesses(setting: object) -> tuple[WitnessEntry, ...]:
    """The entries of a setting, empty where there is none. Raises ConfigError, never with a secret."""
    if not setting:
        return ()
    given = _given(setting)
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST:
        _refuse("WITNESSES", N_("WITNESSES must be a list of 1 to 16 entries."))
    entries = tuple(_entry(item) for item in given)
    for what in ("name", "url", "key"):
        values = [value for each in entries if (value := str(getattr(each, what)))]
        if twice := next((value for value in values if values.count(value) > 1), None):
            _refuse(twice, N_("Two entries of WITNESSES have the same %(what)s: “%(name)s”."), what=what)
    return entries


def _given(setting: object) -> object:
    if not isinstance(setting, str):
        return setting
    text = setting.strip()
    if not text.startswith("["):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, ValueError):
            _refuse(text[:200], N_("WITNESSES names the file “%(name)s”, which cannot be read."))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        _refuse("WITNESSES", N_("%(name)s is not JSON."))


def _refuse(name: str, message: str, **more: str) -> NoReturn:
    raise ConfigError("witnesses", message, name=name, **more)


def _entry(item: object) -> WitnessEntry:
    if not isinstance(item, dict):
        _refuse("?", N_("An entry of WITNESSES must be an object."))
    name = item.get("name")
    if not isinstance(name, str) or NAME.fullmatch(name) is None or name in RESERVED:
        _refuse(
            str(name)[:40],
            N_(
                "“%(name)s” is no name of a witness: small letters, digits, dots and dashes, at most 40; not “operator”."
            ),
        )
    if unknown := sorted(str(key) for key in item.keys() - _FIELDS):
        _refuse(name, N_("Witness “%(name)s”: there is no setting “%(what)s”."), what=unknown[0][:40])
    url = _address(item.get("url"), name)
    key = item.get("key", "")
    if key and (not isinstance(key, str) or _KEY.fullmatch(key) is None):
        _refuse(name, N_("Witness “%(name)s”: the key has 64 digits of 0–9 and a–f."))
    page = _address(item["page"], name) if item.get("page") else url
    return WitnessEntry(name, _label(item.get("label"), name), url, page, str(key), _token(item, name))


def _address(url: object, name: str) -> str:
    """A base address without user, query or fragment; the sentence does not repeat it, as it may hold a secret."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.query or parts.fragment or not str(url).isascii():
        _refuse(
            name, N_("Witness “%(name)s”: the address must be http(s)://host[:port][/path], without user or query.")
        )
    return str(url).rstrip("/")


def _label(value: object, name: str) -> Mapping[str, str]:
    if value is None:
        return {"zh": name}
    if isinstance(value, str) and value.strip():
        return {"zh": value.strip()}
    if isinstance(value, dict) and value and all(isinstance(text, str) and text.strip() for text in value.values()):
        return {str(key): str(text).strip() for key, text in value.items()}
    _refuse(name, N_("Witness “%(name)s”: the label is a text, or one for each language."))


def _token(item: Mapping[str, object], name: str) -> str:
    path = item.get("token_file", "")
    if not path:
        return ""
    try:
        token = Path(str(path)).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        _refuse(name, N_("Witness “%(name)s”: the file with its token cannot be read."))
    if not token or not token.isprintable():
        _refuse(name, N_("Witness “%(name)s”: the file with its token is empty or has more than one line."))
    return token
