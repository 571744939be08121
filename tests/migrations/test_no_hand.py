"""No interface, command or table write sets a winner: the database refuses the last, the code has no place for the first."""

# ruff: noqa: S608 - the names of tables are those of this file
import ast
from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa

from config import ROOT
from supermarket.core.draw import Member, draw_key, draw_order, parse_pool_file, pool_file, pool_hash
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.policies.models import Policy
from supermarket.projects.models import Project
from supermarket.selection.models import Award, QuoteList
from supermarket.selection.states import AwardState
from tests.architecture.sources import PRODUCT
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.migrations.alembic_at import Ground, ground
from tests.migrations.life import live_a_little, settle
from tests.migrations.test_guards import RESTRICTED, refused

PLAYED_AT = datetime.fromisoformat("2026-03-02T10:00:00+08:00")


def _project(mode: str, amounts: tuple[int, ...], steps: tuple[str, ...], **changes: object) -> str:
    """A published project with three enrolments, taken as far as its moments named."""
    with unit():
        project, _owner = make_open_project(PLAYED_AT, mode=mode, **changes)
        enrolled = make_enrolled(project, 3, PLAYED_AT)
        if amounts:
            make_enrolled(project, 1, PLAYED_AT)  # without a quote: out at the freeze
        for (_agency, actor), amount in zip(enrolled, amounts, strict=False):
            make_quote(project.code, amount, actor=actor, at=PLAYED_AT)
        code = project.code
    for moment in steps:
        with unit() as session:
            of_list = sa.select(QuoteList.opens_at).join(Project, Project.id == QuoteList.project_id)
            of_project = sa.select(getattr(Project, moment)) if moment != "opens_at" else of_list
            due = session.scalar(of_project.where(Project.code == code))
        assert isinstance(due, datetime)
        settle(due)
    return code


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database at the head: selections at every point at which a hand could wish to be quicker than the rules."""
    with ground(f"{worker_id}_hand", redis_address, tmp_path_factory.mktemp("hand")) as made:
        made.up()
        with made.app.app_context():
            live_a_little(PLAYED_AT)
            with unit():
                make_policy("draw_source_social", "published", effective_from=PLAYED_AT.date())
            _project("random", (), ("enrol_until",), name="待录入开奖号码")
            with unit() as session:
                session.execute(sa.delete(Policy).where(Policy.key == "draw_source_social"))
            # The one that goes furthest first: what is due is done for all that are there.
            _project("bidding", (4_000_000, 8_100_000, 8_200_000), ("enrol_until", "select_at"), name="低价待说明")
            _project("random", (), ("enrol_until",), name="已冻结待抽取")
            _project("bidding", (8_000_000, 8_100_000, 8_200_000), ("enrol_until", "opens_at"), name="已开标待评")
            _project("bidding", (8_000_000, 8_100_000, 8_200_000), (), name="报名中")
            with unit() as session:
                assert session.scalars(sa.select(Award).where(Award.state == AwardState.ANNOUNCED)).first() is not None
            db.session.remove()
            db.engine.dispose()
        yield made


SECOND = "(SELECT agency_id FROM trade.ranks r WHERE r.project_id = p.id AND r.position = 2)"
WITH_ORDER = "EXISTS (SELECT FROM trade.ranks r WHERE r.project_id = p.id AND r.position = 2)"
DRAWABLE = "(SELECT id FROM trade.projects WHERE name = '已冻结待抽取')"
OPENED = "(SELECT id FROM trade.projects WHERE name = '已开标待评')"
LOW = "(SELECT id FROM trade.projects WHERE name = '低价待说明')"
CANDIDATES = (
    "(SELECT jsonb_agg(e.figures) FROM trade.enrolments e WHERE e.project_id = {project} AND e.figures <> '{{}}')"
)
ONE_OF = (
    "(SELECT a.uscc FROM trade.enrolments e JOIN agencies.agencies a ON a.id = e.agency_id "
    "WHERE e.project_id = {project} AND e.figures <> '{{}}' ORDER BY e.id DESC LIMIT 1)"
)


def _run(project: str, stage: str, candidates: str, order: str) -> str:
    """A stage run that nobody computed."""
    return (
        "INSERT INTO trade.stage_runs (project_id, position, stage, parameters, inputs, outputs, state, started_at, "
        f"finished_at) SELECT {project}, 0, '{stage}', '{{}}', jsonb_build_object('candidates', {candidates}), "
        f"jsonb_build_object('order', {order}, 'passed_on', {order}, 'figures', '{{}}'::jsonb, "
        "'excluded', '[]'::jsonb), 'done', now(), now()"
    )


def _alone(project: str) -> str:
    return "jsonb_build_array(" + ONE_OF.format(project=project) + ")"


HANDS = {
    # awards, order, winner
    "winner": f"UPDATE trade.projects p SET winner_id = {SECOND} WHERE p.winner_id IS NOT NULL AND {WITH_ORDER}",
    "winner's price": "UPDATE trade.projects SET award_price = award_price + 1 WHERE winner_id IS NOT NULL",
    "award moved": f"UPDATE trade.awards a SET agency_id = {SECOND}, position = 2 FROM trade.projects p "
    f"WHERE p.id = a.project_id AND a.position = 1 AND {WITH_ORDER}",
    "award's price": "UPDATE trade.awards SET price = price + 1",
    "award deleted": "DELETE FROM trade.awards",
    "awards emptied": "TRUNCATE trade.awards CASCADE",
    "second award": "INSERT INTO trade.awards (project_id, agency_id, position, state, price, reason) "
    f"SELECT p.id, {SECOND}, 2, 'announced', p.ceiling, '' FROM trade.projects p WHERE {WITH_ORDER}",
    "second award at another price": "INSERT INTO trade.awards (project_id, agency_id, position, state, price, reason) "
    f"SELECT p.id, {SECOND}, 2, 'announced', 1, '' FROM trade.projects p WHERE {WITH_ORDER}",
    "dropped without a reason": "UPDATE trade.awards SET state = 'disqualified' WHERE state = 'announced'",
    "dropped without a word": "UPDATE trade.awards SET state = 'disqualified', reason = '不合格', ended_at = now() "
    "WHERE state = 'announced'",
    "place appended": "INSERT INTO trade.ranks (project_id, position, agency_id, figures) "
    "SELECT a.project_id, 99, max(b.id), '{}' FROM trade.awards a, agencies.agencies b GROUP BY a.project_id",
    "order before its time": "INSERT INTO trade.ranks (project_id, position, agency_id, figures) "
    f"SELECT e.project_id, 1, e.agency_id, '{{}}' FROM trade.enrolments e WHERE e.project_id = {OPENED} LIMIT 1",
    # a series computed again
    "series begun by hand": "UPDATE trade.projects SET series = series + 1 WHERE winner_id IS NOT NULL",
    "computed again by one": "UPDATE trade.draw_corrections c SET state = 'taken', issue = e.issue, "
    'closed_at = e.closed_at, value = e.value, "order" = trade.draw_order(d.pool_file, e.value), ended_at = now(), '
    "series = 2 FROM trade.draws d, trade.correction_entries e WHERE d.id = c.draw_id AND e.correction_id = c.id "
    "AND c.state = 'open'",
    "correction rewritten": "UPDATE trade.draw_corrections SET value = '01 02' WHERE state = 'taken'",
    "correction deleted": "DELETE FROM trade.draw_corrections",
    "corrections emptied": "TRUNCATE trade.draw_corrections CASCADE",
    "claim of a draw by parties": "INSERT INTO trade.draw_corrections (draw_id, number, state, opened_at, opened_by, "
    "answer_due_at) SELECT id, 1, 'open', now(), 'owner', now() FROM trade.draws WHERE source LIKE 'parties:%' "
    "AND refused = '[]'",
    "claim born taken": "INSERT INTO trade.draw_corrections (draw_id, number, state, opened_at, opened_by, "
    "answer_due_at, ended_at, value) SELECT id, 9, 'taken', now(), 'owner', now(), now(), value FROM trade.draws "
    "WHERE source LIKE 'published:%' AND state = 'drawn'",
    "award of a series that is over": "INSERT INTO trade.awards (project_id, series, agency_id, position, state, price, "
    "reason) SELECT r.project_id, 1, r.agency_id, 2, 'announced', p.ceiling, '' FROM trade.ranks r "
    "JOIN trade.projects p ON p.id = r.project_id AND p.series = 2 WHERE r.series = 1 AND r.position = 2",
    "order of a series to come": "INSERT INTO trade.ranks (project_id, series, position, agency_id, figures) "
    "SELECT r.project_id, p.series + 1, 1, r.agency_id, '{}' FROM trade.ranks r JOIN trade.projects p "
    "ON p.id = r.project_id WHERE r.position = 2",
    # stages
    "stage rewritten": "UPDATE trade.stage_runs SET outputs = jsonb_set(outputs, '{order}', '[]') WHERE state = 'done'",
    "stage moved": "UPDATE trade.stage_runs SET position = position + 7",
    "stage deleted": "DELETE FROM trade.stage_runs",
    "stages emptied": "TRUNCATE trade.stage_runs",
    "draw stage invented": _run(DRAWABLE, "draw", CANDIDATES.format(project=DRAWABLE), _alone(DRAWABLE)),
    "price stage of one": _run(
        OPENED,
        "price",
        "jsonb_build_array((SELECT e.figures FROM trade.enrolments e "
        f"WHERE e.project_id = {OPENED} AND e.figures <> '{{}}' LIMIT 1))",
        _alone(OPENED),
    ),
    "price stage without the quotes": _run(OPENED, "price", CANDIDATES.format(project=OPENED), _alone(OPENED)),
    # draws
    "draw by hand": "UPDATE trade.draws SET value = 'x', key = repeat('0', 64), \"order\" = ARRAY(SELECT a.uscc FROM "
    "trade.enrolments e JOIN agencies.agencies a ON a.id = e.agency_id WHERE e.project_id = trade.draws.project_id), "
    "state = 'drawn', drawn_at = now() WHERE \"order\" IS NULL",
    "draw of numbers that nobody typed": "UPDATE trade.draws SET value = '01 02', key = repeat('0', 64), "
    "\"order\" = trade.draw_order(pool_file, '01 02'), state = 'drawn', drawn_at = now() "
    "WHERE \"order\" IS NULL AND source LIKE 'published:%'",
    "draw of a foreign value": "UPDATE trade.draws SET value = repeat('0', 64) || ':' || repeat('1', 64), "
    "key = repeat('0', 64), \"order\" = trade.draw_order(pool_file, repeat('0', 64) || ':' || repeat('1', 64)), "
    "state = 'drawn', drawn_at = now() WHERE \"order\" IS NULL AND source LIKE 'parties:%'",
    "draw of another pool": "INSERT INTO trade.draws (project_id, purpose, state, source, pool_file, pool_hash, excluded, "
    "entered_by, refused, draw_at) SELECT project_id, 'tie9', 'receipt_pending', source, 'other', pool_hash, "
    "excluded, entered_by, refused, draw_at FROM trade.draws LIMIT 1",
    # the pool
    "figures of the freeze": "UPDATE trade.enrolments SET figures = jsonb_set(figures, '{credit_points}', '120') "
    "WHERE figures <> '{}'",
    "enrolment handed on": "UPDATE trade.enrolments SET agency_id = (SELECT max(id) FROM agencies.agencies)",
    "days offered later": f"UPDATE trade.enrolments SET offered_days = 1 WHERE project_id = {OPENED}",
    "into the pool": "INSERT INTO trade.enrolments (project_id, agency_id, state, enrolled_at, exclusion_reason, figures) "
    f"SELECT {OPENED}, max(id), 'live', now(), '', '{{}}' FROM agencies.agencies",
    "out of the pool": f"UPDATE trade.enrolments SET state = 'cancelled' WHERE project_id = {OPENED} AND state = 'live'",
    "excluded without a word": "UPDATE trade.enrolments SET state = 'excluded', exclusion_code = 'linked', "
    f"exclusion_reason = 'x' WHERE project_id = {OPENED} AND state = 'live'",
    "back in": f"UPDATE trade.enrolments SET state = 'live' WHERE project_id = {OPENED} AND state = 'excluded'",
    "enrolment deleted": "DELETE FROM trade.enrolments",
    "enrolments emptied": "TRUNCATE trade.enrolments CASCADE",
    "findings rewritten": "UPDATE trade.eligibility_checks SET ok = true",
    # quotes
    "quote opened before the list": "INSERT INTO trade.opened_quotes (quote_id, invalid_code, opened_at) "
    "SELECT q.id, 'does_not_open', now() FROM trade.quotes q JOIN trade.projects p ON p.id = q.project_id "
    "WHERE p.name = '报名中'",
    "another amount in the box": "INSERT INTO trade.opened_quotes (quote_id, amount, body, opened_at) "
    "SELECT q.id, 1, E'quote-v1\\nP\\nU\\n1\\n1\\ns\\n', now() FROM trade.quotes q "
    "JOIN trade.projects p ON p.id = q.project_id WHERE p.name = '报名中'",
    "opened amount": "UPDATE trade.opened_quotes SET amount = 1",
    "statement deleted": "DELETE FROM trade.cost_statements",
    # The owner's choice stands, and comes from the list that the stages left.
    "another chosen": "UPDATE trade.choices SET agency_id = (SELECT max(id) FROM agencies.agencies)",
    "list to choose from": "UPDATE trade.choices SET members = members || '91510107MA6CA01X05'::varchar",
    "choice deleted": "DELETE FROM trade.choices",
    "choices emptied": "TRUNCATE trade.choices",
    "chosen without being asked": "INSERT INTO trade.choices (project_id, members, asked_at, agency_id, reason, chosen_at) "
    "SELECT p.id, ARRAY[a.uscc], now(), a.id, 'x', now() FROM trade.projects p, agencies.agencies a "
    "WHERE NOT EXISTS (SELECT FROM trade.choices c WHERE c.project_id = p.id) LIMIT 1",
    # A released way of selection stays as it was tried.
    "released mode": "UPDATE trade.mode_versions SET rules = '{}' WHERE state = 'released'",
    "released mode deleted": "DELETE FROM trade.mode_versions",
    # the rules of the day of publication
    "another mode": "UPDATE trade.projects SET mode = 'random' WHERE mode = 'bidding'",
    "rules of the mode": "UPDATE trade.projects SET mode_rules = mode_rules || '{\"fewest_valid\": 1}' "
    f"WHERE id = {OPENED}",
    "stages of the mode": f"UPDATE trade.projects SET stages = '[]' WHERE id = {OPENED}",
    "numbers of the day": f"UPDATE trade.projects SET policy = policy || '{{\"succession_price_percent\": 500}}' "
    f"WHERE id = {OPENED}",
    "terms": f"UPDATE trade.projects SET terms = '{{\"keep\": 1}}' WHERE id = {OPENED}",
    "source of the draw": f"UPDATE trade.projects SET draw_source = 'drand:' || repeat('0', 64) WHERE id = {OPENED}",
    "ceiling after the freeze": f"UPDATE trade.projects SET ceiling = ceiling - 1 WHERE id = {OPENED}",
    "thawed": f"UPDATE trade.projects SET frozen_at = NULL WHERE id = {OPENED}",
}


@pytest.mark.parametrize("as_owner", [True, False], ids=["owner", "site"])
@pytest.mark.parametrize("name", HANDS)
def test_no_table_write_makes_another_one_win(market: Ground, name: str, as_owner: bool) -> None:
    before = market.rows()
    code = refused(market, HANDS[name], as_owner=as_owner)
    assert code == RESTRICTED or (not as_owner and code == "42501"), name
    assert market.rows() == before


def test_the_database_draws_as_the_rules_do(market: Ground) -> None:
    """Its own computation of an order, with tickets, against the pure one."""
    for count in (1, 2, 7, 40):
        members = [Member(f"91510100MA61T2X{number:03d}", 1 + number % 3) for number in range(count)]
        data = pool_file("P-1", "main", "published:kl8", members)
        value = " ".join(f"{number:02d}" for number in range(count, count + 20))
        expected = list(draw_order(parse_pool_file(data).members, draw_key(pool_hash(data), value)))
        with market.app.app_context():
            found = db.session.scalar(
                sa.text("SELECT trade.draw_order(:pool, :value)"), {"pool": data.decode(), "value": value}
            )
            db.session.remove()
        assert found == expected


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
    "supermarket/selection/awarding.py": {"Award"},
    "supermarket/selection/direct.py": {"Award"},
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
