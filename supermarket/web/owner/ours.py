"""Whose purchases these are: the reader's own organisation, and purchases of its own."""

from flask_babel import gettext as _

from supermarket.accounts.models import Organisation
from supermarket.accounts.queries import organisation
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, may
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.web.access import present_actor


def own_organisation(actor: Actor) -> Organisation:
    """The organisation for which the actor buys; with several, the one of the oldest membership."""
    return organisation(next(iter(grant.organisation_id for grant in actor.grants_with(P.PROJECT_DRAFT))))


def own_project(code: str) -> Project:
    """A purchase of the reader's own. Raises NotFound for everybody else's."""
    actor = present_actor()
    project = project_for(code, actor)
    if not may(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id):
        raise NotFound(_("There is no such project."))
    return project
