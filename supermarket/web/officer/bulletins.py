"""What an office types from bulletins: numbers of draws, and answers to claims that they were mistyped."""

import sqlalchemy as sa
from flask import url_for

from supermarket.core.permissions import Actor, P
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.bulletins import waits_for_entry_of
from supermarket.selection.corrections import waits_for_answer_of
from supermarket.selection.models import Draw, DrawCorrection
from supermarket.web.officer.regions import within
from supermarket.web.work import Work, work


def in_regions(actor: Actor, *permissions: P) -> sa.ColumnElement[bool]:
    """Whether a project lies where one of the permissions is held."""
    return within(Project.region_code, actor, *permissions)


def numbers_to_type(actor: Actor) -> list[Work]:
    """Draws that wait for the regulator's entry of the bulletin's numbers: one statement."""
    rows = db.session.execute(
        sa.select(Project.code, Project.name, Draw.draw_at)
        .join(Project, Project.id == Draw.project_id)
        .where(
            waits_for_entry_of("regulator"),
            Project.state == ProjectState.SELECTING,
            in_regions(actor, P.SELECTION_ENTER_NUMBERS),
        )
        .order_by(Draw.draw_at)
    ).all()
    return [
        work("enter_numbers", row.name, url_for("office.project", code=row.code) + "#numbers", row.draw_at)
        for row in rows
    ]


def claims_to_answer(actor: Actor) -> list[Work]:
    """Claims of a typing error that wait for the regulator's answer: one statement."""
    rows = db.session.execute(
        sa.select(Project.code, Project.name, Draw.purpose, DrawCorrection.answer_due_at)
        .join(Draw, Draw.project_id == Project.id)
        .join(DrawCorrection, DrawCorrection.draw_id == Draw.id)
        .where(
            waits_for_answer_of("regulator"),
            Project.state.in_((ProjectState.SELECTING, ProjectState.ANNOUNCED)),
            in_regions(actor, P.SELECTION_ENTER_NUMBERS),
        )
        .order_by(DrawCorrection.answer_due_at)
    ).all()
    return [
        work(
            "answer_correction",
            row.name,
            url_for("office.correction", code=row.code, purpose=row.purpose),
            row.answer_due_at,
        )
        for row in rows
    ]
