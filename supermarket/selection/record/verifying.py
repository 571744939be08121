"""The checks of public records on the server are the very programs that everybody can download; a file says itself what it is."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from config import ROOT
from supermarket.core.draw import verify_record
from supermarket.selection.quotes_body import QuoteError
from supermarket.selection.quotes_kept import Json, StepState, check_kept, parse_kept

FOLDER = ROOT / "static" / "verify"
_BESIDE = (
    "draw_verify",
    "auction_verify",
    "selection_fields",
    "selection_stages",
    "selection_notice",
    "selection_parts",
    "selection_checks",
    "selection_says",
)


RECEIPTS = "receipt signature"


class Kind(StrEnum):
    """What a file can be, by its field `version` or `format`."""

    SELECTION = "selection-v1"
    DRAW = "draw-v2"
    AUCTION = "auction-v1"
    KEPT = "quote-kept-v1"


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not hold: where, the code of what, and what it is about."""

    where: str
    code: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is (None: nothing that can be checked here), what differs, and codes of what was not checked."""

    kind: Kind | None
    differs: tuple[Difference, ...]
    not_checked: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0: it holds; 1: it does not; 2: it cannot be read as one of the kinds."""
        return 2 if self.kind is None else 1 if self.differs else 0


@cache
def stand_alone() -> ModuleType:
    """static/verify/selection_verify.py as a module, with those that it needs. Raises LookupError where one is missing."""
    for name in _BESIDE:
        if name not in sys.modules:
            sys.modules[name] = _loaded(name)
    program = _loaded("selection_verify")
    # It looks for its parts in its own folder; here they are loaded already.
    sys.path[:] = [each for each in sys.path if each != str(FOLDER)]
    return program


def _loaded(name: str) -> ModuleType:
    path = FOLDER / f"{name}.py"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise LookupError(f"{path} is missing")
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def verify_selection(data: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """(what differs as (where, what), what was not checked), in English; never raises for bad input."""
    differs, not_checked = stand_alone().verify(data)
    return list(differs), list(not_checked)


def kind_of(data: bytes) -> Kind | Difference:
    """What the file says that it is, or why it cannot be read: strictly, as every program here reads."""
    program = stand_alone()
    try:
        content = program.load(data)
    except program.Unfit as why:
        return Difference("form", why.code, why.about)
    named = content.get("version", content.get("format")) if isinstance(content, dict) else None
    if isinstance(named, str) and named in set(Kind):
        return Kind(named)
    return Difference("form", "unknown_kind", named[:40] if isinstance(named, str) else "")


def verdict_on(data: bytes, *, witness_keys: Mapping[str, bytes] | None = None, book: Json | None = None) -> Verdict:
    """Check the bytes of any public record; never raises for bad input.

    `witness_keys` as `verify_record` takes them, for a draw; `book`: the public book of a kept quote's purchase.
    """
    kind = kind_of(data)
    if isinstance(kind, Difference):
        return Verdict(None, (kind,), ("rest",))
    match kind:
        case Kind.SELECTION:
            return _selection(data, witness_keys)
        case Kind.AUCTION:
            return _auction(data)
        case Kind.DRAW:
            return _draw(data, witness_keys)
        case Kind.KEPT:
            return _kept(data, book)


def _selection(data: bytes, witness_keys: Mapping[str, bytes] | None) -> Verdict:
    program = stand_alone()
    found, left, readable = program.check(data)
    differs = [Difference(*each) for each in found]
    if RECEIPTS in left and witness_keys is not None:
        left = [name for name in left if name != RECEIPTS]
        differs += _unsigned(program.load(data), witness_keys)
    return Verdict(Kind.SELECTION if readable else None, tuple(differs), tuple(left))


def _unsigned(record: Mapping[str, list[dict[str, object]]], witness_keys: Mapping[str, bytes]) -> Iterator[Difference]:
    """The draws of a selection that hold but for the signature on their receipt; of one without a value nothing is known yet."""
    for draw in record["draws"]:
        data = json.dumps(draw).encode()
        if draw["value"] is not None and verify_record(data).ok and not verify_record(data, witness_keys).ok:
            yield Difference("draws", "receipt", str(draw["pool_file"]).split("\n")[2])


def _auction(data: bytes) -> Verdict:
    program = sys.modules["auction_verify"]
    record = stand_alone().load(data)
    found = tuple(Difference(*each) for each in program.differences(record))
    left = ["refused", "registers", *([] if record.get("aliases") else ["aliases"])]
    return Verdict(Kind.AUCTION, found, tuple(left))


def _draw(data: bytes, witness_keys: Mapping[str, bytes] | None) -> Verdict:
    found = verify_record(data, witness_keys)
    differs = tuple(Difference(*each.partition(": ")[::2]) for each in found.differences)
    return Verdict(Kind.DRAW, differs, found.not_checked)


def _kept(data: bytes, book: Json | None) -> Verdict:
    try:
        found = check_kept(parse_kept(data), book)
    except QuoteError as why:
        return Verdict(Kind.KEPT, (Difference("form", why.code),), ("rest",))
    differs = tuple(Difference(step.name, "", step.shown) for step in found.steps if step.state is StepState.DIFFERS)
    return Verdict(Kind.KEPT, differs, tuple(step.name for step in found.steps if step.state is StepState.UNKNOWN))
