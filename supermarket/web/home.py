"""/home: the desk of whoever is signed in; each role's page is a function of its own blueprint.

Who holds several roles has a desk for each at /home/<role>; /home is the one used last.
"""

from collections.abc import Callable

from flask import Blueprint, render_template, session
from werkzeug.exceptions import NotFound

from supermarket.core.permissions import Role
from supermarket.web.access import present_actor, signed_in
from supermarket.web.agency.home import home as agency_home
from supermarket.web.expert.home import home as expert_home
from supermarket.web.officer import home as offices
from supermarket.web.owner.home import home as owner_home

blueprint = Blueprint("home", __name__)

# Session key of the desk used last.
DESK = "desk"
# In the order in which a person with several roles sees them: without a choice the first one held is the desk.
HOMES: tuple[tuple[Role, Callable[[], str]], ...] = (
    (Role.OWNER, owner_home),
    (Role.AGENCY, agency_home),
    (Role.OPERATOR, offices.operator),
    (Role.REGULATOR, offices.regulator),
    (Role.SUPERVISOR, offices.supervisor),
    (Role.EDITOR, offices.editor),
    (Role.EXPERT, expert_home),
)


@blueprint.get("/home")
@signed_in
def home() -> str:
    """What waits, what changed, my things, figures: of the role whose desk was used last."""
    actor = present_actor()
    held = [(role, page) for role, page in HOMES if actor.has_role(role)]
    if not held:
        return render_template("home.html")
    chosen = next((page for role, page in held if role == session.get(DESK)), held[0][1])
    return chosen()


@blueprint.get("/home/<role>")
@signed_in
def desk(role: str) -> str:
    """The desk of one of the reader's roles; it is the one at /home from now on."""
    page = next((page for held, page in HOMES if held == role and present_actor().has_role(held)), None)
    if page is None:
        raise NotFound
    session[DESK] = role
    return page()
