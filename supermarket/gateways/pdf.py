"""Official documents as PDF/A-2b, set with typst in a font that comes with the site.

The same data gives the same bytes (the document's own date is the only time in it), so a document's hash stays true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Final, Literal, NotRequired, Protocol, TypedDict

import justmytype_intl_cjk
import typst

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.money_words import rmb_in_figures, rmb_in_words

__all__ = [
    "AwardNoticeData",
    "ContractData",
    "Deliverable",
    "ExpulsionNoticeData",
    "MemoryPdf",
    "PanelExpert",
    "PanelRecordData",
    "Party",
    "Payment",
    "Pdf",
    "PdfError",
    "Signature",
    "TypstPdf",
    "rmb_in_figures",
    "rmb_in_words",
]

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "pdf_templates"
_FONTS: Final = Path(justmytype_intl_cjk.__file__).resolve().parent / "fonts" / "ofl" / "notosanssc"
# What the typesetter says of a character that PDF/A-2b cannot do without a glyph for.
_NO_GLYPH: Final = "could not be displayed with font"
_EMPTY_TRAILER: Final = b"trailer<</Root<</Type/Catalog/Pages<</Type/Pages/Kids[]/Count 0>>>>>>\n%%EOF\n"
_CHINA: Final = timezone(timedelta(hours=8))


class PdfError(GatewayError):
    """The document could not be set: a template or a value that it needs is missing."""


class Party(TypedDict):
    """One side of a contract. `contact` is a role or a department, no private number."""

    name: str
    uscc: str
    address: str
    representative: str
    contact: str


class Deliverable(TypedDict):
    """`due` as an ISO date, or in words where the day is not known yet ("生效之日起 20 日内")."""

    title: str
    due: str
    form: str


class Payment(TypedDict):
    """`condition` in words, `amount_fen` in fen."""

    condition: str
    amount_fen: int


class Signature(TypedDict):
    """A recorded consent: `signed_at` ISO 8601 with offset; `document_sha256` of the draft that was agreed to."""

    side: str
    organisation: str
    account: str
    signed_at: str
    document_sha256: str


class ContractData(TypedDict):
    """contract.typ. `dated` is the ISO date of the draft; texts are paragraphs."""

    code: str
    dated: str
    platform: str
    owner: Party
    agency: Party
    project_code: str
    project_name: str
    matter_code: str
    matter_name: str
    mode: str
    award_notice_no: str
    funding: str
    scope: str
    service_days: int
    price_fen: int
    deliverables: list[Deliverable]
    payments: list[Payment]
    acceptance_working_days: int
    payment_days: int
    extra_terms: list[str]
    signatures: list[Signature]
    demo: NotRequired[bool]


class AwardNoticeData(TypedDict):
    """award_notice.typ. `number` is the document number, e.g. 川网超中选〔2026〕12号."""

    number: str
    dated: str
    issuer: str
    seal_text: str
    agency_name: str
    agency_uscc: str
    owner_name: str
    project_code: str
    project_name: str
    matter_name: str
    mode: str
    price_fen: int
    selected_on: str
    sign_within_working_days: int
    sign_until: str
    verify_url: str
    demo: NotRequired[bool]


class ExpulsionNoticeData(TypedDict):
    """expulsion_notice.typ: 清退告知书; `until` is absent when there is no way back."""

    number: str
    dated: str
    issuer: str
    seal_text: str
    agency_name: str
    agency_uscc: str
    facts: list[str]
    basis: list[str]
    decision: str
    effective_on: str
    until: NotRequired[str]
    live_projects: str
    appeal_within_working_days: int
    appeal_to: str
    demo: NotRequired[bool]


class PanelExpert(TypedDict):
    """A member of a panel; `answer` in words, `dissent` empty where there is none."""

    number: int
    name: str
    employer: str
    pool_id: str
    answer: str
    dissent: str
    signed_at: str


class PanelRecordData(TypedDict):
    """panel_record.typ: 评审记录. `scores` are the lines of the record with the agency's name, `given` in seat order."""

    dated: str
    issuer: str
    seal_text: str
    project_code: str
    project_name: str
    owner_name: str
    matter_name: str
    size: int
    record_hash: str
    verify_url: str
    criteria: list[dict[str, str]]
    plans: list[dict[str, str]]
    experts: list[PanelExpert]
    passed_over: list[dict[str, str | int]]
    scores: list[dict[str, object]]
    demo: NotRequired[bool]


class Pdf(Protocol):
    """A typesetter."""

    def render(self, template: str, data: Mapping[str, object]) -> bytes:
        """The document of `<template>.typ` for one of the *Data mappings above, as PDF/A-2b bytes.

        PDF/A demands a glyph for every character; with one that the font lacks it is a PDF 1.7 with a box there.

        For every `<name>_fen` the template also gets `<name>_figures` and `<name>_words`, for every `<name>_at` (ISO
        8601 with offset) `<name>_at_local`. Raises PdfError.
        """


def prepared(value: object) -> object:
    """`value` with figures and capital numerals beside every `…_fen`, and Beijing time beside every `…_at`."""
    if isinstance(value, Mapping):
        result: dict[str, object] = {}
        for key, item in value.items():
            result[key] = prepared(item)
            if key.endswith("_fen") and isinstance(item, int):
                stem = key.removesuffix("_fen")
                result[f"{stem}_figures"], result[f"{stem}_words"] = rmb_in_figures(item), rmb_in_words(item)
            if key.endswith("_at") and isinstance(item, str):
                result[f"{key}_local"] = _beijing(item)
        return result
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [prepared(item) for item in value]
    return value


def _beijing(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    if moment.tzinfo is None:
        raise ValueError(f"a time without its offset: {iso}")
    return moment.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S（北京时间）")


def _dated(data: Mapping[str, object]) -> datetime:
    day = date.fromisoformat(str(data["dated"]))
    return datetime(day.year, day.month, day.day, tzinfo=_CHINA).astimezone(UTC)


@cache
def _fonts() -> typst.Fonts:
    # Only ours: a font that happens to be installed would change the bytes.
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


class TypstPdf:
    """The real typesetter."""

    def __init__(self, templates: Path = TEMPLATES) -> None:
        self._templates = templates

    def render(self, template: str, data: Mapping[str, object]) -> bytes:
        source = self._templates / f"{template}.typ"
        if not template.isidentifier() or not source.is_file():
            raise PdfError("pdf_template", N_("There is no document template “%(name)s”."), name=template)
        try:
            inputs = {"data": json.dumps(prepared(data), ensure_ascii=False, sort_keys=True)}
            try:
                return self._compiled(source, _dated(data), inputs, "a-2b")
            except typst.TypstError as error:
                if _NO_GLYPH not in str(error):
                    raise
                # An award must not wait for ever for a rare character of a name: a box stands there instead.
                return self._compiled(source, _dated(data), inputs, "1.7")
        except (typst.TypstError, KeyError, ValueError, TypeError) as error:
            raise PdfError("pdf_failed", N_("The document “%(name)s” could not be made."), name=template) from error

    def _compiled(
        self, source: Path, dated: datetime, inputs: dict[str, str], standard: Literal["a-2b", "1.7"]
    ) -> bytes:
        return typst.compile(
            str(source),
            root=str(self._templates),
            font_paths=_fonts(),
            format="pdf",
            pdf_standards=standard,
            timestamp=dated,
            sys_inputs=inputs,
        )


class MemoryPdf:
    """The fake: a tiny PDF that names the template and the hash of its data; keeps what it was given."""

    def __init__(self) -> None:
        self.rendered: list[tuple[str, dict[str, object]]] = []

    def render(self, template: str, data: Mapping[str, object]) -> bytes:
        if not (TEMPLATES / f"{template}.typ").is_file():
            raise PdfError("pdf_template", N_("There is no document template “%(name)s”."), name=template)
        _dated(data)
        body = json.dumps(prepared(data), ensure_ascii=False, sort_keys=True).encode()
        self.rendered.append((template, dict(data)))
        mark = f"% {template} {hashlib.sha256(body).hexdigest()}\n".encode()
        return b"%PDF-1.4\n" + mark + _EMPTY_TRAILER
