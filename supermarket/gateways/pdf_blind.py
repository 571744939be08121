"""A PDF without what tells who made it, for readers who must not know (selection.md §6).

Gone afterwards: properties (author, company, title, program …) with their hidden copies (XMP, earlier saves), authors of
comments, attachments, signatures with their certificates, scripts, and links out of the document. What the pages show stays
as it is; pictures are not looked into.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject

from supermarket.core.msgids import N_
from supermarket.gateways.filetypes import FileRefused

# A plan of a thousand pages has far fewer; a file made to keep us busy has more.
MOST_OBJECTS: Final = 200_000
MOST_PAGES: Final = 2_000
MOST_SHOWN: Final = 80
# What a parser of somebody else's bytes may stumble over.
_STUMBLES: Final = (
    PyPdfError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    NotImplementedError,
    zlib.error,
)
# Where programs keep their own copies of what a document is and who worked on it.
_HIDDEN: Final = {"/Metadata": "hidden_properties", "/PieceInfo": "hidden_properties", "/AF": "attachments"}
_OF_THE_WHOLE: Final = {
    "/OpenAction": "scripts",
    "/Perms": "signatures",
    "/DSS": "signatures",
    "/Collection": "attachments",
}
_NAMED: Final = {"/EmbeddedFiles": "attachments", "/JavaScript": "scripts"}
_WITHIN: Final = frozenset({"/GoTo", "/Named"})


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that was taken out: a code, for a property or an author what it said, and how often it was there."""

    what: str
    name: str = ""
    value: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Blinded:
    """The new file, and what the old one had."""

    data: bytes
    removed: tuple[Removed, ...]


def blinded(data: bytes) -> Blinded:
    """The same pages without the rest. Raises FileRefused: `file_encrypted`, `file_damaged`, `file_large` (too many parts)."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise FileRefused("file_encrypted", _LOCKED)
        if int(reader.trailer.get("/Size", 0)) > MOST_OBJECTS or len(reader.pages) > MOST_PAGES:
            raise FileRefused("file_large", _LARGE)
        properties = _properties(reader)
        writer = PdfWriter(clone_from=reader)
        if not writer.pages:
            raise FileRefused("file_damaged", _DAMAGED)
        found = _cleaned(writer.root_object)
        # What nothing leads to any more stays in the file until only what the pages lead to is taken over once more.
        made = _written(PdfWriter(clone_from=PdfReader(io.BytesIO(_written(writer)))))
    except _STUMBLES as error:
        raise FileRefused("file_damaged", _DAMAGED) from error
    counted = [
        Removed(what, value=value, count=number) for (what, value), number in sorted(found.items()) if what != "author"
    ]
    authors = [
        Removed("author", value=value, count=number) for (what, value), number in found.items() if what == "author"
    ]
    return Blinded(made, (*properties, *authors, *counted))


def _written(writer: PdfWriter) -> bytes:
    writer.metadata = None
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _properties(reader: PdfReader) -> tuple[Removed, ...]:
    """What the file says of itself, in its order; dates and empty entries tell nothing that is worth a line."""
    return tuple(
        Removed("property", str(key).removeprefix("/")[:MOST_SHOWN], text)
        for key, value in (reader.metadata or {}).items()
        if (text := _shown(value)) and key not in ("/CreationDate", "/ModDate", "/Trapped")
    )


def _shown(value: object) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return " ".join(text.split())[:MOST_SHOWN]


def _cleaned(root: DictionaryObject) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for key, what in _OF_THE_WHOLE.items():
        _drop(root, key, what, found)
    for part in _parts(root):
        if isinstance(part, DictionaryObject):
            _clean(part, found)
    return found


def _clean(part: DictionaryObject, found: Counter[tuple[str, str]]) -> None:
    for key, what in _HIDDEN.items():
        _drop(part, key, what, found)
    for key, what in _NAMED.items():
        _drop(part, key, what, found)
    _drop(part, "/AA", "scripts", found)
    if part.get("/FT") == "/Sig":
        _drop(part, "/V", "signatures", found)
    kind = part.get("/Subtype")
    if kind is not None and kind != "/Widget" and ("/Rect" in part or part.get("/Type") == "/Annot") and "/T" in part:
        found["author", _shown(part["/T"])] += 1
        del part["/T"]
    if kind == "/FileAttachment":
        _drop(part, "/FS", "attachments", found)
    action = part.get("/A")
    act = action.get_object() if action is not None else None
    # Parts of a tagged document have an entry of that name, too, which is no action.
    if isinstance(act, DictionaryObject) and (does := str(act.get("/S", "/Named"))) not in _WITHIN:
        _drop(part, "/A", "links" if does == "/URI" else "scripts", found)


def _drop(part: DictionaryObject, key: str, what: str, found: Counter[tuple[str, str]]) -> None:
    if key in part:
        found[what, ""] += 1
        del part[key]


def _parts(root: PdfObject) -> Iterator[PdfObject]:
    """Every dictionary and list that can be reached, each once, the outer ones first: what those lose is not looked at."""
    waiting: list[object] = [root]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, IndirectObject):
            if part.idnum in seen:
                continue
            seen.add(part.idnum)
            part = part.get_object()
        if isinstance(part, ArrayObject):
            waiting.extend(part)
        elif isinstance(part, DictionaryObject):
            yield part
            waiting.extend(part.values())
        if len(seen) > MOST_OBJECTS:
            raise FileRefused("file_large", _LARGE)


_LOCKED: Final = N_(
    "The PDF is protected by a password or against changes. Please save it without protection and send it again."
)
_DAMAGED: Final = N_("The PDF cannot be read. Please save it anew, or print it into a new PDF, and send it again.")
_LARGE: Final = N_("The PDF has too many pages or parts. Please send at most 2,000 pages.")
