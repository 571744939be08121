"""A PostgreSQL cluster of our own: made, started and stopped.

PostgreSQL refuses to run as root, and an unprivileged user cannot read /root. So for root the cluster and, where they
came from pip, a copy of the programs lie in a folder under /var/lib that DATA/cluster-path names, and an unprivileged
user of the machine runs them. Connections go through a Unix socket in a folder that only that user (and root) may open.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from launch.binaries import Postgres, postgres
from launch.places import Problem, private_folder, short_name, socket_folder, tail
from launch.processes import alive, command_line, end, remember, wait_until

DATABASE = "supermarket"
OWNER_ROLE = "supermarket"
APP_ROLE = "supermarket_app"
ADMIN_ROLE = "postgres"
_PORT = "5432"
_START_SECONDS = 60.0

SETTINGS = {
    "listen_addresses": "",
    "port": _PORT,
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
}
# A cluster that is thrown away after the tests need not survive a power cut.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Roles belong to the cluster, not to a database, so they are made here and not by a migration.
_ROLES = f"""
SELECT 'CREATE ROLE {OWNER_ROLE} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER_ROLE}') \\gexec
SELECT 'CREATE ROLE {APP_ROLE} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') \\gexec
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
"""  # noqa: S608 -- constants of this file


@dataclass(frozen=True)
class Place:
    """Where a DATA's cluster lies, and the user who runs it."""

    home: Path
    cluster: Path
    sockets: Path
    uid: int
    gid: int

    def url(self, role: str, database: str = DATABASE) -> str:
        """SQLAlchemy's address of a database of this cluster."""
        return f"postgresql+psycopg://{role}@/{database}?host={quote(str(self.sockets))}"


def _runner() -> pwd.struct_passwd:
    me = os.getuid()
    if me != 0:
        return pwd.getpwuid(me)
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("nobody", "daemon", "bin", "www-data"):
        if name in entries and entries[name].pw_uid != 0:
            return entries[name]
    raise Problem(
        "PostgreSQL refuses to run as root and this machine has no unprivileged user",
        "add one (`useradd --system nobody`), or run `make` as an ordinary user, or set DATABASE_URL",
    )


def place(data: Path) -> Place:
    """The place of this DATA's cluster; made where it is missing. Raises Problem."""
    user = _runner()
    if os.getuid() != 0:
        home = data / "postgres"
    else:
        noted = data / "cluster-path"
        if not noted.exists():
            noted.write_text(f"{_free_home(data)}\n", encoding="utf-8")
        home = Path(noted.read_text(encoding="utf-8").strip())
    private_folder(home, user.pw_uid, user.pw_gid)
    sockets = socket_folder(home / "run", data, user.pw_uid, user.pw_gid)
    return Place(home, home / "cluster", sockets, user.pw_uid, user.pw_gid)


def _free_home(data: Path) -> Path:
    """A folder that is not there yet: one that is belongs to a DATA of the same path that was deleted by hand, and its
    rows fit neither the keys nor the witnesses of this one.
    """
    first = Path("/var/lib") / short_name(data)
    home, number = first, 2
    while home.exists():
        home, number = first.with_name(f"{first.name}-{number}"), number + 1
    return home


def _as_user(where: Place) -> dict[str, object]:
    if os.getuid() != 0:
        return {}
    return {"user": where.uid, "group": where.gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "HOME": "/", "LC_ALL": "C", "TZ": "UTC"}


def _programs(where: Place) -> Postgres:
    """The programs, at a place where the user who runs them can read them."""
    found = postgres()
    if os.getuid() != 0 or not found.from_pip:
        return found
    source = found.bin.parent.parent
    stamp = f"{found.major} {source} {source.stat().st_mtime_ns}\n"
    copy = where.home / "programs"
    noted = copy / "copied-from"
    if not noted.exists() or noted.read_text(encoding="utf-8") != stamp:
        shutil.rmtree(copy, ignore_errors=True)
        # The libraries are found relative to the programs, so both keep their places beside each other.
        shutil.copytree(source / "pginstall", copy / source.name / "pginstall", symlinks=True)
        libraries = source.parent / f"{source.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for folder in (copy, copy / source.name):
            folder.chmod(0o755)
        noted.write_text(stamp, encoding="utf-8")
    return Postgres(copy / source.name / "pginstall" / "bin", found.major, from_pip=True)


def _init(programs: Postgres, where: Place, log: Path) -> None:
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= 17 else []
    command = [
        str(programs.bin / "initdb"), "--pgdata", str(where.cluster), "--username", ADMIN_ROLE, "--auth", "trust",
        "--encoding", "UTF8", "--locale", "C", *locale,
    ]  # fmt: skip
    with log.open("ab") as output:
        done = subprocess.run(  # type: ignore[call-overload]  # user= is passed on only for root
            command, stdout=output, stderr=output, cwd=where.home, env=_environment(), check=False, **_as_user(where)
        )
    if done.returncode != 0:
        shutil.rmtree(where.cluster, ignore_errors=True)
        raise Problem(f"initdb failed (log: {log})\n{tail(log)}", "read the log; or set DATABASE_URL")


def _noted(where: Place) -> list[str]:
    try:
        return (where.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def answers(where: Place) -> bool:
    """Whether a server accepts connections on the cluster's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(where.sockets / f".s.PGSQL.{_PORT}"))
        except OSError:
            return False
    lines = _noted(where)
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _forget_dead_server(where: Place) -> None:
    """After a crash another process may have the noted number, and PostgreSQL would then refuse to start."""
    lines = _noted(where)
    if lines and not answers(where):
        pid = abs(int(lines[0]))
        if not alive(pid) or "postgres" not in command_line(pid):
            (where.cluster / "postmaster.pid").unlink(missing_ok=True)


def _psql(programs: Postgres, where: Place, sql: str) -> None:
    done = subprocess.run(
        [str(programs.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(where.sockets), "-p", _PORT,
         "-U", ADMIN_ROLE, "-d", "postgres"],
        input=sql, capture_output=True, text=True, check=False, env=_environment(), cwd="/",
    )  # fmt: skip
    if done.returncode != 0:
        raise Problem(f"PostgreSQL refused the roles of the site: {done.stderr.strip()}", "read DATA/logs/postgres.log")


def start(data: Path, *, throwaway: bool) -> tuple[Place, int]:
    """Start this DATA's cluster, made on first use. Gives its place and the server's process id; raises Problem."""
    where = place(data)
    programs = _programs(where)
    log = data / "logs" / "postgres.log"
    version = where.cluster / "PG_VERSION"
    if not version.exists():
        shutil.rmtree(where.cluster, ignore_errors=True)
        _init(programs, where, log)
    elif int(version.read_text(encoding="utf-8")) != programs.major:
        raise Problem(
            f"{where.cluster} was made by PostgreSQL {version.read_text(encoding='utf-8').strip()}, "
            f"but {programs.bin} is {programs.major}",
            "put that version back (PATH), or move the data with pg_upgrade, or start afresh with `make clean-data`",
        )
    _forget_dead_server(where)
    options = {**SETTINGS, "unix_socket_directories": str(where.sockets), **(THROWAWAY if throwaway else {})}
    if programs.major >= 18:
        options["io_method"] = "sync"  # no processes of its own for so small a server
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        server = subprocess.Popen(  # type: ignore[call-overload]  # user= is passed on only for root
            [str(programs.bin / "postgres"), "-D", str(where.cluster), *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            cwd=where.home, env=_environment(), **_as_user(where),
        )  # fmt: skip
    remember(server)
    wait_until(lambda: answers(where) or not alive(server.pid), _START_SECONDS)
    if not answers(where):
        if alive(server.pid):
            stop(server.pid)
        raise Problem(f"PostgreSQL did not start (log: {log})\n{tail(log)}", "read the log; or set DATABASE_URL")
    _psql(programs, where, _ROLES)
    return where, server.pid


def stop(pid: int) -> None:
    """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
    if not end(pid, signal.SIGINT, 20, then=signal.SIGQUIT):
        end(pid, signal.SIGKILL, 5)


def remove(data: Path) -> None:
    """Delete this DATA's cluster, which must be stopped, where it lies outside DATA."""
    noted = data / "cluster-path"
    if noted.exists():
        home = Path(noted.read_text(encoding="utf-8").strip())
        if home.name.startswith("supermarket-") and home.parent == Path("/var/lib"):
            shutil.rmtree(home, ignore_errors=True)
        noted.unlink()
