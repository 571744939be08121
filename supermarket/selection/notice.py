"""The end of the standstill: asked again, checked a third time, then the award notice or the next in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from supermarket.accounts.models import Organisation
from supermarket.agencies.rounds import Asked, ask_about, write_rounds
from supermarket.agencies.verification import Silence, silences
from supermarket.core.clock import LOCAL
from supermarket.core.events import record
from supermarket.core.msgids import N_, Sentence
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.modes.words import label_of
from supermarket.policies.queries import calendar, number
from supermarket.projects.eligibility import eligible
from supermarket.projects.eligibility_facts import Finding, Moment
from supermarket.projects.models import Project
from supermarket.projects.operations import award
from supermarket.projects.operations.enrolling import keep_findings, pool_members, run_rules
from supermarket.projects.ways import mode_of
from supermarket.selection import events
from supermarket.selection.awarding import drop_award, due_award, enrolment_of
from supermarket.selection.corrections import claims_of
from supermarket.selection.models import Award
from supermarket.selection.states import AWARD, AwardAction, AwardState

_ASKED_AGAIN = N_("The registries were asked again before the notice.")
_SILENT = N_("Some registries did not answer before the notice (%(registries)s): what they confirmed last counts.")


def prepare_standstill(award_id: int, at: datetime) -> Asked | None:
    """Ask the registries again about the agency, before its award notice (onboarding.md, The checks)."""
    with unit():
        found = db.session.scalar(sa.select(Award.agency_id).where(Award.id == award_id))
    return None if found is None else ask_about([found], at)


def standstill_due(award_id: int, at: datetime, prepared: object) -> bool:
    """The standstill is over: check again, run the rules a third time, then issue the notice or go to the next in order.

    Where a registry is silent, what was verified last counts, and the findings say so.
    """
    row = due_award(award_id, AwardState.ANNOUNCED, at)
    if row is None or db.session.scalar(sa.select(claims_of(row.project_id))):
        return False
    project = row.project
    if isinstance(prepared, Asked):
        write_rounds(prepared, at)
        db.session.expire(row.agency)
    enrolment = enrolment_of(row)
    people = enrolment.practitioners
    findings = [
        *run_rules(
            project,
            row.agency,
            people,
            moment=Moment.AWARD,
            at=at,
            pool_of=pool_members(project.id),
            figures=enrolment.figures,
        ),
        registries_answered(silences([row.agency_id]).get(row.agency_id, ())),
    ]
    keep_findings(enrolment, findings, moment=Moment.AWARD, at=at)
    if not eligible(findings):
        why = " ".join(item.sentence.text(_) for item in findings if not item.ok)
        drop_award(row.id, action=AwardAction.DISQUALIFY, reason=why, actor=SYSTEM, at=at)
        return True
    _issue_notice(row, project, at)
    return True


def registries_answered(silent: Sequence[Silence]) -> Finding:
    """What the checks before the notice rest on: it bars nobody."""
    evidence = {"silent": [{"registry": item.registry, "since": item.since.isoformat()} for item in silent]}
    if not silent:
        return Finding(True, "registries", Sentence(_ASKED_AGAIN), evidence)
    names = "、".join(item.registry for item in silent)
    return Finding(True, "registries", Sentence(_SILENT, {"registries": names}), evidence)


def _issue_notice(row: Award, project: Project, at: datetime) -> None:
    row.state = AWARD.next(row.state, AwardAction.ISSUE_NOTICE)
    row.due_at = None
    local = at.astimezone(LOCAL)
    row.notice_at = at
    row.notice_number = f"中选〔{local.year}〕{project.code.rpartition('-')[2]}-{row.position}"
    sign_until = calendar().due_after(at, number(project.policy, "signing_days"))
    owner: Organisation = project.owner
    with force_locale("zh_CN"):
        data = current().pdf.render(
            "award_notice",
            {
                "number": row.notice_number,
                "dated": local.date().isoformat(),
                "issuer": str(current_app.config["SITE_NAME"]),
                "seal_text": str(current_app.config["SITE_NAME"]),
                "agency_name": row.agency.name,
                "agency_uscc": row.agency.uscc,
                "owner_name": owner.name,
                "project_code": project.code,
                "project_name": project.name,
                "matter_name": project.matter_version.name,
                "mode": label_of(mode_of(project)),
                "price_fen": row.price,
                "selected_on": cast(datetime, row.announced_at).astimezone(LOCAL).date().isoformat(),
                "sign_within_working_days": number(project.policy, "signing_days"),
                "sign_until": sign_until.astimezone(LOCAL).date().isoformat(),
                "verify_url": f"{current_app.config['SITE_URL']}/projects/{project.code}",
                "demo": bool(current_app.config["DEMO"]),
            },
        )
    row.notice_document_id = store(
        data,
        f"{project.code}-notice-{row.position}.pdf",
        subject_kind="project",
        subject_code=project.code,
        owner_organisation_id=project.owner_id,
        public=True,
        actor=SYSTEM,
        at=at,
    ).id
    award(project, row.agency, at=at)
    record(
        events.NOTICE_ISSUED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"award_id": row.id, "agency_uscc": row.agency.uscc, "notice_number": row.notice_number},
        agency_uscc=row.agency.uscc,
    )
