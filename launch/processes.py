"""Other programs' life signs, and ending them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

# Processes that we started: kept so that they are reaped, and never garbage-collected while they run.
_children: dict[int, subprocess.Popen[bytes]] = {}


def remember(child: subprocess.Popen[bytes]) -> None:
    """Keep a child of ours until it has ended."""
    _children[child.pid] = child


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but is not yet reaped does not."""
    child = _children.get(pid)
    if child is not None:
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0] != "Z"
        )
    except (OSError, IndexError):
        return not Path("/proc/self").exists()


def command_line(pid: int) -> str:
    """The command line of a process, empty where there is none."""
    if not Path("/proc/self").exists():
        shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip()
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def wait_until(met: Callable[[], bool], seconds: float) -> bool:
    """Wait until the condition is met, at most so many seconds; whether it was."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def end(pid: int, first: signal.Signals, seconds: float, then: signal.Signals = signal.SIGKILL) -> bool:
    """Ask a process to end, wait, then insist. Whether it ended on being asked."""
    for number, patience in ((first, seconds), (then, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            break
        if wait_until(lambda: not alive(pid), patience):
            _children.pop(pid, None)
            return number is first
    _children.pop(pid, None)
    return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
