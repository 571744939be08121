"""The freeze: who is in, who is out and why; too few → extended once, asked, or failed (selection.md §1, §2)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.auctions.operations import schedule
from supermarket.extensions import db
from supermarket.modes.limits import fewest
from supermarket.modes.pipeline import bidding_at_freeze
from supermarket.projects.eligibility import eligible
from supermarket.projects.eligibility_facts import Finding, Moment
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import exclude, extend, fail, freeze, reduced_acceptance_asked
from supermarket.projects.operations.common import locked_by_id
from supermarket.projects.operations.enrolling import keep_findings, live_agencies, run_rules
from supermarket.projects.operations.weak_links import note_weak_links
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import mode_of, specs_of
from supermarket.selection.candidates import candidates_of, freeze_candidate
from supermarket.selection.panels.proposing import proposing_agencies, wants_proposals
from supermarket.selection.quote_lists import publish_list, quoting_agencies
from supermarket.selection.waits import fix_early_draw


@dataclass(frozen=True)
class Sifted:
    """One enrolment at the freeze: what the rules said, and the code and sentence of why it is out."""

    row: Enrolment
    findings: tuple[Finding, ...]
    code: str | None
    reason: str


def freeze_due(project_id: int, at: datetime, prepared: object) -> bool:
    """The enrolment's end has come: fix the pool, extend, ask or fail. False if there is nothing to do (any more)."""
    project = locked_by_id(project_id)
    if (
        project.state is not ProjectState.OPEN
        or project.due_what not in {"freeze", "freeze_reduced"}
        or project.due_at is None
        or project.due_at > at
    ):
        return False
    mode = mode_of(project)
    sifted = _sift(project, at)
    live = sum(1 for item in sifted if item.code is None)
    needed = fewest(mode, project.policy, extended=False)
    if live >= needed:
        _list_quotes(project, at)
        _fix(project, sifted, at)
        return True
    if not project.extended:
        extend(project, needed=needed, at=at)
        return True
    # The deadline stands: whoever sealed a quote must see that it is on the list, whatever comes next.
    _list_quotes(project, at)
    if live < fewest(mode, project.policy, extended=True):
        _keep(sifted, at)
        fail(project.id, failure="too_few", reason=_("Too few valid enrolments (%(live)s).", live=live), at=at)
    elif mode.owner_accepts_fewer and project.due_what == "freeze":
        reduced_acceptance_asked(project, live=live, at=at)
    else:
        _fix(project, sifted, at)
    return True


def _list_quotes(project: Project, at: datetime) -> None:
    if mode_of(project).needs_quotes:
        publish_list(project, at=at)


def reduced_refused_due(project_id: int, at: datetime, prepared: object) -> bool:
    """The owner did not accept the small number in time: the project fails."""
    project = locked_by_id(project_id)
    if (
        project.state is not ProjectState.OPEN
        or project.due_what != "reduced_acceptance"
        or project.due_at is None
        or project.due_at > at
    ):
        return False
    fail(project.id, failure="too_few", reason=_("The owner did not accept the small number of enrolments."), at=at)
    return True


def _sift(project: Project, at: datetime) -> list[Sifted]:
    rows = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.LIVE)
        .order_by(Enrolment.id)
        .with_for_update(of=Enrolment)
    ).all()
    pool = live_agencies(project.id)
    quoted = quoting_agencies(project.id) if mode_of(project).needs_quotes else None
    proposed = proposing_agencies(project.id) if wants_proposals(project) else None
    sifted = []
    for row in rows:
        findings = run_rules(project, row.agency, row.practitioners, moment=Moment.FREEZE, at=at, pool_of=pool)
        bad = [item for item in findings if not item.ok]
        if bad:
            # The code of the first rule in the order of the rules; the sentence names every reason.
            sifted.append(Sifted(row, findings, bad[0].code, " ".join(item.sentence.text(_) for item in bad)))
        elif quoted is not None and row.agency_id not in quoted:
            sifted.append(Sifted(row, findings, "no_quote", _("No quote was handed in.")))
        elif proposed is not None and row.agency_id not in proposed:
            sifted.append(Sifted(row, findings, "no_proposal", _("No plan was handed in.")))
        else:
            sifted.append(Sifted(row, findings, None, ""))
    return sifted


def _keep(sifted: list[Sifted], at: datetime) -> list[Enrolment]:
    """Store what the rules said of each, and put out whom they put out; gives those who stay."""
    stay = []
    for item in sifted:
        check = keep_findings(item.row, item.findings, moment=Moment.FREEZE, at=at)
        if item.code is not None:
            exclude(item.row, code=item.code, reason=item.reason, at=at)
        elif not check.ok or not eligible(item.findings):
            raise ValueError(f"{item.row.agency.uscc} is in the pool without being eligible")
        else:
            stay.append(item.row)
    return stay


def _fix(project: Project, sifted: list[Sifted], at: datetime) -> None:
    members = _keep(sifted, at)
    for row in members:
        row.figures = freeze_candidate(row, at)
    note_weak_links(project, [row.agency for row in members], at)
    db.session.flush()
    freeze(project, members=len(members), at=at)
    if not mode_of(project).needs_quotes:
        # With quotes an early draw waits for the opening: without a valid quote nobody is in its pool.
        fix_early_draw(project, at)
    bidders = bidding_at_freeze(specs_of(project), candidates_of(project), project.code)
    if bidders:
        schedule(project, bidders, starts_at=project.select_at or at, at=at)
    db.session.flush()
