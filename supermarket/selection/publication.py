"""What must be had from the outside before a project is published: the draw's source and the public quote keys.

Runs outside of any transaction; the result is handed to the operation that publishes.
"""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.core.draw import DrandSource, PartiesSource, PublishedSource
from supermarket.core.errors import RuleBroken
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.policies.queries import number, policies_for
from supermarket.projects.commands import PublicationSources
from supermarket.projects.models import Funding, Project
from supermarket.projects.operations.publishing import planned_times
from supermarket.projects.ways import mode_of
from supermarket.selection.parties import commitments_for


def sources_for(project: Project, *, at: datetime) -> PublicationSources:
    """Ask the operator's key ring and the witnesses. Raises RuleBroken where these do not answer now, or are too few."""
    mode = mode_of(project)
    if not mode.has_enrolment:
        return PublicationSources()
    moment = at.replace(microsecond=0)
    gateways = current()
    values = policies_for(project.region_code, at)
    needed, there = number(values, "receipts_needed"), len(gateways.witnesses)
    if needed > there:
        raise RuleBroken(
            _("Draws need receipts of %(needed)s witnesses here; %(there)s are set up.", needed=needed, there=there),
            code="too_few_witnesses",
        )
    kind = str(values["draw_source_fiscal" if project.funding is Funding.FISCAL else "draw_source_social"])
    try:
        parties: tuple[str, ...] = ()
        if kind == "parties":
            parties, commitments = commitments_for(project.code, moment)
            source = str(PartiesSource(commitments))
        elif kind.partition(":")[0] == "drand":
            chain = gateways.beacon.chain(kind.partition(":")[2]) if ":" in kind else gateways.beacon.default_chain()
            source = str(DrandSource(chain.hash))
        else:
            source = str(PublishedSource(kind.partition(":")[2] or "kl8"))
        if not mode.needs_quotes:
            return PublicationSources(draw_source=source, draw_parties=parties)
        enrol_until, _select_at = planned_times(project, at)
        opens_at = enrol_until.replace(microsecond=0)
        return PublicationSources(
            draw_source=source,
            draw_parties=parties,
            operator_quote_key=gateways.keys.quote_public_key(project.code).hex(),
            witness_quote_key=gateways.witness.quote_key(project.code, opens_at, at=moment),
        )
    except GatewayError as error:
        raise RuleBroken(_(error.msgid, **error.params), code=error.code) from error
