"""The one style for each thing, as far as a syntax tree shows it."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import (
    OUR_STATIC,
    PRODUCT,
    committed,
    imports_of,
    of_every,
    python_files,
    room_of,
    text_of,
    tree_of,
)

LONGEST_FILE = 400
# The first migration was written by Alembic from the models; migrations that have run anywhere are never edited.
LONG_BY_NATURE = {"migrations/versions/0001_registers_and_trade.py"}
OURS = [*python_files(*PRODUCT, "tests", "benchmarks", "migrations"), "config.py", "wsgi.py", "gunicorn.conf.py"]
PRODUCT_FILES = [*python_files(*PRODUCT), "config.py", "wsgi.py"]
MARKET_FILES = python_files("supermarket", "workers")

# The only places that read the machine's time.
CLOCKS = {
    "supermarket/core/clock.py": "the market's clock",
    "supermarket/gateways/payments.py": "the payment service signs its notices with real time",
    "supermarket/gateways/registries.py": "when a registry answered is evidence, in real time",
    "witness/clock.py": "the witness's own",
}
# Rooms where numbers may be fractions that nobody pays: time-outs, weights of a search, chances of an invented life.
FRACTIONS = {"gateways", "data", "demo"}

# The search index on disk has a commit of its own; it is no part of the market's transaction and can be rebuilt.
OF_THE_INDEX = "writer.commit"

Check = Callable[[ast.Module], list[str]]


def commits(tree: ast.Module) -> list[str]:
    """Calls of commit() on anything."""
    return [
        f"line {node.lineno}: {ast.unparse(node.func)}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and ast.unparse(node.func) != OF_THE_INDEX
    ]


def inner_imports(tree: ast.Module) -> list[str]:
    """Imports inside a function."""
    return [
        f"line {inner.lineno}: {ast.unparse(inner)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]


def clock_readings(tree: ast.Module) -> list[str]:
    """Calls that ask the machine for date or time of day (monotonic time measures lengths and is no date)."""
    asked = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.time|time\.localtime|time\.gmtime)$")
    return [
        f"line {node.lineno}: {ast.unparse(node.func)}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and asked.search(ast.unparse(node.func))
    ]


def naive_times(tree: ast.Module) -> list[str]:
    """Moments without a zone: datetime.now() without one, utcnow, today, strptime's and fromtimestamp's naive results."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        bare = called.endswith("datetime.now") and not node.args and not node.keywords
        without_zone = called.endswith("datetime.fromtimestamp") and len(node.args) + len(node.keywords) < 2
        if bare or without_zone or re.search(r"(^|\.)(datetime\.(utcnow|utcfromtimestamp|today)|date\.today)$", called):
            found.append(f"line {node.lineno}: {called}()")
    return found


def floats(tree: ast.Module) -> list[str]:
    """Literals, calls and annotations of float."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"line {node.lineno}: {node.value}")
        elif isinstance(node, ast.Name) and node.id == "float":
            found.append(f"line {node.lineno}: float")
    return found


def swallowed(tree: ast.Module) -> list[str]:
    """Handlers of everything, and handlers that do nothing."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            found.append(f"line {node.lineno}: except without a type")
        nothing = all(
            isinstance(item, ast.Pass) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
            for item in node.body
        )
        if nothing:
            found.append(f"line {node.lineno}: an exception is swallowed")
    return found


def _asserts(path: str, check: Check, sentence: str) -> None:
    found = check(tree_of(path))
    assert not found, f"{path}: {'; '.join(found)} – {sentence}"


@of_every([path for path in MARKET_FILES if path != "supermarket/core/unit.py"])
def test_only_the_unit_of_work_commits(path: str) -> None:
    _asserts(path, commits, "only supermarket/core/unit.py commits: `with unit():`")


def test_the_unit_of_work_commits_once() -> None:
    assert len(commits(tree_of("supermarket/core/unit.py"))) == 1


@of_every(OURS)
def test_no_import_stands_inside_a_function(path: str) -> None:
    _asserts(path, inner_imports, "imports stand at the head of a file")


@of_every(OURS)
def test_no_moment_is_without_its_zone(path: str) -> None:
    _asserts(path, naive_times, "moments are aware")


@of_every([path for path in [*MARKET_FILES, *python_files("witness")] if path not in CLOCKS])
def test_only_the_clocks_read_the_machines_time(path: str) -> None:
    _asserts(path, clock_readings, "ask supermarket.core.clock; operations are given `at`")


@of_every(sorted(CLOCKS))
def test_the_clocks_are_where_they_are_said_to_be(path: str) -> None:
    assert clock_readings(tree_of(path)), f"{path} reads no time: strike it off CLOCKS"


def _counts_money(path: str) -> bool:
    return room_of(path) not in FRACTIONS


@of_every([path for path in python_files("supermarket") if _counts_money(path)])
def test_no_float_comes_near_money_or_points(path: str) -> None:
    found = [item for item in floats(tree_of(path)) if not _is_json_type(path, item)]
    assert not found, f"{path}: {'; '.join(found)} – whole fen, Decimal or Fraction, never float"


def _is_json_type(path: str, item: str) -> bool:
    """A type of JSON values, which has floats whether we want them or not."""
    line = text_of(path).splitlines()[int(item.split()[1].rstrip(":")) - 1]
    return re.match(r"\s*Json\w*( = |: )", line) is not None or line.startswith("JSON")


@of_every(OURS)
def test_no_exception_is_swallowed(path: str) -> None:
    _asserts(
        path, swallowed, "name the exception and do something about it (contextlib.suppress says that it is meant)"
    )


@of_every(python_files("migrations/versions"))
def test_migrations_need_no_code_of_ours(path: str) -> None:
    """A migration of today must still run when the code has moved on."""
    named = {item.module for item in imports_of(tree_of(path)) if item.module.split(".")[0] in {*PRODUCT, "tests"}}
    assert not named, f"{path} imports {sorted(named)}"


def _operations() -> Iterator[str]:
    for path in python_files("supermarket"):
        parts = Path(path).parts
        if "operations" in parts or Path(path).stem in {"operations", "rules", "states", "models", "eligibility"}:
            yield path


@of_every(sorted(_operations()))
def test_operations_and_rules_are_told_the_time(path: str) -> None:
    asked = [
        f"line {item.line}: {name}"
        for item in imports_of(tree_of(path))
        if item.module == "supermarket.core.clock"
        for name in item.names
        if name in {"now", "real_now", "offset"}
    ]
    assert not asked, f"{path}: {'; '.join(asked)} – it is given `at`"


def _measured() -> list[str]:
    kinds = {".py", ".js", ".mjs", ".css", ".html", ".typ"}
    return [
        path
        for path in committed()
        if Path(path).suffix in kinds
        and path not in LONG_BY_NATURE
        and (not path.startswith("static/") or path.startswith(OUR_STATIC))
    ]


@of_every(_measured())
def test_no_file_is_longer_than_400_lines(path: str) -> None:
    lines = len(text_of(path).splitlines())
    assert lines <= LONGEST_FILE, f"{path} has {lines} lines; split it by what its parts are about"


_SILENCED = re.compile(r"#\s*(type: ignore|noqa)")
_WITH_REASON = re.compile(r"#\s*(type: ignore\[[a-z, -]+\]|noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*)\s+(#|–|-)\s*\S")


@of_every(PRODUCT_FILES)
def test_whoever_silences_a_checker_says_why(path: str) -> None:
    lines = text_of(path).splitlines()
    silent = [
        f"line {number}"
        for number, line in enumerate(lines, start=1)
        if _SILENCED.search(line) and not _WITH_REASON.search(line) and not _same_reason_above(lines, number)
    ]
    assert not silent, f"{path}: {', '.join(silent)} – give the code and the reason: # type: ignore[code]  # why"


def _same_reason_above(lines: list[str], number: int) -> bool:
    """The line above gives the reason for both, or is a comment of its own."""
    above = lines[number - 2].strip() if number > 1 else ""
    return _WITH_REASON.search(above) is not None or above.startswith("#")


@of_every(PRODUCT_FILES)
def test_every_module_says_what_it_is(path: str) -> None:
    assert ast.get_docstring(tree_of(path)), f"{path} has no docstring"


@of_every(PRODUCT_FILES)
def test_nothing_is_left_for_later(path: str) -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XXX|HACK)\b")
    found = [f"line {number}" for number, line in enumerate(text_of(path).splitlines(), 1) if marks.search(line)]
    assert not found, f"{path}: {', '.join(found)} – finish it or leave it out"


@of_every(python_files("tests"))
def test_our_own_code_is_not_mocked(path: str) -> None:
    mocks = [item.line for item in imports_of(tree_of(path)) if item.module.startswith("unittest.mock")]
    assert not mocks, f"{path}, line {mocks}: take the fakes of supermarket/gateways"


@pytest.mark.parametrize(
    ("check", "bad", "good"),
    [
        (commits, "db.session.commit()", "with unit(): pass"),
        (inner_imports, "def f():\n    import os", "import os"),
        (clock_readings, "datetime.now(UTC)", "clock.now()"),
        (clock_readings, "time.time()", "time.monotonic()"),
        (naive_times, "datetime.now()", "datetime.now(UTC)"),
        (naive_times, "datetime.utcnow()", "datetime.fromtimestamp(0, UTC)"),
        (naive_times, "datetime.datetime.fromtimestamp(0)", "datetime.now(tz=UTC)"),
        (floats, "price = 0.1", "price = Decimal('0.1')"),
        (floats, "float(text)", "int(text)"),
        (swallowed, "try:\n    f()\nexcept:\n    g()", "try:\n    f()\nexcept ValueError:\n    g()"),
        (swallowed, "try:\n    f()\nexcept ValueError:\n    pass", "with suppress(ValueError):\n    f()"),
    ],
)
def test_the_checks_find_what_they_look_for(check: Check, bad: str, good: str) -> None:
    assert check(ast.parse(bad))
    assert not check(ast.parse(good))
