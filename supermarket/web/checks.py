"""The findings of the automatic checks, in the same words for agencies and officers, each beside what it is about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.agencies.models import Agency, Check, Outcome
from supermarket.data import catalogue
from supermarket.gateways import current
from supermarket.matters.queries import names
from supermarket.matters.requirement_tree import Missing, MissingCode

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
    "come_back": _l("Came back within 36 months"),
}

# The others have their names from the entries of the configuration (gateways.registries_entries).
REGISTRIES = {"market-lists": _l("Lists of this market")}

# What mends a finding, by the check that does not pass.
WHAT_TO_DO = {
    "uscc": _l("Compare the code with the business licence. If the licence is right, ask the operator."),
    "registration": _l(
        "File the name and the scope of business as they stand in the enterprise register. If the register is wrong, "
        "have it mended there first."
    ),
    "legal_representative": _l(
        "File the legal representative as in the business licence, or have the register mended."
    ),
    "dishonesty": _l("Go to the authority that entered the decision. The entry ends with the decision, not here."),
    "qualification": _l(
        "Compare kind, level, speciality, number and last day with the certificate. If the registry is wrong, "
        "the issuer mends it; a new certificate is filed in place of the old one."
    ),
    "practitioners": _l(
        "Compare number and last day with the licence. The person must be registered with this agency only."
    ),
    "service": _l("File the certificates and people that the matter asks for, or take the service out."),
    "branch_authority": _l(
        "File the head office's authority. If the head office took it back, only it can give it again."
    ),
    "pledge": _l("Sign the public pledge."),
    "national_identity": _l("Sign in through the unified identity with the account of this body."),
}
WAIT = _l(
    "Nothing to do: the registry is asked again every hour. Its silence counts neither for the agency nor against it."
)
# A registered scope that no rule can read: asking again brings no other answer, somebody reads it.
READ = _l("Nothing to do: an operator reads the registered scope and decides whether it covers the service.")

# Why a service is not shown, by the stored reason; "check:<code>" has the check's own name.
HIDDEN = {
    "head_office": _l("The head office is frozen or out of the market."),
    "withdrawn": _l("Withdrawn by an office; see the standing."),
    "not_published": _l("The matter is not in the list at present."),
    "unchecked": _l("Not checked yet."),
    "licence_missing": _l("Too few people with the licence that the matter asks for."),
    "qualification_expired": _l("A certificate has run out."),
}

_ORDER = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True)
class ShownCheck:
    """One finding as `record.findings` draws it; `number` names it for the evidence, 0 where it is in no table."""

    outcome: str
    label: str
    sentence: str
    source: str
    at: datetime | None
    to_do: str = ""
    number: int = 0
    has_evidence: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class Group:
    """The findings about one filed thing; `outcome` is the gravest of them."""

    subject: str
    title: str
    outcome: str
    checks: Sequence[ShownCheck]

    @property
    def anchor(self) -> str:
        """Where the group stands on the page."""
        return "found-" + (self.subject.replace(":", "-") or "body")


def shown_checks(checks: Sequence[Check]) -> list[ShownCheck]:
    """The findings in the reader's language."""
    matters = names(sorted({code for row in checks if (code := _matter_of(row))}))
    return [shown(row, matters) for row in checks]


def _matter_of(row: Check) -> str:
    """The matter that a finding is about, "" for another one."""
    head, _colon, code = row.code.partition(":")
    return code if head == "service" else str(row.parameters.get("matter", ""))


def shown(row: Check, matters: Mapping[str, str] | None = None) -> ShownCheck:
    """One finding in the reader's language, with what to do about it; `matters` are names by codes."""
    return ShownCheck(
        outcome=row.outcome.value,
        label=_label(row, matters or {}),
        sentence=_sentence(row),
        source=" ".join(part for part in (registry_label(row.registry_name), row.reference) if part),
        at=row.answered_at or row.last_at,
        to_do=what_to_do(row.code, row.outcome, row.subject),
        number=row.id or 0,
        has_evidence=row.answer_id is not None,
        since=row.first_at,
    )


def grouped(checks: Sequence[Check], agency: Agency, matter_names: Mapping[str, str]) -> list[Group]:
    """Findings by what they are about: the body first, then certificates, licences, services, in the order of the file.

    `agency` with its file. A finding about something that is no longer filed comes last.
    """
    titles = _titles(agency, matter_names)
    found: dict[str, list[Check]] = defaultdict(list)
    for row in checks:
        found[row.subject].append(row)
    order = [subject for subject in titles if subject in found]
    order += [subject for subject in found if subject not in titles]
    return [
        Group(
            subject=subject,
            title=titles.get(subject) or check_label(found[subject][0].code),
            outcome=gravest([row.outcome for row in found[subject]]).value,
            checks=shown_checks(found[subject]),
        )
        for subject in order
    ]


def gravest(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that counts: one that fails, else one that is not known, else one that passes."""
    return min(outcomes, key=_ORDER.index)


def _titles(agency: Agency, matter_names: Mapping[str, str]) -> dict[str, str]:
    kinds = kind_names()
    titles = {"": str(_("The body itself"))}
    for filed in agency.qualifications:
        titles[f"qualification:{filed.id}"] = f"{kinds.get(filed.kind_code, filed.kind_code)} {filed.number}"
    for person in agency.practitioners:
        for licence in person.live_licences:
            kind = kinds.get(licence.kind_code, licence.kind_code)
            titles[f"licence:{licence.id}"] = f"{person.name} {kind} {licence.number}"
    for service in agency.services:
        titles[f"service:{service.matter_code}"] = matter_names.get(service.matter_code, service.matter_code)
    return titles


def what_to_do(code: str, outcome: Outcome, subject: str = "") -> str:
    """What mends a finding that does not pass, or that one only waits; empty where nothing is wrong."""
    if outcome is Outcome.FAIL:
        return str(WHAT_TO_DO.get(code.partition(":")[0], ""))
    if outcome is not Outcome.UNKNOWN:
        return ""
    return str(READ if code == "registration" and subject.startswith("service:") else WAIT)


def missing_words(missing: Missing) -> str:
    """A leaf of a requirement that is not met, and why."""
    needed = missing.leaf
    name = " ".join(
        part for part in (kind_names().get(needed.kind, needed.kind), needed.speciality, needed.level) if part
    )
    why = {
        MissingCode.NOT_HELD: _("none on file"),
        MissingCode.OTHER_SPECIALITY: _("on file with another speciality"),
        MissingCode.LEVEL_TOO_LOW: _("on file with a lower level"),
        MissingCode.EXPIRED: _("run out"),
        MissingCode.KIND_NOT_LIVE: _("no longer law"),
    }[missing.code]
    return str(_("%(what)s: %(why)s", what=name, why=why))


def hidden_label(reason: str | None) -> str:
    """Why a service is not shown, in words; empty where it is."""
    if reason is None:
        return ""
    if reason.startswith("check:"):
        return str(_("The check “%(check)s” is not passed.", check=check_label(reason.removeprefix("check:"))))
    return str(HIDDEN.get(reason) or _("A qualification that it needs is missing or has run out."))


def registry_label(name: str | None) -> str:
    """A registry's name in the reader's language; an unknown one shows itself."""
    if not name:
        return ""
    if name in REGISTRIES:
        return str(REGISTRIES[name])
    locale = get_locale()
    return current().registries.routes.label(name, "zh" if locale is None else locale.language)


def _label(row: Check, matters: Mapping[str, str]) -> str:
    name = matters.get(_matter_of(row))
    if name is None:
        return check_label(row.code)
    return f"{check_label(row.code.partition(':')[0])} · {name}"


def _sentence(row: Check) -> str:
    values = dict(row.parameters)
    if "registry" in values:
        values["registry"] = registry_label(str(values["registry"]))
    return str(_(row.sentence, **values))


def check_label(code: str) -> str:
    """What a check looks at, in words."""
    head, _colon, rest = code.partition(":")
    label = str(LABELS.get(head, head))
    return f"{label} {kind_names().get(rest, rest)}" if rest else label


@cache
def kind_names() -> Mapping[str, str]:
    """The names of qualifications and licences by their codes."""
    return {kind.code: kind.name for kind in catalogue.qualification_kinds()}
