"""Uploaded and generated files, addressed by their SHA-256.

One implementation today, a local folder. An object store (S3) fits the same interface: `put` uploads under
`<first two hex digits>/<sha256>` with `If-None-Match: *`, `open` streams the object; nothing else may be assumed of a
store, so nobody may ask for a path.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.filetypes import ALL_TYPES, FileRefused, clean_name, identify

_CHUNK: Final = 1 << 18
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class FileMissing(GatewayError):
    """No file with this hash, or the stored bytes no longer have it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a room keeps about a file: `size` in bytes, `sha256` in lower-case hex, `name` as cleaned."""

    sha256: str
    size: int
    media_type: str
    name: str


class Files(Protocol):
    """A store of checked files."""

    def put(self, data: bytes | BinaryIO, *, name: str, limit: int, allow: frozenset[str] = ALL_TYPES) -> StoredFile:
        """Check and keep; `limit` in bytes. Raises FileRefused; then nothing is kept. Twice the same is once."""

    def open(self, sha256: str) -> BinaryIO:
        """The content from its start. Raises FileMissing."""

    def read(self, sha256: str) -> bytes:
        """The whole content, its hash checked again. Raises FileMissing."""


def _copy(data: bytes | BinaryIO, target: BinaryIO, limit: int) -> tuple[str, int]:
    source: BinaryIO = io.BytesIO(data) if isinstance(data, bytes) else data
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise FileRefused("file_too_large", N_("The file is larger than %(limit)s MB."), limit=_megabytes(limit))
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


def _megabytes(limit: int) -> str:
    whole, rest = divmod(limit * 10 // (1 << 20), 10)
    return f"{whole}.{rest}" if rest else str(whole)


def _missing() -> FileMissing:
    return FileMissing("file_missing", N_("The file is not in the store."))


def _damaged() -> FileMissing:
    return FileMissing("file_changed", N_("The stored file was changed and no longer has its recorded hash."))


class FolderFiles:
    """Files in one local folder, two levels deep. Raises OSError when the disk refuses."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, data: bytes | BinaryIO, *, name: str, limit: int, allow: frozenset[str] = ALL_TYPES) -> StoredFile:
        clean = clean_name(name)
        with self._temporary() as (handle, path):
            sha256, size = _copy(data, handle, limit)
            media_type = identify(handle, clean, allow)
            handle.flush()
            os.fsync(handle.fileno())
            target = self._path(sha256)
            if not target.exists():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                path.replace(target)
                self._sync_folder(target.parent)
        return StoredFile(sha256, size, media_type, clean)

    def open(self, sha256: str) -> BinaryIO:
        if not _SHA256.fullmatch(sha256):
            raise _missing()
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise _missing() from None

    def read(self, sha256: str) -> bytes:
        with self.open(sha256) as handle:
            content = handle.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _damaged()
        return content

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256

    @contextmanager
    def _temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "w+b") as handle:
                yield handle, path
        finally:
            path.unlink(missing_ok=True)

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class MemoryFiles:
    """The fake: the same checks, nothing on disk."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def put(self, data: bytes | BinaryIO, *, name: str, limit: int, allow: frozenset[str] = ALL_TYPES) -> StoredFile:
        clean = clean_name(name)
        kept = io.BytesIO()
        sha256, size = _copy(data, kept, limit)
        media_type = identify(kept, clean, allow)
        self.content[sha256] = kept.getvalue()
        return StoredFile(sha256, size, media_type, clean)

    def open(self, sha256: str) -> BinaryIO:
        return io.BytesIO(self.read(sha256))

    def read(self, sha256: str) -> bytes:
        if sha256 not in self.content:
            raise _missing()
        return self.content[sha256]
