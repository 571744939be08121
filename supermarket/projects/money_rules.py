"""What a project's money allows (selection spec §2, "By money"): pure functions, amounts in fen.

The lines and limits are policy numbers of a region on the day of publication.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from supermarket.core.money import format_yuan
from supermarket.core.msgids import N_, Sentence
from supermarket.projects.eligibility_facts import Finding

WINDOW_DAYS = 365
REPEATS = 3

_DIRECT_OK = N_("Selecting directly is allowed for this money.")
_DIRECT_LINE = N_(
    "With fiscal money an agency can be selected directly only up to %(line)s; the budget is %(budget)s. Choose "
    "another way of selection, or state an emergency or a sole source with its document."
)
_DIRECT_DOCUMENT = N_("An emergency or a sole source needs the number of the document that says so.")
_DIRECT_FILE = N_("Hand in the document itself that states the emergency or the sole source, not only its number.")
_LIMIT_OK = N_("The budget is within the limits of this market.")
_LIMIT_NO = N_("%(name)s (%(basis)s): a purchase above %(limit)s cannot be made here; the budget is %(budget)s.")
_SPLIT_OK = N_("The owner's projects for this matter stay within the line.")
_SPLIT_NO = N_(
    "The owner's %(count)s projects for this matter within %(days)s days come to %(sum)s, more than the line of %(line)s: "
    "this may be one purchase split into several."
)
_REPEAT_OK = N_("The owner has not kept selecting this agency directly.")
_REPEAT_NO = N_("This is direct award number %(count)s of this owner to this agency within %(days)s days.")


class Ground(StrEnum):
    """Why a direct selection may pass the small-amount line."""

    EMERGENCY = "emergency"
    SOLE_SOURCE = "sole_source"


@dataclass(frozen=True, slots=True)
class ProcurementLimit:
    """A tender or central-procurement limit of a region: above ``limit_fen`` the purchase does not belong here."""

    code: str
    name: str
    basis: str
    limit_fen: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """One fiscal project that was published and not withdrawn, void or failed."""

    project: str
    owner: str
    matter: str
    budget_fen: int
    on: date


@dataclass(frozen=True, slots=True)
class DirectAward:
    """One direct award of fiscal money."""

    project: str
    owner: str
    agency: str
    on: date


def direct_is_allowed(
    budget_fen: int, fiscal: bool, line_fen: int, ground: Ground | None, document: str, *, filed: bool = True
) -> Finding:
    """Direct selection: fiscal money only up to the small-amount line, or an emergency or sole source by document.

    `filed`: whether the document itself was handed in; a draft may still wait for it.
    """
    evidence = {"budget": budget_fen, "line": line_fen, "ground": ground, "document": document}
    if not fiscal or budget_fen <= line_fen:
        return Finding(True, "direct_line", Sentence(_DIRECT_OK), evidence)
    if ground is None:
        params = {"line": format_yuan(line_fen), "budget": format_yuan(budget_fen)}
        return Finding(False, "direct_line", Sentence(_DIRECT_LINE, params), evidence)
    if not document.strip():
        return Finding(False, "direct_document", Sentence(_DIRECT_DOCUMENT), evidence)
    if not filed:
        return Finding(False, "direct_file", Sentence(_DIRECT_FILE), evidence)
    return Finding(True, "direct_line", Sentence(_DIRECT_OK), evidence)


def is_within_limits(budget_fen: int, fiscal: bool, limits: Iterable[ProcurementLimit]) -> Finding:
    """No tender or central-procurement limit is passed; a refusal names the lowest limit that is, and its rule."""
    passed = sorted(
        (each for each in limits if fiscal and budget_fen > each.limit_fen),
        key=lambda each: (each.limit_fen, each.code),
    )
    if not passed:
        return Finding(True, "procurement_limit", Sentence(_LIMIT_OK), {"budget": budget_fen})
    first = passed[0]
    params = {
        "name": first.name,
        "basis": first.basis,
        "limit": format_yuan(first.limit_fen),
        "budget": format_yuan(budget_fen),
    }
    evidence = {"budget": budget_fen, "limit": first.limit_fen, "rule": first.code}
    return Finding(False, "procurement_limit", Sentence(_LIMIT_NO, params), evidence)


def _within(day: date, on: date, days: int) -> bool:
    return 0 <= (on - day).days < days


def splitting_alert(
    new: Purchase, earlier: Iterable[Purchase], line_fen: int, *, window_days: int = WINDOW_DAYS
) -> Finding:
    """Not ok (an alert for the supervisor, no refusal): one owner's projects for one matter in 365 days pass the line.

    One project alone is no splitting, whatever its size.
    """
    same = {
        each.project: each
        for each in earlier
        if (each.owner, each.matter) == (new.owner, new.matter) and _within(each.on, new.on, window_days)
    }
    same[new.project] = new
    total = sum(each.budget_fen for each in same.values())
    evidence = {"projects": sorted(same), "sum": total, "line": line_fen}
    if len(same) < 2 or total <= line_fen:
        return Finding(True, "splitting", Sentence(_SPLIT_OK), evidence)
    params = {"count": len(same), "days": window_days, "sum": format_yuan(total), "line": format_yuan(line_fen)}
    return Finding(False, "splitting", Sentence(_SPLIT_NO, params), evidence)


def repeat_alert(
    new: DirectAward, earlier: Iterable[DirectAward], *, window_days: int = WINDOW_DAYS, repeats: int = REPEATS
) -> Finding:
    """Not ok (an alert, no refusal) from the third direct award of one owner to one agency in 365 days."""
    same = {
        each.project
        for each in earlier
        if (each.owner, each.agency) == (new.owner, new.agency) and _within(each.on, new.on, window_days)
    } | {new.project}
    evidence = {"projects": sorted(same)}
    if len(same) < repeats:
        return Finding(True, "repeat", Sentence(_REPEAT_OK), evidence)
    return Finding(False, "repeat", Sentence(_REPEAT_NO, {"count": len(same), "days": window_days}), evidence)
