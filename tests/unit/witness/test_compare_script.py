"""The program that anybody may run against two witnesses: what it says when they agree, and when one of them lies."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from urllib.parse import urlsplit

import pytest
from nacl.signing import SigningKey

from tests.unit.witness.conftest import ROOT, Witness
from tests.unit.witness.test_witness_draws import make_pool
from tests.unit.witness.test_witness_trees import FORKED, TREE
from tests.unit.witness.test_witness_trees import head as tree_head

SCRIPT = ROOT / "static" / "verify" / "compare_witnesses.py"
Entry = dict[str, object]


def run(*addresses: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", str(SCRIPT), *addresses], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def address(witness: Witness) -> str:
    return f"http://127.0.0.1:{witness.port}"


@contextmanager
def shown(log: list[Entry], state: Entry) -> Iterator[str]:
    """A server that shows this log and state, whatever they are."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            after = int(urlsplit(self.path).query.partition("=")[2] or 0)
            content = state if self.path == "/state" else {"log": log[after:], "next": None}
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_is_short_and_needs_nothing() -> None:
    text = SCRIPT.read_text()
    assert len(text.splitlines()) < 135
    assert set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE)) == {"json", "sys", "hashlib", "urllib"}


def test_two_that_agree_and_two_that_do_not(start_witness: Callable[..., Witness]) -> None:
    one, other = start_witness("--name", "one"), start_witness("--name", "other", home="other")
    for witness in (one, other):
        for number in range(2):
            assert witness.post("/receipts", pool_file=make_pool(f"P-{number}"))[0] == 200
    one.post("/heads", log="other", seq=1, head="a" * 64)
    for signer, sizes in ((one, (3, 8, 20)), (other, (8, 33))):
        for start, size in pairwise((0, *sizes)):
            assert tree_head(signer, size, start, TREE)[0] == 200
    one.post("/quote-keys", project="P-1", opens_at="2999-01-01T00:00:00Z")
    one.post("/commitments", project="P-1")
    state = {name: value for name, value in other.get("/state").items() if name != "catching_up"}
    one.post("/states", state=state)
    code, said = run(address(one), address(other) + "/")
    assert code == 0, said
    assert "2 projects and purposes, 4 heads of logs: every signature, chain and tree holds, no two differ." in said
    assert f"one  {one.key.hex()}  10 entries, epoch 1" in said
    assert one.post("/receipts", pool_file=make_pool("P-9"))[0] == 200
    assert other.post("/receipts", pool_file=make_pool("P-9", members=4))[0] == 200
    code, said = run(address(one), address(other))
    digests = [sha256(make_pool("P-9", members=m).encode()).hexdigest() for m in (3, 4)]
    assert code == 1
    assert f"P-9 main: different pools were signed: one {digests[0]}, other {digests[1]}" in said


def test_two_that_signed_other_roots_for_one_size_are_named(start_witness: Callable[..., Witness]) -> None:
    one, other = start_witness("--name", "one"), start_witness("--name", "other", home="other")
    for witness, tree in ((one, TREE), (other, FORKED)):
        for start, size in pairwise((0, 5, 20)):
            assert tree_head(witness, size, start, tree)[0] == 200
    code, said = run(address(one), address(other))
    assert code == 1
    roots = f"one {TREE.root(20)}, other {FORKED.root(20)}"
    assert said.splitlines()[-1] == f"log events, 20 events: root: different roots were signed: {roots}"


@pytest.mark.parametrize(
    "change",
    [
        {"proof": ""},
        {"proof": "zz"},
        {"proof": " ".join(FORKED.proof(8, 20))},
        {"proof": " ".join([*TREE.proof(8, 20), "0" * 64])},
        {"from": 7},
        {"from": 0, "proof": ""},
    ],
)
def test_a_head_that_does_not_lead_on_is_found_although_it_is_signed(
    start_witness: Callable[..., Witness], change: Entry
) -> None:
    witness = start_witness("--name", "one")
    for start, size in pairwise((0, 8, 20)):
        assert tree_head(witness, size, start, TREE)[0] == 200
    log = witness.get("/log")["log"]
    assert isinstance(log, list)
    log[2].update(change)
    key = SigningKey.generate()
    # What a lying witness would do: sign its whole log and state again, in one chain.
    signing = key.sign
    head = "0" * 64
    for entry in log:
        entry["prev"] = head
        if entry["kind"] == "tree_head":
            text = f"head-v2\nevents\n{entry['size']}\n{entry['root']}\n{entry['at']}\n"
            entry["signature"] = signing(text.encode()).signature.hex()
        head = sha256(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    state = dict(witness.get("/state")) | {"head": head, "key": bytes(key.verify_key).hex()}
    text = f"state-v1\none\n{state['epoch']}\n{state['n']}\n{head}\n{state['at']}\n"
    state["signature"] = signing(text.encode()).signature.hex()
    with shown(log, state) as liar:
        code, said = run(liar)
    assert (code, said.splitlines()[-1]) == (
        1,
        "one: entry 3: the tree of 20 events is not the one signed before, grown on",
    )


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda log, state: log[1].update(pool_hash="f" * 64), "entry 2 (receipt) is not signed by"),
        (lambda log, state: log[1].update(signature="00" * 64), "entry 2 (receipt) is not signed by"),
        (lambda log, state: log[1].update(signature="zz"), "entry 2 (receipt) is not signed by"),
        (lambda log, state: log.__delitem__(1), "its log ends early"),
        (lambda log, state: log[2].update(prev="0" * 64), "entry 3 does not follow the one before"),
        (lambda log, state: state.update(head="0" * 64, n=2), "the state that it signed is not that of its log"),
        (lambda log, state: state.update(epoch=2), "the state that it signed is not that of its log"),
        (lambda log, state: state.update(key=bytes(SigningKey.generate().verify_key).hex()), "is not signed by"),
    ],
)
def test_whatever_is_changed_is_found(
    start_witness: Callable[..., Witness], change: Callable[[list[Entry], Entry], object], finding: str
) -> None:
    witness = start_witness("--name", "one")
    for number in range(2):
        assert witness.post("/receipts", pool_file=make_pool(f"P-{number}"))[0] == 200
    log, state = witness.get("/log")["log"], dict(witness.get("/state"))
    assert isinstance(log, list)
    with shown(log, state) as honest:
        assert run(honest)[0] == 0
    change(log, state)
    with shown(log, state) as liar:
        code, said = run(liar)
    assert (code, finding in said) == (1, True), said
    assert "Traceback" not in said
