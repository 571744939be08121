"""What will happen with a project, as a plan that `modes.plain` puts into sentences: one for drafts, notices and forms."""

from collections.abc import Mapping
from datetime import datetime

from supermarket.modes.plain import Plan
from supermarket.policies.defaults import DEFAULTS, PolicyValue
from supermarket.policies.queries import policies_for
from supermarket.projects.models import Funding, Project
from supermarket.projects.operations.publishing import planned_times
from supermarket.projects.ways import mode_of, terms_of


def needs_review(funding: Funding, numbers: Mapping[str, PolicyValue]) -> bool:
    """Whether the operator looks at the notice before it is public."""
    return funding is Funding.FISCAL or bool(numbers["social_needs_review"])


def plan_of(project: Project, at: datetime) -> Plan:
    """The project's plan: as published, or for a draft as it would be if it were published at `at`."""
    row, published = mode_of(project), project.published_at is not None
    numbers = project.policy if published else policies_for(project.region_code, at)
    enrol_until, select_at = project.enrol_until, project.select_at
    if not published and row.has_enrolment:
        enrol_until, select_at = planned_times(project, at)
    return Plan(
        row=row,
        terms=terms_of(project),
        numbers={**DEFAULTS, **numbers},
        fiscal=project.funding is Funding.FISCAL,
        ceiling=project.ceiling,
        floor=project.floor,
        enrol_until=enrol_until,
        select_at=select_at,
        reviewed=not published and needs_review(project.funding, {**DEFAULTS, **numbers}),
        agency=project.named_agency.name if project.named_agency is not None else "",
    )
