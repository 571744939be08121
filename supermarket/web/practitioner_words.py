"""Licences and requests to move, as pages say them."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.agencies.models import MoveState, PractitionerLicence

# State → word, tone, icon of `status.pill`.
MOVES: Mapping[MoveState, tuple[object, str, str]] = {
    MoveState.ASKED: (_l("Waiting for an answer"), "run", "clock"),
    MoveState.DISPUTED: (_l("The operator decides"), "warn", "scale"),
    MoveState.RELEASED: (_l("Released"), "ok", "check"),
    MoveState.GRANTED: (_l("Granted by the operator"), "ok", "check"),
    MoveState.DENIED: (_l("Denied by the operator"), "bad", "stop"),
    MoveState.WITHDRAWN: (_l("Taken back"), "end", "return"),
    MoveState.LAPSED: (_l("Lapsed"), "end", "archive"),
}
LOADS: Mapping[str, object] = {
    "free": _l("no running contract"),
    "busy": _l("some running contracts"),
    "full": _l("at the limit or above"),
}


def licence_look(licence: PractitionerLicence, on: date) -> tuple[str, str]:
    """Word and tone of a licence: confirmed, run out, or not confirmed (yet)."""
    if licence.registered_until < on:
        return str(_("run out")), "bad"
    if licence.verified_at is None:
        return str(_("not confirmed")), "warn"
    return str(_("confirmed")), "ok"
