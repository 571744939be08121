"""The desks of the offices, and their parts of the side column."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from supermarket.agencies.models import Agency, Standing
from supermarket.core.events import Event
from supermarket.core.paging import Slice
from supermarket.core.permissions import Actor, P, Role
from supermarket.disclosure.queries import agency_names
from supermarket.experts.queries import ExpertFilter, experts
from supermarket.experts.states import ExpertStanding
from supermarket.extensions import db
from supermarket.matters.models import MatterState
from supermarket.matters.queries import office_list
from supermarket.policies.queries import region_name
from supermarket.projects.models import Project
from supermarket.projects.queries import waiting_for_review
from supermarket.projects.states import ProjectState
from supermarket.ratings.queries import waiting_appeals, waiting_to_rate
from supermarket.standing.decisions import Office
from supermarket.standing.queries import open_cases, waiting_rectifications
from supermarket.standing.states import RemovalState
from supermarket.supervision.models import Level
from supermarket.supervision.queries import board, counts
from supermarket.web.access import present_actor
from supermarket.web.finding_words import code_label, level_label
from supermarket.web.looks import word
from supermarket.web.officer.bulletins import claims_to_answer, in_regions, numbers_to_type
from supermarket.web.officer.matter_work import matter_work
from supermarket.web.officer.matters import region_of
from supermarket.web.officer.regions import regions_of
from supermarket.web.officer.sources import LABELS, imported_unchecked_count, loud, quiet_count
from supermarket.web.officer.standing import filed_opinions
from supermarket.web.work import Count, Desk, Door, Figure, Work, by_due, changes, work

Found = dict[str, list[Work]]


def _reviews(actor: Actor) -> list[Work]:
    rows = [row for region in regions_of(actor, P.PROJECT_REVIEW) for row in waiting_for_review(region)]
    return [
        work("review_project", row.name, url_for("office.project", code=row.code), row.due_at, who=row.owner.name)
        for row in rows
    ]


def _queue(actor: Actor) -> list[Work]:
    """What of the registers needs the reader one by one, and one line for everything imported and unchecked."""
    found = [work(str(LABELS[item.kind]), item.subject, item.url, item.due, who=item.why) for item in loud(actor)]
    unchecked = quiet_count(actor)
    if unchecked:
        title = ngettext("%(num)s imported agency", "%(num)s imported agencies", unchecked)
        found.append(work("start_checks", title, url_for("office.queue", kind="unchecked")))
    return found


def _ratings(actor: Actor) -> list[Work]:
    return [
        *(
            work(item.what, item.name, _contract(item.contract_code, "rate"), item.due_at, who=item.contract_code)
            for item in waiting_to_rate(actor)
        ),
        *(
            work(item.what, item.name, _contract(item.contract_code, "appeals"), item.due_at, who=item.contract_code)
            for item in waiting_appeals(actor)
        ),
    ]


def _contract(code: str, anchor: str) -> str:
    return url_for("office.contract", code=code) + f"#{anchor}"


def _standing(actor: Actor) -> list[Work]:
    """Rectifications, opinions and removal cases that the reader's office answers; three statements and one for names."""
    found: list[tuple[str, str, object]] = []
    if actor.organisations_with(P.STANDING_APPROVE_AS_AUTHORITY):
        found += [(_("Decide on a rectification"), row.agency_uscc, None) for row in waiting_rectifications(actor)]
    offices = {Office.AUTHORITY} if actor.organisations_with(P.STANDING_APPROVE_AS_AUTHORITY) else set()
    if actor.organisations_with(P.STANDING_APPROVE_AS_OPERATOR):
        found += [(_("Decide on an authority's opinion"), row.agency_uscc, None) for row in filed_opinions()]
        offices.add(Office.OPERATOR)
    for case in open_cases():
        if case.state is RemovalState.DECIDING and offices - {row.office for row in case.approvals}:
            found.append((_("Answer a removal case"), case.agency_uscc, case.decision_due_at))
    names = agency_names({uscc for _what, uscc, _due in found})
    return [
        work(what, names.get(uscc, uscc), url_for("office.agency_standing", uscc=uscc), due)  # type: ignore[arg-type]  # a moment or None
        for what, uscc, due in found
    ]


def _applications(actor: Actor) -> list[Work]:
    """Who applied for the pool of experts and waits for a decision: two statements."""
    found = experts(ExpertFilter(standing=ExpertStanding.APPLIED), Slice(size=50), actor)
    return [
        work("decide_expert", row.name, url_for("office.expert", code=row.code), None, who=row.employer)
        for row in found.items
    ]


def _cards(actor: Actor) -> list[Work]:
    """Cards about one's own office that it has not answered: one statement."""
    own = {grant.organisation_id for grant in actor.grants}
    return [
        work(
            _("Answer a finding of supervision"),
            code_label(row.code),
            url_for("office.finding", number=row.id),
            row.feedback_due_at,
            who=row.project_code or row.subject_code,
        )
        for row in board(actor)
        if row.organisation_id in own and row.feedback_at is None and row.level is not Level.REMINDER
    ]


def _waiting(actor: Actor, role: Role) -> Found:
    """What waits in each section of a role, read once per request."""
    key = f"office_waiting_{role.value}"
    if key in g:
        known: Found = g.get(key)
        return known
    found: Found = {}
    match role:
        case Role.OPERATOR:
            found = {
                "projects": _reviews(actor),
                "queue": _queue(actor),
                "ratings": _ratings(actor),
                "standing": _standing(actor),
                "board": _cards(actor),
                "experts": _applications(actor),
            }
        case Role.REGULATOR:
            found = {
                "ratings": _ratings(actor),
                "standing": _standing(actor),
                "projects": [*numbers_to_type(actor), *claims_to_answer(actor)],
                "board": _cards(actor),
            }
        case Role.EDITOR:
            found = {"matters": matter_work(actor)}
        case _:
            found = {}
    setattr(g, key, found)
    return found


def _flat(found: Found) -> list[Work]:
    return by_due(item for items in found.values() for item in items)


def sections(actor: Actor, role: Role) -> list[tuple[str, str, int]]:
    """An office's lines of the side column."""
    found = _waiting(actor, role)
    lines = {
        "queue": (_("What needs a human"), url_for("office.queue")),
        "projects": (_("Purchases"), url_for("office.project_list")),
        "agencies": (_("Agencies"), url_for("office.agency_list")),
        "practitioners": (_("Practitioners"), url_for("office.practitioner_list")),
        "contracts": (_("Contracts"), url_for("office.contract_list")),
        "ratings": (_("Ratings and appeals"), url_for("office.rating_list")),
        "standing": (_("Demotion and removal"), url_for("office.standing_list")),
        "credit": (_("Credit entries"), url_for("office.credit_page")),
        "lists": (_("Black and red lists"), url_for("office.lists")),
        "experts": (_("Experts"), url_for("office.expert_list")),
        "members": (_("Members"), url_for("office.organisations")),
        "modes": (_("Ways of selection"), url_for("office.mode_list")),
        "matters": (_("Matters list"), url_for("office.matter_list")),
        "import": (_("Import matters"), url_for("office.import_form")),
        "board": (_("Supervision board"), url_for("office.findings")),
    }
    shown = {
        Role.OPERATOR: (
            "queue",
            "projects",
            "agencies",
            "practitioners",
            "contracts",
            "ratings",
            "standing",
            "credit",
            "board",
            "modes",
            "members",
        ),
        Role.REGULATOR: (
            "queue",
            "projects",
            "agencies",
            "practitioners",
            "contracts",
            "ratings",
            "standing",
            "credit",
            "lists",
            "experts",
            "board",
        ),
        Role.EDITOR: ("queue", "matters", "import"),
        Role.SUPERVISOR: ("board", "projects", "agencies", "practitioners", "contracts"),
        Role.EXPERT: (),
    }[role]
    total = sum(map(len, found.values()))
    return [(_("My desk"), "/home", total), *((*lines[name], len(found.get(name, ()))) for name in shown)]


def _project_counts(actor: Actor, *permissions: P) -> list[Count]:
    rows = db.session.execute(
        sa.select(Project.state, sa.func.count().label("number"))
        .where(in_regions(actor, *permissions), Project.state != ProjectState.DRAFT)
        .group_by(Project.state)
    ).all()
    by_state = {row.state: row.number for row in rows}
    return [
        Count(word("project", state), by_state[state], url_for("office.project_list", state=state.value))
        for state in ProjectState
        if state in by_state
    ]


def _region_changes(actor: Actor, *permissions: P) -> sa.ColumnElement[bool]:
    return sa.and_(
        Event.public,
        Event.project_code.in_(sa.select(Project.code).where(in_regions(actor, *permissions))),
    )


def _lead(actor: Actor, permissions: Iterable[P]) -> str:
    regions = regions_of(actor, *permissions)
    return ", ".join(region_name(code) if code else _("the whole country") for code in sorted(regions, key=str))


def operator() -> str:
    """The operator's desk."""
    actor = present_actor()
    found = _waiting(actor, Role.OPERATOR)
    counted = sa.select(Agency.standing, sa.func.count()).group_by(Agency.standing)
    standing = {row[0]: row[1] for row in db.session.execute(counted)}
    imported = imported_unchecked_count(actor)
    return Desk(
        title=_("Operator's desk"),
        lead=_lead(actor, (P.PROJECT_REVIEW,)),
        works=_flat(found),
        changes=changes(actor, _region_changes(actor, P.PROJECT_REVIEW)),
        counts=_project_counts(actor, P.PROJECT_REVIEW),
        counts_title=_("Purchases by state"),
        figures=[
            Figure(_("Active agencies"), f"{standing.get(Standing.ACTIVE, 0):,}", url=url_for("office.agency_list")),
            Figure(
                _("Applicants"),
                f"{standing.get(Standing.APPLIED, 0):,}",
                note=_("some imported and unchecked") if imported else "",
                url=url_for("office.agency_list", standing="applied"),
            ),
            Figure(
                _("Frozen"),
                f"{standing.get(Standing.FROZEN, 0):,}",
                url=url_for("office.agency_list", standing="frozen"),
            ),
        ],
    ).page()


def regulator() -> str:
    """The industry authority's desk."""
    actor = present_actor()
    found = _waiting(actor, Role.REGULATOR)
    cards = counts(actor)
    return Desk(
        title=_("Authority's desk"),
        lead=_lead(actor, (P.RATE_AS_AUTHORITY,)),
        works=_flat(found),
        changes=changes(actor, _region_changes(actor, P.SUPERVISE)),
        counts=_project_counts(actor, P.SUPERVISE),
        counts_title=_("Purchases by state"),
        figures=[
            Figure(_("Yellow cards"), f"{cards[Level.YELLOW]:,}", url=url_for("office.findings", level="yellow")),
            Figure(_("Red cards"), f"{cards[Level.RED]:,}", url=url_for("office.findings", level="red")),
        ],
        doors=[
            Door(
                _("Record an outcome"),
                url_for("office.contract_list", state="in_force"),
                _("What became of a deliverable at your approval."),
                "file",
            ),
            Door(
                _("Enter a credit entry"), url_for("office.credit_page"), _("With basis and document number."), "scale"
            ),
        ],
    ).page()


def supervisor() -> str:
    """Supervision's desk: what is overdue in one's region."""
    actor = present_actor()
    cards = counts(actor)
    rows = board(actor, limit=30)
    works = [
        work(
            f"{level_label(row.level)} · {code_label(row.code)}",
            row.project_code or row.subject_code,
            url_for("office.finding", number=row.id),
            row.limit_at,
        )
        for row in rows
        if row.level is not Level.REMINDER and row.feedback_at is None
    ]
    return Desk(
        title=_("Supervision's desk"),
        lead=_lead(actor, (P.SUPERVISE,)),
        works=by_due(works),
        changes=changes(actor, _region_changes(actor, P.SUPERVISE)),
        counts=_project_counts(actor, P.SUPERVISE),
        counts_title=_("Purchases by state"),
        figures=[
            Figure(level_label(level), f"{cards[level]:,}", url=url_for("office.findings", level=level.value))
            for level in Level
        ],
        first=()
        if any(cards.values())
        else [
            Door(
                _("Look at the purchases"),
                url_for("office.project_list"),
                _("Nothing is overdue. You can stop the clocks of a purchase from its page, with a reason."),
                "search",
            )
        ],
    ).page()


def editor() -> str:
    """The list office's desk."""
    actor = present_actor()
    rows = office_list(region_of(actor))
    by_state = {state: sum(row.state is state for row, _version in rows) for state in MatterState}
    words = {
        MatterState.DRAFT: _("Drafts"),
        MatterState.SUBMITTED: _("Submitted"),
        MatterState.PUBLISHED: _("Published"),
        MatterState.RETURNED: _("Returned"),
    }
    return Desk(
        title=_("List office's desk"),
        lead=_lead(actor, (P.MATTER_EDIT,)),
        works=_flat(_waiting(actor, Role.EDITOR)),
        changes=changes(actor, Event.subject_kind == "matter"),
        counts=[
            Count(words[state], number, url_for("office.matter_list", state=state.value))
            for state, number in by_state.items()
            if number
        ],
        counts_title=_("Matters by state"),
        figures=[Figure(_("Matters in the list"), f"{len(rows):,}", url=url_for("office.matter_list"))],
        first=()
        if rows
        else [
            Door(_("Write the first matter"), url_for("office.new_matter"), _("With law and article."), "pen"),
            Door(
                _("Import a file"), url_for("office.import_form"), _("CSV or XLSX, with a report row by row."), "upload"
            ),
        ],
    ).page()
