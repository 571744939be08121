"""What the eligibility rules said at each of the three moments and what changed between them, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.msgids import Sentence
from supermarket.projects.models import EligibilityCheck, Enrolment

RULE_LABELS = {
    "standing": _l("Standing"),
    "enrolment_frozen": _l("Freeze of enrolment"),
    "offers_matter": _l("Service"),
    "qualifications": _l("Qualifications"),
    "qualifications_valid": _l("Validity of certificates"),
    "stars": _l("Stars"),
    "credit": _l("Credit"),
    "credit_direct": _l("Credit for direct selection"),
    "barring_list": _l("Lists of dishonesty"),
    "avoidance": _l("Avoidance"),
    "preceding_work": _l("Preceding work"),
    "reissue": _l("Reissue"),
    "practitioners": _l("Practitioners"),
    "licences": _l("Licences"),
    "practitioner_load": _l("Load of practitioners"),
    "linked": _l("Linked agencies"),
    "registries": _l("Registries"),
}
MOMENT_LABELS: Mapping[str, object] = {
    "enrolment": _l("At the enrolment"),
    "freeze": _l("When the pool was fixed"),
    "award": _l("Before the award notice"),
}
# The grounds of a rule that say more than met or not; the others are in its sentence.
FIGURES: Mapping[str, object] = {
    "standing": _l("Standing"),
    "stars": _l("Stars"),
    "credit": _l("Credit level"),
    "frozen_until": _l("Frozen until"),
    "named": _l("Practitioners named"),
}


WEAK_LABELS: Mapping[str, object] = {
    "common_controller": _l("the same controller"),
    "common_manager": _l("the same managing body"),
    "person_in_both": _l("one person behind both"),
    "same_address": _l("the same address"),
    "same_contact": _l("the same contact"),
}


def weak_label(kind: str) -> str:
    """What two agencies have in common; an unknown kind shows itself."""
    return str(WEAK_LABELS.get(kind, kind))


@dataclass(frozen=True)
class Rule:
    """One rule as `record.findings` draws it."""

    outcome: str
    label: str
    sentence: str
    code: str = ""


@dataclass(frozen=True)
class Run:
    """All rules at one moment, and in words what changed since the run before; the sentence of what is not met first."""

    moment: str
    at: datetime
    ok: bool
    rules: Sequence[Rule]
    changed: Sequence[str]

    @property
    def against(self) -> Sequence[Rule]:
        """What is not met, or must be known."""
        return [rule for rule in self.rules if rule.outcome != "pass"]

    @property
    def met(self) -> Sequence[Rule]:
        """What is met."""
        return [rule for rule in self.rules if rule.outcome == "pass"]


def rule_name(code: str) -> str:
    """The name of a rule; an unknown code shows itself."""
    return str(RULE_LABELS.get(code, code))


def sentence_of(finding: Mapping[str, object]) -> str:
    """What a stored finding says, in the reader's language."""
    params = finding.get("params")
    return Sentence(str(finding.get("msgid", "")), params if isinstance(params, dict) else {}).text(_)


def changed_words(change: Mapping[str, object], findings: Mapping[str, Mapping[str, object]]) -> str:
    """One change in words."""
    code = str(change["code"])
    label, finding = rule_name(code), findings.get(code)
    if change["was"] and not change["now"]:
        text = _("%(rule)s: no longer met. %(why)s", rule=label, why=sentence_of(finding) if finding else "")
    elif change["now"] and not change["was"]:
        text = _("%(rule)s: met now.", rule=label)
    elif figures := _figures(change):
        text = _("%(rule)s: says the same on other grounds (%(figures)s).", rule=label, figures=figures)
    else:
        text = _("%(rule)s: says the same on other grounds.", rule=label)
    return str(text)


def _figures(change: Mapping[str, object]) -> str:
    before, after = change.get("before"), change.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ""
    return ", ".join(
        f"{FIGURES[name]}: {_shown(before.get(name))} → {_shown(after.get(name))}"
        for name in sorted(before.keys() | after.keys())
        if name in FIGURES and before.get(name) != after.get(name)
    )


def _shown(value: object) -> str:
    return "–" if value is None else str(value)


def run_of(check: EligibilityCheck) -> Run:
    """One stored run in words."""
    findings = {str(item["code"]): item for item in check.findings}
    return Run(
        moment=str(MOMENT_LABELS.get(check.moment, check.moment)),
        at=check.ran_at,
        ok=check.ok,
        rules=[
            Rule(
                outcome="unknown" if item.get("warning") else "pass" if item["ok"] else "fail",
                label=rule_name(code),
                sentence=sentence_of(item),
                code=code,
            )
            for code, item in findings.items()
        ],
        changed=[changed_words(change, findings) for change in check.changes],
    )


def runs_of(enrolment: Enrolment) -> Sequence[Run]:
    """Every stored run of an enrolment, oldest first."""
    return [run_of(check) for check in enrolment.eligibility]
