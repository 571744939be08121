"""Exceptions and the wording check for programs."""

import pytest

from tests.factories.api import project_body
from tests.factories.api_world import World
from tests.factories.exceptions import BASIS, SENTENCE

NOTES = f"按规范编制。{SENTENCE}。"
ASK = {
    "rule": "registered_capital",
    "text": SENTENCE,
    "reason": "该项目由特别法规定资本条件",
    "legal_basis": BASIS,
}


def test_a_refused_draft_names_field_words_place_law_and_another_wording(market: World) -> None:
    answer = market.program("owner").post("/projects", project_body(requirements=NOTES))
    assert answer.status_code == 422
    (finding,) = answer.get_json()["findings"]
    assert finding["code"] == "registered_capital"
    evidence = finding["evidence"]
    assert (evidence["field"], evidence["found"]) == ("requirements", "注册资本不低于")
    assert NOTES[evidence["start"] : evidence["end"]] == "注册资本不低于"
    assert (evidence["passage"], evidence["basis"]) == (SENTENCE, "《政府采购促进中小企业发展管理办法》第五条")
    assert evidence["instead"]
    assert evidence["exceptable"] is True


def test_the_wording_can_be_checked_before(market: World) -> None:
    answer = market.program("owner").post("/requirement-checks", {"description": "国有企业优先", "requirements": NOTES})
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["ok"] is False
    assert [(each["code"], each["field"]) for each in body["findings"]] == [
        ("ownership", "description"),
        ("registered_capital", "requirements"),
    ]
    assert market.program("owner").post("/requirement-checks", {"requirements": "按规范"}).get_json() == {
        "ok": True,
        "findings": [],
    }
    assert market.program("nobody").post("/requirement-checks", {"requirements": "按规范"}).status_code == 401
    assert {each["code"] for each in market.program("nobody").get("/requirement-rules").get_json()["items"]} >= {
        "registered_capital",
        "named_agency",
    }


def test_asked_granted_published_and_read_by_everybody(market: World) -> None:
    owner, operator, nobody = (market.program(name) for name in ("owner", "operator", "nobody"))
    code = owner.post("/projects", project_body(requirements=NOTES, keep_refused=True)).get_json()["code"]
    refused = owner.post(f"/projects/{code}/submit")
    assert (refused.status_code, refused.get_json()["findings"][0]["code"]) == (422, "registered_capital")
    asked = owner.post(f"/projects/{code}/exceptions", ASK)
    assert asked.status_code == 201
    body = asked.get_json()
    assert asked.headers["Location"] == f"/api/v1/exceptions/{body['id']}"
    assert (body["state"], body["decided_by"]) == ("asked", None)
    assert nobody.get(f"/exceptions/{body['id']}").status_code == 404
    assert operator.get(f"/exceptions/{body['id']}").get_json()["allowed"] == ["grant", "deny", "withdraw"]
    assert owner.post(f"/exceptions/{body['id']}/grant", {"reason": "自己批准自己"}).status_code == 403
    granted = operator.post(f"/exceptions/{body['id']}/grant", {"reason": "特别法有明确规定"})
    assert granted.get_json()["state"] == "granted"
    assert nobody.get("/exceptions").get_json()["items"] == []
    changed = owner.ask("PATCH", f"/projects/{code}", {"version": 1, "name": "改了名称的项目"})
    assert changed.status_code == 200, "what a draft holds already it may go on holding"
    assert owner.post(f"/projects/{code}/submit").status_code == 200
    (listed,) = nobody.get("/exceptions?rule=registered_capital&region=510100").get_json()["items"]
    assert (listed["project"], listed["text"], listed["legal_basis"]) == (code, SENTENCE, BASIS)
    assert listed["decided_by"]
    assert nobody.get(f"/projects/{code}").get_json()["exceptions"] == [listed]
    assert nobody.get(f"/projects/{code}/exceptions").get_json()["items"] == [listed]
    revoked = operator.post(f"/exceptions/{body['id']}/revoke", {"reason": "依据已经废止"})
    assert (revoked.status_code, revoked.get_json()["state"]) == (409, "in_force")


@pytest.mark.parametrize("action", ["deny", "revoke"])
def test_the_operator_says_no_and_the_owner_withdraws(market: World, action: str) -> None:
    owner, operator = market.program("owner"), market.program("operator")
    number = owner.post(f"/projects/{market.draft.code}/exceptions", ASK).get_json()["id"]
    if action == "revoke":
        operator.post(f"/exceptions/{number}/grant", {"reason": "特别法有明确规定"})
    answer = operator.post(f"/exceptions/{number}/{action}", {"reason": "法律没有这样的规定"})
    assert answer.get_json()["state"] == {"deny": "denied", "revoke": "revoked"}[action]
    assert owner.post(f"/exceptions/{number}/withdraw").status_code == 409
    again = owner.post(f"/projects/{market.draft.code}/exceptions", ASK).get_json()["id"]
    assert owner.post(f"/exceptions/{again}/withdraw").get_json()["state"] == "withdrawn"


def test_never_exceptable_says_so(market: World) -> None:
    body = ASK | {"rule": "named_agency", "text": "指定由某某设计研究院承担"}
    answer = market.program("owner").post(f"/projects/{market.draft.code}/exceptions", body)
    assert answer.status_code == 422
    assert answer.get_json()["findings"][0]["code"] == "never_exceptable"


def test_a_stated_level_goes_into_the_tree_and_a_higher_one_needs_an_exception(market: World) -> None:
    answer = market.program("owner").post("/projects", project_body(qualifications=[{"leaf": 99, "level": "甲级"}]))
    assert answer.status_code == 422
