"""The sections of each role and how much waits in each; a role's lines are a function of its own pages."""

from collections.abc import Callable
from functools import partial

from supermarket.core.permissions import Actor, Role
from supermarket.web.account.profile import role_names
from supermarket.web.agency.home import sections as agency_sections
from supermarket.web.expert.home import sections as expert_sections
from supermarket.web.officer.home import sections as office_sections
from supermarket.web.owner.home import sections as owner_sections

Sections = list[tuple[str, str, int]]
OFFICES = (Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR, Role.EDITOR)
BY_ROLE: tuple[tuple[Role, Callable[[Actor], Sections]], ...] = (
    (Role.OWNER, owner_sections),
    (Role.AGENCY, agency_sections),
    *((role, partial(office_sections, role=role)) for role in OFFICES),
    (Role.EXPERT, expert_sections),
)


HOME = "/home"


def sections_of(actor: Actor) -> Sections:
    """(label, address, what waits) for the reader's roles, in order; a section of two roles comes once.

    With several roles each has a desk of its own, named after it.
    """
    held = [(role, sections) for role, sections in BY_ROLE if actor.has_role(role)]
    found: Sections = []
    for role, sections in held:
        for label, url, number in sections(actor):
            if url == HOME and len(held) > 1:
                label, url = f"{label} · {role_names()[role]}", f"{HOME}/{role.value}"
            if url not in {known[1] for known in found}:
                found.append((label, url, number))
    return found
