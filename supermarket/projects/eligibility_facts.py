"""What the eligibility rules look at and what they say: frozen values (selection spec §2).

References of people are opaque; names do not enter. Evidence and parameters are plain JSON values, so that a finding
can be stored as it is and put into the reader's language later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from supermarket.core.msgids import Sentence
from supermarket.credit.points import CreditLevel
from supermarket.data.requirements import Requirement
from supermarket.matters.requirement_tree import HeldQualification, Kinds
from supermarket.projects.links import Links


class Moment(StrEnum):
    """When the rules are run."""

    ENROLMENT = "enrolment"
    FREEZE = "freeze"
    AWARD = "award"


@dataclass(frozen=True, slots=True)
class Licences:
    """How many people with one of these licence kinds are needed (the kind itself and those that count as it)."""

    kind: str
    accepted: frozenset[str]
    count: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What the project asks, as published. ``tree`` is what the matter and the project demand together.

    ``barred_preceding`` are the matters whose doer may not do this one within the same investment project;
    ``avoided`` maps a USCC to the owner's written reason (回避). ``decliners`` gave up the award of the
    project that this one reissues.
    """

    matter: str
    tree: Requirement | None
    star_floor: int | None = None
    credit_floor: CreditLevel | None = None
    practitioners_needed: int = 0
    licences: tuple[Licences, ...] = ()
    direct: bool = False
    fiscal: bool = False
    barred_preceding: frozenset[str] = frozenset()
    avoided: Mapping[str, str] = field(default_factory=dict)
    reissue_of: str | None = None
    decliners: tuple[Links, ...] = ()


@dataclass(frozen=True, slots=True)
class BarringEntry:
    """An authority's list entry that bars: until ``until`` (exclusive; None: until the decision ends)."""

    document: str
    authority: str
    from_date: date
    until: date | None


@dataclass(frozen=True, slots=True)
class EarlierWork:
    """Work of the agency within the same investment project: its matter and the contract or project code."""

    matter: str
    reference: str


@dataclass(frozen=True, slots=True)
class HeldLicence:
    """A personal licence on file; it counts once a registry confirmed it, through ``registered_until``."""

    kind: str
    registered_until: date
    verified: bool = True

    def counts_on(self, on: date) -> bool:
        """Whether it counts on a local day."""
        return self.verified and self.registered_until >= on


@dataclass(frozen=True, slots=True)
class NamedPractitioner:
    """A practitioner named for the project. ``load`` counts running contracts without this one."""

    reference: str
    licences: tuple[HeldLicence, ...]
    registered_with: str | None
    load: int
    most_load: int

    def kinds_on(self, on: date) -> frozenset[str]:
        """The kinds of licence that count on a local day."""
        return frozenset(licence.kind for licence in self.licences if licence.counts_on(on))


@dataclass(frozen=True, slots=True)
class EligibilityFacts:
    """One agency beside one demand, on a local day.

    ``stars`` is the level held (None: not yet earned) and ``credit`` the level, as they stand at the freeze.
    ``services`` are the matters offered and not hidden. ``pool`` are the links of all live enrolments of the project;
    the agency's own may be among them. ``frozen_until`` (exclusive) ends the freeze of enrolment that was set for the
    present reason, served or not; None if none was set.
    """

    moment: Moment
    on: date
    demand: Demand
    kinds: Kinds
    uscc: str
    standing: str
    services: frozenset[str]
    held: tuple[HeldQualification, ...]
    stars: int | None
    credit: CreditLevel
    links: Links
    pool: tuple[Links, ...] = ()
    frozen_until: date | None = None
    lists: tuple[BarringEntry, ...] = ()
    earlier_work: tuple[EarlierWork, ...] = ()
    practitioners: tuple[NamedPractitioner, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says. ``warning``: it is ok now, but the agency must be told."""

    ok: bool
    code: str
    sentence: Sentence
    evidence: Mapping[str, object] = field(default_factory=dict)
    warning: bool = False

    def as_json(self) -> dict[str, object]:
        """The finding as it is stored: the msgid with its parameters, not yet in any language."""
        return {
            "ok": self.ok,
            "code": self.code,
            "msgid": self.sentence.msgid,
            "params": dict(self.sentence.params),
            "evidence": dict(self.evidence),
            "warning": self.warning,
        }
