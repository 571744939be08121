"""Bodies, receipts, lists, kept files, books: whatever comes in, it is read whole or refused with its one code, never else."""

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from config import ROOT
from supermarket.core.draw import format_time
from supermarket.selection.bidder import seal_as_bidder
from supermarket.selection.quotes_body import (
    ListedQuote,
    QuoteBody,
    QuoteError,
    QuoteReceipt,
    check_body,
    list_hash,
    missing_from_list,
    new_key_pair,
    open_inner,
    open_outer,
    pad_inner,
    padded_length,
    parse_body,
    parse_quote_list,
    quote_list,
    seal,
    sealed_lengths,
    sign_quote_receipt,
    unpad_inner,
)
from supermarket.selection.quotes_kept import (
    body_in,
    check_kept,
    kept_file,
    parse_book,
    parse_kept,
)
from witness.errors import Refused
from witness.texts import quote_list as witness_reads

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CODE, USCC = "P-2026-000001", "91510100MA61T2XX00"
OPERATOR, WITNESS = SigningKey(b"o" * 32), SigningKey(b"w" * 32)
(SECRET_O, PUBLIC_O), (SECRET_W, PUBLIC_W) = new_key_pair(), new_key_pair()
KEYS = {"operator": PUBLIC_O.hex(), "witness": PUBLIC_W.hex()}

usccs = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=18, max_size=18)
hex64 = st.text("0123456789abcdef", min_size=64, max_size=64)
bodies = st.builds(
    QuoteBody,
    project=st.from_regex(r"\AP-20[0-9]{2}-[0-9]{6}\Z"),
    uscc=usccs,
    seq=st.integers(1, 999_999_999),
    amount=st.integers(0, 10**18 - 1),
    salt=hex64,
)
lines = st.builds(
    ListedQuote,
    uscc=usccs,
    seq=st.integers(1, 999),
    commitment=hex64,
    received_at=st.integers(0, 10**8).map(lambda seconds: AT + timedelta(seconds=seconds)),
)
# Letters that such texts are made of, and some that they never are.
near = st.text("quote-v1list\n 0123456789abcdefPX-Z:T\r\x00é٣", max_size=240)


def changed(data: bytes, chance: random.Random) -> bytes:
    """One small thing is different."""
    at = chance.randrange(len(data))
    ways = (
        data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
        data[:at] + data[at + 1 :],
        data[:at] + bytes([chance.randrange(256)]) + data[at:],
        data[:at],
    )
    return chance.choice(ways)


@given(bodies)
def test_a_body_is_read_back_as_it_was_written(body: QuoteBody) -> None:
    assert parse_body(body.to_bytes()) == body


@given(st.one_of(st.binary(max_size=300), near.map(str.encode)))
@example(b"quote-v1\n" * 7)
@example("quote-v1\nP-1\n91510100MA61T2XX00\n1\n٣٤\n".encode() + b"a" * 64 + b"\n")
def test_any_bytes_are_a_body_to_the_byte_or_refused(data: bytes) -> None:
    try:
        body = parse_body(data)
    except QuoteError as error:
        assert error.code in {"bad_body", "bad_project", "bad_uscc", "bad_seq", "bad_amount", "bad_salt"}
    else:
        assert body.to_bytes() == data, "one body has one form"


@given(bodies, st.randoms(use_true_random=False))
def test_a_body_with_anything_changed_is_not_the_one_that_was_committed_to(
    body: QuoteBody, chance: random.Random
) -> None:
    data = body.to_bytes()
    sealed = seal_as_bidder(body.project, body.uscc, body.seq, body.amount, KEYS).sealed
    other = changed(data, chance)
    where = {"project": body.project, "uscc": body.uscc, "seq": body.seq}
    if other != data:
        with pytest.raises(QuoteError) as refused:
            check_body(other, **where, commitment=sealed.commitment)  # type: ignore[arg-type]  # the names are right
        assert refused.value.code == "other_commitment"


@settings(max_examples=60)
@given(bodies)
def test_what_is_sealed_opens_with_both_keys_and_its_length_tells_nothing(body: QuoteBody) -> None:
    made = seal_as_bidder(body.project, body.uscc, body.seq, body.amount, KEYS)
    assert len(made.sealed.ciphertext) == 48 + padded_length(body.project)
    for ciphertext in (made.sealed.ciphertext, seal(made.body, PUBLIC_O, PUBLIC_W)):
        assert len(ciphertext) in sealed_lengths(body.project, body.seq, 10**18 - 1)
        inner = unpad_inner(open_outer(ciphertext, SECRET_O), body.project)
        assert open_inner(inner, SECRET_W) == made.body


@given(st.binary(max_size=240))
def test_padding_comes_off_as_it_went_on(inner: bytes) -> None:
    assert unpad_inner(pad_inner(inner, CODE), CODE) == inner
    assert unpad_inner(inner, CODE) in (inner, inner[: padded_length(CODE)].rstrip(b"\0")[:-1])


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_no_box_but_a_real_one_opens(data: bytes) -> None:
    with pytest.raises(QuoteError) as refused:
        open_outer(data, SECRET_O)
    assert refused.value.code == "does_not_open"


@given(st.lists(lines, max_size=8, unique_by=lambda line: (line.uscc, line.seq)), st.randoms(use_true_random=False))
def test_a_list_has_one_form_that_the_witness_reads_alike(found: list[ListedQuote], chance: random.Random) -> None:
    data = quote_list(CODE, found)
    assert parse_quote_list(data) == (CODE, tuple(sorted(found)))
    assert witness_reads(data.decode(), CODE) == frozenset(line.commitment for line in found)
    chance.shuffle(found)
    assert quote_list(CODE, found) == data
    _both_agree(changed(data, chance))


@given(st.one_of(st.binary(max_size=300), near.map(lambda text: b"quote-list-v1\n" + text.encode())))
def test_any_bytes_are_a_list_to_the_byte_or_refused(data: bytes) -> None:
    _both_agree(data)


def _both_agree(data: bytes) -> None:
    """What we read as a list is one to the byte, and the witness reads the same in it."""
    try:
        project, found = parse_quote_list(data)
    except QuoteError as error:
        assert error.code == "bad_list"
        return
    assert quote_list(project, found) == data
    try:
        assert witness_reads(data.decode(), project) == frozenset(line.commitment for line in found)
    except Refused:
        pytest.fail("the witness would not sign what we publish")


@given(st.lists(lines, min_size=1, max_size=6, unique_by=lambda line: (line.uscc, line.seq)), st.data())
def test_a_receipt_that_the_list_leaves_out_is_found(found: list[ListedQuote], data: st.DataObject) -> None:
    receipts = [
        sign_quote_receipt(
            bytes(OPERATOR), project=CODE, uscc=q.uscc, seq=q.seq, commitment=q.commitment, at=q.received_at
        )
        for q in found
    ]
    assert missing_from_list(quote_list(CODE, found), receipts) == ()
    dropped = data.draw(st.sampled_from(found))
    rest = quote_list(CODE, [line for line in found if line is not dropped])
    assert [(r.uscc, r.seq) for r in missing_from_list(rest, receipts)] == [(dropped.uscc, dropped.seq)]


@given(st.text(max_size=140), hex64, st.integers(-5, 10**9))
def test_no_receipt_holds_but_the_signed_one(signature: str, commitment: str, seq: int) -> None:
    receipt = QuoteReceipt(CODE, USCC, seq, commitment, AT, signature)
    assert not receipt.holds(bytes(OPERATOR.verify_key))


# -- files


def whole(amount: int = 8_000_000) -> tuple[dict[str, object], dict[str, object]]:
    """A kept file and the public book in which it stands, opened."""
    made = seal_as_bidder(CODE, USCC, 2, amount, KEYS)
    commitment = made.sealed.commitment
    signed = sign_quote_receipt(bytes(OPERATOR), project=CODE, uscc=USCC, seq=2, commitment=commitment, at=AT)
    key = bytes(OPERATOR.verify_key).hex()
    receipt = {"at": format_time(AT), "signature": signed.signature, "key": key}
    kept = dict(kept_file(CODE, made.body, made.sealed.ciphertext, KEYS, receipt))
    text = quote_list(CODE, [ListedQuote(USCC, 1, "ab" * 32, AT), ListedQuote(USCC, 2, commitment, AT)])
    words = f"list-v1\n{CODE}\n{list_hash(text)}\n{format_time(AT)}\n".encode()
    row = {"uscc": USCC, "seq": 2, "commitment": commitment, "amount": amount, "body": made.body.decode()}
    book: dict[str, object] = {
        "format": "quote-book-v1",
        "project": CODE,
        "keys": None,
        "receipt_key": key,
        "witness_key": bytes(WITNESS.verify_key).hex(),
        "list": text.decode(),
        "list_hash": list_hash(text),
        "published_at": format_time(AT),
        "countersignature": {"at": format_time(AT), "by": "w", "signature": WITNESS.sign(words).signature.hex()},
        "opened_at": format_time(AT),
        "stopped": None,
        "quotes": [{**row, "invalid_code": None}],
    }
    return kept, book


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode())))
def test_any_bytes_are_a_kept_file_or_a_book_or_refused(data: bytes) -> None:
    for parse, code in ((parse_kept, "bad_kept"), (parse_book, "bad_book")):
        with pytest.raises(QuoteError) as refused:
            parse(data)
        assert refused.value.code == code


@given(st.data())
def test_files_with_one_field_changed_differ_or_are_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    kept, book = whole()
    which = data.draw(st.sampled_from([kept, book]))
    name = data.draw(st.sampled_from(sorted(which)))
    which[name] = data.draw(json_values)
    try:
        check_kept(parse_kept(json.dumps(kept).encode()), parse_book(json.dumps(book).encode()))
    except QuoteError as error:
        assert error.code in ("bad_kept", "bad_book")


@given(st.text(max_size=300))
@example('{"body": 1}')
@example("{" * 3000)
@example('{"body": "\\ud800"}')
def test_whatever_is_pasted_gives_bytes(text: str) -> None:
    assert isinstance(body_in(text), bytes)


def test_body_is_found_in_what_a_bidder_pastes() -> None:
    kept, _book = whole()
    body = str(kept["body"])
    for given_text in (body, body.strip(), f"  {body}\n\n", body.replace("\n", "\r\n"), json.dumps(kept)):
        assert body_in(given_text) == body.encode()


def _changes() -> list[tuple[str, dict[str, object], dict[str, object] | None]]:
    """Whole files, and each with one thing wrong: the name says what must differ ("": nothing)."""
    kept, book = whole()
    other, _book = whole(7_000_000)
    body = str(kept["body"])
    receipt = kept["receipt"]
    signed = book["countersignature"]
    assert isinstance(receipt, dict) and isinstance(signed, dict)
    rows = [{**each, "body": other["body"]} for each in book["quotes"]]  # type: ignore[attr-defined]  # a list of rows
    return [
        ("", kept, book),
        ("", kept, None),
        ("", {**kept, "receipt": None}, book),
        ("", kept, {**book, "list": None, "list_hash": None, "countersignature": None, "quotes": None}),
        ("commitment", {**kept, "body": body.replace("8000000", "7000000")}, book),
        ("body", {**kept, "seq": 1}, book),
        ("receipt", {**kept, "receipt": {**receipt, "at": "2026-03-02T02:00:01Z"}}, book),
        ("receipt", {**kept, "receipt": {**receipt, "signature": "0" * 128}}, book),
        ("receipt", kept, {**book, "receipt_key": "ab" * 32}),
        ("list_hash", kept, {**book, "list_hash": "ab" * 32}),
        ("list", kept, {**book, "list": f"quote-list-v1\n{CODE}\n"}),
        ("countersignature", kept, {**book, "countersignature": {**signed, "signature": "0" * 128}}),
        ("countersignature", kept, {**book, "witness_key": bytes(OPERATOR.verify_key).hex()}),
        ("opened", kept, {**book, "quotes": rows}),
    ]


@pytest.mark.parametrize(
    ("wrong", "kept", "book"), _changes(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_stand_alone_script_says_what_we_say(
    tmp_path: Path, wrong: str, kept: dict[str, object], book: dict[str, object] | None
) -> None:
    found = check_kept(
        parse_kept(json.dumps(kept).encode()), None if book is None else parse_book(json.dumps(book).encode())
    )
    assert found.ok == (not wrong)
    assert not wrong or wrong in [step.name for step in found.steps if step.state == "differs"]
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    files = [str(tmp_path / "kept.json")]
    if book is not None:
        (tmp_path / "quotes.json").write_text(json.dumps(book))
        files.append(str(tmp_path / "quotes.json"))
    script = ROOT / "static" / "verify" / "quote_check.py"
    done = subprocess.run([sys.executable, "-I", str(script), *files], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == (1 if wrong else 0), done.stdout
    assert ("DIFFERS" in done.stdout) == bool(wrong)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "\x00", '{"format": "quote-kept-v1"}', "[" * 5000])
def test_the_stand_alone_script_refuses_other_files_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "kept.json").write_text(content)
    script = ROOT / "static" / "verify" / "quote_check.py"
    command = [sys.executable, "-I", str(script), str(tmp_path / "kept.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
