"""What the witness has done, one JSON object a line, in one file that only grows and survives a kill at any moment."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from witness.errors import CannotStart, Refused

Entry = dict[str, str | int]


def sync_folder(folder: Path) -> None:
    """Have the folder's own entries on the disk, so that a file just made in it is found after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Journal:
    """An append-only file, 0600. A line counts once it is on the disk whole; half a line at the end never was
    answered.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the journal and cut off half a line at its end. Raises CannotStart for a line that is no
        entry.
        """
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(path.parent)
        data = path.read_bytes()
        self._size = data.rfind(b"\n") + 1
        if self._size != len(data):
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
        self._broken = False
        self._old = data[: self._size]

    def replay(self) -> Iterator[Entry]:
        """What earlier runs have written, in order."""
        lines, self._old = self._old.splitlines(), b""
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
            except ValueError:
                raise CannotStart(f"{self._path}, line {number}, is damaged: put back a good copy first.") from None
            yield entry

    def append(self, entry: Mapping[str, str | int]) -> None:
        """Write one entry and wait until it is on the disk. Raises Refused(503) where that fails; nothing is kept
        then.
        """
        if self._broken:
            raise Refused(503, "not_stored", "The journal is broken since an earlier failure; restart the witness.")
        line = json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        try:
            written = 0
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
            os.fsync(self._descriptor)
        except OSError as error:
            self._take_back()
            raise Refused(503, "not_stored", f"The journal could not be written: {error.strerror}.") from None
        self._size += len(line)

    def _take_back(self) -> None:
        # After a failed fsync nobody knows what is on the disk; only a fresh start reads it again for certain.
        self._broken = True
        os.ftruncate(self._descriptor, self._size)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)
