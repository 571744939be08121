"""What comes from npm and from the catalogues: files of the pages that are made at set-up and never committed."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from launch import environment
from launch.places import ROOT, Problem
from launch.shown import call, step

VENDOR = ROOT / "static" / "vendor"
TRANSLATIONS = ROOT / "supermarket" / "translations"
# Pages load these; the licences travel with them.
FILES = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "echarts/LICENSE": "echarts/LICENSE",
    "echarts/NOTICE": "echarts/NOTICE",
    "tweetnacl/nacl-fast.min.js": "tweetnacl/nacl-fast.min.js",
    "tweetnacl/LICENSE": "tweetnacl/LICENSE",
    **{
        f"noble-hashes/{name}": f"@noble/hashes/{name}"
        for name in ("blake2.js", "_blake.js", "_md.js", "_u64.js", "utils.js", "LICENSE")
    },
}


def npm(log: Path, folder: Path, *arguments: str) -> None:
    """Run npm in a folder, with node beside it on the path. Raises Problem."""
    where = environment.node(log)
    path = f"{where}{os.pathsep}{os.environ.get('PATH', '')}"
    # Authorities that the machine trusts beside node's own list: a company's proxy has one.
    env = {"NODE_USE_SYSTEM_CA": "1", **os.environ, **environment.pip_settings(), "PATH": path}
    call(
        [where / "npm", *arguments], log, env=env, cwd=folder,
        remedy="look at the network and at npm's settings (`npm config list`), then run the command again",
    )  # fmt: skip


def _packages(log: Path) -> None:
    wanted = b"".join((ROOT / name).read_bytes() for name in ("package.json", "package-lock.json"))
    mark = hashlib.sha256(wanted + repr(sorted(FILES.items())).encode()).hexdigest()
    stamp = VENDOR / ".set-up"
    complete = all((VENDOR / name).exists() for name in FILES) and (ROOT / "node_modules" / "axe-core").exists()
    if complete and stamp.exists() and stamp.read_text(encoding="utf-8") == mark:
        return
    environment.node(log)
    with step("front-end packages"):
        npm(log, ROOT, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        shutil.rmtree(VENDOR, ignore_errors=True)
        for name, source in FILES.items():
            (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)
            except FileNotFoundError as error:
                raise Problem(
                    f"npm brought no {source}", "compare package-lock.json with launch/frontend.py"
                ) from error
        stamp.write_text(mark, encoding="utf-8")


def compile_translations(log: Path) -> None:
    """Make the .mo of every .po that is newer. Raises Problem."""
    for catalogue in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        made = catalogue.with_suffix(".mo")
        if made.exists() and made.stat().st_mtime_ns > catalogue.stat().st_mtime_ns:
            continue
        locale = catalogue.parent.parent.name
        with step(f"translations {locale}"):
            call(
                [environment.script("pybabel"), "compile", "-l", locale, "-i", catalogue, "-o", made], log,
                remedy=f"put {catalogue.relative_to(ROOT)} right",
            )  # fmt: skip


def set_up(log: Path) -> None:
    """Bring static/vendor/ and the catalogues up to date. Does nothing where they are. Raises Problem."""
    _packages(log)
    compile_translations(log)
