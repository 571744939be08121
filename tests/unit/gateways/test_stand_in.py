"""The gateway against the real stand-in server, well and badly behaved."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from limits.storage import MemoryStorage

from registries.facts import Facts
from registries.modes import Board
from registries.server import Api, Server
from supermarket.core.identifiers import make_uscc
from supermarket.gateways.http_json import call
from supermarket.gateways.registries import Answered, Unknown
from supermarket.gateways.registries_http import HttpRegistry, SharedLimit

CODES = [make_uscc("91510107", serial) for serial in range(5)]
NAME = "data-sharing"


@dataclass
class StandIn:
    """A stand-in on a port of its own, with its folder."""

    url: str
    home: Path

    def control(self, **change: object) -> dict[str, object]:
        reply = call("POST", f"{self.url}/control", timeout=5, body={"registry": NAME, **change})
        assert reply.status == 200, reply.body
        return reply.json()

    def asked(self) -> int:
        row = call("GET", f"{self.url}/control", timeout=5).json()[NAME]
        assert isinstance(row, dict)
        return int(row["asked"])


class Times:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    folder = tmp_path / NAME
    folder.mkdir()
    rows = "".join(f"{code},公司{number},存续\n" for number, code in enumerate(CODES))
    (folder / "enterprises.csv").write_text(f"uscc,name,status\n{rows}", encoding="utf-8")
    (folder / "dishonesty.json").write_text("[]", encoding="utf-8")
    server = Server(("127.0.0.1", 0), Api(Facts(tmp_path), Board()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield StandIn(f"http://127.0.0.1:{server.server_port}", tmp_path)
    server.shutdown()
    thread.join()
    server.server_close()


def make_registry(stand_in: StandIn, times: Times | None = None, *, timeout: float = 5, batch: int = 0) -> HttpRegistry:
    clock = times or Times()
    return HttpRegistry(
        NAME, f"{stand_in.url}/{NAME}", timeout=timeout, batch=batch, clock=lambda: clock.now, sleep=clock.sleep
    )


def reason(answer: object) -> str:
    assert isinstance(answer, Unknown), answer
    return answer.reason


def test_it_answers_and_reads_its_files_again(stand_in: StandIn) -> None:
    registry = make_registry(stand_in)
    answer = registry.ask("enterprises", {"uscc": CODES[1]})
    assert isinstance(answer, Answered)
    assert answer.rows == ({"uscc": CODES[1], "name": "公司1", "status": "存续"},)
    assert json.loads(answer.evidence)["rows"][0]["name"] == "公司1"
    again = registry.ask("enterprises", {"uscc": CODES[1]})
    assert isinstance(again, Answered)
    assert (again.reference, again.sha256) == (answer.reference, answer.sha256)
    (stand_in.home / NAME / "enterprises.csv").write_text("uscc,name\n", encoding="utf-8")
    nobody = registry.ask("enterprises", {"uscc": CODES[1]})
    assert isinstance(nobody, Answered)
    assert nobody.rows == ()
    assert reason(registry.ask("nothing", {"uscc": CODES[1]})) == "http_404"


def test_a_batch_is_one_call_and_says_the_same(stand_in: StandIn) -> None:
    one, many = make_registry(stand_in), make_registry(stand_in, batch=2)
    together = many.ask_many("enterprises", CODES)
    assert list(together) == CODES
    for code in CODES:
        single, shared = one.ask("enterprises", {"uscc": code}), together[code]
        assert isinstance(single, Answered)
        assert isinstance(shared, Answered)
        assert (single.rows, single.reference) == (shared.rows, shared.reference)


@pytest.mark.parametrize("batch", [0, 10])
@pytest.mark.parametrize(
    ("mode", "why"),
    [("down", "unreachable"), ("unavailable", "http_503"), ("malformed", "malformed"), ("other_code", "other_code")],
)
def test_bad_behaviour_is_no_answer(stand_in: StandIn, mode: str, why: str, batch: int) -> None:
    stand_in.control(mode=mode)
    answers = make_registry(stand_in, batch=batch).ask_many("enterprises", CODES[:1])
    # In a batch an answer about somebody else is one that leaves us out.
    assert reason(answers[CODES[0]]) == ("left_out" if (mode, batch) == ("other_code", 10) else why)


def test_a_slow_one_is_given_up_and_a_connection_after_that_is_a_new_one(stand_in: StandIn) -> None:
    registry = make_registry(stand_in, timeout=0.2)
    stand_in.control(mode="slow", seconds=0.6)
    assert reason(registry.ask("enterprises", {"uscc": CODES[0]})) == "timeout"
    stand_in.control(mode="ok")
    answer = registry.ask("enterprises", {"uscc": CODES[1]})
    assert isinstance(answer, Answered)
    assert answer.rows[0]["uscc"] == CODES[1]


def test_contradictions_and_wrong_words_come_through_for_the_checks_to_find(stand_in: StandIn) -> None:
    stand_in.control(mode="contradict", only=CODES[:1])
    registry = make_registry(stand_in)
    two = registry.ask("enterprises", {"uscc": CODES[0]})
    one = registry.ask("enterprises", {"uscc": CODES[1]})
    assert isinstance(two, Answered)
    assert isinstance(one, Answered)
    assert (len(two.rows), len(one.rows)) == (2, 1)
    assert two.rows[0] != two.rows[1]
    stand_in.control(mode="wrong")
    wrong = registry.ask("dishonesty", {"uscc": CODES[0]})
    assert isinstance(wrong, Answered)
    assert wrong.rows[0]["uscc"] == CODES[0]


def test_the_breaker_opens_and_lets_one_through_after_a_minute(stand_in: StandIn) -> None:
    times = Times()
    registry = make_registry(stand_in, times)
    stand_in.control(mode="unavailable")
    registry.ask("enterprises", {"uscc": CODES[0]})
    registry.ask("enterprises", {"uscc": CODES[0]})
    assert stand_in.asked() == 5
    stand_in.control(mode="ok")
    assert reason(registry.ask("enterprises", {"uscc": CODES[0]})) == "circuit_open"
    assert stand_in.asked() == 5
    times.now += 59
    assert reason(registry.ask("enterprises", {"uscc": CODES[0]})) == "circuit_open"
    times.now += 1
    assert isinstance(registry.ask("enterprises", {"uscc": CODES[0]}), Answered)
    assert isinstance(registry.ask("enterprises", {"uscc": CODES[1]}), Answered)
    assert stand_in.asked() == 7


def test_many_threads_share_the_connections_and_nobody_gets_anothers_answer(stand_in: StandIn) -> None:
    registry, wrong = make_registry(stand_in), list[str]()

    def ask(code: str) -> None:
        for _ in range(30):
            answer = registry.ask("enterprises", {"uscc": code})
            if not isinstance(answer, Answered) or answer.rows[0]["uscc"] != code:
                wrong.append(code)

    threads = [threading.Thread(target=ask, args=(code,)) for code in CODES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert stand_in.asked() == 150


def test_the_rate_is_shared_and_who_waits_too_long_has_no_answer(stand_in: StandIn) -> None:
    storage, times = MemoryStorage(), Times()
    limits = [
        SharedLimit(NAME, "3/hour", storage, patience=2, clock=lambda: times.now, sleep=times.sleep) for _ in range(2)
    ]
    registries = [
        HttpRegistry(NAME, f"{stand_in.url}/{NAME}", limit=limit, clock=lambda: times.now, sleep=times.sleep)
        for limit in limits
    ]
    answers = [registries[number % 2].ask("enterprises", {"uscc": CODES[0]}) for number in range(4)]
    assert [isinstance(answer, Answered) for answer in answers] == [True, True, True, False]
    assert reason(answers[3]) == "rate_limited"
    assert stand_in.asked() == 3
    assert times.now >= 2


def test_only_this_machine_may_ask_or_steer_it(stand_in: StandIn) -> None:
    # “null” is what a sandboxed frame of any page sends.
    for headers in ({"Host": "evil.test"}, {"Origin": "https://evil.test"}, {"Origin": "null"}):
        reply = call(
            "POST", f"{stand_in.url}/control", timeout=5, body={"registry": NAME, "mode": "ok"}, headers=headers
        )
        assert reply.status == 403
    page = call("GET", f"{stand_in.url}/", timeout=5)
    assert page.status == 200
    assert NAME in page.body.decode()
    refused = call("POST", f"{stand_in.url}/control", timeout=5, body={"registry": NAME, "mode": "sulky"})
    assert refused.status == 422
