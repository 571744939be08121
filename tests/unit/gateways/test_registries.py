"""Registries: an answer, or plainly none."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from supermarket.gateways.registries import (
    Answered,
    MemoryRegistry,
    Registries,
    RegistryError,
    Snapshot,
    SnapshotRegistry,
    Unknown,
)
from supermarket.gateways.registries_http import HttpRegistry
from tests.unit.gateways.loopback import Answer, Loopback

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
GOOD = Answer(200, json.dumps({"reference": "R-1", "rows": [{"name": "锦程", "level": None}]}).encode())
TERMS = {"uscc": "91510100MA61T2XX0H"}


class Times:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def make_registry(url: str, times: Times, timeout: float = 5) -> HttpRegistry:
    return HttpRegistry("credit", url, token="t", timeout=timeout, clock=lambda: times.now, sleep=times.sleep)


def test_an_answer_keeps_its_evidence() -> None:
    with Loopback(GOOD) as server:
        answer = make_registry(server.url, Times()).ask("dishonesty", TERMS)
    assert isinstance(answer, Answered)
    assert (answer.registry, answer.question, answer.reference) == ("credit", "dishonesty", "R-1")
    assert answer.rows == ({"name": "锦程", "level": ""},)
    assert answer.evidence == GOOD.body
    assert server.asked[0].path == "/dishonesty?uscc=91510100MA61T2XX0H"
    assert server.asked[0].headers["Authorization"] == "Bearer t"


def test_three_tries_with_back_off() -> None:
    times = Times()
    with Loopback(Answer(503, b""), Answer(500, b""), GOOD) as server:
        answer = make_registry(server.url, times).ask("dishonesty", TERMS)
    assert isinstance(answer, Answered)
    assert times.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    ("reply", "reason", "tries"),
    [
        (Answer(404, b"{}"), "http_404", 1),
        (Answer(401, b"{}"), "http_401", 1),
        (Answer(429, b"{}"), "http_429", 3),
        (Answer(503, b"{}"), "http_503", 3),
        (Answer(200, b"<html>"), "malformed", 3),
        (Answer(200, b"{}"), "malformed", 1),
        (Answer(200, b'{"rows": []}'), "malformed", 1),
        (Answer(200, b'{"reference": "R", "rows": ["x"]}'), "malformed", 1),
    ],
)
def test_anything_else_is_no_answer(reply: Answer, reason: str, tries: int) -> None:
    with Loopback(reply) as server:
        answer = make_registry(server.url, Times()).ask("dishonesty", TERMS)
    assert isinstance(answer, Unknown)
    assert (answer.reason, len(server.asked)) == (reason, tries)


def test_a_slow_registry_is_given_up() -> None:
    with Loopback(Answer(200, GOOD.body, delay=0.5)) as server:
        answer = make_registry(server.url, Times(), timeout=0.1).ask("dishonesty", TERMS)
    assert isinstance(answer, Unknown)
    assert answer.reason == "timeout"


def test_the_breaker_opens_after_five_failures_and_lets_one_try_through_after_a_minute() -> None:
    times = Times()
    with Loopback(*[Answer(500, b"")] * 6, GOOD) as server:
        registry = make_registry(server.url, times)
        registry.ask("dishonesty", TERMS)
        second = registry.ask("dishonesty", TERMS)
        assert isinstance(second, Unknown)
        assert (second.reason, len(server.asked)) == ("http_500", 5)
        closed = registry.ask("dishonesty", TERMS)
        assert isinstance(closed, Unknown)
        assert (closed.reason, len(server.asked)) == ("circuit_open", 5)
        times.now += 60
        assert isinstance(registry.ask("dishonesty", TERMS), Unknown)
        assert len(server.asked) == 6
        times.now += 60
        assert isinstance(registry.ask("dishonesty", TERMS), Answered)
        assert isinstance(registry.ask("dishonesty", TERMS), Answered)


def test_a_snapshot_that_was_never_loaded_or_is_old_is_no_answer() -> None:
    def find(question: str, codes: Sequence[str]) -> Snapshot | None:
        return None if question == "other" else Snapshot(AT, "list.csv", [{"uscc": code} for code in codes])

    fresh = SnapshotRegistry("list", find, max_age=timedelta(days=30), now=lambda: AT + timedelta(days=30))
    answer = fresh.ask("dishonesty", TERMS)
    assert isinstance(answer, Answered)
    assert answer.rows == (TERMS,)
    assert answer.reference.startswith("list.csv#")
    missing = fresh.ask("other", TERMS)
    assert isinstance(missing, Unknown)
    assert missing.reason == "not_loaded"
    old = SnapshotRegistry("list", find, max_age=timedelta(days=30), now=lambda: AT + timedelta(days=31))
    stale = old.ask("dishonesty", TERMS)
    assert isinstance(stale, Unknown)
    assert stale.reason == "stale"


def test_the_fake_knows_only_what_it_was_told() -> None:
    registry = MemoryRegistry("credit")
    assert isinstance(registry.ask("dishonesty", TERMS), Unknown)
    registry.tell("dishonesty")
    answer = registry.ask("dishonesty", TERMS)
    assert isinstance(answer, Answered)
    assert answer.rows == ()
    registry.tell("dishonesty", TERMS | {"until": "2027"})
    answer = registry.ask("dishonesty", TERMS)
    assert isinstance(answer, Answered)
    assert len(answer.rows) == 1
    registry.down = True
    assert isinstance(registry.ask("dishonesty", TERMS), Unknown)


def test_registries_by_name() -> None:
    registries = Registries([MemoryRegistry("a")])
    registries.add(MemoryRegistry("b"))
    assert registries.names == ("a", "b")
    assert registries.get("b").name == "b"
    with pytest.raises(RegistryError):
        registries.get("c")
