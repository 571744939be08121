"""Who stands where: the two parties of a contract and the offices that see it. Every check names the organisation."""

from flask_babel import gettext as _

from supermarket.contracts.models import Contract, Party
from supermarket.core.errors import Forbidden
from supermarket.core.permissions import Actor, P, Role, authorise, may, region_covers

# An agency without an account of its own: an id that no organisation has, so that no grant fits.
NOBODY = 0
OFFICES = frozenset({Role.REGULATOR, Role.OPERATOR, Role.SUPERVISOR})

SIGNS = {Party.OWNER: P.CONTRACT_SIGN_AS_OWNER, Party.AGENCY: P.CONTRACT_SIGN_AS_AGENCY}


def organisation_of(contract: Contract, party: Party) -> int:
    """The organisation that acts for a side."""
    return contract.owner_id if party is Party.OWNER else contract.agency.organisation_id or NOBODY


def party_of(contract: Contract, actor: Actor) -> Party:
    """The side for which a person may bind itself. Raises Forbidden, also for the system: consent is a person's."""
    if actor.system or actor.user_id is None:
        raise Forbidden(_("Only a person of one of the two sides can do this."))
    for party in Party:
        if may(actor, SIGNS[party], organisation_id=organisation_of(contract, party)):
            return party
    raise Forbidden(_("Only the two sides of this contract can do this."))


def authorise_owner(contract: Contract, actor: Actor, permission: P) -> None:
    """Let people of the owner pass. Raises Forbidden."""
    authorise(actor, permission, organisation_id=contract.owner_id)


def authorise_agency(contract: Contract, actor: Actor, permission: P) -> None:
    """Let people of the agency pass. Raises Forbidden."""
    authorise(actor, permission, organisation_id=organisation_of(contract, Party.AGENCY))


def is_office(actor: Actor, region_code: str, industry: str) -> bool:
    """Whether the actor sits in an office that sees the contracts of this region and industry."""
    return actor.system or any(
        grant.role in OFFICES
        and region_covers(grant.region_code, region_code)
        and (not grant.industries or industry in grant.industries)
        for grant in actor.grants_with(P.CONTRACT_SEE)
    )


def is_side(contract: Contract, actor: Actor) -> bool:
    """Whether the actor is of one of the two sides."""
    return not actor.system and any(
        may(actor, P.CONTRACT_SEE, organisation_id=organisation_of(contract, party)) for party in Party
    )


def sees_all(contract: Contract, actor: Actor) -> bool:
    """Whether the actor reads everything of the contract: drafts, documents, full names."""
    project = contract.project
    return is_side(contract, actor) or is_office(actor, project.region_code, project.matter_version.industry)
