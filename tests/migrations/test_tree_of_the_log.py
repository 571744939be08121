"""Migration 0027 over a log that began without a tree: its chain holds as it was hashed, its tree grows, and nobody can guess it."""

from hashlib import sha256
from pathlib import Path

import orjson

from supermarket.core.events import GENESIS, seal, verify_chain
from supermarket.core.log_tree import tree_size
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.supervision.sealing import grow_tree, sign_head
from supermarket.supervision.supervise import market_now
from supermarket.witnesses.models import WitnessHead
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.migrations.alembic_at import Ground, ground

SALT = 32
MOMENT = "2026-03-02T02:00:00.123456+00:00"


def event(number: int) -> dict[str, object]:
    """An event as the release before wrote and hashed it."""
    return {
        "id": number,
        "tag": "test.told",
        "subject": ["project", f"P-{number}"],
        "project": f"P-{number}",
        "agency": None,
        "at": MOMENT,
        "recorded_at": MOMENT,
        "actor": [None, None],
        "public": number % 2 == 0,
        "data": {"n": number},
    }


def sow(made: Ground, count: int) -> str:
    """So many events with their chain; gives the last one's hash."""
    previous = GENESIS
    for number in range(1, count + 1):
        row = event(number)
        previous = sha256(bytes.fromhex(previous) + orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()
        made.run(
            "INSERT INTO platform.events (id, tag, subject_kind, subject_code, project_code, at, recorded_at, public, data) "  # noqa: S608 -- numbers
            f"OVERRIDING SYSTEM VALUE VALUES ({number}, 'test.told', 'project', 'P-{number}', 'P-{number}', '{MOMENT}', "
            f"'{MOMENT}', {number % 2 == 0}, jsonb_build_object('n', {number}))",
            as_owner=True,
        )
        made.run(
            f"INSERT INTO platform.sealed_events (seq, event_id, hash) VALUES ({number}, {number}, '{previous}')",  # noqa: S608
            as_owner=True,
        )
    made.run(f"ALTER TABLE platform.events ALTER COLUMN id RESTART WITH {count + 1}", as_owner=True)
    return previous


def test_an_old_log_holds_and_gets_its_tree_with_the_first_head(
    worker_id: str, redis_address: str, tmp_path: Path
) -> None:
    with ground(f"{worker_id}_tree", redis_address, tmp_path) as made:
        made.up("0026")
        head = sow(made, 9)
        made.up()
        salts = {str(row["salt"]) for row in made.rows()["platform.events"].values()}
        assert len(salts) == 9 and {len(salt) for salt in salts} == {SALT}, "each event has a salt of its own"
        with made.app.app_context():
            with unit():
                found = verify_chain()
            assert (found.sealed, found.head, found.holds, found.tree) == (9, head, True, 0)
            with witnessed_by(*make_witnesses("regulator")):
                sign_head(market_now())
                assert tree_size() == 9
                with unit() as session:
                    assert session.query(WitnessHead).count() == 0
            with unit():
                assert (seal(), verify_chain().holds) == (0, True)
            grow_tree()
            with unit():
                assert (tree_size(), verify_chain().holds) == (9, True)
            db.session.remove()
            db.engine.dispose()
        leaves = {row["hashes"][0] for row in made.rows()["platform.log_nodes"].values()}  # type: ignore[index]  # a list
        bare = {sha256(b"\x00" + orjson.dumps(event(n), option=orjson.OPT_SORT_KEYS)).hexdigest() for n in range(1, 10)}
        assert len(leaves) == 9 and not leaves & bare
