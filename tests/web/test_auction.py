"""The auction's pages at every moment, without script; the record; what nobody may see before the announcement."""

from datetime import datetime

from flask.testing import FlaskClient

from supermarket.accounts.models import User
from supermarket.auctions.operations import set_agent
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes.auction_chain import Link, alias_commitment, check_chain, parse_opening
from supermarket.supervision.demo_clock import set_clock
from tests.factories.auctions import after, auction_of, bid, make_enrolled_live, make_running, make_scheduled, settle
from tests.factories.pages import enter_as


def enter(client: FlaskClient, actor: Actor) -> FlaskClient:
    return enter_as(client, db.session.get_one(User, actor.user_id))


def test_the_public_page_before_while_and_after(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, bidders = make_enrolled_live(at)
    code = project.code
    assert "报名截止后公布竞价安排" in client.get(f"/projects/{code}/auction").text
    assert client.get(f"/projects/{code}/auction.json").status_code == 404
    assert project.enrol_until is not None and project.select_at is not None
    start = project.select_at
    settle(project.enrol_until)
    assert "开始时间" in client.get(f"/projects/{code}/auction").text
    settle(start)
    set_clock(after(start, 4))
    bid(project, bidders[0][1], 9_000_000, after(start, 3))
    page = client.get(f"/projects/{code}/auction")
    assert "¥90,000.00" in page.text and "¥89,500.00" in page.text
    assert not any(agency.name in page.text or agency.uscc in page.text for agency, _actor in bidders)
    feed = client.get(f"/projects/{code}/auction/bids?after=0").json
    assert [(entry["seq"], entry["amount"]) for entry in feed["entries"]] == [(1, 9_000_000)]
    assert (feed["state"]["phase"], feed["state"]["next"]) == ("running", 8_950_000)
    record = client.get(f"/projects/{code}/auction.json").json
    assert (record["aliases"], record["refused"]) == (None, None)
    settle(after(start, 603))
    page = client.get(f"/projects/{code}/auction")
    assert bidders[0][0].name in page.text
    assert bidders[0][0].name in client.get(f"/projects/{code}").text


def test_the_record_holds_and_names_everybody_afterwards(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, bidders, start = make_running(at)
    bid(project, bidders[0][1], 9_000_000, after(start, 3))
    enter(client, bidders[1][1])
    set_clock(after(start, 4))
    path = f"/agency/projects/{project.code}/auction/bid"
    refused = client.post(path, data={"bid-amount": "89999"}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json["code"]) == (409, "too_high")
    settle(after(start, 603))
    record = client.get(f"/projects/{project.code}/auction.json").json
    assert check_chain([Link(entry["seq"], entry["body"], entry["hash"]) for entry in record["entries"]]) == []
    _code, _terms, commitments = parse_opening(record["entries"][0]["body"])
    for found in record["aliases"]:
        assert commitments[found["alias"]] == alias_commitment(project.code, found["alias"], found["id"], found["salt"])
    assert [(item["id"], item["amount"], item["code"], item["would_be_accepted"]) for item in record["refused"]] == [
        (bidders[1][0].uscc, 8_999_900, "too_high", 8_950_000)
    ]


def test_the_room_works_with_plain_forms(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, bidders, start = make_running(at)
    set_clock(after(start, 4))
    enter(client, bidders[0][1])
    room = f"/agency/projects/{project.code}/auction"
    page = client.get(room).text
    assert 'value="100000.00"' in page  # the one button's amount
    assert client.post(f"{room}/bid", data={"bid-amount": "95000", "bid-key": "k1"}).status_code == 303
    assert auction_of(project).lowest == 9_500_000
    again = client.post(f"{room}/bid", data={"bid-amount": "95000", "bid-key": "k1"})
    assert (again.status_code, "此前已经提交" in again.text) == (409, True)
    wrong = client.post(f"{room}/bid", data={"bid-amount": "9e4"})
    assert (wrong.status_code, 'value="9e4"' in wrong.text) == (422, True)  # nothing typed is lost
    assert client.post(f"{room}/agent", data={"agent-floor": "80000"}).status_code == 303
    assert "运行中" in client.get(room).text
    assert client.post(f"{room}/agent/withdraw").status_code == 303
    assert client.post(f"{room}/agent/withdraw").status_code == 404
    assert client.post(f"{room}/agent", data={"agent-floor": "1"}).status_code == 422


def test_who_is_not_in_the_pool_may_watch(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, _bidders, _start = make_running(at)
        other, _o, strangers = make_enrolled_live(at, 1)
    enter(client, strangers[0][1])
    page = client.get(f"/agency/projects/{project.code}/auction")
    assert (page.status_code, "未报名本项目" in page.text, "data-quick" in page.text) == (200, True, False)
    assert client.get(f"/agency/projects/{other.code}/auction").status_code == 200


def test_an_agents_floor_is_on_no_page(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, bidders = make_scheduled(at)
        set_agent(project.code, floor=7_123_400, actor=bidders[0][1], at=at)
    enter(client, bidders[0][1])
    assert f'href="/agency/projects/{project.code}/auction"' in client.get("/home").text  # what waits
    for path in (f"/agency/projects/{project.code}/auction", f"/projects/{project.code}/auction"):
        text = client.get(path).text
        assert "71,234" not in text and "7123400" not in text and "71234" not in text


def test_the_owner_decides_on_statements(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, owner, bidders = make_enrolled_live(at)
    set_clock(after(at, 60))
    enter(client, bidders[0][1])
    room = f"/agency/projects/{project.code}/auction"
    data = {"statement-explains_from": "50000", "statement-text": "驻地已有人员，测算见附表"}
    assert client.post(f"{room}/statement", data={**data, "statement-explains_from": "60000"}).status_code == 422
    assert client.post(f"{room}/statement", data=data).status_code == 303
    enter(client, owner)
    assert f"/projects/{project.code}/low-bids" in client.get("/home").text
    page = client.get(f"/projects/{project.code}/low-bids")
    assert "测算见附表" in page.text and "¥50,000.00" in page.text
    decision = {"agency": bidders[0][0].uscc, "decision": "accept", "reason": "测算合理"}
    assert client.post(f"/projects/{project.code}/low-bids", data=decision).status_code == 302
    assert client.post(f"/projects/{project.code}/low-bids", data=decision).status_code == 409
    enter(client, bidders[0][1])
    assert "测算合理" in client.get(room).text


def test_the_page_may_connect_to_the_live_process_and_nowhere_else(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, _bidders, _start = make_running(at)
    app = client.application
    path = f"/projects/{project.code}/auction"
    for address, policy, live in (
        ("", "", 'data-live=""'),
        (":8011", "; connect-src 'self' http://market.test:8011", 'data-live="http://market.test:8011/live/'),
        ("/stream", "", 'data-live="/stream/live/auctions/'),
        ("https://live.test", "; connect-src 'self' https://live.test", 'data-live="https://live.test/live/'),
    ):
        app.config["LIVE_ADDRESS"] = address
        page = client.get(path)
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors 'none'{policy}")
        assert live in page.text
    app.config["LIVE_ADDRESS"] = ""
