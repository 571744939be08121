"""Sealed quotes: the body, its commitment, the receipt, the two boxes, the list at the deadline (selection rules,
section 4).

    body       = "quote-v1\\n<project>\\n<USCC>\\n<seq>\\n<amount>\\n<salt>\\n"     amount in fen, salt 32 bytes in hex
    commitment = SHA256(body)
    ciphertext = box(operator key, box(witness key, body))                    libsodium sealed boxes, per-project keys
                 the inner box may be padded first to one length for all amounts (`pad_inner`), so that the length of
                 what is stored does not tell how many digits the amount has; our own page and client always do
    receipt    = Ed25519 over "quote-receipt-v1\\n<project>\\n<USCC>\\n<seq>\\n<commitment>\\n<at>\\n"
    list       = "quote-list-v1\\n<project>\\n", then "<USCC> <seq> <commitment> <received at>\\n" by USCC and seq

Keys come in as bytes and are kept by the caller, outside the database.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

from supermarket.core.draw import format_time, parse_time

_PROJECT = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_USCC = re.compile(r"[0-9A-Z]{18}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
MAX_SEQ = 999_999_999
SEAL_BYTES = 48  # what a libsodium sealed box adds: a fresh public key and a MAC


class QuoteError(ValueError):
    """A body, box, receipt or list that is not what it must be; `code` is stable and names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class QuoteBody:
    """What a bidder seals; `amount` in fen. Whether the amount is within the bounds is `validate_quote`'s question."""

    project: str
    uscc: str
    seq: int
    amount: int
    salt: str

    def __post_init__(self) -> None:
        if not _PROJECT.fullmatch(self.project):
            raise QuoteError("bad_project")
        if not _USCC.fullmatch(self.uscc):
            raise QuoteError("bad_uscc")
        if not 1 <= self.seq <= MAX_SEQ:
            raise QuoteError("bad_seq")
        if not 0 <= self.amount < 10**18:
            raise QuoteError("bad_amount")
        if not _HEX64.fullmatch(self.salt):
            raise QuoteError("bad_salt")

    def to_bytes(self) -> bytes:
        """The body, to the byte."""
        return f"quote-v1\n{self.project}\n{self.uscc}\n{self.seq}\n{self.amount}\n{self.salt}\n".encode("ascii")


def new_salt() -> str:
    """32 fresh random bytes in hex."""
    return secrets.token_bytes(32).hex()


def parse_body(data: bytes) -> QuoteBody:
    """The body taken apart. Raises QuoteError: `bad_body`, or the part that is wrong (`bad_amount` …)."""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise QuoteError("bad_body") from None
    if len(lines) != 7 or lines[0] != "quote-v1" or lines[6] != "":
        raise QuoteError("bad_body")
    if not _NUMBER.fullmatch(lines[3]):
        raise QuoteError("bad_seq")
    if not _NUMBER.fullmatch(lines[4]):
        raise QuoteError("bad_amount")
    return QuoteBody(lines[1], lines[2], int(lines[3]), int(lines[4]), lines[5])


def commitment_of(body: bytes) -> str:
    """SHA-256 of the body, in lower-case hex."""
    return sha256(body).hexdigest()


def check_body(data: bytes, *, project: str, uscc: str, seq: int, commitment: str) -> QuoteBody:
    """The opened body, if it is the one that was committed to by this bidder for this project at this place.

    Raises QuoteError: `other_commitment`, `other_project`, `other_uscc`, `other_seq`, or what `parse_body` raises.
    """
    if commitment_of(data) != commitment:
        raise QuoteError("other_commitment")
    body = parse_body(data)
    if body.project != project:
        raise QuoteError("other_project")
    if body.uscc != uscc:
        raise QuoteError("other_uscc")
    if body.seq != seq:
        raise QuoteError("other_seq")
    return body


# -- boxes


def new_key_pair() -> tuple[bytes, bytes]:
    """A fresh (secret, public) pair for one project, 32 bytes each."""
    secret = PrivateKey.generate()
    return bytes(secret), bytes(secret.public_key)


def seal_padded(body: QuoteBody, operator_public: bytes, witness_public: bytes) -> bytes:
    """box(operator key, padded box(witness key, body)), as the bidder's page does it; never the same twice."""
    inner = SealedBox(PublicKey(witness_public)).encrypt(body.to_bytes())
    return SealedBox(PublicKey(operator_public)).encrypt(pad_inner(inner, body.project))


def seal(body: bytes, operator_public: bytes, witness_public: bytes) -> bytes:
    """box(operator key, box(witness key, body)) without padding, as the rule is written; never the same twice."""
    inner = SealedBox(PublicKey(witness_public)).encrypt(body)
    return SealedBox(PublicKey(operator_public)).encrypt(inner)


def _longest_body(project: str) -> int:
    return len(QuoteBody(project, "0" * 18, MAX_SEQ, 10**18 - 1, "0" * 64).to_bytes())


def padded_length(project: str) -> int:
    """How long a padded inner box is: longer than any that is not padded."""
    return SEAL_BYTES + _longest_body(project) + 1


def pad_inner(inner: bytes, project: str) -> bytes:
    """The inner box, 0x80, then zeros up to `padded_length`. Raises QuoteError("bad_length") for one that is too long."""
    length = padded_length(project)
    if len(inner) >= length:
        raise QuoteError("bad_length")
    return (inner + b"\x80").ljust(length, b"\0")


def unpad_inner(inner: bytes, project: str) -> bytes:
    """The inner box without its padding; one that has none comes back as it is."""
    if len(inner) != padded_length(project):
        return inner
    bare = inner.rstrip(b"\0")
    return bare[:-1] if bare.endswith(b"\x80") else inner


def sealed_lengths(project: str, seq: int, ceiling: int) -> frozenset[int]:
    """How long the ciphertext of this quote can be: padded, or of an amount in fen with as many digits as the ceiling's
    or fewer.
    """
    shortest = len(QuoteBody(project, "0" * 18, seq, 1, "0" * 64).to_bytes())
    bare = range(shortest, shortest + len(str(ceiling)))
    return frozenset(2 * SEAL_BYTES + length for length in bare) | {SEAL_BYTES + padded_length(project)}


def _open(box: bytes, secret: bytes) -> bytes:
    try:
        return SealedBox(PrivateKey(secret)).decrypt(box)
    except (CryptoError, ValueError):
        raise QuoteError("does_not_open") from None


def open_outer(ciphertext: bytes, operator_secret: bytes) -> bytes:
    """The operator's step: the inner box, for the witness. Raises QuoteError("does_not_open")."""
    return _open(ciphertext, operator_secret)


def open_inner(inner: bytes, witness_secret: bytes) -> bytes:
    """The witness's step: the body. Raises QuoteError("does_not_open")."""
    return _open(inner, witness_secret)


# -- receipts


@dataclass(frozen=True, slots=True)
class QuoteReceipt:
    """What the bidder keeps: the operator's word that this commitment came in at this time. Signature in hex."""

    project: str
    uscc: str
    seq: int
    commitment: str
    at: datetime
    signature: str

    def holds(self, operator_public: bytes) -> bool:
        """Whether the operator with this 32-byte Ed25519 public key signed it."""
        body = quote_receipt_body(self.project, self.uscc, self.seq, self.commitment, self.at)
        try:
            VerifyKey(operator_public).verify(body, bytes.fromhex(self.signature))
        except (BadSignatureError, ValueError):
            return False
        return True


def quote_receipt_body(project: str, uscc: str, seq: int, commitment: str, at: datetime) -> bytes:
    return f"quote-receipt-v1\n{project}\n{uscc}\n{seq}\n{commitment}\n{format_time(at, 'at')}\n".encode()


def sign_quote_receipt(
    operator_key: bytes, *, project: str, uscc: str, seq: int, commitment: str, at: datetime
) -> QuoteReceipt:
    """The receipt, by the operator's 32-byte Ed25519 secret. Raises DrawError for a naive time or parts of a second."""
    body = quote_receipt_body(project, uscc, seq, commitment, at)
    return QuoteReceipt(project, uscc, seq, commitment, at, SigningKey(operator_key).sign(body).signature.hex())


# -- the list at the deadline


@dataclass(frozen=True, slots=True, order=True)
class ListedQuote:
    """One line of the published list: who, which of its quotes, the commitment, when it came in (UTC)."""

    uscc: str
    seq: int
    commitment: str
    received_at: datetime

    def __post_init__(self) -> None:
        if not _USCC.fullmatch(self.uscc):
            raise QuoteError("bad_uscc")
        if not 1 <= self.seq <= MAX_SEQ:
            raise QuoteError("bad_seq")
        if not _HEX64.fullmatch(self.commitment):
            raise QuoteError("bad_commitment")


def quote_list(project: str, quotes: Iterable[ListedQuote]) -> bytes:
    """The full list, replaced quotes included, in its one form. Raises QuoteError("double") for two with one place."""
    if not _PROJECT.fullmatch(project):
        raise QuoteError("bad_project")
    ordered = sorted(quotes)
    if len({(q.uscc, q.seq) for q in ordered}) != len(ordered):
        raise QuoteError("double")
    lines = [f"{q.uscc} {q.seq} {q.commitment} {format_time(q.received_at, 'received_at')}" for q in ordered]
    return "".join(f"{line}\n" for line in ["quote-list-v1", project, *lines]).encode("ascii")


def parse_quote_list(data: bytes) -> tuple[str, tuple[ListedQuote, ...]]:
    """The project and the lines of a published list. Raises QuoteError("bad_list") for anything else, to the byte."""
    try:
        lines = data.decode("ascii").split("\n")
        quotes = []
        for line in lines[2:-1]:
            uscc, seq, commitment, at = line.split(" ")
            quotes.append(ListedQuote(uscc, int(seq), commitment, parse_time(at)))
        if quote_list(lines[1], quotes) != data:
            raise QuoteError("bad_list")
    except (ValueError, IndexError):  # QuoteError and DrawError are ValueErrors
        raise QuoteError("bad_list") from None
    return lines[1], tuple(quotes)


def list_hash(data: bytes) -> str:
    """SHA-256 of the list's bytes, in lower-case hex; what the witness countersigns."""
    return sha256(data).hexdigest()


def missing_from_list(data: bytes, receipts: Iterable[QuoteReceipt]) -> tuple[QuoteReceipt, ...]:
    """The receipts that the list leaves out or changes; one is enough to stop the opening."""
    project, quotes = parse_quote_list(data)
    listed = {(project, q.uscc, q.seq, q.commitment) for q in quotes}
    return tuple(r for r in receipts if (r.project, r.uscc, r.seq, r.commitment) not in listed)


def last_by_seq(quotes: Iterable[ListedQuote]) -> Mapping[str, ListedQuote]:
    """Of each bidder the quote with the highest seq: the one that counts."""
    last: dict[str, ListedQuote] = {}
    for quote in quotes:
        if quote.uscc not in last or quote.seq > last[quote.uscc].seq:
            last[quote.uscc] = quote
    return last
