"""The operator brings a file of agencies in by the page."""

import io
from datetime import datetime

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency
from supermarket.core.permissions import Role
from supermarket.documents.models import Document
from supermarket.documents.queries import file_number
from tests.factories.accounts import fresh_uscc, make_actor
from tests.factories.policies import count, make_region
from tests.factories.web import make_browser

HEADING = "name,uscc,province_code,city_code\n"


def send(client: FlaskClient, text: str, **more: str) -> tuple[int, str]:
    data = {"file": (io.BytesIO(text.encode()), "agencies.csv"), **more}
    reply = client.post("/office/agencies/import", data=data, content_type="multipart/form-data")
    return reply.status_code, reply.text


def test_looking_first_then_writing_and_the_report_is_the_operators_own(
    app: Flask, session: Session, at: datetime
) -> None:
    make_region()
    client = make_browser(app, make_actor(Role.OPERATOR))
    assert "province_code" in client.get("/office/agencies/import").text
    text = HEADING + f"测试甲公司,{fresh_uscc()},510000,510100\n"
    assert send(client, text, check_only="1")[0] == 200
    assert count(Agency) == 0
    status, page = send(client, text)
    assert (status, count(Agency)) == (200, 1)
    kept = session.scalars(sa.select(Document).order_by(Document.id.desc())).first()
    assert kept is not None and not kept.public
    assert f"/files/{file_number(kept.id)}" in page
    reply = client.get(f"/files/{file_number(kept.id)}")
    assert reply.status_code == 200
    assert reply.data.decode("utf-8-sig").splitlines()[1].split(",")[2] == "created"


def test_a_wrong_row_keeps_everything_out_and_stands_on_the_page(app: Flask, session: Session, at: datetime) -> None:
    make_region()
    client = make_browser(app, make_actor(Role.OPERATOR))
    text = HEADING + f"测试甲公司,{fresh_uscc()},510000,510100\n测试乙公司,91510107MAX000001X,510000,510100\n"
    status, page = send(client, text)
    assert (status, count(Agency)) == (422, 0)
    assert "91510107MAX000001X" in page
    assert send(client, text, keep_good="1")[0] == 200
    assert count(Agency) == 1


def test_a_file_that_is_no_table_is_refused_at_its_field(app: Flask, session: Session) -> None:
    client = make_browser(app, make_actor(Role.OPERATOR))
    status, page = send(client, "nothing of the kind")
    assert status == 422
    assert "province_code" in page
