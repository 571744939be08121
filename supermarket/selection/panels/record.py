"""A panel's record (评审记录): every number, what was dropped, who was passed over; as JSON that anybody can recompute.

Times are `YYYY-MM-DDTHH:MM:SSZ`; `mean` has four decimals, half up, `exact` is the fraction that the total is made of.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

import orjson
import sqlalchemy as sa

from supermarket.core.draw import format_time
from supermarket.extensions import db
from supermarket.modes.merit_criteria import Criterion, half_up
from supermarket.projects.models import Project
from supermarket.selection.panels.models import PanelPlan, PanelScore, PanelSeat
from supermarket.selection.panels.states import PASSED_OVER, SCORED
from supermarket.selection.panels.summary import Given, Line, lines

VERSION = "panel-record-v1"
Stored = dict[str, object]


def record_of(project: Project, criteria: Sequence[Criterion], plans: Sequence[PanelPlan]) -> Stored:
    """The record of a panel whose every sheet is in."""
    seats = seats_in(project.id, SCORED)
    agencies = [plan.agency.uscc for plan in plans]
    found = lines([seat.pool_id for seat in seats], agencies, [item.name for item in criteria], _sheets(seats))
    return {
        "version": VERSION,
        "project": project.code,
        "size": len(seats),
        "criteria": [
            {"name": item.name, "weight": str(item.weight), "description": item.description} for item in criteria
        ],
        "plans": [
            {
                "plan": plan.alias,
                "agency": plan.agency.uscc,
                "seq": plan.proposal.seq,
                "sha256": plan.proposal.sha256,
                "received_at": _time(plan.proposal.received_at),
            }
            for plan in plans
        ],
        "experts": [
            {
                "id": seat.pool_id,
                "position": seat.position,
                "invited_at": _time(seat.invited_at),
                "accepted_at": _time(seat.accepted_at),
                "submitted_at": _time(seat.submitted_at),
                "sheet_hash": seat.sheet_hash,
            }
            for seat in seats
        ],
        "passed_over": [
            {"id": seat.pool_id, "position": seat.position, "how": seat.state.value, "at": _time(seat.ended_at)}
            for seat in seats_in(project.id, PASSED_OVER)
        ],
        "scores": [_line(item, plans) for item in found],
    }


def hash_of_record(record: Stored) -> str:
    """SHA-256 of the record's JSON with sorted keys, in lower-case hex: what the experts confirm."""
    return sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()


def seats_in(project_id: int, states: Iterable[object]) -> Sequence[PanelSeat]:
    """The seats in some states, in the drawn order."""
    query = sa.select(PanelSeat).where(PanelSeat.project_id == project_id, PanelSeat.state.in_(list(states)))
    return db.session.scalars(query.order_by(PanelSeat.position)).all()


def _sheets(seats: Sequence[PanelSeat]) -> dict[str, dict[tuple[str, str], Given]]:
    ids = {seat.id: seat.pool_id for seat in seats}
    sheets: dict[str, dict[tuple[str, str], Given]] = {pool_id: {} for pool_id in ids.values()}
    for row in db.session.scalars(sa.select(PanelScore).where(PanelScore.seat_id.in_(ids))):
        sheets[ids[row.seat_id]][(row.agency.uscc, row.criterion)] = Given(row.points, row.sentence)
    return sheets


def _line(item: Line, plans: Sequence[PanelPlan]) -> Stored:
    alias = {plan.agency.uscc: plan.alias for plan in plans}
    return {
        "criterion": item.criterion,
        "plan": alias[item.agency_uscc],
        "given": [
            {"expert": cell.expert, "points": cell.points, "sentence": cell.sentence, "dropped": cell.dropped}
            for cell in item.cells
        ],
        "mean": f"{half_up(item.mean):.4f}",
        "exact": str(item.mean),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment.replace(microsecond=0))
