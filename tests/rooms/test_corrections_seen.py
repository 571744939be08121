"""What everybody sees of a typing error: the record with both computations, the bulletins, cards for who is silent."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.selection import operations as selection
from supermarket.selection.models import CorrectionEntry, DrawCorrection
from supermarket.selection.queries import draw_record
from supermarket.selection.record.contents import contents, selection_record
from supermarket.selection.record.verifying import stand_alone
from supermarket.selection.series import choice_in
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.watch import watch
from supermarket.web.files import may_read
from tests.factories.selection_damage import damages
from tests.rooms.mistyped import mistyped, order_of
from tests.rooms.test_corrections import NOBODY, another_winner, chosen
from tests.unit.selection.test_record_changes import not_shown


def test_the_record_keeps_the_wrong_computation_beside_the_right_one(session: Session, at: datetime) -> None:
    found = mistyped(at)
    record = json.loads(draw_record(found.code, "main").to_json())
    first = contents(found.project)
    true = another_winner(found)
    found.correct(true)
    now = contents(found.project)
    (correction,) = now["corrections"]  # type: ignore[misc]  # a list
    assert correction["before"] == record == first["draws"][0]  # type: ignore[index]  # a list
    assert (correction["purpose"], correction["number"], correction["series"]) == ("main", 1, 2)
    assert [(item["role"], item["value"], item["bulletin"]["name"]) for item in correction["entries"]] == [
        ("owner", true.numbers, "公告.pdf"),
        ("regulator", true.numbers, "公告.pdf"),
    ]
    (old,) = now["superseded"]  # type: ignore[misc]  # a list
    assert (old["series"], old["order"], old["runs"]) == (1, first["order"], first["runs"])
    assert [(row["state"], row["uscc"]) for row in old["awards"]] == [("closed", first["order"][0]["uscc"])]  # type: ignore[index]  # a list
    assert [row["uscc"] for row in now["order"]] == list(order_of(found.draw, true.numbers))  # type: ignore[attr-defined]  # a list
    assert first["corrections"] == [] and first["superseded"] == []


def test_bulletins_are_the_sides_own_until_the_claim_ends(session: Session, at: datetime) -> None:
    found = mistyped(at)
    true = another_winner(found)
    found.enter(true, found.owner)
    document = session.scalars(sa.select(CorrectionEntry)).one().document
    assert may_read(document, found.owner)
    assert not may_read(document, found.regulator) and not may_read(document, NOBODY)
    found.enter(true, found.regulator)
    assert may_read(document, NOBODY)


def differs_at_all(record: dict[str, object]) -> bool:
    return bool(stand_alone().check(json.dumps(record).encode())[0])


def test_the_stand_alone_program_confirms_what_was_computed_again_and_names_what_was_changed(
    session: Session, at: datetime
) -> None:
    found, members = chosen(at)
    found.correct(found.true(lambda order: set(order[:2]) != set(members)))
    choice = choice_in(found.project)
    assert choice is not None
    late = found.at + timedelta(hours=2)
    selection.choose(found.code, agency_uscc=choice.members[1], reason="方案更细", actor=found.owner, at=late)
    text = selection_record(found.project).decode()
    program = stand_alone()
    assert program.verify(text)[0] == []

    def differs(change: Callable[[dict[str, Any]], object]) -> list[str]:
        record = json.loads(text)
        change(record)
        return sorted({where for where, _what in program.verify(json.dumps(record))[0]})

    entries = json.loads(text)["corrections"][0]["entries"]
    assert "corrections" in differs(lambda r: r["corrections"][0]["entries"].append(entries[0]))
    assert "corrections" in differs(lambda r: r["corrections"][0]["entries"].pop())
    assert "corrections" in differs(lambda r: r["corrections"].clear())
    assert "corrections" in differs(lambda r: r["superseded"].clear())
    assert "corrections" in differs(lambda r: r["corrections"][0].update(series=None))
    assert differs(lambda r: r["corrections"][0]["before"].update(receipt=None)) != []
    assert "corrections" in differs(lambda r: r["superseded"][0]["awards"][0].update(state="announced"))
    assert "corrections" in differs(lambda r: r["superseded"][0]["awards"][0].update(notice_at=r["public_from"]))
    # And of every other change: named, or in the papers' list of what no file can show.
    record, known = json.loads(text), not_shown()
    tried = random.Random(38).sample(list(damages(record)), 900)
    missed = {each.name.partition(" ")[2] for each in tried if not differs_at_all(each.done_to(record))}
    assert missed <= set(known)


def test_a_side_that_does_not_answer_gets_its_cards(session: Session, at: datetime) -> None:
    found = mistyped(at)
    found.enter(another_winner(found), found.regulator)
    claim = session.scalars(sa.select(DrawCorrection)).one()
    watch(claim.answer_due_at + timedelta(days=3))
    issued = session.scalars(sa.select(Finding).where(Finding.code == "correction_unanswered")).all()
    assert {row.organisation_id for row in issued} == {found.project.owner_id}
    assert {row.subject_code for row in issued} == {f"{found.code}/main/1/owner"}
    assert Level.RED in {row.level for row in issued}
    count = len(issued)
    watch(claim.answer_due_at + timedelta(days=3))  # run twice, issued once
    assert session.scalar(sa.select(sa.func.count()).select_from(Finding)) == count
