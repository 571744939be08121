"""The nightly re-verification of every agency in the market: resumable, in batches, nobody twice (docs/verification.md).

The cursor of the night's row moves in the transaction that writes a batch: killed in between, the next run goes on there.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from supermarket.agencies.models import Agency, NightlyRun
from supermarket.agencies.rounds import BATCH, Asked, Rounds, ask_about, write_rounds
from supermarket.agencies.verification import IN_THE_MARKET
from supermarket.core.errors import Conflict
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date, local_moment
from supermarket.extensions import db
from supermarket.policies.slots import Outcome

BEGINS = time(2, 0)
TRIES = 5
_log = structlog.get_logger(__name__)


def slot_of(at: datetime) -> datetime:
    """The night that a moment belongs to: the latest 02:00 local that has come."""
    today = local_moment(local_date(at), BEGINS)
    return today if today <= at else local_moment(local_date(at) - timedelta(days=1), BEGINS)


def reverify(at: datetime) -> Outcome:
    """Check every agency in the market once for this night, whatever was broken off before; gives the night's counts."""
    slot = slot_of(at)
    with unit():
        _begin(slot, at)
    while True:
        with unit():
            run = db.session.get_one(NightlyRun, slot, populate_existing=True)
            cursor, is_over = run.cursor, run.finished_at is not None
            ids = [] if is_over else _next(slot, cursor)
        if not ids:
            break
        _one_batch(slot, cursor, ids, at)
    with unit():
        run = db.session.get_one(NightlyRun, slot, with_for_update=True, populate_existing=True)
        run.finished_at = run.finished_at or at
        return {
            "checked": run.checked,
            "changed": run.changed,
            "silent": run.silent,
            "passed_over": run.passed_over,
            "broken": run.broken,
        }


def _begin(slot: datetime, at: datetime) -> None:
    counts = dict.fromkeys(("cursor", "checked", "changed", "silent", "passed_over", "broken"), 0)
    statement = insert(NightlyRun).values(slot=slot, began_at=at, **counts)
    db.session.execute(statement.on_conflict_do_nothing(index_elements=["slot"]))


def _next(slot: datetime, cursor: int) -> Sequence[int]:
    """The next agencies; whoever was checked since the night began has been checked."""
    return db.session.scalars(
        sa.select(Agency.id)
        .where(
            Agency.id > cursor,
            Agency.standing.in_(IN_THE_MARKET),
            sa.or_(Agency.checked_at.is_(None), Agency.checked_at < slot),
        )
        .order_by(Agency.id)
        .limit(BATCH)
    ).all()


def _one_batch(slot: datetime, cursor: int, ids: Sequence[int], at: datetime) -> None:
    """Ask, then write and move the cursor. Another worker that was faster, or a deadlock, makes nothing happen here."""
    asked = _asked(ids, at)
    for attempt in range(1, TRIES + 1):
        try:
            with unit():
                run = db.session.get_one(NightlyRun, slot, with_for_update=True, populate_existing=True)
                if run.cursor != cursor or run.finished_at is not None:
                    return
                done, broken = _written(asked, ids, at)
                run.cursor = ids[-1]
                run.checked += len(done.checked)
                run.changed += len(done.changed)
                run.silent += len(done.silent)
                run.passed_over += len(done.passed_over)
                run.broken += len(broken)
            return
        except Conflict:
            if attempt == TRIES:
                raise


def _asked(ids: Sequence[int], at: datetime) -> Asked:
    """The answers for a batch; where one agency's file breaks the asking, for the others."""
    try:
        return ask_about(ids, at)
    except OperationalError:
        raise
    except Exception as error:
        if len(ids) == 1:
            _log.error("agency cannot be asked about", id=ids[0], exc_info=error)
            return Asked({}, {})
    parts = [_asked([number], at) for number in ids]
    return Asked(
        {number: file for part in parts for number, file in part.files.items()},
        {question: answer for part in parts for question, answer in part.answers.items()},
    )


def _written(asked: Asked, ids: Sequence[int], at: datetime) -> tuple[Rounds, list[int]]:
    """Write a batch; where one agency breaks it, the others alone. The broken are due for the tick, which names them."""
    broken = [number for number in ids if number not in asked.files]
    done = Rounds()
    try:
        with db.session.begin_nested():
            done = write_rounds(asked, at)
    except OperationalError:
        raise
    except Exception as error:
        _log.error("batch is written one by one", first=ids[0], exc_info=error)
        for number, file in sorted(asked.files.items()):
            try:
                with db.session.begin_nested():
                    one = write_rounds(Asked({number: file}, asked.answers), at)
            except OperationalError:
                raise
            except Exception as cause:
                _log.error("agency cannot be checked", id=number, exc_info=cause)
                broken.append(number)
                continue
            for name in ("checked", "changed", "silent", "passed_over"):
                getattr(done, name).extend(getattr(one, name))
    if broken:
        db.session.execute(sa.update(Agency).where(Agency.id.in_(broken)).values(checks_due_at=at))
    return done, broken
