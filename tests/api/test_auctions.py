"""/projects/{code}/bids and /auction: every refusal as a problem document; the same key again; names only when announced."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient

from supermarket.accounts.models import User
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.supervision.demo_clock import set_clock
from tests.factories.api import Program, program_of, yuan
from tests.factories.auctions import after, auction_of, make_running, make_scheduled, settle


def program(client: FlaskClient, actor: Actor) -> Program:
    return program_of(client, db.session.get_one(User, actor.user_id))


def bid(who: Program, code: str, amount: str, **headers: str) -> tuple[int, dict[str, object]]:
    answer = who.post(f"/projects/{code}/bids", {"amount": yuan(amount)}, **headers)
    return answer.status_code, answer.json


def test_a_bid_and_the_refusals_that_say_what_would_be_accepted(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, owner, bidders, start = make_running(at)
        set_clock(after(start, 5))
    code = project.code
    one, other, outside = program(client, bidders[0][1]), program(client, bidders[1][1]), program(client, owner)
    status, made = bid(one, code, "90000.00")
    assert (status, made["seq"], made["amount"], made["extended"]) == (201, 1, yuan("90000.00"), False)
    status, problem = bid(other, code, "89500.01")
    assert (status, problem["code"], problem["would_be_accepted"], problem["lowest"], problem["seq"]) == (
        409, "too_high", yuan("89500.00"), yuan("90000.00"), 1
    )  # fmt: skip
    assert bid(one, code, "90000.00")[1]["code"] == "doubled"
    assert bid(other, code, "0.00")[1]["code"] == "not_positive"
    assert bid(other, code, "59999.99")[:1] == (422,)
    for wrong in ("-1.00", "1e5", "ten", "", "1.001"):
        status, problem = bid(other, code, wrong)
        assert (status, problem["code"]) == (422, "invalid_input")
    assert bid(outside, code, "80000.00")[0] == 403
    assert Program(client).post(f"/projects/{code}/bids", {"amount": yuan("80000.00")}).status_code == 401
    unknown = other.post(f"/projects/{code}/bids", {"amount": yuan("80000.00"), "price": 1})
    assert (unknown.status_code, unknown.json["errors"][0]["code"]) == (422, "unknown_field")
    assert auction_of(project).bids == 1


def test_the_same_key_gives_the_first_answer_and_no_second_bid(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, bidders, start = make_running(at)
        set_clock(after(start, 5))
    one, other = program(client, bidders[0][1]), program(client, bidders[1][1])
    first = bid(one, project.code, "90000.00", Idempotency_Key="a")
    assert bid(one, project.code, "90000.00", Idempotency_Key="a") == first
    assert bid(one, project.code, "80000.00", Idempotency_Key="a")[1]["code"] == "idempotency_key_reused"
    # A refusal under a key is kept as an answer, and among the refused bids once.
    refused = bid(other, project.code, "90000.00", Idempotency_Key="b")
    assert refused[0] == 409
    assert bid(other, project.code, "90000.00", Idempotency_Key="b") == refused
    body = {"amount": yuan("85000.00"), "key": "k-1"}
    assert other.post(f"/projects/{project.code}/bids", body).status_code == 201
    again = other.post(f"/projects/{project.code}/bids", body)
    assert (again.status_code, again.json["code"]) == (409, "replayed")
    assert auction_of(project).bids == 2


def test_names_and_agencies_are_public_from_the_announcement_on(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, _owner, bidders, start = make_running(at)
        set_clock(after(start, 5))
    code, everybody = project.code, Program(client)
    bid(program(client, bidders[0][1]), code, "90000.00")
    shown = everybody.get(f"/projects/{code}/auction").json
    assert (shown["state"], shown["bids"], shown["would_be_accepted"], shown["step"]) == (
        "running", 1, yuan("89500.00"), yuan("500.00")
    )  # fmt: skip
    items = everybody.get(f"/projects/{code}/bids").json["items"]
    assert [(item["kind"], item["agency"]) for item in items] == [("opened", None), ("bid", None)]
    assert everybody.get(f"/projects/{code}/bids?after=0").json["items"] == items[1:]
    assert everybody.get(f"/projects/{code}/bids?after=x").status_code == 422
    with unit():
        settle(after(start, 602))
    items = everybody.get(f"/projects/{code}/bids").json["items"]
    assert [item["agency"] for item in items] == [None, bidders[0][0].uscc, None]


def test_agents_and_statements(client: FlaskClient, at: datetime) -> None:
    with unit():
        project, owner, bidders = make_scheduled(at)
        set_clock(after(at, 60))
    code = project.code
    one, other, buyer = program(client, bidders[0][1]), program(client, bidders[1][1]), program(client, owner)
    agent = one.post(f"/projects/{code}/auction/agent", {"floor": yuan("70000.00")})
    assert agent.status_code == 201
    assert "floor" not in agent.json
    low = one.post(f"/projects/{code}/auction/agent", {"floor": yuan("59999.00")})
    assert (low.status_code, low.json["errors"][0]["field"]) == (422, "floor")
    assert one.ask("DELETE", f"/projects/{code}/auction/agent").status_code == 204
    assert one.ask("DELETE", f"/projects/{code}/auction/agent").status_code == 404
    given = one.post(
        f"/projects/{code}/auction/statements", {"explains_from": yuan("50000.00"), "text": "驻地已有人员，测算见附表"}
    )
    assert (given.status_code, given.json["state"]) == (201, "given")
    assert other.get(f"/projects/{code}/auction/statements").json["items"] == []
    assert len(buyer.get(f"/projects/{code}/auction/statements").json["items"]) == 1
    decision = {"agency": bidders[0][0].uscc, "accept": True, "reason": "测算合理"}
    assert other.post(f"/projects/{code}/auction/statements/decide", decision).status_code == 403
    decided = buyer.post(f"/projects/{code}/auction/statements/decide", decision)
    assert decided.json["state"] == "accepted"


@pytest.mark.parametrize("path", ["auction", "auction/statements"])
def test_where_there_is_no_auction(client: FlaskClient, at: datetime, path: str) -> None:
    assert Program(client).get(f"/projects/P-2026-999999/{path}").status_code in (401, 404)
