"""Who is in the demonstration: the accounts to sign in with, the offices, owners and agencies behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from supermarket.accounts.models import OrganisationKind
from supermarket.core.identifiers import make_uscc
from supermarket.core.permissions import Role
from supermarket.data import catalogue, invent
from supermarket.data.invent import InventedAgency, InventedBody, InventedOwner

SEED = 2026
PROVINCE = "510000"
AGENCIES = 72
OWNERS = 24
PASSWORD = "demo-pass-2026"  # noqa: S105 -- published with the demo, of no use anywhere else
EXPERT_POOL = ("四川省中介服务评审专家库（演示）", make_uscc(f"12{PROVINCE}", 80_900))

# Places in invent.agencies and invent.owners. The three agencies are surveyors: ZJ029, ZJ039 and ZJ043 are open to all
# of them without anything further, so that a visitor can enrol three agencies in one project of any money.
AGENCY_ACCOUNTS = {1: "agency@demo.test", 37: "agency2@demo.test", 13: "agency3@demo.test"}
OWNER_ACCOUNTS = {10: "owner@demo.test"}
COMMON_MATTERS = ("ZJ029", "ZJ039", "ZJ043")
REGULATED = ("natural-resources", "housing-construction", "development-reform")
BLACKLISTED = 58
RED_LISTED = (9, 21)


@dataclass(frozen=True)
class Account:
    """An account of the printed table; `what` is an English msgid."""

    email: str
    role: Role


ACCOUNTS = (
    Account("owner@demo.test", Role.OWNER),
    Account("agency@demo.test", Role.AGENCY),
    Account("agency2@demo.test", Role.AGENCY),
    Account("agency3@demo.test", Role.AGENCY),
    Account("regulator@demo.test", Role.REGULATOR),
    Account("operator@demo.test", Role.OPERATOR),
    Account("editor@demo.test", Role.EDITOR),
    Account("supervisor@demo.test", Role.SUPERVISOR),
    Account("expert@demo.test", Role.EXPERT),
)
KIND_OF_BODY = {
    "authority": (OrganisationKind.AUTHORITY, Role.REGULATOR),
    "operator": (OrganisationKind.OPERATOR, Role.OPERATOR),
    "list_office": (OrganisationKind.LIST_OFFICE, Role.EDITOR),
    "supervisor": (OrganisationKind.SUPERVISION, Role.SUPERVISOR),
}


@cache
def agencies(count: int, today: date) -> tuple[InventedAgency, ...]:
    """The first invented agencies; their certificates outlive `today`."""
    return invent.agencies(count, SEED, today)


@cache
def owners() -> tuple[InventedOwner, ...]:
    """The invented purchasers."""
    return invent.owners(OWNERS, SEED)


@cache
def offices() -> tuple[InventedBody, ...]:
    """The province's industry authorities, operator, list office and supervision office."""
    return invent.authorities(PROVINCE)


def authority_of(industry: str) -> InventedBody:
    """The industry authority of the province. Raises StopIteration for an unknown industry."""
    return next(body for body in offices() if body.industry == industry)


def email_of_agency(place: int) -> str:
    """The account that acts for an agency."""
    return AGENCY_ACCOUNTS.get(place, f"agency{place:03d}.staff@demo.test")


def email_of_owner(place: int) -> str:
    """The account that acts for an owner."""
    return OWNER_ACCOUNTS.get(place, f"owner{place:03d}.staff@demo.test")


def emails_of_office(body: InventedBody) -> Sequence[str]:
    """The accounts that act for an office: the printed one, or one of its own."""
    if body.industry is not None:
        own = (f"{body.industry}.staff@demo.test",)
        return ("regulator@demo.test", *own) if body.industry in REGULATED else own
    _kind, role = KIND_OF_BODY[body.kind]
    # Appeals and removals take a second officer of the same house.
    return (f"{role.value}@demo.test", f"{role.value}2.staff@demo.test")


def names() -> Iterator[str]:
    """Invented people's names for the offices' accounts, the same ones every time."""
    yield from (person.name for person in invent.people(len(catalogue.industries()) * 3, SEED))
