"""From an award notice on: an awarded project without its long way there, and the steps after it through the operations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import sqlalchemy as sa

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency
from supermarket.contracts import operations
from supermarket.contracts.commands import Sign, Upload
from supermarket.contracts.models import Contract, Party
from supermarket.contracts.queries import contract as contract_of
from supermarket.core.identifiers import project_code
from supermarket.core.permissions import Actor, Role
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.commands import Submit
from supermarket.deliverables.queries import deliverables_of
from supermarket.extensions import db
from supermarket.payments import operations as payments
from supermarket.payments.commands import SubmitVoucher
from supermarket.payments.queries import items_of
from supermarket.policies.defaults import DEFAULTS
from supermarket.projects.models import Enrolment, Funding, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection.models import Award, Rank, StageRun
from supermarket.selection.states import AwardState, StageState
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.matters import SOME_MATTER, make_published_version
from tests.factories.policies import CHENGDU_WUHOU

_SERIAL = count(900_001)
NOTICE_AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
PDF = b"%PDF-1.4\ntrailer<</Root<</Type/Catalog/Pages<</Type/Pages/Kids[]/Count 0>>>>>>\n%%EOF\n"
ONE_DELIVERABLE: Sequence[dict[str, str | int]] = ({"name": "勘测报告", "due_days": 20},)
TWO_PAYMENTS: Sequence[dict[str, str | int]] = (
    {"name": "首付款", "percent": 30, "after_deliverable": 0},
    {"name": "尾款", "percent": 70, "after_deliverable": 1},
)


@dataclass(frozen=True)
class Deal:
    """A purchase after its award: the rows and one person of each side."""

    project: Project
    award: Award
    owner: Actor
    agency: Actor
    bodies: Sequence[Agency] = field(default=())

    @property
    def code(self) -> str:
        """The code of the latest contract."""
        return db.session.query(Contract.code).filter_by(project_id=self.project.id).order_by(Contract.id.desc())[0][0]

    def actor(self, party: Party) -> Actor:
        """Somebody of a side."""
        return self.owner if party is Party.OWNER else self.agency


def make_deal(
    *,
    funding: Funding = Funding.SOCIAL,
    price: int = 10_000_001,
    deliverables: Sequence[dict[str, str | int]] = ONE_DELIVERABLE,
    payments: Sequence[dict[str, str | int]] = TWO_PAYMENTS,
    owner: Organisation | None = None,
    agencies: Sequence[Agency] = (),
    at: datetime = NOTICE_AT,
    in_order: int = 1,
) -> Deal:
    """A project whose first of `in_order` agencies has just had its award notice; no contract yet."""
    body = owner or make_organisation(OrganisationKind.OWNER)
    bodies = list(agencies) or [make_agency() for _number in range(in_order)]
    version = make_published_version(SOME_MATTER)
    project = Project(
        code=project_code(2026, next(_SERIAL)),
        state=ProjectState.AWARDED,
        owner=body,
        region_code=CHENGDU_WUHOU,
        matter_code=SOME_MATTER,
        matter_version=version,
        name="示范区土地勘测",
        description="完成示范区土地勘测定界。",
        funding=funding,
        budget=price,
        ceiling=price,
        mode="random",
        stages=[{"stage": "draw"}],
        policy=dict(DEFAULTS),
        duration_days=30,
        deliverables_wanted=list(deliverables),
        payment_terms=list(payments),
        created_at=at,
        published_at=at,
        announced_at=at,
    )
    db.session.add(project)
    db.session.flush()
    make_ranked(project, bodies, at)
    award = Award(
        project_id=project.id,
        agency=bodies[0],
        position=1,
        state=AwardState.ANNOUNCED,
        price=price,
        announced_at=at,
        notice_at=at,
        notice_number=f"中选〔2026〕{project.code}",
    )
    db.session.add(award)
    db.session.flush()
    award.state = AwardState.AWARDED
    db.session.flush()
    return Deal(project, award, make_actor(Role.OWNER, body), make_agency_actor(bodies[0]), tuple(bodies))


def make_ranked(project: Project, agencies: Sequence[Agency], at: datetime) -> None:
    """The stored order of a project that selects by its owner's naming: the database takes none without its stage."""
    usccs = [agency.uscc for agency in agencies]
    for agency in agencies:
        row = db.session.scalar(sa.select(Enrolment).filter_by(project_id=project.id, agency_id=agency.id))
        if row is None:
            row = Enrolment(project_id=project.id, agency=agency, state=EnrolmentState.LIVE, enrolled_at=at)
            db.session.add(row)
        row.figures = {"uscc": agency.uscc}
    db.session.flush()
    db.session.add(
        StageRun(
            project_id=project.id,
            position=0,
            stage="named",
            parameters={},
            inputs={"candidates": [{"uscc": uscc} for uscc in usccs]},
            outputs={"order": usccs, "passed_on": usccs, "figures": {}, "excluded": []},
            state=StageState.DONE,
            started_at=at,
            finished_at=at,
        )
    )
    db.session.flush()
    for position, agency in enumerate(agencies, start=1):
        db.session.add(Rank(project_id=project.id, position=position, agency=agency))
    db.session.flush()


def make_contract(deal: Deal | None = None, *, at: datetime = NOTICE_AT) -> Contract:
    """A drafted contract."""
    return operations.draft_from_award((deal or make_deal()).award.id, at=at)


def sign(deal: Deal, party: Party, *, at: datetime = NOTICE_AT) -> Contract:
    """One side signs what is there."""
    row = contract_of(deal.code)
    return operations.sign(row.code, Sign(row.document.sha256, True), actor=deal.actor(party), at=at)


def make_running(deal: Deal | None = None, *, at: datetime = NOTICE_AT) -> Deal:
    """A deal whose contract is in force since `at`."""
    made = deal or make_deal()
    make_contract(made, at=at)
    for party in Party:
        sign(made, party, at=at)
    return made


def submit(deal: Deal, number: int = 1, *, at: datetime) -> None:
    """The agency hands a result in."""
    upload = Upload(PDF, "report.pdf")
    deliverables.submit(deal.code, number, Submit(upload), actor=deal.agency, at=at)


def accept(deal: Deal, number: int = 1, *, at: datetime) -> None:
    """The owner accepts it."""
    deliverables.accept(deal.code, number, actor=deal.owner, at=at)


def pay(deal: Deal, number: int, *, at: datetime, amount: int | None = None) -> None:
    """The owner pays an instalment and the agency confirms it."""
    agreed = next(row.amount for row in items_of(contract_of(deal.code)) if row.number == number)
    voucher = SubmitVoucher(f"银行回单{number}", agreed if amount is None else amount)
    payments.submit_voucher(deal.code, number, voucher, actor=deal.owner, at=at)
    payments.confirm(deal.code, number, actor=deal.agency, at=at)


def make_completed(deal: Deal | None = None, *, at: datetime = NOTICE_AT) -> Deal:
    """A deal whose contract ran from signing to the last payment within one moment."""
    made = make_running(deal, at=at)
    row = contract_of(made.code)
    for deliverable in deliverables_of(row):
        submit(made, deliverable.number, at=at)
        accept(made, deliverable.number, at=at)
    for item in items_of(row):
        pay(made, item.number, at=at)
    return made
