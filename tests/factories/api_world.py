"""A small market as the API sees it: one thing of each kind, and a program of every role that has to do with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask.testing import FlaskClient

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.projects import operations
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency
from tests.factories.api import Program, make_program
from tests.factories.contracts import make_deal, make_running
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.projects import draft_command

SICHUAN = "510000"


@dataclass(frozen=True)
class World:
    """Things and programs; all agencies and the owner are of the same projects and contract."""

    owner: Organisation
    agency: Agency
    draft: Project
    random: Project
    bidding: Project
    contract: Contract
    programs: Mapping[str, Program]

    def program(self, name: str) -> Program:
        """The program of a role; `nobody` has no token."""
        return self.programs[name]


def make_world(client: FlaskClient, at: datetime) -> World:
    """A draft, two open projects (random, bidding), a contract in force; owner, agency, offices."""
    make_matter(SOME_MATTER)
    owner = make_organisation(OrganisationKind.OWNER)
    person = make_actor(Role.OWNER, owner)
    agency = make_agency()
    projects = [
        operations.draft(draft_command(owner, mode=mode), actor=person, at=at)
        for mode in ("random", "random", "bidding")
    ]
    for project in projects[1:]:
        operations.submit(project.code, sources=sources_for(project, at=at), actor=person, at=at)
    deal = make_running(make_deal(owner=owner, agencies=[agency], at=at), at=at)
    contract = db.session.query(Contract).filter_by(code=deal.code).one()
    body = db.session.get_one(Organisation, agency.organisation_id)
    programs = {
        "nobody": Program(client),
        "owner": make_program(client, Role.OWNER, owner),
        "agency": make_program(client, Role.AGENCY, body),
        **{
            role.value: make_program(client, role, region_code=SICHUAN)
            for role in (Role.OPERATOR, Role.REGULATOR, Role.EDITOR, Role.SUPERVISOR)
        },
    }
    return World(owner, agency, projects[0], project_for(projects[1].code, person), projects[2], contract, programs)
