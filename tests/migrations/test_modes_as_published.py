"""Migration 0017 with rows: criteria of drafts and of published projects move to their own column and come back."""

from datetime import UTC, datetime
from pathlib import Path

from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects.models import Project
from tests.factories.projects import make_open_project
from tests.migrations.alembic_at import Ground, ground

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CRITERIA = [{"kind": "price", "weight": "60", "name": ""}, {"kind": "stars", "weight": "40", "name": ""}]


def _projects(made: Ground) -> dict[str, dict[str, object]]:
    return made.rows()["trade.projects"]


def test_criteria_and_rules_go_down_and_come_up(worker_id: str, redis_address: str, tmp_path: Path) -> None:
    with ground(f"{worker_id}_modes", redis_address, tmp_path) as made:
        made.up()
        with made.app.app_context():
            with unit():
                random = make_open_project(AT, mode="random")[0].id
                merit = make_open_project(AT, mode="merit", criteria=(("price", 60), ("stars", 40)))[0].id
            db.session.remove()
            with unit():
                assert db.session.get_one(Project, merit).terms == {"criteria": CRITERIA}
            db.session.remove()
            db.engine.dispose()
        before = _projects(made)
        made.down("0016")
        down = _projects(made)
        assert down[str(merit)]["stages"] == [{"stage": "score", "criteria": {"price": 60, "stars": 40}}]
        assert down[str(random)]["stages"] == before[str(random)]["stages"]
        made.up()
        again = _projects(made)
        assert again[str(merit)]["terms"] == {"criteria": CRITERIA}
        assert again[str(merit)]["mode_rules"] == before[str(merit)]["mode_rules"]
        assert again[str(random)]["mode_rules"] == before[str(random)]["mode_rules"]
        assert again[str(merit)]["stages"] == before[str(merit)]["stages"]
