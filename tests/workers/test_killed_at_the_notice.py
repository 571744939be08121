"""Kill -9 in the middle of a standstill's end: after the restart exactly one result, the one that would have come."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from config import ROOT
from supermarket.agencies.models import Qualification
from supermarket.contracts.models import Contract
from supermarket.core.events import Event
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects.models import EligibilityCheck, Enrolment, Project
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Award
from supermarket.selection.notice import standstill_due
from supermarket.selection.states import AwardState
from tests.factories.projects import make_enrolled, make_open_project
from tests.rooms.test_selection import settle, until_selected
from tests.threads import committing_app

PROGRAM = """
import sys, time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from supermarket.core import unit as units
from supermarket.foundation import make_foundation
from supermarket.selection import notice
from tests.conftest import settings

app = make_foundation(settings(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
where, award, at = sys.argv[4], int(sys.argv[5]), datetime.fromisoformat(sys.argv[6])


class Slow:
    "A renderer of PDF that never comes back."

    def render(self, *args, **more):
        print("here", flush=True)
        time.sleep(600)


with app.app_context():
    if where == "rendering":
        app.extensions["gateways"] = replace(app.extensions["gateways"], pdf=Slow())
    with units.unit():
        notice.standstill_due(award, at, None)
        print("here", flush=True)  # everything is done and nothing is committed
        time.sleep(600)
"""


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with committing_app(f"{worker_id}_killed", redis_address, tmp_path_factory.mktemp("killed")) as made:
        yield made


def announced(market: Flask, at: datetime, *, eligible: bool) -> tuple[str, int, datetime]:
    """An announced project, its award and the end of its standstill; its winner has lost its certificate, or not."""
    with market.app_context():
        with unit():
            project, _owner = make_open_project(at)
            make_enrolled(project, 3, at)
            code = project.code
        until_selected(project)
        with unit() as session:
            award = session.scalars(
                sa.select(Award).join(Project).where(Project.code == code, Award.state == AwardState.ANNOUNCED)
            ).one()
            assert award.due_at is not None
            if not eligible:
                certificates = sa.update(Qualification).where(Qualification.agency_id == award.agency_id)
                session.execute(certificates.values(verified_at=None))
            return code, award.id, award.due_at


def state_of(code: str) -> list[tuple[int, str]]:
    with unit() as session:
        rows = session.scalars(
            sa.select(Award).join(Project).where(Project.code == code).order_by(Award.position)
        ).all()
        return [(row.position, row.state.value) for row in rows]


def count_of(code: str, tag: str) -> int:
    with unit() as session:
        query = sa.select(sa.func.count()).select_from(Event).where(Event.tag == tag, Event.project_code == code)
        return session.scalar(query) or 0


@pytest.mark.parametrize(
    ("where", "eligible"), [("rendering", True), ("before the commit", True), ("before the commit", False)]
)
def test_killed_at_the_end_of_the_standstill(
    market: Flask, at: datetime, tmp_path: Path, where: str, eligible: bool
) -> None:
    code, award, due = announced(market, at, eligible=eligible)
    program = tmp_path / "slow_notice.py"
    program.write_text(PROGRAM, encoding="utf-8")
    uri, redis = market.config["SQLALCHEMY_DATABASE_URI"], market.config["REDIS_URL"]
    started = subprocess.Popen(
        [sys.executable, str(program), uri, redis, str(tmp_path), where, str(award), due.isoformat()],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == b"here\n"
    started.send_signal(signal.SIGKILL)
    started.wait()
    started.stdout.close()
    with market.app_context():
        assert state_of(code) == [(1, "announced")]
        assert count_of(code, "selection.notice_issued") == 0
        settle(due)
        settle(due)
        with unit() as session:
            project = session.scalars(sa.select(Project).where(Project.code == code)).one()
            checks = session.scalar(
                sa.select(sa.func.count())
                .select_from(EligibilityCheck)
                .join(Enrolment)
                .where(Enrolment.project_id == project.id, EligibilityCheck.moment == "award")
            )
            contracts = session.scalar(
                sa.select(sa.func.count()).select_from(Contract).where(Contract.project_id == project.id)
            )
            first = session.scalars(sa.select(Award).where(Award.id == award)).one()
            assert checks == 1
            if eligible:
                assert (project.state, project.winner_id) == (ProjectState.AWARDED, first.agency_id)
                assert contracts == 1
            else:
                assert (project.state, contracts) == (ProjectState.ANNOUNCED, 0)
        assert state_of(code) == ([(1, "awarded")] if eligible else [(1, "disqualified"), (2, "announced")])
        assert count_of(code, "selection.notice_issued") == int(eligible)
        assert count_of(code, "award.dropped") == int(not eligible)
        assert not standstill_due(award, due, None)
        db.session.rollback()
