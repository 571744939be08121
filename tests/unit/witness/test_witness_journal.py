"""The journal: chained, whole after a power cut at any byte, and the old one taken over; the clock and the limits beside it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.unit.witness.conftest import ROOT, DidNotStart, command
from tests.unit.witness.test_witness_draws import make_pool
from witness.clock import Clock
from witness.errors import CannotStart, Refused
from witness.journal import NAME, Journal, Place, hash_of, read_lines
from witness.limits import Limit, Places, Tokens, network_of

Entries = list[tuple[str, dict[str, str | int], dict[str, str]]]
words = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20)
fields = st.dictionaries(
    st.sampled_from(["project", "at", "signature", "seq", "x"]), words | st.integers(-(2**63), 2**63), max_size=4
)
entries = st.lists(
    st.tuples(
        st.sampled_from(["receipt", "head", "chain"]), fields, st.dictionaries(st.sampled_from(["seed", "list"]), words)
    ),
    max_size=12,
)


def written(folder: Path, todo: Entries, mirror: Path | None = None) -> list[tuple[str, str]]:
    journal = Journal(folder / NAME, mirror)
    lines = [journal.append(kind, entry, kept) for kind, entry, kept in todo]
    journal.close()
    return [(line.hash, line.text()) for line in lines]


def read(folder: Path) -> list[tuple[str, str]]:
    journal = Journal(folder / NAME)
    found = [(line.hash, line.text()) for line in journal.replay()]
    journal.close()
    return found


@settings(max_examples=60, deadline=None)
@given(todo=entries, more=entries, cut=st.floats(0, 1), torn=st.binary(max_size=8))
def test_whatever_is_cut_off_the_rest_is_whole_and_goes_on(
    todo: Entries, more: Entries, cut: float, torn: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    before = written(folder, todo)
    data = (folder / NAME).read_bytes()
    kept = data[: int(len(data) * cut)] + (torn.replace(b"\n", b"\0") if cut < 1 else b"")
    (folder / NAME).write_bytes(kept)
    whole = kept.count(b"\n") if b"\n" in kept else 0
    # A power cut may leave the beginning of a line, or a block of zeros: either is no line.
    assert read(folder) == before[:whole]
    after = written(folder, more)
    found = read(folder)
    assert found == before[:whole] + after
    place = Place()
    for line, next_place in read_lines((folder / NAME).read_bytes(), "the journal"):
        assert (line.entry["prev"], line.entry["n"]) == (place.head, place.n + 1)
        assert hash_of(line.entry) == line.hash == next_place.head
        assert "kept" not in line.entry
        place = next_place


@settings(max_examples=60, deadline=None)
@given(todo=entries.filter(bool), data=st.data())
def test_a_changed_byte_is_found(todo: Entries, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("journal")
    before = written(folder, todo)
    raw = bytearray((folder / NAME).read_bytes())
    place = data.draw(st.integers(0, len(raw) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != raw[place]))
    raw[place] = other
    (folder / NAME).write_bytes(bytes(raw))
    try:
        found = read(folder)
    except CannotStart as error:
        assert "is damaged" in str(error)
        return
    # What is kept at home is bound by what is seen of it, not by the chain; the last line's hash nobody has named yet.
    differing = [
        number for number, (one, other_line) in enumerate(zip(before, found, strict=True)) if one != other_line
    ]
    assert len(differing) == 1
    (number,) = differing
    assert before[number][0] == found[number][0] or number == len(before) - 1


def test_a_second_copy_is_brought_up_to_date_and_never_mixed(tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    written(tmp_path, [("head", {"at": "1"}, {})])
    written(tmp_path, [("head", {"at": "2"}, {"list": "x"})], tmp_path / "usb")
    assert (tmp_path / "usb" / NAME).read_bytes() == (tmp_path / NAME).read_bytes()
    with (tmp_path / "usb" / NAME).open("ab") as file:
        file.write(b'{"half')
    written(tmp_path, [("head", {"at": "3"}, {})], tmp_path / "usb")
    assert (tmp_path / "usb" / NAME).read_bytes() == (tmp_path / NAME).read_bytes()
    (tmp_path / "other").mkdir()
    written(tmp_path / "other", [("head", {"at": "9"}, {})])
    with pytest.raises(CannotStart, match="is not of this journal"):
        Journal(tmp_path / "other" / NAME, tmp_path / "usb")
    with pytest.raises(CannotStart, match="is its disk mounted"):
        Journal(tmp_path / NAME, tmp_path / "gone")


def test_a_second_copy_that_cannot_be_written_stops_the_signing(tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    journal = Journal(tmp_path / NAME, tmp_path / "usb")
    journal.append("head", {"at": "1"})
    os.close(journal._files[1])  # its disk is gone
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            journal.append("head", {"at": "2"})
        assert (refused.value.status, refused.value.code) == (503, "not_stored")
    os.close(journal._files[0])
    assert len(read(tmp_path)) == 1, "what was not on both was not answered"
    again = Journal(tmp_path / NAME, tmp_path / "usb")
    again.append("head", {"at": "2"})
    again.close()
    assert (tmp_path / "usb" / NAME).read_bytes() == (tmp_path / NAME).read_bytes()


def test_an_entry_that_does_not_follow_is_not_taken(tmp_path: Path) -> None:
    journal = Journal(tmp_path / NAME)
    line = journal.append("head", {"at": "1"})
    with pytest.raises(ValueError, match="does not follow"):
        journal.add(line)
    journal.close()
    assert len(read(tmp_path)) == 1


def old_home(home: Path) -> tuple[SigningKey, list[dict[str, object]]]:
    """A home as version 1 wrote it: entries one by one, no chain, no name."""
    key = SigningKey.generate()
    pool = make_pool()
    at = "2026-03-02T02:00:00Z"
    digest = sha256(pool.encode()).hexdigest()
    signed = key.sign(f"receipt-v1\nP-1\nmain\n{digest}\n{at}\n".encode()).signature.hex()
    head = key.sign(f"head-v1\nevents\n3\n{'a' * 64}\n{at}\n".encode()).signature.hex()
    kept: list[dict[str, object]] = [
        {"kind": "receipt", "project": "P-1", "purpose": "main", "pool_hash": digest, "at": at, "signature": signed,
         "pool_file": pool},
        {"kind": "head", "log": "events", "seq": 3, "head": "a" * 64, "at": at, "signature": head},
    ]  # fmt: skip
    (home / "key").mkdir(parents=True, mode=0o700)
    (home / "key" / "witness.key").touch(mode=0o600)
    (home / "key" / "witness.key").write_text(bytes(key).hex() + "\n")
    lines = [json.dumps(entry, separators=(",", ":")) + "\n" for entry in kept]
    (home / NAME).write_text("".join(lines) + '{"kind":"receipt","pro')
    return key, kept


def test_a_journal_of_the_first_version_is_chained_at_the_first_start(start_witness, tmp_path: Path) -> None:
    key, kept = old_home(tmp_path / "home")
    witness = start_witness("--name", "regulator")
    assert witness.key == bytes(key.verify_key)
    log = witness.get("/log")["log"]
    assert [entry["kind"] for entry in log] == ["journal", "receipt", "head"]
    assert log[1]["source"] == "published:kl8"
    assert witness.get("/receipts")["receipts"][0]["signature"] == kept[0]["signature"]
    assert witness.post("/receipts", pool_file=make_pool())[0] == 200
    assert witness.post("/receipts", pool_file=make_pool(members=4))[1]["error"] == "already_signed"
    witness.stop()
    assert (tmp_path / "home" / "journal-v1.jsonl").read_text().count("\n") == 2
    assert command("check", "--home", tmp_path / "home")[0] == 0
    assert start_witness().get("/log")["log"] == log


def test_a_damaged_old_journal_is_left_as_it_is(start_witness, tmp_path: Path) -> None:
    old_home(tmp_path / "home")
    path = tmp_path / "home" / NAME
    damaged = path.read_bytes().replace(b'"kind":"head"', b'"kind":"hea"')
    path.write_bytes(damaged)
    with pytest.raises(DidNotStart, match="line 2, is damaged"):
        start_witness()
    assert path.read_bytes() == damaged


def test_many_starts_at_once_make_one_key_and_one_journal(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "witness", "serve", "--home", str(tmp_path / "home"), "--port", "0"]
    started = [
        subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = []
    for process in started:
        assert process.stdout is not None
        said.append(process.stdout.readline())
    assert sum(line.startswith("witness ") for line in said) == 1
    for process in started:
        process.terminate()
        process.communicate(timeout=20)
    assert sorted(process.returncode for process in started) == [0, 1, 1, 1]
    assert command("check", "--home", tmp_path / "home")[0] == 0


class Hands:
    """A clock whose date and whose count of seconds a test moves."""

    def __init__(self) -> None:
        self.date = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        self.count = 0.0
        self.clock = Clock(None, lambda: self.date, lambda: self.count)

    def pass_by(self, seconds: float) -> None:
        self.date += timedelta(seconds=seconds)
        self.count += seconds


def test_a_date_that_is_set_while_the_witness_runs_stops_it() -> None:
    hands = Hands()
    hands.pass_by(3 * 24 * 3600)
    assert hands.clock.now() == hands.date
    for step in (3600, -3600, 61, -61):
        moved = Hands()
        moved.pass_by(100)
        moved.date += timedelta(seconds=step)
        with pytest.raises(Refused) as refused:
            moved.clock.now()
        assert (refused.value.status, refused.value.code) == (503, "clock_jumped")
        moved.date -= timedelta(seconds=step)
        assert moved.clock.now() == moved.date
    slow = Hands()
    slow.pass_by(100 * 24 * 3600)
    slow.date += timedelta(seconds=3600)
    assert slow.clock.now() == slow.date, "a crystal that is off by an hour in a hundred days is no jump"


def test_nothing_is_signed_behind_what_was_signed(start_witness, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-03-02T02:00:10Z")
    witness = start_witness("--clock-file", clock)
    opens = {"project": "P-1", "opens_at": "2026-03-02T02:00:30Z"}
    assert witness.post("/quote-keys", **opens)[0] == 200
    clock.write_text("2026-03-02T02:00:40Z")
    assert witness.post("/quote-lists", project="P-1", list="quote-list-v1\nP-1\n")[0] == 200
    clock.write_text("2026-03-02T02:00:36Z")
    status, late = witness.post("/receipts", pool_file=make_pool())
    assert (status, late["at"]) == (200, "2026-03-02T02:00:40Z"), "a few seconds are waited for"
    clock.write_text("2026-03-02T01:00:00Z")
    for path, content in (
        ("/receipts", {"pool_file": make_pool("P-2")}),
        ("/heads", {"log": "events", "seq": 1, "head": "a" * 64}),
        ("/tree-heads", {"log": "trees", "size": 1, "root": "a" * 64, "from": 0, "proof": []}),
        ("/commitments", {"project": "P-2"}),
        ("/quote-keys", {"project": "P-2", "opens_at": "2026-03-02T01:30:00Z"}),
        ("/quote-openings", {"project": "P-1", "list_hash": "a" * 64, "ciphertexts": []}),
    ):
        status, refusal = witness.post(path, **content)
        assert (status, refusal["error"]) == (503, "clock_behind"), path
    assert witness.post("/receipts", pool_file=make_pool()) == (200, late), "what was signed is shown at any time"
    witness.kill()
    again = start_witness("--clock-file", clock)
    assert again.post("/receipts", pool_file=make_pool("P-2"))[1]["error"] == "clock_behind"
    clock.write_text("2026-03-02T02:00:41Z")
    assert again.post("/receipts", pool_file=make_pool("P-2"))[0] == 200


def test_a_limit_is_for_one_address_and_comes_back_with_time() -> None:
    now = [0.0]
    limit = Limit(3, 0.5, lambda: now[0])
    assert [limit.takes("10.0.0.1") for _ in range(4)] == [True, True, True, False]
    assert limit.takes("10.0.0.2")
    now[0] = 2.0
    assert [limit.takes("10.0.0.1") for _ in range(2)] == [True, False]
    assert [limit.takes(f"2001:db8::{n}") for n in range(4)] == [True, True, True, False]
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1"
    assert network_of("fe80::1%eth0") == network_of("fe80::2")


def test_places_are_few_in_all_and_fewer_for_one() -> None:
    places = Places(3, 2)
    assert [places.take("a") for _ in range(3)] == [True, True, False]
    assert [places.take("b"), places.take("c")] == [True, False]
    places.give_back("a")
    assert places.take("c")


def test_a_token_is_changed_without_a_restart(start_witness, tmp_path: Path) -> None:
    old, new = "o" * 40, "n" * 40
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text(f"# the operator's\n{old}\n")
    witness = start_witness("--token-file", path)

    def asks(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return witness.ask("POST", "/commitments", {"project": "P-1"}, headers=headers)[0]

    assert (asks(old), asks(new)) == (200, 401)
    path.write_text(f"{old}\n{new}\n")
    assert (asks(old), asks(new)) == (200, 200)
    path.write_text(f"{new}\n")
    assert (asks(old), asks(new)) == (401, 200)
    path.write_text("short\n")
    assert (asks(new), asks("short")) == (200, 401), "a spoilt file changes nothing"
    for _ in range(40):
        last = asks("wrong" * 10)
    assert last == 429
    path.chmod(0o644)
    with pytest.raises(CannotStart, match="can be read by others"):
        Tokens(path)
