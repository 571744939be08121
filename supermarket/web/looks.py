"""States as word, tone and icon."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Look:
    """A state for people: word, tone (neutral, run, ok, warn, bad, end) and icon; `status.pill` draws it."""

    word: object  # a lazy text: Flask-Babel ships no type for it
    tone: str
    icon: str


# The words are those of templates/components/status.html, so that a facet and a pill never differ.
LOOKS: Mapping[str, Mapping[str, Look]] = {
    "project": {
        "draft": Look(_l("Draft"), "neutral", "pen"),
        "in_review": Look(_l("In review"), "run", "clock"),
        "open": Look(_l("Open for enrolment"), "ok", "people"),
        "frozen": Look(_l("Waiting for selection"), "run", "lock"),
        "selecting": Look(_l("Selecting"), "run", "half"),
        "announced": Look(_l("Standstill"), "warn", "bell"),
        "awarded": Look(_l("Awarded"), "ok", "check"),
        "in_service": Look(_l("In service"), "run", "half"),
        "completed": Look(_l("Completed"), "ok", "check"),
        "archived": Look(_l("Archived"), "end", "archive"),
        "failed": Look(_l("Failed"), "bad", "stop"),
        "withdrawn": Look(_l("Withdrawn"), "end", "return"),
        "void": Look(_l("Void"), "bad", "cross"),
        "terminated": Look(_l("Terminated"), "bad", "stop"),
        "suspended": Look(_l("Suspended"), "warn", "pause"),
    },
    "contract": {
        "drafted": Look(_l("Drafted"), "neutral", "pen"),
        "half_signed": Look(_l("Signed by one"), "run", "half"),
        "in_force": Look(_l("In force"), "ok", "check"),
        "completed": Look(_l("Completed"), "end", "check"),
        "lapsed": Look(_l("Lapsed"), "bad", "stop"),
        "suspended": Look(_l("Suspended"), "warn", "pause"),
        "terminated": Look(_l("Terminated"), "bad", "stop"),
    },
    "payment": {
        "planned": Look(_l("Not due yet"), "neutral", "ring"),
        "due": Look(_l("To be paid"), "neutral", "clock"),
        "pending": Look(_l("Being paid"), "run", "half"),
        "paid": Look(_l("Paid"), "ok", "check"),
        "failed": Look(_l("Payment failed"), "bad", "stop"),
        "refunded": Look(_l("Refunded"), "end", "return"),
    },
    "deliverable": {
        "due": Look(_l("To be delivered"), "neutral", "clock"),
        "submitted": Look(_l("Submitted"), "run", "half"),
        "accepted": Look(_l("Accepted"), "ok", "check"),
        "returned": Look(_l("Returned"), "warn", "return"),
    },
    "rating": {
        "open": Look(_l("Waiting for ratings"), "neutral", "clock"),
        "given": Look(_l("Given"), "run", "half"),
        "published": Look(_l("Published"), "ok", "check"),
        "missed": Look(_l("Not given"), "end", "minus"),
        "appealed": Look(_l("Appealed"), "warn", "scale"),
        "upheld": Look(_l("Upheld"), "end", "check"),
        "adjusted": Look(_l("Adjusted"), "end", "pen"),
    },
    "agency": {
        "applied": Look(_l("Applied"), "neutral", "inbox"),
        "active": Look(_l("Active"), "ok", "check"),
        "rectifying": Look(_l("Rectifying"), "warn", "pen"),
        "frozen": Look(_l("Frozen"), "warn", "pause"),
        "service_withdrawn": Look(_l("Service withdrawn"), "warn", "minus"),
        "blacklisted": Look(_l("Blacklisted"), "bad", "stop"),
        "expelled": Look(_l("Expelled"), "bad", "cross"),
        "left": Look(_l("Left the market"), "end", "archive"),
    },
    "enrolment": {
        "live": Look(_l("Enrolled"), "ok", "check"),
        "cancelled": Look(_l("Enrolment withdrawn"), "end", "return"),
        "excluded": Look(_l("Invalid"), "bad", "stop"),
    },
    "award": {
        "offered": Look(_l("Waiting for the agency's answer"), "run", "clock"),
        "announced": Look(_l("Standstill"), "warn", "bell"),
        "awarded": Look(_l("Awarded"), "ok", "check"),
        "contracted": Look(_l("Contract signed"), "ok", "check"),
        "declined": Look(_l("Declined"), "end", "return"),
        "disqualified": Look(_l("Disqualified"), "bad", "stop"),
        "lapsed": Look(_l("Lapsed"), "bad", "stop"),
        "closed": Look(_l("Came to an end"), "end", "archive"),
    },
    "exception": {
        "asked": Look(_l("Waiting for the operator"), "run", "clock"),
        "granted": Look(_l("Granted"), "ok", "check"),
        "in_force": Look(_l("Granted and public"), "ok", "check"),
        "denied": Look(_l("Denied"), "bad", "stop"),
        "withdrawn": Look(_l("Taken back by the owner"), "end", "return"),
        "revoked": Look(_l("Revoked"), "bad", "return"),
    },
    "draw": {
        "receipt_pending": Look(_l("Waiting for the witness"), "run", "clock"),
        "receipted": Look(_l("Pool fixed and witnessed"), "run", "lock"),
        "fallen_back": Look(_l("A party did not reveal; the lottery decides"), "bad", "alert"),
        "drawn": Look(_l("Drawn"), "ok", "dice"),
    },
    "mode": {
        "draft": Look(_l("Draft"), "neutral", "pen"),
        "tried": Look(_l("Tried on past purchases"), "run", "chart"),
        "released": Look(_l("Released for use"), "ok", "check"),
        "retired": Look(_l("Retired"), "end", "archive"),
    },
    "expert": {
        "applied": Look(_l("Applied"), "neutral", "inbox"),
        "active": Look(_l("In the pool"), "ok", "check"),
        "suspended": Look(_l("Suspended"), "warn", "pause"),
        "left": Look(_l("Left the pool"), "end", "archive"),
    },
    "seat": {
        "invited": Look(_l("To answer"), "run", "clock"),
        "serving": Look(_l("To score"), "run", "half"),
        "submitted": Look(_l("Signed"), "ok", "lock"),
        "confirmed": Look(_l("Record confirmed"), "ok", "check"),
        "dissented": Look(_l("Dissented"), "warn", "scale"),
        "declined": Look(_l("Declined"), "end", "return"),
        "no_answer": Look(_l("Not answered in time"), "end", "minus"),
        "recused": Look(_l("Stepped back"), "end", "return"),
        "late": Look(_l("Not scored in time"), "bad", "alert"),
        "released": Look(_l("No longer needed"), "end", "archive"),
    },
    "matter": {
        "draft": Look(_l("Draft"), "neutral", "pen"),
        "submitted": Look(_l("Submitted"), "run", "clock"),
        "published": Look(_l("Published"), "ok", "check"),
        "returned": Look(_l("Returned"), "warn", "return"),
    },
}


def look(kind: str, state: StrEnum | str) -> Look:
    """How a state of a thing of `kind` looks; an unknown one shows itself in neutral."""
    return LOOKS.get(kind, {}).get(str(state), Look(str(state), "neutral", "ring"))


def word(kind: str, state: StrEnum | str) -> str:
    """The word of a state in the reader's language."""
    return str(look(kind, state).word)
