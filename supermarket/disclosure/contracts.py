"""Lists of contracts with counts: public ones for everybody, all of its own for an organisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, lazyload

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.permissions import region_stem
from supermarket.extensions import db
from supermarket.projects.models import Project

SORTS: Mapping[str, tuple[sa.UnaryExpression[int] | sa.UnaryExpression[datetime | None], ...]] = {
    "newest": (Contract.id.desc(),),
    "price": (Contract.price.desc(), Contract.id.desc()),
    "in_force": (Contract.in_force_at.desc().nulls_last(), Contract.id.desc()),
}


@dataclass(frozen=True)
class ContractsWanted:
    """What a list is asked for; `organisation_id` shows everything of one owner or agency, else only what is public."""

    q: str = ""
    state: ContractState | None = None
    region: str = ""
    mode: str = ""
    organisation_id: int | None = None


@dataclass(frozen=True)
class ContractsFound:
    """One page with the counts for its facets."""

    items: Sequence[Contract]
    total: int
    number: int
    size: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def _base(wanted: ContractsWanted) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.organisation_id is None:
        conditions.append(Contract.public_at.is_not(None))
    else:
        conditions.append(
            sa.or_(Contract.owner_id == wanted.organisation_id, Agency.organisation_id == wanted.organisation_id)
        )
    if wanted.q:
        conditions.append(
            sa.or_(
                Contract.code.icontains(wanted.q, autoescape=True),
                Project.name.icontains(wanted.q, autoescape=True),
                Agency.name.icontains(wanted.q, autoescape=True),
                # A natural person is not found by name: a hit would say what the mask hides.
                sa.and_(~Organisation.is_natural_person, Organisation.name.icontains(wanted.q, autoescape=True)),
            )
        )
    if wanted.region:
        conditions.append(Project.region_code.startswith(region_stem(wanted.region)))
    return conditions


def contracts(wanted: ContractsWanted, *, sort: str = "newest", number: int = 1, size: int = 20) -> ContractsFound:
    """A page of contracts and the counts by state and mode: two statements."""
    grouped = (
        sa.select(Contract.state, Project.mode, sa.func.count())
        .join(Project, Project.id == Contract.project_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .join(Organisation, Organisation.id == Contract.owner_id)
        .where(*_base(wanted))
    )
    states: dict[str, int] = {}
    modes: dict[str, int] = {}
    total = 0
    for state, mode, count in db.session.execute(grouped.group_by(Contract.state, Project.mode)).all():
        right_state, right_mode = wanted.state in (None, state), wanted.mode in ("", mode)
        if right_mode:
            states[str(state)] = states.get(str(state), 0) + count
        if right_state:
            modes[mode] = modes.get(mode, 0) + count
        total += count if right_state and right_mode else 0
    query = _rows(wanted).order_by(*SORTS.get(sort, SORTS["newest"])).limit(size).offset((number - 1) * size)
    return ContractsFound(
        db.session.scalars(query).unique().all(), total, number, size, {"state": states, "mode": modes}
    )


def after(wanted: ContractsWanted, last_id: int | None, limit: int = 500) -> Sequence[Contract]:
    """For downloads: contracts by descending id."""
    query = _rows(wanted).order_by(Contract.id.desc()).limit(limit)
    return db.session.scalars(query.where(Contract.id < last_id) if last_id is not None else query).unique().all()


def _rows(wanted: ContractsWanted) -> sa.Select[Contract]:
    query = (
        sa.select(Contract)
        .join(Contract.project)
        .join(Contract.agency)
        .join(Contract.owner)
        .options(
            contains_eager(Contract.project).options(lazyload(Project.owner), lazyload(Project.matter_version)),
            contains_eager(Contract.agency),
            contains_eager(Contract.owner),
            lazyload(Contract.document),
            lazyload(Contract.signatures),
        )
        .where(*_base(wanted))
    )
    if wanted.state is not None:
        query = query.where(Contract.state == wanted.state)
    return query.where(Project.mode == wanted.mode) if wanted.mode else query
