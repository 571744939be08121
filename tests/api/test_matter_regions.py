"""/matters with ?region=, and a region's own entries by program."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.permissions import Role
from tests.factories.api import Program, make_program
from tests.factories.matters import CHENGDU, SOME_MATTER, WUHOU, make_matter, make_regional
from tests.factories.policies import make_region


def test_the_wording_of_a_region_says_from_which_list_each_value_comes(client: FlaskClient, session: Session) -> None:
    make_matter()
    make_region(WUHOU)
    make_regional(CHENGDU, department="市局", fee_standard="市价")
    make_regional(
        WUHOU, carried_out=False, not_carried_out_reason="由市级统一办理", not_carried_out_basis="武府函〔2026〕2号"
    )
    url = f"/api/v1/matters/{SOME_MATTER}"
    home = client.get(url).json
    assert (home["carried_out"], set(home["sources"].values()), home["regional_versions"]) == (None, {"510000"}, [])
    city = client.get(f"{url}?region={CHENGDU}").json
    assert (city["department"], city["fee_standard"], city["carried_out"]) == ("市局", "市价", True)
    assert (city["sources"]["department"], city["sources"]["note"]) == (CHENGDU, "510000")
    county = client.get(f"{url}?region={WUHOU}").json
    assert county["not_carried_out"] == {"region": WUHOU, "reason": "由市级统一办理", "basis": "武府函〔2026〕2号"}
    assert [item["region"] for item in county["regional_versions"]] == [CHENGDU, WUHOU]
    assert (county["department"], county["carried_out"], county["requirement"]) == ("市局", False, home["requirement"])
    listed = client.get(f"/api/v1/matters?region={WUHOU}").json["items"]
    assert [(item["department"], item["carried_out"]) for item in listed] == [("市局", False)]
    assert client.get("/api/v1/matters").json["items"][0]["carried_out"] is None
    assert client.get(f"{url}?region=440100").status_code == 404
    assert client.get(f"{url}?region=x").status_code == 422


def test_a_program_words_submits_and_publishes_an_entry(client: FlaskClient, session: Session) -> None:
    make_matter()
    make_region(CHENGDU)
    editor = make_program(client, Role.EDITOR, region_code=CHENGDU)
    nobody, owner = Program(client), make_program(client, Role.OWNER)
    path = f"/matters/{SOME_MATTER}/regions/{CHENGDU}"
    body: dict[str, object] = {"version": 0, "change_kind": "new", "department": "成都市发改委"}
    assert nobody.ask("PATCH", path, body).status_code == 401
    assert owner.ask("PATCH", path, body).status_code == 403
    other = make_program(client, Role.EDITOR, region_code=WUHOU)
    assert other.ask("PATCH", path, body).status_code == 403
    missing = editor.ask("PATCH", path, {"department": "x", "change_kind": "new"})
    assert [item["field"] for item in missing.json["errors"]] == ["version"]
    made = editor.ask("PATCH", path, body)
    assert (made.status_code, made.json["state"], made.json["wording"]) == (200, "draft", 1), made.json
    assert editor.ask("PATCH", path, body).status_code == 409
    seen = made.json["version"]
    changed = editor.ask("PATCH", path, {"version": seen, "change_kind": "new", "note": "二楼窗口"})
    assert (changed.json["department"], changed.json["note"]) == ("成都市发改委", "二楼窗口")
    assert editor.ask("PATCH", path, {"version": seen, "change_kind": "new", "note": "三楼"}).status_code == 409
    bad = {"version": changed.json["version"], "change_kind": "new", "note": "须具备甲级资质"}
    assert [item["field"] for item in editor.ask("PATCH", path, bad).json["errors"]] == ["note"]
    refusal = bad | {"note": "", "not_carried_out": True}
    assert {item["field"] for item in editor.ask("PATCH", path, refusal).json["errors"]} == {
        "not_carried_out_reason",
        "not_carried_out_basis",
    }
    assert nobody.get(path).status_code == 404
    assert editor.post(f"{path}/publish").status_code == 409
    assert editor.post(f"{path}/submit").json["state"] == "submitted"
    assert editor.post(f"{path}/return", {"reason": "写全称"}).json["return_reason"] == "写全称"
    assert editor.post(f"{path}/submit").json["state"] == "submitted"
    assert editor.post(f"{path}/publish").json["state"] == "published"
    history = nobody.get(path).json["versions"]
    assert [(item["number"], item["change_kind"], item["carried_out"]) for item in history] == [(1, "new", True)]
    assert nobody.get(f"/matters/{SOME_MATTER}?region={CHENGDU}").json["department"] == "成都市发改委"
    assert nobody.get(f"/matters/{SOME_MATTER}/regions/999999").status_code == 404
    assert editor.ask("PATCH", f"/matters/{SOME_MATTER}/regions/510000", body).status_code == 403
    assert editor.ask("PATCH", f"/matters/ZJ999/regions/{CHENGDU}", body).status_code == 404


def test_a_stale_change_of_a_draft_matter_is_refused(client: FlaskClient, session: Session) -> None:
    make_matter()
    editor = make_program(client, Role.EDITOR, region_code="510000")
    body: dict[str, object] = {"version": make_matter().version, "change_kind": "wording", "change_reason": "规范"}
    first = editor.ask("PATCH", f"/matters/{SOME_MATTER}", body | {"name": "第一次"})
    assert first.status_code == 200, first.json
    assert editor.ask("PATCH", f"/matters/{SOME_MATTER}", body | {"name": "迟了"}).status_code == 409
    seen = body | {"version": first.json["version"], "name": "第二次"}
    assert editor.ask("PATCH", f"/matters/{SOME_MATTER}", seen).status_code == 200
    assert editor.ask("PATCH", f"/matters/{SOME_MATTER}", seen).status_code == 409
