"""/modes for programs: read by everybody, worded and tried by an office, released by a colleague."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.core.permissions import Role
from tests.factories.accounts import make_organisation, make_user
from tests.factories.api import V1, program_of
from tests.factories.modes import CHENGDU
from tests.factories.policies import make_region

BODY = {
    "region": CHENGDU,
    "label_zh": "星级入围后抽取",
    "label": "Stars, then a draw",
    "sentence_zh": "",
    "sentence": "",
    "stages": [
        {"stage": "shortlist", "by": "stars", "keep": 5, "tickets": "equal", "rule": None},
        {"stage": "draw", "by": None, "keep": None, "tickets": "credit", "rule": None},
    ],
    "fewest_valid": 3,
    "fewest_after_extension": 3,
    "owner_accepts_fewer": False,
}


def test_a_mode_from_the_draft_to_its_retirement(client: FlaskClient, session: Session) -> None:
    make_region(CHENGDU)
    office = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    first, second = (program_of(client, make_user(Role.OPERATOR, office, region_code="510000")) for _number in range(2))
    session.commit()
    made = first.post("/modes", BODY)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/modes/m510100_1")
    assert made.get_json()["versions"][0]["state"] == "draft"
    assert client.get(f"{V1}/modes/m510100_1").status_code == 404
    wrong = first.post("/modes", BODY | {"label": "Another", "label_zh": "另一种", "stages": BODY["stages"][:1]})
    assert (wrong.status_code, [item["code"] for item in wrong.get_json()["errors"]]) == (422, ["nothing_decides"])
    early = second.post("/modes/m510100_1/release", {"reason": "试运行结果良好", "revision": 1})
    assert (early.status_code, early.get_json()["allowed"]) == (409, ["edit", "try_out", "retire"])
    tried = first.post("/modes/m510100_1/trials")
    assert tried.status_code == 201
    assert tried.get_json()["summary"]["cases"] == 0
    seen = first.get("/modes/m510100_1").get_json()["versions"][0]
    release = {"reason": "试运行结果良好", "revision": seen["revision"]}
    assert first.post("/modes/m510100_1/release", release).status_code == 403
    assert second.post("/modes/m510100_1/release", release | {"revision": 999}).status_code == 409
    assert second.post("/modes/m510100_1/release", release).status_code == 200
    listed = client.get(f"{V1}/modes").get_json()["items"]
    assert [item["name"] for item in listed][-1] == "m510100_1"
    assert len(listed) == 10
    assert client.get(f"{V1}/modes?region=510600").get_json()["items"][-1]["name"] == "mean_price"
    assert client.get(f"{V1}/modes/m510100_1/trials/{tried.get_json()['id']}").status_code == 200
    again = first.post("/modes/m510100_1/versions")
    assert [row["state"] for row in again.get_json()["versions"]] == ["released", "draft"]
    worded = BODY | {"label": "Stars, then chance", "revision": again.get_json()["versions"][-1]["revision"]}
    assert first.post("/modes/m510100_1/wording", worded).get_json()["label"] in (
        "Stars, then a draw",
        "星级入围后抽取",
    )
    gone = second.post("/modes/m510100_1/retire", {"number": 1, "reason": "不再需要"})
    assert gone.get_json()["versions"][0]["state"] == "retired"
    assert client.get(f"{V1}/modes?region=510100").get_json()["items"][-1]["name"] == "mean_price"


def test_the_nine_read_as_they_are(client: FlaskClient, session: Session) -> None:
    found = client.get(f"{V1}/modes/credit_merit").get_json()
    assert [stage["stage"] for stage in found["rules"]["stages"]] == ["shortlist", "draw", "choose"]
    assert (found["region"], found["versions"], len(found["steps"])) == (None, [], 4)
    assert client.get(f"{V1}/modes/lottery").status_code == 404
    assert client.get(f"{V1}/modes/No%20name").status_code == 404
