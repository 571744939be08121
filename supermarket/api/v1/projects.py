"""/projects: purchases (lifecycle.md). A draft is its owner's; what is published is everybody's."""

from dataclasses import asdict
from typing import Literal

from flask_babel import gettext as _
from pydantic import Field

from supermarket.accounts.models import Organisation
from supermarket.api.parameters import PageQuery, RegionCode, UsccText, Words
from supermarket.api.routes import SIGNED_IN, route
from supermarket.api.shapes import (
    Listing,
    Moment,
    Money,
    Shape,
    acting,
    cursor_at,
    money,
    money_or_none,
    number_after,
)
from supermarket.api.v1.exceptions import ExceptionShape, exception_shape
from supermarket.api.v1.matters import RegionalWordingShape
from supermarket.core.clock import now
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.identifiers import mask_name
from supermarket.core.money import yuan_text
from supermarket.core.msgids import N_
from supermarket.core.permissions import Actor, P, may
from supermarket.credit.points import CreditLevel
from supermarket.matters.queries import kept_wordings
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import Seal, StageName
from supermarket.projects import operations
from supermarket.projects.exception_queries import covered_keys, exceptions_of, refusals_of
from supermarket.projects.forms import ProjectEditForm, ProjectForm
from supermarket.projects.models import Funding, Project
from supermarket.projects.money_checks import alerts_of
from supermarket.projects.money_rules import Ground
from supermarket.projects.qualifications import stated_in
from supermarket.projects.queries import ProjectFilter, after, project_for
from supermarket.projects.states import PROJECT, ProjectState
from supermarket.projects.ways import mode_of, terms_of
from supermarket.web.access import Access, present_actor

DRAFTS = Access(permissions=(P.PROJECT_DRAFT,))


class ProjectsQuery(PageQuery):
    """What the list of published projects is narrowed to."""

    q: Words = ""
    state: ProjectState | None = None
    region: RegionCode | None = None
    matter: str = Field("", pattern=r"^[A-Z]{2}[0-9]{3,8}$", description="code of a matter")
    mode: str = Field(
        "", pattern=r"^[a-z][a-z0-9_]{1,31}$", description="one of the nine, or a region's own (see /modes)"
    )
    funding: Funding | None = None
    industry: str = Field("", pattern="^[a-z][a-z_-]{1,31}$", description="code of the industry authority")
    winner: UsccText | None = None
    mine: Literal["true"] | None = Field(None, description="with a token: one's own projects, drafts too")


class ProjectItem(Shape):
    """A project in short."""

    code: str
    name: str
    state: ProjectState
    version: int
    matter: str
    matter_name: str
    region: str
    owner: str = Field(description="masked if a natural person")
    funding: Funding
    budget: Money
    mode: str
    published_at: Moment | None
    enrol_until: Moment | None
    select_at: Moment | None
    announced_at: Moment | None
    winner: str | None = Field(description="USCC of the agency selected")
    award_price: Money | None


class DeliverableWantedShape(Shape):
    """A result that the contract asks for."""

    name: str
    due_days: int


class PaymentTermShape(Shape):
    """An instalment."""

    name: str
    percent: int
    after_deliverable: int


class QualificationAskedShape(Shape):
    """What the owner states of one of the matter's qualifications."""

    leaf: int = Field(description="from 1, in the reading order of the matter's tree")
    level: str | None
    speciality: str | None


class AvoidShape(Shape):
    """An agency to avoid and why."""

    agency: str
    reason: str


class ProjectShape(ProjectItem):
    """A project whole."""

    allowed: list[str] = Field(description="actions that the state table knows now; who may is another question")
    suspended_from: ProjectState | None
    description: str
    matter_version: int = Field(description="number of the matter's wording that the project keeps")
    regional_versions: list[RegionalWordingShape] = Field(
        description="regional wordings over it that held at the publication, from the top down; they are kept, too"
    )
    requirements: str
    requirement: dict[str, object] | None
    qualifications: list[QualificationAskedShape] = Field(description="what the owner states beside the matter's tree")
    exceptions: list[ExceptionShape] = Field(description="exceptions to the rules on requirements that are in force")
    ceiling: Money
    floor: Money | None
    duration_days: int
    deliverables: list[DeliverableWantedShape]
    payment_terms: list[PaymentTermShape]
    practitioners_needed: int
    min_stars: int | None
    min_credit: CreditLevel | None
    investment_project_code: str | None
    avoid: list[AvoidShape]
    agency: str | None = Field(description="USCC of the agency named (direct selection)")
    direct_ground: Ground | None
    direct_document: str
    direct_document_filed: bool = Field(description="whether the document itself was handed in")
    warnings: list[str] = Field(description="for its owner and its offices: what the supervision is told of the money")
    shortlist_by: ShortlistBy | None = Field(description="where the mode leaves it to the owner")
    keep: int | None = Field(description="how many a shortlist keeps")
    draw_keep: int | None = Field(description="how many a draw leaves for the next stage")
    live: bool
    seal: Seal | None = Field(
        description="who seals the quotes: `client`, the bidder itself, or `server`, where the owner of social money opted "
        "out and the operator can see each amount as it arrives; null where no sealed quotes are asked for"
    )
    stages: list[dict[str, object]]
    policy: dict[str, object] = Field(description="numbers fixed at publication")
    draw_source: str | None
    quote_keys: dict[str, str] | None
    extended: bool
    due_at: Moment | None
    end_reason: str
    return_reason: str | None = Field(description="for the owner and its offices")
    reissue_of: str | None


def owner_name(owner: Organisation, actor: Actor) -> str:
    """The owner's name; a natural person's is masked for everybody but itself."""
    if owner.is_natural_person and not may(actor, P.PROJECT_DRAFT, organisation_id=owner.id):
        return mask_name(owner.name)
    return owner.name


def _short(row: Project, actor: Actor) -> dict[str, object]:
    return {
        "code": row.code,
        "name": row.name,
        "state": row.state,
        "version": row.version,
        "matter": row.matter_code,
        "matter_name": row.matter_version.name,
        "region": row.region_code,
        "owner": owner_name(row.owner, actor),
        "funding": row.funding,
        "budget": money(row.budget),
        "mode": row.mode,
        "published_at": row.published_at,
        "enrol_until": row.enrol_until,
        "select_at": row.select_at,
        "announced_at": row.announced_at,
        "winner": row.winner.uscc if row.winner else None,
        "award_price": money_or_none(row.award_price),
    }


def item_of(row: Project) -> ProjectItem:
    """A line of the list."""
    return ProjectItem.model_validate(_short(row, present_actor()))


def shape_of(row: Project) -> ProjectShape:
    """The project as the present reader may see it."""
    actor = present_actor()
    inside = may(actor, P.PROJECT_DRAFT, organisation_id=row.owner_id) or any(
        may(actor, permission, region=row.region_code) for permission in (P.PROJECT_REVIEW, P.SUPERVISE)
    )
    return ProjectShape.model_validate(
        _short(row, actor)
        | {
            "allowed": [action.value for action in PROJECT.allowed(row.state)],
            "suspended_from": row.suspended_from,
            "description": row.description,
            "matter_version": row.matter_version.number,
            "regional_versions": [
                {"region": item.region_code, "version": item.number} for item in kept_wordings(row.regional_version_ids)
            ],
            "requirements": row.requirement_notes,
            "requirement": row.requirement_tree,
            "qualifications": [asdict(item) for item in stated_in(row)],
            "exceptions": [exception_shape(item) for item in exceptions_of(row.id, public_only=True)],
            "ceiling": money(row.ceiling),
            "floor": money_or_none(row.floor),
            "duration_days": row.duration_days,
            "deliverables": row.deliverables_wanted,
            "payment_terms": row.payment_terms,
            "practitioners_needed": row.practitioners_needed,
            "min_stars": row.min_stars,
            "min_credit": row.min_credit,
            "investment_project_code": row.investment_project_code,
            "avoid": [AvoidShape(agency=item.agency_uscc, reason=item.reason) for item in row.avoided],
            "agency": row.named_agency.uscc if row.named_agency else None,
            "direct_ground": row.direct_ground,
            "direct_document": row.direct_document,
            "direct_document_filed": row.direct_document_id is not None,
            "warnings": [item.sentence.text(_) for item in alerts_of(row, now())] if inside else [],
            **_terms(row),
            "seal": _seal(row),
            "stages": row.stages,
            "policy": row.policy,
            "draw_source": row.draw_source,
            "quote_keys": row.quote_keys,
            "extended": row.extended,
            "due_at": row.due_at,
            "end_reason": row.end_reason,
            "return_reason": row.return_reason if inside else None,
            "reissue_of": row.reissue_of.code if row.reissue_of else None,
        }
    )


@route("GET", "/projects", N_("Published projects"), gives=ProjectItem, many=True, query=ProjectsQuery)
def list_projects(query: ProjectsQuery) -> Listing[ProjectItem]:
    """Newest record first; `mine=true` lists the projects of one's own organisation, drafts among them."""
    owners = present_actor().organisations_with(P.PROJECT_DRAFT) if query.mine else frozenset()
    if query.mine and not owners:
        return Listing([])
    wanted = ProjectFilter(
        q=query.q,
        states=() if query.state is None else (query.state,),
        region=query.region or "",
        matter=query.matter,
        mode=query.mode,
        funding=query.funding or "",
        industry=query.industry,
        owner_id=min(owners) if owners else None,
        winner_uscc=query.winner or "",
        only_public=not owners,
    )
    rows = after(wanted, last_id=number_after(query.after), limit=query.size + 1)
    shown = rows[: query.size]
    return Listing([item_of(row) for row in shown], cursor_at(shown[-1].id if len(rows) > query.size else None))


@route("GET", "/projects/{code}", N_("A project"), gives=ProjectShape)
def show_project(code: str) -> ProjectShape:
    """Public once published; before that its owner's and its offices'."""
    return shape_of(project_for(code, present_actor()))


def own_organisation(actor: Actor) -> int:
    """The organisation for which the actor words projects. Raises InvalidInput if there are several."""
    owners = actor.organisations_with(P.PROJECT_DRAFT)
    if len(owners) != 1:
        message = _("This account acts for several owners; take a token of an account that acts for one.")
        raise InvalidInput(message, errors=[FieldError("owner", "ambiguous", message)])
    return min(owners)


@route(
    "POST",
    "/projects",
    N_("Draft a project"),
    access=DRAFTS,
    form=ProjectForm,
    gives=ProjectShape,
    status=201,
    location="/projects/{code}",
)
def draft_project(form: ProjectForm) -> ProjectShape:
    """A draft that only its owner sees; `submit` hands it in."""
    return shape_of(operations.draft(form.command(own_organisation(present_actor())), **acting()))


def present_wording(code: str) -> dict[str, object]:
    """What stands, as the form has it. Raises NotFound."""
    row = project_for(code, present_actor())
    return {
        "name": row.name,
        "matter": row.matter_code,
        "region": row.region_code,
        "funding": row.funding.value,
        "budget": _amount(row.budget),
        "ceiling": None if row.ceiling == row.budget else _amount(row.ceiling),
        "floor": None if row.floor is None else _amount(row.floor),
        "mode": row.mode,
        "duration_days": row.duration_days,
        "deliverables": row.deliverables_wanted,
        "payment_terms": row.payment_terms,
        "description": row.description,
        "investment_project_code": row.investment_project_code,
        "requirements": row.requirement_notes,
        "qualifications": [asdict(item) for item in stated_in(row)],
        # What a draft holds already it may go on holding.
        "keep_refused": any(each.key not in covered_keys(row.id) for each in refusals_of(row)),
        "practitioners_needed": row.practitioners_needed,
        "min_stars": row.min_stars,
        "min_credit": row.min_credit,
        "enrol_until": row.enrol_until.isoformat() if row.enrol_until else None,
        "select_at": row.select_at.isoformat() if row.select_at else None,
        "avoid": [{"agency": item.agency_uscc, "reason": item.reason} for item in row.avoided],
        **_terms(row),
        "agency": row.named_agency.uscc if row.named_agency else None,
        "direct_ground": row.direct_ground.value if row.direct_ground else None,
        "direct_document": row.direct_document,
        "criteria": [
            {"criterion": str(c.kind), "weight": int(c.weight), "name": c.name, "description": c.description}
            for c in terms_of(row).criteria
        ],
        "panel_size": terms_of(row).panel_size or None,
        "seal": terms_of(row).seal.value,
    }


def _terms(row: Project) -> dict[str, object]:
    """What the owner chose beside the mode, where the mode asks for it."""
    mode, terms = mode_of(row), terms_of(row)
    return {
        "shortlist_by": terms.shortlist_by.value if mode.asks(StageName.SHORTLIST, "by") else None,
        "keep": terms.keep,
        "draw_keep": terms.draw_keep,
        "live": terms.live,
    }


def _seal(row: Project) -> Seal | None:
    terms = terms_of(row)
    return terms.seal if mode_of(row).needs_quotes and not terms.live else None


def _amount(fen: int) -> dict[str, str]:
    return {"amount": yuan_text(fen), "currency": "CNY"}


@route(
    "PATCH",
    "/projects/{code}",
    N_("Change a draft"),
    access=DRAFTS,
    form=ProjectEditForm,
    changes=present_wording,
    needed=("version",),
    gives=ProjectShape,
)
def change_project(code: str, form: ProjectEditForm) -> ProjectShape:
    """Only the fields that are named change; `version` is the one that was seen."""
    row = project_for(code, present_actor())
    return shape_of(operations.edit(code, form.command(row.owner_id), version=form.version.data, **acting()))


@route("DELETE", "/projects/{code}", N_("Drop a draft"), access=SIGNED_IN, status=204)
def drop_project(code: str) -> None:
    """It was never public and ends as withdrawn."""
    project_for(code, present_actor())
    operations.delete(code, **acting())
