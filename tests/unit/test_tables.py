"""Workbooks that are damaged, forged or made to fill the memory: refused at the file, never a crash."""

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import Workbook

from supermarket.core.errors import InvalidInput
from supermarket.core.tables import MOST_UNPACKED, read_table

SHEET = "xl/worksheets/sheet1.xml"


def workbook() -> bytes:
    """A good one, of two cells."""
    book, kept = Workbook(), io.BytesIO()
    book.worksheets[0].append(["name", "uscc"])
    book.save(kept)
    return kept.getvalue()


def changed(part: str, content: bytes) -> bytes:
    """The good one with other content in one part."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as good, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        for item in good.infolist():
            made.writestr(item.filename, content if item.filename == part else good.read(item))
    return kept.getvalue()


def damaged() -> bytes:
    """The good one with a byte of a packed part turned over, as a broken download has it."""
    content = bytearray(workbook())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as good:
        at = good.getinfo(SHEET).header_offset + 30 + len(SHEET)
    content[at : at + 8] = b"\xff" * 8
    return bytes(content)


def locked() -> bytes:
    """The good one with every part marked as encrypted."""
    content = bytearray(workbook())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


def code_of(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_table(path, needed=("name",))
    (error,) = caught.value.errors
    assert error.field == "file"
    return error.code


@pytest.mark.parametrize(
    "content",
    [damaged(), locked(), changed("xl/workbook.xml", b"<x/>"), changed(SHEET, b"<x"), b"PK\x05\x06" + bytes(18)],
)
def test_a_damaged_workbook_is_refused(app: Flask, tmp_path: Path, content: bytes) -> None:
    with app.test_request_context():
        assert code_of(tmp_path / "a.xlsx", content) in ("xlsx", "empty")


def test_a_small_workbook_that_unpacks_to_much_is_refused_before_it_is_read(app: Flask, tmp_path: Path) -> None:
    content = changed(SHEET, b" " * (MOST_UNPACKED + 1))
    with app.test_request_context():
        assert code_of(tmp_path / "a.xlsx", content) == "too_large"
