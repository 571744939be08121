"""Organisations and their people, entered through the operations of the accounts room; what is there already stays."""

from collections.abc import Iterator
from datetime import datetime

from supermarket.accounts.models import Organisation, OrganisationKind, User
from supermarket.accounts.operations import SignUp, add_member, make_organisation, make_user, sign_up
from supermarket.accounts.queries import organisation_by_uscc, user_by_email
from supermarket.core.permissions import SYSTEM, Role
from supermarket.demo import cast


def enter_offices(at: datetime) -> int:
    """The province's offices with their accounts; gives how many accounts are new."""
    made, names = 0, cast.names()
    for body in cast.offices():
        kind, role = cast.KIND_OF_BODY[body.kind]
        organisation = _organisation(kind, body.name, body.uscc, at, industry=body.industry)
        industries = (body.industry,) if body.industry is not None else ()
        for email in cast.emails_of_office(body):
            made += _member(email, next(names), organisation, role, at, industries)
    name, uscc = cast.EXPERT_POOL
    pool = _organisation(OrganisationKind.EXPERT_POOL, name, uscc, at)
    return made + _member("expert@demo.test", next(names), pool, Role.EXPERT, at, ())


def enter_owners(at: datetime) -> int:
    """The purchasers, each with one account; gives how many are new."""
    made = 0
    for place, owner in enumerate(cast.owners()):
        if organisation_by_uscc(owner.uscc) is not None:
            continue
        command = SignUp(
            kind=OrganisationKind.OWNER,
            organisation_name=owner.name,
            uscc=owner.uscc,
            region_code=owner.region_code,
            name=owner.contact.name,
            email=cast.email_of_owner(place),
            password=cast.PASSWORD,
        )
        sign_up(command, at=at)
        made += 1
    return made


def _organisation(
    kind: OrganisationKind, name: str, uscc: str, at: datetime, *, industry: str | None = None
) -> Organisation:
    known = organisation_by_uscc(uscc)
    if known is not None:
        return known
    return make_organisation(kind=kind, name=name, uscc=uscc, region_code=cast.PROVINCE, industry=industry, at=at)


def _member(
    email: str, name: str, organisation: Organisation, role: Role, at: datetime, industries: tuple[str, ...]
) -> int:
    user = user_by_email(email)
    made = user is None
    if user is None:
        user = make_user(email=email, name=name, password=cast.PASSWORD, at=at)
    if not _is_member(user, organisation, role):
        add_member(user, organisation, role, actor=SYSTEM, at=at, region_code=cast.PROVINCE, industries=industries)
    return int(made)


def _is_member(user: User, organisation: Organisation, role: Role) -> bool:
    return any(item.organisation_id == organisation.id and item.role is role for item in user.memberships)


def table() -> Iterator[tuple[str, str, str]]:
    """(address, role, organisations) of the accounts to sign in with; "" for one that is not there yet."""
    for account in cast.ACCOUNTS:
        user = user_by_email(account.email)
        organisations = [item.organisation.name for item in user.memberships] if user is not None else []
        yield account.email, account.role.value, "、".join(organisations)
