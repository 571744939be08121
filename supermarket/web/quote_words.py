"""Quotes in words: why one is out, and what discount on the ceiling an amount is."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from supermarket.modes.discount import rate_of

EXCLUSION_LABELS: Mapping[str, object] = {
    "no_quote": _l("No quote was handed in"),
    "no_proposal": _l("No plan was handed in"),
    "quote_missing": _l("No quote was handed in"),
    "quote_above_ceiling": _l("The quote is above the ceiling"),
    "quote_below_floor": _l("The quote is below the floor"),
    "rate_not_two_decimals": _l("The amount is not that of a discount with two decimals"),
    "quote_not_positive": _l("The quote is not a positive amount"),
    "does_not_open": _l("The sealed quote does not open"),
    "not_handed_in": _l("The box did not open, and the body was not handed in"),
    "bad_body": _l("The box holds no quote"),
    "bad_project": _l("The box holds no quote"),
    "bad_uscc": _l("The box holds no quote"),
    "bad_seq": _l("The box holds no quote"),
    "bad_amount": _l("The box holds no quote"),
    "bad_salt": _l("The box holds no quote"),
    "receipt_not_listed": _l("its signed receipt is not on the list"),
    "dropped": _l("it is on the list and no longer stored"),
    "altered": _l("what is stored is not what is listed"),
    "added": _l("it is stored and not on the list"),
    "other_commitment": _l("The quote is not the one that was sealed"),
    "other_project": _l("The quote names another project"),
    "other_uscc": _l("The quote names another agency"),
    "other_seq": _l("The quote names another number"),
    "cost_statement_rejected": _l("Abnormally low, and the cost statement was rejected"),
    "cost_statement_absent": _l("Abnormally low, and no cost statement was given"),
    "days_missing": _l("No days were offered"),
    "days_below_one": _l("Less than one day was offered"),
    "not_shortlisted": _l("Not among those who were kept"),
    "linked": _l("Linked with another agency in the pool"),
}


def exclusion_label(code: str | None) -> str:
    """Why an enrolment or a quote is out; an unknown code shows itself."""
    return str(EXCLUSION_LABELS.get(code or "", code or ""))


def discount(amount: int, ceiling: int) -> str:
    """The discount in percent that gives an amount in fen under a ceiling; a dash where none with two decimals does."""
    rate = rate_of(amount, ceiling)
    return "–" if rate is None else str(rate)
