"""A panel's scores in a table, with what was dropped and the means (selection.md §6). Exact; nothing is rounded here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from supermarket.modes.merit_criteria import dropped_places, panel_points


@dataclass(frozen=True, slots=True)
class Given:
    """What one expert gave one plan under one criterion."""

    points: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The same with whether it counts."""

    expert: str
    points: int
    sentence: str
    dropped: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One plan under one criterion: every expert's score in the order of the seats, and the mean of those that count."""

    agency_uscc: str
    criterion: str
    cells: tuple[Cell, ...]
    mean: Fraction


Sheets = Mapping[str, Mapping[tuple[str, str], Given]]


def lines(experts: Sequence[str], agencies: Sequence[str], criteria: Sequence[str], sheets: Sheets) -> tuple[Line, ...]:
    """The table, criterion by criterion, then plan by plan. `sheets`: expert → (USCC, criterion) → score.

    Raises KeyError where a sheet is not whole.
    """
    found = []
    for criterion in criteria:
        for agency in agencies:
            given = [sheets[expert][(agency, criterion)] for expert in experts]
            points = [item.points for item in given]
            out = dropped_places(points)
            cells = tuple(
                Cell(expert, item.points, item.sentence, place in out)
                for place, (expert, item) in enumerate(zip(experts, given, strict=True))
            )
            found.append(Line(agency, criterion, cells, panel_points(points)))
    return tuple(found)
