"""Ways of selection in words: the nine, regions' own, and what a project has chosen."""

from collections.abc import Mapping

from flask import g

from supermarket.modes.queries import own_modes
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import MODES, Mode
from supermarket.modes.words import label_of, sentence_of
from supermarket.projects import ways
from supermarket.projects.forms import GROUND_LABELS, SHORTLIST_LABELS
from supermarket.projects.models import Project
from supermarket.projects.money_rules import Ground

__all__ = ["label_of", "sentence_of"]  # beside everything that is defined here


def _own_modes() -> Mapping[str, Mode]:
    """What regions have made, by name; read once per request."""
    if "own_modes" not in g:
        g.own_modes = own_modes()
    known: Mapping[str, Mode] = g.own_modes
    return known


def mode_of(name: str) -> Mode | None:
    """The row of a mode's name, None for a name that is no mode."""
    return MODES.get(name) or _own_modes().get(name)


def mode_label(name: str) -> str:
    """The name of a mode as users see it."""
    row = mode_of(name)
    return label_of(row) if row is not None else name


def mode_sentence(name: str) -> str:
    """What a mode does, in a plain sentence."""
    row = mode_of(name)
    return sentence_of(row) if row is not None else ""


def mode_choices() -> list[tuple[str, str]]:
    """(name, label) of every mode that a project may have: the nine, then what regions have made."""
    return [(row.name, label_of(row)) for row in (*MODES.values(), *_own_modes().values())]


def way_of(project: Project) -> Mode:
    """How a project selects, as it was published."""
    return ways.mode_of(project)


def way_label(project: Project) -> str:
    """The name of a project's way of selection."""
    return label_of(ways.mode_of(project))


def way_sentence(project: Project) -> str:
    """What it does, with the project's own numbers."""
    return sentence_of(ways.mode_of(project), ways.terms_of(project))


def ground_label(ground: Ground) -> str:
    """Why a direct selection may pass the small-amount line."""
    return str(GROUND_LABELS[ground])


def shortlist_label(by: ShortlistBy | str | None) -> str:
    """What a shortlist compares."""
    return str(SHORTLIST_LABELS[ShortlistBy(by)]) if by else ""
