"""Reads of the contracts room, and the lock that everything hanging on a contract takes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract, Party, Signature, Urge
from supermarket.contracts.permissions import OFFICES, SIGNS, sees_all
from supermarket.contracts.states import ContractState
from supermarket.contracts.terms import Terms
from supermarket.core.errors import NotFound
from supermarket.core.events import Event
from supermarket.core.identifiers import mask_name
from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.core.permissions import Actor, P, region_stem
from supermarket.core.working_days import calendar_days_between
from supermarket.documents.models import Document
from supermarket.documents.queries import readable_by
from supermarket.extensions import db
from supermarket.matters.models import MatterVersion
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState

UNSIGNED = (ContractState.DRAFTED, ContractState.HALF_SIGNED)


@dataclass(frozen=True)
class Waiting:
    """Something that waits for an actor: what (a word for the page), of which contract, which number of it, until when."""

    what: str
    contract_code: str
    number: int | None
    name: str
    due_at: datetime | None


@dataclass(frozen=True)
class ContractFilter:
    """What a list shows; `party_id` is an organisation on either side, `q` part of a code or name."""

    state: ContractState | None = None
    party_id: int | None = None
    agency_uscc: str | None = None
    project_code: str | None = None
    q: str = ""


def contract(code: str) -> Contract:
    """The contract. Raises NotFound."""
    row = db.session.scalar(sa.select(Contract).where(Contract.code == code))
    if row is None:
        raise NotFound(_("There is no such contract."))
    return row


def contract_of_project(project_code: str) -> Contract | None:
    """The latest contract of a project."""
    query = sa.select(Contract).join(Project, Project.id == Contract.project_id).where(Project.code == project_code)
    return db.session.scalar(query.order_by(Contract.id.desc()).limit(1))


def visible_contract(code: str, actor: Actor) -> Contract:
    """The contract if it is public or the actor's to see. Raises NotFound: nobody else learns that there is one."""
    row = contract(code)
    if row.public_at is None and not sees_all(row, actor):
        raise NotFound(_("There is no such contract."))
    return row


def locked(code: str) -> Contract:
    """The contract, locked with its project until the end of the transaction, project first. Raises NotFound."""
    project_id = db.session.scalar(sa.select(Contract.project_id).where(Contract.code == code))
    if project_id is None:
        raise NotFound(_("There is no such contract."))
    db.session.execute(sa.select(Project.id).where(Project.id == project_id).with_for_update())
    return db.session.scalars(
        sa.select(Contract)
        .where(Contract.code == code)
        .with_for_update(of=Contract)
        .execution_options(populate_existing=True)
    ).one()


def code_of(contract_id: int) -> str:
    """The code of a contract's id. Raises NotFound."""
    code = db.session.scalar(sa.select(Contract.code).where(Contract.id == contract_id))
    if code is None:
        raise NotFound(_("There is no such contract."))
    return code


def terms_of(row: Contract) -> Terms:
    """The signed terms."""
    return Terms.read(row.terms)


def owner_name(row: Contract, actor: Actor) -> str:
    """The owner's name; a natural person's is masked for everybody who is neither side nor office."""
    if row.owner.is_natural_person and not sees_all(row, actor):
        return mask_name(row.owner.name)
    return row.owner.name


def documents_of(row: Contract, actor: Actor) -> Sequence[Document]:
    """The draft and the signed copy, as far as the actor reads them."""
    known = [row.document, *([row.signed_document] if row.signed_document else [])]
    whole = sees_all(row, actor)
    return [document for document in known if whole or readable_by(document, actor)]


def find(wanted: ContractFilter, part: Slice, *, actor: Actor) -> Page[Contract]:
    """Contracts that the actor may see, newest first: public ones, those of its own organisations, an office's region.

    Three statements whatever the size.
    """
    query = (
        sa.select(Contract)
        .join(Project, Project.id == Contract.project_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .join(Organisation, Organisation.id == Contract.owner_id)
        .where(_visible_to(actor))
    )
    if wanted.state is not None:
        query = query.where(Contract.state == wanted.state)
    if wanted.party_id is not None:
        query = query.where(sa.or_(Contract.owner_id == wanted.party_id, Agency.organisation_id == wanted.party_id))
    if wanted.agency_uscc is not None:
        query = query.where(Agency.uscc == wanted.agency_uscc)
    if wanted.project_code is not None:
        query = query.where(Project.code == wanted.project_code)
    if wanted.q.strip():
        query = query.where(_matches(wanted.q.strip()))
    total = db.session.scalar(query.with_only_columns(sa.func.count())) or 0
    return fetch(query, [SortKey(Contract.id.expression, descending=True)], part, total)


def _visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """`visible_contract` as SQL over Contract, Project and Agency."""
    if actor.system:
        return sa.true()
    grants = list(actor.grants_with(P.CONTRACT_SEE))
    mine = {grant.organisation_id for grant in grants}
    ways: list[sa.ColumnElement[bool]] = [
        Contract.public_at.is_not(None),
        Contract.owner_id.in_(mine),
        Agency.organisation_id.in_(mine),
    ]
    for grant in grants:
        if grant.role not in OFFICES:
            continue
        way: sa.ColumnElement[bool] = (
            sa.true() if grant.region_code is None else Project.region_code.startswith(region_stem(grant.region_code))
        )
        if grant.industries:
            of_industry = sa.select(MatterVersion.id).where(MatterVersion.industry.in_(grant.industries))
            way = sa.and_(way, Project.matter_version_id.in_(of_industry))
        ways.append(way)
    return sa.or_(*ways)


def _matches(text: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        Contract.code.icontains(text, autoescape=True),
        Project.code.icontains(text, autoescape=True),
        Project.name.icontains(text, autoescape=True),
        Agency.name.icontains(text, autoescape=True),
        # A natural person is not found by name: a hit would say what the mask hides.
        sa.and_(~Organisation.is_natural_person, Organisation.name.icontains(text, autoescape=True)),
    )


def waiting_signatures(actor: Actor) -> Sequence[Waiting]:
    """Contracts that wait for a signature of the actor's side, the most urgent first."""
    sides = [
        sa.and_(
            column.in_(actor.organisations_with(SIGNS[party])),
            ~sa.exists().where(Signature.contract_id == Contract.id, Signature.party == party),
        )
        for party, column in ((Party.OWNER, Contract.owner_id), (Party.AGENCY, Agency.organisation_id))
    ]
    rows = db.session.execute(
        sa.select(Contract.code, Project.name, Contract.sign_due_at)
        .join(Project, Project.id == Contract.project_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(Contract.state.in_(UNSIGNED), Project.state == ProjectState.AWARDED, sa.or_(*sides))
        .order_by(Contract.sign_due_at, Contract.id)
    ).all()
    return [Waiting("sign_contract", row.code, None, row.name, row.sign_due_at) for row in rows]


def urges_of(row: Contract) -> Sequence[Urge]:
    """What the sides urged each other about, newest first."""
    return db.session.scalars(sa.select(Urge).where(Urge.contract_id == row.id).order_by(Urge.id.desc())).all()


def urge_counts(row: Contract) -> Mapping[Party, int]:
    """How often each side urged the other."""
    rows = db.session.execute(
        sa.select(Urge.by_party, sa.func.count().label("number"))
        .where(Urge.contract_id == row.id)
        .group_by(Urge.by_party)
    ).all()
    return {row.by_party: row.number for row in rows}


def suspension(event: Event) -> tuple[int, int]:
    """Of a `project.resumed` event: the working days and the calendar days for which the project stood still."""
    began = db.session.scalar(
        sa.select(Event.at)
        .where(Event.project_code == event.subject_code, Event.tag == "project.suspended", Event.id < event.id)
        .order_by(Event.id.desc())
        .limit(1)
    )
    working = event.data["working_days"]
    if began is None or not isinstance(working, int):
        return 0, 0
    return working, calendar_days_between(began, event.at)


def running(project_code: str) -> Sequence[str]:
    """Codes of a project's contracts that are not over."""
    over = (ContractState.COMPLETED, ContractState.LAPSED, ContractState.TERMINATED)
    query = sa.select(Contract.code).join(Project, Project.id == Contract.project_id)
    return db.session.scalars(query.where(Project.code == project_code, Contract.state.not_in(over))).all()
