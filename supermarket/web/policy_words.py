"""The numbers of the market in words: what each is, its unit, and where it belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from supermarket.core.money import format_yuan
from supermarket.matters.queries import names
from supermarket.policies.defaults import PolicyValue
from supermarket.web.draw_words import lottery_label

WORKING, CALENDAR, MONEY, PERCENT, COUNT, MINUTES, WORD = (
    "working",
    "calendar",
    "money",
    "percent",
    "count",
    "minutes",
    "word",
)
PAIRS = "pairs"
AFTER = "after"  # fewest after the extension; 0: as before it


@dataclass(frozen=True)
class Number:
    """One number: what it is and in which unit."""

    label: object
    unit: str


# In the order of a purchase's life; a number that is not here is shown under its key.
GROUPS: Mapping[str, tuple[object, Mapping[str, Number]]] = {
    "review": (
        _l("Review and enrolment"),
        {
            "review_project_days": Number(_l("The operator reviews a project"), WORKING),
            "review_onboarding_days": Number(_l("The operator decides on an agency's form"), WORKING),
            "exception_decision_days": Number(_l("The operator decides on an exception to a rule"), WORKING),
            "social_needs_review": Number(_l("Projects with social money are reviewed, too"), WORD),
            "enrolment_days": Number(_l("Enrolment stays open at least"), WORKING),
            "extension_days": Number(_l("Too few: enrolment is extended once by"), WORKING),
            "reduced_acceptance_days": Number(_l("The owner accepts the small number within"), WORKING),
            "direct_acceptance_days": Number(_l("A directly named agency answers within"), WORKING),
            "select_after_minutes": Number(_l("Shortest time from enrolment to selection"), MINUTES),
        },
    ),
    "fewest": (
        _l("Fewest valid enrolments"),
        {
            "min_random": Number(_l("Random draw"), COUNT),
            "min_random_extended": Number(_l("Random draw, after the extension"), COUNT),
            "min_bidding": Number(_l("Lowest quote"), COUNT),
            "min_bidding_extended": Number(_l("Lowest quote, after the extension"), AFTER),
            "min_merit": Number(_l("Best score"), COUNT),
            "min_merit_extended": Number(_l("Best score, after the extension and if the owner accepts"), COUNT),
            "min_credit_merit": Number(_l("Credit, then your choice"), COUNT),
            "min_credit_merit_extended": Number(_l("Credit, then your choice, after the extension"), AFTER),
            "min_merit_random": Number(_l("Shortlist, then draw"), COUNT),
            "min_merit_random_extended": Number(_l("Shortlist, then draw, after the extension"), AFTER),
            "min_merit_bidding": Number(_l("Shortlist, then quotes"), COUNT),
            "min_merit_bidding_extended": Number(_l("Shortlist, then quotes, after the extension"), AFTER),
            "min_random_bidding": Number(_l("Draw, then quotes"), COUNT),
            "min_random_bidding_extended": Number(_l("Draw, then quotes, after the extension"), AFTER),
            "min_mean_price": Number(_l("Nearest to the mean"), COUNT),
            "min_mean_price_extended": Number(_l("Nearest to the mean, after the extension"), AFTER),
            "min_direct": Number(_l("Direct selection"), COUNT),
        },
    ),
    "shortlists": (
        _l("Shortlists and draws before another stage"),
        {
            "default_keep": Number(_l("A shortlist keeps, where the owner says nothing"), COUNT),
            "min_keep": Number(_l("A shortlist keeps at least"), COUNT),
            "max_keep": Number(_l("A shortlist keeps at most"), COUNT),
            "default_draw_keep": Number(_l("A draw leaves, where the owner says nothing"), COUNT),
            "min_draw_keep": Number(_l("A draw leaves at least"), COUNT),
        },
    ),
    "money": (
        _l("Money"),
        {
            "direct_small_amount_line": Number(_l("Direct selection with fiscal money up to"), MONEY),
            "tender_limit": Number(_l("Public tender limit"), MONEY),
            "central_procurement_limit": Number(_l("Central procurement limit"), MONEY),
            "splitting_days": Number(_l("Purchases of one matter are added up over"), CALENDAR),
            "repeat_direct_awards": Number(_l("Direct awards to one agency until an alert"), COUNT),
            "barred_pairs": Number(
                _l("Pairs of matters that one agency may not both do for one investment project"), PAIRS
            ),
        },
    ),
    "selection": (
        _l("Selection"),
        {
            "draw_source_fiscal": Number(_l("Source of draws, fiscal money"), WORD),
            "draw_source_social": Number(_l("Source of draws, social money"), WORD),
            "draw_reveal_minutes": Number(_l("A party reveals its secret within"), MINUTES),
            "receipts_needed": Number(_l("Witnesses that sign a pool before its draw, at least"), COUNT),
            "draw_fallback_lottery": Number(_l("Lottery that decides where a party does not reveal"), WORD),
            "draw_correction_answer_days": Number(
                _l("The other side answers the claim of a typing error within"), WORKING
            ),
            "list_check_minutes": Number(_l("The list of quotes can be looked at before the opening for"), MINUTES),
            "quote_key_days": Number(_l("A missing key is waited for"), WORKING),
            "quote_hand_in_hours": Number(_l("The body of a quote is handed in within (hours)"), COUNT),
            "quotes_per_hour": Number(_l("Quotes of one agency for one project in an hour, at most"), COUNT),
            "low_of_ceiling_percent": Number(_l("Abnormally low: below this share of the ceiling"), PERCENT),
            "low_of_mean_percent": Number(_l("Abnormally low: below this share of the mean"), PERCENT),
            "cost_statement_days": Number(_l("The agency explains a low quote within"), WORKING),
            "cost_decision_days": Number(_l("The owner decides on it within"), WORKING),
            "choice_days": Number(_l("The owner chooses within"), WORKING),
            "succession_price_percent": Number(_l("The next in order may be dearer by at most"), PERCENT),
        },
    ),
    "contract": (
        _l("Standstill, contract, service"),
        {
            "standstill_fiscal_days": Number(_l("Standstill, fiscal money"), WORKING),
            "standstill_social_days": Number(_l("Standstill, social money"), WORKING),
            "standstill_social_direct_days": Number(_l("Standstill, social money and direct selection"), WORKING),
            "signing_days": Number(_l("Both sides sign within"), WORKING),
            "urge_before_days": Number(_l("Reminder before a limit ends"), WORKING),
            "contract_public_days": Number(_l("A signed contract is public within"), WORKING),
            "acceptance_days": Number(_l("The owner accepts or returns a result within"), WORKING),
            "payment_calendar_days": Number(_l("The owner pays within"), CALENDAR),
            "extension_total_calendar_days": Number(_l("Extensions of a contract, in all"), CALENDAR),
        },
    ),
    "after": (
        _l("Ratings, complaints, credit"),
        {
            "rating_days": Number(_l("All invited rate within"), WORKING),
            "appeal_days": Number(_l("An appeal is made within"), WORKING),
            "appeal_decision_days": Number(_l("An appeal is decided within"), WORKING),
            "complaint_acceptance_days": Number(_l("A complaint is taken up within"), WORKING),
            "complaint_decision_days": Number(_l("A complaint is decided within"), WORKING),
            "rectification_days": Number(_l("Rectification within"), WORKING),
            "removal_statement_days": Number(_l("Statement before a removal within"), WORKING),
            "removal_decision_days": Number(_l("Decision on a removal within"), WORKING),
            "practitioner_load": Number(_l("Running contracts of one practitioner, at most"), COUNT),
            "practitioner_release_days": Number(
                _l("An agency releases a practitioner, or says why not, within"), WORKING
            ),
            "practitioner_decision_days": Number(_l("The operator decides on a practitioner's move within"), WORKING),
        },
    ),
}
_SOURCES: Mapping[str, object] = {
    "parties": _l("secrets of operator and witnesses, bound beforehand"),
    "published": _l("published lottery numbers"),
    "drand": _l("the public beacon drand"),
}


def pairs(values: Sequence[str]) -> list[tuple[str, ...]]:
    """Pairs of matters, each by its name in force; the code where there is none."""
    codes = [tuple(value.split(":")) for value in values]
    known = names([code for pair in codes for code in pair])
    return [tuple(known.get(code, code) for code in pair) for pair in codes]


def shown(value: PolicyValue, unit: str) -> str:
    """A number with its unit, in the reader's language."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return "; ".join(" – ".join(pair) for pair in pairs(value)) if unit == PAIRS else ", ".join(value)
    match unit:
        case "money" if isinstance(value, int):
            return format_yuan(value)
        case "working":
            return str(ngettext("%(num)s working day", "%(num)s working days", int(value))) if value else _("at once")
        case "calendar":
            return str(ngettext("%(num)s calendar day", "%(num)s calendar days", int(value)))
        case "minutes":
            return str(ngettext("%(num)s minute", "%(num)s minutes", int(value)))
        case "after":
            return str(_("as before the extension") if value == 0 else value)
        case "percent":
            return f"{value} %"
    head = str(value).partition(":")[0]
    return str(_SOURCES.get(head) or lottery_label(str(value)))
