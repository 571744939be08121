"""What findings of supervision are about and how grave they are, in words."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from supermarket.supervision.models import Level

CODES: Mapping[str, object] = {
    "review_overdue": _l("Review of a purchase"),
    "onboarding_overdue": _l("Decision on an agency's form"),
    "selection_late": _l("The selection did not run in time"),
    "acceptance_overdue": _l("Acceptance of a result"),
    "payment_overdue": _l("Payment"),
    "contract_not_public": _l("Publication of a contract"),
    "appeal_overdue": _l("Decision on an appeal against a rating"),
    "removal_undecided_by_authority": _l("The authority did not decide on a removal in time"),
    "removal_undecided_by_operator": _l("The operator did not decide on a removal in time"),
    "did_not_reveal": _l("A party did not reveal its secret for a draw in time"),
    "quotes_not_whole": _l("The list of sealed quotes is not whole"),
    "quotes_not_countersigned": _l("The list of sealed quotes was not countersigned within a minute"),
    "quote_key_missing_operator": _l("The operator's key for sealed quotes is missing"),
    "quote_key_missing_witness": _l("The witness's key for sealed quotes is missing"),
    "feedback_missing": _l("Answer to a finding"),
    "due_failed": _l("The system could not do what was due"),
}
LEVELS: Mapping[Level, object] = {
    Level.REMINDER: _l("Reminder"),
    Level.YELLOW: _l("Yellow card"),
    Level.RED: _l("Red card"),
}


def level_label(level: Level) -> str:
    """How grave a finding is, in words."""
    return str(LEVELS[level])


def code_label(code: str) -> str:
    """What a finding is about, in words; an unknown code shows itself."""
    return str(CODES.get(code, code.replace("_", " ")))
