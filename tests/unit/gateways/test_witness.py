"""The witness: the fake and the real program behave alike, and what is not signed by it is not believed."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nacl.signing import VerifyKey

from config import ROOT
from supermarket.core.draw import Member, pool_file, pool_hash, receipt_holds
from supermarket.gateways.keys import MemoryKeys
from supermarket.gateways.sealing import BoxClosed, seal
from supermarket.gateways.witness import HttpWitness, OpenedBox, Witness, WitnessError
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.gateways.witness_log import LogBroken, follow
from supermarket.gateways.witness_texts import (
    ListedQuote,
    list_body,
    peer_body,
    quote_key_body,
    quote_list,
    tree_head_body,
)
from tests.factories.trees import Tree
from tests.unit.gateways.loopback import Answer, Loopback

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OPERATOR = "0" * 63 + "1"


@dataclass
class Stage:
    """A witness and its clock."""

    witness: Witness
    clock: Path
    at: datetime = AT

    def move(self, at: datetime) -> None:
        self.at = at
        self.clock.write_text(f"{at:%Y-%m-%dT%H:%M:%SZ}")


@pytest.fixture(params=["fake", "program"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    clock = tmp_path / "clock"
    if request.param == "fake":
        yield Stage(MemoryWitness(), clock)
        return
    command = [sys.executable, "-m", "witness", "serve", "--home", str(tmp_path / "home"), "--port", "0"]
    process = subprocess.Popen([*command, "--clock-file", str(clock)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    words = process.stdout.readline().split()
    made = Stage(HttpWitness(words[-1], words[2]), clock)
    made.move(AT)
    yield made
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


def make_pool(c: str, purpose: str = "main", members: str = "AB") -> bytes:
    return pool_file("P-1", purpose, f"parties:{OPERATOR}:{c}", [Member(f"91510100MA61T2XX0{m}") for m in members])


def refusal(call: pytest.ExceptionInfo[WitnessError]) -> str:
    error = call.value
    assert error.code == "witness_refused"
    return str(error.params["reason"])


def test_one_receipt_per_purpose_and_a_link_only_after_it(stage: Stage) -> None:
    witness = stage.witness
    c = witness.commitment("P-1", at=stage.at)
    assert witness.commitment("P-1", at=stage.at) == c
    with pytest.raises(WitnessError) as early:
        witness.reveal("P-1", "main")
    assert refusal(early) == "no_receipt"
    pool = make_pool(c)
    receipt = witness.receipt(pool, at=stage.at)
    assert (receipt.at, receipt.by) == (AT, witness.name())
    key = bytes.fromhex(witness.verify_key())
    assert receipt_holds(
        key, receipt.signature, project="P-1", purpose="main", pool_hash=pool_hash(pool), at=receipt.at
    )
    stage.move(AT + timedelta(hours=1))
    assert witness.receipt(pool, at=stage.at) == receipt
    with pytest.raises(WitnessError) as other:
        witness.receipt(make_pool(c, members="ABC"), at=stage.at)
    assert refusal(other) == "already_signed"
    with pytest.raises(WitnessError) as waiting:
        witness.receipt(make_pool(c, "tie1"), at=stage.at)
    assert refusal(waiting) == "unrevealed"
    r = witness.reveal("P-1", "main")
    assert hashlib.sha256(bytes.fromhex(r)).hexdigest() == c
    assert witness.reveal("P-1", "main") == r
    with pytest.raises(WitnessError) as stale:
        witness.receipt(make_pool(c, "tie1"), at=stage.at)
    assert refusal(stale) == "stale_commitment"
    witness.receipt(make_pool(r, "tie1"), at=stage.at)
    assert hashlib.sha256(bytes.fromhex(witness.reveal("P-1", "tie1"))).hexdigest() == r


def test_quotes_open_after_the_hour_and_only_what_is_listed(stage: Stage) -> None:
    witness, keys = stage.witness, MemoryKeys()
    opens_at = AT + timedelta(days=1)
    witness_key = bytes.fromhex(witness.quote_key("P-1", opens_at, at=stage.at).public_key)
    opens_at += timedelta(days=1)
    later = witness.quote_key("P-1", opens_at, at=stage.at)
    assert later.public_key == witness_key.hex()
    signed = quote_key_body("P-1", later.public_key, opens_at, later.at)
    VerifyKey(bytes.fromhex(witness.verify_key())).verify(signed, bytes.fromhex(later.signature))
    with pytest.raises(WitnessError) as back:
        witness.quote_key("P-1", opens_at - timedelta(hours=1), at=stage.at)
    assert refusal(back) == "opens_at_earlier"
    bodies = [f"quote-v1\nP-1\n91510100MA61T2XX0A\n{n}\n100\n{'0' * 64}\n".encode() for n in (1, 2)]
    boxes = [seal(body, operator_key=keys.quote_public_key("P-1"), witness_key=witness_key) for body in bodies]
    inner = [keys.open_quote("P-1", box) for box in boxes]
    listed = [ListedQuote("91510100MA61T2XX0A", 1, hashlib.sha256(bodies[0]).hexdigest(), AT)]
    text = quote_list("P-1", listed)
    assert text == f"quote-list-v1\nP-1\n91510100MA61T2XX0A 1 {listed[0].commitment} 2026-03-02T02:00:00Z\n"
    with pytest.raises(WitnessError) as early:
        witness.countersign("P-1", text, at=stage.at)
    assert refusal(early) == "too_early"
    stage.move(opens_at)
    with pytest.raises(WitnessError) as unlisted:
        witness.open_quotes("P-1", text, inner)
    assert refusal(unlisted) == "no_list"
    signed = witness.countersign("P-1", text, at=stage.at)
    assert signed.at == opens_at
    assert witness.open_quotes("P-1", text, [*inner, b"x" * 60]) == [
        OpenedBox(bodies[0]),
        OpenedBox(None, "not_on_list"),
        OpenedBox(None, "does_not_open"),
    ]
    with pytest.raises(WitnessError) as second:
        witness.countersign("P-1", quote_list("P-1", []), at=stage.at)
    assert refusal(second) == "already_signed"


def test_log_heads_neither_fork_nor_step_back(stage: Stage) -> None:
    witness = stage.witness
    first = witness.log_head("quotes", 3, "a" * 64, at=stage.at)
    assert witness.log_head("quotes", 3, "a" * 64, at=stage.at) == first
    for seq, code in ((3, "fork"), (2, "step_back")):
        with pytest.raises(WitnessError) as refused:
            witness.log_head("quotes", seq, "b" * 64, at=stage.at)
        assert refusal(refused) == code


def test_a_trees_heads_lead_on_from_each_other(stage: Stage) -> None:
    witness, tree, forked = stage.witness, Tree(20), Tree(20, other_from=5)
    assert witness.tree_size("events") == 0
    first = witness.tree_head("events", 6, tree.root(6), 0, [], at=stage.at)
    VerifyKey(bytes.fromhex(witness.verify_key())).verify(
        tree_head_body("events", 6, tree.root(6), first.at), bytes.fromhex(first.signature)
    )
    assert witness.tree_head("events", 6, tree.root(6), 6, [], at=stage.at) == first
    assert (witness.tree_size("events"), witness.tree_size("other")) == (6, 0)
    for size, start, given, code in (
        (6, 6, forked, "fork"),
        (5, 0, tree, "step_back"),
        (9, 0, tree, "other_start"),
        (9, 6, forked, "not_an_extension"),
    ):
        with pytest.raises(WitnessError) as refused:
            witness.tree_head("events", size, given.root(size), start, given.proof(start, size), at=stage.at)
        assert (refusal(refused), refused.value.again) == (code, False)
    witness.tree_head("events", 20, tree.root(20), 6, tree.proof(6, 20), at=stage.at)
    assert witness.tree_size("events") == 20
    with pytest.raises(WitnessError) as chain:
        witness.log_head("events", 21, "a" * 64, at=stage.at)
    assert refusal(chain) == "tree_wanted"
    follow(witness.entries(0), key=witness.verify_key())


@pytest.mark.parametrize(
    ("answer", "size"),
    [
        (Answer(404, b'{"error": "not_found", "message": "There is no such page."}'), None),
        (Answer(200, b'{"log": "events", "size": 0}'), 0),
        (Answer(200, b'{"log": "events", "size": 7, "root": "x"}'), 7),
    ],
)
def test_a_program_of_before_knows_no_trees(answer: Answer, size: int | None) -> None:
    with Loopback(answer) as server:
        assert HttpWitness(server.url, "0" * 64).tree_size("events") == size
        assert server.asked[0].path == "/tree-heads/last?log=events"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(200, b'{"size": -1}'), "witness_false"),
        (Answer(200, b'{"size": true}'), "witness_false"),
        (Answer(200, b'{"size": "7"}'), "witness_false"),
        (Answer(200, b'{"size": 99999999999999999999}'), "witness_false"),
        (Answer(200, b"{}"), "witness_false"),
        (Answer(200, b"no json"), "witness_down"),
        (Answer(503, b'{"error": "catching_up"}'), "witness_down"),
        (Answer(429, b'{"error": "too_many"}'), "witness_refused"),
    ],
)
def test_an_answer_about_trees_that_cannot_be_is_not_taken_for_none(answer: Answer, code: str) -> None:
    with Loopback(answer) as server, pytest.raises(WitnessError) as false:
        HttpWitness(server.url, "0" * 64).tree_size("events")
    assert false.value.code == code


def test_its_own_log_can_be_followed_and_its_state_is_signed(stage: Stage) -> None:
    witness = stage.witness
    witness.receipt(pool_file("P-1", "main", "published:kl8", [Member("91510100MA61T2XX0A")]), at=stage.at)
    witness.log_head("events", 3, "a" * 64, at=stage.at)
    state = witness.state()
    assert (state.name, state.key, state.place, state.holds()) == (witness.name(), witness.verify_key(), (1, 3), True)
    entries = witness.entries(0)
    assert [entry["kind"] for entry in entries] == ["journal", "receipt", "head"]
    assert follow(entries, key=state.key) == state.head
    assert follow(witness.entries(2), key=state.key, n=2, head=str(entries[2]["prev"])) == state.head
    assert witness.entries(3) == []
    assert not witness.catching_up()
    for change in ({"n": 4}, {"head": "0" * 64}, {"name": "x"}, {"epoch": 2}, {"at": "2026-03-02T02:00:01Z"}):
        assert not replace(state, **change).holds()  # type: ignore[arg-type]  # one field each
    with pytest.raises(LogBroken):
        follow([*entries[:2], {**entries[2], "seq": 4}], key=state.key)


def test_a_state_is_shown_and_signed_again_but_never_a_step_back_or_a_fork(stage: Stage) -> None:
    other = MemoryWitness("other")
    early = other.state()
    other.log_head("events", 1, "a" * 64, at=AT)
    late = other.state()
    first = stage.witness.show_state(early, at=stage.at)
    signed = stage.witness.show_state(late, at=stage.at)
    assert first is not None and signed is not None and signed.by == stage.witness.name()
    VerifyKey(bytes.fromhex(stage.witness.verify_key())).verify(
        peer_body(late, signed.at), bytes.fromhex(signed.signature)
    )
    other._log[-1]["head"] = "b" * 64
    with pytest.raises(WitnessError) as fork:
        stage.witness.show_state(other.state(), at=stage.at)
    assert refusal(fork) == "fork"
    assert stage.witness.show_state(stage.witness.state(), at=stage.at) is None, "its own it knows"


def test_an_unsigned_answer_is_not_believed() -> None:
    fake = MemoryWitness()
    pool = make_pool(fake.commitment("P-1", at=AT))
    receipt = fake.receipt(pool, at=AT)
    good = receipt.content()
    bad = [
        {**good, "at": "2026-03-02T02:00:01Z"},
        {**good, "signature": "0" * 128},
        {**good, "signature": "xyz"},
        {"at": good["at"]},
    ]
    with Loopback(Answer(200, json.dumps(good).encode())) as server:
        assert HttpWitness(server.url, fake.verify_key()).receipt(pool, at=AT) == receipt
        with pytest.raises(WitnessError) as other_key:
            HttpWitness(server.url, MemoryWitness().verify_key()).receipt(pool, at=AT)
        assert other_key.value.code == "witness_false"
    for answer in bad:
        with Loopback(Answer(200, json.dumps(answer).encode())) as server:
            with pytest.raises(WitnessError) as false:
                HttpWitness(server.url, fake.verify_key()).receipt(pool, at=AT)
            assert (false.value.code, false.value.again) == ("witness_false", False)


def test_a_witness_that_is_off_is_asked_again() -> None:
    fake = MemoryWitness()
    fake.down = True
    for witness in (fake, HttpWitness("http://127.0.0.1:1", "0" * 64)):
        with pytest.raises(WitnessError) as down:
            witness.commitment("P-1", at=AT)
        assert down.value.again


def test_the_list_is_signed_as_the_witness_writes_it() -> None:
    text = quote_list("P-1", [])
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert list_body("P-1", text, AT) == f"list-v1\nP-1\n{digest}\n2026-03-02T02:00:00Z\n".encode()


def test_the_inner_box_alone_does_not_open_with_the_operators_key() -> None:
    keys, witness = MemoryKeys(), MemoryWitness()
    witness_key = bytes.fromhex(witness.quote_key("P-1", AT + timedelta(days=1), at=AT).public_key)
    box = seal(b"x", operator_key=keys.quote_public_key("P-1"), witness_key=witness_key)
    inner = keys.open_quote("P-1", box)
    with pytest.raises(BoxClosed):
        keys.open_quote("P-1", inner)
