"""Projects for tests, made through the operations where their life matters."""

from dataclasses import replace
from datetime import datetime

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.data import catalogue
from supermarket.projects import operations
from supermarket.projects.commands import DeliverableWanted, Enrol, PaymentTerm, ProjectDraft
from supermarket.projects.models import Funding, Project
from supermarket.projects.queries import project_for
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import CHENGDU_WUHOU

SICHUAN = "510000"


def draft_command(owner: Organisation, **changes: object) -> ProjectDraft:
    """A valid draft: 100 000 CNY of social money, random draw, two deliverables, paid 40/60."""
    command = ProjectDraft(
        owner_organisation_id=owner.id,
        name="测试采购项目",
        matter_code=SOME_MATTER,
        region_code=CHENGDU_WUHOU,
        funding=Funding.SOCIAL,
        budget=10_000_000,
        mode="random",
        duration_days=60,
        deliverables=(DeliverableWanted("初稿", 30), DeliverableWanted("报批稿", 60)),
        payment_terms=(PaymentTerm("首付款", 40, 1), PaymentTerm("尾款", 60, 2)),
    )
    return replace(command, **changes)  # type: ignore[arg-type]  # the caller names real fields


def make_owner_actor() -> tuple[Organisation, Actor]:
    """An owner and somebody who acts for it."""
    make_matter(SOME_MATTER)
    owner = make_organisation(OrganisationKind.OWNER)
    return owner, make_actor(Role.OWNER, owner)


def make_operator() -> Actor:
    """The market's operator for the whole province."""
    return make_actor(Role.OPERATOR, region_code=SICHUAN)


def make_draft_project(at: datetime, **changes: object) -> tuple[Project, Actor]:
    """A draft and its owner's actor."""
    owner, actor = make_owner_actor()
    make_matter(str(changes.get("matter_code", SOME_MATTER)))
    return operations.draft(draft_command(owner, **changes), actor=actor, at=at), actor


def make_open_project(at: datetime, **changes: object) -> tuple[Project, Actor]:
    """A published project and its owner's actor; fiscal ones pass the operator's review."""
    project, actor = make_draft_project(at, **changes)
    sources = sources_for(project, at=at)
    operations.submit(project.code, sources=sources, actor=actor, at=at)
    if project.funding is Funding.FISCAL:
        operations.approve(project.code, sources=sources, actor=make_operator(), at=at)
    return project_for(project.code, SYSTEM), actor


def needed_people(matter_code: str) -> int:
    """How many licensed people the matter asks for."""
    return sum(item.count for item in catalogue.matter(matter_code).licences)


def make_enrolled(project: Project, count: int, at: datetime) -> list[tuple[Agency, Actor]]:
    """So many eligible agencies, enrolled."""
    made = []
    for _number in range(count):
        agency = make_agency(matters=(project.matter_code,), practitioners=needed_people(project.matter_code))
        actor = make_agency_actor(agency)
        people = tuple(person.id for person in agency.practitioners)
        operations.enrol(project.code, Enrol(practitioner_ids=people), actor=actor, at=at)
        made.append((agency, actor))
    return made
