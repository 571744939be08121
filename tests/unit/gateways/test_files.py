"""Files: what is accepted is what it says, and nothing is kept of what is refused."""

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from supermarket.gateways.files import FileMissing, FolderFiles, MemoryFiles
from supermarket.gateways.filetypes import CSV, DOCX, JPEG, PDF, PNG, TEXT, XLSX, ZIP, FileRefused, clean_name

LIMIT = 1 << 20
PDF_BYTES = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
JPEG_BYTES = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 40 + b"\xff\xd9"


def make_png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def make_zip(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


DOCX_BYTES = make_zip(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>"))
XLSX_BYTES = make_zip(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<x/>"))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("报告.pdf", PDF_BYTES, PDF),
        ("a.PNG", make_png(), PNG),
        ("a.jpeg", JPEG_BYTES, JPEG),
        ("a.docx", DOCX_BYTES, DOCX),
        ("a.xlsx", XLSX_BYTES, XLSX),
        ("a.zip", make_zip(("图纸/一.txt", b"1")), ZIP),
        ("a.csv", "\ufeff事项,部门\r\n".encode(), CSV),
        ("a.txt", "说明\n".encode(), TEXT),
    ],
)
@pytest.mark.parametrize("memory", [True, False])
def test_what_it_says_is_kept_under_its_hash(
    tmp_path: Path, memory: bool, name: str, content: bytes, media_type: str
) -> None:
    files = MemoryFiles() if memory else FolderFiles(tmp_path)
    stored = files.put(content, name=name, limit=LIMIT)
    assert (stored.sha256, stored.size, stored.media_type) == (
        hashlib.sha256(content).hexdigest(),
        len(content),
        media_type,
    )
    assert files.read(stored.sha256) == content
    with files.open(stored.sha256) as handle:
        assert handle.read() == content
    assert files.put(io.BytesIO(content), name=name, limit=LIMIT) == stored


def test_a_folder_keeps_two_levels_for_its_owner_only(tmp_path: Path) -> None:
    stored = FolderFiles(tmp_path).put(PDF_BYTES, name="a.pdf", limit=LIMIT)
    path = tmp_path / stored.sha256[:2] / stored.sha256
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list((tmp_path / "incoming").iterdir()) == []


BOMB = make_zip(("zeros.txt", b"\0" * (16 << 20)))
ENCRYPTED = bytearray(make_zip(("a.txt", b"secret")))
ENCRYPTED[6] |= 1
ENCRYPTED[ENCRYPTED.index(b"PK\x01\x02") + 8] |= 1
CORRUPT = bytearray(make_zip(("a.txt", b"some words that compress some words")))
CORRUPT[40] ^= 0xFF


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "file_empty"),
        ("a.exe", b"MZ", "file_type"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_type"),
        ("noending", PDF_BYTES, "file_name"),
        ("a.pdf", b"MZ\x90\x00" + b"\0" * 60, "file_mismatch"),
        ("a.pdf", make_png(), "file_mismatch"),
        ("a.docx", XLSX_BYTES, "file_mismatch"),
        ("a.docx", make_zip(("a.txt", b"1")), "file_mismatch"),
        ("a.csv", b"<!doctype html><script>alert(1)</script>", "file_mismatch"),
        ("a.txt", b"  <svg onload=x>", "file_mismatch"),
        ("a.csv", b"a,b\x00c", "file_mismatch"),
        ("a.csv", "事项,部门".encode("gb18030"), "file_encoding"),
        ("a.pdf", b"%PDF-1.7\ncut off", "file_damaged"),
        ("a.png", make_png()[:-6], "file_damaged"),
        ("a.zip", b"PK\x03\x04 not really", "file_damaged"),
        ("a.zip", bytes(CORRUPT), "file_damaged"),
        ("a.zip", make_zip(("../../etc/passwd", b"x")), "file_damaged"),
        ("a.zip", bytes(ENCRYPTED), "file_encrypted"),
        ("a.zip", BOMB, "file_bomb"),
        (
            "a.docx",
            make_zip(("[Content_Types].xml", b""), ("word/document.xml", b""), ("word/vbaProject.bin", b"x")),
            "file_active",
        ),
    ],
)
def test_a_refused_file_leaves_nothing(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        FolderFiles(tmp_path).put(content, name=name, limit=LIMIT)
    assert refusal.value.code == code
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_sentence_names_file_and_content() -> None:
    with pytest.raises(FileRefused) as refusal:
        MemoryFiles().put(make_png(), name="报告.pdf", limit=LIMIT)
    assert str(refusal.value) == "“报告.pdf” is not what its name says: the content is image/png."


def test_a_large_file_is_refused_while_it_arrives(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refusal:
        FolderFiles(tmp_path).put(io.BytesIO(b"x" * 600_000), name="a.txt", limit=1 << 19)
    assert (refusal.value.code, refusal.value.params) == ("file_too_large", {"limit": "0.5"})


def test_a_use_may_narrow_the_list() -> None:
    with pytest.raises(FileRefused) as refusal:
        MemoryFiles().put(PDF_BYTES, name="a.pdf", limit=LIMIT, allow=frozenset({CSV, XLSX}))
    assert refusal.value.params == {"accepted": "CSV, XLSX"}


@pytest.mark.parametrize("sha256", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_an_unknown_hash_is_missing(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(FileMissing):
        FolderFiles(tmp_path).open(sha256)
    with pytest.raises(FileMissing):
        MemoryFiles().open(sha256)


def test_a_changed_file_is_not_handed_out(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    stored = files.put(PDF_BYTES, name="a.pdf", limit=LIMIT)
    (tmp_path / stored.sha256[:2] / stored.sha256).write_bytes(PDF_BYTES + b" ")
    with pytest.raises(FileMissing) as refusal:
        files.read(stored.sha256)
    assert refusal.value.code == "file_changed"


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("C:\\Users\\me\\报 告.PDF", "报 告.pdf"),
        ("../../etc/a.pdf", "a.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ('a<b>"c".txt', "a_b__c_.txt"),
        (".hidden.pdf", "hidden.pdf"),
        ("a\r\nb.pdf", "a b.pdf"),
        ("长" * 100 + ".pdf", "长" * 58 + ".pdf"),
    ],
)
def test_names_are_cleaned(given: str, clean: str) -> None:
    assert clean_name(given) == clean
