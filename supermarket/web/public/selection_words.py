"""What the check of a whole selection or a live auction says, by the codes of static/verify: the same as selection_says.py."""

from flask_babel import gettext as _


def selection_words() -> dict[str, object]:
    """Sentences by step, by what differs, and by what is not checked."""
    return {
        "holds": _("The award follows from this record; nothing differs."),
        "steps": _steps(),
        "codes": {**_file_codes(), **_notice_codes(), **_part_codes(), **_stage_codes()},
        "unchecked": _unchecked(),
    }


def auction_words() -> dict[str, object]:
    """What the check of a live auction's record says, besides the codes of a selection."""
    return {
        "holds": _("Every bid could be accepted when it came, and the auction ended when it had to; nothing differs."),
        "steps": {
            "form": _("The file has exactly the fields of auction-v1."),
            "auction": _(
                "The bids are chained; each was at least the step in force below the one before it, and the end follows."
            ),
        },
    }


def _steps() -> dict[str, str]:
    return {
        "form": _("The file has exactly the fields of selection-v1, each of its kind."),
        "notice": _(
            "Every parameter of every stage follows from the mode's row, the owner's terms and the numbers of the day."
        ),
        "draws": _("Each draw follows from its pool and value, from the source named in the notice."),
        "corrections": _("What was computed again has the same pool, and numbers that two of two bodies typed alike."),
        "quotes": _("Every quote is the one that was committed to, and the list leaves none out."),
        "auction": _(
            "The bids are chained; each was at least the step in force below the one before it, and the end follows."
        ),
        "panel": _(
            "The panel is the head of the drawn order; points, sentences and means are those of the signed sheets."
        ),
        "enrolments": _("Everybody of the freeze entered, with the same figures; who is out is out for a reason."),
        "checks": _("Everybody was asked the same rules, and what each rule said follows from its evidence."),
        "runs": _("Each stage, computed again from what came in, gives what is stored."),
        "choice": _("The choice was made of those who came to it, with a reason."),
        "order": _("The order is that of the last stage, at the prices that were asked."),
        "awards": _("The awards go down the order, and nobody was passed over without reason."),
        "superseded": _("What was computed before a correction held in itself; it decides nothing any more."),
    }


def _file_codes() -> dict[str, str]:
    """What can be wrong with the file as such."""
    return {
        "too_large": _("the file is too large"),
        "not_utf8": _("it is not UTF-8"),
        "not_json": _("it is not JSON"),
        "too_deep": _("it is nested too deep"),
        "twice": _("a name stands twice in one object:"),
        "number": _("only whole numbers of up to 15 digits are allowed:"),
        "version": _("it is not a record of the version selection-v1"),
        "unknown_field": _("unknown field"),
        "missing": _("missing field"),
        "wrong": _("what stands here is not of the kind that is due:"),
        "not_public": _("nothing of this selection is public yet"),
        "unreadable": _("this part cannot be read"),
        "fields": _("fields are missing or unknown:"),
        "receipt": _("the receipt is not signed by a witness of this market; draw"),
        "unknown_kind": _("it is no record of a kind that is checked here:"),
    }


def _notice_codes() -> dict[str, str]:
    return {
        "other_mode": _("the mode of the notice is not that of its row:"),
        "other_row": _("the row of this mode has other stages than the rules:"),
        "flag": _("does not follow from the mode's stages:"),
        "bounds": _("the floor is not between 1 fen and the ceiling"),
        "numbers": _("a number of the policy is missing, or none is due:"),
        "terms": _("the owner's terms do not fit the mode's row:"),
        "stages": _("the notice has another number of stages than the mode's row:"),
        "stage_parameter": _("does not follow from row, terms and numbers; stage"),
        "named": _("an agency is named where none may be, or none where one must be"),
        "source": _("the source is not the one named in the notice, or revealed by the draw before:"),
        "moment": _("too early, too late, or without a moment:"),
    }


def _part_codes() -> dict[str, str]:
    return {
        "draw": _("the draw does not hold:"),
        "other_project": _("is another project's:"),
        "typists": _("not every party is named as having revealed, once:"),
        "drawn_twice": _("was drawn twice:"),
        "other_pool": _("what is computed again has another pool or receipt:"),
        "typed": _("two of two bodies did not type what it was computed from:"),
        "series": _("a series that was computed again is not kept, or nothing was corrected:"),
        "not_ended": _("an award that was computed again has not ended, or had its notice:"),
        "out": _("others stand beside the pool than those who were out:"),
        "half_open": _("is opened and has neither body nor reason, or the other way round:"),
        "replaced_opened": _("was replaced and opened all the same:"),
        "not_opened": _("was not opened:"),
        "amount_alone": _("has an amount and was not opened:"),
        "other_body": _("what was opened is not what was committed to:"),
        "body_says": _("the sealed text says something else than the record:"),
        "validity": _("whether it is valid does not follow from the bounds:"),
        "list": _("the list and the quotes are not the same"),
        "list_hash": _("the list has another fingerprint"),
        "not_enrolled": _("quoted without having enrolled:"),
        "low": _("others were asked for a cost statement than those who were low:"),
        "low_answer": _("has half of an answer about its low quote:"),
        "no_auction": _("there is no auction, and a stage that ranks its bids"),
        "chain": _("the chain breaks at entry"),
        "opening": _("the opening is not that of this auction"),
        "entry": _("does not follow the entry before it:"),
        "bid": _("this bid could not have been accepted; entry"),
        "step": _("this step was not in force; entry"),
        "line": _("below the line no accepted cost statement explains it; entry"),
        "end": _("the auction would have run until another moment; entry"),
        "alias": _("who bids under this number is not who was fixed:"),
        "open": _("the auction was not closed; entry"),
        "statement": _("this cost statement is not whole:"),
        "other_terms": _("the stage has other terms than the opening of the auction"),
        "bidders": _("others could bid than those who came to this stage"),
        "no_panel": _("a panel scores in this mode, and its record is missing"),
        "record_hash": _("the panel's record has another fingerprint"),
        "record_head": _("the panel's record is of another project or size"),
        "record_criteria": _("the panel scored other criteria than the published ones"),
        "plans": _("the plans before the panel are not those of the agencies that were scored:"),
        "seats": _("the panel is not the head of the drawn order:"),
        "people": _("the person at this place is not the one that was bound before the draw:"),
        "dissent": _("dissents without a reason, or has one without dissenting; place"),
        "sheet": _("the signed sheet held other points or sentences; place"),
        "lines": _("mean, exact mean or dropped points do not follow:"),
    }


def _stage_codes() -> dict[str, str]:
    return {
        "enrolled_twice": _("stands in it twice:"),
        "cancelled": _("is cancelled without a moment, or the other way round:"),
        "checks": _("was not checked once at each moment that was due:"),
        "rules": _("was asked other rules than everybody:"),
        "evidence": _("does not follow from its evidence:"),
        "check": _("whether it was eligible does not follow from its rules:"),
        "changed": _("what changed since the check before is told otherwise:"),
        "rule_not_met": _("did not meet a rule at the freeze, and is not out for it:"),
        "half_out": _("is excluded without a code, or takes part with one:"),
        "no_ground": _("is excluded without a ground in this record:"),
        "other_code": _("is out by a stage or its quote, and not for the reason of that:"),
        "figures": _("the figures are not those of the stages, or of the freeze:"),
        "no_check": _("was in the pool without a check at the freeze:"),
        "other_figures": _("entered the first stage with other figures than those of the freeze and the quote:"),
        "too_few": _("fewer took part than the mode needs:"),
        "parameters": _("did not run with the published parameters; stage"),
        "passed_on": _("others entered than the stage before passed on; stage"),
        "facts": _("rests on less than was known; stage"),
        "other_draw": _("the stage rests on another draw:"),
        "choice": _("the stage rests on another choice of the owner, or the choice on another list; stage"),
        "decision": _("the stage rests on another decision on the low quote of"),
        "other_points": _("the stage rests on other points than the panel gave; stage"),
        "other_bids": _("the stage rests on other bids; stage"),
        "computed": _("computed again, something else comes out; stage"),
        "not_the_last": _("it is not that of the last stage:"),
        "price": _("the price is not what was asked:"),
        "next": _("another was next in the order; award"),
        "dropped": _("dropped out without a public reason, or was followed without dropping out:"),
        "notice_early": _("the notice came before the end of the standstill:"),
        "notice_number": _("the notice has no number, or that of another place:"),
        "somebody_left": _("somebody was left in the order:"),
        "passed_over": _("by their price these were passed over:"),
        "state": _("the purchase cannot stand like this after its last award:"),
    }


def _unchecked() -> dict[str, str]:
    return {
        "rest": _("the rest of the file"),
        "refused": _("the bids that were refused"),
        "aliases": _("who stood behind the numbers, and cost statements (public from the announcement on)"),
        "countersignature": _("the witness's countersignature on the list of quotes (quote_check.py checks it)"),
        "own_mode": _(
            "whether the region had released this way of selection so: compare the row with the page of all ways"
        ),
        "plans": _("the plans before the panel: each is its agency's own"),
        "notice": _("whether the notice was published so: compare it with the copy that you kept"),
        "registers": _("the registers and proofs behind figures, rules and the pool of experts"),
        "calendar": _("whether every time limit was a day of work: only the order of moments is checked"),
        "unreached": _(
            "limits that nobody reached here: fewest enrolments, percent of succession, floor, a source without a draw"
        ),
        "people": _("who typed, signed or confirmed, and in which way somebody dropped out"),
        "trace": _("enrolments that left no other trace in the file: out at the freeze, or taken back"),
        "texts": _("names, labels, reasons, statements and sentences: words from which nothing is computed"),
    }
