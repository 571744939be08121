"""Sealed quotes: body, boxes, receipts, the list at the deadline (selection rules, section 4)."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from supermarket.selection.quotes_body import (
    ListedQuote,
    QuoteBody,
    QuoteError,
    check_body,
    commitment_of,
    last_by_seq,
    list_hash,
    missing_from_list,
    new_key_pair,
    new_salt,
    open_inner,
    open_outer,
    parse_body,
    parse_quote_list,
    quote_list,
    seal,
    sign_quote_receipt,
)

USCC, OTHER = "91510100MA61T2XX00", "91510100MA61T2XX01"
SALT = "ab" * 32
AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
BODY = f"quote-v1\nP-1\n{USCC}\n2\n3500000\n{SALT}\n".encode()


def make_listed(uscc: str = USCC, seq: int = 1, commitment: str = "c" * 64) -> ListedQuote:
    return ListedQuote(uscc, seq, commitment, AT)


def test_the_body_and_its_commitment_to_the_byte() -> None:
    body = QuoteBody("P-1", USCC, 2, 3_500_000, SALT)
    assert body.to_bytes() == BODY
    assert parse_body(BODY) == body
    assert commitment_of(BODY) == sha256(BODY).hexdigest()
    assert len(new_salt()) == 64
    assert new_salt() != new_salt()


@given(st.integers(1, 999_999_999), st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_a_body_read_and_made_again_is_the_same(seq: int, amount: int, salt: bytes) -> None:
    body = QuoteBody("P-1", USCC, seq, amount, salt.hex())
    assert parse_body(body.to_bytes()) == body


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_body"),
        (BODY[:-1], "bad_body"),
        (BODY + b"\n", "bad_body"),
        (BODY.replace(b"quote-v1", b"quote-v2"), "bad_body"),
        ("３".encode() + BODY, "bad_body"),
        (BODY.replace(b"\n", b"\r\n"), "bad_body"),
        (BODY.replace(b"P-1", b"P 1"), "bad_project"),
        (BODY.replace(USCC.encode(), USCC.lower().encode()), "bad_uscc"),
        (BODY.replace(b"\n2\n", b"\n0\n"), "bad_seq"),
        (BODY.replace(b"\n2\n", b"\n02\n"), "bad_seq"),
        (BODY.replace(b"3500000", "3.5万".encode("gb18030")), "bad_body"),
        (BODY.replace(b"3500000", b"-1"), "bad_amount"),
        (BODY.replace(b"3500000", b"+1"), "bad_amount"),
        (BODY.replace(b"3500000", b"1e5"), "bad_amount"),
        (BODY.replace(b"3500000", b"35000.00"), "bad_amount"),
        (BODY.replace(b"3500000", b" 35000"), "bad_amount"),
        (BODY.replace(b"3500000", b"1" * 5000), "bad_amount"),
        (BODY.replace(SALT.encode(), SALT.upper().encode()), "bad_salt"),
        (BODY.replace(SALT.encode(), SALT[2:].encode()), "bad_salt"),
    ],
)
def test_a_body_is_read_strictly(data: bytes, code: str) -> None:
    with pytest.raises(QuoteError) as refusal:
        parse_body(data)
    assert refusal.value.code == code


def test_an_opened_body_must_be_the_one_that_was_committed_to() -> None:
    commitment = commitment_of(BODY)
    assert check_body(BODY, project="P-1", uscc=USCC, seq=2, commitment=commitment).amount == 3_500_000
    for project, uscc, seq, c, code in (
        ("P-2", USCC, 2, commitment, "other_project"),
        ("P-1", OTHER, 2, commitment, "other_uscc"),
        ("P-1", USCC, 3, commitment, "other_seq"),
        ("P-1", USCC, 2, "c" * 64, "other_commitment"),
    ):
        with pytest.raises(QuoteError) as refusal:
            check_body(BODY, project=project, uscc=uscc, seq=seq, commitment=c)
        assert refusal.value.code == code


def test_it_takes_both_keys_to_open_a_quote() -> None:
    operator, witness = new_key_pair(), new_key_pair()
    ciphertext = seal(BODY, operator[1], witness[1])
    assert ciphertext != seal(BODY, operator[1], witness[1])
    assert BODY not in ciphertext
    inner = open_outer(ciphertext, operator[0])
    assert BODY not in inner
    assert open_inner(inner, witness[0]) == BODY
    for box, key, step in (
        (ciphertext, witness[0], open_outer),
        (inner, operator[0], open_inner),
        (ciphertext[:-1], operator[0], open_outer),
        (b"", operator[0], open_outer),
    ):
        with pytest.raises(QuoteError) as refusal:
            step(box, key)
        assert refusal.value.code == "does_not_open"


def test_a_receipt_holds_for_what_it_says_and_nothing_else() -> None:
    key = SigningKey.generate()
    public = bytes(key.verify_key)
    receipt = sign_quote_receipt(bytes(key), project="P-1", uscc=USCC, seq=2, commitment="c" * 64, at=AT)
    assert receipt.holds(public)
    assert not receipt.holds(bytes(SigningKey.generate().verify_key))
    changed = sign_quote_receipt(bytes(key), project="P-1", uscc=USCC, seq=3, commitment="c" * 64, at=AT)
    for other in ("", "zz", changed.signature):
        assert not type(receipt)("P-1", USCC, 2, "c" * 64, AT, other).holds(public)


def test_the_list_has_one_form() -> None:
    quotes = [make_listed(OTHER), make_listed(seq=10), make_listed(seq=9)]
    data = quote_list("P-1", quotes)
    c = "c" * 64
    assert data.decode() == (
        f"quote-list-v1\nP-1\n{USCC} 9 {c} 2026-11-27T10:00:00Z\n{USCC} 10 {c} 2026-11-27T10:00:00Z\n"
        f"{OTHER} 1 {c} 2026-11-27T10:00:00Z\n"
    )
    assert quote_list("P-1", quotes[::-1]) == data
    assert parse_quote_list(data) == ("P-1", tuple(sorted(quotes)))
    assert list_hash(data) == sha256(data).hexdigest()
    assert parse_quote_list(quote_list("P-1", [])) == ("P-1", ())
    with pytest.raises(QuoteError) as refusal:
        quote_list("P-1", [make_listed(), make_listed(commitment="d" * 64)])
    assert refusal.value.code == "double"


@pytest.mark.parametrize(
    "change", [(b" 9 ", b" 09 "), (b"quote-list-v1", b"x"), (b"Z\n", b"Z\r\n"), (b" 9 ", b" 11 "), (b"cc", b"CC")]
)
def test_a_list_is_read_strictly(change: tuple[bytes, bytes]) -> None:
    data = quote_list("P-1", [make_listed(seq=10), make_listed(seq=9)]).replace(*change)
    with pytest.raises(QuoteError):
        parse_quote_list(data)


def test_a_receipt_that_is_missing_from_the_list_is_found() -> None:
    key = bytes(SigningKey.generate())
    receipts = [
        sign_quote_receipt(key, project="P-1", uscc=uscc, seq=1, commitment=c, at=AT)
        for uscc, c in ((USCC, "c" * 64), (OTHER, "d" * 64))
    ]
    data = quote_list("P-1", [make_listed(), make_listed(OTHER)])
    assert missing_from_list(data, receipts) == (receipts[1],)
    assert missing_from_list(data, receipts[:1]) == ()


def test_the_last_quote_of_each_counts() -> None:
    quotes = [make_listed(seq=2), make_listed(seq=10), make_listed(seq=9), make_listed(OTHER)]
    assert last_by_seq(quotes) == {USCC: quotes[1], OTHER: quotes[3]}
