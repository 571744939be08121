"""What came of a selection, as its record has it: runs, order and awards of a series, and what was computed before."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from supermarket.core.events import Event
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.selection.computed import computations, public_record, taken_of
from supermarket.selection.models import Draw
from supermarket.selection.series import awards_in, order_in, passed_over_in, runs_in
from supermarket.selection.states import StageState

Fields = dict[str, object]


def moment(at: datetime | None) -> str | None:
    """`YYYY-MM-DDTHH:MM:SSZ`; parts of a second are cut off."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def runs_of(project: Project, series: int | None = None) -> list[Fields]:
    return [
        {
            "stage": row.stage,
            "parameters": row.parameters,
            "inputs": row.inputs,
            "outputs": row.outputs,
            "started_at": moment(row.started_at),
            "finished_at": moment(row.finished_at),
        }
        for row in runs_in(project, series)
        if row.state is StageState.DONE
    ]


def order_of(project: Project, series: int | None = None) -> list[Fields]:
    return [
        {"position": row.position, "uscc": row.agency.uscc, "price": row.price, "figures": row.figures}
        for row in order_in(project, series)
    ]


def awards_of(project: Project, series: int | None = None) -> list[Fields]:
    return [
        {
            "position": row.position,
            "uscc": row.agency.uscc,
            "price": row.price,
            "state": row.state.value,
            "announced_at": moment(row.announced_at),
            "standstill_until": moment(row.standstill_until),
            "reason": row.reason,
            "notice_number": row.notice_number,
            "notice_at": moment(row.notice_at),
            "ended_at": moment(row.ended_at),
        }
        for row in awards_in(project, series)
    ]


def passed_over_of(project: Project) -> list[str]:
    return list(passed_over_in(project))


def superseded_of(project: Project) -> list[Fields]:
    """What was computed from a mistyped bulletin before it was computed again; it decides nothing and stays public."""
    return [
        {
            "series": series,
            "runs": runs_of(project, series),
            "order": order_of(project, series),
            "awards": awards_of(project, series),
        }
        for series in range(1, project.series)
    ]


def corrections_of(draws: Sequence[Draw]) -> list[Fields]:
    """Each draw that was computed again: the record as it was before, and what two of two bodies typed, and why."""
    return [
        {
            "purpose": draw.purpose,
            "number": row.number,
            "series": row.series,
            "taken_at": moment(row.ended_at),
            "before": json.loads(public_record(draw, known).to_json()),
            "entries": [
                {
                    "role": entry.role,
                    "at": moment(entry.at),
                    "issue": entry.issue,
                    "closed_at": moment(entry.closed_at),
                    "value": entry.value,
                    "reason": entry.reason,
                    "bulletin": {"name": entry.document.name, "sha256": entry.document.sha256},
                }
                for entry in row.entries
            ],
        }
        for draw in draws
        for known, row in zip(computations(draw), taken_of(draw), strict=False)
    ]


def failure_of(project: Project) -> Fields | None:
    event = db.session.scalar(
        sa.select(Event)
        .where(
            Event.project_code == project.code,
            Event.tag.in_(("project.failed", "project.withdrawn", "project.voided")),
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    if event is None:
        return None
    return {"code": event.data.get("code", event.tag), "reason": event.data.get("reason", ""), "at": moment(event.at)}
