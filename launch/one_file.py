"""`make witness`: the witness as one file, dist/witness.pyz, the same bytes whoever builds it.

It holds the program, its guide and licence, and the published wheels of PyNaCl and cffi for each Python and machine that
pins/witness-wheels.txt lists with their SHA-256; the wheels go in as they were published, so that anybody can compare them.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

from launch import environment
from launch.places import ROOT, Problem
from launch.shown import call, step

PINS = ROOT / "launch" / "pins" / "witness-wheels.txt"
SHEBANG = b"#!/usr/bin/env python3\n"
LISTING = "wheels/SHA256SUMS"
# No file has a time of its own: the earliest that the format knows.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_WHEEL = re.compile(r"([a-z]+)-([0-9.]+)-cp(3)(\d+)-(?:cp\d+|abi3)-(\S+)\.whl")


def pinned() -> dict[str, str]:
    """File name → SHA-256 of the wheels that go in."""
    lines = PINS.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def wheels(cache: Path, log: Path) -> dict[str, bytes]:
    """The pinned wheels, fetched by pip where the folder `cache` has not got them. Raises Problem."""
    cache.mkdir(parents=True, exist_ok=True)
    wanted = pinned()
    missing = [name for name, digest in wanted.items() if _digest(cache / name) != digest]
    for name in missing:
        found = _WHEEL.fullmatch(name)
        if found is None:
            raise Problem(f"{PINS.name} names {name}, which is no wheel that we know", "look at the file")
        package, version, major, minor, platforms = found.groups()
        python = "3.11" if "-abi3-" in name else f"{major}.{minor}"
        tags = [part for platform in platforms.split(".") for part in ("--platform", platform)]
        call(
            [environment.python(), "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
             "--python-version", python, *tags, "--dest", cache, f"{package}=={version}"],
            log, remedy="look at the network and at pip's settings, then run the command again",
        )  # fmt: skip
        if _digest(cache / name) != wanted[name]:
            raise Problem(
                f"{name} is not the file whose SHA-256 is pinned", f"look at {PINS.name} and at where pip fetches"
            )
    return {name: (cache / name).read_bytes() for name in sorted(wanted)}


def contents(packed: dict[str, bytes]) -> dict[str, bytes]:
    """Everything that goes in, by its name there; `packed`: the wheels."""
    files = {f"witness/{path.name}": path.read_bytes() for path in sorted((ROOT / "witness").glob("*.py"))}
    files["__main__.py"] = files["witness/one_file.py"]
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    files["witness.md"] = (ROOT / "docs" / "witness.md").read_bytes()
    files |= {f"wheels/{name}": data for name, data in packed.items()}
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(packed.items())]
    files[LISTING] = "".join(sums).encode()
    return files


def archive(files: dict[str, bytes]) -> bytes:
    """One file that Python runs: the same names and bytes always give the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(files):
            item = zipfile.ZipInfo(name, _NO_TIME)
            item.create_system = 3
            item.external_attr = 0o644 << 16
            packed.writestr(item, files[name])
    # A zip is read from its end; the line before it makes the file a program.
    return SHEBANG + out.getvalue()


def build(data: Path, target: Path) -> str:
    """Write the file and its SHA-256 beside it; gives the SHA-256. Raises Problem."""
    log = data / "logs" / "witness-build.log"
    environment.set_up(log, tests=False)
    with step("wheels of PyNaCl and cffi"):
        packed = wheels(data / "wheels", log)
    made = archive(contents(packed))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made)
    target.chmod(0o755)
    digest = hashlib.sha256(made).hexdigest()
    target.with_name(f"{target.name}.sha256").write_text(f"{digest}  {target.name}\n", encoding="ascii")
    return digest
