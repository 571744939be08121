"""Checks of many agencies, started by one officer and done one by one behind the page; each is checked once (onboarding.md).

Only checks are run for many: who is admitted or refused past a silent registry is decided one by one, with reasons.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.checks import Answers
from supermarket.agencies.models import Agency, CheckRun, CheckRunItem, Onboarding, RunItemState, RunKind, Standing
from supermarket.agencies.operations.common import locked
from supermarket.agencies.operations.onboarding import run_checks, submit_for_checks
from supermarket.core.errors import Conflict, Forbidden, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.unit import after_commit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.policies.queries import office_region

MOST = 20_000
# Without a sign of life for so long a run is given to a worker again.
STANDS_STILL = timedelta(minutes=10)


def fits(kind: RunKind) -> sa.ColumnElement[bool]:
    """Which agencies a run of a kind is for: imported and never sent in; or waiting for a registry."""
    if kind is RunKind.START:
        return sa.and_(Agency.standing == Standing.APPLIED, Agency.onboarding == Onboarding.DRAFT)
    return Agency.onboarding == Onboarding.WAITING


def start_run(kind: RunKind, codes: Sequence[str], *, actor: Actor, at: datetime) -> CheckRun:
    """Have the checks of these agencies run; who is in another run, or no longer fits, is left out.

    Raises Forbidden if one of them is outside of the actor's region, Conflict if nobody is left.
    """
    asked = list(codes)[:MOST]
    db.session.execute(
        sa.select(Agency.id)
        .where(Agency.uscc.in_(asked))
        .order_by(Agency.id)
        .with_for_update(of=Agency, key_share=True)
    ).all()
    # A statement of its own: what another officer started meanwhile is seen only after its lock is gone.
    busy = (
        sa.select(CheckRunItem.agency_id)
        .join(CheckRun, CheckRun.id == CheckRunItem.run_id)
        .where(CheckRun.finished_at.is_(None), CheckRunItem.state == RunItemState.WAITING)
    )
    rows = db.session.execute(
        sa.select(Agency.id, Agency.region_code)
        .where(Agency.uscc.in_(asked), fits(kind), Agency.id.not_in(busy))
        .order_by(Agency.id)
    ).all()
    grant = authorise(actor, P.AGENCY_CHECK)
    for region in sorted({office_region(row.region_code) for row in rows}):
        authorise(actor, P.AGENCY_CHECK, region=region)
    if grant is None or actor.user_id is None:
        raise Forbidden(_("Runs of checks are started by people."))
    if not rows:
        raise Conflict(_("None of these agencies waits for that any longer. Reload the list."))
    run = CheckRun(
        kind=kind,
        total=len(rows),
        started_at=at,
        started_by=actor.user_id,
        organisation_id=grant.organisation_id,
        beat_at=at,
    )
    db.session.add(run)
    db.session.flush()
    db.session.execute(
        sa.insert(CheckRunItem),
        [{"run_id": run.id, "agency_id": row.id, "state": RunItemState.WAITING, "done_at": None} for row in rows],
    )
    record(events.CHECK_RUN_STARTED, str(run.id), actor=actor, at=at, data={"kind": kind.value, "total": run.total})
    _enqueue(run.id)
    return run


def _enqueue(run_id: int) -> None:
    after_commit(lambda: current().queue.enqueue("check_run", run_id, queue="bulk"))


def next_items(run_id: int, limit: int) -> Sequence[str]:
    """The codes of a run's agencies that have not been done, in order."""
    return db.session.scalars(
        sa.select(Agency.uscc)
        .join(CheckRunItem, CheckRunItem.agency_id == Agency.id)
        .where(CheckRunItem.run_id == run_id, CheckRunItem.state == RunItemState.WAITING)
        .order_by(Agency.id)
        .limit(limit)
    ).all()


def check_item(run_id: int, uscc: str, answers: Answers, *, at: datetime) -> bool:
    """Check one agency of a run; False if that was done already. `answers` were asked before. Raises NotFound."""
    row = locked(uscc)
    run, item = _locked_item(run_id, row)
    if item.state is not RunItemState.WAITING:
        return False
    still = db.session.scalar(sa.select(Agency.id).where(Agency.id == row.id, fits(run.kind)))
    item.state, item.done_at, run.beat_at = RunItemState.PASSED_OVER if still is None else RunItemState.DONE, at, at
    db.session.flush()
    if still is not None:
        if run.kind is RunKind.START:
            submit_for_checks(uscc, actor=SYSTEM, at=at)
        run_checks(uscc, actor=SYSTEM, at=at, answers=answers)
    return True


def fail_item(run_id: int, uscc: str, *, at: datetime) -> bool:
    """Note that one agency could not be checked, so that the run goes on; False if that was done already."""
    run, item = _locked_item(run_id, locked(uscc))
    if item.state is not RunItemState.WAITING:
        return False
    item.state, item.done_at, run.beat_at = RunItemState.FAILED, at, at
    db.session.flush()
    return True


def finish_run(run_id: int, *, at: datetime) -> bool:
    """Close a run in which nothing waits any longer; False if there is nothing to do."""
    run = db.session.get(CheckRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.finished_at is not None:
        return False
    counts = counts_of(run_id)
    if counts.get(RunItemState.WAITING):
        return False
    run.finished_at = at
    db.session.flush()
    data = {
        state.value: counts.get(state, 0)
        for state in (RunItemState.DONE, RunItemState.PASSED_OVER, RunItemState.FAILED)
    }
    record(events.CHECK_RUN_FINISHED, str(run_id), actor=SYSTEM, at=at, data=data)
    return True


def counts_of(run_id: int) -> dict[RunItemState, int]:
    """How many of a run's agencies stand in each state."""
    rows = db.session.execute(
        sa.select(CheckRunItem.state, sa.func.count()).where(CheckRunItem.run_id == run_id).group_by(CheckRunItem.state)
    )
    return {row[0]: row[1] for row in rows}


def standing_still(at: datetime, limit: int) -> list[tuple[datetime, int]]:
    """(moment, id) of runs that no worker has touched for a while, oldest first."""
    rows = db.session.execute(
        sa.select(CheckRun.beat_at, CheckRun.id)
        .where(CheckRun.finished_at.is_(None), CheckRun.beat_at <= at - STANDS_STILL)
        .order_by(CheckRun.beat_at, CheckRun.id)
        .limit(limit)
    ).all()
    return [(beat + STANDS_STILL, number) for beat, number in rows]


def take_up_again(run_id: int, at: datetime) -> bool:
    """Give a run that stands still to a worker again; False if it moves or is done. For the tick."""
    run = db.session.get(CheckRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.finished_at is not None or run.beat_at > at - STANDS_STILL:
        return False
    run.beat_at = at
    db.session.flush()
    _enqueue(run.id)
    return True


def _locked_item(run_id: int, row: Agency) -> tuple[CheckRun, CheckRunItem]:
    run = db.session.get(CheckRun, run_id)
    item = db.session.get(CheckRunItem, (run_id, row.id), with_for_update=True, populate_existing=True)
    if run is None or item is None:
        raise NotFound(_("There is no such run of checks."))
    return run, item
