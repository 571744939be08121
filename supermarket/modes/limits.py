"""How many are enough, how many a shortlist keeps (K) and a draw leaves (n): the region's numbers over the row's. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import Mode, StageName, Terms

Numbers = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Range:
    """From `least` to `most`; `usual` where the owner names none."""

    least: int
    most: int
    usual: int

    def holds(self, value: int) -> bool:
        """Whether the value lies in it."""
        return self.least <= value <= self.most


def fewest(row: Mode, numbers: Numbers, *, extended: bool) -> int:
    """How many valid enrolments are enough, before or after the one extension.

    `numbers`: the policies of the project's region and day; 0 after the extension means: as many as before it.
    """
    before = _number(numbers, f"min_{row.name}", row.fewest_valid) or row.fewest_valid
    if not extended:
        return before
    return _number(numbers, f"min_{row.name}_extended", row.fewest_after_extension) or before


def keep_range(row: Mode, numbers: Numbers) -> Range | None:
    """K of the shortlists, where the owner gives it: never fewer than the mode needs valid enrolments."""
    if not row.asks(StageName.SHORTLIST, "keep"):
        return None
    least = max(_number(numbers, "min_keep", 1), fewest(row, numbers, extended=False))
    return _range(least, _number(numbers, "max_keep", least), _number(numbers, "default_keep", least))


def draw_keep_range(row: Mode, numbers: Numbers, keep: int | None = None) -> Range | None:
    """n of a draw before another stage, where the owner gives it; at most as many as the shortlist before it keeps."""
    if not row.asks_draw_keep:
        return None
    needs = fewest(row, numbers, extended=True) if row.priced or row.uses(StageName.SCORE) else 1
    least = max(_number(numbers, "min_draw_keep", 1), needs)
    most = _number(numbers, "max_keep", least) if keep is None else keep
    return _range(least, most, _number(numbers, "default_draw_keep", least))


def _range(least: int, most: int, usual: int) -> Range:
    highest = max(least, most)
    return Range(least, highest, min(max(usual, least), highest))


def kept_terms(row: Mode, terms: Terms, numbers: Numbers) -> Terms:
    """The terms that a project keeps: what its mode does not ask for is left out, what the owner left open is filled in."""
    keeps = keep_range(row, numbers)
    keep = None if keeps is None else terms.keep if terms.keep is not None else keeps.usual
    leaves = draw_keep_range(row, numbers, shortlisted(row, keep))
    return replace(
        terms,
        criteria=terms.criteria if row.uses(StageName.SCORE) else (),
        panel_size=terms.panel_size if row.uses(StageName.SCORE) else 0,
        shortlist_by=terms.shortlist_by if row.asks(StageName.SHORTLIST, "by") else ShortlistBy.CREDIT,
        keep=keep,
        draw_keep=None if leaves is None else terms.draw_keep if terms.draw_keep is not None else leaves.usual,
        live=terms.live and row.can_be_live,
    )


def shortlisted(row: Mode, keep: int | None) -> int | None:
    """K of the last shortlist before the draw, None where none stands before it."""
    last = None
    for stage, params in row.stages:
        if stage is StageName.DRAW:
            return last
        if stage is StageName.SHORTLIST:
            last = int(params["keep"]) if "keep" in params else keep
    return None


def _number(numbers: Numbers, key: str, default: int) -> int:
    value = numbers.get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
