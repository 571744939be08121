"""A plan's PDF without what tells who made it: properties, hidden copies, comments, attachments, signatures, links."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    RectangleObject,
    StreamObject,
    TextStringObject,
)

from supermarket.gateways.filetypes import FileRefused
from supermarket.gateways.pdf_blind import blinded
from tests.factories.pdfs import make_pdf

NAME = "四川某某勘测有限公司"
TELLING = [NAME.encode(), NAME.encode("utf-16-be"), b"SECRET", b"/Author", b"/JavaScript", b"example.test"]


def thing(**entries: object) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in entries.items()})


def telling() -> bytes:
    """A PDF that names its makers everywhere it can."""
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf()))
    page = writer.pages[0]
    writer.add_metadata({"/Author": "张三", "/Company": NAME, "/Title": "SECRET title", "/CreationDate": "D:2026"})
    hidden = StreamObject()
    hidden.set_data(f"<x:xmpmeta>{NAME}</x:xmpmeta>".encode())
    writer.root_object[NameObject("/Metadata")] = writer._add_object(hidden)
    page[NameObject("/PieceInfo")] = thing(App=thing(Private=TextStringObject(NAME)))
    writer.add_attachment(f"{NAME}.txt", b"SECRET attachment")
    rect = RectangleObject((0, 0, 10, 10))
    comment = thing(Type=NameObject("/Annot"), Subtype=NameObject("/Text"), Rect=rect, T=TextStringObject("李四"))
    link = thing(
        Type=NameObject("/Annot"),
        Subtype=NameObject("/Link"),
        Rect=rect,
        A=thing(S=NameObject("/URI"), URI=TextStringObject("https://example.test/")),
    )
    inside = thing(
        Type=NameObject("/Annot"),
        Subtype=NameObject("/Link"),
        Rect=rect,
        A=thing(S=NameObject("/GoTo"), D=ArrayObject([page.indirect_reference, NameObject("/Fit")])),
    )
    signature = thing(
        Type=NameObject("/Annot"),
        Subtype=NameObject("/Widget"),
        FT=NameObject("/Sig"),
        T=TextStringObject("Signature1"),
        Rect=rect,
        V=thing(Type=NameObject("/Sig"), Name=TextStringObject(NAME)),
    )
    page[NameObject("/Annots")] = ArrayObject(writer._add_object(item) for item in (comment, link, inside, signature))
    writer.root_object[NameObject("/AcroForm")] = thing(
        Fields=ArrayObject([signature.indirect_reference]), SigFlags=NumberObject(3)
    )
    writer.root_object[NameObject("/OpenAction")] = thing(
        S=NameObject("/JavaScript"), JS=TextStringObject("app.alert('SECRET')")
    )
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_everything_that_tells_is_gone_and_named_and_the_pages_stay() -> None:
    before = telling()
    assert [word for word in TELLING if word in before]
    made = blinded(before)
    assert [word for word in TELLING if word in made.data] == []
    found = PdfReader(io.BytesIO(made.data))
    assert found.metadata is None
    assert (len(found.pages), found.pages[0].extract_text()) == (
        1,
        PdfReader(io.BytesIO(before)).pages[0].extract_text(),
    )
    assert len(found.pages[0]["/Annots"]) == 4, "a link within the document still leads there"
    told = {(item.what, item.name, item.value, item.count) for item in made.removed}
    assert told >= {
        ("property", "Author", "张三", 1),
        ("property", "Company", NAME, 1),
        ("property", "Title", "SECRET title", 1),
        ("author", "", "李四", 1),
        ("hidden_properties", "", "", 2),
        ("attachments", "", "", 1),
        ("signatures", "", "", 1),
        ("scripts", "", "", 1),
        ("links", "", "", 1),
    }
    assert not [item for item in made.removed if item.name == "CreationDate"]
    again = blinded(made.data)
    assert again.removed == (), "nothing is left to take out"


def test_what_an_earlier_save_said_is_gone() -> None:
    """Programs append what changed: the old properties stay in the file, unseen, until it is written anew."""
    writer = PdfWriter(io.BytesIO(make_pdf({"/Author": NAME})), incremental=True)
    writer.add_metadata({"/Author": "x"})
    made = io.BytesIO()
    writer.write(made)
    assert NAME.encode("utf-16-be") in made.getvalue() or b"\\" in made.getvalue()
    clean = blinded(made.getvalue())
    assert clean.data.count(b"%%EOF") == 1
    assert b"/Author" not in clean.data and b"/Info" not in clean.data


def test_a_locked_a_damaged_and_a_monstrous_file_are_refused_in_a_sentence() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf()))
    writer.encrypt("geheim", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    large = make_pdf().replace(b"/Size ", b"/Size 9", 1).replace(b"/Size 9", b"/Size 999999")
    for data, code in (
        (locked.getvalue(), "file_encrypted"),
        (b"%PDF-1.7\n%%EOF", "file_damaged"),
        (make_pdf()[:-200], "file_damaged"),
        (b"%PDF-1.7\n" + b"[" * 100_000 + b"\n%%EOF", "file_damaged"),
        (large, "file_large"),
    ):
        with pytest.raises(FileRefused) as refused:
            blinded(data)
        assert refused.value.code == code, data[:40]


def test_a_tagged_document_keeps_its_structure() -> None:
    """Its parts carry attributes under the name that annotations have for actions."""
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf()))
    part = thing(S=NameObject("/P"), A=thing(O=NameObject("/Layout"), SpaceBefore=NumberObject(4)))
    writer.root_object[NameObject("/StructTreeRoot")] = thing(Type=NameObject("/StructTreeRoot"), K=part)
    tagged = io.BytesIO()
    writer.write(tagged)
    made = blinded(tagged.getvalue())
    assert made.removed == ()
    assert b"/SpaceBefore" in made.data


WHOLE = telling()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_the_bytes_it_is_clean_or_refused(data: st.DataObject) -> None:
    """Anything may come: the answer is a file that tells nothing, or one sentence, and never an error of ours."""
    damaged = bytearray(WHOLE)
    for _step in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        if not damaged:
            return
    try:
        made = blinded(bytes(damaged))
    except FileRefused:
        return
    found = PdfReader(io.BytesIO(made.data))
    assert found.metadata is None and "/Metadata" not in found.root_object
