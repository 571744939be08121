"""How things read on every page: states as word, tone and icon, the line of a purchase's life, due moments, labels.

Sentences of events are in `timelines`, lists and their downloads in `listing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.accounts.models import Organisation
from supermarket.core.clock import LOCAL
from supermarket.core.identifiers import mask_name
from supermarket.core.permissions import Role
from supermarket.modes.merit_criteria import half_up
from supermarket.policies.queries import ancestors, calendar, region_names
from supermarket.projects import ways
from supermarket.projects.models import Funding, Project
from supermarket.projects.states import ProjectState
from supermarket.web.draw_words import lottery_label as lottery_label
from supermarket.web.draw_words import party_label as party_label
from supermarket.web.draw_words import party_labels as party_labels
from supermarket.web.draw_words import refusal_sentence as refusal_sentence
from supermarket.web.draw_words import source_label as source_label
from supermarket.web.looks import LOOKS, Look, look, word
from supermarket.web.mode_words import (
    ground_label,
    label_of,
    mode_choices,
    mode_label,
    mode_of,
    mode_sentence,
    sentence_of,
    shortlist_label,
    way_label,
    way_of,
    way_sentence,
)
from supermarket.web.quote_words import discount as discount
from supermarket.web.quote_words import exclusion_label as exclusion_label
from supermarket.web.witness_words import witness_label as witness_label

__all__ = [  # beside everything that is defined here
    "LOOKS",
    "Look",
    "ground_label",
    "label_of",
    "look",
    "mode_choices",
    "mode_label",
    "mode_of",
    "mode_sentence",
    "sentence_of",
    "shortlist_label",
    "way_label",
    "way_of",
    "way_sentence",
    "word",
]

FUNDING_LABELS: Mapping[str, object] = {
    Funding.FISCAL.value: _l("Fiscal money"),
    Funding.SOCIAL.value: _l("Social money"),
}
ROLE_LABELS: Mapping[Role, object] = {
    Role.OWNER: _l("Owner"),
    Role.AGENCY: _l("Agency"),
    Role.REGULATOR: _l("Authority"),
    Role.OPERATOR: _l("Operator"),
    Role.EDITOR: _l("List office"),
    Role.SUPERVISOR: _l("Supervision"),
    Role.EXPERT: _l("Expert"),
}


def role_labels(names: Sequence[str]) -> str:
    """Several roles by their codes, in one line."""
    return str(_(", ")).join(str(ROLE_LABELS[Role(name)]) for name in names)


CRITERION_LABELS: Mapping[str, object] = {
    "price": _l("Price"),
    "stars": _l("Stars"),
    "credit": _l("Credit"),
    "experience": _l("Experience"),
    "lead_time": _l("Lead time"),
}


def funding_label(value: Funding | str) -> str:
    """Whose money, in words."""
    return str(FUNDING_LABELS.get(str(value), str(value)))


# -- the line of a purchase's life


@dataclass(frozen=True)
class Step:
    """One step of the line: done, now, todo or stopped; `at` when it was done, or when the present one is due."""

    label: str
    state: str
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Milestones:
    """What other rooms know of a project's life."""

    awarded_at: datetime | None = None
    in_force_at: datetime | None = None
    completed_at: datetime | None = None


_PLACES: Mapping[ProjectState, int] = {
    ProjectState.DRAFT: 0,
    ProjectState.IN_REVIEW: 1,
    ProjectState.OPEN: 2,
    ProjectState.FROZEN: 3,
    ProjectState.SELECTING: 3,
    ProjectState.ANNOUNCED: 4,
    ProjectState.AWARDED: 5,
    ProjectState.IN_SERVICE: 6,
    ProjectState.COMPLETED: 7,
    ProjectState.ARCHIVED: 8,
    ProjectState.TERMINATED: 6,
}
_STOPPED = frozenset({ProjectState.FAILED, ProjectState.WITHDRAWN, ProjectState.VOID, ProjectState.TERMINATED})


def _place(project: Project) -> int:
    """How far the purchase has come; an ended one stands where it stopped."""
    state = project.state
    if state is ProjectState.SUSPENDED and project.suspended_from is not None:
        state = project.suspended_from
    if state in _PLACES:
        return _PLACES[state]
    if project.announced_at is not None:
        return 4
    if project.frozen_at is not None:
        return 3
    return 2 if project.published_at is not None else 1 if project.submitted_at is not None else 0


def life_line(project: Project, milestones: Milestones | None = None) -> list[Step]:
    """The life of a purchase as a line: done, now, to come (look.md, Thing)."""
    known = milestones or Milestones()
    enrolling = _("Enrolment") if ways.mode_of(project).has_enrolment else _("Naming")
    done_at: Sequence[tuple[str, datetime | None]] = (
        (_("Drafting"), project.submitted_at or project.published_at),
        (_("Review"), project.published_at),
        (enrolling, project.frozen_at),
        (_("Selection"), project.announced_at),
        (_("Standstill"), known.awarded_at),
        (_("Contract"), known.in_force_at),
        (_("Service"), known.completed_at),
        (_("Rating"), project.ended_at if project.state is ProjectState.ARCHIVED else None),
    )
    planned = {2: project.enrol_until, 3: project.select_at}
    here = _place(project)
    steps = []
    for place, (label, at) in enumerate(done_at):
        if place < here:
            steps.append(Step(label, "done", at))
        elif place > here:
            note = _("planned") if planned.get(place) and project.state not in _STOPPED else ""
            steps.append(Step(label, "todo", planned.get(place) if note else None))
        elif project.state in _STOPPED:
            steps.append(Step(label, "stopped", project.ended_at, word("project", project.state)))
        elif project.state is ProjectState.SUSPENDED:
            steps.append(Step(label, "now", None, word("project", project.state)))
        else:
            steps.append(Step(label, "now", planned.get(place) or project.due_at))
    return steps


# -- due moments

DUE_LABELS: Mapping[str, object] = {
    "review": _l("The operator reviews it"),
    "freeze": _l("Enrolment ends"),
    "reduced_acceptance": _l("The owner accepts the small number or not"),
    "freeze_reduced": _l("Enrolment ends"),
    "select": _l("The selection runs"),
    "choice": _l("The owner chooses from the small list"),
    "choose": _l("Choose from the small list"),
    "standstill": _l("The standstill ends"),
    "offer": _l("The agency answers"),
    "sign": _l("Both sides sign the contract"),
    "sign_contract": _l("Sign the contract"),
    "submit_deliverable": _l("Hand in a deliverable"),
    "decide_deliverable": _l("Accept or return a deliverable"),
    "record_payment": _l("Pay an instalment and record it"),
    "confirm_payment": _l("Confirm a payment"),
    "give_rating": _l("Rate the service"),
    "rate": _l("Rate the service"),
    "enter_numbers": _l("Type the numbers of the bulletin"),
    "answer_correction": _l("Answer the claim of a typing error"),
    "decide_low_quote": _l("Decide on an abnormally low quote"),
    "decide_low_bid": _l("Decide on a cost statement for low bids"),
    "accept_reduced": _l("Accept the small number, or let it fail"),
    "name_agency": _l("Name the agency"),
    "finish_draft": _l("Finish the draft and submit it"),
    "mend_draft": _l("Mend the returned draft and submit it again"),
}


@dataclass(frozen=True)
class Due:
    """What is due, until when, and the whole working days left (None where the limit does not count them)."""

    what: str
    at: datetime
    working_days: int | None = None

    @property
    def label(self) -> str:
        """What is due, in words."""
        return due_label(self.what)


def due_label(what: str) -> str:
    """What is due, in words."""
    return str(DUE_LABELS.get(what, what))


# Limits of calendar days: the contract's for results, thirty for payments (lifecycle.md, Time limits).
_CALENDAR_LIMITS = frozenset({"submit_deliverable", "record_payment"})


def due(what: str, at: datetime, now: datetime) -> Due:
    """A due moment with the working days left, where the limit counts them; reads the calendar once per page."""
    return Due(what, at, calendar().remaining(at, now) if at > now and what not in _CALENDAR_LIMITS else None)


def project_due(
    project: Project,
    now: datetime,
    *,
    standstill_until: datetime | None = None,
    offer_until: datetime | None = None,
    sign_until: datetime | None = None,
) -> Due | None:
    """The next due moment of a project; the moments of higher rooms are handed in."""
    if project.state is ProjectState.SUSPENDED:
        return None
    if project.due_what and project.due_at:
        return due(project.due_what, project.due_at, now)
    if project.state is ProjectState.SELECTING and offer_until is not None:
        return due("offer", offer_until, now)
    if project.state is ProjectState.ANNOUNCED and standstill_until is not None:
        return due("standstill", standstill_until, now)
    if project.state is ProjectState.AWARDED and sign_until is not None:
        return due("sign", sign_until, now)
    return None


def deadline_text(moment: datetime) -> str:
    """A due moment as people write it: an end at 00:00 reads 24:00 of the day before (lifecycle.md, Time limits)."""
    local = moment.astimezone(LOCAL)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return (local - timedelta(days=1)).strftime("%Y-%m-%d") + " 24:00"
    return local.strftime("%Y-%m-%d %H:%M")


# -- small words that the templates ask for

STAGE_LABELS: Mapping[str, object] = {
    "shortlist": _l("Shortlist"),
    "draw": _l("Draw"),
    "price": _l("Sealed quotes"),
    "auction": _l("Live auction"),
    "score": _l("Score"),
    "choose": _l("The owner's choice"),
}
APPROVAL_STAGE_LABELS: Mapping[str, object] = {
    "land-and-approval": _l("Project approval and land use"),
    "design-permit": _l("Engineering permit"),
    "construction-permit": _l("Construction permit"),
    "completion-acceptance": _l("Completion and acceptance"),
    "operation": _l("Operation and others"),
}


def criterion_label(name: str) -> str:
    """A criterion of a merit score by its code; the panel's are called as the owner called them."""
    return str(CRITERION_LABELS.get(name, name.removeprefix("panel:")))


def stage_label(name: str) -> str:
    """A stage of a pipeline."""
    return str(STAGE_LABELS.get(name, name))


def stage_of_approval(code: str) -> str:
    """A stage of an investment project's approval."""
    return str(APPROVAL_STAGE_LABELS.get(code, code))


def purpose_label(purpose: str) -> str:
    """Which draw of a project."""
    if purpose == "main":
        return str(_("Main draw"))
    if purpose == "panel":
        return str(_("Draw of the panel of experts"))
    if purpose == "panel":
        return str(_("Draw of the expert panel"))
    return str(_("Draw between equals, number %(number)s", number=purpose.removeprefix("tie")))


def points(value: str | None) -> str:
    """Exact points (a fraction or a decimal as text) with two decimals, half up."""
    return "–" if value is None else f"{Decimal(half_up(Fraction(value))).quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def saving(budget: int, price: int) -> str:
    """How much less than the budget an award costs, in percent with one decimal."""
    return f"{(Decimal(budget - price) * 100 / budget).quantize(Decimal('0.1'), ROUND_HALF_UP)}"


def organisation_name(row: Organisation) -> str:
    """An organisation's name on public pages; a natural person's is masked."""
    return mask_name(row.name) if row.is_natural_person else row.name


def owner_name(project: Project) -> str:
    """The owner's name on public pages."""
    return organisation_name(project.owner)


def short_region(code: str) -> str:
    """A region by its last two names: 成都市武侯区; a province by its own."""
    names = region_names()
    path = [names[step][0] for step in ancestors(code)][:2]
    return "".join(reversed(path[:1] if len(path) < 2 or names[code][2] == "prefecture" else path)) or code


RATER_LABELS: Mapping[str, object] = {
    "owner": _l("Owner"),
    "authority": _l("Authority"),
    "operator": _l("Operator"),
    "agency": _l("Agency"),
}
DIMENSION_LABELS: Mapping[str, object] = {
    "quality": _l("Quality"),
    "timeliness": _l("Timeliness"),
    "compliance": _l("Compliance"),
    "fees": _l("Fees"),
    "attitude": _l("Attitude"),
}


def rater_label(name: str) -> str:
    """Who rated."""
    return str(RATER_LABELS.get(str(name), name))


def dimension_label(name: str) -> str:
    """What was rated."""
    return str(DIMENSION_LABELS.get(str(name), name))
