"""Pages of a typing error: both sides claim and answer with the bulletin; everybody sees what was computed before."""

import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from supermarket.accounts.models import User
from supermarket.core.clock import LOCAL, now
from supermarket.core.draw import verify_record
from supermarket.documents.queries import file_number
from supermarket.projects.operations import void
from supermarket.selection.models import CorrectionEntry, DrawCorrection
from supermarket.selection.states import CorrectionState
from tests.factories.api import program_of
from tests.factories.projects import make_operator
from tests.factories.web import make_browser, words_of
from tests.rooms.mistyped import NUMBERS, PDF, WHY, Mistyped, mistyped, order_of

BEGUN = timedelta(days=5)


@dataclass(frozen=True)
class Sides:
    """A drawn purchase, browsers of both sides, and what its bulletin really says."""

    found: Mistyped
    owner: FlaskClient
    regulator: FlaskClient
    anybody: FlaskClient
    true: str

    def path(self, side: str = "owner") -> str:
        start = "/office" if side == "regulator" else ""
        return f"{start}/projects/{self.found.code}/draws/main/correction"

    def fields(self, **changes: object) -> dict[str, object]:
        closed = self.found.typed.closed_at + timedelta(minutes=1)
        local = closed.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")
        said: dict[str, object] = {"issue": "2026058", "closed_at": local, "numbers": self.true, "reason": WHY}
        return said | {"file": (io.BytesIO(PDF), "公告.pdf")} | changes

    def post(self, side: str, **changes: object) -> TestResponse:
        browser = self.owner if side == "owner" else self.regulator
        return browser.post(self.path(side), data=self.fields(**changes), content_type="multipart/form-data")


@pytest.fixture
def sides(app: Flask, session: Session) -> Sides:
    found = mistyped(now() - BEGUN)
    first = (found.draw.order or [""])[0]
    true = found.true(lambda order: order[0] != first).numbers
    anybody = app.test_client()
    anybody.get("/language/en")
    return Sides(found, make_browser(app, found.owner), make_browser(app, found.regulator), anybody, true)


def test_claimed_by_one_answered_by_the_other_seen_by_all(sides: Sides, session: Session) -> None:
    code = sides.found.code
    assert "A number was mistyped" in words_of(sides.owner.get(f"/projects/{code}").text)
    assert "A number was mistyped" in words_of(sides.regulator.get(f"/office/projects/{code}").text)
    assert "mistyped" not in words_of(sides.anybody.get(f"/projects/{code}").text)
    page = sides.owner.get(sides.path())
    assert page.status_code == 200 and NUMBERS in page.text
    assert sides.post("owner").status_code == 303

    claimed = words_of(sides.anybody.get(f"/projects/{code}").text)
    assert "A typing error is claimed" in claimed and sides.true not in claimed
    assert "Answer the claim of a typing error" in words_of(sides.regulator.get("/home").text)
    asked = sides.regulator.get(sides.path("regulator")).text
    assert sides.true not in asked and WHY not in asked  # what the other typed is shown to nobody
    (entry,) = session.scalars(sa.select(CorrectionEntry)).all()
    assert sides.anybody.get(f"/files/{file_number(entry.document_id)}").status_code == 404
    assert sides.post("regulator").status_code == 303

    (claim,) = session.scalars(sa.select(DrawCorrection)).all()
    assert (claim.state, claim.series) == (CorrectionState.TAKEN, 2)
    shown = sides.anybody.get(f"/projects/{code}").text
    assert "Computed again: a typing error" in words_of(shown) and WHY in shown
    assert sides.anybody.get(f"/files/{file_number(entry.document_id)}").data == PDF
    for address, value in (
        ("draw.json", sides.true),
        ("draws/main/1.json", NUMBERS),
        ("draws/main/2.json", sides.true),
    ):
        answer = sides.anybody.get(f"/projects/{code}/{address}")
        assert verify_record(answer.data).differences == ()
        assert answer.get_json()["value"] == value
    assert sides.anybody.get(f"/projects/{code}/draws/main/3.json").status_code == 404
    assert sides.anybody.get(f"/projects/{code}/draws/tie1/1.json").status_code == 404
    result = words_of(sides.anybody.get(f"/projects/{code}/selection").text)
    assert "Computed from a mistyped bulletin, no longer valid" in result
    ceremony = sides.anybody.get(f"/projects/{code}/draws/main/ceremony").text
    assert "Computed again" in ceremony and sides.true in ceremony and NUMBERS not in ceremony
    state = sides.anybody.get(f"/projects/{code}/draws/main/live.json").get_json()
    assert state["record"]["order"] == list(order_of(sides.found.draw, sides.true))


def test_nothing_typed_is_lost_and_nothing_half_written_stays(sides: Sides, session: Session) -> None:
    for field, value in (
        ("numbers", "3 7"),
        ("issue", "x"),
        ("closed_at", "2001-01-01T00:00"),
        ("reason", ""),
        ("file", (io.BytesIO(b"<html>"), "公告.pdf")),
        ("file", (io.BytesIO(b""), "")),
    ):
        answer = sides.post("owner", **{field: value})
        assert answer.status_code == 422, field
        assert WHY in answer.text or field == "reason"
        assert sides.true in answer.text or field == "numbers"
    assert session.scalars(sa.select(DrawCorrection)).all() == []


def test_others_have_no_such_page(app: Flask, sides: Sides) -> None:
    assert sides.anybody.get(sides.path()).status_code in (302, 401)
    agency = make_browser(app, sides.found.agencies[0][1])
    assert agency.get(sides.path()).status_code == 403
    assert sides.owner.get(sides.path().replace("main", "tie1")).status_code == 404
    assert sides.owner.get(sides.path().replace(sides.found.code, "P-2026-999999")).status_code == 404


def test_a_program_claims_answers_and_reads(client: FlaskClient, session: Session, sides: Sides) -> None:
    path = f"/projects/{sides.found.code}/draws/main"
    assert client.get(f"/api/v1{path}/corrections").get_json()["items"] == []
    closed = (sides.found.typed.closed_at + timedelta(minutes=1)).isoformat()
    for place, actor in enumerate((sides.found.owner, sides.found.regulator)):
        program = program_of(client, session.get_one(User, actor.user_id))
        answer = client.post(
            f"/api/v1{path}/corrections",
            data=sides.fields(closed_at=closed),
            headers=program.headers(),
            content_type="multipart/form-data",
        )
        assert answer.status_code == 201, answer.text
        (item,) = client.get(f"/api/v1{path}/corrections").get_json()["items"]
        assert item["state"] == answer.get_json()["state"] == ("open", "taken")[place]
    assert [(each["role"], each["value"]) for each in item["entries"]] == [
        ("owner", sides.true),
        ("regulator", sides.true),
    ]
    assert client.get(f"/api/v1{path}/computations/1").get_json()["value"] == NUMBERS
    assert client.get(f"/api/v1{path}/computations/9").status_code == 404
    dropped = client.get(f"/api/v1/projects/{sides.found.code}/award").get_json()["dropped"]
    assert [(each["series"], each["state"]) for each in dropped] == [(1, "closed")]


def test_who_stays_first_still_has_its_award_on_its_own_page(app: Flask, sides: Sides) -> None:
    first = (sides.found.draw.order or [""])[0]
    sides.found.correct(
        sides.found.true(lambda order: order[0] == first and order != tuple(sides.found.draw.order or ()))
    )
    page = make_browser(app, dict(sides.found.agencies)[first]).get(f"/agency/projects/{sides.found.code}").text
    assert f'action="/agency/projects/{sides.found.code}/decline"' in page


def test_after_the_end_of_a_purchase_no_claim_waits_for_anybody(app: Flask, sides: Sides, session: Session) -> None:
    sides.post("owner")
    void(sides.found.code, reason="采购条件发生变化", actor=make_operator(), at=now())
    session.commit()
    page = words_of(sides.anybody.get(f"/projects/{sides.found.code}").text)
    assert "Void" in page and "A typing error is claimed" not in page
    for browser in (sides.owner, sides.regulator):
        assert "Answer the claim of a typing error" not in words_of(browser.get("/home").text)
