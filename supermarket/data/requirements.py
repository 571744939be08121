"""What a matter asks of an agency: a tree over kinds of qualification, and counts of personal licences.

The JSON form is what the register stores and the API shows (spec onboarding.md, the matters register): a leaf
``{"kind": "Q021", "speciality": "工程测量", "level": null}``,
``{"any_of": […]}``, ``{"all_of": […]}``; ``null`` is no tree.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"


class RequirementError(ValueError):
    """A requirement that is not written as a tree; the message says where."""


@dataclass(frozen=True, slots=True)
class KindNeeded:
    """A leaf: one kind of qualification; without a speciality or level any one of them will do."""

    kind: str
    speciality: str | None = None
    level: str | None = None

    def as_json(self) -> JSON:
        return {"kind": self.kind, "speciality": self.speciality, "level": self.level}

    def leaves(self) -> Iterator["KindNeeded"]:
        yield self


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the branches is enough."""

    branches: tuple["Requirement", ...]

    def as_json(self) -> JSON:
        return {"any_of": [branch.as_json() for branch in self.branches]}

    def leaves(self) -> Iterator[KindNeeded]:
        for branch in self.branches:
            yield from branch.leaves()


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every branch is needed."""

    branches: tuple["Requirement", ...]

    def as_json(self) -> JSON:
        return {"all_of": [branch.as_json() for branch in self.branches]}

    def leaves(self) -> Iterator[KindNeeded]:
        for branch in self.branches:
            yield from branch.leaves()


Requirement: TypeAlias = KindNeeded | AnyOf | AllOf


@dataclass(frozen=True, slots=True)
class LicenceNeeded:
    """So many people with this personal licence, registered with the agency."""

    kind: str
    count: int

    def as_json(self) -> JSON:
        return {"kind": self.kind, "count": self.count}


# More of one licence than any matter asks for; what is larger can be said in no 64 bits of an answer.
MOST_PEOPLE = 9_999


def json_of(text: str) -> JSON:
    """The JSON of a text that people or programs wrote. Raises RequirementError: not JSON, or what no column keeps."""
    try:
        read: JSON = json.loads(text)
        kept = json.dumps(read, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        # ValueError: also a number of thousands of digits, and half of a letter.
        raise RequirementError(str(error)[:200]) from error
    if b"\\u0000" in kept:
        raise RequirementError("a NUL character is kept nowhere")
    return read


def parse_requirement(node: JSON) -> Requirement | None:
    """Read a tree from JSON; ``null`` is no requirement. Raises RequirementError for anything else."""
    return None if node is None else _parse_node(node, "tree")


def parse_licences(items: JSON) -> tuple[LicenceNeeded, ...]:
    """Read the counts of personal licences from JSON. Raises RequirementError."""
    if not isinstance(items, list):
        raise RequirementError("licences: a list is needed")
    found: list[LicenceNeeded] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict) or set(item) != {"kind", "count"}:
            raise RequirementError(f"licences[{place}]: exactly the keys kind and count are needed")
        kind, count = item["kind"], item["count"]
        if not isinstance(kind, str) or isinstance(count, bool) or not isinstance(count, int):
            raise RequirementError(f"licences[{place}]: kind is a code and count a whole number from 1")
        if not 1 <= count <= MOST_PEOPLE:
            raise RequirementError(f"licences[{place}]: count is from 1 to {MOST_PEOPLE}")
        if any(kind == earlier.kind for earlier in found):
            raise RequirementError(f"licences[{place}]: the kind {kind} is there twice")
        found.append(LicenceNeeded(kind, count))
    return tuple(found)


def _parse_node(node: JSON, where: str) -> Requirement:
    if not isinstance(node, dict):
        raise RequirementError(f"{where}: an object is needed")
    if "kind" in node:
        if not set(node) <= {"kind", "speciality", "level"}:
            raise RequirementError(f"{where}: only kind, speciality and level belong in a leaf")
        kind, speciality, level = node["kind"], node.get("speciality"), node.get("level")
        if not isinstance(kind, str) or not kind:
            raise RequirementError(f"{where}.kind: a code is needed")
        if not (speciality is None or (isinstance(speciality, str) and speciality)):
            raise RequirementError(f"{where}.speciality: a text or null is needed")
        if not (level is None or (isinstance(level, str) and level)):
            raise RequirementError(f"{where}.level: a text or null is needed")
        return KindNeeded(kind, speciality, level)
    if len(node) != 1:
        raise RequirementError(f"{where}: exactly one of kind, any_of and all_of is needed")
    word, branches = next(iter(node.items()))
    if word not in ("any_of", "all_of") or not isinstance(branches, list) or not branches:
        raise RequirementError(f"{where}: any_of or all_of with at least one branch is needed")
    parsed = tuple(_parse_node(branch, f"{where}.{word}[{place}]") for place, branch in enumerate(branches))
    return AnyOf(parsed) if word == "any_of" else AllOf(parsed)
