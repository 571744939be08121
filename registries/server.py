"""The stand-in over HTTP: GET /<registry>/<question>?uscc=…, POST /<registry>/<question>/batch, POST /control, a page at /."""

from __future__ import annotations

import hashlib
import html
import importlib
import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from registries.facts import Facts
from registries.modes import MODES, Board, Refused, spoiled

MAX_BODY = 1024 * 1024
MOST_AT_ONCE = 1000
IDENTITY = "/identity"
_HERE = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}"
    "p.note{border:2px solid #b45309;padding:.75rem}section{border-top:1px solid #ccc;padding:.5rem 0}"
    "button,select,input{font:inherit;padding:.4rem;min-height:2.75rem}input{width:5rem}"
)


@dataclass(frozen=True)
class Reply:
    """What to send back; `close` without a status: hang up."""

    status: int
    body: bytes
    kind: str = "application/json"
    location: str = ""


HANG_UP = Reply(0, b"")


def _json(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode())


class Said(Protocol):
    """An answer of the unified identity platform."""

    status: int
    body: bytes
    kind: str
    location: str


class Platform(Protocol):
    """The unified identity platform (registries/identity.py)."""

    def handle(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Said:
        """Answer a request."""


class Api:
    """What is asked and answered; knows nothing of sockets."""

    def __init__(self, facts: Facts, board: Board, people: Path | None = None) -> None:
        """`people`: the legal persons of the unified identity platform, mounted at /identity once the file is there."""
        self.facts, self.board = facts, board
        self._people = people
        self._platform: Platform | None = None
        self._lock = threading.Lock()

    def platform(self, base: str) -> Platform | None:
        """The unified identity platform at this address, where its people are known."""
        with self._lock:
            if self._platform is None and self._people is not None and self._people.is_file():
                # Named late: its cryptography takes a third of this program's memory, and few have the file.
                module = importlib.import_module("registries.identity")
                self._platform = module.Platform(base + IDENTITY, module.people_of(self._people))
            return self._platform

    def get(self, target: str) -> Reply:
        """A question about one body, the control page, or the state of all."""
        parts = urlsplit(target)
        if parts.path == "/":
            return Reply(200, self._page().encode(), "text/html; charset=utf-8")
        if parts.path == "/control":
            return _json(200, self.board.state(self.facts.registries()))
        names = parts.path.strip("/").split("/")
        codes = parse_qs(parts.query).get("uscc", [])
        if len(names) != 2 or len(codes) != 1:
            return _json(404, {"error": "not_found"})
        return self._answer(names[0], names[1], codes, together=False)

    def post(self, target: str, body: bytes, kind: str) -> Reply:
        """A question about many bodies, or a change of mode by program or page."""
        path = urlsplit(target).path
        if path == "/control":
            return self._control(body, kind)
        names = path.strip("/").split("/")
        try:
            codes = json.loads(body)["uscc"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return _json(400, {"error": "malformed"})
        if len(names) != 3 or names[2] != "batch":
            return _json(404, {"error": "not_found"})
        if (
            not isinstance(codes, list)
            or not 0 < len(codes) <= MOST_AT_ONCE
            or not all(isinstance(code, str) for code in codes)
        ):
            return _json(422, {"error": "uscc"})
        return self._answer(names[0], names[1], codes, together=True)

    def _answer(self, registry: str, question: str, codes: list[str], *, together: bool) -> Reply:
        rows = self.facts.rows(registry, question)
        if rows is None:
            return _json(404, {"error": "not_found"})
        mode = self.board.of(registry)
        self.board.count(registry, len(codes))
        bad = mode.mode if any(mode.applies(code) for code in codes) else "ok"
        if bad == "down":
            return HANG_UP
        if bad == "unavailable":
            return _json(503, {"error": "unavailable"})
        if bad == "slow":
            time.sleep(mode.seconds)
        pieces = []
        for code in codes:
            told, content = code, rows.get(code, "")
            if mode.applies(code) and bad in ("wrong", "contradict", "other_code"):
                told, content = spoiled(bad, code, content)
            reference = f"{registry}-{question}-{hashlib.sha256((told + content).encode()).hexdigest()[:12]}"
            pieces.append(f'{{"uscc":{json.dumps(told)},"reference":"{reference}","rows":[{content}]}}')
        text = f'{{"answers":[{",".join(pieces)}]}}' if together else pieces[0]
        return Reply(200, (text[: len(text) // 2] if bad == "malformed" else text).encode())

    def _control(self, body: bytes, kind: str) -> Reply:
        known = self.facts.registries()
        try:
            if kind == "application/x-www-form-urlencoded":
                given: dict[str, object] = {key: values[0] for key, values in parse_qs(body.decode()).items()}
                if "seconds" in given:
                    given["seconds"] = float(str(given["seconds"]))
                self.board.set(given, known)
                return Reply(303, b"", "text/plain", "/")
            read = json.loads(body)
            if not isinstance(read, dict):
                raise Refused("the body must be an object")
            self.board.set(read, known)
        except (ValueError, RecursionError):
            return _json(400, {"error": "malformed"})
        except Refused as refused:
            return _json(422, {"error": str(refused)})
        return _json(200, self.board.state(known))

    def _page(self) -> str:
        known = self.facts.registries()
        state = self.board.state(known)
        sections = "".join(self._section(name, row) for name, row in state.items() if isinstance(row, Mapping))
        empty = "" if known else "<p>尚无数据 · No facts yet: <code>flask --app wsgi demo load</code></p>"
        return (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>模拟登记平台 · Stand-in registries</title><style>{_STYLE}</style></head><body><main>"
            "<h1>模拟登记平台 · Stand-in registries</h1>"
            '<p class="note">仅供演示和测试，内容均为虚构。For demonstration and tests; everything here is invented.</p>'
            f"{empty}{sections}</main></body></html>"
        )

    @staticmethod
    def _section(name: str, row: Mapping[str, object]) -> str:
        shown = html.escape(name)
        options = "".join(
            f'<option value="{mode}"{" selected" if mode == row["mode"] else ""}>{mode} – {html.escape(words)}</option>'
            for mode, words in MODES.items()
        )
        questions = row["questions"]
        listed = "、".join(map(html.escape, questions)) if isinstance(questions, list) else ""
        return (
            f'<section><h2>{shown}</h2><p>{listed} · {row["asked"]}</p><form method="post" action="/control">'
            f'<input type="hidden" name="registry" value="{shown}"><label>方式 · Mode <select name="mode">{options}'
            f'</select></label> <label>秒 · Seconds <input name="seconds" type="number" min="0" max="120" step="0.1" '
            f'value="{row["seconds"]}"></label> <button>设置 · Set</button></form></section>'
        )


class Server(ThreadingHTTPServer):
    """One thread per connection, which stays open between questions; an idle one does not hold up the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        super().__init__(address, Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller who has gone is no error; anything else goes to stderr with its trace."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what socketserver itself passes


class Handler(BaseHTTPRequestHandler):
    """Reads one request, bounded in size, and writes one answer in one piece."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "registries"
    sys_version = ""
    timeout = 120
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """A question or a page."""
        self._handle(b"")

    def do_POST(self) -> None:
        """A question about many, or a change of mode."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > MAX_BODY:
            self.close_connection = True
            self._send(_json(413, {"error": "too_large"}))
            return
        self._handle(self.rfile.read(int(length)))

    def _handle(self, body: bytes) -> None:
        # A page of the web elsewhere must not steer this one through the reader's browser.
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        origin = self.headers.get("Origin")
        if host not in _HERE or (origin is not None and urlsplit(origin).hostname not in _HERE):
            self.close_connection = True
            self._send(_json(403, {"error": "loopback only"}))
            return
        api = self.server.api
        address = f"http://127.0.0.1:{self.server.server_port}"
        platform = api.platform(address) if self.path.startswith(IDENTITY + "/") else None
        if platform is not None:
            said = platform.handle(self.command, self.path, body, dict(self.headers.items()))
            self._send(Reply(said.status, said.body, said.kind, said.location))
        elif self.command == "GET":
            self._send(api.get(self.path))
        else:
            self._send(api.post(self.path, body, self.headers.get_content_type()))

    def _send(self, reply: Reply) -> None:
        if reply.status == 0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        if reply.location:
            self.send_header("Location", reply.location)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """No log of requests: the page counts them."""
