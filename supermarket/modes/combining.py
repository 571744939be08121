"""A region's own mode out of the six stages: what may stand where, and the row that comes of it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from supermarket.core.draw import TicketRule
from supermarket.core.msgids import N_, Sentence
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import Mode, Params, StageName

MOST_STAGES = 6
MOST_KEPT = 100
MOST_VALID = 50
# Stages whose order is the result; nothing can come after one.
DECIDING = frozenset({StageName.PRICE, StageName.AUCTION, StageName.SCORE, StageName.CHOOSE})
QUOTED = frozenset({StageName.PRICE, StageName.SCORE})
RULES = tuple(PriceRule)


@dataclass(frozen=True, slots=True)
class StageWanted:
    """One stage as the office wants it; what is None the owner says in each notice."""

    stage: StageName
    by: ShortlistBy | None = None
    keep: int | None = None
    tickets: TicketRule = TicketRule.EQUAL
    rule: PriceRule | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `place` from 1, 0 for the whole; a code; a sentence."""

    place: int
    code: str
    sentence: Sentence


def faults_of(stages: Sequence[StageWanted]) -> tuple[Fault, ...]:
    """Everything that is wrong with a combination, in reading order."""
    if not stages:
        return (Fault(0, "empty", Sentence(_EMPTY)),)
    if len(stages) > MOST_STAGES:
        return (Fault(0, "too_many", Sentence(_TOO_MANY, {"most": MOST_STAGES})),)
    return (*_places(stages), *_parameters(stages))


def _places(stages: Sequence[StageWanted]) -> Iterator[Fault]:
    draws = 0
    for place, wanted in enumerate(stages, 1):
        last = place == len(stages)
        if wanted.stage is StageName.DRAW:
            draws += 1
            if draws > 1:
                yield Fault(place, "second_draw", Sentence(_SECOND_DRAW))
        if wanted.stage in DECIDING and not last:
            yield Fault(place, "not_last", Sentence(_NOT_LAST))
        if wanted.stage is StageName.SHORTLIST and last:
            yield Fault(place, "nothing_decides", Sentence(_NOTHING_DECIDES))
        before = stages[place - 2] if place > 1 else None
        if before is not None and (before.stage, wanted.stage) == (StageName.SHORTLIST,) * 2 and before.by is wanted.by:
            yield Fault(place, "same_again", Sentence(_SAME_AGAIN))
        if wanted.stage is StageName.CHOOSE and place == 1:
            yield Fault(place, "choice_alone", Sentence(_CHOICE_ALONE))
        if wanted.stage is StageName.AUCTION:
            yield Fault(place, "auction_is_a_form", Sentence(_AUCTION))


def _parameters(stages: Sequence[StageWanted]) -> Iterator[Fault]:
    kept: int | None = None
    for place, wanted in enumerate(stages, 1):
        if wanted.keep is not None:
            if not 1 <= wanted.keep <= MOST_KEPT:
                yield Fault(place, "keep_out_of_range", Sentence(_KEEP_RANGE, {"most": MOST_KEPT}))
            elif kept is not None and wanted.keep > kept:
                yield Fault(place, "keeps_more", Sentence(_KEEPS_MORE, {"before": kept}))
            else:
                kept = wanted.keep
        if wanted.stage is StageName.PRICE and wanted.rule not in RULES:
            yield Fault(place, "rule_needed", Sentence(_RULE))


def combine(
    name: str,
    stages: Sequence[StageWanted],
    *,
    label: str,
    label_zh: str,
    sentence: str,
    sentence_zh: str,
    fewest_valid: int,
    fewest_after_extension: int,
    owner_accepts_fewer: bool,
) -> Mode:
    """The row of a combination without faults; whether quotes are needed follows from its stages."""
    return Mode(
        name=name,
        label=label,
        sentence=sentence,
        stages=tuple(
            (wanted.stage, _fixed(wanted, last=place == len(stages))) for place, wanted in enumerate(stages, 1)
        ),
        fewest_valid=fewest_valid,
        fewest_after_extension=fewest_after_extension,
        needs_quotes=any(wanted.stage in QUOTED for wanted in stages),
        owner_accepts_fewer=owner_accepts_fewer and fewest_after_extension < fewest_valid,
        label_zh=label_zh,
        sentence_zh=sentence_zh,
    )


def taken_apart(row: Mode) -> tuple[StageWanted, ...]:
    """The combination that a row came of, for the editor."""
    return tuple(_wanted(stage, fixed) for stage, fixed in row.stages)


def _wanted(stage: StageName, fixed: Mapping[str, str]) -> StageWanted:
    return StageWanted(
        stage,
        by=ShortlistBy(fixed["by"]) if "by" in fixed else None,
        keep=int(fixed["keep"]) if "keep" in fixed else None,
        tickets=TicketRule(fixed["tickets"]) if "tickets" in fixed else TicketRule.EQUAL,
        rule=PriceRule(fixed["rule"]) if "rule" in fixed else None,
    )


def _fixed(wanted: StageWanted, *, last: bool) -> Params:
    found: dict[str, str] = {}
    if wanted.stage is StageName.SHORTLIST and wanted.by is not None:
        found["by"] = wanted.by.value
    if wanted.stage is StageName.DRAW:
        found["tickets"] = wanted.tickets.value
    if wanted.stage is StageName.PRICE and wanted.rule is not None:
        found["rule"] = wanted.rule.value
    keeps = wanted.stage is StageName.SHORTLIST or (wanted.stage is StageName.DRAW and not last)
    if keeps and wanted.keep is not None:
        found["keep"] = str(wanted.keep)
    return MappingProxyType(found)


_EMPTY = N_("Add at least one stage.")
_TOO_MANY = N_("At most %(most)s stages can follow each other.")
_SECOND_DRAW = N_("There is one draw in a selection, never a second: remove this one.")
_NOT_LAST = N_("Quotes, points and a choice decide by themselves; move this stage to the end.")
_NOTHING_DECIDES = N_(
    "A shortlist does not say who is first: equals would stand in no order. Add a draw, quotes, points or a choice after "
    "it."
)
_SAME_AGAIN = N_("The stage before compares the same already: keep fewer there, and remove this one.")
_CHOICE_ALONE = N_(
    "A choice among everybody would be a direct selection without its limits. Let a shortlist or a draw come before it."
)
_AUCTION = N_(
    "The live auction is a form of “lowest quote”, which the owner chooses in the notice: take sealed quotes."
)
_KEEP_RANGE = N_("Give between 1 and %(most)s, or leave it empty: then the owner says it in the notice.")
_KEEPS_MORE = N_("The stage before keeps %(before)s; this one cannot keep more.")
_RULE = N_("Say which quote is selected.")
