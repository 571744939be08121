"""What the witnesses themselves show, held against what the market stored: who lies, forgets or goes back is named."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.draw import format_time
from supermarket.core.events import Event
from supermarket.gateways.witness import WitnessError
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.gateways.witness_log import Entry, LogBroken, read_entries
from supermarket.projects.models import Project
from supermarket.selection.models import Draw
from supermarket.selection.queries import draws_of
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.sealing import sign_head
from supermarket.supervision.witnessing import watch_witnesses
from supermarket.witnesses.comparing import Seen, Signed, Verdict, compare
from supermarket.witnesses.models import KnownWitness, LogHead, LogSignature, WitnessEntry
from supermarket.witnesses.operations import visit, visit_all
from supermarket.witnesses.queries import all_rows, log_of, page_of_rows, state_of, unknown_rows, witnesses_shown
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.rooms.test_selection import present, settle

OTHER = "f" * 64


class LyingWitness(MemoryWitness):
    """It gives the market the receipt that it is asked for, and shows everybody else one for another pool."""

    def note(self, kind: str, said: Entry) -> None:
        if kind == "receipt":
            at = said["at"]
            said = {**said, "pool_hash": OTHER}
            said["signature"] = self.sign("receipt-v1", said["project"], said["purpose"], OTHER, at)
        super().note(kind, said)


class ForgetfulWitness(MemoryWitness):
    """It signs, and keeps nothing of it in its log."""

    def note(self, kind: str, said: Entry) -> None:
        if kind != "receipt":
            super().note(kind, said)


@pytest.fixture
def pair(session: Session) -> Iterator[tuple[MemoryWitness, ...]]:
    made = make_witnesses("regulator", "discipline")
    with witnessed_by(*made):
        yield made


def frozen(at: datetime) -> tuple[Project, Draw]:
    make_policy("draw_source_social", "published:kl8")
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at + timedelta(hours=1))
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    (draw,) = draws_of(project.id)
    return present(project), draw


def words(project: Project) -> dict[str, str]:
    (row,), _next = page_of_rows(before=None, limit=10, project=project.code)
    return {cell.witness: cell.verdict.value for cell in row.cells}


def cards(session: Session) -> dict[str, tuple[str, Level]]:
    rows = session.scalars(sa.select(Finding).where(Finding.subject_kind == "witness").order_by(Finding.id))
    return {row.subject_code: (row.code, row.level) for row in rows}


def test_honest_witnesses_show_what_the_market_shows(pair, session: Session, at: datetime) -> None:
    project, draw = frozen(at)
    assert set(words(project).values()) == {"not_seen"}
    later = at + timedelta(days=5)
    sign_head(later)
    outcome = watch_witnesses(later)
    assert (outcome["compared"], outcome["differences"], outcome["logs"], outcome["cards"]) == (1, 0, 0, 0)
    assert words(project) == {"regulator": "equal", "discipline": "equal"}
    first, second = witnesses_shown()
    assert (first.name, first.lead, second.name, second.lead) == ("regulator", True, "discipline", False)
    assert (first.head is not None and first.behind) == 0 or (first.behind or 0) > 0
    assert (first.seen_by, second.seen_by) == (("discipline",), ("regulator",))
    told = session.scalars(sa.select(Event).where(Event.tag == "witness.visited").order_by(Event.id)).all()
    assert [row.data["n"] for row in told] == [3, 3]
    assert log_of("regulator", 0, 10) == pair[0].entries(0)
    assert state_of("discipline") == second.state.content() if second.state else False
    assert draw.receipt is not None


def test_a_second_visit_changes_nothing_and_a_third_reads_on(pair, session: Session, at: datetime) -> None:
    frozen(at)
    for _ in range(2):
        assert visit_all(at + timedelta(days=5)) == []
    count = sa.select(sa.func.count()).select_from(WitnessEntry)
    assert session.scalar(count) == 4
    pair[0].log_head("events", 9, "a" * 64, at=at + timedelta(days=6))
    assert visit_all(at + timedelta(days=6)) == []
    assert session.scalar(count) == 5


def test_a_witness_that_shows_another_pool_is_named_with_a_red_card(session: Session, at: datetime) -> None:
    honest, liar = MemoryWitness("regulator"), LyingWitness("discipline")
    with witnessed_by(honest, liar):
        project, draw = frozen(at)
        outcome = watch_witnesses(at + timedelta(days=5))
        assert (outcome["differences"], outcome["cards"]) == (1, 1)
        assert words(project) == {"regulator": "equal", "discipline": "differs"}
        assert cards(session) == {f"{project.code}/main/discipline": ("receipt_differs", Level.RED)}
        finding = session.scalars(sa.select(Finding).where(Finding.code == "receipt_differs")).one()
        assert finding.project_code == project.code
        shown = finding.evidence["shown_there"]
        assert isinstance(shown, dict) and shown["pool_hash"] == OTHER != draw.pool_hash
        assert watch_witnesses(at + timedelta(days=6))["cards"] == 0


def test_a_receipt_that_the_witness_does_not_have_is_missing(session: Session, at: datetime) -> None:
    forgetful = ForgetfulWitness("regulator")
    with witnessed_by(forgetful):
        project, _draw = frozen(at)
        watch_witnesses(at + timedelta(days=5))
        assert words(project) == {"regulator": "not_seen"}, "nothing that it signed later is seen yet"
        later = at + timedelta(days=6)
        sign_head(later)
        watch_witnesses(later)
        assert words(project) == {"regulator": "missing"}
        assert cards(session) == {f"{project.code}/main/regulator": ("receipt_missing", Level.RED)}


def test_a_pool_that_the_market_does_not_have_is_named(pair, session: Session, at: datetime) -> None:
    signature = pair[1].sign("receipt-v1", "P-GONE", "main", OTHER, format_time(at))
    said: Entry = {"project": "P-GONE", "purpose": "main", "pool_hash": OTHER, "at": format_time(at)}
    pair[1].note("receipt", {**said, "signature": signature})
    watch_witnesses(at)
    (row,) = unknown_rows([Seen(each.name(), each.verify_key(), None) for each in pair])
    assert (row.project, row.pool_hash, [cell.verdict.value for cell in row.cells]) == (
        "P-GONE",
        None,
        ["not_signed", "unknown"],
    )
    assert cards(session) == {"P-GONE/main/discipline": ("receipt_unknown", Level.RED)}


def test_a_log_that_goes_back_or_forks_is_named_and_what_was_kept_stays(pair, session: Session, at: datetime) -> None:
    frozen(at)
    assert visit_all(at + timedelta(days=5)) == []
    regulator = pair[0]
    kept = list(regulator._log)
    del regulator._log[1:]
    trouble = visit(regulator, at + timedelta(days=6))
    assert trouble is not None and (trouble.witness, trouble.code) == ("regulator", "log_stepped_back")
    regulator.note("head", {"log": "x", "seq": 1, "head": "a" * 64, "at": format_time(at), "signature": "0" * 128})
    regulator.note("head", {"log": "x", "seq": 2, "head": "a" * 64, "at": format_time(at), "signature": "0" * 128})
    trouble = visit(regulator, at + timedelta(days=7))
    assert trouble is not None and trouble.code == "log_forked"
    assert log_of("regulator", 0, 10) == kept
    outcome = watch_witnesses(at + timedelta(days=8))
    assert outcome["logs"] >= 1
    codes = session.scalars(sa.select(Finding.code).where(Finding.subject_code == "regulator")).all()
    assert "log_forked" in codes
    assert witnesses_shown()[0].trouble in ("log_forked", "state_behind")


def test_what_a_witness_did_not_sign_is_no_entry(session: Session, at: datetime) -> None:
    forger = MemoryWitness("regulator")
    with witnessed_by(forger):
        forger.note("head", {"log": "x", "seq": 1, "head": "a" * 64, "at": format_time(at), "signature": "0" * 128})
        trouble = visit(forger, at)
        assert trouble is not None and trouble.code == "log_false"
        assert session.scalar(sa.select(sa.func.count()).select_from(WitnessEntry)) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"project": "x" * 65},
        {"purpose": "x" * 17},
        {"pool_hash": "x" * 5000},
        {"project": "P\x00"},
        {"project": "\ud800"},
        {"seq": -1},
        {"seq": 2**63},
        {"seq": True},
        {"epoch": 2**31},
        {"epoch": "1"},
        {"n": None},
        {"kept": {}},
    ],
)
def test_entries_that_no_table_could_hold_are_refused_before(change: dict[str, object]) -> None:
    good = {"n": 1, "epoch": 1, "prev": "0" * 64, "kind": "receipt", "project": "P-1", "purpose": "main"}
    assert read_entries([good]) == [good]
    with pytest.raises(LogBroken) as refused:
        read_entries([good, {**good, **change}])
    assert (refused.value.code, refused.value.n) == ("form", 1)


def test_a_time_that_is_none_breaks_no_page(client: FlaskClient, session: Session, at: datetime) -> None:
    strange = MemoryWitness("regulator")
    with witnessed_by(strange):
        signature = strange.sign("receipt-v1", "P-GONE", "main", OTHER, "yesterday")
        said: Entry = {"project": "P-GONE", "purpose": "main", "pool_hash": OTHER, "at": "yesterday"}
        strange.note("receipt", {**said, "signature": signature})
        watch_witnesses(at)
        assert "yesterday" in client.get("/witnesses").get_data(as_text=True)


def test_a_restored_witness_is_seen_to_be_restored(pair, session: Session, at: datetime) -> None:
    frozen(at)
    assert visit_all(at + timedelta(days=5)) == []
    regulator = pair[0]
    regulator.epoch = 2
    regulator.note("restored", {"known": 1, "reached": 2, "complete": 0, "at": format_time(at + timedelta(days=6))})
    assert visit_all(at + timedelta(days=6)) == []
    shown = witnesses_shown()[0]
    assert (shown.trouble, shown.state and shown.state.epoch) == ("restored", 2)
    del regulator._log[1:]
    regulator.epoch = 3
    regulator.note("restored", {"known": 1, "reached": 1, "complete": 0, "at": format_time(at + timedelta(days=7))})
    troubles = visit_all(at + timedelta(days=7))
    assert [(each.witness, each.code) for each in troubles] == [("regulator", "entries_lost")]
    assert troubles[0].evidence["n"] == [2, 3]


def test_a_silent_witness_keeps_what_it_was_and_heads_say_who_is_behind(pair, session: Session, at: datetime) -> None:
    make_open_project(at)
    sign_head(at)
    frozen(at)
    pair[1].down = True
    later = at + timedelta(days=5)
    outcome = sign_head(later)
    assert outcome["discipline"] == "witness_down" and "regulator" in outcome
    assert visit_all(later) == []
    first, second = witnesses_shown()
    assert second.head is not None and first.head is not None and second.head.seq < first.head.seq
    assert (second.behind or 0) > (first.behind or 0)
    assert session.scalar(sa.select(KnownWitness.trouble).where(KnownWitness.name == "discipline")) == ""
    signed = session.scalars(sa.select(LogSignature.size).order_by(LogSignature.size)).all()
    assert (len(signed), session.scalar(sa.select(sa.func.count()).select_from(LogHead))) == (3, 2)
    assert first.head.hash == session.get_one(LogHead, first.head.seq).root != second.head.hash


def test_one_refusal_does_not_keep_the_others_from_signing(pair, session: Session, at: datetime) -> None:
    frozen(at)
    pair[0].log_head("events", 10**9, "a" * 64, at=at)
    with pytest.raises(WitnessError) as refused:
        sign_head(at + timedelta(days=5))
    assert refused.value.params["reason"] == "step_back"
    assert session.scalar(sa.select(KnownWitness.name).join(LogSignature)) == "discipline"


def test_a_pool_that_waits_for_its_receipt_gets_a_card(pair, session: Session, at: datetime) -> None:
    make_policy("draw_source_social", "published:kl8")
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at)
    pair[0].down = True
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    watch_witnesses(until + timedelta(minutes=9))
    assert cards(session) == {}
    watch_witnesses(until + timedelta(minutes=10))
    assert cards(session) == {f"{project.code}/main": ("receipt_awaited", Level.RED)}


@pytest.mark.parametrize(
    ("pool", "here", "there", "until", "verdict"),
    [
        ("a", None, None, "t2", Verdict.NOT_SIGNED),
        ("a", None, "a", "t2", Verdict.ONLY_THERE),
        ("a", "a", "a", "t2", Verdict.EQUAL),
        ("a", "a", "b", "t2", Verdict.DIFFERS),
        ("a", None, "b", "t2", Verdict.DIFFERS),
        ("a", "a", None, "t2", Verdict.MISSING),
        ("a", "a", None, "t1", Verdict.NOT_SEEN),
        ("a", "a", None, None, Verdict.NOT_SEEN),
        ("a", "forged", "a", "t2", Verdict.FALSE),
        (None, None, "a", "t2", Verdict.UNKNOWN),
        (None, None, None, "t2", Verdict.NOT_SIGNED),
    ],
)
def test_every_verdict(pool, here, there, until, verdict: Verdict) -> None:
    witness = MemoryWitness("w")
    times = {"t1": "2026-03-02T02:00:00Z", "t2": "2026-03-02T03:00:00Z", None: None}

    def signed(name: str | None) -> dict[str, Signed]:
        if name is None:
            return {}
        letter = "a" if name == "forged" else name
        signature = witness.sign("receipt-v1", "P-1", "main", letter * 64, times["t1"] or "")
        return {"w": Signed(letter * 64, times["t1"] or "", "0" * 128 if name == "forged" else signature)}

    row = compare(
        "P-1",
        "main",
        pool and pool * 64,
        signed(here),
        signed(there),
        [Seen("w", witness.verify_key(), times[until])],
    )
    assert row.cells[0].verdict is verdict
    assert bool(row.findings) is verdict.is_finding


def test_all_rows_go_through_every_draw(pair, session: Session, at: datetime) -> None:
    assert list(all_rows()) == []
    project, _draw = frozen(at)
    assert [(row.project, row.purpose) for row in all_rows()] == [(project.code, "main")]


def test_the_command_names_who_differs(session: Session, at: datetime) -> None:
    run = current_app.test_cli_runner()
    with witnessed_by(MemoryWitness("regulator"), LyingWitness("discipline")):
        project, draw = frozen(at)
        before = run.invoke(args=["witnesses", "compare", "--stored"])
        assert (before.exit_code, before.output) == (0, "1 projects and purposes, 0 receipts equal, 0 findings\n")
        found = run.invoke(args=["witnesses", "compare"])
        assert found.exit_code == 1
        assert found.output.splitlines() == [
            f"{project.code} main discipline: differs; here {draw.pool_hash}, there {OTHER}",
            "1 projects and purposes, 1 receipts equal, 1 findings",
        ]
        listed = run.invoke(args=["witnesses", "list"]).output.splitlines()
        assert [line.split()[0] for line in listed] == ["regulator", "discipline"]
        assert all("2 entries, epoch 1" in line for line in listed)
