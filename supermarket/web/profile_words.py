"""Changes of a profile in words: fields, values, states, findings; the same for the agency, the officer and the public."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from supermarket.agencies.change_queries import EarlierValue, earlier_values, findings_of
from supermarket.agencies.models import ChangeState, ProfileChange
from supermarket.agencies.profile_fields import Kept
from supermarket.agencies.rules import KINDS
from supermarket.policies.queries import region_name
from supermarket.web.checks import ShownCheck, shown_checks


def field_word(name: str) -> str:
    """What a field of the register is called."""
    words = {
        "name": _("Name"),
        "kind": _("Kind of body"),
        "region_code": _("Region"),
        "address": _("Address"),
        "public_contact": _("Public contact"),
        "introduction": _("Introduction"),
        "legal_representative": _("Legal representative"),
        "established": _("Established"),
        "business_scope": _("Scope of business"),
        "is_branch": _("Branch"),
        "head_office_uscc": _("Head office"),
    }
    return str(words.get(name, name))


def value_word(name: str, value: Kept) -> str:
    """A stored value as people read it; empty where there is none."""
    if name == "is_branch":
        return str(_("a branch") if value else _("no branch"))
    if value is None or value == "":
        return ""
    if name == "kind":
        return str(_(KINDS.get(str(value), str(value))))
    if name == "region_code":
        return str(region_name(str(value)))
    return str(value)


@dataclass(frozen=True)
class ShownField:
    """One field of a change."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ShownChange:
    """A change as pages draw it."""

    number: int
    state: str
    word: str
    tone: str
    fields: Sequence[ShownField]
    findings: Sequence[ShownCheck]
    proposed_at: datetime
    decided_at: datetime | None
    decision_due_at: datetime | None
    reason: str
    open: bool
    checking: bool


def shown_change(row: ProfileChange) -> ShownChange:
    """A change in the reader's language."""
    words = {
        ChangeState.CHECKING: (_("being checked"), "run"),
        ChangeState.WAITING: (_("waits for the operator"), "warn"),
        ChangeState.APPLIED: (_("in force"), "ok"),
        ChangeState.REFUSED: (_("refused"), "bad"),
        ChangeState.WITHDRAWN: (_("taken back"), "end"),
    }
    word, tone = words[row.state]
    return ShownChange(
        number=row.number,
        state=row.state.value,
        word=str(word),
        tone=tone,
        fields=[
            ShownField(field_word(name), value_word(name, row.before.get(name)), value_word(name, value))
            for name, value in row.after.items()
        ],
        findings=shown_checks(findings_of(row)),
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
        decision_due_at=row.decision_due_at,
        reason=row.reason,
        open=row.state in (ChangeState.CHECKING, ChangeState.WAITING),
        checking=row.state is ChangeState.CHECKING,
    )


@dataclass(frozen=True)
class ShownEarlier:
    """What a public field said before."""

    label: str
    value: str
    until: datetime


def shown_earlier(agency_id: int) -> list[ShownEarlier]:
    """Earlier public values of a profile, newest first, in the reader's language."""
    return [_earlier(item) for item in earlier_values(agency_id)]


def _earlier(item: EarlierValue) -> ShownEarlier:
    return ShownEarlier(field_word(item.field), value_word(item.field, item.value), item.until)
