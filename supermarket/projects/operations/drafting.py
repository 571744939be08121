"""An owner words a project, edits it, hands it in; the operator returns it; an ended one is reissued."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.queries import organisation
from supermarket.agencies.queries import agency_by_uscc
from supermarket.core.errors import Conflict, RuleBroken
from supermarket.core.events import record
from supermarket.core.identifiers import project_code
from supermarket.core.permissions import Actor, P, authorise
from supermarket.core.working_days import local_date
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.matters.models import MatterVersion
from supermarket.matters.queries import published_version
from supermarket.matters.requirement_tree import to_json
from supermarket.modes.limits import kept_terms
from supermarket.modes.rows import terms_to_json
from supermarket.policies.queries import calendar, number, policies_for
from supermarket.projects import events
from supermarket.projects.commands import Attachment, ProjectDraft, PublicationSources, QualificationAsked
from supermarket.projects.exception_queries import covered_keys
from supermarket.projects.models import PROJECT_SERIAL, AvoidedAgency, Project
from supermarket.projects.operations.common import locked, move, reasoned, word_terms
from supermarket.projects.operations.publishing import publish
from supermarket.projects.qualifications import own_tree, stated
from supermarket.projects.rules import check_draft, check_money, check_refusals
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState
from supermarket.projects.ways import chosen_mode


def draft(command: ProjectDraft, *, actor: Actor, at: datetime) -> Project:
    """A new draft; with a key that made one already, that one as it stands.

    Raises Forbidden, InvalidInput at the fields, RuleBroken with every rule that says no.
    """
    authorise(actor, P.PROJECT_DRAFT, organisation_id=command.owner_organisation_id)
    owner = organisation(command.owner_organisation_id)
    if command.draft_key and (made := _made_before(owner.id, command.draft_key)) is not None:
        return made
    check_draft(command, owner=owner, at=at, keep=command.keep_refused)
    serial = db.session.execute(sa.select(PROJECT_SERIAL.next_value())).scalar_one()
    project = Project(
        code=project_code(local_date(at).year, serial),
        state=ProjectState.DRAFT,
        owner=owner,
        created_at=at,
        created_by=actor.user_id,
        draft_key=command.draft_key or None,
    )
    _word(project, command, at)
    db.session.add(project)
    db.session.flush()
    record(events.DRAFTED, project.code, actor=actor, at=at, organisation_id=owner.id)
    return project


def _made_before(owner_id: int, key: str) -> Project | None:
    """The draft of the same form, sent a moment ago; who is second waits until the first is done."""
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"draft:{owner_id}:{key}", 0))))
    return db.session.scalar(sa.select(Project).where(Project.owner_id == owner_id, Project.draft_key == key))


def edit(code: str, command: ProjectDraft, *, version: int, actor: Actor, at: datetime) -> Project:
    """Word a draft anew. Raises Conflict for a stale `version`, WrongState once it is handed in."""
    project = locked(code, version=version)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id)
    PROJECT.next(project.state, ProjectAction.EDIT)
    check_draft(command, owner=project.owner, at=at, covered=covered_keys(project.id), keep=command.keep_refused)
    db.session.execute(sa.delete(AvoidedAgency).where(AvoidedAgency.project_id == project.id))
    db.session.expire(project, ["avoided"])
    _word(project, command, at)
    db.session.flush()
    record(events.EDITED, project.code, actor=actor, at=at)
    return project


def file_ground(code: str, command: Attachment, *, actor: Actor, at: datetime) -> Project:
    """Hand in the document that states the emergency or the sole source; a later one takes its place.

    Its owner and the offices read it. Raises Forbidden, WrongState once it is handed in, RuleBroken for a draft that
    names no such ground, InvalidInput at `file`.
    """
    project = locked(code)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id)
    PROJECT.next(project.state, ProjectAction.EDIT)
    if project.mode != "direct" or project.direct_ground is None:
        raise RuleBroken(_("This purchase states no emergency and no sole source."), code="no_ground")
    kept = store(
        command.stream,
        command.name,
        subject_kind="project",
        subject_code=project.code,
        owner_organisation_id=project.owner_id,
        public=False,
        actor=actor,
        at=at,
        field="file",
    )
    project.direct_document_id = kept.id
    record(
        events.GROUND_FILED,
        project.code,
        actor=actor,
        at=at,
        data={"ground": project.direct_ground.value, "document_id": kept.id, "sha256": kept.sha256},
    )
    return project


def delete(code: str, *, actor: Actor, at: datetime) -> Project:
    """Drop a draft; it ends as withdrawn and was never public. Raises Forbidden, WrongState."""
    project = locked(code)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id)
    move(project, ProjectAction.DELETE, events.DELETED, actor=actor, at=at)
    return project


def submit(code: str, *, sources: PublicationSources, actor: Actor, at: datetime) -> Project:
    """Hand in a draft: for review, or straight to open where the policy needs none (social money).

    `sources` are used only for the latter. Raises Forbidden, WrongState, RuleBroken.
    """
    project = locked(code)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id)
    needs_review = project.funding == "fiscal" or bool(policies_for(project.region_code, at)["social_needs_review"])
    if not needs_review:
        publish(project, ProjectAction.PUBLISH, sources=sources, actor=actor, at=at)
        return project
    PROJECT.next(project.state, ProjectAction.SUBMIT)
    check_money(project, at=at)
    check_refusals(project)
    move(project, ProjectAction.SUBMIT, events.SUBMITTED, actor=actor, at=at)
    project.submitted_at = at
    project.due_what = "review"
    project.due_at = calendar().due_after(at, number(policies_for(project.region_code, at), "review_project_days"))
    return project


def return_to_owner(code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
    """The operator sends it back with reasons. Raises Forbidden, WrongState, InvalidInput."""
    project = locked(code)
    authorise(actor, P.PROJECT_REVIEW, region=project.region_code)
    move(project, ProjectAction.RETURN, events.RETURNED, actor=actor, at=at, data={"reason": reasoned(reason)})
    project.return_reason = reason.strip()
    project.due_what, project.due_at = None, None
    return project


def reissue(code: str, *, actor: Actor, at: datetime) -> Project:
    """A new linked draft from an ended project. Raises Forbidden, WrongState, Conflict if it was reissued already."""
    ended = locked(code)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=ended.owner_id)
    ended_state = ended.state
    serial = db.session.execute(sa.select(PROJECT_SERIAL.next_value())).scalar_one()
    new_code = project_code(local_date(at).year, serial)
    move(ended, ProjectAction.REISSUE, events.REISSUED, actor=actor, at=at, data={"new_code": new_code})
    ended.state = ended_state
    if db.session.scalar(sa.select(Project.id).where(Project.reissue_of_id == ended.id)) is not None:
        raise Conflict(_("This project was reissued already."))
    version = published_version(ended.matter_code)
    project = Project(
        code=new_code,
        state=ProjectState.DRAFT,
        owner=ended.owner,
        created_at=at,
        created_by=actor.user_id,
        reissue_of=ended,
        region_code=ended.region_code,
        matter_code=ended.matter_code,
        matter_version=version,
        investment_project_code=ended.investment_project_code,
        name=ended.name,
        description=ended.description,
        funding=ended.funding,
        budget=ended.budget,
        ceiling=ended.ceiling,
        floor=ended.floor,
        mode=ended.mode,
        terms=ended.terms,
        requirement_tree=_tree_again(ended, version),
        requirement_notes=ended.requirement_notes,
        practitioners_needed=ended.practitioners_needed,
        min_stars=ended.min_stars,
        min_credit=ended.min_credit,
        duration_days=ended.duration_days,
        deliverables_wanted=ended.deliverables_wanted,
        payment_terms=ended.payment_terms,
        direct_ground=ended.direct_ground,
        direct_document=ended.direct_document,
        avoided=[AvoidedAgency(agency_uscc=row.agency_uscc, reason=row.reason) for row in ended.avoided],
    )
    db.session.add(project)
    db.session.flush()
    record(events.DRAFTED, project.code, actor=actor, at=at, organisation_id=ended.owner_id)
    return project


def _tree(version: MatterVersion, asked: Sequence[QualificationAsked]) -> dict[str, object] | None:
    if not asked:
        return version.requirement_tree
    return to_json(stated(own_tree(version), asked))  # type: ignore[return-value]  # a tree is a JSON object or null


def _tree_again(ended: Project, version: MatterVersion) -> dict[str, object] | None:
    """What the owner stated goes with a reissue only while the matter is worded as it was."""
    return ended.requirement_tree if ended.matter_version_id == version.id else version.requirement_tree


def _word(project: Project, command: ProjectDraft, at: datetime) -> None:
    version = published_version(command.matter_code)
    word_terms(project, command)
    project.matter_code = command.matter_code
    project.matter_version = version
    project.requirement_tree = _tree(version, command.qualifications)
    project.region_code = command.region_code
    project.investment_project_code = command.investment_project_code
    project.funding = command.funding
    project.mode = command.mode
    mode, numbers = chosen_mode(command.mode, live=False), policies_for(command.region_code, at)
    project.terms = terms_to_json(kept_terms(mode, command.terms(project.ceiling), numbers))
    project.direct_ground = command.direct_ground
    project.direct_document = command.direct_document
    if command.direct_ground is None or command.mode != "direct":
        project.direct_document_id = None
    named = agency_by_uscc(command.named_agency_uscc) if command.named_agency_uscc else None
    project.named_agency_id = named.id if named else None
    project.avoided = [AvoidedAgency(agency_uscc=item.agency_uscc, reason=item.reason) for item in command.avoid]
