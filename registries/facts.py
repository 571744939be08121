"""What the stand-in knows: HOME/<registry>/<question>.csv or .json, read again when a file changes.

Rows are kept as JSON text by the body's code, which is what is asked for and what is answered.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class _Read:
    stamp: tuple[int, int]
    rows: dict[str, str]


class Facts:
    """The lists below a folder; safe with threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._read: dict[Path, _Read] = {}

    def registries(self) -> dict[str, list[str]]:
        """The registries that have a folder, each with the questions that it answers."""
        found: dict[str, list[str]] = {}
        for folder in sorted(self._home.iterdir() if self._home.is_dir() else ()):
            if folder.is_dir() and _NAME.fullmatch(folder.name):
                files = [path.stem for path in folder.iterdir() if path.suffix in {".csv", ".json"}]
                found[folder.name] = sorted({name for name in files if _NAME.fullmatch(name)})
        return found

    def rows(self, registry: str, question: str) -> dict[str, str] | None:
        """The list of a question, code → rows as JSON without brackets; None where there is no such list."""
        if not (_NAME.fullmatch(registry) and _NAME.fullmatch(question)):
            return None
        for ending in (".csv", ".json"):
            path = self._home / registry / f"{question}{ending}"
            try:
                found = path.stat()
            except OSError:
                continue
            stamp = (found.st_mtime_ns, found.st_size)
            known = self._read.get(path)
            if known is None or known.stamp != stamp:
                with self._lock:
                    known = self._read.get(path)
                    if known is None or known.stamp != stamp:
                        known = self._read[path] = _Read(stamp, _load(path))
            return known.rows
        return None


def _load(path: Path) -> dict[str, str]:
    """A file's rows by code. A file that cannot be read as a whole is an empty list, and is complained about."""
    pieces: dict[str, list[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, strict=True) if path.suffix == ".csv" else json.load(lines)
            for row in rows:
                text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                pieces.setdefault(str(row["uscc"]), []).append(text)
    except (ValueError, KeyError, TypeError, csv.Error, OSError) as error:
        print(f"registries: {path}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return {}
    return {code: ",".join(texts) for code, texts in pieces.items()}
