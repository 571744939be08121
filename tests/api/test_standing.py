"""/agencies/{uscc}/standing, branches, authority: public history, acts of the office in charge, the head office's word."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency, Standing
from supermarket.core.permissions import Role
from supermarket.extensions import db
from tests.factories.accounts import make_user
from tests.factories.agencies import make_agency
from tests.factories.api import Program, program_of
from tests.factories.policies import make_region
from tests.rooms.test_branches_and_standing import make_branch

ACT = {"action": "freeze", "basis": "川信〔2026〕1号", "proposer": "主管部门", "executor": "运营单位"}


def of(agency: Agency) -> Agency:
    return db.session.get_one(Agency, agency.id, populate_existing=True)


def operator(client: FlaskClient, region: str) -> Program:
    make_region(region)
    return program_of(client, make_user(Role.OPERATOR, region_code=region))


def people_of(client: FlaskClient, agency: Agency) -> Program:
    return program_of(client, make_user(Role.AGENCY, db.session.get_one(Organisation, agency.organisation_id)))


def test_the_office_in_charge_changes_the_standing_and_everybody_reads_it(
    client: FlaskClient, session: Session
) -> None:
    agency = make_agency(matters=("ZJ001", "ZJ002"))
    office, stranger = operator(client, "510100"), operator(client, "510700")
    path = f"/agencies/{agency.uscc}/standing"
    assert stranger.post(path, ACT).status_code == 403
    assert Program(client).post(path, ACT).status_code == 401
    assert office.post(path, ACT | {"basis": ""}).status_code == 422
    assert office.post(path, ACT | {"action": "expel"}).status_code == 422
    assert of(agency).standing is Standing.ACTIVE
    named = office.post(path, ACT | {"action": "withdraw_service", "matter": "ZJ001"})
    assert (named.status_code, named.json["matter"], named.json["after"]) == (201, "ZJ001", "active")
    assert office.post(path, ACT).status_code == 201
    assert office.post(path, ACT).status_code == 409
    rows = Program(client).get(path).json["items"]
    assert [(row["action"], row["matter"], row["basis"]) for row in rows] == [
        ("freeze", None, "川信〔2026〕1号"),
        ("withdraw_service", "ZJ001", "川信〔2026〕1号"),
    ]


def test_the_head_office_sees_its_branches_and_takes_its_authority_back(client: FlaskClient, session: Session) -> None:
    head = make_agency(matters=())
    branch = make_branch(head, matters=())
    boss, others = people_of(client, head), people_of(client, branch)
    assert [row["uscc"] for row in Program(client).get(f"/agencies/{head.uscc}/branches").json["items"]] == [
        branch.uscc
    ]
    path = f"/agencies/{branch.uscc}/authority"
    assert others.post(f"{path}/revoke", {"reason": "不再授权。"}).status_code == 403
    assert boss.post(f"{path}/restore", {"reason": "重新授权。"}).status_code == 409
    taken = boss.post(f"{path}/revoke", {"reason": "不再授权。"})
    assert (taken.status_code, taken.json["authority_revoked_at"] is None) == (200, False)
    assert boss.post(f"{path}/revoke", {"reason": "不再授权。"}).status_code == 409
    assert boss.post(f"{path}/restore", {"reason": "重新授权。"}).json["authority_revoked_at"] is None
    assert of(branch).authority_revoked_at is None
