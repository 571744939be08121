"""What machines that watch the market are told."""

from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.clock import real_now
from supermarket.policies.models import JobSlot
from supermarket.policies.slots import beat
from tests.factories.agencies import make_agency
from tests.factories.web import words_of


def test_alive_says_only_that_the_process_answers(client: FlaskClient) -> None:
    reply = client.get("/healthz")
    assert (reply.status_code, reply.json) == (200, {"status": "alive"})


def test_without_a_heartbeat_of_the_worker_the_market_is_not_ready(session: Session, client: FlaskClient) -> None:
    reply = client.get("/readyz")
    assert reply.status_code == 503
    parts = {"database": "ok", "queue": "ok", "search": "ok", "worker": "down", "live": "down"}
    assert reply.json == {"status": "not ready"} | parts
    beat("tick", {})
    reply = client.get("/readyz")
    assert (reply.status_code, reply.get_json()["status"], reply.get_json()["worker"]) == (200, "ready", "ok")


def test_a_heartbeat_a_minute_old_is_none(session: Session, client: FlaskClient) -> None:
    beat("tick", {})
    session.execute(sa.update(JobSlot).values(finished_at=real_now() - timedelta(seconds=61)))
    assert client.get("/readyz").get_json()["worker"] == "down"


def test_the_live_process_is_named_and_closes_no_site(session: Session, client: FlaskClient) -> None:
    beat("tick", {})
    told = client.get("/readyz")
    assert (told.status_code, told.get_json()["live"]) == (200, "down"), "bids are taken without it"
    beat("live", {"auctions": 0})
    assert client.get("/readyz").get_json()["live"] == "ok"
    client.get("/language/en?next=/")
    assert "Live auctions answers" in words_of(client.get("/status").get_data(as_text=True))
    session.execute(sa.update(JobSlot).values(finished_at=real_now() - timedelta(seconds=16)))
    assert client.get("/readyz").get_json()["live"] == "down"
    assert "bids are taken; pages see them within three seconds" in client.get("/status").get_data(as_text=True)
    assert 'supermarket_part_up{part="live"} 0.0' in client.get("/metrics").text.splitlines()


def test_metrics_name_parts_due_things_and_registers(session: Session, client: FlaskClient) -> None:
    make_agency()
    beat("tick", {})
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert reply.content_type.startswith("text/plain; version=")
    lines = reply.text.splitlines()
    assert 'supermarket_part_up{part="worker"} 1.0' in lines
    assert 'supermarket_agencies{standing="active"} 1.0' in lines
    assert 'supermarket_due_things{kind="agency_checks"} 0.0' in lines
    assert any(line.startswith('supermarket_job_age_seconds{job="tick"} ') for line in lines)


def test_metrics_are_for_local_addresses_only(session: Session, client: FlaskClient) -> None:
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "203.0.113.7"}).status_code == 404
    # A proxy on the same machine speaks for somebody else.
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
