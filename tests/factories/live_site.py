"""Real processes over a test's own database: web servers, the live process; bidders and watchers that speak HTTP."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from config import ROOT
from launch.processes import free_port

NOWHERE = "http://127.0.0.1:9"


def environment_of(app: Flask, **more: str) -> dict[str, str]:
    """What a process needs to work on the application's database and queue; the outside world is not there."""
    return {
        **os.environ,
        "DATA": str(app.config["DATA"]),
        "DATABASE_URL": str(app.config["SQLALCHEMY_DATABASE_URI"]),
        "DATABASE_OWNER_URL": str(app.config["SQLALCHEMY_DATABASE_URI"]),
        "REDIS_URL": str(app.config["REDIS_URL"]),
        "SECRET_KEY": "test-only",
        "WITNESS_URL": NOWHERE,
        "REGISTRIES_URL": NOWHERE,
        "DEMO": "1",
        **more,
    }


def _answers(port: int, path: str) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        link.request("GET", path)
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


@contextmanager
def running(app: Flask, command: list[str], port: int, path: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the site, from its first answer at `path` to the end of the block."""
    with (Path(str(app.config["DATA"])) / f"process-{port}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment_of(app, **more), stdout=log, stderr=log, start_new_session=True
        )
        try:
            until = time.monotonic() + 90
            while not _answers(port, path):
                assert process.poll() is None, f"ended at once: see {log.name}"
                assert time.monotonic() < until, f"does not answer: see {log.name}"
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def web_server(app: Flask) -> Iterator[int]:
    """gunicorn with one worker; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
    with running(app, command, port, "/healthz", BIND=f"127.0.0.1:{port}", WEB_WORKERS="1"):
        yield port


@contextmanager
def live_server(app: Flask, site_port: int) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The live process; gives its port and the process."""
    port = free_port()
    command = [sys.executable, "-m", "workers", "live", "--port", str(port)]
    with running(app, command, port, "/live/healthz", SITE_URL=f"http://127.0.0.1:{site_port}") as process:
        yield port, process


@dataclass
class Watcher:
    """Somebody who has the page open: every entry with the moment at which it came, in order of arrival."""

    seqs: list[int] = field(default_factory=list)
    came: dict[int, float] = field(default_factory=dict)
    entries: dict[int, Mapping[str, object]] = field(default_factory=dict)
    states: list[Mapping[str, object]] = field(default_factory=list)
    connections: int = 0

    async def watch(self, port: int, code: str, *, lines: int | None = None) -> None:
        """One connection, from the last seq on; `lines`: hang up after so many messages."""
        self.connections += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        last = f"Last-Event-ID: {self.seqs[-1]}\r\n" if self.seqs else ""
        writer.write(f"GET /live/auctions/{code} HTTP/1.1\r\nHost: live\r\n{last}\r\n".encode())
        seen = 0
        try:
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))
                    seen += 1
                if lines is not None and seen >= lines:
                    return
        finally:
            writer.close()

    def _take(self, news: Mapping[str, object]) -> None:
        now = time.time()
        entries = news["entries"]
        assert isinstance(entries, list)
        for entry in entries:
            self.seqs.append(entry["seq"])
            self.came[entry["seq"]] = now
            self.entries[entry["seq"]] = entry
        state = news["state"]
        assert isinstance(state, dict)
        self.states.append(state)


@dataclass
class Caller:
    """A program with a token that keeps its connection open."""

    port: int
    token: str

    def __post_init__(self) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, object]]:
        """Status and JSON of an answer."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **more}
        try:
            self._link.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), head)
            answer = self._link.getresponse()
        except (http.client.HTTPException, ConnectionError):
            self._link.close()  # an idle connection that the server has given up
            self._link.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), head)
            answer = self._link.getresponse()
        return answer.status, json.loads(answer.read())
