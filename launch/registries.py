"""The stand-in for the registers of the outside world, as a process beside the site: for demonstrations and tests.

REGISTRIES_URL in the environment comes first; else DATA/registries.json names the running one. Where the market is no
demonstration (DEMO=0), nothing stands in for anything.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
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


def noted(data: Path) -> tuple[str, int] | None:
    """Address and process id of this DATA's stand-in, where one runs."""
    try:
        read = json.loads((data / "registries.json").read_text(encoding="utf-8"))
        url, pid = str(read["url"]), int(read["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (url, pid) if alive(pid) and "registries" in command_line(pid) and _answers(url) else None


def start(data: Path) -> str:
    """Start the stand-in on DATA/registries. Gives its address; raises Problem."""
    home = data / "registries"
    home.mkdir(mode=0o700, exist_ok=True)
    log = data / "logs" / "registries.log"
    python = VENV / "bin" / "python"
    program = str(python) if python.exists() else sys.executable
    for _ in range(3):  # another program may take the port between our look and the stand-in's
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [program, "-m", "registries", "serve", "--home", str(home), "--port", str(port)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "1"},
            )  # fmt: skip
        remember(process)
        pid = process.pid
        wait_until(lambda url=url, pid=pid: _answers(url) or not alive(pid), _START_SECONDS)  # type: ignore[misc]  # binds the loop
        if alive(pid) and _answers(url):
            new = data / "registries.json.new"
            new.write_text(json.dumps({"url": url, "pid": pid}) + "\n", encoding="utf-8")
            new.replace(data / "registries.json")
            return url
        end(pid, signal.SIGTERM, 5)
    raise Problem(
        f"the stand-in registries did not start (log: {log})\n{tail(log)}", "read the log; or set REGISTRIES_URL"
    )


def stop(data: Path) -> None:
    """End this DATA's stand-in, where one runs."""
    running = noted(data)
    if running is not None:
        end(running[1], signal.SIGTERM, 5)
    (data / "registries.json").unlink(missing_ok=True)
