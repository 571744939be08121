"""The log's hourly head: every witness signs the tree's root once it is proved to be the one before, grown on."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from supermarket.core.draw import Receipt, format_time
from supermarket.core.errors import NotFound
from supermarket.core.events import Event, SealedEvent, body_of, seal, verify_chain
from supermarket.core.log_tree import LogNode, tree_root, tree_size
from supermarket.core.merkle import extends, inclusion_path, leaf_hash
from supermarket.core.permissions import Actor
from supermarket.gateways.witness import WitnessError
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.gateways.witness_log import is_signature
from supermarket.gateways.witness_texts import tree_head_body
from supermarket.projects.models import Project
from supermarket.selection.models import Quote
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.sealing import grow_tree, seal_all, sign_head
from supermarket.supervision.witnessing import watch_witnesses
from supermarket.witnesses.comparing import Seen, Signed, Verdict, compare_head
from supermarket.witnesses.log_heads import FixedHead, fix_head
from supermarket.witnesses.log_queries import (
    between,
    head_findings,
    head_rows,
    heads_page,
    next_head_at,
)
from supermarket.witnesses.models import LogHead, LogSignature, WitnessHead
from supermarket.witnesses.queries import seen, witnesses_shown
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.factories.witnesses import make_witnesses, witnessed_by

NOBODY = Actor(user_id=None)
OTHER = "f" * 64


@pytest.fixture
def pair(session: Session) -> Iterator[tuple[MemoryWitness, ...]]:
    made = make_witnesses("regulator", "discipline")
    with witnessed_by(*made):
        yield made


def quoted(at: datetime, bidders: int = 3) -> tuple[Project, list[Actor], list[Quote]]:
    """A priced project with one sealed quote of each bidder."""
    project, _owner = make_open_project(at, mode="bidding")
    actors = [actor for _agency, actor in make_enrolled(project, bidders, at)]
    quotes = [
        make_quote(project.code, 8_000_000 + step, actor=actor, at=at + timedelta(minutes=step))
        for step, actor in enumerate(actors)
    ]
    return project, actors, quotes


def fixed(at: datetime) -> FixedHead | None:
    """As the hourly job begins."""
    seal_all()
    grow_tree()
    return fix_head(at)


def cards(session: Session) -> dict[str, tuple[str, Level]]:
    rows = session.scalars(sa.select(Finding).where(Finding.subject_kind == "witness").order_by(Finding.id))
    return {row.subject_code: (row.code, row.level) for row in rows}


def test_every_witness_signs_root_and_size_and_each_head_leads_on(pair, session: Session, at: datetime) -> None:
    assert sign_head(at) == {"seq": 0}, "an empty log has no head"
    make_open_project(at)
    first = sign_head(at)
    make_open_project(at)
    second = sign_head(at + timedelta(hours=1))
    assert sign_head(at + timedelta(hours=1)) == second, "the same head again: the same signatures"
    (newer, older), following = heads_page(before=None, limit=10)
    assert (older.size, newer.size, following) == (first["seq"], second["seq"], None)
    assert (newer.root, newer.size) == (tree_root(newer.size), tree_size())
    for head, outcome in ((older, first), (newer, second)):
        assert [each.witness.name for each in head.signatures] == ["regulator", "discipline"]
        for witness, row in zip(pair, head.signatures, strict=True):
            assert outcome[witness.name()] == row.signature
            lines = ("head-v2", "events", head.size, head.root, format_time(row.at))
            assert is_signature(witness.verify_key(), row.signature, lines)
    proof = between(older.size, newer.size)
    steps = [bytes.fromhex(step) for step in proof.path]
    assert extends(older.size, bytes.fromhex(older.root), newer.size, bytes.fromhex(newer.root), steps)
    assert between(newer.size, newer.size).path == ()
    assert [row.size for row in heads_page(before=newer.size, limit=1)[0]] == [older.size]
    assert heads_page(before=None, limit=1)[1] == newer.size
    told = [entry for entry in pair[0].entries(0) if entry["kind"] == "tree_head"]
    assert [(entry["size"], entry["from"]) for entry in told] == [(older.size, 0), (newer.size, older.size)]
    assert told[1]["proof"] == " ".join(proof.path)
    assert session.scalar(sa.select(sa.func.count()).select_from(WitnessHead)) == 0


def test_there_is_no_proof_between_what_were_no_heads(pair, session: Session, at: datetime) -> None:
    quoted(at)
    head = sign_head(at)["seq"]
    quoted(at)
    last = sign_head(at + timedelta(hours=1))["seq"]
    assert isinstance(head, int) and isinstance(last, int)
    assert between(head, last).path
    for first, second in ((1, 2), (0, last), (last, head), (head, last - 1), (head - 1, last), (10**9, 10**9)):
        with pytest.raises(NotFound, match="没有这样大小的首部"):
            between(first, second)


def test_a_witness_of_before_signs_the_chain_as_ever_and_is_asked_for_trees_once_it_knows_them(
    pair, session: Session, at: datetime
) -> None:
    """A newer market with an older witness, then with a newer one; an older market with a newer witness is refused."""
    pair[1].knows_trees = False
    make_open_project(at)
    sign_head(at)
    chained = session.scalars(sa.select(WitnessHead)).one()
    sealed = session.scalars(sa.select(SealedEvent).order_by(SealedEvent.seq.desc()).limit(1)).one()
    assert (chained.witness.name, chained.seq, chained.head) == ("discipline", sealed.seq, sealed.hash)
    assert session.scalars(sa.select(LogSignature)).one().witness.name == "regulator"
    first, second = witnesses_shown()
    assert first.head is not None and second.head is not None
    assert (first.head.seq, first.head.is_tree, second.head.is_tree) == (sealed.seq, True, False)
    assert (second.head.seq, second.head.hash) == (sealed.seq, sealed.hash)
    pair[1].knows_trees = True
    sign_head(at)
    assert sorted(row.witness.name for row in session.scalars(sa.select(LogSignature))) == ["discipline", "regulator"]
    assert witnesses_shown()[1].head == first.head
    with pytest.raises(WitnessError) as old_market:
        pair[1].log_head("events", sealed.seq + 1, OTHER, at=at)
    assert old_market.value.params["reason"] == "tree_wanted"
    assert not old_market.value.again


def test_a_witness_that_was_away_is_led_on_from_what_it_signed_last(pair, session: Session, at: datetime) -> None:
    make_open_project(at)
    first = sign_head(at)["seq"]
    pair[1].down = True
    make_open_project(at)
    outcome = sign_head(at + timedelta(hours=1))
    assert (outcome["discipline"], "regulator" in outcome) == ("witness_down", True)
    assert cards(session) == {}, "a silent machine is no accusation"
    pair[1].down = False
    make_open_project(at)
    last = sign_head(at + timedelta(hours=2))["seq"]
    (entry,) = [each for each in pair[1].entries(0) if each["kind"] == "tree_head" and each["size"] == last]
    assert entry["from"] == first


def test_what_a_witness_signed_and_the_market_did_not_get_to_keep_is_given_again(
    pair, session: Session, at: datetime
) -> None:
    """The process was killed between the signature and its keeping; the log may have grown since."""
    make_open_project(at)
    head = fixed(at)
    assert head is not None
    signed = pair[0].tree_head("events", head.size, head.root, 0, [], at=at)
    assert session.scalar(sa.select(sa.func.count()).select_from(LogSignature)) == 0
    assert sign_head(at + timedelta(minutes=1))["regulator"] == signed.signature
    make_open_project(at)
    assert fixed(at + timedelta(minutes=2)) == head, "within the hour the head stands, however much has come since"
    lost = fixed(at + timedelta(hours=1))
    assert lost is not None
    pair[0].tree_head("events", lost.size, lost.root, head.size, between(head.size, lost.size).path, at=at)
    make_open_project(at)
    last = sign_head(at + timedelta(hours=2))["seq"]
    assert [row.size for row in session.scalars(sa.select(LogHead).order_by(LogHead.size))] == [
        head.size,
        lost.size,
        last,
    ]
    watch_witnesses(at + timedelta(hours=2))
    (row,) = head_rows([session.get_one(LogHead, lost.size)], seen())
    assert [cell.verdict.value for cell in row.cells] == ["only_there", "not_signed"]
    assert head_findings(seen()) == []


class OtherPast(MemoryWitness):
    """A witness that holds another past of the log than the market has now."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name)
        self.tree_head("events", size, OTHER, 0, [], at=datetime.fromisoformat("2026-01-01T00:00:00Z"))


@pytest.mark.parametrize(("size", "reason"), [(3, "not_an_extension"), (10**6, "step_back")])
def test_a_log_that_is_not_the_one_signed_before_is_refused_and_carded(
    session: Session, at: datetime, size: int, reason: str
) -> None:
    with witnessed_by(OtherPast("regulator", size), MemoryWitness("discipline")):
        quoted(at)
        for _ in range(2):
            with pytest.raises(WitnessError) as refused:
                sign_head(at)
            assert refused.value.params["reason"] == reason
        signed = session.scalars(sa.select(LogSignature).order_by(LogSignature.size)).all()
        assert {row.witness.name for row in signed} == {"discipline"}, "one refusal does not keep others from signing"
        assert cards(session) == {"regulator": ("head_refused", Level.RED)}, "once, however often it is tried"
        finding = session.scalars(sa.select(Finding)).one()
        assert (finding.evidence["reason"], finding.evidence["size"]) == (reason, signed[0].size)


class LyingWitness(MemoryWitness):
    """It gives the market the signature that it is asked for, and shows everybody else one for another root."""

    def note(self, kind: str, said) -> None:
        if kind == "tree_head":
            signature = self.sign("head-v2", "events", said["size"], OTHER, said["at"])
            said = {**said, "root": OTHER, "signature": signature}
        super().note(kind, said)


class ForgetfulWitness(MemoryWitness):
    """It signs, and keeps nothing of it in its log."""

    def note(self, kind: str, said) -> None:
        if kind != "tree_head":
            super().note(kind, said)


def test_roots_are_compared_each_hour_and_who_shows_another_is_named(session: Session, at: datetime) -> None:
    honest, liar, forgetful = MemoryWitness("regulator"), LyingWitness("discipline"), ForgetfulWitness("neighbour")
    with witnessed_by(honest, liar, forgetful):
        make_open_project(at)
        size = sign_head(at)["seq"]
        later = at + timedelta(hours=1)
        for witness in (honest, liar, forgetful):
            witness.log_head("other", 1, OTHER, at=later)
        outcome = watch_witnesses(later)
        assert (outcome["differences"], outcome["cards"]) == (2, 2)
        (row,) = head_rows(heads_page(before=None, limit=5)[0], seen())
        assert [cell.verdict.value for cell in row.cells] == ["equal", "differs", "missing"]
        assert cards(session) == {
            f"log/{size}/discipline": ("head_differs", Level.RED),
            f"log/{size}/neighbour": ("head_missing", Level.RED),
        }
        assert watch_witnesses(later)["cards"] == 0
        found = current_app.test_cli_runner().invoke(args=["witnesses", "compare", "--stored"])
        root = heads_page(before=None, limit=1)[0][0].root
        assert found.exit_code == 1
        assert found.output.splitlines() == [
            f"log of {size} events discipline: differs; here {root}, there {OTHER}",
            f"log of {size} events neighbour: missing; here {root}, there nothing",
            "0 projects and purposes, 0 receipts equal, 2 findings",
        ]


def test_a_head_that_the_market_never_showed_is_named(pair, session: Session, at: datetime) -> None:
    make_open_project(at)
    size = sign_head(at)["seq"]
    pair[0].note(
        "tree_head",
        {
            "log": "events",
            "size": 10**6,
            "root": OTHER,
            "from": size,
            "proof": "",
            "at": format_time(at),
            "signature": pair[0].sign("head-v2", "events", 10**6, OTHER, format_time(at)),
        },
    )
    watch_witnesses(at + timedelta(hours=1))
    (row,) = head_findings(seen())
    assert (row.size, row.root, [cell.verdict.value for cell in row.cells]) == (10**6, None, ["unknown", "not_signed"])
    assert cards(session) == {"log/1000000/regulator": ("head_unknown", Level.RED)}


@pytest.mark.parametrize(
    ("root", "here", "there", "verdict"),
    [
        ("a", "a", "a", Verdict.EQUAL),
        ("a", "a", None, Verdict.MISSING),
        ("a", None, "a", Verdict.ONLY_THERE),
        ("a", None, None, Verdict.NOT_SIGNED),
        ("a", None, "b", Verdict.DIFFERS),
        ("a", "b", "a", Verdict.FALSE),
        ("a", "forged", "a", Verdict.FALSE),
        (None, None, "a", Verdict.UNKNOWN),
        (None, None, None, Verdict.NOT_SIGNED),
    ],
)
def test_every_verdict_on_a_head(root, here, there, verdict: Verdict) -> None:
    witness, when = MemoryWitness("w"), "2026-03-02T02:00:00Z"

    def signed(name: str | None) -> dict[str, Signed]:
        if name is None:
            return {}
        letter = "a" if name == "forged" else name
        signature = witness.sign("head-v2", "events", 7, letter * 64, when)
        return {"w": Signed(letter * 64, when, "0" * 128 if name == "forged" else signature)}

    seen_until = [Seen("w", witness.verify_key(), "2026-03-02T03:00:00Z")]
    row = compare_head("events", 7, root and root * 64, signed(here), signed(there), seen_until)
    assert row.cells[0].verdict is verdict
    assert bool(row.findings) is verdict.is_finding


def test_heads_come_at_the_full_hour(at: datetime) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    assert next_head_at(hour) == hour + timedelta(hours=1)
    assert next_head_at(hour + timedelta(minutes=59, seconds=59)) == hour + timedelta(hours=1)


def test_the_tree_of_a_played_market_is_that_of_its_events(pair, session: Session, at: datetime) -> None:
    quoted(at)
    sign_head(at)
    found = verify_chain()
    assert found.holds and found.tree == found.sealed == 8
    rows = session.scalars(sa.select(Event).join(SealedEvent).order_by(SealedEvent.seq)).all()
    leaves = sorted(leaf_hash(body_of(row)) for row in rows)

    def read(level: int, position: int) -> bytes:
        return bytes.fromhex(session.get_one(LogNode, (position + 1) << level).hashes[level])

    assert [read(0, place) for place in range(len(leaves))] == leaves
    assert inclusion_path(0, len(leaves), read)
    assert seal() == 0
    receipt: Receipt = pair[0].tree_head("events", found.tree, found.root, 0, [], at=at)
    assert is_signature(
        pair[0].verify_key(),
        receipt.signature,
        tree_head_body("events", found.tree, found.root, receipt.at).decode().splitlines(),
    )
