"""No interface, command or table write sets a winner: the database refuses the last, the code has no place for the first."""

# ruff: noqa: S608 - the names of tables are those of this file
import ast
from collections.abc import Iterator
from datetime import datetime

import pytest

from config import ROOT
from supermarket.extensions import db
from tests.architecture.sources import PRODUCT
from tests.migrations.alembic_at import Ground, ground
from tests.migrations.life import live_a_little
from tests.migrations.test_guards import RESTRICTED, refused


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database at the head with an announced award and others in the order after it."""
    with ground(f"{worker_id}_hand", redis_address, tmp_path_factory.mktemp("hand")) as made:
        made.up()
        with made.app.app_context():
            live_a_little(datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
            db.session.remove()
            db.engine.dispose()
        yield made


SECOND = "(SELECT agency_id FROM trade.ranks r WHERE r.project_id = p.id AND r.position = 2)"
WITH_ORDER = "EXISTS (SELECT FROM trade.ranks r WHERE r.project_id = p.id AND r.position = 2)"


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE trade.projects p SET winner_id = {SECOND} WHERE p.winner_id IS NOT NULL AND {WITH_ORDER}",
        f"UPDATE trade.awards a SET agency_id = {SECOND}, position = 2 FROM trade.projects p "
        f"WHERE p.id = a.project_id AND a.position = 1 AND {WITH_ORDER}",
        "UPDATE trade.awards SET price = price + 1",
        "DELETE FROM trade.awards",
        "TRUNCATE trade.awards CASCADE",
        "INSERT INTO trade.awards (project_id, agency_id, position, state, price, reason) "
        f"SELECT p.id, {SECOND}, 2, 'announced', 1, '' FROM trade.projects p WHERE {WITH_ORDER}",
        # The owner's choice stands, and comes from the list that the stages left.
        "UPDATE trade.choices SET agency_id = (SELECT max(id) FROM agencies.agencies)",
        "UPDATE trade.choices SET members = members || '91510107MA6CA01X05'::varchar",
        "DELETE FROM trade.choices",
        "TRUNCATE trade.choices",
        "INSERT INTO trade.choices (project_id, members, asked_at, agency_id, reason, chosen_at) "
        "SELECT p.id, ARRAY[a.uscc], now(), a.id, 'x', now() FROM trade.projects p, agencies.agencies a "
        "WHERE NOT EXISTS (SELECT FROM trade.choices c WHERE c.project_id = p.id) LIMIT 1",
        # A released way of selection stays as it was tried.
        "UPDATE trade.mode_versions SET rules = '{}' WHERE state = 'released'",
        "DELETE FROM trade.mode_versions",
        "INSERT INTO trade.ranks (project_id, position, agency_id, figures) "
        "SELECT a.project_id, 99, max(b.id), '{}' FROM trade.awards a, agencies.agencies b GROUP BY a.project_id",
    ],
)
def test_no_table_write_makes_another_one_win(market: Ground, statement: str, as_owner: bool) -> None:
    before = market.rows()
    code = refused(market, statement, as_owner=as_owner)
    assert code == RESTRICTED or (not as_owner and code == "42501")
    assert market.rows() == before


def _writes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute) and part.attr in {"winner_id", "winner"}:
                    yield "winner"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Award", "Rank"}:
            yield node.func.id
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield "setattr"


# Who writes them, and each of them only along what the pipeline computed.
ALLOWED = {
    "supermarket/demo/purchase.py": {"winner"},  # a play's own note of who it was
    "supermarket/projects/operations/going.py": {"winner"},
    "supermarket/projects/operations/ending.py": {"winner"},
    "supermarket/selection/awarding.py": {"Award", "Rank"},
    "supermarket/selection/running.py": {"Rank"},
}


def test_no_other_line_of_the_house_writes_an_order_an_award_or_a_winner() -> None:
    found: dict[str, set[str]] = {}
    for top in PRODUCT:
        for path in sorted((ROOT / top).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            written = set(_writes(ast.parse(path.read_text(encoding="utf-8")))) - {"setattr"}
            if written:
                found[name] = written
    assert {
        name: what - ALLOWED.get(name, set()) for name, what in found.items() if what - ALLOWED.get(name, set())
    } == {}


def test_no_address_or_command_takes_a_winner(market: Ground) -> None:
    rules = {f"{rule.rule} {sorted(rule.methods or ())}" for rule in market.app.url_map.iter_rules()}
    assert not [rule for rule in rules if "winner" in rule.lower()]
    named = [
        f"{group} {name}"
        for group, command in market.app.cli.commands.items()
        for name in getattr(command, "commands", {"": 0})
    ]
    assert not [name for name in named if "winner" in name or "award" in name]
