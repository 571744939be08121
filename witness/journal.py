"""What the witness has done, one entry a line, in one file that only grows, is chained, and survives a kill at any moment.

An entry is what everybody may see, with `n` (its place, from 1), `prev` (the hash of the entry before) and, under
`kept`, what stays at home: seeds, secret keys, long texts. The hash leaves `kept` out, so that anybody can follow the
chain; each thing kept is bound by what is seen of it (a seed by its commitment, a secret key by its public key, a pool
file or list by its hash). The first entry names the witness, its key and the version of the journal.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from witness.errors import CannotStart, Refused

Entry = dict[str, str | int]
Kept = dict[str, str]

VERSION = 2
NOTHING = "0" * 64
NAME = "journal.jsonl"


def canonical(entry: Mapping[str, object]) -> str:
    """JSON with sorted names and no spaces, ASCII only: the same entry is always the same bytes."""
    return json.dumps(entry, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def hash_of(entry: Mapping[str, str | int]) -> str:
    """What the next entry names as `prev`, in hex: SHA-256 of what everybody may see."""
    return sha256(canonical(entry).encode()).hexdigest()


def sync_folder(folder: Path) -> None:
    """Have the folder's own entries on the disk, so that a file just made in it is found after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place, 0600, all of it or nothing, and on the disk when this returns."""
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


@dataclass(frozen=True)
class Line:
    """One entry as it stands in the file: what everybody may see, what is kept at home, its hash."""

    entry: Entry
    kept: Kept = field(repr=False)
    hash: str

    def text(self) -> str:
        """The line itself, without its end."""
        return canonical({**self.entry, "kept": self.kept} if self.kept else self.entry)


@dataclass(frozen=True)
class Place:
    """Where a journal stands: its last entry's number and hash, and how many bytes it has."""

    n: int = 0
    head: str = NOTHING
    size: int = 0


def read_line(raw: bytes, before: Place) -> Line:
    """The line that follows `before`. Raises ValueError where it is damaged or does not follow."""
    read = json.loads(raw)
    if not isinstance(read, dict):
        raise ValueError("no entry")
    kept = read.pop("kept", {})
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise ValueError("what is kept is no list of texts")
    for value in read.values():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError("an entry holds texts and whole numbers")
    if read.get("n") != before.n + 1 or read.get("prev") != before.head or not isinstance(read.get("kind"), str):
        raise ValueError("it does not follow the entry before")
    line = Line(read, kept, hash_of(read))
    if line.text().encode() != raw:
        raise ValueError("it is not written as this program writes")
    return line


def read_lines(data: bytes, what: str) -> Iterator[tuple[Line, Place]]:
    """Every whole line of a journal with where it ends; half a line at the end is left out. Raises CannotStart."""
    place = Place()
    for number, raw in enumerate(data[: data.rfind(b"\n") + 1].split(b"\n")[:-1], start=1):
        try:
            line = read_line(raw, place)
        except (ValueError, RecursionError) as error:
            raise CannotStart(
                f"{what}, line {number}, is damaged ({error}). Nothing was changed. Put back a backup: witness restore.",
                f"{what} 第 {number} 行已损坏。程序未作任何改动。请用备份恢复：witness restore。",
            ) from None
        place = Place(int(line.entry["n"]), line.hash, place.size + len(raw) + 1)
        yield line, place


def is_old(data: bytes) -> bool:
    """Whether this is a journal of version 1, whose entries were not chained."""
    first = data.split(b"\n", 1)[0]
    return bool(first) and b"\n" in data and b'"prev":' not in first


class Journal:
    """An append-only file, 0600, and a second copy in `mirror` (a folder on another disk) where one is given.

    A line counts once it is on the disk whole, on both; half a line at the end never was answered.
    """

    def __init__(self, path: Path, mirror: Path | None = None) -> None:
        """Open or make the journal and cut off half a line at its end. Raises CannotStart."""
        self._path = path
        self._copy = None if mirror is None else mirror / NAME
        self._broken = False
        self._files: list[int] = [self._open(path)]
        data = path.read_bytes()
        self._lines = list(read_lines(data, str(path)))
        self.place = self._lines[-1][1] if self._lines else Place()
        self._cut(self._files[0], data)
        if self._copy is not None:
            self._files.append(self._follow(self._copy))

    @staticmethod
    def _open(path: Path) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(path.parent)
        return descriptor

    def _cut(self, descriptor: int, data: bytes) -> None:
        if self.place.size != len(data):
            os.ftruncate(descriptor, self.place.size)
            os.fsync(descriptor)

    def _follow(self, copy: Path) -> int:
        """Bring the second copy up to this journal. Raises CannotStart where it is not the beginning of it."""
        if not copy.parent.is_dir():
            raise CannotStart(
                f"The second copy's folder {copy.parent} is not there: is its disk mounted?",
                f"第二份记录的文件夹 {copy.parent} 不存在：该磁盘是否已挂载？",
            )
        descriptor = self._open(copy)
        mine, other = self._path.read_bytes(), copy.read_bytes()
        whole = other[: other.rfind(b"\n") + 1]
        if len(whole) > len(mine) and whole.startswith(mine):
            os.close(descriptor)
            raise CannotStart(
                f"The second copy {copy} has entries that {self._path} lacks: this home is an older state. "
                "Start from a backup and the second copy: witness restore --mirror.",
                f"第二份记录 {copy} 比本机记录更新：本机文件夹是旧的状态。请用备份和第二份记录恢复：witness restore --mirror。",
            )
        if not mine.startswith(whole):
            os.close(descriptor)
            raise CannotStart(
                f"The second copy {copy} is not of this journal. Choose an empty folder.",
                f"第二份记录 {copy} 不属于本见证方。请另选一个空文件夹。",
            )
        if len(whole) != len(other):
            os.ftruncate(descriptor, len(whole))
        _write(descriptor, mine[len(whole) :])
        return descriptor

    def replay(self) -> Iterator[Line]:
        """What earlier runs have written, in order; once."""
        lines, self._lines = self._lines, []
        for line, _place in lines:
            yield line

    def append(self, kind: str, entry: Mapping[str, str | int], kept: Kept | None = None) -> Line:
        """Write an entry after the last one and wait until it is on the disk. Raises Refused(503) where that fails."""
        numbered: Entry = {**entry, "n": self.place.n + 1, "prev": self.place.head, "kind": kind}
        return self.add(Line(numbered, dict(kept or {}), hash_of(numbered)))

    def add(self, line: Line) -> Line:
        """Write a line that is made already. Raises ValueError where it does not follow, Refused(503) as above."""
        if self._broken:
            raise Refused(503, "not_stored", "The journal is broken since an earlier failure; restart the witness.")
        raw = line.text().encode()
        read_line(raw, self.place)
        try:
            for descriptor in self._files:
                _write(descriptor, raw + b"\n")
        except OSError as error:
            self._take_back()
            raise Refused(503, "not_stored", f"The journal could not be written: {error.strerror}.") from None
        self.place = Place(int(line.entry["n"]), line.hash, self.place.size + len(raw) + 1)
        return line

    def _take_back(self) -> None:
        # After a failed fsync nobody knows what is on the disk; only a fresh start reads it again for certain.
        self._broken = True
        for descriptor in self._files:
            with suppress(OSError):  # a disk that is gone; the next start looks at what is there
                os.ftruncate(descriptor, self.place.size)

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._files:
            os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    written = 0
    while written < len(data):
        written += os.write(descriptor, data[written:])
    os.fsync(descriptor)
