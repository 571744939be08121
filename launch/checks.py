"""`make test`: everything that is checked, in order, on servers of its own; pytest's own lines end it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from launch import browser, environment, frontend, one_file, postgres, servers
from launch.places import ROOT, Problem, make_data_folder
from launch.shown import heading

# A run that hangs must not hang for ever: this is more than twice what it takes on two cores.
_LIMIT_SECONDS = 27 * 60
_STUCK_TEST_SECONDS = 240


def _part(title: str, command: list[str | Path], env: dict[str, str], limit: float) -> bool:
    """Run one part under its heading. Whether it passed."""
    heading(title)
    began = time.monotonic()
    process = subprocess.Popen([*map(str, command)], cwd=ROOT, env=env, start_new_session=True)
    try:
        code = process.wait(timeout=max(1.0, limit))
    except subprocess.TimeoutExpired:
        print(f"{title}: stopped, for the whole run may take {_LIMIT_SECONDS // 60} minutes", flush=True)
        code = 1
    finally:
        # Whatever the part has started goes with it, on Ctrl-C too.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if title != "tests":  # pytest says its own time, in the last line
        print(f"{title}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - began:.1f} s", flush=True)
    return code == 0


def _workers() -> str:
    """Two on two cores; more on more, but the servers are shared."""
    return str(min(6, max(2, os.cpu_count() or 2)))


def _environment(data: Path, chromium: str) -> dict[str, str]:
    env = {**os.environ, "DATA": str(data), "TZ": "Asia/Shanghai"}
    if chromium:
        env["CHROMIUM"] = chromium
        env.setdefault("FONTCONFIG_FILE", browser.fonts(data))
    return env


def _run(data: Path, extra: list[str]) -> int:
    began = time.monotonic()
    log = data / "logs" / "set-up.log"
    heading("set-up")
    environment.set_up(log, tests=True)
    frontend.set_up(log)
    one_file.wheels(ROOT / "var" / "wheels", log)  # the tests themselves ask no network
    chromium, why_none = browser.find(data, log)
    print(f"Chromium: {chromium or why_none}", flush=True)
    servers.ensure(data, throwaway=True)
    env = _environment(data, chromium)
    ruff, python = environment.script("ruff"), environment.python()
    tests: list[str | Path] = [
        python, "-m", "pytest", "-p", "tests.parts", "-n", _workers(), "--dist", "loadfile",
        "-o", f"faulthandler_timeout={_STUCK_TEST_SECONDS}",
        *([] if chromium else ["-m", "not browser"]), *(extra or ["tests"]),
    ]  # fmt: skip
    parts: list[tuple[str, list[str | Path]]] = [
        ("style: ruff check", [ruff, "check", "."]),
        ("style: ruff format", [ruff, "format", "--check", "."]),
        ("types: mypy", [python, "-m", "mypy"]),
        ("tests", tests),
    ]
    failed = [
        title for title, command in parts if not _part(title, command, env, _LIMIT_SECONDS - (time.monotonic() - began))
    ]
    # Nothing follows pytest's closing lines where all is well.
    if why_none:
        print(f"not run: the browser tests ({why_none})", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def run(extra: list[str]) -> int:
    """Check everything in a DATA folder that is thrown away; the exit code. Raises Problem.

    `extra` are arguments for pytest instead of its folders.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Not in the checkout, which the checks themselves search.
    data = Path(tempfile.mkdtemp(prefix="supermarket-test-")).resolve()
    try:
        make_data_folder(data)
        return _run(data, extra)
    except KeyboardInterrupt:
        raise Problem("stopped") from None
    finally:
        servers.release(data)
        postgres.remove(data)
        shutil.rmtree(data, ignore_errors=True)
