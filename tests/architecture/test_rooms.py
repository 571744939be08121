"""A room imports only what stands above it in docs/architecture.md; the witness and the market know nothing of each other."""

import ast
from pathlib import Path

import pytest

from config import ROOT
from tests.architecture.sources import imports_of, of_every, python_files, room_of, rooms, rooms_named, tree_of

# Facts, open to every room; and the package itself (its version).
FACTS = "data"
# `current_app` is not among them: settings (the site's name, whether this is a demo) are no request.
OF_A_REQUEST = {"request", "session", "g", "url_for", "flash", "redirect", "render_template", "has_request_context"}
# Where a request's bag may be known below the doors, each with its reason.
KNOWS_G = {
    "supermarket/policies/queries.py": "keeps regions and numbers for as long as the application context lasts",
    "supermarket/policies/operations.py": "drops what queries.py keeps there",
}
# Rows of another room that are written where they are, each with its reason (docs/adr/0016).
DEBTS = {
    (
        "supermarket/api/once.py",
        "IdempotencyKey",
    ): "the API's machinery owns these rows; the table stands with the accounts",
    ("supermarket/selection/direct.py", "Enrolment"): "a direct award enters the named agency, who did not enrol",
}
DOORS = ("foundation", "web", "api", "cli", "demo", "app")
WRITES = {"add", "add_all", "delete", "flush", "commit", "merge", "bulk_save_objects", "bulk_insert_mappings"}


def upward_imports(tree: ast.Module, room: str, order: tuple[str, ...]) -> list[str]:
    """What a file of `room` imports from a room that does not stand above it."""
    found = []
    for item in imports_of(tree):
        for other in sorted(rooms_named(item) - {room, FACTS}):
            if other not in order:
                found.append(f"line {item.line}: {other} is no room of docs/architecture.md")
            elif order.index(other) > order.index(room):
                found.append(f"line {item.line}: {room} may not import {other}, which stands below it")
    return found


def test_every_package_of_the_market_has_a_row_in_the_document() -> None:
    there = {
        path.stem
        for path in (ROOT / "supermarket").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem != "__init__"
    }
    assert there - {FACTS} == set(rooms()), "docs/architecture.md and supermarket/ have different rooms"


@of_every([path for path in python_files("supermarket") if len(Path(path).parts) > 2 or path.count("/") == 1])
def test_a_room_imports_only_rooms_above_it(path: str) -> None:
    room = room_of(path)
    if room in {"__init__", FACTS}:
        order: tuple[str, ...] = ("core", FACTS)
        found = upward_imports(tree_of(path), FACTS, order)
    else:
        found = upward_imports(tree_of(path), room, rooms())
    assert not found, f"{path}: " + "; ".join(found)


def test_the_check_finds_an_import_from_below() -> None:
    order = ("core", "projects", "web")
    assert upward_imports(ast.parse("from supermarket.web import access"), "projects", order) == [
        "line 1: projects may not import web, which stands below it"
    ]
    assert upward_imports(ast.parse("def f():\n    from supermarket import web"), "core", order)
    assert upward_imports(ast.parse("import supermarket.shed.things"), "core", order)
    assert not upward_imports(ast.parse("from supermarket.core import clock"), "projects", order)


@of_every(python_files("witness"))
def test_the_witness_knows_nothing_of_the_market(path: str) -> None:
    named = {item.module.split(".")[0] for item in imports_of(tree_of(path))}
    assert not named & {"supermarket", "workers", "launch", "config"}, f"{path} imports the market that it watches"


@of_every(python_files("registries"))
def test_the_stand_in_registries_know_nothing_of_the_market(path: str) -> None:
    named = {item.module.split(".")[0] for item in imports_of(tree_of(path))}
    assert not named & {"supermarket", "workers", "witness", "launch", "config"}, f"{path} imports the market"


@of_every(python_files("supermarket", "workers", "witness", "launch"))
def test_the_market_imports_nothing_of_the_stand_in_registries(path: str) -> None:
    named = {item.module.split(".")[0] for item in imports_of(tree_of(path))}
    assert "registries" not in named, f"{path} imports the stand-in, which no real market has"


@of_every(python_files("supermarket", "workers"))
def test_the_market_imports_nothing_of_the_witness(path: str) -> None:
    named = {item.module.split(".")[0] for item in imports_of(tree_of(path))}
    assert "witness" not in named, f"{path} imports the witness, which is a program of the regulator's own"


@of_every(python_files("supermarket", "workers", "witness", "registries", "launch"))
def test_the_product_imports_nothing_of_its_tests(path: str) -> None:
    named = {item.module.split(".")[0] for item in imports_of(tree_of(path))}
    assert not named & {"tests", "benchmarks"}, f"{path} imports tests"


def below_the_doors() -> list[str]:
    """Files of rooms that pages, API and commands stand on."""
    return [path for path in python_files("supermarket") if room_of(path) not in {*DOORS, FACTS, "__init__"}]


@of_every(below_the_doors())
def test_no_room_below_the_doors_knows_the_request(path: str) -> None:
    names = {name for item in imports_of(tree_of(path)) if item.module == "flask" for name in item.names} & OF_A_REQUEST
    names -= {"g"} if path in KNOWS_G else set()
    assert not names, f"{path} reads {sorted(names)} of Flask; operations take actor and at"
    login = [
        item.line for item in imports_of(tree_of(path)) if item.module == "flask_login" and "current_user" in item.names
    ]
    assert not login, f"{path}, line {login}: who acts is handed in as `actor`"


def session_writes(tree: ast.Module) -> list[str]:
    """Calls that write through a session: db.session.add(…), session.flush() …"""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        owner = ast.unparse(node.func.value)
        if owner.endswith("session") and owner != "flask.session" and "." in owner:
            found.append(f"line {node.lineno}: {ast.unparse(node.func)}")
    return found


# The API keeps the answer of a request under its idempotency key, and flushes so that an answer shows serial numbers.
API_MACHINERY = {
    "supermarket/api/once.py": {"add", "flush"},
    "supermarket/api/routes.py": {"flush"},
}


@of_every(python_files("supermarket/web", "supermarket/api"))
def test_pages_and_api_write_only_through_operations(path: str) -> None:
    allowed = API_MACHINERY.get(path, set())
    found = [item for item in session_writes(tree_of(path)) if item.rpartition(".")[2] not in allowed]
    assert not found, f"{path} writes by itself ({'; '.join(found)}); call an operation"


def test_the_check_finds_a_write() -> None:
    assert session_writes(ast.parse("db.session.add(row)")) == ["line 1: db.session.add"]
    assert not session_writes(ast.parse("db.session.scalars(query); known.add(1)"))


def models_of_others(tree: ast.Module, room: str) -> dict[str, str]:
    """Names that a file has from models of other rooms: name → room."""
    return {
        name: item.module.split(".")[1]
        for item in imports_of(tree)
        if item.module.startswith("supermarket.") and item.module.endswith(".models")
        for name in item.names
        if item.module.split(".")[1] != room
    }


def _names_one_of(complaint: str, models: list[str]) -> bool:
    return any(model.strip() in complaint for model in models)


def foreign_writes(tree: ast.Module, room: str) -> list[str]:
    """Where a file makes, updates or deletes rows of a model that is another room's."""
    foreign, found = models_of_others(tree, room), []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        first = ast.unparse(node.args[0]) if node.args else ""
        if called in foreign and node.keywords and called[0].isupper():
            found.append(f"line {node.lineno}: makes a {called} of {foreign[called]}")
        elif called in {"sa.update", "sa.insert", "sa.delete", "update", "insert", "delete"} and first in foreign:
            found.append(f"line {node.lineno}: {called}({first}) of {foreign[first]}")
    return found


@of_every([path for path in python_files("supermarket") if room_of(path) not in {FACTS, "__init__"}])
def test_only_a_rooms_own_operations_write_its_rows(path: str) -> None:
    known = [f" {model}" for (file, model) in DEBTS if file == path]
    found = [item for item in foreign_writes(tree_of(path), room_of(path)) if not _names_one_of(item, known)]
    assert not found, f"{path}: {'; '.join(found)}; call that room's operation"


def test_the_check_finds_a_foreign_write() -> None:
    head = "from supermarket.projects.models import Project\n"
    assert foreign_writes(ast.parse(head + "Project(code='P')"), "web") == ["line 2: makes a Project of projects"]
    assert foreign_writes(ast.parse(head + "sa.update(Project).values(a=1)"), "web")
    assert not foreign_writes(ast.parse(head + "Project(code='P')"), "projects")
    assert not foreign_writes(ast.parse(head + "sa.select(Project)"), "web")


@pytest.mark.parametrize(("path", "model"), sorted(DEBTS))
def test_a_debt_that_is_paid_is_struck_off(path: str, model: str) -> None:
    found = foreign_writes(tree_of(path), room_of(path))
    assert any(_names_one_of(item, [model]) for item in found), f"{path} no longer writes {model}: strike it off DEBTS"
