"""A real witness, as a process of its own on a free port of this machine."""

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


class DidNotStart(Exception):
    """What the witness said instead of its address."""


class Witness:
    """One running process and how to ask it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "witness", "serve", "--home", str(home), "--port", "0", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.fullmatch(r"witness (\S+) ([0-9a-f]{64}) listens on http://127\.0\.0\.1:([0-9]+)\n", line)
        if found is None:
            raise DidNotStart(self.end())
        self.name, self.key, self.port = found[1], bytes.fromhex(found[2]), int(found[3])

    def ask(
        self,
        method: str,
        path: str,
        content: object = None,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            data = body if content is None else json.dumps(content).encode()
            connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            assert answer.headers["Content-Type"] == "application/json"
            found = json.loads(answer.read())
            assert isinstance(found, dict)
            return answer.status, found
        finally:
            connection.close()

    def get(self, path: str) -> dict[str, object]:
        status, found = self.ask("GET", path)
        assert status == 200
        return found

    def post(self, path: str, **content: object) -> tuple[int, dict[str, object]]:
        return self.ask("POST", path, content)

    def kill(self) -> None:
        """As the power cut would: no farewell."""
        self.process.kill()
        self.end()

    def stop(self) -> str:
        """End it in order; what it wrote to stderr."""
        self.process.terminate()
        return self.end()

    def end(self) -> str:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.wait(20)
        said = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return said


def command(*arguments: object) -> tuple[int, str, str]:
    """A command of the witness: exit code, what it said, what it said to stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "witness", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def start_witness(tmp_path: Path) -> Iterator[Callable[..., Witness]]:
    """Start a witness with the test's home folder (or another) and options; all are ended after the test."""
    started: list[Witness] = []

    def start(*options: object, home: str = "home") -> Witness:
        witness = Witness(tmp_path / home, *map(str, options))
        started.append(witness)
        return witness

    yield start
    for witness in started:
        if witness.process.returncode is None:
            witness.stop()


@pytest.fixture
def witness(start_witness: Callable[..., Witness]) -> Witness:
    return start_witness()
