"""The witness over HTTP: JSON in, JSON out, errors as {"error": code, "message": sentence}."""

import hmac
import json
import re
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from witness.book import Book
from witness.draws import Draws, Heads
from witness.errors import Refused
from witness.journal import Entry
from witness.quotes import Quotes

PAGE = 1000
MAX_BODY = 8 * 1024 * 1024
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Given = Mapping[str, Json]
Answer = Mapping[str, object]


def text(given: Given, name: str) -> str:
    """The text field `name`; Refused(422) for anything that is not a text of whole letters."""
    value = given[name]
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Refused(422, "invalid", f"{name} must be a text.")
    return value


def number(given: Given, name: str) -> int:
    """The whole-number field `name`; Refused(422) for anything else."""
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(422, "invalid", f"{name} must be a whole number.")
    return value


def texts_of(given: Given, name: str) -> list[str]:
    """The field `name`, a list of texts; Refused(422) for anything else."""
    value = given[name]
    if not isinstance(value, list):
        raise Refused(422, "invalid", f"{name} must be a list of texts.")
    return [text({name: item}, name) for item in value]


class Api:
    """The table of what can be asked; knows nothing of sockets."""

    def __init__(self, book: Book) -> None:
        draws, heads, quotes = Draws(book), Heads(book), Quotes(book)
        book.replay()
        self.posts: dict[str, tuple[frozenset[str], Callable[[Given], Answer]]] = {
            "/receipts": (frozenset({"pool_file"}), lambda g: draws.sign_receipt(text(g, "pool_file"))),
            "/heads": (
                frozenset({"log", "seq", "head"}),
                lambda g: heads.sign(text(g, "log"), number(g, "seq"), text(g, "head")),
            ),
            "/commitments": (frozenset({"project"}), lambda g: draws.commit(text(g, "project"))),
            "/reveals": (
                frozenset({"project", "purpose"}),
                lambda g: draws.reveal(text(g, "project"), text(g, "purpose")),
            ),
            "/quote-keys": (
                frozenset({"project", "opens_at"}),
                lambda g: quotes.key(text(g, "project"), text(g, "opens_at")),
            ),
            "/quote-lists": (
                frozenset({"project", "list"}),
                lambda g: quotes.countersign(text(g, "project"), text(g, "list")),
            ),
            "/quote-openings": (
                frozenset({"project", "list_hash", "ciphertexts"}),
                lambda g: {"opened": quotes.open(text(g, "project"), text(g, "list_hash"), texts_of(g, "ciphertexts"))},
            ),
        }
        self.lists: dict[str, tuple[str, str, Callable[[str | None], list[Entry]]]] = {
            "/receipts": ("receipts", "project", draws.receipts),
            "/heads": ("heads", "log", heads.list),
            "/commitments": ("commitments", "project", draws.commitments),
            "/reveals": ("reveals", "project", draws.reveals),
            "/quote-keys": ("quote_keys", "project", quotes.keys),
            "/quote-lists": ("quote_lists", "project", quotes.lists),
        }
        self._book = book

    def get(self, path: str, query: str) -> Answer:
        """Answer a GET: the key, or a page of a list, narrowed by its one filter; `next` is the next page's `after`."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        if path == "/key" and not given:
            return {"name": self._book.name, "key": self._book.public_key, "at": self._book.now()}
        if path not in self.lists:
            raise Refused(404, "not_found", "There is no such page.")
        name, narrowed_by, entries = self.lists[path]
        after = given.pop("after", "0")
        if given.keys() - {narrowed_by} or not re.fullmatch("[0-9]{1,9}", after):
            raise Refused(422, "unknown_field", f"This list takes {narrowed_by} and after (a number) only.")
        found, start = entries(given.get(narrowed_by)), int(after)
        following = start + PAGE if len(found) > start + PAGE else None
        return {name: found[start : start + PAGE], "next": following}

    def post(self, path: str, body: bytes) -> Answer:
        """Carry out a POST whose body is a JSON object with exactly the fields of its path."""
        if path not in self.posts:
            raise Refused(404, "not_found", "There is no such page.")
        names, carry_out = self.posts[path]
        try:
            given = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused(400, "not_json", "The body is not JSON in UTF-8.") from None
        if not isinstance(given, dict) or given.keys() != names:
            raise Refused(422, "unknown_field", f"The body has exactly these fields: {', '.join(sorted(names))}.")
        return carry_out(given)


class Server(ThreadingHTTPServer):
    """One thread per connection; an idle connection does not hold up the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], api: Api, token: str | None) -> None:
        super().__init__(address, Handler)
        self.api = api
        self.token = token

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller who has gone is no error; anything else goes to stderr with its trace."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what socketserver itself passes


class Handler(BaseHTTPRequestHandler):
    """Reads one request, bounded in size and time, and writes one answer."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        """Lists are public."""
        self.close_connection = self.close_connection or "Content-Length" in self.headers
        address = urlsplit(self.path)
        self._answer(lambda: self.server.api.get(address.path, address.query))

    def do_POST(self) -> None:
        """Only the operator's program may ask for anything, where a token is set."""
        self._answer(lambda: self.server.api.post(urlsplit(self.path).path, self._body()))

    def _body(self) -> bytes:
        self.close_connection = True  # what is left unread of a refused body must not be taken for a request
        expected = f"Bearer {self.server.token}"
        if self.server.token is not None and not hmac.compare_digest(
            self.headers.get("Authorization", "").encode(), expected.encode()
        ):
            raise Refused(401, "not_signed_in", "This takes the operator's token.")
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "not_json", "The content type must be application/json.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            raise Refused(411, "length_required", "The length of the body must be given.")
        if len(length) > 12 or int(length) > MAX_BODY:
            raise Refused(413, "too_large", f"A body has at most {MAX_BODY} bytes.")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise Refused(400, "cut_off", "The body ended early.")
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return body

    def _answer(self, carry_out: Callable[[], Answer]) -> None:
        try:
            status, content = 200, carry_out()
        except Refused as refusal:
            status, content = refusal.status, {"error": refusal.code, "message": refusal.message}
        self._send(status, content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the HTTP library refuses, in JSON like everything else."""
        self.close_connection = True
        self._send(code, {"error": "bad_request", "message": message or explain or "This request cannot be read."})

    def _send(self, status: int, content: Answer) -> None:
        data = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """No log of requests: the journal says what was done."""
