"""Plans that agencies hand in: whatever file comes, one sentence at the field; what tells whose it is does not come through."""

import io
import re
import zipfile

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.documents.queries import file_number
from supermarket.extensions import db
from supermarket.selection.panels.models import Proposal
from supermarket.supervision.demo_clock import set_clock
from tests.factories.experts import PanelWorld, make_experts, make_panel_project
from tests.factories.pdfs import make_pdf
from tests.factories.web import make_browser, words_of


def plan_page(app: Flask) -> tuple[PanelWorld, FlaskClient, str]:
    """A purchase that a panel scores, a bidder's browser, its page."""
    make_experts(3)
    world = make_panel_project(now(), bidders=2)
    db.session.commit()
    return world, make_browser(app, world.bidders[0][1]), f"/agency/projects/{world.code}"


def last_plan(session: Session) -> Proposal:
    row = session.scalars(sa.select(Proposal).order_by(Proposal.id.desc())).first()
    assert row is not None
    return row


def plans(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Proposal)) or 0


def test_a_plan_is_kept_without_what_tells_whose_it_is_and_the_page_says_what_that_was(
    app: Flask, session: Session
) -> None:
    world, browser, path = plan_page(app)
    name = world.bidders[0][0].name
    file = make_pdf({"/Author": "张三", "/Company": name})
    assert browser.post(f"{path}/plan", data={"proposal-file": (io.BytesIO(file), "plan.pdf")}).status_code == 303
    told = f"so that the experts do not see whose it is: author “张三”, company “{name}”"
    assert told in words_of(browser.get(path).text)
    kept = browser.get(f"/files/{file_number(last_plan(session).document_id)}")
    assert kept.mimetype == "application/pdf"
    assert PdfReader(io.BytesIO(kept.data)).metadata is None
    assert b"/Company" in file and b"/Company" not in kept.data
    plain = browser.post(f"{path}/plan", data={"proposal-file": (io.BytesIO(make_pdf()), "plan.pdf")})
    assert plain.status_code == 303
    assert "Taken out" not in browser.get(path).text


def zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plan.pdf", b"0" * 50_000_000)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "plan.pdf"),
        (b"MZ\x90\x00 a program", "plan.pdf"),
        (b"<html><script>alert(1)</script></html>", "plan.pdf"),
        (b"%PDF-1.7 and nothing else", "plan.pdf"),
        (b"%PDF-1.7\n" + b"x" * 20 * 1024 * 1024, "plan.pdf"),
        (make_pdf(), "plan.pdf.exe"),
        (make_pdf(), "plan.docx"),
        (make_pdf(), "pdf"),
        (make_pdf(), "\u202efdp.nalp"),
        (zip_bomb(), "plan.pdf"),
        (zip_bomb(), "plan.zip"),
    ],
)
def test_what_is_no_plan_is_refused_at_the_field_and_the_text_is_not_lost(
    app: Flask, session: Session, data: bytes, name: str
) -> None:
    _world, browser, path = plan_page(app)
    typed = {"proposal-text": "分三步实施的方案。", "proposal-file": (io.BytesIO(data), name)}
    answer = browser.post(f"{path}/plan", data=typed)
    answer.request.environ["wsgi.input"].close()  # a large body lies in a file of the client's own
    assert answer.status_code == 422, name
    assert 'id="proposal-file-error"' in answer.text
    assert "分三步实施的方案。" in answer.text
    assert plans(session) == 2, "those of the factory"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.pdf", "C:\\plan.pdf", "方案\u202efdp.pdf", "a" * 500 + ".pdf", "CON.pdf"],
)
def test_an_odd_name_of_a_file_does_no_harm(app: Flask, session: Session, name: str) -> None:
    _world, browser, path = plan_page(app)
    sent = browser.post(f"{path}/plan", data={"proposal-file": (io.BytesIO(make_pdf()), name)})
    assert sent.status_code == 303
    document = last_plan(session).document
    assert document is not None
    assert not set(document.name) & set("/\\\u202e")
    assert len(document.name.encode()) <= 180
    assert browser.get(f"/files/{file_number(document.id)}").status_code == 200


def test_a_plan_after_the_deadline_and_for_anothers_purchase_is_refused(app: Flask, session: Session) -> None:
    make_experts(3)
    other = make_panel_project(now(), bidders=1)
    world, browser, path = plan_page(app)
    foreign = browser.post(f"/agency/projects/{other.code}/plan", data={"proposal-text": "另一项目的方案。"})
    assert foreign.status_code == 422
    assert "Enrol first" in foreign.text and "另一项目的方案。" in foreign.text, "what was typed is not lost"
    assert browser.post("/agency/projects/P-2026-999999/plan", data={"proposal-text": "x"}).status_code == 404
    assert world.project.enrol_until is not None
    set_clock(world.project.enrol_until)
    late = browser.post(f"{path}/plan", data={"proposal-text": "迟到的方案。"})
    assert late.status_code == 409
    assert "The time for plans is over" in late.text and "迟到的方案。" in late.text
    assert plans(session) == 3


def test_the_number_of_a_file_tells_nothing_of_what_others_handed_in(app: Flask, session: Session) -> None:
    """Two plans of one's own, whether others handed some in between or not: their numbers have nothing in common."""
    _world, browser, path = plan_page(app)
    shown = []
    for _time in range(2):
        browser.post(f"{path}/plan", data={"proposal-file": (io.BytesIO(make_pdf()), "plan.pdf")})
        number = re.search(r'href="/files/(\d+)"', browser.get(path).text)
        assert number is not None
        shown.append(int(number[1]))
    rows = list(session.scalars(sa.select(Proposal.document_id).where(Proposal.document_id.is_not(None))))
    assert sorted(rows) == [min(rows), min(rows) + 1], "neighbours in the table"
    assert abs(shown[0] - shown[1]) > 1 and not set(shown) & set(rows)
    own = browser.get(f"/files/{shown[1]}")
    assert (own.status_code, own.mimetype) == (200, "application/pdf")
    assert browser.get(f"/files/{max(rows)}").status_code == 404
