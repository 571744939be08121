"""What the check of a whole selection in the reader's own browser says, by the codes of static/verify/selection.js."""

from flask_babel import gettext as _


def selection_words() -> dict[str, object]:
    """Sentences by step, by what differs, and by what is not checked."""
    return {
        "holds": _("The award follows from this record; nothing differs."),
        "steps": {
            "form": _("The file has exactly the fields of selection-v1."),
            "draws": _("Each draw follows from its pool and value, and the stages rest on these draws."),
            "corrections": _(
                "What was computed again has the same pool, and numbers that two of two bodies typed alike."
            ),
            "quotes": _("Every quote is the one that was committed to, and the list leaves none out."),
            "auction": _("The bids are chained; each was at least a step below the one before it."),
            "enrolments": _("Everybody of the freeze entered, with the same figures; who is out is out for a reason."),
            "runs": _("Each stage, computed again from what came in, gives what is stored."),
            "order": _("The order is that of the last stage, at the prices that were asked."),
            "awards": _("The awards go down the order, and nobody was passed over without reason."),
        },
        "codes": {
            **_file_words(),
            "unreadable": _("this part cannot be read:"),
            "other_project": _("is another project's:"),
            "drawn_twice": _("was drawn twice:"),
            "draw": _("the draw does not hold:"),
            "other_draw": _("the stage rests on another draw:"),
            "other_pool": _("what is computed again has another pool or receipt:"),
            "typed": _("two of two bodies did not type what it was computed from:"),
            "series": _("a series that was computed again is not kept, or nothing was corrected:"),
            "not_ended": _("an award that was computed again has not ended, or had its notice:"),
            "amount_alone": _("has an amount and was not opened:"),
            "other_body": _("what was opened is not what was committed to:"),
            "body_says": _("the sealed text says something else than the record:"),
            "validity": _("whether it is valid does not follow from the bounds:"),
            "replaced_opened": _("was replaced and opened all the same:"),
            "list": _("the list and the quotes are not the same"),
            "list_hash": _("the list has another fingerprint"),
            "alias": _("who bids under this number is not who was fixed:"),
            "chain": _("the chain breaks at entry"),
            "opening": _("the opening is not that of this auction"),
            "entry": _("does not follow the entry before it:"),
            "bid": _("this bid could not have been accepted; entry"),
            "other_terms": _("the stage has other terms than the opening of the auction"),
            "other_bids": _("the stage rests on other bids"),
            "rule_not_met": _("did not meet a rule at the freeze, and is not out for it:"),
            "no_ground": _("is excluded without a ground in this record:"),
            "half_out": _("is excluded without a code, or takes part with one:"),
            "other_code": _("is out by a stage, and not for the reason of that stage:"),
            "other_figures": _("entered the first stage with other figures than those of the freeze and the quote:"),
            "parameters": _("did not run with the published parameters; stage"),
            "passed_on": _("others entered than the stage before passed on; stage"),
            "named": _("nobody but the named agency can be selected; stage"),
            "computed": _("computed again, something else comes out; stage"),
            "decision": _("the stage rests on another decision on the low quote of"),
            "choice": _("the stage rests on another choice of the owner; stage"),
            "not_the_last": _("it is not that of the last stage:"),
            "price": _("the price is not what was asked:"),
            "figures": _("the figures are not those of the stages:"),
            "next": _("another was next in the order; award"),
            "dropped": _("dropped out without a reason, or was followed without dropping out:"),
            "notice_early": _("the notice came before the end of the standstill:"),
            "somebody_left": _("somebody was left in the order:"),
            "passed_over": _("by their price these were passed over:"),
        },
        "unchecked": {
            "rest": _("the rest of the file"),
            "countersignature": _("the witness's countersignature on the list of quotes"),
            "registers": _("the registers behind figures and rules"),
            "calendar": _("the calendar of working days"),
            "panel": _("who the experts of the panel are"),
        },
    }


def _file_words() -> dict[str, str]:
    """What can be wrong with the file as such."""
    return {
        "too_large": _("the file is too large"),
        "not_utf8": _("it is not UTF-8"),
        "not_json": _("it is not JSON"),
        "twice": _("stands in it twice"),
        "fields": _("it does not have exactly the fields of selection-v1"),
        "not_public": _("nothing of this selection is public yet"),
        "no_list": _("a list is due here"),
    }
