"""/contracts through the API: sign, hand in, accept, pay, rate; files; what is private."""

import io

import pytest

from supermarket.extensions import db
from tests.factories.api import V1, Program, yuan
from tests.factories.api_world import World
from tests.factories.contracts import PDF, make_contract, make_deal


def upload(program: Program, path: str, name: str = "report.pdf", data: bytes = PDF, **fields: str) -> object:
    """A multipart request with a file."""
    form = {"file": (io.BytesIO(data), name), **fields}
    return program.client.post(V1 + path, data=form, headers=program.headers(), content_type="multipart/form-data")


def test_a_draft_is_the_sides_own_and_signed_by_its_hash(market: World) -> None:
    deal = make_deal(owner=market.owner, agencies=[market.agency])
    code = make_contract(deal).code
    db.session.commit()
    owner, nobody = (market.program(name) for name in ("owner", "nobody"))
    assert nobody.get(f"/contracts/{code}").status_code == 404
    assert code not in [item["code"] for item in nobody.get("/contracts").json["items"]]
    assert code in [item["code"] for item in owner.get("/contracts").json["items"]]
    text = owner.get(f"/contracts/{code}").json["document_sha256"]
    assert nobody.post(f"/contracts/{code}/signatures", {"document_sha256": text, "consent": True}).status_code == 401
    operator = market.program("operator")
    assert operator.post(f"/contracts/{code}/signatures", {"document_sha256": text, "consent": True}).status_code == 403


def test_the_life_of_a_contract(market: World) -> None:
    owner, agency, nobody = (market.program(name) for name in ("owner", "agency", "nobody"))
    path = f"/contracts/{market.contract.code}"
    public = nobody.get(path).json
    assert (public["state"], public["document_sha256"]) == ("in_force", None)
    assert [item["party"] for item in nobody.get(f"{path}/signatures").json["items"]] == ["owner", "agency"]
    for part in ("deliverables", "payments", "acceptance", "urges"):
        assert nobody.get(f"{path}/{part}").status_code == 401
        assert market.program("editor").get(f"{path}/{part}").status_code == 403
    first = owner.post(f"{path}/payments/1", {"reference": "回单1", "amount": yuan("30000.00")})
    assert (first.status_code, first.json["state"]) == (201, "pending"), first.json
    assert agency.post(f"{path}/payments/1/refuse", {"reason": "未到账"}).json["state"] == "failed"
    scan = upload(owner, f"{path}/payments/1", "voucher.pdf", reference="回单2", amount="30000.00")
    assert scan.status_code == 201, scan.json
    assert scan.json["vouchers"][1]["file"]["name"] == "voucher.pdf"
    assert agency.post(f"{path}/payments/1/confirm").json["paid_amount"] == yuan("30000.00")
    assert owner.post(f"{path}/payments/1/confirm").status_code == 403
    handed = upload(agency, f"{path}/deliverables/1", remark="初稿")
    assert (handed.status_code, handed.json["state"]) == (201, "submitted"), handed.json
    back = owner.post(f"{path}/acceptance/1/return", {"reasons": "缺少附图"})
    assert (back.json["state"], back.json["returned_count"]) == ("returned", 1)
    upload(agency, f"{path}/deliverables/1")
    assert agency.post(f"{path}/urges", {"about": "acceptance"}).status_code == 201
    twice = agency.post(f"{path}/urges", {"about": "acceptance"})
    assert (twice.status_code, twice.json["code"]) == (409, "urged_already")
    assert owner.post(f"{path}/acceptance/1").json["state"] == "accepted"
    assert len(owner.get(f"{path}/acceptance").json["items"]) == 1
    late = owner.post(f"{path}/acceptance/1")
    assert (late.status_code, late.json["code"]) == (409, "wrong_state")
    unknown = owner.post(f"{path}/acceptance/9")
    assert unknown.status_code == 404
    assert nobody.get(f"{path}/ratings").json == {"items": [], "next": None}
    # Nobody is asked before the contract is completed.
    assert owner.post(f"{path}/ratings", {"quality": 5}).status_code == 403


@pytest.mark.parametrize(
    ("name", "data"), [("report.pdf", b"MZ\x90\x00 a program"), ("report.exe", PDF), ("report.pdf", b"")]
)
def test_a_file_that_is_not_what_it_says(market: World, name: str, data: bytes) -> None:
    answer = upload(market.program("agency"), f"/contracts/{market.contract.code}/deliverables/1", name, data)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json["errors"]] == ["file"]


def test_unknown_parts_and_missing_files_are_named(market: World) -> None:
    path = f"/contracts/{market.contract.code}/deliverables/1"
    agency = market.program("agency")
    assert upload(agency, path, colour="red").json["errors"][0]["code"] == "unknown_field"
    assert upload(agency, path, remark="a\x00b").json["errors"][0]["field"] == "remark"
    missing = agency.client.post(
        V1 + path, data={"remark": "x"}, headers=agency.headers(), content_type="multipart/form-data"
    )
    assert [item["field"] for item in missing.json["errors"]] == ["file"]


def test_an_upload_sent_twice_with_a_key_is_one(market: World) -> None:
    path = f"{V1}/contracts/{market.contract.code}/deliverables/1"
    agency = market.program("agency")
    answers = [
        agency.client.post(
            path,
            data={"file": (io.BytesIO(PDF), "report.pdf")},
            headers=agency.headers({"Idempotency-Key": "u1"}),
            content_type="multipart/form-data",
        )
        for _number in range(2)
    ]
    assert [item.status_code for item in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert len(answers[1].json["submissions"]) == 1
