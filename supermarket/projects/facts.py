"""Collects what the eligibility rules look at, from the registers as they stand now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from types import MappingProxyType

import sqlalchemy as sa

from supermarket.agencies.models import Agency, Practitioner, Standing, StandingChange
from supermarket.core.working_days import local_date
from supermarket.credit.points import CreditLevel
from supermarket.credit.queries import barring_lists, credit_of, held_level
from supermarket.data.catalogue import licence_kinds_accepted, qualification_kinds
from supermarket.data.facts import QualificationKind
from supermarket.extensions import db
from supermarket.matters.requirement_tree import HeldQualification, from_json
from supermarket.policies.queries import number
from supermarket.projects.eligibility_facts import (
    BarringEntry,
    Demand,
    EarlierWork,
    EligibilityFacts,
    HeldLicence,
    Licences,
    Moment,
    NamedPractitioner,
)
from supermarket.projects.links import Links
from supermarket.projects.models import Funding, Project
from supermarket.projects.people import BUSY, loads
from supermarket.projects.states import ProjectState

# A contract that was ended early left work behind, too.
WORKED = (*BUSY, ProjectState.COMPLETED, ProjectState.ARCHIVED, ProjectState.TERMINATED)


@cache
def kinds() -> Mapping[str, QualificationKind]:
    """Every qualification kind by code."""
    return MappingProxyType({kind.code: kind for kind in qualification_kinds()})


def links_of(agency: Agency) -> Links:
    """The agency's relations by the registry."""
    heads = [party.party_hash for party in agency.related_parties if party.relation == "legal_representative"]
    return Links(
        uscc=agency.uscc,
        head=heads[0] if heads else None,
        controlled_by=frozenset(
            party.party_uscc for party in agency.related_parties if party.relation == "controller" and party.party_uscc
        ),
        managed_by=frozenset(
            party.party_uscc for party in agency.related_parties if party.relation == "manager" and party.party_uscc
        ),
        head_office=agency.head_office_uscc if agency.is_branch else None,
    )


def demand_of(project: Project) -> Demand:
    """What the project asks, as published."""
    needed: dict[str, int] = {}
    for item in project.matter_version.personal_licences:
        needed[str(item["kind"])] = int(str(item["count"]))
    gave_up = _gave_up_before(project)
    decliners: tuple[Links, ...] = ()
    if gave_up:
        rows = db.session.scalars(sa.select(Agency).where(Agency.uscc.in_(gave_up)).order_by(Agency.uscc)).all()
        decliners = tuple(links_of(row) for row in rows)
    pairs = project.policy.get("barred_pairs", [])
    barred = frozenset(
        before
        for pair in (pairs if isinstance(pairs, list) else [])
        for doer, _, before in [pair.partition(":")]
        if doer == project.matter_code
    )
    return Demand(
        matter=project.matter_code,
        tree=from_json(project.requirement_tree),  # type: ignore[arg-type]  # stored only after validation
        star_floor=project.min_stars,
        credit_floor=CreditLevel(project.min_credit) if project.min_credit else None,
        practitioners_needed=max(project.practitioners_needed, sum(needed.values())),
        licences=tuple(
            Licences(kind=kind, accepted=frozenset(licence_kinds_accepted(kind)), count=count)
            for kind, count in sorted(needed.items())
        ),
        direct=project.mode == "direct",
        fiscal=project.funding is Funding.FISCAL,
        barred_preceding=barred,
        avoided={row.agency_uscc: row.reason for row in project.avoided},
        reissue_of=project.reissue_of.code if project.reissue_of is not None else None,
        decliners=decliners,
    )


def _gave_up_before(project: Project) -> frozenset[str]:
    """Who gave up the award in what this is the reissue of, or the reissue of a reissue: it is the same purchase."""
    found: set[str] = set()
    earlier = project.reissue_of
    while earlier is not None:
        found.update(earlier.decliners)
        earlier = earlier.reissue_of
    return frozenset(found)


def facts_of(
    project: Project,
    agency: Agency,
    *,
    practitioners: Iterable[Practitioner],
    moment: Moment,
    at: datetime,
    pool: tuple[Links, ...] = (),
    figures: Mapping[str, object] | None = None,
) -> EligibilityFacts:
    """The agency beside the project's demand on the local day of `at`.

    `figures`: those of the freeze; stars and credit count as they stood there (selection.md §2). None: as they stand.
    """
    on = local_date(at)
    stars, level = held_level(agency.uscc), credit_of(agency.uscc, at).level
    if figures:
        held_then = figures["star_level"]
        stars = held_then if isinstance(held_then, int) else None
        level = CreditLevel(str(figures["credit_level"]))
    return EligibilityFacts(
        moment=moment,
        on=on,
        demand=demand_of(project),
        kinds=kinds(),
        uscc=agency.uscc,
        standing=agency.standing.value,
        services=frozenset(item.matter_code for item in agency.services if item.hidden_reason is None),
        held=held(agency, on),
        stars=stars,
        credit=level,
        links=links_of(agency),
        pool=pool,
        frozen_until=_frozen_until(agency),
        lists=tuple(
            BarringEntry(
                document=row.document_number, authority=row.authority, from_date=row.from_date, until=row.until_date
            )
            for row in barring_lists(agency.uscc, on)
        ),
        earlier_work=_earlier_work(project, agency),
        practitioners=_named(project, tuple(practitioners), moment),
    )


def held(agency: Agency, on: date) -> tuple[HeldQualification, ...]:
    """The agency's certificates that a registry confirmed, as the requirement tree sees them.

    Those that have run out are among them, so that the rules name what ran out; valid they are for nobody.
    """
    return tuple(
        HeldQualification(
            kind=row.kind_code,
            speciality=row.speciality,
            level=row.level,
            valid_until=row.valid_until,
            number=row.number,
        )
        for row in agency.qualifications
        if row.verified_at is not None or (row.valid_until is not None and row.valid_until < on)
    )


def _frozen_until(agency: Agency) -> date | None:
    until = db.session.scalar(
        sa.select(StandingChange.until_at)
        .where(StandingChange.agency_id == agency.id, StandingChange.after == Standing.FROZEN)
        .order_by(StandingChange.id.desc())
        .limit(1)
    )
    return None if until is None else local_date(until)


def _earlier_work(project: Project, agency: Agency) -> tuple[EarlierWork, ...]:
    """Work in the same investment project by the agency's body: it, its head office or another of its branches."""
    if not project.investment_project_code:
        return ()
    body = sa.case((Agency.is_branch, sa.func.coalesce(Agency.head_office_uscc, Agency.uscc)), else_=Agency.uscc)
    rows = db.session.execute(
        sa.select(Project.matter_code, Project.code)
        .join(Agency, Agency.id == Project.winner_id)
        .where(
            Project.investment_project_code == project.investment_project_code,
            body == links_of(agency).body,
            sa.func.coalesce(Project.suspended_from, Project.state).in_(WORKED),
            Project.id != project.id,
        )
        .order_by(Project.id)
    )
    return tuple(EarlierWork(matter=row.matter_code, reference=row.code) for row in rows)


def _named(project: Project, rows: Sequence[Practitioner], moment: Moment) -> tuple[NamedPractitioner, ...]:
    carried = loads([row.id for row in rows], beside=project, before_it=moment is Moment.AWARD)
    most = number(project.policy, "practitioner_load")
    return tuple(
        NamedPractitioner(
            reference=str(row.id),
            licences=tuple(
                HeldLicence(licence.kind_code, licence.registered_until, licence.verified_at is not None)
                for licence in row.live_licences
            ),
            registered_with=row.agency.uscc if row.released_at is None else None,
            load=carried.get(row.id, 0),
            most_load=most,
        )
        for row in rows
    )
