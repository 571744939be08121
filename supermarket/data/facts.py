"""The shapes of the facts that the product carries: frozen values, independent of the database (docs/data.md)."""

from dataclasses import dataclass
from enum import StrEnum

from supermarket.data.requirements import LicenceNeeded, Requirement


class RegionLevel(StrEnum):
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


class Holder(StrEnum):
    """Who holds a qualification: a body (机构资质) or a person (职业资格)."""

    ORGANISATION = "organisation"
    PERSON = "person"


class KindStatus(StrEnum):
    """Whether a kind of qualification may be asked for: only ``valid`` and ``changing`` ones are law today."""

    VALID = "valid"
    CHANGING = "changing"
    VOLUNTARY = "voluntary"
    NO_LICENCE = "no_licence"
    ABOLISHED = "abolished"
    MERGED = "merged"


class Commissioner(StrEnum):
    """Who commissions a matter (spec onboarding.md)."""

    APPLICANT_MAY_DO_IT_ALONE = "applicant_may_do_it_alone"
    APPLICANT = "applicant"
    AUTHORITY = "authority"


class FeeBearer(StrEnum):
    APPLICANT = "applicant"
    AUTHORITY = "authority"


class FeeKind(StrEnum):
    GOVERNMENT_PRICE = "government_price"
    GUIDED = "guided"
    MARKET = "market"


class MatterStatus(StrEnum):
    """The state in which a starting matter enters the register; without a legal basis it stays a draft."""

    PUBLISHED = "published"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Region:
    """A division of GB/T 2260; what stands directly under a province or municipality has it as its parent."""

    code: str
    name: str
    parent_code: str | None
    level: RegionLevel
    kind: str


@dataclass(frozen=True, slots=True)
class RegionChange:
    """An abolished code and what it went into (none: a heading that had no people or land of its own)."""

    old_code: str
    old_name: str
    successor_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry authority (行业主管部门): ASCII code, field, usual names of its local and provincial bureau."""

    code: str
    name: str
    name_en: str
    bureau: str
    provincial_bureau: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the investment project (国办发〔2019〕11号), or ``operation`` for what lies outside."""

    code: str
    name: str
    name_en: str
    position: int
    in_project: bool


@dataclass(frozen=True, slots=True)
class QualificationKind:
    """A kind of qualification. ``levels`` run from high to low; ``level_cover`` says which level includes which."""

    code: str
    holder: Holder
    name: str
    levels: tuple[str, ...]
    level_cover: tuple[tuple[str, ...], ...]
    general_levels: tuple[str, ...]
    specialities: tuple[str, ...]
    counts_as: str | None
    issuing_authority: str
    status: KindStatus
    status_effective: str
    basis: str
    note: str
    levels_text: str
    confidence: str

    @property
    def live(self) -> bool:
        """Whether it may be asked for at all: neither abolished, merged, voluntary nor without a licence."""
        return self.status in (KindStatus.VALID, KindStatus.CHANGING)

    def covers(self, held: str, needed: str) -> bool:
        """Whether the level held includes the level needed (both of this kind; unknown levels cover nothing)."""
        if held not in self.levels or needed not in self.levels:
            return False
        reached, front = {held}, [held]
        while front:
            level = front.pop()
            for chain in self.level_cover:
                if level in chain:
                    lower = set(chain[chain.index(level) + 1 :]) - reached
                    reached |= lower
                    front.extend(lower)
        return needed in reached

    def satisfies(
        self, held_level: str | None, held_speciality: str | None, level: str | None, speciality: str | None
    ) -> bool:
        """Whether a held (level, speciality) meets a needed one; a general level (综合) stands for every speciality."""
        general = held_level is not None and held_level in self.general_levels
        if speciality is not None and not general and held_speciality != speciality:
            return False
        return level is None or (held_level is not None and self.covers(held_level, level))


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter of the starting catalogue (中介服务事项); compiled from laws, not an official list."""

    code: str
    name: str
    status: MatterStatus
    approval_item: str
    department: str
    industry: str
    stage: str
    legal_basis: str
    other_basis: str
    agency_type: str
    commissioned_by: Commissioner
    fee_bearer: FeeBearer
    fee_kind: FeeKind
    fee_text: str
    fee_reference: str | None
    service_time: str
    statutory_time: str
    result_document: str
    qualification_text: str
    requirement: Requirement | None
    licences: tuple[LicenceNeeded, ...]
    requirement_source: str
    commission_text: str
    citation_check: str
    note: str


@dataclass(frozen=True, slots=True)
class FeeReference:
    """A line of a government price table of 1999–2007; not binding since 2015, a reference only.

    ``lower`` and ``upper`` bound the basis in the unit that ``basis`` names; ``value`` is the table's own text.
    """

    code: str
    service: str
    basis: str
    lower: str
    upper: str
    value: str
    document: str
    status: str
