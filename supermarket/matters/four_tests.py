"""The four tests before publishing (onboarding.md): 依法性, 强制性, 前置性, 有偿性. Each passes or says what to mend."""

import re
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.errors import RuleFinding
from supermarket.data import catalogue
from supermarket.matters.citations import Rank, best, citations, names_an_article
from supermarket.matters.commands import MatterDraft
from supermarket.matters.models import CommissionedBy, MatterVersion

Wording = MatterVersion | MatterDraft
# Words with which a basis lets somebody do a thing and obliges nobody.
_PERMITS = re.compile(r"可以(?:自行|自愿|选择)?委托|自愿委托|鼓励")
# What people type where they have nothing to say.
_NOTHING = re.compile(r"[\s\-–—/\\.。、]*(?:无|没有|暂无|不涉及|不适用|n/?a|none)?[\s\-–—/\\.。、]*", re.IGNORECASE)
TITLES = {
    "lawful": _l("Lawfulness (依法性)"),
    "mandatory": _l("Obligation (强制性)"),
    "precondition": _l("Precondition (前置性)"),
    "paid": _l("Payment (有偿性)"),
}


@dataclass(frozen=True)
class TestResult:
    """One test: its code, whether it passes, why in a sentence, and the field to mend."""

    # pytest must not take it for a test.
    __test__ = False

    code: str
    passed: bool
    sentence: str
    field: str

    @property
    def title(self) -> str:
        """The name of the test."""
        return str(TITLES[self.code])


def checklist(wording: Wording) -> tuple[TestResult, ...]:
    """All four tests in their order, passed or not."""
    return (_lawful(wording), _mandatory(wording), _precondition(wording), _paid(wording))


def publication_findings(wording: Wording) -> list[RuleFinding]:
    """Which of the four tests a wording does not pass."""
    return [
        RuleFinding(f"not_{result.code}", f"{result.title}: {result.sentence}", {"field": result.field})
        for result in checklist(wording)
        if not result.passed
    ]


def _lawful(wording: Wording) -> TestResult:
    found = best(citations(wording.legal_basis))
    passed = found is not None and found.carries
    if found is None:
        sentence = _("Name the law, administrative regulation or State Council decision with its article: 《…》第…条.")
    elif passed:
        sentence = _("%(title)s %(place)s is enough.", title=f"《{found.title}》", place=found.place).replace("  ", " ")
    elif found.rank is Rank.LOCAL:
        sentence = _(
            "《%(title)s》 is a rule of a place; a law, a State Council regulation or decision is needed.",
            title=found.title,
        )
    elif found.rank is Rank.RULE:
        sentence = _(
            "《%(title)s》 is a ministry's rule or a notice; a law, a State Council regulation or decision is needed.",
            title=found.title,
        )
    else:
        sentence = _("Name the article of 《%(title)s》: 第…条.", title=found.title)
    return TestResult("lawful", passed, sentence, "legal_basis")


def _mandatory(wording: Wording) -> TestResult:
    try:
        who = CommissionedBy(wording.commissioned_by)
    except ValueError:
        return TestResult("mandatory", False, _("Say who has to commission the service."), "commissioned_by")
    if who is CommissionedBy.APPLICANT_MAY_DO_IT_ALONE:
        sentence = _("Whoever can do it alone may: nobody may be made to buy this service, and the pages say so.")
        return TestResult("mandatory", True, sentence, "commissioned_by")
    found = best(citations(wording.legal_basis))
    if found is None or not found.carries:
        sentence = _(
            "Nothing obliges anybody to commission it: give a basis that does, or choose that the applicant may do it alone."
        )
        return TestResult("mandatory", False, sentence, "commissioned_by")
    if _PERMITS.search(wording.legal_basis):
        sentence = _("The basis only permits to commission it; then the applicant may do it alone.")
        return TestResult("mandatory", False, sentence, "commissioned_by")
    if who is CommissionedBy.AUTHORITY:
        sentence = _("The authority has to commission it; the applicant may not be asked to.")
    else:
        sentence = _("The applicant has to commission it, and chooses the agency.")
    return TestResult("mandatory", True, sentence, "commissioned_by")


def _precondition(wording: Wording) -> TestResult:
    if _NOTHING.fullmatch(wording.approval_item):
        return TestResult("precondition", False, _("Name the approval item that needs the service."), "approval_item")
    if wording.approval_item.strip() == wording.name.strip():
        sentence = _("The service itself is no approval; name the item that asks for its result.")
        return TestResult("precondition", False, sentence, "approval_item")
    if _NOTHING.fullmatch(wording.department):
        return TestResult("precondition", False, _("Name the department that decides on the item."), "department")
    if wording.stage not in {item.code for item in catalogue.stages()}:
        return TestResult("precondition", False, _("Choose the stage of the project at which it is needed."), "stage")
    sentence = _("Needed for “%(item)s” at %(department)s.", item=wording.approval_item, department=wording.department)
    return TestResult("precondition", True, sentence, "approval_item")


def _paid(wording: Wording) -> TestResult:
    bearer = wording.fee_bearer.strip()
    if bearer not in ("applicant", "authority"):
        return TestResult("paid", False, _("Say who bears the fee: the applicant or the authority."), "fee_bearer")
    commissions = wording.commissioned_by == CommissionedBy.AUTHORITY
    if commissions and bearer == "applicant":
        # Only a law may put the cost of what an authority orders on the applicant, and the fee has to name it.
        passed = names_an_article(wording.fee_standard)
        if passed:
            sentence = _("The authority commissions; that the applicant pays stands in the article that the fee names.")
        else:
            sentence = _("Who commissions pays: the authority. If a law says otherwise, name its article with the fee.")
        return TestResult("paid", passed, sentence, "fee_bearer")
    if bearer == "authority":
        sentence = _("The authority pays; nothing may be charged to the applicant.")
    else:
        sentence = _("The applicant pays the agency that it has chosen.")
    return TestResult("paid", True, sentence, "fee_bearer")
