"""The witness's half of sealed quotes, its clock, and bad requests, asked of a real process."""

import socket
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from nacl.signing import VerifyKey

from supermarket.selection.quotes_body import (
    ListedQuote,
    QuoteBody,
    check_body,
    commitment_of,
    list_hash,
    new_key_pair,
    new_salt,
    open_outer,
    quote_list,
    seal,
)

USCC = "91510100MA61T2XX{:02d}"


def stamp(after: timedelta) -> str:
    return (datetime.now(UTC) + after).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_quotes(count: int, project: str = "P-1") -> tuple[bytes, list[bytes]]:
    """A published list and the bodies on it."""
    bodies = [QuoteBody(project, USCC.format(n), 1, 100 + n, new_salt()).to_bytes() for n in range(count)]
    at = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
    listed = [ListedQuote(USCC.format(n), 1, commitment_of(body), at) for n, body in enumerate(bodies)]
    return quote_list(project, listed), bodies


def test_quotes_open_after_the_hour_and_only_those_on_the_list(start_witness, tmp_path) -> None:
    clock = tmp_path / "clock"
    witness = start_witness("--clock-file", str(clock))
    opens_at = stamp(timedelta(hours=2))
    status, key = witness.post("/quote-keys", project="P-1", opens_at=opens_at)
    assert status == 200
    VerifyKey(witness.key).verify(
        f"quote-key-v1\nP-1\n{key['public_key']}\n{opens_at}\n{key['at']}\n".encode(), bytes.fromhex(key["signature"])
    )
    assert witness.post("/quote-keys", project="P-1", opens_at=opens_at) == (200, key)
    operator = new_key_pair()
    listed, bodies = make_quotes(3)
    late = QuoteBody("P-1", USCC.format(9), 1, 1, new_salt()).to_bytes()
    sealed = [seal(body, operator[1], bytes.fromhex(key["public_key"])) for body in [*bodies, late]]
    inner = [open_outer(box, operator[0]).hex() for box in sealed]

    def open_all(**changes: object) -> tuple[int, dict[str, object]]:
        content = {"project": "P-1", "list_hash": list_hash(listed), "ciphertexts": inner, **changes}
        return witness.post("/quote-openings", **content)

    assert open_all()[1]["error"] == "too_early"
    assert witness.post("/quote-lists", project="P-1", list=listed.decode())[1]["error"] == "too_early"
    clock.write_text(str(2 * 3600 + 1))
    assert open_all()[1]["error"] == "no_list"
    status, countersigned = witness.post("/quote-lists", project="P-1", list=listed.decode())
    assert status == 200
    body = f"list-v1\nP-1\n{list_hash(listed)}\n{countersigned['at']}\n".encode()
    VerifyKey(witness.key).verify(body, bytes.fromhex(countersigned["signature"]))
    other = make_quotes(4)[0]
    assert witness.post("/quote-lists", project="P-1", list=other.decode())[1]["error"] == "already_signed"
    assert open_all(list_hash=list_hash(other))[1]["error"] == "other_list"
    witness.kill()
    witness = start_witness("--clock-file", str(clock))
    assert witness.post("/quote-lists", project="P-1", list=listed.decode()) == (200, countersigned)
    status, answer = open_all(ciphertexts=[*inner, "zz", "ab" * 60])
    assert status == 200
    *opened, outsider, not_hex, garbage = answer["opened"]
    for number, found in enumerate(opened):
        raw = bytes.fromhex(found["body"])
        assert raw == bodies[number]
        assert check_body(raw, project="P-1", uscc=USCC.format(number), seq=1, commitment=found["commitment"])
    assert (outsider, not_hex, garbage) == ({"error": "not_on_list"}, {"error": "not_hex"}, {"error": "does_not_open"})
    assert "secret" not in str(witness.get("/quote-keys"))
    assert witness.post("/quote-keys", project="P-1", opens_at=stamp(timedelta(days=9)))[1]["error"] == "list_signed"


def test_the_hour_may_be_moved_to_later_only(start_witness, tmp_path) -> None:
    clock = tmp_path / "clock"
    witness = start_witness("--clock-file", str(clock))
    one, two = stamp(timedelta(hours=1)), stamp(timedelta(hours=2))
    key = witness.post("/quote-keys", project="P-1", opens_at=one)[1]
    assert (
        witness.post("/quote-keys", project="P-1", opens_at=stamp(timedelta(minutes=30)))[1]["error"]
        == "opens_at_earlier"
    )
    assert (
        witness.post("/quote-keys", project="P-2", opens_at=stamp(timedelta(seconds=-5)))[1]["error"] == "opens_at_over"
    )
    clock.write_text("3601.5")  # the hour has come, too few have quoted, the period is extended
    status, moved = witness.post("/quote-keys", project="P-1", opens_at=two)
    assert (status, moved["public_key"], moved["opens_at"]) == (200, key["public_key"], two)
    witness.kill()
    again = start_witness("--clock-file", str(clock))
    assert again.get("/quote-keys?project=P-1")["quote_keys"] == [moved]
    listed = make_quotes(1)[0].decode()
    assert again.post("/quote-lists", project="P-1", list=listed)[1]["error"] == "too_early"
    assert again.post("/quote-lists", project="P-3", list=make_quotes(1, "P-3")[0].decode())[0] == 404


@pytest.mark.parametrize("text", ["", "quote-list-v1\nP-2\n", "quote-list-v1\nP-1", "quote-list-v1\nP-1\nA 1 c x\n"])
def test_what_is_no_list_is_not_countersigned(witness, text: str) -> None:
    witness.post("/quote-keys", project="P-1", opens_at=stamp(timedelta(hours=1)))
    status, refusal = witness.post("/quote-lists", project="P-1", list=text)
    assert (status, refusal["error"]) == (422, "bad_list")


def test_the_clock_may_stand_where_the_file_says(start_witness, tmp_path) -> None:
    clock = tmp_path / "clock"
    witness = start_witness("--clock-file", str(clock))
    real = datetime.now(UTC)
    first = datetime.strptime(witness.get("/key")["at"], "%Y-%m-%dT%H:%M:%S%z")
    assert abs(first - real) < timedelta(seconds=5)
    clock.write_text("2027-01-02T03:04:05Z\n")
    assert witness.get("/key")["at"] == "2027-01-02T03:04:05Z"
    clock.write_text("-86400")
    assert datetime.strptime(witness.get("/key")["at"], "%Y-%m-%dT%H:%M:%S%z") < real - timedelta(hours=23)
    for wrong in ("tomorrow", "2027-02-30T00:00:00Z", "9" * 12, ""):
        clock.write_text(wrong)
        status, refusal = witness.ask("GET", "/key")
        assert (status, refusal["error"]) == (503, "clock_unreadable")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "error"),
    [
        ("GET", "/nowhere", None, {}, 404, "not_found"),
        ("GET", "/shelves", None, {}, 404, "not_found"),
        ("GET", "/receipts?all=1", None, {}, 422, "unknown_field"),
        ("GET", "/receipts?after=x", None, {}, 422, "unknown_field"),
        ("POST", "/nowhere", b"{}", {}, 404, "not_found"),
        ("POST", "/receipts", b"{", {}, 400, "not_json"),
        ("POST", "/receipts", b"\xff", {}, 400, "not_json"),
        ("POST", "/receipts", b"[" * 100_000, {}, 400, "not_json"),
        ("POST", "/receipts", b"[]", {}, 422, "unknown_field"),
        ("POST", "/receipts", b'{"pool_file": "", "x": 1}', {}, 422, "unknown_field"),
        ("POST", "/receipts", b'{"pool_file": 1}', {}, 422, "invalid"),
        ("POST", "/receipts", rb'{"pool_file": "\ud800"}', {}, 422, "invalid"),
        ("POST", "/receipts", b"{}", {"Content-Type": "text/plain"}, 415, "not_json"),
        ("POST", "/receipts", b"{}", {"Content-Length": "x"}, 411, "length_required"),
        ("POST", "/receipts", b"{}", {"Content-Length": "9999999999"}, 413, "too_large"),
        ("POST", "/heads", b'{"log": "a", "seq": true, "head": "b"}', {}, 422, "invalid"),
        ("POST", "/heads", b'{"log": "a b", "seq": 1, "head": "b"}', {}, 422, "invalid"),
        ("POST", "/quote-keys", b'{"project": "P-1", "opens_at": "soon"}', {}, 422, "invalid"),
        ("POST", "/quote-openings", b'{"project": "P-1", "list_hash": "x", "ciphertexts": []}', {}, 422, "invalid"),
        ("POST", "/reveals", b'{"project": "P-1", "purpose": "other"}', {}, 422, "invalid"),
        ("PUT", "/receipts", b"{}", {}, 501, "bad_request"),
    ],
)
def test_a_bad_request_gets_a_clear_answer(witness, method, path, body, headers, status, error) -> None:
    answer = witness.ask(method, path, body=body, headers=headers)
    assert (answer[0], answer[1]["error"]) == (status, error)
    assert answer[1]["message"]
    assert witness.get("/key")["name"] == "witness"
    assert witness.stop() == ""


def test_what_is_no_http_gets_json_and_harms_nothing(witness) -> None:
    with socket.create_connection(("127.0.0.1", witness.port), timeout=10) as wire:
        wire.sendall(b"GET / HTTP/9.9\r\n\r\n")
        assert b'"error": "bad_request"' in wire.makefile("rb").read()
    with socket.create_connection(("127.0.0.1", witness.port), timeout=10) as wire:
        wire.sendall(b"POST /receipts HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
    assert witness.get("/receipts")["receipts"] == []
    assert witness.stop() == ""


def test_an_idle_connection_does_not_hold_up_the_end(witness) -> None:
    with socket.create_connection(("127.0.0.1", witness.port), timeout=10):
        began = time.monotonic()
        assert witness.stop() == ""
        assert time.monotonic() - began < 5
    assert witness.process.returncode == 0


def test_with_a_token_only_its_holder_may_ask(start_witness, tmp_path) -> None:
    token = sha256(b"token").hexdigest()
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(token)
    witness = start_witness("--token-file", str(tmp_path / "token"))
    for header in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer ü"}):
        status, refusal = witness.ask("POST", "/commitments", {"project": "P-1"}, headers=header)
        assert (status, refusal["error"]) == (401, "not_signed_in")
    bearer = {"Authorization": f"Bearer {token}"}
    assert witness.ask("POST", "/commitments", {"project": "P-1"}, headers=bearer)[0] == 200
    assert len(witness.get("/commitments")["commitments"]) == 1


def test_one_home_serves_one_process_and_keeps_its_key_to_itself(start_witness, tmp_path) -> None:
    witness = start_witness("--name", "regulator")
    assert witness.name == "regulator"
    with pytest.raises(Exception, match="already running"):
        start_witness()
    home = tmp_path / "home"
    assert [oct(path.stat().st_mode & 0o777) for path in (home, home / "key")] == ["0o700", "0o700"]
    for path in (home / "key" / "witness.key", home / "journal.jsonl"):
        assert path.stat().st_mode & 0o077 == 0
    witness.stop()
    (home / "key" / "witness.key").chmod(0o644)
    with pytest.raises(Exception, match="can be read by others"):
        start_witness()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "a --token-file is needed"),  # noqa: S104 - that this is refused is the test
        (("--host", "nowhere"), "does not appear to be an IPv4 or IPv6 address"),
        (("--name", "A B"), "A name has"),
        (("--port", "70000"), "port"),
    ],
)
def test_a_wrong_start_says_why(start_witness, options: tuple[str, ...], message: str) -> None:
    with pytest.raises(Exception, match=message):
        start_witness(*options)
