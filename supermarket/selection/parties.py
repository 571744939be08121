"""Who the parties of a project's draws are: the operator and each witness that committed itself at the publication."""

from datetime import datetime

from supermarket.core.draw import PartiesSource
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.witness import Witness, witness_unknown
from supermarket.policies.defaults import DEFAULTS
from supermarket.projects.models import Project

OPERATOR = "operator"
# Where an owner's own machine takes part as well.
OWNER = "owner"
# As records say it of projects whose parties' names were not stored: these have one witness, the lead.
LEAD = "witness"


def parties_of(project: Project, source: PartiesSource) -> tuple[tuple[str, str], ...]:
    """(name, commitment) of each party in the order of the source line. Raises ValueError for another number of them."""
    names = tuple(project.draw_parties) or (OPERATOR, LEAD)
    return tuple(zip(names, source.commitments, strict=True))


def witness_of(party: str) -> Witness:
    """The witness that a party's name means. Raises GatewayError where it is not configured (any longer)."""
    found = current().witness_named(party)
    if found is None and party == LEAD:
        found = current().witness
    if found is None:
        raise witness_unknown(party)
    return found


def commitments_for(code: str, moment: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names, commitments) of the operator and of each witness that answers now, in the order of the configuration.

    Raises GatewayError where no witness answers: a draw of the operator's own would prove nothing.
    """
    names, commitments = [OPERATOR], [current().keys.chain_commitment(code)]
    silent: GatewayError | None = None
    for witness in current().witnesses:
        try:
            committed, name = witness.commitment(code, at=moment), witness.name()
        except GatewayError as error:
            silent = error
            continue
        names.append(name)
        commitments.append(committed)
    if len(names) == 1 and silent is not None:
        raise silent
    return tuple(names), tuple(commitments)


def lottery_of(project: Project) -> str:
    """The lottery that decides where a party does not reveal; published with the project's numbers, so never changed."""
    return str(project.policy.get("draw_fallback_lottery", DEFAULTS["draw_fallback_lottery"]))
