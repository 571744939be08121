"""Links between agencies by the registry that keep them out of one pool (selection spec §2).

Only four links are reasons: the same head (单位负责人), one controls the other, one manages the other (管理关系), and
branches of one body (a branch with its head office or with another of its branches: one party before the law).
Weaker ones (a common shareholder, an address) are signals for the supervisor and are not decided here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations


class WeakKind(StrEnum):
    """What two agencies can have in common without it being a reason: a signal for the supervisor."""

    CONTROLLER = "common_controller"
    MANAGER = "common_manager"
    PERSON = "person_in_both"
    ADDRESS = "same_address"
    CONTACT = "same_contact"


@dataclass(frozen=True, slots=True)
class Ties:
    """What an agency's file says of those behind it: opaque references of parties by their part, address and contact."""

    uscc: str
    heads: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset()
    address: str = ""
    contact: str = ""

    @property
    def people(self) -> frozenset[str]:
        """Everybody behind it, whatever their part."""
        return self.heads | self.controllers | self.managers


class LinkKind(StrEnum):
    """Why two agencies may not be in one pool."""

    SAME_HEAD = "same_head"
    CONTROL = "control"
    MANAGEMENT = "management"
    HEAD_OFFICE = "head_office"


@dataclass(frozen=True, slots=True)
class Links:
    """An agency's relations by the registry: its head as an opaque reference, and the USCCs that control or manage it.

    A head of None (the registry does not say) links with nobody; `head_office` is a branch's, None for a body of its own.
    """

    uscc: str
    head: str | None
    controlled_by: frozenset[str] = frozenset()
    managed_by: frozenset[str] = frozenset()
    head_office: str | None = None

    @property
    def body(self) -> str:
        """The USCC of the body that it is or belongs to."""
        return self.head_office or self.uscc


@dataclass(frozen=True, slots=True)
class Link:
    """One link between two agencies, the smaller USCC first."""

    first: str
    second: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class LinkedGroup:
    """Agencies of one pool that hang together, in ASCII order, and the links that tie them."""

    members: tuple[str, ...]
    links: tuple[Link, ...]


def links_between(one: Links, other: Links) -> tuple[Link, ...]:
    """Every link between two agencies; none between an agency and itself."""
    if one.uscc == other.uscc:
        return ()
    found = {
        LinkKind.SAME_HEAD: one.head is not None and one.head == other.head,
        LinkKind.CONTROL: one.uscc in other.controlled_by or other.uscc in one.controlled_by,
        LinkKind.MANAGEMENT: one.uscc in other.managed_by or other.uscc in one.managed_by,
        LinkKind.HEAD_OFFICE: one.body == other.body,
    }
    first, second = sorted((one.uscc, other.uscc))
    return tuple(Link(first, second, kind) for kind, there in found.items() if there)


def linked_groups(pool: Iterable[Links]) -> tuple[LinkedGroup, ...]:
    """The groups of two or more linked agencies in a pool, in ASCII order; at the freeze their members are invalid."""
    members = sorted({each.uscc: each for each in pool}.values(), key=lambda each: each.uscc)
    group_of = {each.uscc: {each.uscc} for each in members}
    ties: list[Link] = []
    for one, other in combinations(members, 2):
        between = links_between(one, other)
        ties.extend(between)
        if between and group_of[one.uscc] is not group_of[other.uscc]:
            union = group_of[one.uscc] | group_of[other.uscc]
            for uscc in union:
                group_of[uscc] = union
    groups = {id(group): tuple(sorted(group)) for group in group_of.values() if len(group) > 1}
    return tuple(
        LinkedGroup(names, tuple(tie for tie in ties if tie.first in names)) for names in sorted(groups.values())
    )


def weak_links(pool: Iterable[Ties]) -> tuple[tuple[str, str, WeakKind], ...]:
    """(first, second, kind) of every weak link between two of a pool, the smaller USCC first, in ASCII order."""
    members = sorted({each.uscc: each for each in pool}.values(), key=lambda each: each.uscc)
    found: list[tuple[str, str, WeakKind]] = []
    for one, other in combinations(members, 2):
        same_part = (one.heads & other.heads) | (one.controllers & other.controllers) | (one.managers & other.managers)
        there = {
            WeakKind.CONTROLLER: bool(one.controllers & other.controllers),
            WeakKind.MANAGER: bool(one.managers & other.managers),
            WeakKind.PERSON: bool((one.people & other.people) - same_part),
            WeakKind.ADDRESS: _same(one.address, other.address),
            WeakKind.CONTACT: _same(one.contact, other.contact),
        }
        found.extend((one.uscc, other.uscc, kind) for kind, yes in there.items() if yes)
    return tuple(found)


def _same(one: str, other: str) -> bool:
    """Equal texts, blanks and case aside; an empty one is nobody's."""
    left, right = ("".join(text.split()).casefold() for text in (one, other))
    return bool(left) and left == right
