"""Asking other places what they know of this witness: the market that keeps its log, other witnesses, saved files."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from witness.checking import is_own
from witness.errors import Refused
from witness.journal import Entry
from witness.state import STATE_FIELDS, State, read_state

LARGEST = 32 * 1024 * 1024
MOST_PAGES = 10_000
_TIMEOUT = 15.0
_opener = build_opener(ProxyHandler({}))


class Silent(Exception):
    """A place gave no answer that can be used; the message says why."""


@dataclass
class Known:
    """What one place has: entries of this witness's log, and states that this witness signed."""

    place: str
    is_market: bool
    entries: list[Entry] = field(default_factory=list)
    states: list[State] = field(default_factory=list)


def _read(url: str) -> dict[str, object]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise Silent("it is no http address")
    try:
        with _opener.open(Request(url, headers={"Accept": "application/json"}), timeout=_TIMEOUT) as answer:  # noqa: S310 -- http, looked at above
            data = answer.read(LARGEST + 1)
    except (URLError, OSError, ValueError) as error:
        raise Silent(str(getattr(error, "reason", error))) from None
    return _object(data)


def _object(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Silent("what it gives is no JSON object")
    return found


def _take(known: Known, found: dict[str, object], name: str, key: str) -> None:
    """Whatever of this witness's own stands in an answer: `log`, `state`, `states`."""
    log = found.get("log", [])
    for entry in log if isinstance(log, list) else []:
        if isinstance(entry, dict) and all(
            isinstance(value, str | int) and not isinstance(value, bool) for value in entry.values()
        ):
            known.entries.append(entry)
    states = found.get("states", [])
    given = [
        found.get("state"),
        {each: found.get(each) for each in STATE_FIELDS},
        *(states if isinstance(states, list) else []),
    ]
    for state in given:
        if isinstance(state, dict):
            _take_state(known, state, name, key)


def _take_state(known: Known, given: dict[str, object], name: str, key: str) -> None:
    # Another witness shows it as a state of a peer.
    peer = {each: given.get("peer" if each == "name" else f"peer_{each}") for each in STATE_FIELDS}
    for form in ({each: given.get(each) for each in STATE_FIELDS}, peer):
        try:
            state = read_state(form)
        except Refused:
            continue
        if is_own(state, name, key):
            known.states.append(state)


def ask(place: str, name: str, key: str, after: int) -> Known:
    """What a place knows of the witness's log after its `after`-th entry. Raises Silent.

    `place`: the address of the market, of another witness, or a file saved from either.
    """
    if "://" not in place:
        known = Known(place, is_market=False)
        try:
            _take(known, _object(Path(place).read_bytes()), name, key)
        except OSError as error:
            raise Silent(str(error.strerror)) from None
        return known
    base = place.rstrip("/")
    try:
        other = isinstance(_read(f"{base}/key").get("key"), str)
    except Silent:
        other = False
    if other:
        known = Known(place, is_market=False)
        _follow(known, f"{base}/states?key={key}", "states", name, key)
        return known
    known = Known(place, is_market=True)
    own = f"{base}/witnesses/{quote(name)}"
    _take(known, _read(f"{own}/state.json"), name, key)
    _follow(known, f"{own}/log.json?after={after}", "log", name, key)
    return known


def _follow(known: Known, url: str, what: str, name: str, key: str) -> None:
    """Every page of a list."""
    base, _, after = url.partition("after=")
    for _ in range(MOST_PAGES):
        found = _read(url)
        _take(known, found, name, key)
        following = found.get("next")
        if not isinstance(following, int) or not found.get(what):
            return
        joint = "" if after else "&" if "?" in base else "?"
        url = f"{base}{joint}after={following}"
