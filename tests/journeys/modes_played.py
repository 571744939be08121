"""Purchases in every way of selection, played through the same operations as the site, for the journeys."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from supermarket.agencies.models import Agency
from supermarket.core import clock
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.core.unit import unit
from supermarket.credit.points import CreditEvent
from supermarket.modes.table import MODES
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.supervision.supervise import supervise
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.credit import make_credit_entry, make_stars
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote

# Six enrol with 100, 92, 70, 70, 60 and 62 points: the third and the fourth are tied; the first two are B, the others C.
_DOWN_8, _DOWN_10 = CreditEvent.DID_NOT_SIGN, CreditEvent.GAVE_UP_AWARD
ENTRIES = ((), (_DOWN_8,), (_DOWN_10,) * 3, (_DOWN_10,) * 3, (_DOWN_10,) * 4, (_DOWN_8, *(_DOWN_10,) * 3))
QUOTES = (9_000_000, 8_000_000, 8_500_000, 8_800_000, 7_000_000, 9_500_000)
TERMS: dict[str, dict[str, object]] = {
    "merit": {"criteria": (("price", 60), ("stars", 40))},
    "credit_merit": {"keep": 3, "draw_keep": 2},
    "merit_random": {"keep": 3},
    "merit_bidding": {"keep": 3},
    "random_bidding": {"draw_keep": 4},
}
STAGES = {
    "direct": ["choose"],
    "random": ["draw"],
    "bidding": ["price"],
    "merit": ["score"],
    "credit_merit": ["shortlist", "draw", "choose"],
    "merit_random": ["shortlist", "draw"],
    "merit_bidding": ["shortlist", "price"],
    "random_bidding": ["draw", "price"],
    "mean_price": ["price"],
}


@dataclass(frozen=True)
class Played:
    """A purchase with its owner and the six agencies."""

    code: str
    owner: Actor
    agencies: list[tuple[Agency, Actor]]

    @property
    def project(self) -> Project:
        """As it stands."""
        return project_for(self.code, SYSTEM)

    @property
    def usccs(self) -> list[str]:
        """The six in the order of ENTRIES."""
        return [agency.uscc for agency, _actor in self.agencies]


def published(mode: str, at: datetime) -> Played:
    """A published purchase in that mode with six enrolments, quotes where they are asked for."""
    with unit():
        if mode == "direct":
            agency = make_agency()
            project, owner = make_open_project(at, mode=mode, named_agency_uscc=agency.uscc)
            return Played(project.code, owner, [(agency, make_agency_actor(agency))])
        project, owner = make_open_project(at, mode=mode, **TERMS.get(mode, {}))
        agencies = make_enrolled(project, len(ENTRIES), at)
        for (agency, _actor), entries in zip(agencies, ENTRIES, strict=True):
            make_stars(agency, 3)  # nobody is a newcomer, who would count as 85
            for entry in entries:
                make_credit_entry(agency.uscc, entry, at=at)
        if MODES[mode].needs_quotes:
            for (_agency, actor), quote in zip(agencies, QUOTES, strict=True):
                make_quote(project.code, quote, actor=actor, at=at)
        return Played(project.code, owner, agencies)


def passes(moment: datetime | None) -> None:
    """Everything due up to then is done."""
    assert moment is not None
    assert supervise(max(moment, clock.now() + timedelta(seconds=1))).ticked.failures == []


def selected(mode: str, at: datetime) -> Played:
    """Played up to the selection's minute."""
    played = published(mode, at)
    passes(played.project.enrol_until)
    passes(played.project.select_at)
    return played
