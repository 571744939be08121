"""What the witnesses signed, in words: verdicts of the comparison, troubles of a log, and names for people."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.draw import DrawError, parse_time
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.web.looks import Look
from supermarket.witnesses.comparing import Verdict
from supermarket.witnesses.queries import Shown

# Hourly visits: two that failed are worth a word.
SILENT_AFTER = timedelta(hours=2, minutes=10)
VERDICTS: Mapping[Verdict, Look] = {
    Verdict.EQUAL: Look(_l("equal"), "ok", "check"),
    Verdict.ONLY_THERE: Look(_l("signed; not stored here yet"), "run", "clock"),
    Verdict.NOT_SIGNED: Look(_l("did not sign"), "neutral", "ring"),
    Verdict.NOT_SEEN: Look(_l("signed; its log is read within the hour"), "run", "clock"),
    Verdict.DIFFERS: Look(_l("different"), "bad", "cross"),
    Verdict.MISSING: Look(_l("not in the witness's log"), "bad", "cross"),
    Verdict.FALSE: Look(_l("signature does not hold"), "bad", "cross"),
    Verdict.UNKNOWN: Look(_l("signed for a draw that is not here"), "bad", "cross"),
}
SENTENCES: Mapping[Verdict, object] = {
    Verdict.DIFFERS: _l("The witness's own log shows another pool or another receipt than this market."),
    Verdict.MISSING: _l("This market shows a receipt that the witness's own log does not have."),
    Verdict.FALSE: _l("The receipt that this market shows is not signed with the witness's key."),
    Verdict.UNKNOWN: _l("The witness signed a pool for a draw that this market does not have."),
}
TROUBLES: Mapping[str, object] = {
    "log_stepped_back": _l("Its log went back behind a state that it had signed."),
    "log_forked": _l("Its log does not continue what it had signed before."),
    "log_false": _l("Its log holds something that it did not sign."),
    "entries_lost": _l("It was put back from a backup, and entries that it had signed are not in its log any more."),
    "restored": _l("It was put back from a backup and has everything that it had signed."),
    "catching_up": _l("It was put back from a backup and signs nothing new until it has what it signed since."),
    "state_fork": _l("Another witness holds a different state of its log for the same place."),
    "state_step_back": _l("Another witness holds a later state of its log."),
    "state_behind": _l("Its own folder is an older copy: it signs nothing new until it has caught up."),
    "witness_false": _l("Its answer is not whole, or not signed by it."),
    "witness_refused": _l("It does not show its log: its program is older than this market's."),
}


def trouble_sentence(code: str) -> str:
    """What is wrong with a witness's log, in a sentence; an unknown code shows itself."""
    return str(TROUBLES.get(code, code.replace("_", " "))) if code else ""


def witness_label(name: str) -> str:
    """A witness's name for people, as the market's settings have it."""
    language = str(get_locale() or "zh").split("_")[0]
    for witness in current().witnesses:
        try:
            if witness.name() == name:
                return witness.shown(language)
        except GatewayError:
            continue
    return name


def condition(witness: Shown, at: datetime) -> Look:
    """How a witness is doing, from what is stored."""
    if witness.trouble == "catching_up":
        return Look(_("catching up"), "warn", "clock")
    if witness.trouble and witness.trouble != "restored":
        return Look(_("in question"), "bad", "cross")
    if witness.answered_at is None:
        return Look(_("not visited yet"), "neutral", "ring")
    if at - witness.answered_at > SILENT_AFTER:
        return Look(_("silent"), "warn", "clock")
    return Look(_("answers"), "ok", "check")


def moment_of(text: str) -> datetime | None:
    """When something was signed, as the witness wrote it; None where that is no time: a witness may write anything."""
    try:
        return parse_time(text)
    except DrawError:
        return None
