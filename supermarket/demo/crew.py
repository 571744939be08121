"""The people who act in a play: somebody of each owner, agency and office, as operations see them."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from supermarket.accounts.models import Membership, Organisation, OrganisationKind, User
from supermarket.agencies.queries import agencies_by_uscc, offering, practitioners
from supermarket.core.permissions import Actor
from supermarket.data.catalogue import licence_kinds_accepted
from supermarket.demo import cast
from supermarket.extensions import db
from supermarket.matters.queries import published_version


@dataclass(frozen=True)
class Crew:
    """Actors by organisation; `agencies` by USCC, `owners` by USCC, `shown` are the agencies
    of the printed accounts."""

    by_organisation: Mapping[int, Actor]
    owners: Mapping[str, tuple[int, Actor]]
    agencies: Mapping[str, Actor]
    operator: Actor
    supervisor: Actor
    shown: frozenset[str]


def assemble() -> Crew:
    """Everybody whom `demo load` has entered. Raises LookupError where the market is not loaded."""
    rows = db.session.execute(
        sa.select(Organisation, User)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(User, User.id == Membership.user_id)
        .where(User.email.endswith("@demo.test"))
        .order_by(Membership.id)
    ).all()
    people: dict[int, Actor] = {}
    owners: dict[str, tuple[int, Actor]] = {}
    agencies: dict[str, Actor] = {}
    shown: set[str] = set()
    offices: dict[OrganisationKind, Actor] = {}
    for organisation, user in rows:
        if organisation.id in people:
            continue
        actor = people[organisation.id] = user.actor()
        if organisation.kind is OrganisationKind.OWNER and organisation.uscc is not None:
            owners[organisation.uscc] = (organisation.id, actor)
        elif organisation.kind is OrganisationKind.AGENCY and organisation.uscc is not None:
            agencies[organisation.uscc] = actor
            if user.email in cast.AGENCY_ACCOUNTS.values():
                shown.add(organisation.uscc)
        else:
            offices.setdefault(organisation.kind, actor)
    if OrganisationKind.OPERATOR not in offices or not agencies or not owners:
        raise LookupError("the demonstration is not loaded; run `flask demo load` first")
    return Crew(
        people,
        owners,
        agencies,
        offices[OrganisationKind.OPERATOR],
        offices[OrganisationKind.SUPERVISION],
        frozenset(shown),
    )


def able(crew: Crew, matter_code: str) -> list[str]:
    """Codes of the crew's agencies that offer a matter now, by name."""
    return [row.agency.uscc for row in offering(matter_code) if row.agency.uscc in crew.agencies]


def people_for(uscc: str, matter_code: str) -> tuple[int, ...]:
    """Practitioners whom an agency names for a matter: just those whose licences it demands."""
    row = agencies_by_uscc([uscc])[uscc]
    staff, chosen = list(practitioners(row.id)), list[int]()
    for needed in published_version(matter_code).personal_licences:
        accepted = licence_kinds_accepted(str(needed["kind"]))
        fitting = [
            person
            for person in staff
            if person.id not in chosen and any(licence.kind_code in accepted for licence in person.live_licences)
        ]
        chosen += [person.id for person in fitting[: int(str(needed["count"]))]]
    return tuple(chosen)
