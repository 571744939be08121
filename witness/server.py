"""The witness over HTTP: JSON in, JSON out, errors as {"error": code, "message": sentence}; one page for people."""

import json
import socket
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import urlsplit

from witness.api import Answer, Api, Content
from witness.errors import Refused
from witness.limits import Limit, Places, Tokens

MOST_CONNECTIONS, FROM_ONE = 128, 32
# A connection that is busy with one request for longer than this is cut: whoever drips bytes in holds nothing up.
LONGEST_REQUEST = 60.0
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


class Server(ThreadingHTTPServer):
    """One thread per connection, so many and no more; an idle connection does not hold up the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], api: Api, tokens: Tokens | None) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)
        self.api = api
        self.tokens = tokens
        self.places = Places(MOST_CONNECTIONS, FROM_ONE)
        self.reads = Limit(600, 60)
        self.strangers = Limit(30, 1)
        self._busy: dict[socket.socket, float] = {}
        self._lock = Lock()

    def process_request(self, request: object, client_address: object) -> None:
        """Give it a thread, or close it where there are too many."""
        assert isinstance(request, socket.socket) and isinstance(client_address, tuple)  # noqa: S101 -- of a TCP server
        if self.places.take(str(client_address[0])):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """As the library does it; its place is given back in the end."""
        assert isinstance(request, socket.socket) and isinstance(client_address, tuple)  # noqa: S101 -- as above
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.give_back(str(client_address[0]))
            self.note(request, busy=False)

    def note(self, wire: socket.socket, *, busy: bool) -> None:
        """That a request has begun on a connection, or is over."""
        with self._lock:
            if busy:
                self._busy[wire] = time.monotonic()
            else:
                self._busy.pop(wire, None)

    def service_actions(self) -> None:
        """Called again and again between requests: cut what takes too long."""
        limit = time.monotonic() - LONGEST_REQUEST
        with self._lock:
            slow = [wire for wire, began in self._busy.items() if began < limit]
        for wire in slow:
            self.note(wire, busy=False)
            self.shutdown_request(wire)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller who has gone is no error; anything else goes to stderr with its trace."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what socketserver itself passes


class Handler(BaseHTTPRequestHandler):
    """Reads one request, bounded in size and time, and writes one answer."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    timeout = 10

    def handle_one_request(self) -> None:
        """As the library does it, with the beginning noted."""
        self.server.note(self.connection, busy=True)
        try:
            super().handle_one_request()
        finally:
            self.server.note(self.connection, busy=False)

    def do_GET(self) -> None:
        """Lists and the page are public."""
        self.close_connection = self.close_connection or "Content-Length" in self.headers
        address = urlsplit(self.path)

        def carry_out() -> Answer | Content:
            self._count(self.server.reads)
            return self.server.api.get(address.path, address.query)

        self._answer(carry_out)

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self.do_GET()

    def do_POST(self) -> None:
        """Only the operator's program may ask for anything, where a token is set."""
        self._answer(self._carry_out_post)

    def _count(self, limit: Limit) -> None:
        if not limit.takes(str(self.client_address[0])):
            raise Refused(429, "too_many", "Too many requests from your address: wait a minute.")

    def _carry_out_post(self) -> Answer:
        self.close_connection = True  # what is left unread of a refused body must not be taken for a request
        path = urlsplit(self.path).path
        tokens = self.server.tokens
        if tokens is not None and not tokens.holds(self.headers.get("Authorization", "")):
            self._count(self.server.strangers)
            raise Refused(401, "not_signed_in", "This takes the operator's token.")
        return self.server.api.post(path, self._body(self.server.api.asked(path).largest))

    def _body(self, largest: int) -> bytes:
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "not_json", "The content type must be application/json.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            raise Refused(411, "length_required", "The length of the body must be given.")
        if len(length) > 12 or int(length) > largest:
            raise Refused(413, "too_large", f"This body has at most {largest} bytes.")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise Refused(400, "cut_off", "The body ended early.")
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return body

    def _answer(self, carry_out: Callable[[], Answer | Content]) -> None:
        try:
            status, content = 200, carry_out()
        except Refused as refusal:
            status, content = refusal.status, {"error": refusal.code, "message": refusal.message}
        self._send(status, content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the HTTP library refuses, in JSON like everything else."""
        self.close_connection = True
        self._send(code, {"error": "bad_request", "message": message or explain or "This request cannot be read."})

    def _send(self, status: int, content: Answer | Content) -> None:
        if not isinstance(content, Content):
            content = Content(json.dumps(content).encode() + b"\n", "application/json")
        self.send_response(status)
        self.send_header("Content-Type", content.kind)
        self.send_header("Content-Length", str(len(content.data)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content.data)

    def log_message(self, format: str, *args: object) -> None:
        """No log of requests: the journal says what was done."""
