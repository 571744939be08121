"""What the policing tests read: files of the house, their syntax trees, and the rooms as docs/architecture.md has them."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config import ROOT

PRODUCT = ("supermarket", "workers", "witness", "registries", "launch")
OUR_STATIC = ("static/css", "static/js", "static/verify")
_ROOM = re.compile(r"^\| `([a-z_]+)(?:/|\.py)` \|", re.MULTILINE)


@dataclass(frozen=True)
class Import:
    """One imported module (`names` of it, if any), with its line."""

    line: int
    module: str
    names: tuple[str, ...]


def of_every(names: Iterable[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Make of a check of one file (or tag) one test of all of them, which names everything that it finds.

    A test per file and rule would be thousands, each slower to announce than to run.
    """
    wanted = list(names)

    def decorate(check: Callable[[str], None]) -> Callable[[], None]:
        def test() -> None:
            found = []
            for name in wanted:
                try:
                    check(name)
                except AssertionError as error:
                    found.append(str(error).partition("\nassert ")[0])
            assert wanted, "there is nothing to look at"
            assert not found, "\n".join(["", *found])

        test.__name__ = check.__name__
        test.__doc__ = check.__doc__
        return test

    return decorate


@cache
def rooms() -> tuple[str, ...]:
    """The rooms in the order in which they may import: the table in docs/architecture.md, and no other list."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("<!-- rooms -->")[2].partition("<!-- end of rooms -->")[0]
    found = tuple(_ROOM.findall(table))
    assert found, "docs/architecture.md has no table of rooms between its two marks"
    return found


def python_files(*folders: str) -> list[str]:
    """Paths of Python files below the folders, relative to the checkout."""
    return sorted(
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def templates() -> list[str]:
    """Paths of the page templates, relative to the checkout."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))


@cache
def text_of(path: str) -> str:
    """A file's text."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree_of(path: str) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(text_of(path), filename=path)


@cache
def committed() -> tuple[str, ...]:
    """What git keeps or would keep: tracked files and new ones that are not ignored; without git, all but the ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
        return tuple(sorted(name for name in set(names) if name and (ROOT / name).is_file()))
    ignored = {line.strip().strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    return tuple(
        sorted(
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if path.is_file()
            and not ignored & {*path.relative_to(ROOT).parts, str(path.relative_to(ROOT).parent)}
            and path.suffix not in {".pyc", ".mo"}
            and "vendor" not in path.parts
            and ".git" not in path.parts
        )
    )


def room_of(path: str) -> str:
    """The room that a file of supermarket/ belongs to; its own `__init__` is the package itself."""
    return Path(path).parts[1].removesuffix(".py")


def imports_of(tree: ast.Module) -> Iterator[Import]:
    """Every import of a file, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, ())
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield Import(node.lineno, node.module, tuple(alias.name for alias in node.names))


def rooms_named(item: Import) -> set[str]:
    """The rooms that an import names: `supermarket.core.clock` and `from supermarket import core` both name core."""
    if item.module == "supermarket":
        return {name for name in item.names if not name.startswith("__")}
    parts = item.module.split(".")
    return {parts[1]} - {"__version__"} if parts[0] == "supermarket" and len(parts) > 1 else set()
