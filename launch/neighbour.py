"""A small program of ours beside the site, on a port of its own: started, noted in DATA, found again, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from launch.places import ROOT, VENV, Problem, tail
from launch.processes import alive, command_line, end, free_port, remember, wait_until

_START_SECONDS = 30.0


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), timeout=2).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Neighbour:
    """`module` is run as `python -m MODULE serve` on DATA/NAME and noted in DATA/NAME.json, NAME being the module's unless
    there are several of it; `variable` of the environment names one that runs elsewhere.
    """

    module: str
    called: str
    variable: str
    environment: Mapping[str, str] = field(default_factory=dict)
    named: str = ""

    @property
    def name(self) -> str:
        """Of its folder and its note in DATA."""
        return self.named or self.module

    def noted(self, data: Path) -> tuple[str, int] | None:
        """Address and process id of this DATA's program, where one runs."""
        try:
            read = json.loads((data / f"{self.name}.json").read_text(encoding="utf-8"))
            url, pid = str(read["url"]), int(read["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (url, pid) if alive(pid) and self.module in command_line(pid) and _answers(url) else None

    def start(self, data: Path, more: Sequence[str] = ()) -> str:
        """Start it on its folder in DATA, with `more` arguments. Gives its address; raises Problem."""
        home = data / self.name
        home.mkdir(mode=0o700, exist_ok=True)
        log = data / "logs" / f"{self.name}.log"
        python = VENV / "bin" / "python"
        program = str(python) if python.exists() else sys.executable
        for _ in range(3):  # another program may take the port between our look and the neighbour's
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            with log.open("ab") as output:
                process = subprocess.Popen(
                    [program, "-m", self.module, "serve", "--home", str(home), "--port", str(port), *more],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=ROOT,
                    env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
                )  # fmt: skip
            remember(process)
            pid = process.pid
            wait_until(lambda url=url, pid=pid: _answers(url) or not alive(pid), _START_SECONDS)  # type: ignore[misc]  # binds the loop
            if alive(pid) and _answers(url):
                new = data / f"{self.name}.json.new"
                new.write_text(json.dumps({"url": url, "pid": pid}) + "\n", encoding="utf-8")
                new.replace(data / f"{self.name}.json")
                return url
            end(pid, signal.SIGTERM, 5)
        raise Problem(f"{self.called} did not start (log: {log})\n{tail(log)}", f"read the log; or set {self.variable}")

    def stop(self, data: Path) -> None:
        """End this DATA's program, where one runs."""
        running = self.noted(data)
        if running is not None:
            end(running[1], signal.SIGTERM, 5)
        (data / f"{self.name}.json").unlink(missing_ok=True)
