"""All workers of a small machine as forks of one process, which has imported the program once: they share its memory."""

import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from flask import Flask

from workers import schedule, worker

_PR_SET_PDEATHSIG = 1  # prctl(2)
PARTS: dict[str, Callable[[Flask], None]] = {
    "urgent": lambda app: worker.work(app, ["urgent"]),
    "rest": lambda app: worker.work(app, ["default", "bulk"]),
    "schedule": schedule.run,
}


def _fork(app: Flask, act: Callable[[Flask], None]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if sys.platform == "linux":
            # Nobody works on alone when the parent was killed.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            act(app)
            code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run(app: Flask) -> int:
    """Start all parts and stay until told to stop, or until one of them ends: then the others are ended too.

    Gives the exit code: 0 if it was told to stop.
    """
    told: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        told.append(number)
        for pid in running:
            os.kill(pid, signal.SIGTERM)

    # What is there now is never collected, so the forks go on sharing it.
    gc.collect()
    gc.freeze()
    running: dict[int, str] = {}
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    for name, act in PARTS.items():
        running[_fork(app, act)] = name
    failed = False
    while running:
        pid, status = os.wait()
        name = running.pop(pid, "")
        if name and not told:
            print(f"{name} ended by itself ({os.waitstatus_to_exitcode(status)}); the others are ended", flush=True)
            failed = True
            end(0, None)
    return int(failed)
