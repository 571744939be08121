"""The big and the small list (大名单、小名单): whom a shortlist keeps and a draw leaves, who stays out, and why.

A shortlist before a draw is fixed at the freeze, and its draw's pool file names who stays: so it is public from then on,
the small list with the drawn order. Where quotes or points follow, lists are public with the announcement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from supermarket.modes.pipeline import StageSpec, advance
from supermarket.modes.stages import Done
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.shortlist import ShortlistBy, ShortlistParams
from supermarket.modes.stored import done_from_json, spec_from_json
from supermarket.projects.models import Project
from supermarket.projects.ways import specs_of
from supermarket.selection.candidates import candidates_of, facts_of_selection
from supermarket.selection.series import runs_in
from supermarket.selection.states import StageState


@dataclass(frozen=True)
class Place:
    """One agency at one stage: what it counted for, its tickets, its rank in the draw, and whether it stays."""

    uscc: str
    stays: bool
    counted: str = ""
    tickets: int | None = None
    rank: int | None = None


@dataclass(frozen=True)
class Kept:
    """One list: by what it was made, how many it keeps, who stays first."""

    kind: str
    keep: int | None
    by: ShortlistBy | None
    places: Sequence[Place]

    @property
    def staying(self) -> Sequence[Place]:
        """Who stays."""
        return [place for place in self.places if place.stays]

    @property
    def out(self) -> Sequence[Place]:
        """Who does not."""
        return [place for place in self.places if not place.stays]


BIG, SMALL = "big", "small"
Cut = tuple[StageSpec, Done]


def lists_of(project: Project) -> Sequence[Kept]:
    """The lists of a project that are public now, in the order of its stages."""
    if project.frozen_at is None:
        return ()
    listing = _listing(specs_of(project))
    if not listing or (project.announced_at is None and not _early(listing)):
        return ()
    return [_list(spec, done) for spec, done in _stored(project) or _computed(project, listing)]


def _stored(project: Project) -> list[Cut]:
    done = (row for row in runs_in(project) if row.state is StageState.DONE)
    cuts = ((spec_from_json(row.parameters), row.outputs or {}) for row in done)
    return [(spec, done_from_json(outputs)) for spec, outputs in takewhile(lambda pair: _cuts(pair[0]), cuts)]


def _computed(project: Project, listing: Sequence[StageSpec]) -> list[Cut]:
    """Before the selection runs: what follows from the freeze alone."""
    state = advance(listing, candidates_of(project), facts_of_selection(project))
    return [(run.spec, run.outcome) for run in state.runs if isinstance(run.outcome, Done)]


def _listing(specs: Sequence[StageSpec]) -> tuple[StageSpec, ...]:
    """The stages that cut the pool, from the first."""
    return tuple(takewhile(_cuts, specs))


def _cuts(spec: StageSpec) -> bool:
    return isinstance(spec, ShortlistParams) or (isinstance(spec, DrawParams) and spec.keep is not None)


def _early(listing: Sequence[StageSpec]) -> bool:
    """Whether the draw's pool file has told it already."""
    return any(isinstance(spec, DrawParams) for spec in listing)


def _list(spec: StageSpec, done: Done) -> Kept:
    stay, figures = frozenset(done.passed_on), done.figures
    if isinstance(spec, ShortlistParams):
        everybody = (*done.order, *(item.uscc for item in done.excluded))
        places = [Place(uscc, uscc in stay, counted=str(figures[uscc]["ranked_as"])) for uscc in everybody]
        return Kept(BIG, spec.keep, spec.by, places)
    places = [
        Place(uscc, uscc in stay, tickets=int(figures[uscc]["tickets"]), rank=rank)
        for rank, uscc in enumerate(done.order, 1)
    ]
    return Kept(SMALL, spec.keep if isinstance(spec, DrawParams) else None, None, places)
