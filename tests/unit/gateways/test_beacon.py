"""Relays of the beacon: believed only when the signature holds; the next one is asked where one is silent or lies."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from supermarket.core.draw.drand import DEFAULT, QUICKNET
from supermarket.gateways.beacon import BeaconError, HttpBeacon, Round
from tests.unit.test_drand import LINKED, ROUNDS

GOOD = {"round": 123, "signature": ROUNDS[123]}
PATH = f"/{QUICKNET.hash}/public/123"


class Relay(BaseHTTPRequestHandler):
    """Says what its server holds for each path, below the name of the relay."""

    server: "Relays"

    def do_GET(self) -> None:
        """The body of the path, or 404."""
        self.server.asked.append(self.path)
        body = self.server.said.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """No log."""


class Relays(ThreadingHTTPServer):
    """Several relays on one port, told apart by the first part of the path."""

    said: Mapping[str, bytes]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Relay)
        self.said, self.asked = {}, []
        self.asked: list[str]

    def url(self, name: str) -> str:
        """The address of a relay."""
        return f"http://127.0.0.1:{self.server_port}/{name}/"


@pytest.fixture
def relays() -> Iterator[Relays]:
    server = Relays()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


LIES = {
    "another round": {**GOOD, "round": 124},
    "another signature": {**GOOD, "signature": ROUNDS[657413]},
    "no signature": {"round": 123},
    "no text": {**GOOD, "signature": 7},
    "a list": [GOOD],
    "a previous one of another kind": {**GOOD, "previous_signature": 5},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_relay_that_says_anything_else_is_passed_over(relays: Relays, lie: str) -> None:
    relays.said = {f"/first{PATH}": json.dumps(LIES[lie]).encode(), f"/second{PATH}": json.dumps(GOOD).encode()}
    beacon = HttpBeacon([relays.url("first"), relays.url("second")])
    assert beacon.round(QUICKNET.hash, 123) == Round(123, ROUNDS[123])
    assert relays.asked == [f"/first{PATH}", f"/second{PATH}"]


def test_where_all_are_silent_anybody_may_hand_the_round_in(relays: Relays) -> None:
    relays.said = {f"/broken{PATH}": b"no JSON"}
    for urls in ([], [relays.url("gone")], [relays.url("broken")], ["http://127.0.0.1:9"]):
        with pytest.raises(BeaconError) as silent:
            HttpBeacon(urls).round(QUICKNET.hash, 123)
        assert silent.value.code == "beacon_silent"


def test_a_round_of_a_linked_chain_comes_with_the_signature_before_it(relays: Relays) -> None:
    (number, (signature, previous, value)), *_rest = LINKED.items()
    told = {"round": number, "randomness": value, "signature": signature, "previous_signature": previous}
    relays.said = {f"/one/{DEFAULT.hash}/public/{number}": json.dumps(told).encode()}
    found = HttpBeacon([relays.url("one")]).round(DEFAULT.hash, number)
    assert found == Round(number, signature, previous)
    assert found.randomness == value


def test_another_chain_is_unknown_whatever_relays_say() -> None:
    with pytest.raises(BeaconError) as unknown:
        HttpBeacon(["http://127.0.0.1:9"]).round("ab" * 32, 1)
    assert unknown.value.code == "beacon_chain"
