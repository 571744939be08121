"""Leaf by leaf, what an agency has of what a matter asks: verified, only on file, missing, run out, of a wrong level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from supermarket.agencies.checks import AgencyFile
from supermarket.agencies.checks.base import FiledQualification, Licensed, OfferedService
from supermarket.agencies.rules import licences_missing
from supermarket.data.requirements import AllOf, AnyOf, KindNeeded, Requirement
from supermarket.matters.requirement_tree import MissingCode, evaluate, from_json
from supermarket.matters.rules import kinds_by_code


class LeafState(StrEnum):
    """What an agency has of one leaf."""

    VERIFIED = "verified"
    ON_FILE = "on_file"
    MISSING = "not_held"
    OTHER_SPECIALITY = "other_speciality"
    LEVEL_TOO_LOW = "level_too_low"
    EXPIRED = "expired"
    KIND_NOT_LIVE = "kind_not_live"


@dataclass(frozen=True)
class Leaf:
    """One certificate asked, what there is of it, and the filed row that answers it or comes nearest."""

    needed: KindNeeded
    state: LeafState
    filed_id: int | None = None

    @property
    def met(self) -> bool:
        """Whether it counts."""
        return self.state is LeafState.VERIFIED


@dataclass(frozen=True)
class Branch:
    """Several of which one is enough (`any_of`), or all are needed."""

    any_of: bool
    parts: "tuple[Node, ...]"

    @property
    def met(self) -> bool:
        """Whether it counts."""
        return any(part.met for part in self.parts) if self.any_of else all(part.met for part in self.parts)


Node = Leaf | Branch


@dataclass(frozen=True)
class People:
    """A personal licence asked: how many people, how many of them are verified, how many on file."""

    kind: str
    needed: int
    verified: int
    on_file: int

    @property
    def met(self) -> bool:
        """Whether enough are verified."""
        return self.verified >= self.needed


@dataclass(frozen=True)
class Coverage:
    """One service: the matter's tree, and what there is of every leaf and licence."""

    matter_code: str
    tree: Requirement | None
    node: Node | None
    people: tuple[People, ...]

    @property
    def met(self) -> bool:
        """Whether verified certificates and licences carry the service."""
        return (self.node is None or self.node.met) and all(item.met for item in self.people)

    @property
    def lacking(self) -> bool:
        """Whether something must still be filed; what is on file and not verified yet lacks nothing."""
        return (self.node is not None and _lacks(self.node)) or any(item.on_file < item.needed for item in self.people)


def _lacks(node: Node) -> bool:
    if isinstance(node, Leaf):
        return node.state not in (LeafState.VERIFIED, LeafState.ON_FILE)
    lacks = [_lacks(part) for part in node.parts]
    return all(lacks) if node.any_of else any(lacks)


def coverage(file: AgencyFile) -> tuple[Coverage, ...]:
    """Every service that is offered, in its order."""
    return tuple(_of_service(file, service) for service in file.services)


def _of_service(file: AgencyFile, service: OfferedService) -> Coverage:
    tree = from_json(service.tree)
    return Coverage(
        service.matter_code,
        tree,
        None if tree is None else _node(file, tree),
        tuple(_people(file, service.licences)),
    )


def _node(file: AgencyFile, tree: Requirement) -> Node:
    if isinstance(tree, AnyOf | AllOf):
        return Branch(isinstance(tree, AnyOf), tuple(_node(file, branch) for branch in tree.branches))
    return _leaf(file, tree)


def _leaf(file: AgencyFile, needed: KindNeeded) -> Leaf:
    kinds = kinds_by_code()

    def meets(filed: Sequence[FiledQualification]) -> bool:
        return evaluate(needed, [item.held for item in filed], file.on, kinds).met

    for state, filed in (
        (LeafState.VERIFIED, [item for item in file.qualifications if item.verified]),
        (LeafState.ON_FILE, list(file.qualifications)),
    ):
        if meets(filed):
            return Leaf(needed, state, next(item.id for item in filed if meets([item])))
    missing = next(evaluate(needed, file.held, file.on, kinds).leaves())
    nearest = next((item.id for item in file.qualifications if item.held == missing.nearest), None)
    state = LeafState.MISSING if missing.code is MissingCode.NOT_HELD else LeafState(missing.code.value)
    return Leaf(needed, state, nearest)


def _people(file: AgencyFile, licences: list[dict[str, object]]) -> Iterator[People]:
    there = [item for item in file.practitioners if item.registered_until >= file.on]
    verified = dict(_counts(licences, [item for item in there if item.verified]))
    filed = dict(_counts(licences, there))
    for item in licences:
        kind, count = str(item["kind"]), int(str(item["count"]))
        yield People(kind, count, verified.get(kind, count), filed.get(kind, count))


def _counts(licences: list[dict[str, object]], people: Sequence[Licensed]) -> Iterator[tuple[str, int]]:
    """(kind, there) of the licences of which there are too few."""
    by_person: dict[int, set[str]] = {}
    for number, item in enumerate(people):
        # A licence without its person stands for a person of its own.
        by_person.setdefault(item.person or -number - 1, set()).add(item.kind)
    for kind, _needed, count in licences_missing(licences, [frozenset(kinds) for kinds in by_person.values()]):
        yield kind, count
