"""/agencies/{uscc}/practitioners, licences, moves: who works where, as programs see it; never an identity number."""

import sqlalchemy as sa
from flask.testing import FlaskClient

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import PractitionerMove
from supermarket.core.permissions import Role
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from supermarket.gateways import current
from tests.factories.agencies import make_agency, make_practitioner
from tests.factories.api import Program, make_program
from tests.factories.api_world import World

IDENTITY = invented_identity_number(801)
FILED = {
    "name": "李程序",
    "licence_kind": "Q064",
    "licence_number": "川程1",
    "registered_until": "2035-01-01",
    "identity_number": IDENTITY,
}


def test_people_are_filed_with_several_licences_and_corrected(market: World) -> None:
    program = market.program("agency")
    path = f"/agencies/{market.agency.uscc}"
    made = program.post(f"{path}/practitioners", FILED)
    assert made.status_code == 201
    assert IDENTITY not in made.text
    person = made.json["id"]
    assert [(item["number"], item["verified"]) for item in made.json["licences"]] == [("川程1", False)]
    more = {"licence_kind": "Q059", "licence_number": "川程2", "registered_until": "2030-01-01"}
    second = program.post(f"{path}/practitioners/{person}/licences", more)
    assert second.status_code == 201
    assert program.post(f"{path}/practitioners/{person}/licences", more).status_code == 409
    changed = program.ask("PATCH", f"{path}/licences/{second.json['id']}", {"registered_until": "2031-01-01"})
    assert (changed.status_code, changed.json["number"], changed.json["registered_until"]) == (
        200,
        "川程2",
        "2031-01-01",
    )
    assert program.ask("PATCH", f"{path}/practitioners/{person}", {"name": "李改名"}).json["name"] == "李改名"
    assert program.ask("DELETE", f"{path}/licences/{changed.json['id']}").status_code == 204
    only = program.get(f"{path}/practitioners").json["items"][-1]["licences"]
    assert [item["number"] for item in only] == ["川程1"]
    assert program.ask("DELETE", f"{path}/licences/{only[0]['id']}").status_code == 409
    assert market.program("operator").post(f"{path}/practitioners", FILED).status_code == 403
    assert program.ask("DELETE", f"{path}/practitioners/{person}").status_code == 204


def elsewhere(client: FlaskClient) -> tuple[str, Program]:
    """Another agency that has the person."""
    home = make_agency(matters=())
    person = make_practitioner(home)
    person.identity_hash = current().keys.keyed_hash("identity", IDENTITY)
    db.session.commit()
    return home.uscc, make_program(client, Role.AGENCY, db.session.get_one(Organisation, home.organisation_id))


def test_a_move_by_programs(client: FlaskClient, market: World) -> None:
    home, holder = elsewhere(client)
    asker, own = market.program("agency"), f"/agencies/{market.agency.uscc}"
    asked = asker.post(f"{own}/practitioners", FILED)
    assert (asked.status_code, asked.json["id"], asked.json["move"]["state"]) == (201, None, "asked")
    move = asked.json["move"]["id"]
    assert home not in asked.text + asker.get(f"{own}/moves").text
    assert asker.post(f"{own}/practitioners", FILED).status_code == 409
    seen = holder.get(f"/agencies/{home}/moves").json["items"]
    assert [(item["id"], item["asked_by"]) for item in seen] == [(move, market.agency.uscc)]
    assert asker.get(f"/agencies/{home}/moves").status_code == 403
    assert asker.post(f"/moves/{move}/release", None).status_code == 403
    assert holder.post(f"/moves/{move}/refuse", {"reason": ""}).status_code == 422
    refused = holder.post(f"/moves/{move}/refuse", {"reason": "合同未到期"})
    assert refused.json["state"] == "disputed"
    assert "合同未到期" not in asker.get(f"{own}/moves").text
    word = {"decision": "grant", "reason": "已核实"}
    assert holder.post(f"/moves/{move}/decide", word).status_code == 403
    assert market.program("operator").post(f"/moves/{move}/decide", word).json["state"] == "granted"
    assert market.program("operator").post(f"/moves/{move}/decide", word).status_code == 409
    assert asker.get(f"{own}/practitioners").json["items"][-1]["name"] == "李程序"
    assert asker.get(f"{own}/moves").json["items"][0]["decision"] == "已核实"
    assert holder.post("/moves/999999/release", None).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PractitionerMove)) == 1


def test_a_request_is_taken_back(client: FlaskClient, market: World) -> None:
    elsewhere(client)
    asker, own = market.program("agency"), f"/agencies/{market.agency.uscc}"
    move = asker.post(f"{own}/practitioners", FILED).json["move"]["id"]
    assert asker.post(f"/moves/{move}/withdraw", None).json["state"] == "withdrawn"
    assert asker.post(f"/moves/{move}/withdraw", None).status_code == 409
