"""The money rules over a purchase with the numbers of its region and day: what refuses, and what only alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import RuleFinding
from supermarket.core.working_days import local_date
from supermarket.extensions import db
from supermarket.policies.queries import number, policies_for
from supermarket.projects.eligibility_facts import Finding
from supermarket.projects.models import Funding, Project
from supermarket.projects.money_rules import (
    DirectAward,
    Ground,
    ProcurementLimit,
    Purchase,
    direct_is_allowed,
    is_within_limits,
    repeat_alert,
    splitting_alert,
)
from supermarket.projects.states import ProjectState

# A purchase that came to nothing is no part of a split one.
_NO_PURCHASE = (
    ProjectState.DRAFT,
    ProjectState.IN_REVIEW,
    ProjectState.FAILED,
    ProjectState.WITHDRAWN,
    ProjectState.VOID,
)


@dataclass(frozen=True)
class Bought:
    """What the money rules look at; `filed`: whether the document behind a direct selection was handed in."""

    region_code: str
    funding: Funding
    budget: int
    direct: bool
    ground: Ground | None
    document: str
    filed: bool = True


def money_findings(bought: Bought, at: datetime) -> Iterator[RuleFinding]:
    """What the money does not allow, each with its rule."""
    values = policies_for(bought.region_code, at)
    fiscal = bought.funding is Funding.FISCAL
    limits = (
        ProcurementLimit(
            "tender_limit",
            _("Public tender limit"),
            _("Regulation on projects that must be tendered, article 5"),
            number(values, "tender_limit"),
        ),
        ProcurementLimit(
            "central_procurement_limit",
            _("Central procurement limit"),
            _("the region's central procurement catalogue"),
            number(values, "central_procurement_limit"),
        ),
    )
    found = [is_within_limits(bought.budget, fiscal, limits)]
    if bought.direct:
        line = number(values, "direct_small_amount_line")
        found.append(direct_is_allowed(bought.budget, fiscal, line, bought.ground, bought.document, filed=bought.filed))
    for finding in found:
        if not finding.ok:
            yield RuleFinding(finding.code, finding.sentence.text(_), dict(finding.evidence))


def money_of(project: Project, at: datetime) -> Iterator[RuleFinding]:
    """The same for a project that is handed in or published at `at`."""
    return money_findings(
        Bought(
            project.region_code,
            project.funding,
            project.budget,
            project.mode == "direct",
            project.direct_ground,
            project.direct_document,
            filed=project.direct_document_id is not None,
        ),
        at,
    )


def alerts_of(project: Project, at: datetime) -> tuple[Finding, ...]:
    """What a supervisor is told about a purchase, and its owner and the operator before it is published; none refuses."""
    if project.funding is not Funding.FISCAL:
        return ()
    found = [splitting_of(project, at)]
    if project.mode == "direct" and project.named_agency is not None:
        found.append(repeats_of(project, at))
    return tuple(finding for finding in found if not finding.ok)


def splitting_of(project: Project, at: datetime) -> Finding:
    """Whether the owner's fiscal projects for this matter within the policy's days come to more than the line."""
    values = policies_for(project.region_code, at)
    days = number(values, "splitting_days")
    on = local_date(project.published_at or at)
    new = Purchase(project.code, str(project.owner_id), project.matter_code, project.budget, on)
    rows = db.session.scalars(
        sa.select(Project).where(
            Project.owner_id == project.owner_id,
            Project.matter_code == project.matter_code,
            Project.funding == Funding.FISCAL,
            Project.published_at > at - timedelta(days=days + 1),
            Project.state.not_in(_NO_PURCHASE),
            Project.id != project.id,
        )
    ).all()
    earlier = [
        Purchase(row.code, str(row.owner_id), row.matter_code, row.budget, local_date(row.published_at))
        for row in rows
        if row.published_at is not None
    ]
    return splitting_alert(new, earlier, number(values, "direct_small_amount_line"), window_days=days)


def repeats_of(project: Project, at: datetime) -> Finding:
    """Whether this would be one direct award too many of this owner to this agency within the policy's days."""
    values = policies_for(project.region_code, at)
    days = number(values, "splitting_days")
    agency_id = project.named_agency_id
    on = local_date(project.announced_at or at)
    new = DirectAward(project.code, str(project.owner_id), str(agency_id), on)
    return repeat_alert(
        new,
        _direct_awards(project, at - timedelta(days=days + 1)),
        window_days=days,
        repeats=number(values, "repeat_direct_awards"),
    )


def _direct_awards(project: Project, since: datetime) -> Sequence[DirectAward]:
    rows = db.session.scalars(
        sa.select(Project).where(
            Project.owner_id == project.owner_id,
            Project.mode == "direct",
            Project.funding == Funding.FISCAL,
            Project.winner_id == project.named_agency_id,
            Project.announced_at > since,
            Project.id != project.id,
        )
    ).all()
    return [
        DirectAward(row.code, str(row.owner_id), str(row.winner_id), local_date(row.announced_at))
        for row in rows
        if row.announced_at is not None
    ]
