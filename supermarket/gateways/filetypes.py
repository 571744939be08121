"""What a file really is: decided by its bytes, from a short list; the name must agree with it."""

from __future__ import annotations

import io
import unicodedata
import zipfile
import zlib
from typing import BinaryIO, Final

import puremagic

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError

PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP: Final = "application/zip"
CSV: Final = "text/csv"
TEXT: Final = "text/plain"

BY_EXTENSION: Final = {
    "pdf": PDF,
    "png": PNG,
    "jpg": JPEG,
    "jpeg": JPEG,
    "docx": DOCX,
    "xlsx": XLSX,
    "zip": ZIP,
    "csv": CSV,
    "txt": TEXT,
}
ALL_TYPES: Final = frozenset(BY_EXTENSION.values())

# An honest drawing set stays far below these; what goes over is made to fill somebody's disk.
UNPACKED_LIMIT: Final = 300 * 1024 * 1024
MEMBER_LIMIT: Final = 2_000
RATIO_LIMIT: Final = 200
NAME_BYTES: Final = 180
_CHUNK: Final = 1 << 20
# Content that nobody recognises.
_ANYTHING: Final = "application/octet-stream"
_DAMAGED: Final = N_("The file is damaged or incomplete. Please save it anew and send it again.")
_NOT_UTF8: Final = N_("The text is not UTF-8. Please save the file as “CSV UTF-8” and send it again.")
_PASSWORD: Final = N_("The archive is protected by a password and cannot be checked. Please send it without one.")
_BOMB: Final = N_("The archive unpacks to far more than is allowed. Please send the documents in smaller parts.")
_FORBIDDEN_IN_NAMES: Final = '<>:"|?*/\\'


class FileRefused(GatewayError):
    """An upload is not accepted; the sentence says why and what to send instead."""


def clean_name(name: str) -> str:
    """A file name safe to store, show and send in a header: no folders, controls or direction marks, at most 180 bytes.

    Raises FileRefused (`file_name`) when nothing is left or there is no extension.
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(" " if c.isspace() else c for c in base if c.isspace() or unicodedata.category(c)[0] != "C")
    kept = "".join("_" if c in _FORBIDDEN_IN_NAMES else c for c in kept)
    stem, dot, extension = " ".join(kept.split()).rpartition(".")
    stem = stem.strip(". ")
    if not dot or not stem or not extension.isalnum() or not extension.isascii() or len(extension) > 8:
        raise FileRefused("file_name", N_("The file needs a name with an ending, such as “report.pdf”."))
    room = NAME_BYTES - len(extension) - 1
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip()}.{extension.lower()}"


def identify(stream: BinaryIO, name: str, allow: frozenset[str] = ALL_TYPES) -> str:
    """The media type of a seekable stream, or FileRefused.

    Codes: `file_type` (not on the list), `file_mismatch` (the content is not what the name says), `file_damaged`,
    `file_encrypted`, `file_bomb`, `file_active` (macros), `file_encoding` (text that is not UTF-8), `file_empty`.
    """
    expected = BY_EXTENSION.get(name.rpartition(".")[2].lower())
    if expected is None or expected not in allow:
        accepted = ", ".join(sorted(ending.upper() for ending, kind in BY_EXTENSION.items() if kind in allow))
        raise FileRefused(
            "file_type", N_("This kind of file is not accepted. Accepted are: %(accepted)s."), accepted=accepted
        )
    stream.seek(0)
    head = stream.read(4096)
    if not head:
        raise FileRefused("file_empty", N_("The file is empty."))
    actual = _identify(stream, head, expected)
    if actual != expected:
        found = actual or _guess(head)
        if found == _ANYTHING:
            raise FileRefused(
                "file_mismatch",
                N_("“%(name)s” cannot be read as what its name says. Please save it anew and send it again."),
                name=name,
            )
        raise FileRefused(
            "file_mismatch",
            N_("“%(name)s” is not what its name says: the content is %(found)s."),
            name=name,
            found=found,
        )
    return actual


def _identify(stream: BinaryIO, head: bytes, expected: str) -> str | None:
    if head.startswith(b"%PDF-"):
        return _need_end(stream, PDF, b"%%EOF", 2048)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _need_end(stream, PNG, b"IEND\xaeB`\x82", 2048)
    if head.startswith(b"\xff\xd8\xff"):
        return _need_end(stream, JPEG, b"\xff\xd9", 4096)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(stream)
    if expected in (CSV, TEXT):
        return _text_type(stream, head, expected)
    return None


def _need_end(stream: BinaryIO, kind: str, end: bytes, within: int) -> str:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - within))
    if end not in stream.read():
        raise FileRefused("file_damaged", _DAMAGED)
    return kind


def _text_type(stream: BinaryIO, head: bytes, expected: str) -> str | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":  # a browser might run it: HTML, SVG, XML
        return None
    if b"\0" in head:
        return None
    stream.seek(0)
    wrapper = io.TextIOWrapper(stream, encoding="utf-8", errors="strict", newline="")
    try:
        while piece := wrapper.read(_CHUNK):
            if any(ord(c) < 32 and c not in "\t\r\n\f" for c in piece):
                return None
    except UnicodeDecodeError:
        raise FileRefused("file_encoding", _NOT_UTF8) from None
    finally:
        wrapper.detach()
    return expected


def _zip_type(stream: BinaryIO) -> str:
    size = stream.seek(0, io.SEEK_END)
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            _check_members(members, size)
            for member in members:
                _read_through(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise FileRefused("file_damaged", _DAMAGED) from error
    names = {member.filename for member in members}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("file_active", N_("Files with macros are not accepted. Please save it without macros."))
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DOCX
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return XLSX
    return ZIP


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    if any(member.flag_bits & 0x1 for member in members):
        raise FileRefused("file_encrypted", _PASSWORD)
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    # Members that share bytes of the archive (packed > size) are the trick of the modern zip bomb.
    over = len(members) > MEMBER_LIMIT or unpacked > UNPACKED_LIMIT or packed > size
    if over or (unpacked > 10 * _CHUNK and unpacked > RATIO_LIMIT * max(packed, 1)):
        raise FileRefused("file_bomb", _BOMB)
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise FileRefused("file_damaged", N_("The archive holds a file name that leads out of its folder."))


def _read_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack without keeping: checks the CRC, and that no member is longer than it says."""
    with archive.open(member) as content:
        while content.read(_CHUNK):
            pass


def _guess(head: bytes) -> str:
    """What to call content that is on no list of ours, for the sentence only."""
    try:
        return puremagic.from_string(head, mime=True) or _ANYTHING
    except (puremagic.PureError, ValueError):
        return _ANYTHING
