"""The file that a bidder keeps (`quote-kept-v1`), the public book of a project's quotes (`quote-book-v1`), and whether
the one is found in the other. Pure; the same in a browser: static/verify/quote.js, stand-alone: quote_check.py.

    quote-kept-v1   {format, project, uscc, seq, body, commitment, ciphertext, keys{operator, witness},
                     receipt{at, signature, key} | null}
    quote-book-v1   {format, project, keys{operator, witness, opens_at, at, by, signature} | null, receipt_key,
                     witness_key | null, list | null, list_hash | null, published_at | null,
                     countersignature{at, by, signature} | null, opened_at | null, stopped{…} | null,
                     quotes[{uscc, seq, commitment, amount | null, body | null, invalid_code | null}] | null}

Hex is lower-case, times are `YYYY-MM-DDTHH:MM:SSZ`, amounts fen; unknown fields are refused.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from supermarket.core.draw import DrawError, parse_time
from supermarket.selection.quotes_body import (
    ListedQuote,
    QuoteError,
    QuoteReceipt,
    commitment_of,
    list_hash,
    parse_body,
    parse_quote_list,
    quote_list,
)

KEPT_FORMAT, BOOK_FORMAT = "quote-kept-v1", "quote-book-v1"
KEPT_FIELDS = frozenset({"format", "project", "uscc", "seq", "body", "commitment", "ciphertext", "keys", "receipt"})
BOOK_FIELDS = frozenset(
    {"format", "project", "keys", "receipt_key", "witness_key", "list", "list_hash", "published_at"}
    | {"countersignature", "opened_at", "stopped", "quotes"}
)
Json = Mapping[str, object]
_HEX128 = re.compile(r"[0-9a-f]{128}")


class StepState(StrEnum):
    """What became of one step of a check."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its stable name, what became of it, and what was compared."""

    name: str
    state: StepState
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """All steps of a check."""

    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return all(step.state is not StepState.DIFFERS for step in self.steps)

    @property
    def not_checked(self) -> tuple[str, ...]:
        """The names of the steps that could not be done."""
        return tuple(step.name for step in self.steps if step.state is StepState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept file taken apart; `receipt_key` is the operator's public key as the file has it."""

    project: str
    uscc: str
    seq: int
    body: bytes
    commitment: str
    receipt: QuoteReceipt | None
    receipt_key: str | None


def kept_file(project: str, body: bytes, ciphertext: bytes, keys: Mapping[str, str], receipt: Json | None) -> Json:
    """The file to keep of a sealed body. Raises QuoteError for bytes that are no body."""
    parsed = parse_body(body)
    return {
        "format": KEPT_FORMAT,
        "project": project,
        "uscc": parsed.uscc,
        "seq": parsed.seq,
        "body": body.decode("ascii"),
        "commitment": commitment_of(body),
        "ciphertext": ciphertext.hex(),
        "keys": {"operator": keys["operator"], "witness": keys["witness"]},
        "receipt": receipt,
    }


def body_in(text: str) -> bytes:
    """The body in what a bidder pastes or hands in: its lines, or the whole kept file."""
    given = text.strip()
    if given.startswith("{"):
        try:
            found = json.loads(given)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and isinstance(found.get("body"), str):
            return str(found["body"]).encode("utf-8", "replace")
    return (given.replace("\r\n", "\n") + "\n").encode("utf-8", "replace")


def parse_kept(data: bytes) -> Kept:
    """The kept file taken apart. Raises QuoteError("bad_kept") for anything else."""
    content = _object(data, KEPT_FIELDS, KEPT_FORMAT, "bad_kept")
    try:
        seq = content["seq"]
        if isinstance(seq, bool) or not isinstance(seq, int):
            raise QuoteError("bad_kept")
        body, receipt = _text(content, "body").encode("ascii"), content["receipt"]
        project, uscc, commitment = (_text(content, name) for name in ("project", "uscc", "commitment"))
        _text(content, "ciphertext")
        # The same rules as on the list.
        quote_list(project, [ListedQuote(uscc, seq, commitment, parse_time("2000-01-01T00:00:00Z"))])
        if receipt is None:
            return Kept(project, uscc, seq, body, commitment, None, None)
        if not isinstance(receipt, dict) or set(receipt) != {"at", "signature", "key"}:
            raise QuoteError("bad_kept")
        if not _HEX128.fullmatch(_text(receipt, "signature")):
            raise QuoteError("bad_kept")
        signed = QuoteReceipt(
            project, uscc, seq, commitment, parse_time(_text(receipt, "at")), _text(receipt, "signature")
        )
        return Kept(project, uscc, seq, body, commitment, signed, _text(receipt, "key"))
    except (QuoteError, DrawError, UnicodeEncodeError) as error:
        raise QuoteError("bad_kept") from error


def parse_book(data: bytes) -> Json:
    """The public book, its fields known and of the right kind. Raises QuoteError("bad_book")."""
    content = _object(data, BOOK_FIELDS, BOOK_FORMAT, "bad_book")
    try:
        for name in ("project", "receipt_key"):
            _text(content, name)
        for name in ("witness_key", "list", "list_hash", "published_at", "opened_at"):
            if content[name] is not None:
                _text(content, name)
        signed, quotes = content["countersignature"], content["quotes"]
        if signed is not None and not (isinstance(signed, dict) and {"at", "by", "signature"} == set(signed)):
            raise QuoteError("bad_book")
        if quotes is not None and not (isinstance(quotes, list) and all(isinstance(row, dict) for row in quotes)):
            raise QuoteError("bad_book")
    except QuoteError as error:
        raise QuoteError("bad_book") from error
    return content


def check_kept(kept: Kept, book: Json | None) -> Checked:
    """Whether the body is the one that was committed to and, with the public book, whether it is listed and opened so."""
    steps = [_same("commitment", commitment_of(kept.body), kept.commitment), _body_step(kept)]
    trusted = _text(book, "receipt_key") if book is not None else kept.receipt_key
    steps.append(_receipt_step(kept, trusted))
    if book is None:
        return Checked((*steps, *(Step(name, StepState.UNKNOWN) for name in ("list", "countersignature", "opened"))))
    steps.append(_same("project", kept.project, _text(book, "project")))
    return Checked((*steps, *_list_steps(kept, book), _opened_step(kept, book)))


def _same(name: str, computed: str, stated: str) -> Step:
    return Step(name, StepState.HOLDS if computed == stated else StepState.DIFFERS, computed)


def _body_step(kept: Kept) -> Step:
    try:
        body = parse_body(kept.body)
    except QuoteError as error:
        return Step("body", StepState.DIFFERS, error.code)
    fits = (body.project, body.uscc, body.seq) == (kept.project, kept.uscc, kept.seq)
    return Step("body", StepState.HOLDS if fits else StepState.DIFFERS, str(body.amount))


def _receipt_step(kept: Kept, key: str | None) -> Step:
    if kept.receipt is None or key is None:
        return Step("receipt", StepState.UNKNOWN)
    return _signed("receipt", lambda: kept.receipt is not None and kept.receipt.holds(bytes.fromhex(key)))


def _signed(name: str, holds: Callable[[], bool]) -> Step:
    try:
        return Step(name, StepState.HOLDS if holds() else StepState.DIFFERS)
    except (ValueError, TypeError, BadSignatureError):  # QuoteError and DrawError are ValueErrors
        return Step(name, StepState.DIFFERS)


def _list_steps(kept: Kept, book: Json) -> list[Step]:
    text = book["list"]
    if not isinstance(text, str):
        return [Step("list", StepState.UNKNOWN), Step("countersignature", StepState.UNKNOWN)]
    data = text.encode("utf-8", "replace")
    try:
        project, lines = parse_quote_list(data)
    except QuoteError as error:
        return [Step("list", StepState.DIFFERS, error.code), Step("countersignature", StepState.UNKNOWN)]
    steps = [_same("list_hash", list_hash(data), str(book["list_hash"]))]
    found = next((line for line in lines if (line.uscc, line.seq) == (kept.uscc, kept.seq)), None)
    fits = project == kept.project and found is not None and found.commitment == kept.commitment
    if fits and found is not None and kept.receipt is not None:
        fits = found.received_at == kept.receipt.at
    steps.append(Step("list", StepState.HOLDS if fits else StepState.DIFFERS, found.commitment if found else ""))
    return [*steps, _countersigned(book, project, data)]


def _countersigned(book: Json, project: str, data: bytes) -> Step:
    signed, key = book["countersignature"], book["witness_key"]
    if not isinstance(signed, dict) or not isinstance(key, str):
        return Step("countersignature", StepState.UNKNOWN)

    def holds() -> bool:
        at, signature = _text(signed, "at"), bytes.fromhex(_text(signed, "signature"))
        parse_time(at)
        VerifyKey(bytes.fromhex(key)).verify(f"list-v1\n{project}\n{list_hash(data)}\n{at}\n".encode(), signature)
        return True

    return _signed("countersignature", holds)


def _opened_step(kept: Kept, book: Json) -> Step:
    """Only the last quote of a bidder is opened; of a replaced one the book has no body."""
    rows = book["quotes"]
    found = rows if isinstance(rows, list) else []
    row = next((item for item in found if (item.get("uscc"), item.get("seq")) == (kept.uscc, kept.seq)), None)
    body = row.get("body") if row is not None else None
    if not isinstance(body, str):
        return Step("opened", StepState.UNKNOWN, "" if row is None else str(row.get("invalid_code") or ""))
    return Step("opened", StepState.HOLDS if body == kept.body.decode("ascii") else StepState.DIFFERS, body)


def _object(data: bytes, fields: frozenset[str], form: str, code: str) -> dict[str, object]:
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise QuoteError(code) from None
    if not isinstance(found, dict) or found.keys() != fields or found["format"] != form:
        raise QuoteError(code)
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)


def _text(content: Json, name: str) -> str:
    value = content[name]
    if not isinstance(value, str):
        raise QuoteError("bad_kept")
    return value
