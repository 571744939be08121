"""A journal of version 1 (entries one by one, not chained) is written anew as version 2, once, at the first start."""

import json
import os
from pathlib import Path

from witness.errors import CannotStart
from witness.journal import NAME, NOTHING, VERSION, Entry, Kept, Line, hash_of, is_old, sync_folder, write_whole

OLD_NAME = "journal-v1.jsonl"
# Of each kind, what never leaves the home.
_KEPT = {"receipt": ("pool_file",), "chain": ("seed",), "quote_key": ("secret",), "quote_list": ("list",)}
_KINDS = {"receipt", "chain", "reveal", "head", "quote_key", "quote_list"}


def renew(home: Path, name: str, key: str) -> None:
    """Put the new journal in the old one's place, which stays beside it under another name. Raises CannotStart."""
    path = home / NAME
    data = path.read_bytes() if path.exists() else b""
    if not is_old(data):
        return
    lines = _lines(data[: data.rfind(b"\n") + 1], name, key)
    if not (home / OLD_NAME).exists():
        os.link(path, home / OLD_NAME)
        sync_folder(home)
    write_whole(path, b"".join(line.text().encode() + b"\n" for line in lines))


def _lines(data: bytes, name: str, key: str) -> list[Line]:
    entries = []
    for number, raw in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            entry = json.loads(raw)
            if entry["kind"] not in _KINDS or not isinstance(entry["at"], str):
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CannotStart(
                f"{NAME}, line {number}, is damaged: put back a good copy first.",
                f"{NAME} 第 {number} 行已损坏：请先放回完好的副本。",
            ) from None
        entries.append(entry)
    first: Entry = {"kind": "journal", "version": VERSION, "name": name, "key": key, "at": entries[0]["at"]}
    lines: list[Line] = []
    for entry in [first, *entries]:
        kept: Kept = {field: str(entry.pop(field)) for field in _KEPT.get(entry["kind"], ())}
        if "pool_file" in kept:
            entry["source"] = kept["pool_file"].split("\n")[3]
        entry |= {"epoch": 1, "n": len(lines) + 1, "prev": lines[-1].hash if lines else NOTHING}
        lines.append(Line(entry, kept, hash_of(entry)))
    return lines
