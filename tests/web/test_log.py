"""The page of the log and its addresses for programs: what everybody sees of it, and what nobody is told."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import User
from supermarket.core.clock import now
from supermarket.core.log_proof import parse_proof
from supermarket.core.merkle import extends, leaf_hash
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.supervision.sealing import sign_head
from supermarket.supervision.witnessing import watch_witnesses
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.api import program_of
from tests.factories.projects import make_open_project
from tests.factories.web import words_of
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.rooms.test_log_heads import LyingWitness, quoted
from tests.rooms.test_selection import present, settle

API = "/api/v1/log"


@pytest.fixture
def pair(session: Session) -> Iterator[tuple[MemoryWitness, ...]]:
    made = make_witnesses("regulator", "discipline")
    with witnessed_by(*made):
        yield made


def page(client: FlaskClient, path: str) -> str:
    """A page in English, also where the test's own operations have said something before."""
    client.get("/language/en?next=/")
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_log_without_heads_says_when_the_first_one_comes(client: FlaskClient, session: Session) -> None:
    words = words_of(page(client, "/log"))
    assert "There is no head of this log yet." in words and "at the full hour" in words
    assert client.get(f"{API}/heads").get_json() == {"items": [], "next": None}


def test_heads_are_shown_with_every_witness_and_the_way_from_one_to_the_next(
    pair, client: FlaskClient, session: Session
) -> None:
    at = now()
    sizes = []
    for hour in range(3):
        make_open_project(at)
        sizes.append(sign_head(at + timedelta(hours=hour))["seq"])
    watch_witnesses(at + timedelta(hours=3))
    html = page(client, "/log")
    words = words_of(html)
    assert "Every witness shows the heads that this market shows." in words
    assert [words.count(f"from {size} events on") for size in sizes] == [1, 1, 0]
    assert f"{API}/consistency?from={sizes[1]}&amp;to={sizes[2]}" in html
    assert "How the root is computed" in words
    items = client.get(f"{API}/heads").get_json()["items"]
    assert [item["size"] for item in items] == sizes[::-1]
    assert [[each["by"] for each in item["signatures"]] for item in items] == [["regulator", "discipline"]] * 3
    assert {each["key"] for each in items[0]["signatures"]} == {witness.verify_key() for witness in pair}
    first = client.get(f"{API}/heads?page[size]=2").get_json()
    rest = client.get(f"{API}/heads?page[size]=2&page[after]={first['next']}").get_json()
    assert [item["size"] for item in first["items"] + rest["items"]] == sizes[::-1]
    assert rest["next"] is None
    assert "data-proof" in page(client, f"/log?before={sizes[2]}")
    assert f'data-proof="{sizes[2]}"' not in page(client, f"/log?before={sizes[2]}")
    for odd in ("x", "-1", "1" * 30, "٣"):
        assert client.get(f"/log?before={odd}").status_code == 200
    roots = {item["size"]: bytes.fromhex(item["root"]) for item in items}
    found = client.get(f"{API}/consistency?from={sizes[0]}&to={sizes[2]}").get_json()
    assert (found["log"], found["first"], found["second"]) == ("events", sizes[0], sizes[2])
    assert (found["first_root"], found["second_root"]) == (roots[sizes[0]].hex(), roots[sizes[2]].hex())
    steps = [bytes.fromhex(step) for step in found["path"]]
    assert extends(sizes[0], roots[sizes[0]], sizes[2], roots[sizes[2]], steps)
    assert client.get(f"{API}/consistency?from={sizes[1]}&to={sizes[1]}").get_json()["path"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("?from=1", 422),
        ("?from=x&to=2", 422),
        ("?from=0&to=2", 422),
        ("?from=-1&to=2", 422),
        ("?from=1&to=9999999999", 422),
        ("?from=1&to=2&more=3", 422),
        ("?from=1&from=1&to=2", 422),
        ("?from=1&to=999999999", 404),
        ("?from=999999999&to=1", 404),
    ],
)
def test_other_sizes_get_a_clear_answer(pair, client: FlaskClient, session: Session, query: str, status: int) -> None:
    make_open_project(now())
    sign_head(now())
    answer = client.get(f"{API}/consistency{query}")
    assert answer.status_code == status
    assert answer.get_json()["title"]


def test_a_public_change_is_proved_by_its_id_for_everybody(pair, client: FlaskClient, session: Session) -> None:
    quoted(now())
    sign_head(now())
    items = client.get("/api/v1/changes").get_json()["items"]
    assert items
    for item in items:
        answer = client.get(f"{API}/events/{item['id']}")
        proof = parse_proof(answer.data)
        assert proof.stands() and not proof.false_signatures() and len(proof.signatures) == 2
        event = proof.event()
        assert event is not None
        assert (event["tag"], event["data"], event["public"]) == (item["tag"], item["data"], True)
        assert event.keys() == {"agency", "at", "data", "project", "public", "subject", "tag", "withheld"}
    make_open_project(now())
    sign_head(now() + timedelta(hours=1))
    size = proof.size
    assert parse_proof(client.get(f"{API}/events/{items[0]['id']}?size={size}").data).size == size
    assert parse_proof(client.get(f"{API}/events/{items[0]['id']}").data).size > size


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/events/x", 404),
        ("/events/" + "A" * 32, 404),
        ("/events/" + "_" * 32, 404),
        ("/events/1", 404),
        ("/quotes/" + "0" * 64, 404),
        ("/quotes/" + "A" * 64, 404),
        ("/quotes/" + "0" * 64 + "?size=x", 422),
        ("/quotes/" + "0" * 64 + "?size=0", 422),
        ("/quotes/" + "0" * 64 + "?more=1", 422),
        ("/heads?page[size]=0", 422),
        ("/heads?page[after]=x", 422),
        ("/heads?before=1", 422),
    ],
)
def test_what_is_not_there_or_cannot_be_read_is_refused(
    pair, client: FlaskClient, session: Session, path: str, status: int
) -> None:
    make_open_project(now())
    sign_head(now())
    assert client.get(f"{API}{path}").status_code == status


def test_before_the_deadline_a_quotes_proof_is_its_bidders_alone(pair, app: Flask, session: Session) -> None:
    _project, actors, quotes = quoted(now())
    client = app.test_client()
    programs = [program_of(client, session.get_one(User, actor.user_id)) for actor in actors]
    address = f"/log/quotes/{quotes[0].commitment}"
    waiting = programs[0].get(address)
    assert (waiting.status_code, waiting.get_json()["code"]) == (404, "not_in_a_head_yet")
    sign_head(now())
    assert parse_proof(programs[0].get(address).data).stands()
    for other in (programs[1], program_of(client, session.get_one(User, make_agency_actor(make_agency()).user_id))):
        answer = other.get(address)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    stranger, made_up = client.get(f"/api/v1{address}"), client.get(f"{API}/quotes/{'0' * 64}")
    assert (stranger.status_code, made_up.status_code) == (404, 404)
    said = [{**answer.get_json(), "instance": ""} for answer in (stranger, made_up)]
    assert said[0] == said[1], "whether there is such a quote is not told"


def test_nothing_public_tells_an_events_place_within_the_hour(pair, client: FlaskClient, session: Session) -> None:
    """Two public events with private ones between them: neither their proofs nor the list of heads counts these."""
    project, _actors, quotes = quoted(now())
    sign_head(now())
    items = client.get("/api/v1/changes").get_json()["items"]
    proofs = [parse_proof(client.get(f"{API}/events/{item['id']}").data) for item in items]
    leaves = [leaf_hash(proof.body.encode()) for proof in proofs]
    by_hash = sorted(range(len(leaves)), key=lambda number: leaves[number])
    assert sorted(range(len(proofs)), key=lambda number: proofs[number].place) == by_hash
    shown = page(client, "/log") + client.get(f"{API}/heads").get_data(as_text=True)
    assert project.code not in shown and all(quote.commitment not in shown for quote in quotes)


def test_a_witness_that_shows_another_root_stands_on_both_pages(client: FlaskClient, session: Session) -> None:
    with witnessed_by(MemoryWitness("regulator"), LyingWitness("discipline")):
        make_open_project(now())
        sign_head(now())
        watch_witnesses(now())
        for address in ("/log", "/witnesses"):
            words = words_of(page(client, address))
            assert "A witness and this market do not show the same head." in words, address
        found = json.loads(client.get("/witnesses.json").data)["witnesses"]
        assert all(set(each["last_head"]) == {"log", "seq", "root"} for each in found)


def test_an_older_witness_is_said_to_know_no_trees(pair, client: FlaskClient, session: Session) -> None:
    pair[1].knows_trees = False
    make_open_project(now())
    sign_head(now())
    words = words_of(page(client, "/witnesses"))
    assert words.count("its program is older: it signs the chain, not the tree") == 1
    found = json.loads(client.get("/witnesses.json").data)["witnesses"]
    assert [sorted(each["last_head"]) for each in found] == [["log", "root", "seq"], ["head", "log", "seq"]]
    status = words_of(page(client, "/status"))
    assert found[0]["last_head"]["root"] in status


def test_with_the_published_list_everybody_gets_each_quotes_proof(pair, client: FlaskClient, session: Session) -> None:
    project, _actors, quotes = quoted(now())
    sign_head(now())
    address = f"/projects/{project.code}"
    before = page(client, address)
    assert 'id="in-the-log"' not in before and all(quote.commitment not in before for quote in quotes)
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    session.expire_all()
    html = page(client, address)
    assert "That each of them stands in the log" in words_of(html)
    for quote in quotes:
        proof = parse_proof(client.get(f"{API}/quotes/{quote.commitment}").data)
        assert f"{API}/quotes/{quote.commitment}" in html
        event = proof.event()
        assert event is not None and event["data"]["commitment"] == quote.commitment  # type: ignore[index]  # an object
        assert proof.stands()


def test_a_listed_quote_that_came_just_before_the_deadline_waits_for_the_next_head(
    pair, client: FlaskClient, session: Session
) -> None:
    project, _actors, _quotes = quoted(now())
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    session.expire_all()
    words = words_of(page(client, f"/projects/{project.code}"))
    assert words.count("with the log's next head") == 3
