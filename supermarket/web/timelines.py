"""Events as sentences: the timeline of a thing, what changed since, the feed of notices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.events import TAGS, Event, Value
from supermarket.core.identifiers import is_uscc
from supermarket.core.money import format_yuan
from supermarket.core.permissions import Role
from supermarket.deliverables.forms import OUTCOME_LABELS
from supermarket.deliverables.states import ApprovalOutcome
from supermarket.disclosure.queries import agency_names, organisation_names
from supermarket.supervision.models import Level
from supermarket.web.auction_words import AGENT_ENDS
from supermarket.web.draw_words import lottery_label, party_label, party_labels
from supermarket.web.finding_words import CODES, code_label, level_label
from supermarket.web.listing import address
from supermarket.web.presenting import ROLE_LABELS, deadline_text, word
from supermarket.web.rule_words import rule_label
from supermarket.web.witness_words import witness_label


@dataclass(frozen=True)
class Link:
    """A document or thing beside an event."""

    label: str
    url: str


@dataclass(frozen=True)
class Entry:
    """One line of a timeline, as `record.timeline` draws it."""

    at: datetime
    what: str
    who: str
    tone: str = ""
    icon: str = "dot"
    detail: str = ""
    document: Link | None = None
    url: str = ""


@dataclass(frozen=True)
class Filter:
    """One choice above a timeline."""

    label: str
    url: str
    active: bool


# First words of tags by what a reader looks for.
KINDS: Mapping[str, tuple[object, tuple[str, ...]]] = {
    "notice": (_l("Notices"), ("project.", "enrolment.", "exception.")),
    "selection": (
        _l("Selection"),
        (
            "draw.",
            "quote.",
            "quotes.",
            "award.",
            "selection.",
            "cost_statement.",
            "auction.",
            "choice.",
            "scores.",
            "panel.",
            "proposal.",
        ),
    ),
    "contract": (_l("Contract and service"), ("contract.", "payment.", "deliverable.")),
    "rating": (_l("Ratings and credit"), ("rating.", "credit.", "agency.", "standing.")),
}
_LOOKS: Mapping[str, tuple[str, str]] = {
    "project.published": ("ok", "bell"),
    "project.amended": ("warn", "pen"),
    "project.extended": ("warn", "calendar"),
    "project.frozen": ("", "lock"),
    "project.announced": ("ok", "star"),
    "project.awarded": ("ok", "check"),
    "project.completed": ("ok", "check"),
    "project.failed": ("bad", "stop"),
    "project.withdrawn": ("bad", "return"),
    "project.voided": ("bad", "cross"),
    "project.terminated": ("bad", "stop"),
    "project.suspended": ("warn", "pause"),
    "project.resumed": ("ok", "right"),
    "project.returned": ("warn", "return"),
    "draw.pool_fixed": ("", "lock"),
    "draw.receipted": ("", "shield"),
    "draw.drawn": ("ok", "dice"),
    "draw.refused": ("bad", "alert"),
    "draw.numbers_differ": ("bad", "alert"),
    "award.dropped": ("warn", "return"),
    "selection.notice_issued": ("ok", "file"),
    "contract.drafted": ("", "file"),
    "contract.signed": ("", "pen"),
    "contract.in_force": ("ok", "check"),
    "contract.lapsed": ("bad", "stop"),
    "contract.urged": ("warn", "bell"),
    "deliverable.accepted": ("ok", "check"),
    "deliverable.returned": ("warn", "return"),
    "deliverable.overdue": ("bad", "alert"),
    "deliverable.acceptance_overdue": ("bad", "alert"),
    "contract.completed": ("ok", "check"),
    "rating.published": ("ok", "star"),
    "credit.entered": ("warn", "scale"),
    "payment.fell_due": ("", "clock"),
    "payment.paid": ("ok", "coin"),
    "payment.overdue": ("bad", "alert"),
    "agency.admitted": ("ok", "check"),
    "agency.standing_changed": ("warn", "scale"),
}
_MONEY_KEYS = frozenset({"amount", "price"})


def _purpose(value: str) -> str:
    if value == "main":
        return str(_("main draw"))
    if value == "panel":
        return str(_("panel of experts"))
    return str(_("tie draw %(number)s", number=value.removeprefix("tie"))) if value.startswith("tie") else value


def _shown(key: str, value: Value, names: Mapping[str, str]) -> str:
    """One value of an event's data, as the sentence shows it."""
    if isinstance(value, bool) or value is None:
        return str(_("yes") if value else _("no"))
    if isinstance(value, int):
        return format_yuan(value) if key in _MONEY_KEYS else str(value)
    if not isinstance(value, str):
        return party_labels([str(item) for item in value]) if key == "refused" else ", ".join(map(str, value))
    match key:
        case "purpose":
            return _purpose(value)
        case "how":
            return word("award", value)
        case "role" if value in set(Role):
            return str(ROLE_LABELS[Role(value)])
        case "by":
            return witness_label(value)
        case "party":
            return party_label(value)
        case "lottery":
            return lottery_label(value)
        case "outcome":
            return str(OUTCOME_LABELS[ApprovalOutcome(value)]) if value in set(ApprovalOutcome) else value
        case "level" if value in set(Level):
            return level_label(Level(value))
        case "code" if value in CODES:
            return code_label(value)
        case "why" if value in AGENT_ENDS:
            return str(AGENT_ENDS[value])
        case "rule":
            return rule_label(value)
        case "before" | "after":
            return word("agency", value)
    if is_uscc(value):
        return names.get(value, value)
    return _moment_or_text(value)


def _moment_or_text(value: str) -> str:
    """An ISO moment, or a stored local one that ends at midnight, as people read it; any other text as it is."""
    if value.endswith(" 00:00") and len(value) == 16:
        value = f"{value}+08:00"
    elif "T" not in value[8:14]:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return deadline_text(moment) if moment.tzinfo is not None else value


def sentence(event: Event, names: Mapping[str, str] | None = None) -> str:
    """What happened, in the reader's language; `names` gives agencies' names by code."""
    tag = TAGS.get(event.tag)
    if tag is None:
        return event.tag
    return str(_(tag.sentence, **{key: _shown(key, value, names or {}) for key, value in event.data.items()}))


def _usccs(events: Iterable[Event]) -> set[str]:
    return {
        value
        for event in events
        for value in (*event.data.values(), event.agency_uscc)
        if isinstance(value, str) and is_uscc(value)
    }


def _detail(event: Event, names: Mapping[str, str]) -> str:
    """The agency an event is about, where the sentence does not name it."""
    uscc = event.data.get("agency_uscc")
    tag = TAGS.get(event.tag)
    if isinstance(uscc, str) and tag is not None and "%(agency_uscc)s" not in tag.sentence:
        return names.get(uscc, uscc)
    return ""


def _document(event: Event) -> Link | None:
    match event.tag:
        case "selection.notice_issued" if event.project_code:
            return Link(_("Award notice"), url_for("public.award_notice", code=event.project_code))
        case "draw.drawn" | "draw.pool_fixed" | "draw.corrected" if event.project_code:
            purpose = str(event.data["purpose"])
            return Link(_("Record"), url_for("public.draw_json", code=event.project_code, purpose=purpose))
        case "contract.in_force":
            return Link(_("Contract"), url_for("public.contract", code=event.subject_code))
    return None


def subject_url(event: Event) -> str:
    """The page of what an event is about, empty where there is none."""
    match event.subject_kind:
        case "project":
            return url_for("public.project", code=event.subject_code)
        case "contract":
            return url_for("public.contract", code=event.subject_code)
        case "agency":
            return url_for("public.agency", uscc=event.subject_code)
        case "matter":
            return url_for("public.matter", code=event.subject_code)
        case "practitioner_move" if event.tag == "practitioner.move_disputed":
            return url_for("office.practitioner_move", move_id=event.subject_code)
        case "practitioner_move":
            return url_for("agency.practitioners")
        case "policy":
            return url_for("public.policies")
    return url_for("public.project", code=event.project_code) if event.project_code else ""


def entries(events: Sequence[Event]) -> list[Entry]:
    """Events for `record.timeline`: two statements for the names."""
    names = agency_names(_usccs(events))
    organisations = organisation_names(
        {event.actor_organisation_id for event in events if event.actor_user_id and event.actor_organisation_id}
    )
    made = []
    for event in events:
        tone, icon = _LOOKS.get(event.tag, ("", "dot"))
        by = event.actor_organisation_id
        who = organisations.get(by, "") if event.actor_user_id and by else _("by the system")
        made.append(
            Entry(
                event.at,
                sentence(event, names),
                who,
                tone,
                icon,
                _detail(event, names),
                _document(event),
                subject_url(event),
            )
        )
    return made


def kind_of(event: Event) -> str:
    """Which of KINDS an event belongs to, empty for none."""
    return next((name for name, (_label, heads) in KINDS.items() if event.tag.startswith(heads)), "")


def filtered(events: Sequence[Event], chosen: str) -> Sequence[Event]:
    """The events of a kind; all of them for a name that is no kind."""
    return [event for event in events if kind_of(event) == chosen] if chosen in KINDS else events


def filters(events: Sequence[Event], chosen: str) -> list[Filter]:
    """The choices above a timeline: all, and the kinds that it has; the address keeps everything else."""
    present = {kind_of(event) for event in events}
    made = [Filter(_("All"), _with_events(""), chosen not in KINDS)]
    made += [
        Filter(str(label), _with_events(name), chosen == name)
        for name, (label, _heads) in KINDS.items()
        if name in present
    ]
    return made if len(made) > 2 else []


def _with_events(kind: str) -> str:
    return address(events=kind or None) + "#timeline"
