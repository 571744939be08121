"""Receipts, heads and the witness's half of draws by parties, asked of a real process."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.client import HTTPException
from threading import Barrier

import pytest
from nacl.signing import VerifyKey

from supermarket.core.draw import (
    Member,
    PartiesSource,
    check_value,
    commitment,
    is_reveal_of,
    parse_time,
    parties_value,
    pool_file,
    pool_hash,
    receipt_holds,
    reveal_for,
)
from tests.unit.witness.conftest import command

SEED = b"\x07" * 32


def make_pool(project: str = "P-1", purpose: str = "main", source: str = "published:kl8", members: int = 3) -> str:
    return pool_file(project, purpose, source, [Member(f"91510100MA61T2XX{n:02d}") for n in range(members)]).decode()


def test_a_receipt_is_what_the_market_checks(witness) -> None:
    file = make_pool()
    status, receipt = witness.post("/receipts", pool_file=file)
    assert status == 200
    assert sorted(receipt) == ["at", "by", "epoch", "n", "pool_hash", "project", "purpose", "signature"]
    assert (receipt["epoch"], receipt["n"]) == (1, 2)
    assert (receipt["project"], receipt["purpose"], receipt["by"]) == ("P-1", "main", "witness")
    assert receipt["pool_hash"] == pool_hash(file.encode())
    assert receipt_holds(
        witness.key,
        receipt["signature"],
        project="P-1",
        purpose="main",
        pool_hash=receipt["pool_hash"],
        at=parse_time(receipt["at"]),
    )
    assert bytes.fromhex(witness.get("/key")["key"]) == witness.key
    assert witness.get("/receipts") == {"receipts": [receipt], "next": None}


def test_one_receipt_per_project_and_purpose_for_ever(start_witness) -> None:
    witness = start_witness()
    status, first = witness.post("/receipts", pool_file=make_pool())
    assert status == 200
    assert witness.post("/receipts", pool_file=make_pool()) == (200, first)
    status, refusal = witness.post("/receipts", pool_file=make_pool(members=4))
    assert (status, refusal["error"]) == (409, "already_signed")
    assert witness.post("/receipts", pool_file=make_pool(purpose="tie1"))[0] == 200
    witness.kill()
    again = start_witness()
    assert again.key == witness.key
    assert again.post("/receipts", pool_file=make_pool()) == (200, first)
    assert again.post("/receipts", pool_file=make_pool(members=4))[0] == 409
    assert [r["purpose"] for r in again.get("/receipts?project=P-1")["receipts"]] == ["main", "tie1"]
    assert again.get("/receipts?project=P-2")["receipts"] == []


def test_of_many_pool_files_at_once_exactly_one_is_signed(witness) -> None:
    for round_number in range(10):
        files = [make_pool(f"P-{round_number}", members=2 + n) for n in range(8)]
        barrier = Barrier(len(files))

        def show(file: str, barrier: Barrier = barrier) -> tuple[int, dict[str, object]]:
            barrier.wait()
            return witness.post("/receipts", pool_file=file)

        with ThreadPoolExecutor(len(files)) as threads:
            answers = list(threads.map(show, files))
        assert sorted(status for status, _ in answers) == [200] + [409] * 7
        signed = [answer for status, answer in answers if status == 200]
        assert witness.get(f"/receipts?project=P-{round_number}")["receipts"] == signed


def test_the_same_pool_file_at_once_gets_one_receipt(witness) -> None:
    barrier = Barrier(8)

    def show(_: int) -> tuple[int, dict[str, object]]:
        barrier.wait()
        return witness.post("/receipts", pool_file=make_pool())

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(show, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(witness.get("/receipts")["receipts"]) == 1


def test_killed_while_it_signs_many_it_has_signed_each_once(start_witness, tmp_path) -> None:
    """Two files are shown for each project at once; whatever was answered stands, and nothing else ever will."""
    witness = start_witness()
    answered: dict[str, list[dict[str, object]]] = {}

    def show(number: int) -> None:
        project, members = f"P-{number // 2}", 3 + number % 2
        try:
            status, receipt = witness.post("/receipts", pool_file=make_pool(project, members=members))
        except (OSError, HTTPException):
            return  # killed before it answered, or in the middle of its answer
        if status == 200:
            answered.setdefault(project, []).append(receipt)
        else:
            assert (status, receipt["error"]) == (409, "already_signed")
        if number == 150:
            witness.process.kill()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(show, range(400)))
    witness.end()
    assert 50 < len(answered) < 200
    assert all(len(receipts) == 1 for receipts in answered.values())
    again = start_witness()
    listed = again.get("/receipts")["receipts"]
    assert len({receipt["project"] for receipt in listed}) == len(listed) >= len(answered)
    hashes = {receipt["project"]: receipt["pool_hash"] for receipt in listed}
    for number in range(200):
        files = {pool_hash(file.encode()): file for file in (make_pool(f"P-{number}", members=m) for m in (3, 4))}
        signed = hashes.get(f"P-{number}")
        outcomes = {digest: again.post("/receipts", pool_file=file) for digest, file in files.items()}
        kept = [receipt for status, receipt in outcomes.values() if status == 200]
        assert len(kept) == 1
        assert signed in (None, kept[0]["pool_hash"])
        if f"P-{number}" in answered:
            assert kept == answered[f"P-{number}"]
    again.stop()
    assert command("check", "--home", tmp_path / "home")[0] == 0


def test_half_a_line_at_the_end_is_cut_off_and_damage_stops_the_start(start_witness, tmp_path) -> None:
    witness = start_witness()
    receipt = witness.post("/receipts", pool_file=make_pool())
    assert witness.stop() == ""
    journal = tmp_path / "home" / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"kind":"receipt","pro')
    again = start_witness()
    assert again.post("/receipts", pool_file=make_pool()) == receipt
    again.stop()
    assert journal.read_bytes() == whole
    journal.write_bytes(b"{damaged\n" + whole)
    with pytest.raises(Exception, match="line 1, is damaged"):
        start_witness()


def make_source(witness, project: str = "P-1") -> tuple[str, str]:
    """The witness's present commitment for the project and the source line with the operator's own beside it."""
    status, chain = witness.post("/commitments", project=project)
    assert status == 200
    return chain["current"], f"parties:{commitment(SEED)}:{chain['current']}"


def test_a_commitment_is_made_once_and_signed(start_witness) -> None:
    witness = start_witness()
    status, chain = witness.post("/commitments", project="P-1")
    assert status == 200
    assert chain["revealed"] == 0
    assert chain["current"] == chain["commitment"]
    body = f"commitment-v1\nP-1\n{chain['commitment']}\n{chain['at']}\n".encode()
    VerifyKey(witness.key).verify(body, bytes.fromhex(chain["signature"]))
    assert witness.post("/commitments", project="P-2")[1]["commitment"] != chain["commitment"]
    witness.kill()
    again = start_witness()
    assert again.post("/commitments", project="P-1") == (200, chain)
    assert [c["project"] for c in again.get("/commitments")["commitments"]] == ["P-1", "P-2"]
    assert "seed" not in str(again.get("/commitments"))


def test_a_whole_project_of_draws_by_parties(witness) -> None:
    """Eight draws, each with the next link of both chains, and no ninth."""
    current, _ = make_source(witness)
    mine = commitment(SEED)
    for number in range(8):
        purpose = "main" if number == 0 else f"tie{number}"
        source = PartiesSource((mine, current))
        file = make_pool(purpose=purpose, source=str(source))
        assert witness.post("/reveals", project="P-1", purpose=purpose)[1]["error"] == "no_receipt"
        assert witness.post("/receipts", pool_file=file)[0] == 200
        status, revealed = witness.post("/reveals", project="P-1", purpose=purpose)
        assert status == 200
        assert is_reveal_of(current, revealed["reveal"])
        check_value(source, parties_value([reveal_for(SEED, mine), revealed["reveal"]]))
        assert witness.post("/reveals", project="P-1", purpose=purpose) == (200, revealed)
        mine, current = reveal_for(SEED, mine), revealed["reveal"]
    file = make_pool(purpose="tie8", source=f"parties:{'a' * 64}:{current}")
    assert witness.post("/receipts", pool_file=file)[0] == 200
    assert witness.post("/reveals", project="P-1", purpose="tie8")[1]["error"] == "chain_exhausted"
    assert [r["purpose"] for r in witness.get("/reveals?project=P-1")["reveals"]][:2] == ["main", "tie1"]


def test_nothing_is_revealed_before_the_receipt_even_after_a_kill(start_witness) -> None:
    witness = start_witness()
    _, source = make_source(witness)
    assert witness.post("/reveals", project="P-1", purpose="main")[0] == 409
    assert witness.post("/reveals", project="P-2", purpose="main")[0] == 404
    witness.post("/receipts", pool_file=make_pool(source=source))
    revealed = witness.post("/reveals", project="P-1", purpose="main")
    assert revealed[0] == 200
    witness.kill()
    again = start_witness()
    assert again.post("/reveals", project="P-1", purpose="main") == revealed


def test_a_link_serves_one_draw_only(witness) -> None:
    """Else what one draw reveals would be known while the pool of the next can still be chosen."""
    _, source = make_source(witness)
    assert witness.post("/receipts", pool_file=make_pool(purpose="tie1", source=source))[0] == 200
    status, refusal = witness.post("/receipts", pool_file=make_pool(source=source))
    assert (status, refusal["error"]) == (409, "unrevealed")
    status, revealed = witness.post("/reveals", project="P-1", purpose="tie1")
    assert status == 200
    status, refusal = witness.post("/receipts", pool_file=make_pool(source=source))
    assert (status, refusal["error"]) == (409, "stale_commitment")
    fresh = f"parties:{'a' * 64}:{revealed['reveal']}"
    assert witness.post("/receipts", pool_file=make_pool(source=fresh))[0] == 200


def test_a_witness_reveals_nothing_for_a_draw_that_is_not_its_own(witness) -> None:
    make_source(witness)
    assert witness.post("/receipts", pool_file=make_pool())[0] == 200
    status, refusal = witness.post("/reveals", project="P-1", purpose="main")
    assert (status, refusal["error"]) == (409, "not_a_party")


def test_one_reveal_at_once_is_one_link(witness) -> None:
    _, source = make_source(witness)
    witness.post("/receipts", pool_file=make_pool(source=source))
    barrier = Barrier(8)

    def ask(_: int) -> tuple[int, dict[str, object]]:
        barrier.wait()
        return witness.post("/reveals", project="P-1", purpose="main")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert witness.get("/commitments")["commitments"][0]["revealed"] == 1


def test_a_log_neither_forks_nor_goes_back(start_witness) -> None:
    witness = start_witness()
    one, two = sha256(b"1").hexdigest(), sha256(b"2").hexdigest()
    status, head = witness.post("/heads", log="events", seq=10, head=one)
    assert status == 200
    VerifyKey(witness.key).verify(
        f"head-v1\nevents\n10\n{one}\n{head['at']}\n".encode(), bytes.fromhex(head["signature"])
    )
    assert witness.post("/heads", log="events", seq=10, head=one) == (200, head)
    assert witness.post("/heads", log="events", seq=10, head=two)[1]["error"] == "fork"
    assert witness.post("/heads", log="events", seq=9, head=two)[1]["error"] == "step_back"
    assert witness.post("/heads", log="quotes", seq=0, head=two)[0] == 200
    assert witness.post("/heads", log="events", seq=11, head=two)[0] == 200
    witness.kill()
    again = start_witness()
    assert again.post("/heads", log="events", seq=10, head=two)[0] == 409
    assert [h["seq"] for h in again.get("/heads?log=events")["heads"]] == [10, 11]


@pytest.mark.parametrize(
    "file",
    [
        "",
        "draw-v2\n",
        make_pool()[:-1],
        make_pool().replace("00 1", "00 01"),
        "ü" * 10,
        make_pool() + "91510100MA61T2XX00 1\n",
        make_pool().replace("published", "operator"),
        make_pool().replace("published:kl8", f"parties:{'a' * 64}:{'a' * 64}"),
        make_pool().replace("main", "other"),
    ],
)
def test_what_is_no_pool_file_is_not_signed(witness, file: str) -> None:
    status, refusal = witness.post("/receipts", pool_file=file)
    assert (status, refusal["error"]) == (422, "bad_pool_file")
    assert witness.get("/receipts")["receipts"] == []
