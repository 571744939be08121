"""Why bids are refused and why agents end, in a few words; the sentence with its numbers comes with the refusal itself."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

REFUSALS: Mapping[str, object] = {
    "not_open_yet": _l("Before the beginning"),
    "auction_paused": _l("While it stood still"),
    "auction_over": _l("After the end"),
    "not_in_pool": _l("Not in the pool"),
    "replayed": _l("Sent a second time"),
    "not_positive": _l("Not more than zero"),
    "below_floor": _l("Below the project's floor"),
    "bottom_reached": _l("Nobody can bid lower"),
    "doubled": _l("The own lowest bid again"),
    "above_start": _l("Above the first bid's limit"),
    "too_high": _l("Not a step below the lowest bid"),
    "below_line": _l("Below the line without an accepted statement"),
}
AGENT_ENDS: Mapping[str, object] = {
    "replaced": _l("replaced by a new one"),
    "withdrawn": _l("ended by you"),
    "floor_reached": _l("your floor was reached"),
    "auction_over": _l("the auction is over"),
    "auction_cancelled": _l("the auction was cancelled"),
}
