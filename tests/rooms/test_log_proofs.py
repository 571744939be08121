"""The proof that one event stands in the log: who gets it, from when on, and what nobody learns from it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import NotFound
from supermarket.core.events import Event, SealedEvent, body_of, canonical
from supermarket.core.log_proof import LogProof, parse_proof
from supermarket.core.log_tree import LogNode
from supermarket.core.merkle import leaf_hash
from supermarket.core.permissions import Actor
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.supervision.sealing import seal_all, sign_head
from supermarket.witnesses.log_queries import (
    NOT_YET,
    last_signed,
    proof_of_event,
    proof_of_quote,
    provable,
)
from tests.factories.projects import make_open_project
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.rooms.test_log_heads import quoted
from tests.rooms.test_selection import present, settle

NOBODY = Actor(user_id=None)


@pytest.fixture
def pair(session: Session) -> Iterator[tuple[MemoryWitness, ...]]:
    made = make_witnesses("regulator", "discipline")
    with witnessed_by(*made):
        yield made


def seq_of(session: Session, proof: LogProof) -> int:
    """Where the event of a proof stands in the chain."""
    return session.scalars(sa.select(LogNode.seq).where(LogNode.place == proof.place)).one()


def guesses(row: Event) -> set[bytes]:
    """The leaves that somebody could compute who knows all about an event but its salt."""
    columns = {column.key: getattr(row, column.key) for column in sa.inspect(Event).columns}
    made = [body_of(Event(**columns | {"salt": salt})) for salt in ("", "0" * 32)]
    shown = json.loads(body_of(row))
    made += [canonical(row), json.dumps({name: shown[name] for name in shown if name != "withheld"}).encode()]
    return {leaf_hash(guess) for guess in made}


def test_a_bidder_proves_its_own_quote_and_learns_nothing_of_others(pair, session: Session, at: datetime) -> None:
    project, actors, quotes = quoted(at)
    own, other = quotes[0], quotes[1]
    with pytest.raises(NotFound) as waiting:
        proof_of_quote(own.commitment, actor=actors[0])
    assert waiting.value.code == NOT_YET
    assert provable([quote.commitment for quote in quotes]) == frozenset()
    seal_all()
    with pytest.raises(NotFound) as waiting:
        proof_of_quote(own.commitment, actor=actors[0])
    assert waiting.value.code == NOT_YET, "sealed, but under no signed head"
    sign_head(at)
    assert provable([quote.commitment for quote in quotes]) == {quote.commitment for quote in quotes}
    proof = proof_of_quote(own.commitment, actor=actors[0])
    assert proof.stands() and proof.false_signatures() == ()
    assert [each.by for each in proof.signatures] == ["regulator", "discipline"]
    assert parse_proof(json.dumps(proof.content()).encode()) == proof
    event = proof.event()
    assert event is not None
    assert event["data"] == {"agency_uscc": own.agency.uscc, "seq": 1, "commitment": own.commitment}
    assert (event["tag"], event["project"]) == ("quote.received", project.code)
    shown = str(proof.content())
    for stranger in quotes[1:]:
        assert stranger.agency.uscc not in shown and stranger.commitment not in shown
    for who in (NOBODY, actors[1]):
        with pytest.raises(NotFound) as refused:
            proof_of_quote(own.commitment, actor=who)
        assert refused.value.code == "not_found"
        with pytest.raises(NotFound):
            proof_of_event(seq_of(session, proof), actor=who)
    assert proof_of_event(seq_of(session, proof), actor=actors[0]) == proof
    with pytest.raises(NotFound):
        proof_of_quote(other.commitment, actor=actors[0])
    with pytest.raises(NotFound):
        proof_of_quote("0" * 64, actor=actors[0])


def test_a_path_confirms_no_guess_about_the_events_beside_it(pair, session: Session, at: datetime) -> None:
    """Who enrolled, when and where may be known to the microsecond: no hash that a bidder is shown is made of that alone."""
    _project, actors, quotes = quoted(at)
    sign_head(at)
    proof = proof_of_quote(quotes[0].commitment, actor=actors[0])
    head = last_signed()
    assert head is not None
    nodes = {row.place: row.hashes for row in session.scalars(sa.select(LogNode))}
    shown = {bytes.fromhex(step) for step in proof.path}
    beside = proof.place - 1 if proof.place % 2 == 0 else proof.place + 1
    assert bytes.fromhex(nodes[beside][0]) in shown, "the neighbour's leaf is among what is shown"
    in_order = [nodes[place][0] for place in sorted(nodes)]
    assert in_order == sorted(in_order), (
        "within an hour leaves stand by their hash: no place tells what came before what"
    )
    hidden = session.scalars(
        sa.select(Event).join(SealedEvent).where(~Event.public, SealedEvent.seq <= head.size).order_by(Event.id)
    ).all()
    assert {"enrolment.entered", "quote.received"} & {row.tag for row in hidden}
    leaves = {bytes.fromhex(hashes[0]) for hashes in nodes.values()}
    for row in hidden:
        assert leaf_hash(body_of(row)) in leaves
        assert not guesses(row) & leaves


def test_with_the_list_everybody_can_prove_every_quote_on_it(pair, session: Session, at: datetime) -> None:
    project, _actors, quotes = quoted(at)
    sign_head(at)
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    proofs = [proof_of_quote(quote.commitment, actor=NOBODY) for quote in quotes]
    assert all(proof.stands() for proof in proofs)
    assert [proof_of_event(seq_of(session, proof), actor=NOBODY) for proof in proofs] == proofs


def test_public_events_are_for_everybody_and_name_nobody(pair, session: Session, at: datetime) -> None:
    make_open_project(at)
    first = sign_head(at)["seq"]
    make_open_project(at)
    size = sign_head(at + timedelta(hours=1))["seq"]
    assert isinstance(first, int) and isinstance(size, int)
    rows = session.execute(sa.select(SealedEvent.seq, Event).join(Event).order_by(SealedEvent.seq)).all()
    public = [(seq, row) for seq, row in rows if row.public]
    hidden = [seq for seq, row in rows if not row.public]
    assert public and public[0][0] <= first
    for seq, row in public:
        proof = proof_of_event(seq, actor=NOBODY)
        assert proof.stands() and proof.size == size
        assert not {"actor", "recorded_at", "id"} & json.loads(proof.body).keys() and row.salt not in proof.body
    earlier = proof_of_event(public[0][0], actor=NOBODY, size=first)
    assert earlier.stands() and earlier.size == first
    for seq in [*hidden, size + 1, 10**12]:
        with pytest.raises(NotFound) as refused:
            proof_of_event(seq, actor=NOBODY)
        assert refused.value.code == "not_found"
    for wrong in (first + 1, 10**9):
        with pytest.raises(NotFound, match="没有这样大小的首部"):
            proof_of_event(public[0][0], actor=NOBODY, size=wrong)
    last = max(seq for seq, _row in public)
    if last > first:
        with pytest.raises(NotFound) as waiting:
            proof_of_event(last, actor=NOBODY, size=first)
        assert waiting.value.code == NOT_YET


def test_a_head_that_nobody_signed_proves_nothing(pair, session: Session, at: datetime) -> None:
    make_open_project(at)
    for witness in pair:
        witness.down = True
    assert sign_head(at)["discipline"] == "witness_down"
    assert last_signed() is None
    with pytest.raises(NotFound):
        proof_of_event(1, actor=NOBODY)
