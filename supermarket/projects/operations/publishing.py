"""Publication fixes every parameter; an amendment gives the full enrolment time again."""

from datetime import datetime, time, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.clock import local_text
from supermarket.core.errors import FieldError, InvalidInput, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.core.working_days import local_date, local_moment
from supermarket.extensions import db
from supermarket.matters.queries import effective_in, matter
from supermarket.matters.requirement_tree import to_json
from supermarket.modes.rows import mode_to_json, published_stages, terms_to_json
from supermarket.policies.queries import calendar, number, policies_for
from supermarket.projects import events
from supermarket.projects.commands import ProjectDraft, PublicationSources
from supermarket.projects.exception_queries import covered_keys, refusals_of
from supermarket.projects.models import Project, ProjectVersion
from supermarket.projects.opening import tell_later
from supermarket.projects.operations.common import locked, move, not_between_receipt_and_order, reasoned, word_terms
from supermarket.projects.operations.exception_steps import put_in_force
from supermarket.projects.qualifications import own_tree, stated
from supermarket.projects.rules import check_draft, check_publication, check_refusals
from supermarket.projects.states import PROJECT, ProjectAction
from supermarket.projects.ways import mode_of, specs_of, terms_of

SELECTION_HOUR = time(10, 0)


def approve(code: str, *, sources: PublicationSources, actor: Actor, at: datetime) -> Project:
    """The operator approves: the notice is published. Raises Forbidden, WrongState, RuleBroken."""
    project = locked(code)
    authorise(actor, P.PROJECT_REVIEW, region=project.region_code)
    publish(project, ProjectAction.APPROVE, sources=sources, actor=actor, at=at)
    return project


def publish(
    project: Project, action: ProjectAction, *, sources: PublicationSources, actor: Actor, at: datetime
) -> None:
    """Fix the parameters of the day and open the enrolment (or, for `direct`, the agency's answer)."""
    # Asked before anything is fixed, so that a refusal names the state and not a rule.
    PROJECT.next(project.state, action)
    check_publication(project, sources, at=at)
    refusals = check_refusals(project)
    mode = mode_of(project)
    project.mode_rules = mode_to_json(mode)
    project.policy = policies_for(project.region_code, at)
    project.regional_version_ids = effective_in(matter(project.matter_code), project.region_code).version_ids
    project.stages = published_stages(specs_of(project))
    project.draw_source = sources.draw_source if mode.has_enrolment else None
    project.draw_parties = list(sources.draw_parties) if project.draw_source is not None else []
    project.quote_keys = None
    if mode.needs_quotes and sources.operator_quote_key and sources.witness_quote_key:
        project.quote_keys = {"operator": sources.operator_quote_key, **sources.witness_quote_key.content()}
    project.published_at = at
    if mode.has_enrolment:
        project.enrol_until, project.select_at = planned_times(project, at)
        project.due_what, project.due_at = "freeze", project.enrol_until
        key = sources.witness_quote_key
        told = key is not None and key.opens_at == project.enrol_until.replace(microsecond=0)
        project.witness_opens_at = project.enrol_until if told else None
        tell_later(project, at=at)
    else:
        project.enrol_until, project.select_at = None, None
        project.due_what, project.due_at = None, None
    first = len(versions(project.id)) + 1
    db.session.add(ProjectVersion(project_id=project.id, number=first, reason="", wording=wording(project), at=at))
    move(
        project,
        action,
        events.PUBLISHED,
        actor=actor,
        at=at,
        data={"mode": project.mode, **_times(project), "version": first},
    )
    put_in_force(project, frozenset(each.key for each in refusals), actor=actor, at=at)


def _times(project: Project) -> dict[str, str]:
    return {
        "enrol_until": local_text(project.enrol_until) if project.enrol_until else "",
        "select_at": local_text(project.select_at) if project.select_at else "",
    }


def planned_times(project: Project, at: datetime) -> tuple[datetime, datetime]:
    """(enrol_until, select_at) for a publication at `at`: as the owner planned, moved by whole working days if too early.

    lifecycle.md: enrol_until ≥ the due moment of the minimum period; select_at ≥ enrol_until + 60 min.
    """
    return times_planned(project.region_code, project.enrol_until, project.select_at, at)


def times_planned(
    region_code: str, until: datetime | None, selection: datetime | None, at: datetime
) -> tuple[datetime, datetime]:
    """The same for moments that stand in no project yet."""
    values = policies_for(region_code, at)
    days = calendar()
    earliest = days.due_after(at, number(values, "enrolment_days"))
    gap = timedelta(minutes=number(values, "select_after_minutes"))
    enrol_until = until or earliest
    moved = 0
    while enrol_until < earliest:
        moved += 1
        enrol_until = days.shift(until or earliest, moved)
    select_at = days.shift(selection, moved) if selection and moved else selection
    if select_at is None or select_at < enrol_until + gap:
        morning = days.working_day_after(local_date(enrol_until) - timedelta(days=1), 1)
        select_at = local_moment(morning, SELECTION_HOUR)
        while select_at < enrol_until + gap:
            morning = days.working_day_after(morning, 1)
            select_at = local_moment(morning, SELECTION_HOUR)
    return enrol_until, select_at


def amend(code: str, command: ProjectDraft, *, reason: str, version: int, actor: Actor, at: datetime) -> Project:
    """A new version while enrolment is open: the full time again; enrolments stay and are told (修订).

    What the owner may amend: wording, budget and bounds, requirements, deliverables, payment terms, times; not matter,
    mode, money or region. Raises Forbidden, Conflict, WrongState, InvalidInput, RuleBroken.
    """
    project = locked(code, version=version)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id)
    PROJECT.next(project.state, ProjectAction.AMEND)
    not_between_receipt_and_order(project)
    if project.due_what != "freeze" or project.enrol_until is None or at >= project.enrol_until:
        raise WrongState(
            _("Enrolment has ended; a project can no longer be amended."), state=project.state.value, allowed=[]
        )
    why = reasoned(reason)
    fixed: dict[str, tuple[object, object]] = {
        "matter_code": (command.matter_code, project.matter_code),
        "mode": (command.mode, project.mode),
        "funding": (command.funding, project.funding),
        "region_code": (command.region_code, project.region_code),
        "seal": (command.seal, terms_of(project).seal),
        **_fixed_terms(command, project),
    }
    tree = stated(own_tree(project.matter_version), command.qualifications)
    fixed["qualifications"] = (to_json(tree), project.requirement_tree)
    wanted = terms_to_json(command.terms(project.ceiling))
    fixed["criteria"] = (wanted.get("criteria"), project.terms.get("criteria"))
    fixed["panel_size"] = (wanted.get("panel_size"), project.terms.get("panel_size"))
    errors = [
        FieldError(
            name, "fixed", _("This was fixed at the publication; withdraw and reissue the project to change it.")
        )
        for name, (wanted, present) in fixed.items()
        if wanted != present
    ]
    if errors:
        raise InvalidInput(_("Some fields cannot be amended."), errors=errors)
    covered = covered_keys(project.id)
    check_draft(command, owner=project.owner, at=at, covered=covered, version=project.matter_version)
    number_now = len(versions(project.id)) + 1
    until = project.enrol_until
    word_terms(project, command)
    project.enrol_until, project.select_at = planned_times(project, at)
    if project.quote_keys is not None and project.enrol_until < until:
        # The witness keeps quotes sealed until then and never opens them earlier.
        project.enrol_until = until
        project.enrol_until, project.select_at = planned_times(project, at)
    tell_later(project, at=at)
    project.due_at = project.enrol_until
    db.session.add(
        ProjectVersion(project_id=project.id, number=number_now, reason=why, wording=wording(project), at=at)
    )
    move(
        project,
        ProjectAction.AMEND,
        events.AMENDED,
        actor=actor,
        at=at,
        data={"reason": why, "version": number_now, **_times(project)},
    )
    put_in_force(project, frozenset(each.key for each in refusals_of(project)), actor=actor, at=at)
    return project


def _fixed_terms(command: ProjectDraft, project: Project) -> dict[str, tuple[object, object]]:
    """What the owner chose beside the mode; what an amendment leaves out stands as it was."""
    terms = terms_of(project)
    present = {"shortlist_by": terms.shortlist_by, "keep": terms.keep, "draw_keep": terms.draw_keep}
    wanted = {"shortlist_by": command.shortlist_by, "keep": command.keep, "draw_keep": command.draw_keep}
    return {name: (wanted[name], value) for name, value in present.items() if wanted[name] is not None}


def accept_reduced(code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
    """The owner accepts in writing that only one enrolment is valid (selection.md §1, `merit`).

    The freeze follows at once by its own job. Raises Forbidden, WrongState, InvalidInput.
    """
    project = locked(code)
    authorise(actor, P.CHOOSE, organisation_id=project.owner_id)
    PROJECT.next(project.state, ProjectAction.FREEZE)
    if project.due_what != "reduced_acceptance" or project.due_at is None or at >= project.due_at:
        raise WrongState(_("Nothing waits for your acceptance here."), state=project.state.value, allowed=[])
    why = reasoned(reason)
    project.due_what, project.due_at = "freeze_reduced", at
    record(events.REDUCED_ACCEPTED, project.code, actor=actor, at=at, data={"reason": why})
    return project


def versions(project_id: int) -> list[ProjectVersion]:
    """Every published wording, oldest first."""
    query = sa.select(ProjectVersion).where(ProjectVersion.project_id == project_id).order_by(ProjectVersion.number)
    return list(db.session.scalars(query))


def wording(project: Project) -> dict[str, object]:
    """The published parameters as plain JSON."""
    return {
        "name": project.name,
        "description": project.description,
        "matter_code": project.matter_code,
        "region_code": project.region_code,
        "funding": project.funding.value,
        "budget": project.budget,
        "ceiling": project.ceiling,
        "floor": project.floor,
        "mode": project.mode,
        "mode_rules": project.mode_rules,
        "terms": project.terms,
        "stages": project.stages,
        "policy": dict(project.policy),
        "requirement_tree": project.requirement_tree,
        "requirement_notes": project.requirement_notes,
        "practitioners_needed": project.practitioners_needed,
        "min_stars": project.min_stars,
        "min_credit": project.min_credit,
        "duration_days": project.duration_days,
        "deliverables": project.deliverables_wanted,
        "payment_terms": project.payment_terms,
        "draw_source": project.draw_source,
        "draw_parties": list(project.draw_parties),
        "quote_keys": project.quote_keys,
        "enrol_until": project.enrol_until.isoformat() if project.enrol_until else None,
        "select_at": project.select_at.isoformat() if project.select_at else None,
    }
