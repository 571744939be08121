"""/home: the desk of whoever is signed in; each role's page is a function of its own blueprint."""

from collections.abc import Callable

from flask import Blueprint, render_template

from supermarket.core.permissions import Role
from supermarket.web.access import present_actor, signed_in
from supermarket.web.agency.home import home as agency_home
from supermarket.web.officer import home as offices
from supermarket.web.owner.home import home as owner_home

blueprint = Blueprint("home", __name__)

# In the order in which a person with several roles sees them: the first one held is the desk.
HOMES: tuple[tuple[Role, Callable[[], str]], ...] = (
    (Role.OWNER, owner_home),
    (Role.AGENCY, agency_home),
    (Role.OPERATOR, offices.operator),
    (Role.REGULATOR, offices.regulator),
    (Role.SUPERVISOR, offices.supervisor),
    (Role.EDITOR, offices.editor),
    (Role.EXPERT, offices.expert),
)


@blueprint.get("/home")
@signed_in
def home() -> str:
    """What waits, what changed, my things, figures."""
    actor = present_actor()
    for role, page in HOMES:
        if actor.has_role(role):
            return page()
    return render_template("home.html")
