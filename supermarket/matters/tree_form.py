"""A requirement tree as the fields of a form: groups with rows, without JSON and without JavaScript. Pure.

The names of the fields are places: ``tree`` is the outermost group, ``tree-0`` its first line, ``tree-0-1`` the second
line of that. A line with a ``join`` is a group, any other is a row of kind, speciality and level. The outermost group
with one line alone stands for that line, so that every tree is read back as it was written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from supermarket.data.requirements import JSON, AllOf, AnyOf, KindNeeded, LicenceNeeded, Requirement
from supermarket.matters.requirement_tree import MAX_DEPTH

ROOT = "tree"
LICENCE = "licence"
MOST_LINES = 60
_FIELD = re.compile(rf"{ROOT}((?:-[0-9]{{1,2}}){{0,{MAX_DEPTH + 1}}})-(join|kind|speciality|level)", re.ASCII)
_LICENCE_FIELD = re.compile(rf"{LICENCE}-([0-9]{{1,2}})-(kind|count)", re.ASCII)
Join: TypeAlias = Literal["all_of", "any_of"]
Place: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One qualification as it stands in the form, filled in or not."""

    kind: str = ""
    speciality: str = ""
    level: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was chosen."""
        return not (self.kind or self.speciality or self.level)


@dataclass(frozen=True)
class Group:
    """Lines of which all are needed, or one is enough."""

    join: Join = "all_of"
    lines: tuple["Row | Group", ...] = ()


Line: TypeAlias = Row | Group


@dataclass(frozen=True)
class LicenceRow:
    """One personal licence with its count as typed."""

    kind: str = ""
    count: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.kind or self.count)


# -- from and to the form's fields


def is_sent(fields: Mapping[str, str]) -> bool:
    """Whether a form with this editor was sent."""
    return f"{ROOT}-join" in fields


def read(fields: Mapping[str, str]) -> Group:
    """The editor as it was sent, empty rows included; what is no field of it is passed over."""
    found: dict[Place, dict[str, str]] = {}
    for name, value in fields.items():
        if match := _FIELD.fullmatch(name):
            place = tuple(int(step) for step in match.group(1).split("-")[1:])
            found.setdefault(place, {})[match.group(2)] = value.strip()
    return _group((), found)


def _group(place: Place, found: Mapping[Place, Mapping[str, str]]) -> Group:
    join: Join = "any_of" if found.get(place, {}).get("join") == "any_of" else "all_of"
    depth = len(place)
    steps = sorted({other[depth] for other in found if len(other) > depth and other[:depth] == place})
    lines: list[Line] = []
    for step in steps:
        inner = (*place, step)
        said = found.get(inner, {})
        if "join" in said:
            lines.append(_group(inner, found))
        elif said:
            lines.append(Row(said.get("kind", ""), said.get("speciality", ""), said.get("level", "")))
    return Group(join, tuple(lines))


def fields_of(group: Group, place: str = ROOT) -> dict[str, str]:
    """The names and values of the editor's fields, as the page sends them."""
    found: dict[str, str] = {f"{place}-join": group.join}
    for number, line in enumerate(group.lines):
        inner = f"{place}-{number}"
        if isinstance(line, Group):
            found |= fields_of(line, inner)
        else:
            found |= {f"{inner}-kind": line.kind, f"{inner}-speciality": line.speciality, f"{inner}-level": line.level}
    return found


# -- from and to trees


def written(tree: Requirement | None) -> Group:
    """The editor of a tree."""
    if tree is None:
        return Group()
    line = _line(tree)
    # A group of one line inside the outermost would be taken for that line.
    return line if isinstance(line, Group) and len(line.lines) > 1 else Group(lines=(line,))


def _line(tree: Requirement) -> Line:
    if isinstance(tree, KindNeeded):
        return Row(tree.kind, tree.speciality or "", tree.level or "")
    return Group("any_of" if isinstance(tree, AnyOf) else "all_of", tuple(_line(branch) for branch in tree.branches))


def json_of(group: Group) -> JSON:
    """The tree as JSON, still to be checked like any other; rows and groups with nothing in them are passed over."""
    branches = [made for line in group.lines if (made := _json(line)) is not None]
    if len(branches) > 1:
        return {group.join: list(branches)}
    return branches[0] if branches else None


def _json(line: Line) -> JSON:
    if isinstance(line, Row):
        if line.empty:
            return None
        return {"kind": line.kind, "speciality": line.speciality or None, "level": line.level or None}
    branches = [made for inner in line.lines if (made := _json(inner)) is not None]
    return {line.join: list(branches)} if branches else None


def tree_of(group: Group) -> Requirement | None:
    """What the editor says so far, however unfinished: for the sentence beside it. Nothing is checked."""
    branches = tuple(made for line in group.lines if (made := _tree(line)) is not None)
    if len(branches) > 1:
        return AnyOf(branches) if group.join == "any_of" else AllOf(branches)
    return branches[0] if branches else None


def _tree(line: Line) -> Requirement | None:
    if isinstance(line, Row):
        return KindNeeded(line.kind, line.speciality or None, line.level or None) if line.kind else None
    branches = tuple(made for inner in line.lines if (made := _tree(inner)) is not None)
    if not branches:
        return None
    return AnyOf(branches) if line.join == "any_of" else AllOf(branches)


# -- buttons


def acted(group: Group, act: str) -> Group:
    """The editor after a button: add-row:PLACE, add-group:PLACE, drop:PLACE; any other leaves it as it is."""
    verb, _colon, text = act.partition(":")
    name = re.fullmatch(rf"{ROOT}((?:-[0-9]{{1,2}})*)", text, re.ASCII)
    if name is None or verb not in ("add-row", "add-group", "drop"):
        return group
    place = tuple(int(step) for step in name.group(1).split("-")[1:])
    if verb == "drop":
        return _dropped(group, place)
    if verb == "add-group":
        return _added(group, place, Group("any_of", (Row(),))) if can_hold_groups(len(place)) else group
    return _added(group, place, Row())


def can_hold_groups(depth: int) -> bool:
    """Whether a group at this depth (the outermost is 0) may hold another: a tree has at most MAX_DEPTH levels."""
    return depth + 3 <= MAX_DEPTH


def _added(group: Group, place: Place, line: Line) -> Group:
    if not place:
        return replace(group, lines=(*group.lines, line)) if len(group.lines) < MOST_LINES else group
    return _changed(
        group, place[0], lambda inner: _added(inner, place[1:], line) if isinstance(inner, Group) else inner
    )


def _dropped(group: Group, place: Place) -> Group:
    if not place:
        return group
    if len(place) == 1:
        return replace(group, lines=group.lines[: place[0]] + group.lines[place[0] + 1 :])
    return _changed(group, place[0], lambda inner: _dropped(inner, place[1:]) if isinstance(inner, Group) else inner)


def _changed(group: Group, step: int, change: Callable[[Line], Line]) -> Group:
    if step >= len(group.lines):
        return group
    return replace(group, lines=(*group.lines[:step], change(group.lines[step]), *group.lines[step + 1 :]))


def rows_of(group: Group) -> Iterator[Row]:
    """Every row, in the order of the page."""
    for line in group.lines:
        if isinstance(line, Group):
            yield from rows_of(line)
        else:
            yield line


# -- personal licences


def read_licences(fields: Mapping[str, str]) -> tuple[LicenceRow, ...]:
    """The licences as they were sent, empty rows included."""
    found: dict[int, dict[str, str]] = {}
    for name, value in fields.items():
        if match := _LICENCE_FIELD.fullmatch(name):
            found.setdefault(int(match.group(1)), {})[match.group(2)] = value.strip()
    return tuple(LicenceRow(said.get("kind", ""), said.get("count", "")) for _number, said in sorted(found.items()))


def written_licences(licences: tuple[LicenceNeeded, ...]) -> tuple[LicenceRow, ...]:
    """The editor's rows of stored licences."""
    return tuple(LicenceRow(item.kind, str(item.count)) for item in licences)


def licences_json(rows: tuple[LicenceRow, ...]) -> JSON:
    """The licences as JSON, still to be checked; a count that is no number stays text and is refused there."""
    return [
        {"kind": row.kind, "count": int(row.count) if re.fullmatch("[0-9]{1,6}", row.count) else row.count}
        for row in rows
        if not row.empty
    ]


def acted_licences(rows: tuple[LicenceRow, ...], act: str) -> tuple[LicenceRow, ...]:
    """The rows after a button: add-licence, drop-licence:NUMBER."""
    verb, _colon, text = act.partition(":")
    if verb == "add-licence" and len(rows) < MOST_LINES:
        return (*rows, LicenceRow())
    if verb == "drop-licence" and text.isascii() and text.isdecimal() and len(text) < 4 and int(text) < len(rows):
        return rows[: int(text)] + rows[int(text) + 1 :]
    return rows
