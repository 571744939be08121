"""What an owner states of its matter's qualifications: a level or a speciality, leaf by leaf; the tree stays the matter's."""

from collections.abc import Sequence

from supermarket.data.requirements import AllOf, AnyOf, KindNeeded, Requirement
from supermarket.matters.models import MatterVersion
from supermarket.matters.requirement_tree import from_json
from supermarket.projects.commands import QualificationAsked
from supermarket.projects.models import Project


def own_tree(version: MatterVersion) -> Requirement | None:
    """The matter's own tree."""
    return from_json(version.requirement_tree)  # type: ignore[arg-type]  # stored JSON is checked by from_json


def asked_tree(project: Project) -> Requirement | None:
    """The project's tree: the matter's, with what the owner stated."""
    return from_json(project.requirement_tree)  # type: ignore[arg-type]  # stored JSON is checked by from_json


def stated(own: Requirement | None, asked: Sequence[QualificationAsked]) -> Requirement | None:
    """The matter's tree with the owner's levels and specialities in their leaves; numbers out of range change nothing."""
    wanted = {item.leaf: item for item in asked}
    count = 0

    def put(node: Requirement) -> Requirement:
        nonlocal count
        if isinstance(node, KindNeeded):
            count += 1
            item = wanted.get(count)
            if item is None:
                return node
            return KindNeeded(node.kind, item.speciality or node.speciality, item.level or node.level)
        branches = tuple(put(branch) for branch in node.branches)
        return AnyOf(branches) if isinstance(node, AnyOf) else AllOf(branches)

    return None if own is None else put(own)


def stated_in(project: Project) -> tuple[QualificationAsked, ...]:
    """What the owner stated, read back from the project's tree."""
    own, asked = own_tree(project.matter_version), asked_tree(project)
    if own is None or asked is None:
        return ()
    pairs = zip(own.leaves(), asked.leaves(), strict=False)
    return tuple(
        QualificationAsked(
            number,
            level=mine.level if mine.level != theirs.level else None,
            speciality=mine.speciality if mine.speciality != theirs.speciality else None,
        )
        for number, (theirs, mine) in enumerate(pairs, 1)
        if mine != theirs
    )
