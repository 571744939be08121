"""The regulator's witness of draws, as a process beside the site: for a demonstration both are on one machine.

WITNESS_URL in the environment comes first; else DATA/witness.json names the running one.
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

CLOCK_FILE = "witness-clock"
_START_SECONDS = 30.0


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), timeout=2).close()
    except OSError:
        return False
    return True


def noted(data: Path) -> tuple[str, int] | None:
    """Address and process id of this DATA's witness, where one runs."""
    try:
        read = json.loads((data / "witness.json").read_text(encoding="utf-8"))
        url, pid = str(read["url"]), int(read["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (url, pid) if alive(pid) and "witness" in command_line(pid) and _answers(url) else None


def start(data: Path) -> str:
    """Start the witness on DATA/witness. Gives its address; raises Problem."""
    home = data / "witness"
    home.mkdir(mode=0o700, exist_ok=True)
    log = data / "logs" / "witness.log"
    python = VENV / "bin" / "python"
    program = str(python) if python.exists() else sys.executable
    # A demonstration plays months in minutes: the witness's clock goes with it where this file says so.
    clock = [] if os.environ.get("DEMO", "1") == "0" else ["--clock-file", str(data / CLOCK_FILE)]
    for _ in range(3):  # another program may take the port between our look and the witness's
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [program, "-m", "witness", "serve", "--home", str(home), "--port", str(port), *clock],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        remember(process)
        pid = process.pid
        wait_until(lambda url=url, pid=pid: _answers(url) or not alive(pid), _START_SECONDS)  # type: ignore[misc]  # binds the loop
        if alive(pid) and _answers(url):
            new = data / "witness.json.new"
            new.write_text(json.dumps({"url": url, "pid": pid}) + "\n", encoding="utf-8")
            new.replace(data / "witness.json")
            return url
        end(pid, signal.SIGTERM, 5)
    raise Problem(f"the witness did not start (log: {log})\n{tail(log)}", "read the log; or set WITNESS_URL")


def stop(data: Path) -> None:
    """End this DATA's witness, where one runs."""
    running = noted(data)
    if running is not None:
        end(running[1], signal.SIGTERM, 5)
    (data / "witness.json").unlink(missing_ok=True)
