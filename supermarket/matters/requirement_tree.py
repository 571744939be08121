"""What a matter demands of an agency, as a tree over kinds of qualification (onboarding and selection specs).

``any_of`` and ``all_of`` over leaves (kind → speciality → level); ``None`` is the tree that demands nothing. The
shapes and their JSON live in ``supermarket.data.requirements``; here trees are checked against the kinds, evaluated
against what an agency holds, and said in words. Having nothing on file never meets a leaf.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from supermarket.core.msgids import N_, Sentence
from supermarket.data.facts import Holder, KindStatus, QualificationKind
from supermarket.data.requirements import JSON, AllOf, AnyOf, KindNeeded, Requirement, RequirementError
from supermarket.data.requirements import parse_requirement as _parse

MAX_DEPTH = 6
MAX_LEAVES = 60

Kinds: TypeAlias = Mapping[str, QualificationKind]

_ABOLISHED = N_("%(name)s was abolished and must not be demanded (%(basis)s).")
_STATUS_SENTENCES = {
    KindStatus.ABOLISHED: _ABOLISHED,
    KindStatus.MERGED: N_("%(name)s was merged into another qualification; demand that one (%(basis)s)."),
    KindStatus.VOLUNTARY: N_("%(name)s is voluntary and must not be a condition of entry (%(basis)s)."),
    KindStatus.NO_LICENCE: N_("For %(name)s there is no licence that could be demanded (%(basis)s)."),
}


@dataclass(frozen=True, slots=True)
class HeldQualification:
    """A checked certificate of an agency; valid through ``valid_until`` (None: the certificate has no end)."""

    kind: str
    speciality: str | None
    level: str | None
    valid_until: date | None
    number: str = ""

    def valid_on(self, day: date) -> bool:
        """Whether it holds on a local day; the last day is still good, 00:00 of the day after is not."""
        return self.valid_until is None or day <= self.valid_until


class MissingCode(StrEnum):
    """Why a leaf is not met."""

    NOT_HELD = "not_held"
    OTHER_SPECIALITY = "other_speciality"
    LEVEL_TOO_LOW = "level_too_low"
    EXPIRED = "expired"
    KIND_NOT_LIVE = "kind_not_live"


@dataclass(frozen=True, slots=True)
class Missing:
    """A leaf that is not met, why, and the certificate that came nearest."""

    leaf: KindNeeded
    code: MissingCode
    nearest: HeldQualification | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """An ``any_of`` of which nothing is met: what each branch lacks; mending one of them is enough."""

    branches: tuple[tuple["Lack", ...], ...]


Lack: TypeAlias = Missing | OneOf


@dataclass(frozen=True, slots=True)
class Result:
    """Whether a tree is met; everything in ``missing`` has to be mended."""

    met: bool
    missing: tuple[Lack, ...] = ()

    def leaves(self) -> Iterator[Missing]:
        """All leaves that are not met, in the order of the tree."""
        return _missing_leaves(self.missing)


def _missing_leaves(lacks: Iterable[Lack]) -> Iterator[Missing]:
    for lack in lacks:
        if isinstance(lack, Missing):
            yield lack
        else:
            for branch in lack.branches:
                yield from _missing_leaves(branch)


def leaf(kind: str, speciality: str | None = None, level: str | None = None) -> KindNeeded:
    """A leaf: one kind; a speciality or level narrows it, a higher level is always good."""
    return KindNeeded(kind, speciality, level)


def any_of(*branches: Requirement) -> AnyOf:
    """One of the branches is enough. Raises RequirementError without a branch."""
    return AnyOf(_some(branches))


def all_of(*branches: Requirement) -> AllOf:
    """Every branch is needed. Raises RequirementError without a branch: demanding nothing is ``None``."""
    return AllOf(_some(branches))


def _some(branches: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    if not branches:
        raise RequirementError("any_of and all_of need at least one branch")
    return branches


def joined(*trees: Requirement | None) -> Requirement | None:
    """What all of several trees demand together (the matter's and the project's)."""
    present = tuple(tree for tree in trees if tree is not None)
    return present[0] if len(present) == 1 else AllOf(present) if present else None


def from_json(node: JSON) -> Requirement | None:
    """Read a tree strictly; ``null`` demands nothing.

    Raises RequirementError for anything else, also for a tree deeper than 6 or with more than 60 leaves.
    """
    _measure(node, 1)
    tree = _parse(node)
    if tree is not None and sum(1 for _ in tree.leaves()) > MAX_LEAVES:
        raise RequirementError(f"tree: at most {MAX_LEAVES} qualifications")
    return tree


def _measure(node: JSON, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RequirementError(f"tree: at most {MAX_DEPTH} levels deep")
    if isinstance(node, dict):
        for branches in node.values():
            for branch in branches if isinstance(branches, list) else ():
                _measure(branch, depth + 1)


def to_json(tree: Requirement | None) -> JSON:
    """The JSON form that the register stores and the API shows."""
    return None if tree is None else tree.as_json()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a tree cannot be demanded: a code, the leaf and a sentence."""

    code: str
    leaf: KindNeeded
    sentence: Sentence


def validate(tree: Requirement | None, kinds: Kinds) -> tuple[Problem, ...]:
    """Everything that is wrong with a tree; empty if it may be demanded.

    Wrong are kinds that are unknown, not live (abolished, merged, voluntary, no licence) or personal, levels and
    specialities that the kind does not have, and a leaf that is there twice.
    """
    problems: list[Problem] = []
    seen: set[KindNeeded] = set()
    for needed in tree.leaves() if tree is not None else ():
        problems.extend(_leaf_problems(needed, kinds.get(needed.kind)))
        if needed in seen:
            text = N_("The qualification %(kind)s is named twice with the same speciality and level.")
            problems.append(Problem("twice", needed, Sentence(text, {"kind": needed.kind})))
        seen.add(needed)
    return tuple(problems)


def _leaf_problems(needed: KindNeeded, kind: QualificationKind | None) -> Iterator[Problem]:
    if kind is None:
        text = N_("There is no kind of qualification with the code %(kind)s.")
        yield Problem("unknown_kind", needed, Sentence(text, {"kind": needed.kind}))
        return
    if not kind.live:
        text = _STATUS_SENTENCES[kind.status]
        basis = kind.basis or kind.status_effective or kind.code
        yield Problem(kind.status.value, needed, Sentence(text, {"name": kind.name, "basis": basis}))
    if kind.holder is not Holder.ORGANISATION:
        text = N_("%(name)s is held by people, not by agencies; state how many licensed people are needed.")
        yield Problem("personal", needed, Sentence(text, {"name": kind.name}))
    if needed.level is not None and needed.level not in kind.levels:
        text = N_("%(name)s has no level %(level)s.")
        yield Problem("unknown_level", needed, Sentence(text, {"name": kind.name, "level": needed.level}))
    if needed.speciality is not None and needed.speciality not in kind.specialities:
        text = N_("%(name)s has no speciality %(speciality)s.")
        params = {"name": kind.name, "speciality": needed.speciality}
        yield Problem("unknown_speciality", needed, Sentence(text, params))


def evaluate(tree: Requirement | None, held: Iterable[HeldQualification], on: date, kinds: Kinds) -> Result:
    """Whether what an agency holds meets a tree on a local day, and if not, what is missing.

    A leaf is met by one certificate alone. A kind that is unknown or no longer live meets nothing: a check must never
    pass because data is missing.
    """
    missing = () if tree is None else _lacks(tree, tuple(held), on, kinds)
    return Result(not missing, missing)


def _lacks(tree: Requirement, held: tuple[HeldQualification, ...], on: date, kinds: Kinds) -> tuple[Lack, ...]:
    if isinstance(tree, KindNeeded):
        lack = _lack(tree, held, on, kinds.get(tree.kind))
        return () if lack is None else (lack,)
    branches = tuple(_lacks(branch, held, on, kinds) for branch in tree.branches)
    if isinstance(tree, AllOf):
        return tuple(lack for branch in branches for lack in branch)
    if any(not branch for branch in branches):
        return ()
    return branches[0] if len(branches) == 1 else (OneOf(branches),)


def _lack(
    needed: KindNeeded, held: tuple[HeldQualification, ...], on: date, kind: QualificationKind | None
) -> Missing | None:
    if kind is None or not kind.live:
        return Missing(needed, MissingCode.KIND_NOT_LIVE)
    same = [each for each in held if each.kind == needed.kind]
    good = [each for each in same if kind.satisfies(each.level, each.speciality, needed.level, needed.speciality)]
    if any(each.valid_on(on) for each in good):
        return None
    if good:
        return Missing(needed, MissingCode.EXPIRED, max(good, key=lambda each: each.valid_until or date.min))
    if not same:
        return Missing(needed, MissingCode.NOT_HELD)
    special = [each for each in same if kind.satisfies(each.level, each.speciality, None, needed.speciality)]
    if not special:
        return Missing(needed, MissingCode.OTHER_SPECIALITY, same[0])
    return Missing(needed, MissingCode.LEVEL_TOO_LOW, special[0])


def as_sentence(
    tree: Requirement | None, names: Mapping[str, str], translate: Callable[[str], str] | None = None
) -> str:
    """A tree in words: ``names`` gives each kind's name, ``translate`` is gettext (English without it)."""

    def say(msgid: str, **params: str) -> str:
        return Sentence(msgid, params).text(translate)

    def said(node: Requirement, outermost: bool) -> str:
        if isinstance(node, KindNeeded):
            return _leaf_words(node, names, say)
        items = say(N_("; ")).join(said(branch, False) for branch in node.branches)
        if len(node.branches) == 1:
            return items
        text = N_("any of: %(items)s") if isinstance(node, AnyOf) else N_("all of: %(items)s")
        whole = say(text, items=items)
        return whole if outermost else say(N_("(%(items)s)"), items=whole)

    return say(N_("no qualification is demanded")) if tree is None else said(tree, True)


def _leaf_words(node: KindNeeded, names: Mapping[str, str], say: Callable[..., str]) -> str:
    name = names.get(node.kind, node.kind)
    if node.speciality is not None and node.level is not None:
        text = N_("%(name)s (%(speciality)s), level %(level)s or higher")
        return say(text, name=name, speciality=node.speciality, level=node.level)
    if node.speciality is not None:
        return say(N_("%(name)s (%(speciality)s)"), name=name, speciality=node.speciality)
    if node.level is not None:
        return say(N_("%(name)s, level %(level)s or higher"), name=name, level=node.level)
    return name
