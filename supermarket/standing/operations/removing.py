"""Carrying a removal out: standing, enrolments, running contracts, the notice; and the owners' choice afterwards."""

from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import Agency
from supermarket.agencies.operations import change_standing
from supermarket.agencies.states import StandingAction
from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.errors import Conflict, NotFound
from supermarket.core.events import Event, Value, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import local_date
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.policies.queries import number, policies_for
from supermarket.projects import operations as projects
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.standing import events
from supermarket.standing.models import RemovalCase
from supermarket.standing.operations.common import due, reasoned
from supermarket.standing.operations.removals import locked_case
from supermarket.standing.states import REMOVAL, RemovalAction, RemovalState

# Every case is decided on this basis; the grounds of the single case stand beside it.
BASIS = "《网上中介服务超市信用评价与清退规则》"


def carry_out(case_id: int, *, at: datetime) -> bool:
    """Carry an approved removal out. Whether there was anything to do.

    Standing `expelled`; enrolments in open projects withdrawn (a fixed pool stays as it is: eligibility is asked again
    before each award); running contracts shown to their owners; the public notice; the right of appeal.
    """
    row, agency = locked_case(case_id)
    if row.state is not RemovalState.APPROVED:
        return False
    with force_locale("zh_CN"):
        grounds = [_sentence(ground) for ground in row.grounds]
        command = ChangeOfStanding(
            basis=f"{BASIS}：{'；'.join(grounds)}",
            proposer=_("Industry authority and operator"),
            executor=_("Supermarket"),
            statement=row.statement,
            effect=_("Out of the market; running contracts go on where their owners choose so."),
            way_back=_("Appeal within the time that the notice names."),
        )
    change_standing(agency.uscc, StandingAction.EXPEL, command, actor=SYSTEM, at=at)
    withdrawn = _withdraw_enrolments(agency, at)
    running = _running(agency)
    row.state, row.carried_out_at = REMOVAL.next(row.state, RemovalAction.CARRY_OUT), at
    row.appeal_until = due(agency, "appeal_days", at)
    row.notice_document_id = _notice(row, agency, grounds, running, at)
    db.session.flush()
    for contract in running:
        record(
            events.CONTRACT_AT_CHOICE,
            contract.code,
            actor=SYSTEM,
            at=at,
            data={"case_id": row.id},
            project_code=contract.project.code,
            agency_uscc=agency.uscc,
        )
    data: dict[str, Value] = {
        "case_id": row.id,
        "notice_document_id": row.notice_document_id,
        "appeal_until": row.appeal_until.isoformat(),
        "enrolments": withdrawn,
        "contracts": len(running),
    }
    record(events.REMOVED, agency.uscc, actor=SYSTEM, at=at, data=data)
    return True


def choose_contract(code: str, *, go_on: bool, reason: str, actor: Actor, at: datetime) -> Contract:
    """The owner chooses whether a contract with a removed agency goes on; if not, the project is terminated.

    Raises NotFound, Forbidden, Conflict if there is nothing to choose or it was chosen already, InvalidInput.
    """
    contract = db.session.scalar(
        sa.select(Contract)
        .where(Contract.code == code)
        .with_for_update(of=Contract)
        .execution_options(populate_existing=True)
    )
    if contract is None:
        raise NotFound(_("There is no such contract."))
    authorise(actor, P.PROJECT_WITHDRAW, organisation_id=contract.owner_id)
    tags = set(
        db.session.scalars(
            sa.select(Event.tag).where(
                Event.subject_kind == "contract",
                Event.subject_code == code,
                Event.tag.in_([events.CONTRACT_AT_CHOICE.name, events.CONTRACT_CHOSEN.name]),
            )
        )
    )
    if tags != {events.CONTRACT_AT_CHOICE.name} or contract.state is not ContractState.IN_FORCE:
        raise Conflict(_("There is nothing to choose here, or it was chosen already."))
    why = reasoned(reason)
    record(
        events.CONTRACT_CHOSEN,
        code,
        actor=actor,
        at=at,
        data={"go_on": go_on},
        project_code=contract.project.code,
        agency_uscc=contract.agency.uscc,
    )
    if not go_on:
        projects.terminate(contract.project_id, reason=why, actor=actor, at=at)
    return contract


def _sentence(ground: dict[str, object]) -> str:
    params = ground["params"]
    text = str(_(str(ground["msgid"])))
    return text % params if isinstance(params, dict) and params else text


def _withdraw_enrolments(agency: Agency, at: datetime) -> int:
    rows = db.session.scalars(
        sa.select(Enrolment)
        .join(Project, Project.id == Enrolment.project_id)
        .where(
            Enrolment.agency_id == agency.id,
            Enrolment.state == EnrolmentState.LIVE,
            Project.state == ProjectState.OPEN,
        )
        .order_by(Enrolment.project_id)
        .with_for_update(of=Enrolment)
    ).all()
    for row in rows:
        projects.exclude(row, code="expelled", reason=_("The agency was removed from the market."), at=at)
    return len(rows)


def _running(agency: Agency) -> list[Contract]:
    query = sa.select(Contract).where(Contract.agency_id == agency.id, Contract.state == ContractState.IN_FORCE)
    return list(db.session.scalars(query.order_by(Contract.id)))


def _notice(row: RemovalCase, agency: Agency, grounds: list[str], running: list[Contract], at: datetime) -> int:
    site = str(current_app.config["SITE_NAME"])
    day = local_date(at)
    with force_locale("zh_CN"):
        shown = _(
            "%(count)s running contracts: each owner is told and chooses whether the contract goes on. "
            "Live enrolments in open projects are withdrawn.",
            count=len(running),
        )
        data = current().pdf.render(
            "expulsion_notice",
            {
                "number": f"清退〔{day.year}〕{row.id}号",
                "dated": day.isoformat(),
                "issuer": site,
                "seal_text": site,
                "agency_name": agency.name,
                "agency_uscc": agency.uscc,
                "facts": grounds,
                "basis": [BASIS],
                "decision": _("The agency is removed from the market"),
                "effective_on": day.isoformat(),
                "live_projects": shown,
                "appeal_within_working_days": number(policies_for(agency.region_code, at), "appeal_days"),
                "appeal_to": site,
                "demo": bool(current_app.config["DEMO"]),
            },
        )
    return store(
        data,
        f"removal-{row.id}.pdf",
        subject_kind="agency",
        subject_code=agency.uscc,
        owner_organisation_id=agency.organisation_id,
        public=True,
        actor=SYSTEM,
        at=at,
    ).id
