"""Wordings of matters in words: labels of their fields, and what two of them differ in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.data import catalogue
from supermarket.data.requirements import parse_licences
from supermarket.matters.differences import Difference, differences
from supermarket.matters.models import CommissionedBy, FeeKind, MatterVersion, RegionalVersion
from supermarket.policies.queries import industries
from supermarket.web import presenting
from supermarket.web.project_page import requirement_sentence

COMMISSIONED_LABELS: Mapping[CommissionedBy, object] = {
    CommissionedBy.APPLICANT_MAY_DO_IT_ALONE: _l("The applicant, who may also do it alone"),
    CommissionedBy.APPLICANT: _l("The applicant"),
    CommissionedBy.AUTHORITY: _l("The authority"),
}
FEE_LABELS: Mapping[FeeKind, object] = {
    FeeKind.GOVERNMENT_PRICE: _l("Price set by the government"),
    FeeKind.GUIDED: _l("Guided price"),
    FeeKind.MARKET: _l("Market price"),
}
BEARER_LABELS: Mapping[str, object] = {"applicant": _l("The applicant"), "authority": _l("The authority")}
FIELD_LABELS: Mapping[str, object] = {
    "name": _l("Name"),
    "approval_item": _l("Approval item served"),
    "department": _l("Department"),
    "industry": _l("Industry authority"),
    "stage": _l("Stage"),
    "legal_basis": _l("Legal basis"),
    "other_basis": _l("Other basis"),
    "agency_type": _l("Kind of agency"),
    "commissioned_by": _l("Commissioned by"),
    "fee_bearer": _l("Fee borne by"),
    "fee_kind": _l("Kind of fee"),
    "fee_standard": _l("Fee standard"),
    "fee_reference": _l("Price table of the past"),
    "requirement_tree": _l("Required qualifications"),
    "requirement_text": _l("Required qualifications in words"),
    "requirement_source": _l("Where the requirement comes from"),
    "personal_licences": _l("Required personal licences"),
    "service_time": _l("Time of the service"),
    "approval_time": _l("Time of the approval"),
    "result_document": _l("Result document"),
    "note": _l("Note"),
    "valid_from": _l("Valid from"),
    "valid_until": _l("Valid until"),
    "citation_check": _l("Check of the citations"),
    "carried_out": _l("Carried out here"),
    "not_carried_out_reason": _l("Why it is not carried out"),
    "not_carried_out_basis": _l("Basis of that"),
}


def field_label(name: str) -> str:
    """The name of a field of a wording."""
    return str(FIELD_LABELS.get(name, name))


def licences_sentence(items: Sequence[Mapping[str, object]]) -> str:
    """Counts of personal licences in words."""
    names = {kind.code: kind.name for kind in catalogue.qualification_kinds()}
    said = [
        _("%(name)s: %(count)s", name=names.get(licence.kind, licence.kind), count=licence.count)
        for licence in parse_licences(list(items))  # type: ignore[arg-type]  # stored JSON is checked by parse_licences
    ]
    return _("; ").join(said) if said else str(_("no personal licence is demanded"))


def words_of(version: MatterVersion) -> dict[str, str]:
    """A matter's wording field by field, as people read it; trees and licences as sentences."""
    plain = {name: getattr(version, name) for name in FIELD_LABELS if hasattr(version, name)}
    special: dict[str, object] = {
        "industry": {row.code: row.name for row in industries()}.get(version.industry, version.industry),
        "stage": presenting.stage_of_approval(version.stage),
        "commissioned_by": COMMISSIONED_LABELS[version.commissioned_by],
        "fee_bearer": BEARER_LABELS.get(version.fee_bearer, version.fee_bearer),
        "fee_kind": FEE_LABELS[version.fee_kind],
        "requirement_tree": requirement_sentence(version.requirement_tree),
        "personal_licences": licences_sentence(version.personal_licences),
        "valid_until": version.valid_until or "",
    }
    return {name: str(value) for name, value in (plain | special).items()}


def regional_words_of(version: RegionalVersion) -> dict[str, str]:
    """A region's wording field by field; an empty text is what the list above says."""
    plain = {name: str(getattr(version, name)) for name in FIELD_LABELS if hasattr(version, name)}
    return {"carried_out": str(_("yes") if version.carried_out else _("no"))} | {
        name: text for name, text in plain.items() if name != "carried_out"
    }


@dataclass(frozen=True)
class Comparison:
    """Two wordings side by side: their numbers, and every field that differs."""

    older: MatterVersion | RegionalVersion
    newer: MatterVersion | RegionalVersion
    found: tuple[Difference, ...]


def compare(history: Sequence[MatterVersion] | Sequence[RegionalVersion], first: str, second: str) -> Comparison | None:
    """Two versions of a history (newest first) by their numbers as typed; unknown ones count as the two newest.

    None where there are not two.
    """
    if len(history) < 2:
        return None
    by_number = {str(item.number): item for item in history}
    older, newer = by_number.get(first, history[1]), by_number.get(second, history[0])
    if older.number > newer.number:
        older, newer = newer, older
    return Comparison(older, newer, differences(_words(older), _words(newer)))


def _words(version: MatterVersion | RegionalVersion) -> dict[str, str]:
    return words_of(version) if isinstance(version, MatterVersion) else regional_words_of(version)
