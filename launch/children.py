"""The processes of a running site: started with their logs, watched, and ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launch.places import ROOT, tail
from launch.processes import wait_until

_LOG_BYTES = 10_000_000
_FOLLOW = Path(__file__).with_name("follow.py")


@dataclass(frozen=True)
class Child:
    """One process of the site. `patience`: seconds it may take to end what it is doing."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    patience: float


def start(name: str, command: Sequence[str | Path], data: Path, env: Mapping[str, str], patience: float = 10) -> Child:
    """Start a process, its output going to DATA/logs/NAME.log."""
    log = data / "logs" / f"{name}.log"
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    follow = [sys.executable, "-I", "-S", str(_FOLLOW), str(os.getpid())]
    with log.open("ab") as output:
        # A session of its own: Ctrl-C reaches us alone, and we end the others in order.
        process = subprocess.Popen(
            [*follow, *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=env, start_new_session=True,
        )  # fmt: skip
    return Child(name, process, log, patience)


def dead(children: Sequence[Child]) -> Child | None:
    """The first that has ended by itself, if any."""
    return next((child for child in children if child.process.poll() is not None), None)


def obituary(child: Child) -> str:
    """Which one ended, how, and its last words."""
    code = child.process.returncode
    how = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    return f"{child.name} {how}; the end of {child.log}:\n{tail(child.log)}"


def stop(children: Sequence[Child]) -> None:
    """End these together, each within its patience; then its whole process group by force."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    for child in children:
        if not wait_until(lambda child=child: child.process.poll() is not None, child.patience):  # type: ignore[misc]  # binds the loop
            print(f"  {child.name} does not end by itself after {child.patience:.0f} s: ended by force", flush=True)
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
