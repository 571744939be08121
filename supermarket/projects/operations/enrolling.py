"""Agencies enrol and cancel; at the freeze the rules exclude."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supermarket.agencies.models import Agency, Practitioner
from supermarket.agencies.queries import agency_of_organisations
from supermarket.core.errors import Conflict, FieldError, InvalidInput, RuleBroken, RuleFinding, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.projects import events
from supermarket.projects.changes import changes
from supermarket.projects.commands import Enrol
from supermarket.projects.eligibility import check_all, eligible
from supermarket.projects.eligibility_facts import Finding, Moment
from supermarket.projects.facts import facts_of, links_of
from supermarket.projects.links import links_between
from supermarket.projects.models import EligibilityCheck, Enrolment, Project
from supermarket.projects.operations.common import locked
from supermarket.projects.states import ENROLMENT, EnrolmentAction, EnrolmentState, ProjectState
from supermarket.projects.ways import mode_of, scores_days


def acting_agency(actor: Actor, permission: P) -> Agency:
    """The agency that the actor acts for. Raises Forbidden without the role, RuleBroken without a register entry."""
    authorise(actor, permission)
    agency = agency_of_organisations(actor.organisations_with(permission))
    if agency is None:
        raise RuleBroken(_("Enter your agency in the register first; then you can enrol."), code="not_in_register")
    return agency


def enrol(code: str, command: Enrol, *, actor: Actor, at: datetime) -> Enrolment:
    """Enrol in an open project; every rule is run and every finding shown.

    Raises Forbidden, WrongState (not open, or late), Conflict (enrolled already), RuleBroken with all findings.
    """
    agency = acting_agency(actor, P.ENROL)
    project = locked(code)
    _must_be_enrolling(project, at)
    if not mode_of(project).has_enrolment:
        raise RuleBroken(_("Here the owner names the agency; there is no enrolment."), code="no_enrolment")
    if _live(project.id, agency.id) is not None:
        raise Conflict(_("Your agency is enrolled in this project already."), code="already_enrolled")
    people = own_practitioners(agency, command.practitioner_ids)
    _check_offer(project, command)
    pool = live_agencies(project.id)
    findings = run_rules(project, agency, people, moment=Moment.ENROLMENT, at=at, pool_of=pool)
    must_be_eligible(findings)
    row = Enrolment(
        project=project,
        agency=agency,
        agency_name=agency.name,
        state=EnrolmentState.LIVE,
        enrolled_at=at,
        enrolled_by=actor.user_id,
        offered_days=command.offered_days,
        practitioners=list(people),
    )
    db.session.add(row)
    db.session.flush()
    keep_findings(row, findings, moment=Moment.ENROLMENT, at=at)
    record(
        events.ENROLLED,
        str(row.id),
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc},
        project_code=project.code,
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    _tell_linked(project, agency, pool, at)
    return row


def _tell_linked(project: Project, agency: Agency, pool: Iterable[Agency], at: datetime) -> None:
    """Both sides of every link hear that the other is there, without its name: who enrolled is secret until the deadline."""
    own = links_of(agency)
    others = [other for other in pool if links_between(own, links_of(other))]
    for told in [*others, agency] if others else []:
        row = _live(project.id, told.id)
        if row is not None:
            record(
                events.LINKED,
                str(row.id),
                actor=SYSTEM,
                at=at,
                data={"agency_uscc": told.uscc},
                project_code=project.code,
                agency_uscc=told.uscc,
            )


def linked_now(project_id: int, agency: Agency) -> bool:
    """Whether an agency linked with this one is enrolled; asked only for one that is enrolled itself."""
    own = links_of(agency)
    return any(links_between(own, links_of(other)) for other in live_agencies(project_id))


def must_be_eligible(findings: tuple[Finding, ...]) -> None:
    """Raises RuleBroken with every reason at once (一次性告知)."""
    if not eligible(findings):
        refused = [
            RuleFinding(item.code, item.sentence.text(_), dict(item.evidence)) for item in findings if not item.ok
        ]
        raise RuleBroken(_("Your agency cannot enrol in this project; here is every reason."), findings=refused)


def cancel_enrolment(code: str, *, actor: Actor, at: datetime) -> Enrolment:
    """Take one's own enrolment back while enrolment is open; nobody else's can be named here.

    Raises Forbidden, WrongState, Conflict if there is none.
    """
    agency = acting_agency(actor, P.ENROL)
    project = locked(code)
    _must_be_enrolling(project, at)
    row = _live(project.id, agency.id)
    if row is None:
        raise Conflict(_("Your agency is not enrolled in this project."), code="not_enrolled")
    row.state = ENROLMENT.next(row.state, EnrolmentAction.CANCEL)
    row.cancelled_at = at
    record(
        events.CANCELLED,
        str(row.id),
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc},
        project_code=project.code,
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    return row


def exclude(row: Enrolment, *, code: str, reason: str, at: datetime) -> None:
    """A rule put the enrolment out; the reason is public from the announcement on. Raises WrongState."""
    row.state = ENROLMENT.next(row.state, EnrolmentAction.EXCLUDE)
    row.exclusion_code, row.exclusion_reason = code, reason
    record(
        events.EXCLUDED,
        str(row.id),
        actor=SYSTEM,
        at=at,
        data={"agency_uscc": row.agency.uscc, "code": code},
        project_code=row.project.code,
        agency_uscc=row.agency.uscc,
    )


def readmit(row: Enrolment, *, at: datetime) -> None:
    """What a stage found is open again, because its selection is computed again. Raises WrongState."""
    code = row.exclusion_code or ""
    row.state = ENROLMENT.next(row.state, EnrolmentAction.READMIT)
    row.exclusion_code, row.exclusion_reason = None, ""
    record(
        events.READMITTED,
        str(row.id),
        actor=SYSTEM,
        at=at,
        data={"agency_uscc": row.agency.uscc, "code": code},
        project_code=row.project.code,
        agency_uscc=row.agency.uscc,
    )


def run_rules(
    project: Project,
    agency: Agency,
    people: Iterable[Practitioner],
    *,
    moment: Moment,
    at: datetime,
    pool_of: Iterable[Agency],
    figures: Mapping[str, object] | None = None,
) -> tuple[Finding, ...]:
    """Every eligibility rule over the registers as they stand now; stars and credit as in the `figures` of the freeze."""
    pool = tuple(links_of(other) for other in pool_of)
    facts = facts_of(project, agency, practitioners=people, moment=moment, at=at, pool=pool, figures=figures)
    return check_all(facts)


def keep_findings(row: Enrolment, findings: Iterable[Finding], *, moment: Moment, at: datetime) -> EligibilityCheck:
    """Store what the rules said, in codes and in the market's language, and what changed since the run before."""
    kept = tuple(findings)
    with force_locale("zh_CN"):
        said = [item.as_json() | {"words": item.sentence.text(_)} for item in kept]
    before = db.session.scalar(
        sa.select(EligibilityCheck)
        .where(EligibilityCheck.enrolment_id == row.id)
        .order_by(EligibilityCheck.id.desc())
        .limit(1)
    )
    check = EligibilityCheck(
        enrolment_id=row.id,
        moment=moment.value,
        ok=eligible(kept),
        findings=said,
        changes=[] if before is None else changes(before.findings, said),
        ran_at=at,
    )
    db.session.add(check)
    db.session.flush()
    return check


def live_agencies(project_id: int) -> list[Agency]:
    """Agencies with a live enrolment."""
    query = (
        sa.select(Agency)
        .join(Enrolment, Enrolment.agency_id == Agency.id)
        .where(Enrolment.project_id == project_id, Enrolment.state == EnrolmentState.LIVE)
        .order_by(Agency.uscc)
    )
    return list(db.session.scalars(query))


def pool_members(project_id: int) -> list[Agency]:
    """Agencies whose enrolment went into the pool, also those whom a stage or the opening put out afterwards."""
    query = (
        sa.select(Agency)
        .join(Enrolment, Enrolment.agency_id == Agency.id)
        .where(Enrolment.project_id == project_id, Enrolment.figures["uscc"].astext.is_not(None))
        .order_by(Agency.uscc)
    )
    return list(db.session.scalars(query))


def _must_be_enrolling(project: Project, at: datetime) -> None:
    if project.state is not ProjectState.OPEN or project.due_what not in {"freeze", None}:
        raise WrongState(_("Enrolment in this project is closed."), state=project.state.value, allowed=[])
    if project.enrol_until is not None and at >= project.enrol_until:
        raise WrongState(_("The enrolment time is over; nothing was entered."), state=project.state.value, allowed=[])


def _live(project_id: int, agency_id: int) -> Enrolment | None:
    return db.session.scalar(
        sa.select(Enrolment).where(
            Enrolment.project_id == project_id,
            Enrolment.agency_id == agency_id,
            Enrolment.state != EnrolmentState.CANCELLED,
        )
    )


def own_practitioners(agency: Agency, ids: tuple[int, ...]) -> list[Practitioner]:
    """People of the agency's own list. Raises InvalidInput for anybody else."""
    rows = db.session.scalars(
        sa.select(Practitioner)
        .where(Practitioner.id.in_(ids), Practitioner.agency_id == agency.id, Practitioner.released_at.is_(None))
        .order_by(Practitioner.id)
        # Whoever releases the person waits, and then sees what they are named in.
        .with_for_update(read=True, of=Practitioner)
    ).all()
    if len(rows) != len(set(ids)):
        message = _("Choose practitioners from your own agency's list.")
        raise InvalidInput(message, errors=[FieldError("practitioner_ids", "unknown", message)])
    return list(rows)


def _check_offer(project: Project, command: Enrol) -> None:
    if scores_days(project) and command.offered_days is None:
        message = _("Say in how many days you will deliver; the days are scored in this project.")
        raise InvalidInput(message, errors=[FieldError("offered_days", "needed", message)])
    if command.offered_days is not None and not 1 <= command.offered_days <= project.duration_days:
        message = _("Offer between 1 and %(most)s days.", most=project.duration_days)
        raise InvalidInput(message, errors=[FieldError("offered_days", "out_of_range", message)])
