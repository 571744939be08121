"""/matters, /agencies, /credit, /changes, small lists: what everybody reads, and who writes."""

import base64
import json

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supermarket.agencies.models import Standing
from supermarket.core.events import seal
from supermarket.core.permissions import Role
from supermarket.extensions import db
from tests.factories.accounts import make_organisation
from tests.factories.agencies import make_agency, make_practitioner
from tests.factories.api import Program, make_program
from tests.factories.api_world import World
from tests.factories.matters import make_matter


def codes(program: Program, path: str) -> list[str]:
    """The codes of a whole list, page by page."""
    found, after = [], ""
    while True:
        page = program.get(f"{path}{'&' if '?' in path else '?'}page[size]=2{after}").json
        found.extend(item.get("code") or item["uscc"] for item in page["items"])
        if page["next"] is None:
            return found
        after = f"&page[after]={page['next']}"


def test_matters_page_by_page(client: FlaskClient, session: object) -> None:
    for code in ("ZJ001", "ZJ002", "ZJ003", "ZJ004", "ZJ005"):
        make_matter(code)
    db.session.commit()
    nobody = Program(client)
    assert codes(nobody, "/matters") == ["ZJ001", "ZJ002", "ZJ003", "ZJ004", "ZJ005"]
    whole = nobody.get("/matters/ZJ004").json
    assert (whole["code"], whole["version"], whole["versions"]) == ("ZJ004", 1, [1])
    assert whole["published_at"].endswith("+08:00")
    assert nobody.get("/matters/ZJ998").status_code == 404


def test_a_cursor_neither_skips_nor_doubles_while_rows_come(client: FlaskClient, session: object) -> None:
    nobody = Program(client)
    for code in ("ZJ002", "ZJ004", "ZJ006"):
        make_matter(code)
    db.session.commit()
    first = nobody.get("/matters?page[size]=2").json
    make_matter("ZJ001")
    make_matter("ZJ005")
    db.session.commit()
    rest = nobody.get(f"/matters?page[size]=9&page[after]={first['next']}").json
    assert [item["code"] for item in first["items"] + rest["items"]] == ["ZJ002", "ZJ004", "ZJ005", "ZJ006"]
    assert rest["next"] is None


def test_a_cursor_is_of_one_list_and_not_made_up(market: World) -> None:
    nobody = market.program("nobody")
    cursor = nobody.get("/projects?page[size]=1").json["next"]
    assert nobody.get(f"/projects?page[after]={cursor}").status_code == 200
    for path, text in (
        ("/contracts", cursor),
        ("/projects", "W1siaSIsIjk5OTk5OTk5OTk5Il1d"),
        ("/projects", cursor + "x"),
    ):
        answer = nobody.get(f"{path}?page[after]={text}")
        assert [(item["field"], item["code"]) for item in answer.json["errors"]] == [("page[after]", "cursor")]


def test_projects_by_cursor(market: World) -> None:
    nobody = market.program("nobody")
    found = codes(nobody, "/projects")
    assert len(found) == len(set(found)) == 3
    assert {market.random.code, market.bidding.code} < set(found)


def test_the_list_office_writes_matters(market: World) -> None:
    editor = market.program("editor")
    body = {
        "code": "XX001",
        "region": "510000",
        "name": "新事项",
        "approval_item": "某项审批",
        "department": "某部门",
        "industry": "housing-construction",
        "stage": "construction-permit",
        "commissioned_by": "applicant",
        "fee_bearer": "applicant",
        "fee_kind": "market",
        "valid_from": "2026-01-01",
    }
    industry, stage = market.draft.matter_version.industry, market.draft.matter_version.stage
    body |= {"industry": industry, "stage": stage}
    assert market.program("owner").post("/matters", body).status_code == 403
    made = editor.post("/matters", body)
    assert (made.status_code, made.json["state"]) == (201, "draft"), made.json
    assert editor.post("/matters", body).status_code == 409
    assert market.program("nobody").get("/matters/XX001").status_code == 404
    assert editor.post("/matters/XX001/submit").json["state"] == "submitted"
    refused = editor.post("/matters/XX001/publish")
    assert (refused.status_code, refused.json["findings"][0]["code"]) == (422, "not_lawful")
    assert editor.post("/matters/XX001/return", {"reason": "没有法律依据"}).json["return_reason"] == "没有法律依据"
    version = editor.post("/matters/XX001/submit").json["version"]
    assert editor.post("/matters/XX001/return", {"reason": "没有法律依据"}).json["version"] == version + 1
    change = {"version": version + 1, "change_kind": "basis", "legal_basis": "《测绘法》第三十条"}
    changed = editor.ask("PATCH", "/matters/XX001", change)
    assert changed.status_code == 200, changed.json
    assert editor.ask("PATCH", "/matters/XX001", change).status_code == 409
    bad = editor.ask("PATCH", "/matters/XX001", change | {"requirement": '{"kind": "\\u0000"}'})
    assert [item["field"] for item in bad.json["errors"]] == ["requirement"]
    editor.post("/matters/XX001/submit")
    assert editor.post("/matters/XX001/publish").status_code == 200
    assert market.program("nobody").get("/matters/XX001").json["legal_basis"] == "《测绘法》第三十条"


def test_agencies_with_stars_and_credit(market: World) -> None:
    nobody = market.program("nobody")
    listed = nobody.get("/agencies").json["items"]
    assert [item["uscc"] for item in listed] == [market.agency.uscc]
    assert (listed[0]["stars"], listed[0]["credit_points"], listed[0]["credit_level"]) == (None, 100, "B")
    assert nobody.get("/agencies?min_stars=6").status_code == 422
    assert nobody.get("/agencies?credit=A").json["items"] == []
    shown = nobody.get(f"/agencies/{market.agency.uscc}").json
    assert shown["legal_representative"] is None
    own = market.program("agency").get(f"/agencies/{market.agency.uscc}").json
    assert (own["legal_representative"], own["onboarding"]) == ("测试负责人", "admitted")


def test_an_applicant_is_known_to_itself_and_the_offices(market: World) -> None:
    row = make_agency(standing=Standing.APPLIED)
    db.session.commit()
    assert market.program("nobody").get(f"/agencies/{row.uscc}").status_code == 404
    assert market.program("owner").get(f"/agencies/{row.uscc}/credit").status_code == 404
    assert market.program("operator").get(f"/agencies/{row.uscc}").json["standing"] == "applied"


def test_people_are_masked_for_the_public(market: World) -> None:
    person = make_practitioner(market.agency)
    db.session.commit()
    path = f"/agencies/{market.agency.uscc}/practitioners"
    public = market.program("nobody").get(path).json["items"][-1]
    assert (public["name"][0], set(public["name"][1:]), public["licences"][0]["number"]) == ("从", {"*"}, None)
    own = market.program("agency").get(path).json["items"][-1]
    assert (own["id"], own["name"], own["licences"][0]["number"]) == (person.id, person.name, person.licences[0].number)
    assert "identity" not in str(own)
    assert market.program("agency").ask("DELETE", f"{path}/{person.id}").status_code == 204
    assert market.program("agency").ask("DELETE", f"{path}/{person.id}").status_code == 404


def test_an_agency_enters_itself_and_edits(client: FlaskClient, market: World) -> None:
    body = make_organisation(kind="agency")  # type: ignore[arg-type]  # the text of the enumeration
    program = make_program(client, Role.AGENCY, body)
    profile = {"name": body.name, "uscc": body.uscc, "kind": "enterprise", "region": body.region_code}
    other = program.post("/agencies", profile | {"uscc": market.agency.uscc})
    assert [(item["field"], item["code"]) for item in other.json["errors"]] == [("uscc", "other")]
    made = program.post("/agencies", profile)
    assert (made.status_code, made.json["standing"]) == (201, "applied"), made.json
    assert program.post("/agencies", profile).status_code == 409
    version = made.json["version"]
    changed = program.ask("PATCH", f"/agencies/{body.uscc}", {"version": version, "address": "新地址"})
    assert (changed.status_code, changed.json["address"], changed.json["name"]) == (200, "新地址", body.name)
    stale = program.ask("PATCH", f"/agencies/{body.uscc}", {"version": version, "address": "旧"})
    assert stale.status_code == 409
    assert program.post(f"/agencies/{body.uscc}/pledge").json["pledge_signed_at"] is not None
    ran = program.post(f"/agencies/{body.uscc}/checks")
    assert ran.status_code == 201, ran.json
    assert {item["code"] for item in ran.json["items"]} >= {"uscc", "registration", "pledge"}
    assert market.program("agency").post(f"/agencies/{body.uscc}/checks").status_code == 404


def test_credit_and_lists(market: World) -> None:
    nobody = market.program("nobody")
    found = nobody.get(f"/agencies/{market.agency.uscc}/credit").json
    assert (found["points"], found["level"], found["entries"]) == (100, "B", [])
    assert nobody.get(f"/agencies/{market.agency.uscc}/ratings").json == {"items": [], "next": None}
    assert nobody.get("/credit/lists/black").json == {"items": [], "next": None}
    assert nobody.get("/credit/lists/grey").status_code == 404


def test_changes_are_sealed_public_and_in_order(market: World) -> None:
    nobody = market.program("nobody")
    assert nobody.get("/changes").json == {"items": [], "next": None}
    seal()
    db.session.commit()
    seen, after = [], ""
    while page := nobody.get(f"/changes?page[size]=7{after}").json:
        seen.extend(page["items"])
        after = f"&page[after]={page['next']}"
        if not page["items"]:
            break
    order = "SELECT e.tag FROM platform.sealed_events s JOIN platform.events e ON e.id = s.event_id WHERE e.public ORDER BY s.seq"
    assert [item["tag"] for item in seen] == list(db.session.scalars(sa.text(order)))
    assert len({item["id"] for item in seen}) == len(seen)
    tags = {item["tag"] for item in seen}
    assert {"project.published", "contract.in_force"} <= tags
    assert not tags & {"project.drafted", "enrolment.enrolled", "account.token_issued"}
    assert nobody.get(f"/changes?page[size]=7{after}").json["next"] == after.removeprefix("&page[after]=")
    assert nobody.get("/changes?page[size]=7").json["items"] == seen[:7], "the same names whenever they are read"
    of_one = nobody.get(f"/changes?project={market.random.code}").json["items"]
    assert {item["project"] for item in of_one} == {market.random.code}


def test_changes_do_not_tell_how_much_happened_between_two_of_them(market: World) -> None:
    """Between two public events somebody enrolled or quoted, or nobody: the feed looks the same (ADR 36)."""
    nobody = market.program("nobody")
    seal()
    db.session.commit()
    (first, second) = nobody.get("/changes?page[size]=2").json["items"]
    assert set(first) == {"id", "tag", "subject", "code", "project", "agency", "at", "data"}
    # A cursor carries the place of the last change that was read: nothing in it can be read or compared.
    kept = nobody.get("/changes?page[size]=1").json["next"]
    assert json.loads(base64.urlsafe_b64decode(kept.split(".")[0] + "==")) == [["s", first["id"]]]
    raw = [base64.urlsafe_b64decode(item["id"] + "=" * (-len(item["id"]) % 4)) for item in (first, second)]
    assert [len(part) for part in raw] == [24, 24]
    assert sum(a == b for a, b in zip(*raw, strict=True)) < 8, "neighbours have nothing in common"
    for wrong in ("x", first["id"], kept[:-1], kept + "A"):
        answer = nobody.get(f"/changes?page[after]={wrong}")
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "page[after]"), wrong


def test_small_lists(market: World) -> None:
    nobody = market.program("nobody")
    assert [item["code"] for item in nobody.get("/regions").json["items"]] == ["510000"]
    assert [item["code"] for item in nobody.get("/regions?parent=510000").json["items"]] == ["510100"]
    assert nobody.get("/industries").json["items"]


@pytest.mark.parametrize(
    ("path", "most"),
    [("/matters", 4), ("/agencies", 6), ("/projects", 4), ("/contracts", 8), ("/changes", 3), ("/regions", 3)],
)
def test_a_list_takes_few_statements_whatever_its_size(market: World, path: str, most: int) -> None:
    for _number in range(5):
        make_agency()
    seal()
    db.session.commit()
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    program = market.program("owner")
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert program.get(f"{path}?page[size]=100").status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    # The token and the account's roles take three of them.
    asked = [text for text in statements if not text.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]
    assert len(asked) <= most + 3, "\n".join(asked)


def test_the_docs_page_is_ours_alone(market: World) -> None:
    client = market.program("nobody").client
    page = client.get("/api/docs")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "curl -X POST" in text
    assert "/api/v1/projects/P-2026-000123/enrolments" in text
    assert "<script>" not in text
    assert " style=" not in text
    assert 'src="http' not in text
