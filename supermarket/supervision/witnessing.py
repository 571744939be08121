"""Every hour the witnesses' own logs are read and held against what the market stored; what differs gets a red card."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from supermarket.accounts.models import OrganisationKind
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.policies.queries import region_names
from supermarket.policies.slots import Outcome
from supermarket.projects.models import Project
from supermarket.selection.models import Draw
from supermarket.selection.states import DrawState
from supermarket.supervision.models import Level
from supermarket.supervision.operations import About, card
from supermarket.supervision.steps import nearest_office
from supermarket.witnesses.comparing import Cell, HeadRow, Row
from supermarket.witnesses.log_queries import head_findings
from supermarket.witnesses.operations import Trouble, visit_all
from supermarket.witnesses.queries import all_rows, seen

# A pool that no witness has signed for so long stands still for a reason that somebody must give.
RECEIPT_GRACE = timedelta(minutes=10)


def watch_witnesses(at: datetime) -> Outcome:
    """Visit the witnesses, compare, issue the cards; gives how many rows, findings and troubles there were."""
    troubles = visit_all(at)
    with unit():
        rows, heads = list(all_rows()), head_findings(seen())
    found = [(row, cell) for row in rows for cell in row.findings]
    issued = 0
    for trouble in troubles:
        with unit():
            issued += _card_log(trouble, at)
    for row, cell in found:
        with unit():
            issued += _card_row(row, cell, at)
    for head in heads:
        with unit():
            issued += sum(_card_head(head, cell, at) for cell in head.findings)
    with unit():
        issued += _card_waiting(at)
    differences = len(found) + sum(len(head.findings) for head in heads)
    return {"compared": len(rows), "differences": differences, "logs": len(troubles), "cards": issued}


def _card_log(trouble: Trouble, at: datetime) -> bool:
    about = About("witness", trouble.witness[:64], None, *home_office(), evidence=trouble.evidence)
    return card(about, trouble.code, Level.RED, at=at) is not None


def _card_row(row: Row, cell: Cell, at: datetime) -> bool:
    project = db.session.scalar(sa.select(Project).where(Project.code == row.project))
    evidence = {
        "witness": cell.witness,
        "purpose": row.purpose,
        "pool_hash": row.pool_hash,
        "shown_here": None if cell.shown_here is None else vars(cell.shown_here),
        "shown_there": None if cell.shown_there is None else vars(cell.shown_there),
    }
    code = f"receipt_{cell.verdict.value}"
    place = f"{row.project}/{row.purpose}/{cell.witness}"[:64]
    if project is None:
        return (
            card(About("witness", place, None, *home_office(), evidence=evidence), code, Level.RED, at=at) is not None
        )
    office = nearest_office(OrganisationKind.OPERATOR, project.region_code)
    about = About("witness", place, project.code, project.region_code, office, evidence=evidence)
    return card(about, code, Level.RED, at=at) is not None


def _card_head(row: HeadRow, cell: Cell, at: datetime) -> bool:
    evidence = {
        "witness": cell.witness,
        "size": row.size,
        "root": row.root,
        "shown_here": None if cell.shown_here is None else vars(cell.shown_here),
        "shown_there": None if cell.shown_there is None else vars(cell.shown_there),
    }
    about = About("witness", f"log/{row.size}/{cell.witness}"[:64], None, *home_office(), evidence=evidence)
    return card(about, f"head_{cell.verdict.value}", Level.RED, at=at) is not None


def home_office() -> tuple[str | None, int | None]:
    """The market's own region and the operator's office there: what is about no project is theirs to answer."""
    region = str(current_app.config["HOME_REGION"])
    if region not in region_names():
        return None, None
    return region, nearest_office(OrganisationKind.OPERATOR, region)


def _card_waiting(at: datetime) -> int:
    query = (
        sa.select(Draw)
        .join(Project, Project.id == Draw.project_id)
        .where(Draw.state == DrawState.RECEIPT_PENDING, Project.frozen_at <= at - RECEIPT_GRACE)
        .order_by(Draw.id)
    )
    issued = 0
    for draw in db.session.scalars(query):
        project = draw.project
        office = nearest_office(OrganisationKind.OPERATOR, project.region_code)
        about = About("witness", f"{project.code}/{draw.purpose}"[:64], project.code, project.region_code, office)
        issued += card(about, "receipt_awaited", Level.RED, at=at) is not None
    return issued
