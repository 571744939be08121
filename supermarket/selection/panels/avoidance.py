"""Who must not judge a purchase (回避, selection.md §6): pure rules over frozen facts, the first reason counts.

A weak link is enough here: an expert whose employer has the same controller as a bidder is out, though such a bidder
could stand in one pool with it. Nobody has a right to judge.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from supermarket.projects.links import Links, links_between


@dataclass(frozen=True, slots=True)
class Tied:
    """What an expert is tied to: bodies that employ them (by the registry, as far as it knows), declared ones, work.

    `served_before`: on the panel of the purchase that this one reissues. `open_seats`: panels that wait for the expert.
    """

    employer: Links | None
    interests: tuple[Links, ...] = ()
    served_before: bool = False
    open_seats: int = 0
    most_seats: int = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """Whom the panel judges and for whom; `preceding`: who did earlier work in the same investment project."""

    owner: Links | None
    bidders: tuple[Links, ...]
    preceding: frozenset[str] = frozenset()


def tied(one: Links, other: Links) -> bool:
    """The same body, linked by the registry, or controlled by the same one."""
    return (
        one.uscc == other.uscc
        or bool(links_between(one, other))
        or bool(one.controlled_by & other.controlled_by)
        or bool(one.managed_by & other.managed_by)
    )


def _with_any(one: Links, others: Iterable[Links]) -> bool:
    return any(tied(one, other) for other in others)


def kept_out(expert: Tied, judged: Judged) -> str | None:
    """The code of the first reason why the expert must not judge, None if there is none."""
    employer = expert.employer
    owner = () if judged.owner is None else (judged.owner,)
    if employer is not None:
        if any(employer.uscc == each.uscc for each in owner):
            return "employer_is_owner"
        if any(employer.uscc == each.uscc for each in judged.bidders):
            return "employer_is_bidder"
        if _with_any(employer, (*owner, *judged.bidders)):
            return "employer_is_linked"
        if employer.uscc in judged.preceding:
            return "employer_did_preceding_work"
    if any(_with_any(each, (*owner, *judged.bidders)) for each in expert.interests):
        return "declared_interest"
    if expert.served_before:
        return "served_before"
    return "load" if expert.open_seats >= expert.most_seats else None
