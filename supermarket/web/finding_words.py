"""What findings of supervision are about and how grave they are, in words."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.msgids import Sentence
from supermarket.supervision.models import Level

CODES: Mapping[str, object] = {
    "review_overdue": _l("Review of a purchase"),
    "onboarding_overdue": _l("Decision on an agency's form"),
    "correction_unanswered": _l("The claim of a typing error was not answered"),
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
    "receipt_differs": _l("A witness shows another receipt for a draw than the market"),
    "receipt_missing": _l("A receipt that the market shows is not in the witness's own log"),
    "receipt_false": _l("A receipt that the market shows is not signed by the witness"),
    "receipt_unknown": _l("A witness signed a pool for a draw that the market does not have"),
    "head_differs": _l("A witness shows another root for a head of the log than the market"),
    "head_missing": _l("A head that the market shows is not in the witness's own log"),
    "head_false": _l("A head that the market shows is not signed by the witness"),
    "head_unknown": _l("A witness signed a head of the log that the market never showed"),
    "head_refused": _l("A witness refused the log's head: it is not the log that it signed before, grown on"),
    "receipt_awaited": _l("A pool waits for its receipts"),
    "log_stepped_back": _l("The log of a witness went back behind what it had signed"),
    "log_forked": _l("The log of a witness does not continue what it had signed"),
    "log_false": _l("The log of a witness holds what it did not sign"),
    "entries_lost": _l("A witness was put back from a backup and lacks what it had signed"),
    "state_fork": _l("Two states of a witness's log for one place"),
    "state_step_back": _l("The log of a witness went back behind a state that another witness holds"),
    "state_behind": _l("A witness runs on an older copy of its folder"),
    "feedback_missing": _l("Answer to a finding"),
    "splitting": _l("Signal: purchases that may have been split"),
    "repeat_direct": _l("Signal: repeated direct selection of one agency"),
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


def signal_sentence(evidence: Mapping[str, object]) -> str:
    """What a signal says, in the reader's language; empty for findings that are told by their code alone."""
    said, values = evidence.get("says"), evidence.get("values")
    if not isinstance(said, str) or not isinstance(values, Mapping):
        return ""
    return Sentence(said, {str(name): value for name, value in values.items()}).text(_)


def code_label(code: str) -> str:
    """What a finding is about, in words; an unknown code shows itself."""
    return str(CODES.get(code, code.replace("_", " ")))
