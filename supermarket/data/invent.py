"""Invented bodies for the demo: agencies, purchasers, authorities, people. The same seed gives the same bodies.

Nobody real is meant, and nobody real can be hit: USCCs are of a block that no register has reached (core.identifiers),
identity numbers carry the birth year 1900 and the province's own code as place, subscriber numbers begin with 0 (none
does), mail goes to ``demo.test`` (RFC 2606), certificate numbers begin with 演, names of public bodies end in （演示）.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from supermarket.core.identifiers import identity_check_digit, make_uscc
from supermarket.data import catalogue
from supermarket.data.facts import QualificationKind, Region
from supermarket.data.invent_trades import CORE, NICHE, Offer, Trade
from supermarket.data.invent_words import (
    BRAND_FIRST,
    BRAND_SECOND,
    BRAND_THIRD,
    ELSEWHERE,
    GIVEN_FIRST,
    GIVEN_SECOND,
    ISSUERS,
    SICHUAN,
    STREETS,
    SURNAMES,
    City,
)
from supermarket.data.requirements import AllOf, AnyOf, KindNeeded, Requirement

Funding = Literal["fiscal", "social"]
OwnerKind = Literal["bureau", "school", "hospital", "company"]
BodyKind = Literal["authority", "operator", "list_office", "supervisor"]

# The first sixty are five of each core trade, so that a draw among at least five is possible from the start.
_CORE_AGENCIES = 60
_PEOPLE_PER_AGENCY = 16
_IDENTITY_SEQUENCES = 999
_OWNER_SERIAL, _BODY_SERIAL = 50_000, 80_000
_MARK = "（演示）"


@dataclass(frozen=True, slots=True)
class InventedPerson:
    name: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class InventedService:
    """A matter offered: the fee standard in words, promised working days, and the yuan range behind the words."""

    matter: str
    fee_standard: str
    promised_days: int
    low_yuan: int
    high_yuan: int


@dataclass(frozen=True, slots=True)
class InventedQualification:
    kind: str
    speciality: str | None
    level: str | None
    number: str
    issuer: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class InventedPractitioner:
    """One person with one licence; no identity number occurs twice over all agencies."""

    name: str
    licence_kind: str
    licence_number: str
    registered_until: date
    identity_number: str


@dataclass(frozen=True, slots=True)
class InventedAgency:
    """An agency with all that its services demand; ``region_code`` is its county, ``controllers`` are people."""

    name: str
    uscc: str
    kind: str
    trade: str
    region_code: str
    address: str
    legal_representative: str
    controllers: tuple[str, ...]
    contact: InventedPerson
    established: date
    business_scope: str
    introduction: str
    services: tuple[InventedService, ...]
    qualifications: tuple[InventedQualification, ...]
    practitioners: tuple[InventedPractitioner, ...]
    pledge_signed: bool


@dataclass(frozen=True, slots=True)
class InventedOwner:
    """A purchaser (项目业主); bureaus, schools and hospitals spend fiscal money, companies their own."""

    name: str
    uscc: str
    kind: OwnerKind
    region_code: str
    funding: Funding
    address: str
    legal_representative: str
    contact: InventedPerson
    place: str


@dataclass(frozen=True, slots=True)
class InventedBody:
    """A public body of a region; ``industry`` only for industry authorities."""

    name: str
    uscc: str
    kind: BodyKind
    region_code: str
    industry: str | None


def agencies(n: int, seed: int, today: date) -> tuple[InventedAgency, ...]:
    """The first ``n`` invented agencies; more of them never change the earlier ones. Certificates outlive ``today``."""
    found: list[InventedAgency] = []
    names: set[str] = set()
    for index in range(n):
        agency = _agency(index, invented_random(seed, "agency", index), today, names)
        names.add(agency.name)
        found.append(agency)
    return tuple(found)


def owners(n: int, seed: int) -> tuple[InventedOwner, ...]:
    """The first ``n`` invented purchasers of Sichuan: bureaus, schools, hospitals and companies in turn."""
    kinds: tuple[OwnerKind, ...] = ("bureau", "school", "company", "bureau", "hospital", "company")
    found: list[InventedOwner] = []
    names: set[str] = set()
    for index in range(n):
        owner = _owner(index, kinds[index % len(kinds)], invented_random(seed, "owner", index), names)
        names.add(owner.name)
        found.append(owner)
    return tuple(found)


def authorities(region_code: str) -> tuple[InventedBody, ...]:
    """A region's bodies: one authority per industry, then operator, list office, supervisor. KeyError: no region."""
    place = catalogue.region(region_code)
    provincial = place.parent_code is None
    title = _title(place)
    bodies: list[tuple[BodyKind, str, str | None]] = [
        ("authority", industry.provincial_bureau if provincial else industry.bureau, industry.code)
        for industry in catalogue.industries()
    ]
    bodies += [
        ("operator", "中介服务网上超市运行中心", None),
        ("list_office", "中介服务事项目录管理办公室", None),
        ("supervisor", "中介服务监督办公室", None),
    ]
    return tuple(
        InventedBody(
            name=f"{title}{bureau}{_MARK}",
            uscc=make_uscc(f"1{'2' if kind == 'operator' else '1'}{region_code}", _BODY_SERIAL + serial),
            kind=kind,
            region_code=region_code,
            industry=industry,
        )
        for serial, (kind, bureau, industry) in enumerate(bodies)
    )


def people(n: int, seed: int) -> tuple[InventedPerson, ...]:
    """``n`` invented people for accounts of the demo."""
    return tuple(_person(invented_random(seed, "person", index), "028", f"p{index:05d}") for index in range(n))


def brand(rng: random.Random) -> str:
    """Three characters for an invented firm's or school's own name."""
    return rng.choice(BRAND_FIRST) + rng.choice(BRAND_SECOND) + rng.choice(BRAND_THIRD)


def invented_random(seed: int, what: str, index: int) -> random.Random:
    """A generator of its own for each invented thing, so that asking for more changes none of the earlier ones."""
    return random.Random(f"{seed}/{what}/{index}")  # noqa: S311 - invented demo data, decides nothing


def _agency(index: int, rng: random.Random, today: date, taken: set[str]) -> InventedAgency:
    core = index < _CORE_AGENCIES
    trade = CORE[index % len(CORE)] if core else (NICHE + CORE)[(index - _CORE_AGENCIES) % len(NICHE + CORE)]
    # Two in five sit in the capital, one in eight comes from another province.
    draw = rng.random()
    city = rng.choice(ELSEWHERE) if draw < 0.125 else SICHUAN[0] if draw < 0.5 else rng.choice(SICHUAN)
    county = rng.choice(_counties(city))
    name = _fresh_name(rng, city, trade, taken)
    head = _name(rng)
    offers = list(trade.offers) + [offer for offer in trade.extra if rng.random() < 0.6]
    qualifications = tuple(_qualifications(index, rng, offers, city, today))
    practitioners = tuple(_practitioners(index, rng, trade, offers, today))
    years = rng.randrange(6, 24)
    return InventedAgency(
        name=name,
        uscc=make_uscc(f"91{county.code}", index + 1),
        kind="enterprise",
        trade=trade.code,
        region_code=county.code,
        address=_address(rng, county),
        legal_representative=head,
        controllers=(head,) if rng.random() < 0.6 else (_name(rng),),
        contact=_person(rng, city.area_code, f"a{index + 1:05d}"),
        established=today - timedelta(days=365 * years + rng.randrange(365)),
        business_scope=trade.scope + "。（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
        introduction=f"成立{years}年，在册专业人员{len(practitioners)}人，主要从事{trade.scope.replace('；', '、')}。",
        services=tuple(_service(rng, offer) for offer in offers),
        qualifications=qualifications,
        practitioners=practitioners,
        pledge_signed=True,
    )


def _fresh_name(rng: random.Random, city: City, trade: Trade, taken: set[str]) -> str:
    while True:
        place = "四川" if city in SICHUAN and rng.random() < 0.5 else city.short
        name = f"{place}{brand(rng)}{trade.suffix}"
        if name not in taken:
            return name


def _service(rng: random.Random, offer: Offer) -> InventedService:
    low = round(offer.low * rng.uniform(0.9, 1.3), -3)
    high = max(round(offer.high * rng.uniform(0.7, 1.0), -3), low + 1_000)
    return InventedService(
        matter=offer.matter,
        fee_standard=f"市场调节价，每项{int(low):,}元至{int(high):,}元，按规模和难度在合同中约定",
        promised_days=rng.randint(offer.days_low, offer.days_high),
        low_yuan=int(low),
        high_yuan=int(high),
    )


def _qualifications(
    index: int, rng: random.Random, offers: list[Offer], city: City, today: date
) -> Iterator[InventedQualification]:
    held: set[tuple[str, str | None]] = set()
    leaves = [leaf for offer in offers for leaf in _leaves(rng, catalogue.matter(offer.matter).requirement)]
    # Leaves with a speciality first: they also meet those that name none.
    for leaf in sorted(leaves, key=lambda leaf: leaf.speciality is None):
        kind = catalogue.qualification_kind(leaf.kind)
        if any(code == leaf.kind and leaf.speciality in (None, speciality) for code, speciality in held):
            continue
        speciality, level = _grade(rng, kind, leaf)
        held.add((leaf.kind, speciality))
        # Late agencies' certificates end soon now and then, so that the demo shows reminders.
        soon = index >= _CORE_AGENCIES and rng.random() < 0.1
        yield InventedQualification(
            kind=leaf.kind,
            speciality=speciality,
            level=level,
            number=f"演{leaf.kind}-{city.code}-{index + 1:05d}{len(held)}",
            issuer=_issuer(leaf.kind, city),
            valid_until=today + timedelta(days=rng.randrange(20, 85) if soon else rng.randrange(400, 1_700)),
        )


def _leaves(rng: random.Random, tree: Requirement | None) -> Iterator[KindNeeded]:
    match tree:
        case None:
            return
        case KindNeeded():
            yield tree
        case AnyOf(branches):
            yield from _leaves(rng, rng.choice(branches))
        case AllOf(branches):
            for branch in branches:
                yield from _leaves(rng, branch)


def _grade(rng: random.Random, kind: QualificationKind, leaf: KindNeeded) -> tuple[str | None, str | None]:
    """A speciality and level that meet the leaf and that such a body may really hold."""
    speciality = leaf.speciality or (kind.specialities[0] if kind.specialities else None)
    levels = [
        level
        for level in kind.levels
        if level not in kind.general_levels and (leaf.level is None or kind.covers(level, leaf.level))
    ]
    if speciality is not None and kind.code == "Q009":
        word = "专项" if speciality.endswith("专项") else "行业"
        levels = [level for level in levels if level.startswith(word)]
    # A body that moves in a market of counties rarely holds the highest grade; the middle is likeliest.
    return speciality, rng.choice(levels[: max(2, len(levels) - 1)]) if levels else None


def _practitioners(
    index: int, rng: random.Random, trade: Trade, offers: list[Offer], today: date
) -> Iterator[InventedPractitioner]:
    needed = dict.fromkeys(trade.staff, 1)
    for offer in offers:
        for licence in catalogue.matter(offer.matter).licences:
            needed[licence.kind] = max(needed.get(licence.kind, 0), licence.count)
    place = 0
    for kind, count in needed.items():
        for _ in range(count + rng.randint(1, 2)):
            yield InventedPractitioner(
                name=_name(rng),
                licence_kind=kind,
                licence_number=f"演{kind}{index + 1:05d}{place:02d}",
                registered_until=today + timedelta(days=rng.randrange(400, 1_300)),
                identity_number=invented_identity_number(index * _PEOPLE_PER_AGENCY + place),
            )
            place += 1
    if place > _PEOPLE_PER_AGENCY:
        raise ValueError("a trade needs more people than an agency has identity numbers for")


def invented_identity_number(serial: int) -> str:
    """A well-formed identity number that is nobody's: place 510000, born in 1900. Raises ValueError beyond 364 634."""
    day, sequence = divmod(serial, _IDENTITY_SEQUENCES)
    if not 0 <= day < 365:
        raise ValueError("there are 364 635 invented identity numbers")
    born = date(1900, 1, 1) + timedelta(days=day)
    first = f"510000{born:%Y%m%d}{sequence + 1:03d}"
    return first + identity_check_digit(first)


def _owner(index: int, kind: OwnerKind, rng: random.Random, taken: set[str]) -> InventedOwner:
    while True:
        city = rng.choice(SICHUAN)
        county = rng.choice(_counties(city))
        place = _title(county)
        if kind == "bureau":
            name = f"{_title(county)}{rng.choice(catalogue.industries()).bureau}{_MARK}"
        elif kind == "company":
            place = f"{city.short}{brand(rng)}"
            name = place + rng.choice(("实业有限公司", "科技股份有限公司", "置业有限公司", "能源有限公司"))
        else:
            place = f"{_title(county)}{brand(rng)}" + ("学校" if kind == "school" else "医院")
            name = place + _MARK
        if name not in taken:
            break
    return InventedOwner(
        name=name,
        uscc=make_uscc({"bureau": "11", "company": "91"}.get(kind, "12") + county.code, _OWNER_SERIAL + index),
        kind=kind,
        region_code=county.code,
        funding="social" if kind == "company" else "fiscal",
        address=_address(rng, county),
        legal_representative=_name(rng),
        contact=_person(rng, city.area_code, f"o{index + 1:05d}"),
        place=place,
    )


def _counties(city: City) -> list[Region]:
    return [region for region in catalogue.regions() if region.parent_code == city.code]


def _full_name(place: Region) -> str:
    """A place with its city ("广安市广安区"), or with its municipality; the province is named only for itself."""
    *parts, province = catalogue.region_path(place.code)
    if not parts or province.kind == "直辖市":
        parts.append(province)
    return "".join(region.name for region in reversed(parts))


def _title(place: Region) -> str:
    """What a place's own bodies are named after: districts with their city, counties and county cities alone."""
    return _full_name(place) if place.kind == "市辖区" else place.name


def _issuer(kind: str, city: City) -> str:
    province = catalogue.region_path(city.code)[-1]
    offices = ISSUERS[kind]
    return province.name + offices[province.kind == "直辖市"]


def _address(rng: random.Random, county: Region) -> str:
    return f"{_full_name(county)}{rng.choice(STREETS)}{rng.randrange(1, 400)}号{rng.randrange(1, 30)}层"


def _name(rng: random.Random) -> str:
    given = rng.choice(GIVEN_SECOND)
    return rng.choice(SURNAMES) + (rng.choice(GIVEN_FIRST) + given if rng.random() < 0.8 else given)


def _person(rng: random.Random, area_code: str, mailbox: str) -> InventedPerson:
    digits = 7 if len(area_code) == 3 else 6
    phone = f"{area_code}-0{rng.randrange(10**digits):0{digits}d}"
    return InventedPerson(_name(rng), phone, f"{mailbox}@demo.test")
