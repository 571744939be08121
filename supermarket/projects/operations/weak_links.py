"""What agencies of one pool have in common without its being a reason: kept at the freeze, for a supervisor's eye."""

from collections.abc import Sequence
from datetime import datetime

from supermarket.agencies.models import Agency
from supermarket.extensions import db
from supermarket.projects.links import Ties, weak_links
from supermarket.projects.models import Project, WeakLink


def note_weak_links(project: Project, pool: Sequence[Agency], at: datetime) -> None:
    """Keep every weak link between two of the pool (selection.md §2: signals, not reasons)."""
    for first, second, kind in weak_links([_ties(agency) for agency in pool]):
        db.session.add(
            WeakLink(project_id=project.id, first=first, second=second, kind=kind.value, found_at=at),
        )


def _ties(agency: Agency) -> Ties:
    def parties(relation: str) -> frozenset[str]:
        return frozenset(party.party_hash for party in agency.related_parties if party.relation == relation)

    return Ties(
        uscc=agency.uscc,
        heads=parties("legal_representative"),
        controllers=parties("controller"),
        managers=parties("manager"),
        address=agency.address,
        contact=agency.public_contact,
    )
