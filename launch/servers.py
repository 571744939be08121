"""The database and the queue of a DATA folder: used where they run, started where they do not.

`ensure` is all that the product needs. DATABASE_URL and REDIS_URL in the environment come first. Else DATA/servers.json
names the servers; where they do not answer they are started, and the last process that uses them stops them again.
Who uses them is known by a shared lock on a file, which the system gives back whatever way a process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from launch import postgres, registries, valkey, witness
from launch.places import Problem, data_folder, make_data_folder
from launch.processes import alive


@dataclass(frozen=True)
class Servers:
    """Addresses for SQLAlchemy (psycopg 3) and redis-py.

    `database_url` is for the site (a role that cannot change the schema), `owner_url` for migrations, `admin_url` for
    making databases (None with a server that is not ours). `started`: by this call, not found running.
    """

    database_url: str
    owner_url: str
    admin_url: str | None
    redis_url: str
    started: bool


@dataclass(frozen=True)
class _Noted:
    """What DATA/servers.json holds. `keep`: stays up when nobody uses it, until `stop`."""

    database_url: str
    owner_url: str
    admin_url: str
    redis_url: str
    postgres_pid: int
    valkey_pid: int
    keep: bool


_users: dict[Path, tuple[int, int]] = {}  # data folder -> (lock's descriptor, process that took it)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Only one process at a time looks, starts or stops."""
    with (data / "servers.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(data: Path) -> _Noted | None:
    try:
        return _Noted(**json.loads((data / "servers.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write(data: Path, noted: _Noted) -> None:
    new = data / "servers.json.new"
    new.touch(mode=0o600)
    new.write_text(json.dumps(asdict(noted), indent=1) + "\n", encoding="utf-8")
    new.replace(data / "servers.json")


def _running(data: Path, noted: _Noted | None) -> tuple[bool, bool]:
    if noted is None:
        return False, False
    database = alive(noted.postgres_pid) and postgres.answers(postgres.place(data))
    return database, alive(noted.valkey_pid) and valkey.answers(noted.redis_url)


def running(data: Path) -> bool:
    """Whether both servers of this DATA answer."""
    return all(_running(data, _read(data)))


def silent(data: Path) -> str:
    """Which server of ours no longer answers (by the name of its log); empty where all do."""
    noted = _read(data)
    if noted is not None:
        for name, answers in zip(("postgres", "valkey"), _running(data, noted), strict=True):
            if not answers and not os.environ.get({"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}[name]):
                return name
    if quiet := witness.silent(data):
        return quiet
    if (data / "registries.json").exists() and registries.noted(data) is None:
        return "registries"
    return ""


def _start(data: Path, *, keep: bool, throwaway: bool) -> tuple[_Noted, bool]:
    noted = _read(data)
    has_database, has_queue = _running(data, noted)
    if noted is not None and has_database and has_queue:
        if keep and not noted.keep:
            noted = replace(noted, keep=True)
            _write(data, noted)
        return noted, False
    _stop(data, noted)
    where, postgres_pid = postgres.start(data, throwaway=throwaway)
    try:
        redis_url, valkey_pid = valkey.start(data, throwaway=throwaway)
    except BaseException:
        postgres.stop(postgres_pid)
        raise
    noted = _Noted(
        where.url(postgres.APP_ROLE), where.url(postgres.OWNER_ROLE), where.url(postgres.ADMIN_ROLE, "postgres"),
        redis_url, postgres_pid, valkey_pid, keep,
    )  # fmt: skip
    _write(data, noted)
    return noted, True


def _stop(data: Path, noted: _Noted | None) -> None:
    witness.stop(data)
    registries.stop(data)
    if noted is None:
        return
    has_database, has_queue = _running(data, noted)
    if has_queue:
        valkey.stop(noted.valkey_pid)
    if has_database:
        postgres.stop(noted.postgres_pid)
    (data / "servers.json").unlink(missing_ok=True)


def _use(data: Path) -> None:
    if data not in _users or _users[data][1] != os.getpid():
        descriptor = os.open(data / "servers.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _users[data] = (descriptor, os.getpid())
        atexit.register(release, data)


def release(data: Path) -> None:
    """This process needs the servers no longer; the last one stops them. A fork gives back nothing of its parent's."""
    descriptor, owner = _users.get(data, (-1, -1))
    if owner != os.getpid():
        return
    del _users[data]
    if not data.exists():
        os.close(descriptor)
        return
    with _alone(data):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # others still use them, and the last of those stops them
        finally:
            os.close(descriptor)
        noted = _read(data)
        if noted is None or not noted.keep:
            _stop(data, noted)


def stop(data: Path) -> bool:
    """Stop the servers of this DATA whoever uses them; whether any ran."""
    if not data.exists():
        return False
    with _alone(data):
        noted = _read(data)
        ran = any(_running(data, noted))
        _stop(data, noted)
        return ran


def _reachable(name: str, url: str, port: int) -> None:
    parts = urlsplit(url)
    if not parts.hostname:  # a Unix socket: the driver says what is wrong
        return
    try:
        socket.create_connection((parts.hostname, parts.port or port), timeout=5).close()
    except OSError as error:
        where = f"{parts.hostname}:{parts.port or port}"
        raise Problem(f"{name} names {where}, where nothing answers ({error})", f"start it, or unset {name}") from error


def _driver(url: str) -> str:
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def ensure(data_dir: str | os.PathLike[str] | None = None, *, keep: bool = False, throwaway: bool = False) -> Servers:
    """The servers of a DATA folder (default: the DATA variable, else var/), started where they do not run.

    `keep` leaves them up until `stop`; `throwaway` trades safety in a crash for speed. Raises launch.places.Problem.
    """
    database_url, redis_url = _driver(os.environ.get("DATABASE_URL", "")), os.environ.get("REDIS_URL", "")
    if database_url:
        _reachable("DATABASE_URL", database_url, 5432)
    if redis_url:
        _reachable("REDIS_URL", redis_url, 6379)
    owner_url = _driver(os.environ.get("DATABASE_OWNER_URL", "")) or database_url
    if database_url and redis_url:
        return Servers(database_url, owner_url, None, redis_url, started=False)
    data = data_folder(data_dir)
    make_data_folder(data)
    with _alone(data):
        noted, started = _start(data, keep=keep, throwaway=throwaway)
        _use(data)
    return Servers(
        database_url or noted.database_url,
        owner_url or noted.owner_url,
        None if database_url else noted.admin_url,
        redis_url or noted.redis_url,
        started,
    )


def ensure_witnesses(data_dir: str | os.PathLike[str] | None = None) -> str:
    """A demonstration's own witnesses as WITNESSES has them, started like the servers.

    Where the environment names others, what WITNESSES holds: nothing if WITNESS_URL names one. Nothing, too, for a market
    in earnest (DEMO=0). Raises Problem.
    """
    if witness.named() or not _demo():
        return os.environ.get("WITNESSES", "")
    data = data_folder(data_dir)
    make_data_folder(data)
    with _alone(data):
        started = witness.start(data)
        _use(data)
    return started


def _demo() -> bool:
    return os.environ.get("DEMO", "1").lower() in {"1", "true", "yes", "on"}


def ensure_registries(data_dir: str | os.PathLike[str] | None = None) -> str:
    """The stand-in registries of a demonstration: REGISTRIES_URL, else this DATA's own, started like the servers.

    Empty where the market is no demonstration, or names its registries itself (REGISTRIES). Raises Problem.
    """
    named = os.environ.get("REGISTRIES_URL", "")
    if named or not _demo() or os.environ.get("REGISTRIES"):
        return named
    data = data_folder(data_dir)
    make_data_folder(data)
    with _alone(data):
        running = registries.noted(data)
        url = running[0] if running else registries.start(data)
        _use(data)
    return url
