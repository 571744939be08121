"""`make run`: from a fresh checkout to a running site, and back to nothing on Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from launch import children, environment, frontend, servers
from launch.children import Child
from launch.places import ROOT, Problem, make_data_folder, tail
from launch.processes import alive, free_port, wait_until
from launch.shown import call, step

TIME_ZONE = "Asia/Shanghai"
DEMO_PROJECTS = 40
_STOP_SECONDS = 90.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own address is never behind a proxy


class _Stopped(Exception):
    """The person, or the system, asked us to stop."""


def _on_signal(number: int, frame: FrameType | None) -> None:
    # The first one stops; while that happens further ones (make and the terminal both send one) change nothing.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise _Stopped


@contextlib.contextmanager
def _only_one(data: Path, port: int) -> Iterator[None]:
    """Hold DATA for this run, and note who we are for `make stop`. Raises Problem where another run holds it."""
    with (data / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"the site already runs on {data}", "`make stop`, or choose another folder: DATA=…") from None
        (data / "run.json").write_text(json.dumps({"pid": os.getpid(), "port": port}) + "\n", encoding="utf-8")
        try:
            yield
        finally:
            (data / "run.json").unlink(missing_ok=True)


def _check_port(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise Problem(f"{port} is not a port", "choose one from 1024 to 65535: make run PORT=8001")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Problem(f"port {port} needs root", "choose one from 1024 on: make run PORT=8001") from None
        except OSError as error:
            raise Problem(
                f"port {port} of {host} is in use ({error.strerror})", f"choose another: make run PORT={port + 1}"
            ) from error


def site_environment(data: Path, **more: str) -> dict[str, str]:
    """What every process of the site is given."""
    # Fewer malloc arenas: a small process stays small.
    fixed = {"DATA": str(data), "TZ": TIME_ZONE, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}
    return {**os.environ, **fixed, **more}


def _flask(*arguments: str) -> list[str | Path]:
    return [environment.python(), "-m", "flask", "--app", "wsgi", *arguments]


def _once(data: Path, name: str, database_url: str, act: Callable[[], None]) -> None:
    """Do this once for a database: what was begun and not finished is begun again."""
    own = f"-{hashlib.sha256(database_url.encode()).hexdigest()[:8]}" if os.environ.get("DATABASE_URL") else ""
    done = data / f"{name}{own}.done"
    if not done.exists():
        act()
        done.touch()


def _show(*arguments: str, env: dict[str, str]) -> None:
    """Run a command of the site with its own progress on the terminal. Raises Problem where it fails."""
    code = subprocess.run(_flask(*arguments), cwd=ROOT, env=env, check=False).returncode
    if code != 0:
        shown = " ".join(arguments)
        raise Problem(f"`flask --app wsgi {shown}` ended with code {code}", "its reason stands above")


def _load_demo(data: Path, found: servers.Servers, env: dict[str, str]) -> None:
    def load() -> None:
        print("  demo data …", flush=True)
        _show("demo", "load", env=env)

    def play() -> None:
        print(f"  a year of history: {DEMO_PROJECTS} purchases from demand to stars …", flush=True)
        _show("demo", "play", "--projects", str(DEMO_PROJECTS), env=env)

    _once(data, "demo-load", found.database_url, load)
    _once(data, "demo-play", found.database_url, play)


def _live_port() -> int:
    """Where the live process listens: LIVE_PORT, else one that is free. Raises Problem."""
    named = os.environ.get("LIVE_PORT", "")
    if named and not named.isdecimal():
        raise Problem(f"LIVE_PORT={named} is not a port", "choose one from 1024 to 65535")
    return int(named) if named else free_port()


def _start_live(data: Path, host: str, port: int, env: dict[str, str]) -> Child:
    command: list[str | Path] = [environment.python(), "-m", "workers", "live", "--host", host, "--port", str(port)]
    return children.start("live", command, data, env, 5)


def _start_site(data: Path, bind: str, env: dict[str, str]) -> list[Child]:
    python = environment.python()
    commands: list[tuple[str, list[str | Path], float]] = [
        ("web", [environment.script("gunicorn"), "--config", ROOT / "gunicorn.conf.py", "wsgi:app"], 12),
        # One worker for `urgent`, one for the rest, and the clockwork: forks that share their memory.
        ("workers", [python, "-m", "workers", "all"], 20),
    ]
    started: list[Child] = []
    try:
        for name, command, patience in commands:
            started.append(children.start(name, command, data, {**env, "BIND": bind}, patience))
    except BaseException:
        children.stop(started)
        raise
    return started


def _answers(url: str) -> bool:
    try:
        with _direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _wait_for_site(site: list[Child], url: str) -> None:
    wait_until(lambda: _answers(f"{url}/healthz") or children.dead(site) is not None, 60)
    gone = children.dead(site)
    if gone is not None:
        raise Problem(children.obituary(gone), "read the log")
    if not _answers(f"{url}/healthz"):
        web = site[0]
        raise Problem(f"{url}/healthz does not answer; the end of {web.log}:\n{tail(web.log)}", "read the log")


def _watch(data: Path, site: list[Child], live_again: Callable[[], Child]) -> None:
    """Return only by an exception: a child's or a server's end, or ours. The live process alone is started again: until
    then the pages ask by themselves.
    """
    # Killed without a word, make leaves us behind: then we go too.
    parent = os.getppid() if os.environ.get("MAKELEVEL") else None
    beat = 0
    while True:
        gone = children.dead(site)
        if gone is not None and gone.name == "live":
            print(f"  {children.obituary(gone)}\n  live is started again", flush=True)
            site[site.index(gone)] = live_again()
            continue
        if gone is not None:
            raise Problem(
                children.obituary(gone), "everything else is stopped now; read the log, then `make run` again"
            )
        if parent is not None and os.getppid() != parent:
            raise _Stopped
        beat += 1
        if beat % 20 == 0:
            _watch_servers(data)
        time.sleep(0.5)


def _watch_servers(data: Path) -> None:
    silent = servers.silent(data)
    if silent:
        log = data / "logs" / f"{silent}.log"
        raise Problem(f"{silent} has stopped; the end of {log}:\n{tail(log)}", "read the log, then `make run` again")


def _accounts(env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(part) for part in _flask("demo", "accounts")], cwd=ROOT, env=env, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _serve(data: Path, host: str, port: int) -> None:
    log = data / "logs" / "set-up.log"
    environment.set_up(log, tests=False)
    frontend.set_up(log)
    with step("PostgreSQL and Valkey"):
        found = servers.ensure(data)
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 -- compared, not bound
    live_port = _live_port()
    env = site_environment(
        data,
        SITE_URL=os.environ.get("SITE_URL", url),
        LIVE_ADDRESS=os.environ.get("LIVE_ADDRESS", f":{live_port}"),
    )
    with step("database up to date"):
        call(_flask("db", "upgrade"), data / "logs" / "upgrade.log", env=env, remedy="read the log")
    env["WITNESSES"] = servers.ensure_witnesses(data)
    if not env["WITNESSES"] and not env.get("WITNESS_URL"):
        raise Problem(
            "a market in earnest (DEMO=0) needs a witness, which the operator does not run itself",
            "name it: WITNESSES=FILE or WITNESS_URL=…, WITNESS_KEY=… (docs/witness.md)",
        )
    env["REGISTRIES_URL"] = servers.ensure_registries(data)
    _load_demo(data, found, env)
    site: list[Child] = []
    try:
        with step("web, workers and scheduler"):
            site = _start_site(data, f"{host}:{port}", env)
            site.append(_start_live(data, host, live_port, env))
            listing = _accounts(env)
            _wait_for_site(site, url)
        accounts, trouble = listing.communicate(timeout=60)
        if listing.returncode != 0:
            raise Problem(f"`flask --app wsgi demo accounts` failed:\n{trouble}", "read the message")
        print(f"\n{accounts.rstrip()}\n", flush=True)
        print(f"  Site        {url}\n  API         {url}/api/docs\n  Logs        {data / 'logs'}", flush=True)
        print("  Stop it with Ctrl-C, or `make stop` elsewhere.", flush=True)
        _watch(data, site, lambda: _start_live(data, host, live_port, env))
    finally:
        print("\n  stopping …", flush=True)
        children.stop(site)


def run(data: Path, host: str, port: int) -> int:
    """Run the site until it is stopped; the exit code. Raises Problem for what the person can put right."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _on_signal)
    began = time.monotonic()
    make_data_folder(data)
    with _only_one(data, port):
        _check_port(host, port)
        print(f"Supermarket: data in {data}", flush=True)
        try:
            with contextlib.suppress(_Stopped):  # Ctrl-C and SIGTERM are how it ends
                _serve(data, host, port)
        finally:
            # Everything that used the servers has ended; the queue goes next, the database last.
            servers.release(data)
    print(f"  stopped after {time.monotonic() - began:.0f} s", flush=True)
    return 0


def stop(data: Path) -> bool:
    """Stop the site of this DATA and its servers, wherever they were started; whether any ran. Raises Problem."""
    ran = False
    try:
        pid = int(json.loads((data / "run.json").read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError):
        pid = 0
    if pid and alive(pid) and _held(data / "run.lock"):
        ran = True
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: not _held(data / "run.lock"), _STOP_SECONDS):
            raise Problem(f"process {pid} does not stop", f"kill {pid}")
    return servers.stop(data) or ran


def _held(lock: Path) -> bool:
    try:
        with lock.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
