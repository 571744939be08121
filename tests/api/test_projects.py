"""/projects and what belongs to a project, through the API: who, when, whether."""

from datetime import date

from supermarket.extensions import db
from supermarket.selection.bidder import seal_as_bidder
from tests.factories.agencies import make_agency
from tests.factories.api import project_body, yuan
from tests.factories.api_world import World
from tests.factories.projects import needed_people


def test_a_draft_is_its_owners(market: World) -> None:
    owner, code = market.program("owner"), market.draft.code
    assert owner.get(f"/projects/{code}").json["state"] == "draft"
    for name in ("nobody", "agency", "operator", "supervisor"):
        answer = market.program(name).get(f"/projects/{code}")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    listed = [item["code"] for item in market.program("nobody").get("/projects").json["items"]]
    assert code not in listed
    assert market.random.code in listed
    mine = [item["code"] for item in owner.get("/projects?mine=true").json["items"]]
    assert mine[-1] == code
    assert owner.get("/projects?mine=true&state=draft").json["items"][0]["budget"] == yuan("100000.00")


def test_draft_change_submit(market: World) -> None:
    owner = market.program("owner")
    made = owner.post("/projects", project_body(avoid=[{"agency": market.agency.uscc, "reason": "利害关系"}]))
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/projects/{made.json['code']}")
    code, version = made.json["code"], made.json["version"]
    assert made.json["avoid"] == [{"agency": market.agency.uscc, "reason": "利害关系"}]
    changed = owner.ask("PATCH", f"/projects/{code}", {"version": version, "budget": yuan("90000.5")})
    assert changed.status_code == 200, changed.json
    assert (changed.json["budget"], changed.json["name"]) == (yuan("90000.50"), "接口采购项目")
    assert changed.json["avoid"] == made.json["avoid"]
    stale = owner.ask("PATCH", f"/projects/{code}", {"version": version, "name": "旧页面"})
    assert (stale.status_code, stale.json["code"]) == (409, "stale")
    opened = owner.post(f"/projects/{code}/submit")
    assert (opened.status_code, opened.json["state"]) == (200, "open")
    again = owner.post(f"/projects/{code}/submit")
    assert (again.status_code, again.json["code"], again.json["state"]) == (409, "wrong_state", "open")
    assert "amend" in again.json["allowed"]


def test_fiscal_money_is_reviewed(market: World) -> None:
    owner, operator = market.program("owner"), market.program("operator")
    code = owner.post("/projects", project_body(funding="fiscal")).json["code"]
    assert owner.post(f"/projects/{code}/submit").json["state"] == "in_review"
    assert owner.post(f"/projects/{code}/approve").status_code == 403
    assert operator.post(f"/projects/{code}/return", {"reason": "预算依据不足"}).status_code == 204
    assert owner.get(f"/projects/{code}").json["return_reason"] == "预算依据不足"
    owner.post(f"/projects/{code}/submit")
    approved = operator.post(f"/projects/{code}/approve")
    assert (approved.status_code, approved.json["state"], approved.json["return_reason"]) == (
        200,
        "open",
        "预算依据不足",
    )
    assert market.program("nobody").get(f"/projects/{code}").json["return_reason"] is None


def test_rules_that_say_no_are_findings(market: World) -> None:
    answer = market.program("owner").post("/projects", project_body(requirements="注册资本不少于500万元"))
    assert (answer.status_code, answer.json["code"]) == (422, "rule_broken")
    assert [item["code"] for item in answer.json["findings"]] == ["registered_capital"]


def test_what_the_operation_finds_is_at_the_field(market: World) -> None:
    answer = market.program("owner").post("/projects", project_body(matter="ZJ999"))
    assert [(item["field"], item["code"]) for item in answer.json["errors"]] == [("matter", "unknown")]


def test_amend_needs_reason_and_keeps_what_is_not_named(market: World) -> None:
    owner, code = market.program("owner"), market.random.code
    version = owner.get(f"/projects/{code}").json["version"]
    without = owner.post(f"/projects/{code}/amend", {"version": version, "duration_days": 61})
    assert [item["field"] for item in without.json["errors"]] == ["reason"]
    body = {"version": version, "duration_days": 61, "reason": "工期调整"}
    amended = owner.post(f"/projects/{code}/amend", body)
    assert (amended.status_code, amended.json["duration_days"], amended.json["name"]) == (200, 61, "测试采购项目")
    fixed = owner.post(f"/projects/{code}/amend", body | {"version": amended.json["version"], "funding": "fiscal"})
    assert [(item["field"], item["code"]) for item in fixed.json["errors"]] == [("funding", "fixed")]


def test_withdraw_suspend_resume_void_reissue(market: World) -> None:
    owner, supervisor, operator = (market.program(name) for name in ("owner", "supervisor", "operator"))
    code, reason = market.random.code, {"reason": "需要核实情况"}
    assert owner.post(f"/projects/{code}/suspend", reason).status_code == 403
    assert supervisor.post(f"/projects/{code}/suspend", reason).json["state"] == "suspended"
    assert owner.post(f"/projects/{code}/withdraw", reason).status_code == 409
    assert supervisor.post(f"/projects/{code}/resume", reason).json["state"] == "open"
    withdrawn = owner.post(f"/projects/{code}/withdraw", reason)
    assert (withdrawn.json["state"], withdrawn.json["end_reason"]) == ("withdrawn", "需要核实情况")
    assert operator.post(f"/projects/{market.bidding.code}/void", reason).json["state"] == "void"
    again = owner.post(f"/projects/{code}/reissue")
    assert (again.status_code, again.json["state"], again.json["reissue_of"]) == (201, "draft", code)
    assert owner.post(f"/projects/{code}/reissue").status_code == 409


SIGNED = {"at": "2026-03-02T10:00:00+08:00", "signature": "0" * 128}


def test_enrol_and_quote_stay_sealed(market: World) -> None:
    agency, code = market.program("agency"), market.bidding.code
    people = [item["id"] for item in agency.get(f"/agencies/{market.agency.uscc}/practitioners").json["items"]]
    assert len(people) == needed_people(market.draft.matter_code)
    keys = market.bidding.quote_keys
    assert keys is not None
    made = seal_as_bidder(code, market.agency.uscc, 1, 8_000_000, keys).sealed
    sealed = {"seq": 1, "commitment": made.commitment, "ciphertext": made.ciphertext.hex()}
    assert agency.post(f"/projects/{code}/quotes", sealed).json["code"] == "not_enrolled"
    made = agency.post(f"/projects/{code}/enrolments", {"practitioners": people})
    assert made.status_code == 201, made.json
    assert made.json["findings"]
    assert all(item["ok"] for item in made.json["findings"])
    twice = agency.post(f"/projects/{code}/enrolments", {"practitioners": people})
    assert (twice.status_code, twice.json["code"]) == (409, "already_enrolled")
    kept = agency.post(f"/projects/{code}/quotes", sealed)
    assert kept.status_code == 201, kept.json
    assert (kept.json["amount"], kept.json["body"]) == (None, None)
    assert set(kept.json["receipt"]) == {"at", "signature", "key"}
    assert agency.post(f"/projects/{code}/quotes", sealed).json == kept.json, "the same again gets the same receipt"
    own = agency.get(f"/projects/{code}/quotes").json["items"]
    assert [(item["seq"], item["amount"], item["body"]) for item in own] == [(1, None, None)]
    for name in ("nobody", "owner", "operator"):
        assert market.program(name).get(f"/projects/{code}/quotes").json == {"items": [], "next": None}
        assert market.program(name).get(f"/projects/{code}/enrolments").json["items"] == []
    for wrong, field in (
        ({**sealed, "amount": yuan("80000")}, "amount"),
        ({**sealed, "seq": "1"}, "seq"),
        ({**sealed, "seq": 0}, "seq"),
        ({**sealed, "seq": 2}, "commitment"),
        ({**sealed, "seq": 3}, "seq"),
        ({**sealed, "seq": 2, "commitment": "A" * 64}, "commitment"),
        ({**sealed, "seq": 2, "ciphertext": "ab"}, "ciphertext"),
        ({**sealed, "seq": 2, "ciphertext": "xy"}, "ciphertext"),
        ({"seq": 2, "commitment": "a" * 64}, "ciphertext"),
    ):
        answer = agency.post(f"/projects/{code}/quotes", wrong)
        assert answer.status_code == 422, wrong
        assert field in [item["field"] for item in answer.json["errors"]], (wrong, answer.json)
    here = agency.post(f"/projects/{code}/open-quotes", {"amount": yuan("80000")})
    assert (here.status_code, here.json["code"]) == (422, "sealed_by_bidder")
    book = market.program("nobody").get(f"/projects/{code}/quote-book").json
    assert (book["list"], book["quotes"], book["keys"]["operator"]) == (None, None, keys["operator"])
    early = agency.post(f"/projects/{code}/quotes/missing", {"seq": 1, "commitment": "a" * 64, **SIGNED})
    assert (early.status_code, early.json["code"]) == (409, "wrong_state")
    assert agency.post(f"/projects/{code}/quotes/body", {"body": "quote-v1"}).status_code == 404
    assert agency.ask("DELETE", f"/projects/{code}/enrolments").status_code == 204
    assert agency.ask("DELETE", f"/projects/{code}/enrolments").json["code"] == "not_enrolled"


def test_who_may_not_enrol_gets_every_reason(market: World) -> None:
    market.agency.standing = "frozen"
    for row in market.agency.qualifications:
        row.valid_until = date(2020, 1, 1)
    db.session.commit()
    answer = market.program("agency").post(f"/projects/{market.random.code}/enrolments", {})
    assert (answer.status_code, answer.json["code"]) == (422, "rule_broken")
    assert {"standing", "qualifications_valid"} <= {item["code"] for item in answer.json["findings"]}
    assert market.program("owner").post(f"/projects/{market.random.code}/enrolments", {}).status_code == 403


def test_direct_selection_is_accepted_or_declined(market: World) -> None:
    owner, agency = market.program("owner"), market.program("agency")
    body = project_body(mode="direct", agency=market.agency.uscc, budget=yuan("40000"))
    codes = [owner.post("/projects", body).json["code"] for _number in range(2)]
    for code in codes:
        assert owner.post(f"/projects/{code}/submit").json["state"] == "selecting"
    assert market.program("nobody").get(f"/projects/{codes[0]}/award").status_code == 404
    assert agency.get(f"/projects/{codes[0]}/award").json["state"] == "offered"
    taken = agency.post(f"/projects/{codes[0]}/award/accept", {})
    assert (taken.status_code, taken.json["state"], taken.json["price"]) == (200, "announced", yuan("40000.00"))
    assert market.program("nobody").get(f"/projects/{codes[0]}/award").json["agency"] == market.agency.uscc
    assert market.program("nobody").get(f"/projects?winner={market.agency.uscc}").json["items"][0]["code"] == codes[0]
    given_up = agency.post(f"/projects/{codes[1]}/award/decline", {"reason": "人手不足，无法承接"})
    assert (given_up.status_code, given_up.json["state"]) == (200, "declined")
    assert owner.get(f"/projects/{codes[1]}").json["state"] == "failed"
    assert agency.post(f"/projects/{codes[1]}/award/accept", {}).status_code in {404, 409}


def test_draws_that_are_not_there(market: World) -> None:
    nobody, code = market.program("nobody"), market.random.code
    assert nobody.get(f"/projects/{code}/draw").status_code == 404
    assert nobody.get(f"/projects/{code}/draws/main").status_code == 404
    assert nobody.get(f"/projects/{code}/draws/other").status_code == 404
    assert nobody.get(f"/projects/{code}/draws").json == {"items": [], "next": None}


def test_another_agencys_business_is_not_told(market: World) -> None:
    other = make_agency()
    db.session.commit()
    agency = market.program("agency")
    answer = agency.post(f"/agencies/{other.uscc}/pledge")
    assert answer.status_code == 403
    assert agency.get(f"/agencies/{other.uscc}/checks").status_code == 403
