"""Whatever comes in, the answer is one sentence, nothing else is signed, and the witness goes on."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.witness.test_witness_draws import make_pool
from witness import server as serving
from witness import texts
from witness.api import Api, Content
from witness.book import Book
from witness.clock import Clock
from witness.errors import Refused
from witness.limits import Limit, Tokens
from witness.places import Known, Silent, _object, _take
from witness.server import FROM_ONE, Server
from witness.state import read_state

TOKEN = "t" * 40
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
patient = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    book = Book(tmp_path_factory.mktemp("fuzz") / "home", Clock(), "witness")
    made = Api(book)
    yield made
    book.close()


@pytest.fixture(scope="module")
def port(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = tmp_path_factory.mktemp("token") / "token"
    path.touch(mode=0o600)
    path.write_text(TOKEN)
    server = Server(("127.0.0.1", 0), api, Tokens(path))
    server.reads.takes = lambda address: True  # type: ignore[method-assign]  # the limit has a test of its own
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def mutated(text: str) -> st.SearchStrategy[str]:
    """A good text with one piece taken out, doubled or replaced."""

    def change(draw: tuple[int, int, str]) -> str:
        start, length, other = draw
        start %= len(text) + 1
        return text[:start] + other + text[start + length :]

    return st.tuples(st.integers(0, 10_000), st.integers(0, 5), st.text(max_size=4)).map(change)


@patient
@given(text=st.text(max_size=200) | mutated(make_pool()))
def test_a_pool_file_is_read_to_the_byte_or_refused(text: str) -> None:
    try:
        pool = texts.pool(text)
    except Refused as refused:
        assert (refused.status, refused.code) == (422, "bad_pool_file")
        return
    lines = text.split("\n")
    assert (lines[0], lines[1], lines[2], lines[3]) == ("draw-v2", pool.project, pool.purpose, pool.source)
    ids = [line.split(" ")[0] for line in lines[4:-1]]
    assert ids == sorted(set(ids)) and text.isascii() and lines[-1] == ""


@patient
@given(
    text=st.text(max_size=200) | mutated(f"quote-list-v1\nP-1\n91510100MA61T2XX00 1 {'a' * 64} 2026-03-02T02:00:00Z\n")
)
def test_a_list_is_read_to_the_byte_or_refused(text: str) -> None:
    try:
        found = texts.quote_list(text, "P-1")
    except Refused as refused:
        assert (refused.status, refused.code) == (422, "bad_list")
        return
    assert text.startswith("quote-list-v1\nP-1\n") and len(found) <= text.count("\n") - 2


@patient
@given(
    path=st.sampled_from(
        [
            "/receipts",
            "/heads",
            "/tree-heads",
            "/commitments",
            "/reveals",
            "/states",
            "/quote-keys",
            "/quote-lists",
            "/quote-openings",
        ]
    )
    | st.text(max_size=10),
    body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
    data=st.data(),
)
def test_a_body_of_any_kind_gets_an_answer_of_ours(api: Api, path: str, body: bytes, data: st.DataObject) -> None:
    asked = api.posts.get(path)
    if asked is not None and data.draw(st.booleans()):
        body = json.dumps({name: data.draw(json_values) for name in asked.fields}).encode()
    before = api.get("/log", "")["log"]  # type: ignore[index]  # an answer, no page
    try:
        api.post(path, body)
    except Refused as refused:
        assert 400 <= refused.status < 500 and refused.code and refused.message
        assert api.get("/log", "")["log"] == before  # type: ignore[index]


@patient
@given(
    path=st.sampled_from(
        ["/", "/key", "/state", "/log", "/receipts", "/heads", "/tree-heads", "/tree-heads/last", "/states"]
    )
    | st.text(max_size=12),
    query=st.text(max_size=30)
    | st.sampled_from(["after=0", "after=999999999", "project=P-1", "key=x", "log=a&after=1"]),
)
def test_any_address_gets_an_answer_of_ours(api: Api, path: str, query: str) -> None:
    try:
        found = api.get(path, query)
    except Refused as refused:
        assert refused.status in (404, 422)
        return
    assert isinstance(found, Content) or json.dumps(dict(found))


@patient
@given(value=json_values, key=st.sampled_from(["log", "state", "states"]))
def test_what_a_place_gives_is_looked_at_before_it_is_believed(value: object, key: str) -> None:
    known = Known("place", is_market=True)
    try:
        _take(known, _object(json.dumps({key: value}).encode()), "w", "0" * 64)
    except Silent:
        return
    assert known.states == []
    with pytest.raises(Refused):
        read_state(value)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.binary(max_size=200)
    | st.builds(
        lambda line, headers, body: line + b"\r\n" + b"".join(headers) + b"\r\n" + body,
        st.sampled_from(
            [b"GET / HTTP/1.1", b"POST /receipts HTTP/1.1", b"POST /heads HTTP/1.0", b"PUT / HTTP/1.1", b"GET"]
        ),
        st.lists(
            st.sampled_from(
                [
                    b"Content-Length: 5\r\n",
                    b"Content-Length: -1\r\n",
                    b"Content-Length: 99999999999999999999\r\n",
                    b"Transfer-Encoding: chunked\r\n",
                    b"Content-Type: application/json\r\n",
                    b"Authorization: Bearer " + TOKEN.encode() + b"\r\n",
                    b"Connection: close\r\n",
                    b"x" * 300 + b": y\r\n",
                    b"\xff: \xfe\r\n",
                ]
            ),
            max_size=5,
        ),
        st.binary(max_size=40),
    )
)
def test_raw_bytes_on_the_wire_harm_nothing(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := wire.recv(65_536):
            answer += piece
    assert b"Traceback" not in answer
    assert answer == b"" or answer.startswith((b"HTTP/1.", b"{"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/receipts")
    assert json.loads(connection.getresponse().read()) == {"receipts": [], "next": None}
    connection.close()


def test_a_page_and_a_bad_answer_are_not_confused(api: Api, tmp_path: Path) -> None:
    page = api.get("/", "project=<script>alert(1)</script>")
    assert isinstance(page, Content)
    assert b"<script>" not in page.data and b"&lt;script&gt;" in page.data


def test_reads_have_a_limit_and_connections_too(api: Api) -> None:
    server = Server(("127.0.0.1", 0), api, None)
    server.reads = Limit(20, 0.001)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    idle: list[socket.socket] = []
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)) as connection:
            statuses = []
            for _ in range(25):
                connection.request("GET", "/key")
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
        assert statuses == [200] * 20 + [429] * 5
        idle = [socket.create_connection(("127.0.0.1", server.server_port), timeout=5) for _ in range(40)]
        closed = 0
        for wire in idle:
            wire.settimeout(0.3)
            with suppress(TimeoutError):
                closed += wire.recv(1) == b""
        assert closed in (40 - FROM_ONE, 41 - FROM_ONE), "the first connection may still be counted"
    finally:
        for wire in idle:
            wire.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_who_drips_bytes_in_is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_REQUEST", 0.5)
    server = Server(("127.0.0.1", 0), api, None)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as wire:
            with suppress(ConnectionError):
                for _ in range(40):
                    wire.sendall(b"x")
                    time.sleep(0.05)
            with suppress(ConnectionError):
                assert wire.recv(1) == b""
            assert not server._busy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
