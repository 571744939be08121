"""Heads of a log that is a tree: the witness signs none that it has not seen proved to be the one before, grown on."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey, VerifyKey

from supermarket.core import merkle
from supermarket.gateways.witness_log import is_signed
from tests.factories.trees import Tree
from tests.unit.witness.conftest import Witness, command
from tests.unit.witness.test_witness_restore import Market, backed_up, catch_up, market, put_back, words  # noqa: F401
from witness.checking import Check
from witness.journal import NOTHING, Line, hash_of
from witness.trees import extends

TREE, FORKED = Tree(40), Tree(40, other_from=5)
Entry = dict[str, object]


def head(witness: Witness, size: int, start: int, tree: Tree = TREE, /, **other: object) -> tuple[int, Entry]:
    """Ask for the signature of a tree's head."""
    given = {"log": "events", "size": size, "root": tree.root(size), "from": start, "proof": tree.proof(start, size)}
    return witness.post("/tree-heads", **(given | other))


def test_each_head_is_signed_once_it_is_proved_to_lead_on(
    start_witness: Callable[..., Witness], tmp_path: Path
) -> None:
    witness = start_witness("--name", "w")
    assert witness.get("/tree-heads/last?log=events") == {"log": "events", "size": 0}
    status, first = head(witness, 3, 0)
    assert status == 200
    assert sorted(first) == ["at", "by", "epoch", "from", "log", "n", "proof", "root", "signature", "size"]
    text = f"head-v2\nevents\n3\n{TREE.root(3)}\n{first['at']}\n".encode()
    VerifyKey(witness.key).verify(text, bytes.fromhex(str(first["signature"])))
    assert head(witness, 3, 0) == (200, first), "the same question, the same answer"
    status, second = head(witness, 20, 3)
    assert (status, second["from"], str(second["proof"]).split()) == (200, 3, TREE.proof(3, 20))
    assert head(witness, 20, 3) == (200, second) == head(witness, 20, 0, proof=[])
    assert head(witness, 3, 0) == (200, first), "an earlier head that is signed is shown again"
    assert head(witness, 2, 0, log="other")[0] == 200, "each log goes its own way"
    witness.kill()
    again = start_witness()
    assert again.get("/tree-heads/last?log=events") == second
    assert [row["size"] for row in again.get("/tree-heads?log=events")["tree_heads"]] == [3, 20]
    assert head(again, 21, 20)[0] == 200
    with urlopen(f"http://127.0.0.1:{again.port}/", timeout=20) as answer:
        page = answer.read().decode()
    assert "日志树首部签名（4）" in page and TREE.root(20) in page and str(second["signature"]) in page
    key = again.key.hex()
    assert all(is_signed(entry, key) for entry in again.get("/log")["log"])
    again.stop()
    code, said, _trouble = command("check", "--home", tmp_path / "home")
    assert (code, "日志树首部 heads of the log's tree: 4" in said) == (0, True), said


@pytest.mark.parametrize(
    ("size", "start", "tree", "other", "status", "error"),
    [
        (8, 8, FORKED, {}, 409, "fork"),
        (8, 0, TREE, {"root": "a" * 64}, 409, "fork"),
        (7, 7, TREE, {}, 409, "step_back"),
        (20, 0, TREE, {}, 409, "other_start"),
        (20, 4, TREE, {}, 409, "other_start"),
        (20, 9, TREE, {}, 409, "other_start"),
        (20, 8, FORKED, {}, 409, "not_an_extension"),
        (20, 8, TREE, {"root": FORKED.root(20)}, 409, "not_an_extension"),
        (20, 8, TREE, {"proof": []}, 409, "not_an_extension"),
        (20, 8, TREE, {"proof": TREE.proof(8, 20)[::-1]}, 409, "not_an_extension"),
        (20, 8, TREE, {"proof": [*TREE.proof(8, 20), "a" * 64]}, 409, "not_an_extension"),
        (20, 8, TREE, {"proof": TREE.proof(8, 20)[1:]}, 409, "not_an_extension"),
        (21, 8, TREE, {"proof": TREE.proof(8, 20)}, 409, "not_an_extension"),
        (20, 8, TREE, {"proof": ["A" * 64]}, 422, "invalid"),
        (20, 8, TREE, {"proof": ["a" * 63]}, 422, "invalid"),
        (20, 8, TREE, {"proof": ["a" * 64] * 64}, 422, "invalid"),
        (20, 8, TREE, {"proof": "a" * 64}, 422, "invalid"),
        (20, 8, TREE, {"proof": [7]}, 422, "invalid"),
        (20, 8, TREE, {"root": "x"}, 422, "invalid"),
        (20, 8, TREE, {"size": 0}, 422, "invalid"),
        (20, 8, TREE, {"size": 2**62}, 422, "invalid"),
        (20, 8, TREE, {"size": "20"}, 422, "invalid"),
        (20, 8, TREE, {"size": True}, 422, "invalid"),
        (20, 8, TREE, {"from": -1}, 422, "invalid"),
        (20, 8, TREE, {"from": None}, 422, "invalid"),
        (20, 8, TREE, {"log": "a b"}, 422, "invalid"),
        (20, 8, TREE, {"more": 1}, 422, "unknown_field"),
        (20, 8, TREE, {"log": "first", "proof": ["a" * 64], "from": 0}, 422, "invalid"),
        (20, 8, TREE, {"log": "first"}, 409, "other_start"),
    ],
)
def test_every_other_head_is_refused_by_name_and_changes_nothing(
    witness: Witness, size: int, start: int, tree: Tree, other: Entry, status: int, error: str
) -> None:
    assert head(witness, 8, 0)[0] == 200
    before = witness.get("/log")
    found, refusal = head(witness, size, start, tree, **other)
    assert (found, refusal["error"]) == (status, error)
    assert refusal["message"]
    assert witness.get("/log") == before
    assert head(witness, 20, 8)[0] == 200


def test_a_log_that_becomes_a_tree_goes_on_behind_its_chain_and_never_goes_back_to_one(witness: Witness) -> None:
    status, chained = witness.post("/heads", log="events", seq=6, head="a" * 64)
    assert status == 200
    assert head(witness, 5, 0)[1]["error"] == "step_back"
    assert witness.get("/tree-heads/last?log=events") == {"log": "events", "size": 0}
    assert head(witness, 6, 0)[0] == 200
    assert witness.post("/heads", log="events", seq=7, head="a" * 64)[1]["error"] == "tree_wanted"
    assert witness.post("/heads", log="events", seq=6, head="a" * 64) == (200, chained), "what it signed stays signed"
    assert witness.post("/heads", log="other", seq=7, head="a" * 64)[0] == 200


def test_of_two_heads_for_one_size_at_the_same_moment_one_is_signed(witness: Witness) -> None:
    assert head(witness, 4, 0)[0] == 200
    barrier = Barrier(6)

    def ask(tree: Tree) -> tuple[int, str, str]:
        barrier.wait(20)
        status, found = head(witness, 30, 4, tree)
        return status, str(found.get("root")), str(found.get("error"))

    trees = [TREE, Tree(40, other_from=6)] * 3
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, trees))
    signed = {root for status, root, _error in found if status == 200}
    assert len(signed) == 1
    assert {error for status, _root, error in found if status != 200} == {"fork"}
    assert sum(status == 200 for status, _root, _error in found) == 3


def test_a_restored_witness_leads_on_from_what_it_signed_before_it_broke(
    start_witness: Callable[..., Witness],
    market: Market,  # noqa: F811
    words: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    witness = start_witness("--name", "w")
    assert head(witness, 8, 0)[0] == 200
    backed_up(tmp_path, words)
    assert head(witness, 20, 8)[0] == 200
    market.visit(witness)
    witness.kill()
    shutil.rmtree(tmp_path / "home")
    put_back(tmp_path, words)
    behind = start_witness(home="new")
    for tree in (TREE, FORKED):
        status, refusal = head(behind, 30, 8, tree)
        assert (status, refusal["error"]) == (503, "catching_up")
    assert head(behind, 8, 0)[0] == 200, "what it knows it shows"
    behind.kill()
    code, said = catch_up(tmp_path, "--from", market.url, "--only-market")
    assert code == 0, said
    again = start_witness(home="new")
    assert again.get("/tree-heads/last?log=events")["size"] == 20
    assert head(again, 30, 8)[1]["error"] == "other_start"
    assert head(again, 30, 20, Tree(40, other_from=15))[1]["error"] == "not_an_extension"
    assert head(again, 30, 20)[0] == 200
    again.stop()
    assert command("check", "--home", tmp_path / "new")[0] == 0


def checked(*heads: Entry) -> list[str]:
    """What `check` finds in a journal with these heads, each signed as it should be."""
    key = SigningKey.generate()
    check, before = Check(bytes(key.verify_key).hex()), NOTHING
    for n, each in enumerate(heads, start=1):
        at = f"2026-03-02T02:00:{n:02d}Z"
        text = f"head-v2\nevents\n{each['size']}\n{each['root']}\n{at}\n".encode()
        signature = key.sign(text).signature.hex()
        entry: Entry = {"log": "events", **each, "at": at, "signature": signature, "kind": "tree_head", "n": n}
        entry |= {"prev": before, "epoch": 1}
        before = hash_of(entry)  # type: ignore[arg-type]  # texts and numbers
        check.look(Line(entry, {}, before))  # type: ignore[arg-type]
    return check.findings


def entry_of(size: int, start: int, tree: Tree = TREE) -> Entry:
    return {"size": size, "root": tree.root(size), "from": start, "proof": " ".join(tree.proof(start, size))}


def test_whoever_reads_the_journal_sees_that_no_head_rewrote_the_past() -> None:
    assert checked(entry_of(8, 0), entry_of(20, 8), entry_of(21, 20)) == []
    wrong = "entry 2 (tree_head): the tree of log events is not the one signed before, grown on"
    for other in (
        entry_of(20, 8, FORKED),
        entry_of(20, 7),
        entry_of(8, 0),
        entry_of(7, 0),
        entry_of(20, 8) | {"proof": ""},
        entry_of(20, 8) | {"proof": "not hex"},
        {"size": 20, "root": TREE.root(20)},
    ):
        assert checked(entry_of(8, 0), other)[0] == wrong, other
    assert len(checked(entry_of(8, 8))) == 1


hashes = st.binary(min_size=32, max_size=32)


@given(st.integers(-1, 70), st.integers(-1, 70), hashes, hashes, st.lists(hashes, max_size=9), st.data())
def test_both_programs_say_the_same_of_any_proof(
    first: int, second: int, one: bytes, other: bytes, proof: list[bytes], data: st.DataObject
) -> None:
    """The market's code and the witness's were written apart."""
    if 1 <= first < second <= 40 and data.draw(st.booleans()):
        one, other = bytes.fromhex(TREE.root(first)), bytes.fromhex(TREE.root(second))
        proof = [bytes.fromhex(each) for each in TREE.proof(first, second)]
        assert extends(first, one.hex(), second, other.hex(), [each.hex() for each in proof])
    mine = merkle.extends(first, one, second, other, proof) and first != second
    assert extends(first, one.hex(), second, other.hex(), [each.hex() for each in proof]) == mine
