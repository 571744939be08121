"""Every event has exactly the keys that its tag declares; everything that can fall due is in the supervisor's tick."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType

from supermarket import wiring
from supermarket.core.deadlines import DueKind
from supermarket.core.events import TAGS, Tag, record
from supermarket.supervision.kinds import KINDS
from tests.architecture.sources import imports_of, of_every, python_files, room_of, tree_of

DOORS = {"foundation", "web", "api", "cli", "demo", "app"}
MODULES = [path for path in python_files("supermarket") if room_of(path) not in DOORS | {"data"}]
PERSONAL = re.compile(r"(^|_)(email|phone|telephone|mobile|identity|password|salt|person_name)($|_)")


@cache
def module_of(path: str) -> ModuleType:
    """The imported module of a file."""
    return importlib.import_module(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))


def _value(expression: ast.expr, namespace: Mapping[str, object]) -> object:
    """What a name, or a name of an imported module, stands for; else None."""
    if isinstance(expression, ast.Name):
        return namespace.get(expression.id)
    if isinstance(expression, ast.Attribute):
        owner = _value(expression.value, namespace)
        return getattr(owner, expression.attr, None) if isinstance(owner, ModuleType) else None
    return None


def _literal_keys(expression: ast.expr) -> set[str] | None:
    """The keys of a dictionary that is written out, else None."""
    if not isinstance(expression, ast.Dict):
        return None
    keys = [key.value for key in expression.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return set(keys) if len(keys) == len(expression.keys) else None


def wrong_keys(tree: ast.Module, namespace: Mapping[str, object]) -> Iterator[str]:
    """Calls that hand a tag and written-out data together, with other keys than the tag's."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        tags = [found for item in node.args if isinstance(found := _value(item, namespace), Tag)]
        if len(tags) != 1:
            continue
        data = next((item.value for item in node.keywords if item.arg == "data"), None)
        is_record = _value(node.func, namespace) is record
        keys = _literal_keys(data) if data is not None else (set() if is_record else None)
        if keys is not None and keys != tags[0].keys:
            yield f"line {node.lineno}: {tags[0].name} wants {sorted(tags[0].keys)}, gets {sorted(keys)}"


@of_every(MODULES)
def test_events_are_recorded_with_their_tags_keys(path: str) -> None:
    found = list(wrong_keys(tree_of(path), vars(module_of(path))))
    assert not found, f"{path}: {'; '.join(found)}"


@of_every([path for path in python_files("supermarket") if room_of(path) in DOORS])
def test_pages_api_and_commands_record_nothing_themselves(path: str) -> None:
    recorders = [
        item.line
        for item in imports_of(tree_of(path))
        if item.module == "supermarket.core.events" and "record" in item.names
    ]
    assert not recorders, f"{path}, line {recorders}: events are recorded by operations"


def test_the_check_finds_a_missing_key() -> None:
    tag = Tag("test.told", "project", frozenset({"reason"}), True, "")
    names = {"TOLD": tag, "record": record}
    assert list(wrong_keys(ast.parse("record(TOLD, 'P', data={'why': 1})"), names)) == [
        "line 1: test.told wants ['reason'], gets ['why']"
    ]
    assert list(wrong_keys(ast.parse("record(TOLD, 'P')"), names))
    assert not list(wrong_keys(ast.parse("record(TOLD, 'P', data={'reason': 1})"), names))
    assert not list(wrong_keys(ast.parse("record(TOLD, 'P', data=data)"), names))


@cache
def declared() -> dict[str, tuple[str, str]]:
    """Tag name → (file, constant) of every declaration."""
    found = {}
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.targets) == 1:
                value = _value(node.targets[0], vars(module_of(path)))
                if ast.unparse(node.value.func).endswith("declare") and isinstance(value, Tag):
                    found[value.name] = (path, ast.unparse(node.targets[0]))
    return found


@cache
def used() -> frozenset[str]:
    """Names of tags that are named anywhere but where they are declared and wired."""
    names = set()
    for path in MODULES:
        if path == "supermarket/wiring.py":
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                value = _value(node, vars(module_of(path)))
                if isinstance(value, Tag):
                    names.add(value.name)
    return frozenset(names)


def test_tags_are_declared_by_name() -> None:
    for path in MODULES:
        module_of(path)
    undeclared = {name for name in TAGS if not name.startswith("test.")} - set(declared())
    assert not undeclared, f"declared in no constant: {sorted(undeclared)}"


def test_no_tag_is_declared_in_vain() -> None:
    idle = sorted(set(declared()) - used())
    assert not idle, f"nothing records {', '.join(idle)}"


@of_every(sorted(declared()))
def test_a_tag_stands_in_its_rooms_events(name: str) -> None:
    path, _constant = declared()[name]
    assert path == f"supermarket/{room_of(path)}/events.py", f"{name} is declared in {path}"
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name), f"{name}: a tag is room.what_happened"


@of_every(sorted(declared()))
def test_a_tags_sentence_names_only_its_keys(name: str) -> None:
    tag = TAGS[name]
    places = set(re.findall(r"%\((\w+)\)s", tag.sentence))
    missing = places - tag.keys
    assert tag.sentence.strip()
    assert not missing, f"{name}: the sentence names {sorted(missing)}, which the data has not"


@of_every(sorted(declared()))
def test_events_hold_references_and_no_personal_data(name: str) -> None:
    personal = sorted(key for key in TAGS[name].keys if PERSONAL.search(key))
    assert not personal, f"{name} stores {personal}"


def test_the_wiring_names_only_declared_tags() -> None:
    unknown = set(wiring.TABLE) - set(declared())
    assert not unknown, f"wired, but never declared: {sorted(unknown)}"


# The supervision's own view of other rooms' limits.
OBSERVED = "supermarket/supervision/watch.py"


def due_kinds() -> list[tuple[str, DueKind]]:
    """Every DueKind of every `deadlines.py`, with its file."""
    return [
        (path, kind)
        for path in MODULES
        if path.endswith("/deadlines.py") or path == OBSERVED
        for value in vars(module_of(path)).values()
        for kind in (value if isinstance(value, tuple) else (value,))
        if isinstance(kind, DueKind)
    ]


def test_everything_that_falls_due_is_in_the_tick() -> None:
    missing = sorted({f"{kind.name} of {path}" for path, kind in due_kinds() if kind not in KINDS})
    assert not missing, f"the supervisor never looks for: {', '.join(missing)}"


def test_kinds_of_due_things_have_names_of_their_own() -> None:
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names)), f"twice: {sorted({name for name in names if names.count(name) > 1})}"


def test_due_kinds_are_declared_in_deadlines_only() -> None:
    for path in MODULES:
        made = [
            node.lineno
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and _value(node.func, vars(module_of(path))) is DueKind
        ]
        assert not made or path.endswith("/deadlines.py") or path == OBSERVED, (
            f"{path}, line {made}: a room's due kinds stand in deadlines.py"
        )
