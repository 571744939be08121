"""Organisations, people and actors for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count

from supermarket.accounts.models import Membership, Organisation, OrganisationKind, User
from supermarket.core.identifiers import make_uscc
from supermarket.core.permissions import Actor, Role
from supermarket.extensions import db
from tests.factories.policies import CHENGDU_WUHOU, make_industry, make_region

MADE_AT = datetime(2025, 1, 6, 2, 0, tzinfo=UTC)
_SERIAL = count(1)

KIND_OF_ROLE = {
    Role.OWNER: OrganisationKind.OWNER,
    Role.AGENCY: OrganisationKind.AGENCY,
    Role.REGULATOR: OrganisationKind.AUTHORITY,
    Role.OPERATOR: OrganisationKind.OPERATOR,
    Role.EDITOR: OrganisationKind.LIST_OFFICE,
    Role.SUPERVISOR: OrganisationKind.SUPERVISION,
    Role.EXPERT: OrganisationKind.EXPERT_POOL,
}


def fresh_uscc(prefix: str = "91510107") -> str:
    """A valid code that no other thing of this run has."""
    return make_uscc(prefix, 10_000 + next(_SERIAL))


def make_organisation(
    kind: OrganisationKind = OrganisationKind.OWNER,
    *,
    name: str | None = None,
    uscc: str | None = None,
    region_code: str = CHENGDU_WUHOU,
    industry: str | None = None,
    is_natural_person: bool = False,
) -> Organisation:
    """An organisation with a code of its own."""
    make_region(region_code)
    if industry is not None:
        make_industry(industry)
    code = uscc or fresh_uscc()
    row = Organisation(
        kind=kind,
        name=name or f"测试单位{code[-6:]}",
        uscc=code,
        region_code=region_code,
        industry=industry,
        is_natural_person=is_natural_person,
        created_at=MADE_AT,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_user(
    role: Role | None = None,
    organisation: Organisation | None = None,
    *,
    region_code: str | None = None,
    industries: Iterable[str] = (),
    email: str | None = None,
) -> User:
    """A person, with a role for an organisation (made if not given) unless `role` is None; cannot sign in."""
    serial = next(_SERIAL)
    # No argon2 here: it is slow on purpose. Tests of signing in set a password themselves.
    row = User(
        email=email or f"person{serial}@example.test", name=f"测试{serial}", password_hash="!", created_at=MADE_AT
    )
    db.session.add(row)
    if role is not None:
        body = organisation or make_organisation(KIND_OF_ROLE[role])
        if region_code is not None:
            make_region(region_code)
        row.memberships.append(
            Membership(organisation=body, role=role, region_code=region_code, industries=sorted(industries))
        )
    db.session.flush()
    return row


def make_actor(
    role: Role,
    organisation: Organisation | None = None,
    *,
    region_code: str | None = None,
    industries: Iterable[str] = (),
) -> Actor:
    """A person with a role, as operations see it."""
    return make_user(role, organisation, region_code=region_code, industries=industries).actor()
