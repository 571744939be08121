"""The findings of the automatic checks, in the same words for agencies and officers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.agencies.models import Check
from supermarket.data import catalogue

LABELS = {
    "uscc": _l("Unified social credit code"),
    "registration": _l("Enterprise register"),
    "legal_representative": _l("Legal representative"),
    "dishonesty": _l("Lists of serious dishonesty"),
    "qualification": _l("Certificate"),
    "practitioners": _l("Practitioners"),
    "service": _l("Service"),
    "branch_authority": _l("Authority of the head office"),
    "pledge": _l("Public pledge"),
    "national_identity": _l("Unified identity"),
}

REGISTRIES = {
    "data-sharing": _l("Data-sharing platform of the government"),
    "social-credit": _l("Platform of public credit"),
    "construction-market": _l("Supervision platform of the building market"),
    "asset-appraisal": _l("Register of asset appraisers"),
    "market-lists": _l("Lists of this market"),
}


@dataclass(frozen=True)
class ShownCheck:
    """One finding as `record.findings` draws it."""

    outcome: str
    label: str
    sentence: str
    source: str
    at: datetime | None


def shown_checks(checks: Sequence[Check]) -> list[ShownCheck]:
    """The findings of a round in the reader's language."""
    return [
        ShownCheck(
            outcome=row.outcome.value,
            label=_label(row),
            sentence=_sentence(row),
            source=" ".join(part for part in (_registry(row.registry_name), row.reference) if part),
            at=row.answered_at or row.last_at,
        )
        for row in checks
    ]


def _registry(name: str | None) -> str:
    return str(REGISTRIES.get(name or "", name or ""))


def _sentence(row: Check) -> str:
    values = dict(row.parameters)
    if "registry" in values:
        values["registry"] = _registry(str(values["registry"]))
    return str(_(row.sentence, **values))


def _label(row: Check) -> str:
    head, _colon, rest = row.code.partition(":")
    label = str(LABELS.get(head, head))
    return f"{label} {_kind_names().get(rest, rest)}" if rest else label


@cache
def _kind_names() -> dict[str, str]:
    return {kind.code: kind.name for kind in catalogue.qualification_kinds()}
