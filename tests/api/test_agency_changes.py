"""An agency changes its file by program: one field or several, services, certificates, history, leaving."""

from supermarket.extensions import db
from tests.factories.agencies import make_agency
from tests.factories.api_world import World
from tests.factories.matters import SOME_MATTER


def version(market: World) -> int:
    return int(market.program("agency").get(f"/agencies/{market.agency.uscc}").json["version"])


def test_one_field_or_several_stale_and_history(market: World) -> None:
    agency, path = market.program("agency"), f"/agencies/{market.agency.uscc}"
    seen = version(market)
    assert agency.ask("PATCH", path, {"address": "别处1号"}).status_code == 422
    done = agency.ask("PATCH", path, {"version": seen, "address": "别处1号", "name": "新名字有限公司"})
    assert (done.status_code, done.json["address"]) == (200, "别处1号")
    assert done.json["name"] == market.agency.name != "新名字有限公司"
    assert agency.ask("PATCH", path, {"version": seen, "address": "别处2号"}).status_code == 409
    items = agency.get(f"{path}/changes").json["items"]
    assert [(item["number"], item["state"], item["fields"][0]["field"]) for item in items] == [
        (2, "waiting", "name"),
        (1, "applied", "address"),
    ]
    assert items[0]["decision_due_at"] is not None
    assert market.program("operator").get(f"{path}/changes").status_code == 200
    assert market.program("nobody").get(f"{path}/changes").status_code == 401
    assert agency.ask("DELETE", f"{path}/changes/2").json["state"] == "withdrawn"
    assert agency.ask("DELETE", f"{path}/changes/2").status_code == 409
    assert agency.ask("PATCH", path, {"version": version(market), "uscc": "91510107MAX000001X"}).status_code == 422


def test_services_and_certificates_change_without_the_rest(market: World) -> None:
    agency, path = market.program("agency"), f"/agencies/{market.agency.uscc}"
    offered = agency.ask("PATCH", f"{path}/services/{SOME_MATTER}", {"version": version(market), "promised_days": 7})
    assert (offered.json["promised_days"], offered.json["fee_standard"]) == (7, "按合同约定")
    assert agency.ask("PATCH", f"{path}/services/{SOME_MATTER}", {"version": 1, "promised_days": 8}).status_code == 409
    assert [item["promised_days"] for item in agency.get(f"{path}/services").json["items"]] == [7]
    body = {"kind": "Q021", "number": "测-77", "issuer": "四川省厅", "level": "甲级"}
    filed = agency.post(f"{path}/qualifications", body)
    assert (filed.status_code, filed.json["verified"]) == (201, False)
    url = f"{path}/qualifications/{filed.json['id']}"
    renewed = agency.ask("PATCH", url, {"version": version(market), "number": "测-78"})
    assert (renewed.json["number"], renewed.json["replaces"]) == ("测-78", filed.json["id"])
    assert agency.ask("PATCH", url, {"version": version(market), "number": "测-79"}).status_code == 404
    assert agency.ask("DELETE", f"{path}/qualifications/{renewed.json['id']}").status_code == 204


def test_another_agencys_file_is_out_of_reach(market: World) -> None:
    other = make_agency()
    db.session.commit()  # a refused write rolls back what was not
    agency, path = market.program("agency"), f"/agencies/{other.uscc}"
    for method, address, body in (
        ("PATCH", path, {"version": other.version, "address": "x"}),
        ("PATCH", f"{path}/services/{SOME_MATTER}", {"version": 1, "promised_days": 3}),
        ("DELETE", f"{path}/services/{SOME_MATTER}", None),
        ("DELETE", f"{path}/changes/1", None),
        ("POST", f"{path}/leave", {"reason": "业务调整"}),
        ("POST", f"{path}/come-back", {"reason": "业务调整"}),
    ):
        assert agency.ask(method, address, body).status_code in (403, 404), address
    assert agency.get(f"{path}/changes").status_code == 403


def test_leaving_names_what_still_runs(market: World) -> None:
    answer = market.program("agency").post(f"/agencies/{market.agency.uscc}/leave", {"reason": "业务调整"})
    assert answer.status_code == 422
    assert market.contract.code in str(answer.json)
