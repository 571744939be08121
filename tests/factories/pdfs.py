"""Small PDFs to hand in."""

import io
from collections.abc import Mapping

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def make_pdf(properties: Mapping[str, str] | None = None, text: str = "A plan in three steps.") -> bytes:
    """One page with a line of text; `properties` as the file says them of itself, such as /Author."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 200)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    drawn = DecodedStreamObject()
    drawn.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode("ascii"))
    page[NameObject("/Contents")] = writer._add_object(drawn)
    writer.metadata = None
    if properties:
        writer.add_metadata(dict(properties))
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
