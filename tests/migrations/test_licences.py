"""Migration 0009 with rows: licences become columns and come back; what a check had confirmed stays confirmed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from supermarket.agencies.models import Check, Outcome
from supermarket.core.unit import unit
from supermarket.extensions import db
from tests.factories.agencies import make_agency, make_licence, make_practitioner
from tests.migrations.alembic_at import Ground, ground

AT = datetime(2025, 3, 2, 2, 0, tzinfo=UTC)


def _sow() -> dict[str, int]:
    """Somebody with two licences, one of them corrected; somebody who left; agencies with and without a passed check."""
    with unit():
        checked, unchecked = make_agency(matters=()), make_agency(matters=())
        here = make_practitioner(checked, verified=False)
        here.licences[0].ended_at = AT
        make_licence(here, "Q059", verified=False)
        gone = make_practitioner(checked)
        gone.since, gone.released_at, gone.licences[0].ended_at = AT, AT + timedelta(days=9), AT + timedelta(days=9)
        other = make_practitioner(unchecked)
        db.session.add(
            Check(
                agency_id=checked.id,
                code="practitioners",
                outcome=Outcome.PASS,
                registry_name="data-sharing",
                reference="",
                sentence="",
                first_at=AT,
                last_at=AT,
                present=True,
            )
        )
        return {"here": here.id, "gone": gone.id, "other": other.id}


def _people(made: Ground) -> dict[str, dict[str, object]]:
    return made.rows()["agencies.practitioners"]


def test_licences_become_columns_and_come_back(worker_id: str, redis_address: str, tmp_path: Path) -> None:
    with ground(f"{worker_id}_licences", redis_address, tmp_path) as made:
        made.up()
        with made.app.app_context():
            ids = _sow()
            db.session.remove()
            db.engine.dispose()
        above = made.rows()["agencies.practitioner_licences"].values()
        numbers = {row["practitioner_id"]: row["number"] for row in above if row["ended_at"] is None}
        made.down("0008")
        kept = _people(made)
        assert kept[str(ids["here"])]["licence_kind_code"] == "Q059", "what is on file, not what it was before"
        assert kept[str(ids["here"])]["licence_number"] == numbers[ids["here"]]
        assert kept[str(ids["gone"])]["licence_number"]
        made.up("0009")
        again = {row["practitioner_id"]: row for row in made.rows()["agencies.practitioner_licences"].values()}
        assert len(again) == 3
        assert again[ids["here"]]["number"] == numbers[ids["here"]]
        assert datetime.fromisoformat(str(again[ids["here"]]["verified_at"])) == AT
        assert again[ids["other"]]["verified_at"] is None
        assert again[ids["gone"]]["verified_at"] is None
        assert again[ids["gone"]]["ended_at"] == kept[str(ids["gone"])]["released_at"]
        since = _people(made)[str(ids["gone"])]["since"]
        assert since is not None and str(since) <= str(kept[str(ids["gone"])]["released_at"])
