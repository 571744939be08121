"""`direct`: the agency that the notice names is asked at once, by the same stages as in every other way of selection."""

from dataclasses import replace

from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.errors import RuleBroken
from supermarket.core.events import Event, record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.pipeline import advance
from supermarket.modes.stages import Choice
from supermarket.policies.queries import calendar, number
from supermarket.projects.eligibility_facts import Moment
from supermarket.projects.models import Enrolment
from supermarket.projects.operations import name_agency
from supermarket.projects.operations.common import locked
from supermarket.projects.operations.enrolling import keep_findings, run_rules
from supermarket.projects.states import EnrolmentState
from supermarket.projects.ways import specs_of
from supermarket.selection import events
from supermarket.selection.candidates import candidates_of, facts_of_selection, freeze_candidate
from supermarket.selection.models import Award
from supermarket.selection.running import store_order, store_runs
from supermarket.selection.states import AwardState


def offer_direct(event: Event) -> None:
    """Wired to `project.published`: with `direct` the named agency is asked at once. Raises RuleBroken if not eligible."""
    project = locked(event.subject_code)
    if project.mode != "direct":
        return
    agency = db.session.get(Agency, project.named_agency_id)
    if agency is None:
        raise RuleBroken(_("No agency is named."), code="nobody_named")
    at = event.at
    findings = run_rules(project, agency, (), moment=Moment.ENROLMENT, at=at, pool_of=())
    # Practitioners are named when the agency accepts; their rules wait until then.
    later = {"practitioners", "licences", "practitioner_load"}
    bad = [item for item in findings if not item.ok and item.code not in later]
    if bad:
        raise RuleBroken(bad[0].sentence.text(_), code=bad[0].code)
    row = Enrolment(project=project, agency=agency, agency_name=agency.name, state=EnrolmentState.LIVE, enrolled_at=at)
    db.session.add(row)
    db.session.flush()
    keep_findings(row, findings, moment=Moment.ENROLMENT, at=at)
    row.figures = freeze_candidate(row, at)
    name_agency(project, actor=SYSTEM, at=at)
    facts = replace(facts_of_selection(project), choice=Choice(agency.uscc, _("Named by the owner in the notice.")))
    state = advance(specs_of(project), candidates_of(project), facts)
    store_runs(project, state, facts, at)
    store_order(project, state)
    until = calendar().due_after(at, number(project.policy, "direct_acceptance_days"))
    offered = Award(
        project_id=project.id,
        agency=agency,
        position=1,
        state=AwardState.OFFERED,
        price=project.ceiling,
        due_at=until,
    )
    db.session.add(offered)
    db.session.flush()
    record(
        events.OFFERED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"agency_uscc": agency.uscc, "until": until.isoformat()},
        agency_uscc=agency.uscc,
    )
