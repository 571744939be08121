"""The modes of selection, each a row: a pipeline of stages as data (selection rules, section 1).

A new mode is a new row. Numbers here are the defaults that the policies start from; a project keeps those of the day
on which it was published, as `Terms`. Sentences are msgids for `gettext`, with `%(name)s` places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from supermarket.core.draw import TicketRule
from supermarket.core.msgids import N_, Sentence
from supermarket.modes.auction import AuctionTerms
from supermarket.modes.discount import with_rates
from supermarket.modes.merit_criteria import Criterion
from supermarket.modes.pipeline import StageSpec
from supermarket.modes.stages import StageError
from supermarket.modes.stages.auction import AuctionParams
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.choose import ChooseParams
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.price import PriceParams, PriceRule
from supermarket.modes.stages.score import ScoreParams
from supermarket.modes.stages.shortlist import ShortlistBy, ShortlistParams


class ModeName(StrEnum):
    """The nine modes."""

    DIRECT = "direct"
    RANDOM = "random"
    BIDDING = "bidding"
    MERIT = "merit"
    CREDIT_MERIT = "credit_merit"
    MERIT_RANDOM = "merit_random"
    MERIT_BIDDING = "merit_bidding"
    RANDOM_BIDDING = "random_bidding"
    MEAN_PRICE = "mean_price"


class StageName(StrEnum):
    """The stages that a row can name; `auction` is the live form of `price`."""

    SHORTLIST = "shortlist"
    DRAW = "draw"
    PRICE = "price"
    AUCTION = "auction"
    SCORE = "score"
    CHOOSE = "choose"


LIVE_OFFERED = True
"""Whether owners can choose the live form of a mode."""

Params = Mapping[str, str]
NO_PARAMS: Params = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mode:
    """One row. `stages`: (stage, what the row fixes of its parameters); the project's terms give the rest. `label` and
    `sentence` of the nine are msgids; those of a region's own mode are its own words, in English and Chinese.

    `fewest_after_extension` counts once the enrolment was extended; where `owner_accepts_fewer`, only if the owner
    accepts that in writing within two working days. `needs_quotes`: an enrolment without a valid quote is invalid at
    the freeze.
    """

    name: str
    label: str
    sentence: str
    stages: tuple[tuple[StageName, Params], ...]
    fewest_valid: int
    fewest_after_extension: int
    needs_quotes: bool
    has_enrolment: bool = True
    owner_accepts_fewer: bool = False
    label_zh: str = ""
    sentence_zh: str = ""

    @property
    def own(self) -> bool:
        """Whether it is a region's own and none of the nine."""
        return self.name not in MODES

    @property
    def priced(self) -> bool:
        """Whether the order is by price, so that a successor's quote may be at most 5 % above the winner's."""
        return any(stage in (StageName.PRICE, StageName.AUCTION) for stage, _ in self.stages)

    @property
    def draws(self) -> bool:
        """Whether a draw is one of its stages; ties may lead to draws in others too."""
        return any(stage is StageName.DRAW for stage, _ in self.stages)

    def uses(self, stage: StageName) -> bool:
        """Whether the stage is one of its pipeline."""
        return any(own is stage for own, _ in self.stages)

    def fixed(self, stage: StageName, name: str) -> str | None:
        """What the row fixes of a stage's parameter, None where the project's terms give it."""
        return next((params[name] for own, params in self.stages if own is stage and name in params), None)

    def asks(self, stage: StageName, name: str) -> bool:
        """Whether the owner gives a parameter of one of its stages."""
        return any(own is stage and name not in params for own, params in self.stages)

    @property
    def asks_draw_keep(self) -> bool:
        """Whether the owner says how many a draw leaves: another stage follows it, and the row does not say it."""
        return any(
            stage is StageName.DRAW and "keep" not in params and number < len(self.stages)
            for number, (stage, params) in enumerate(self.stages, 1)
        )

    @property
    def by_rate(self) -> bool:
        """Whether agencies offer a discount in percent, so that only an amount counts that such a rate gives."""
        return self.fixed(StageName.PRICE, "rule") == PriceRule.HIGHEST_DISCOUNT

    @property
    def can_be_live(self) -> bool:
        """Whether its quotes can also be given in a live reverse auction."""
        return any(stage is StageName.PRICE and fixed.get("rule") == "lowest" for stage, fixed in self.stages)

    def live(self) -> "Mode":
        """The live form: a reverse auction where the row asks for the lowest sealed quote. Raises StageError."""
        if not self.can_be_live:
            raise StageError(f"{self.name} has no live form")
        stages = tuple(
            (StageName.AUCTION, NO_PARAMS) if stage is StageName.PRICE else (stage, fixed)
            for stage, fixed in self.stages
        )
        return replace(self, stages=stages, needs_quotes=self.uses(StageName.SCORE))

    def enough(self, valid: int, *, extended: bool) -> bool:
        """Whether `valid` enrolments are enough, before or after the one extension."""
        return valid >= (self.fewest_after_extension if extended else self.fewest_valid)


class Seal(StrEnum):
    """Who seals quotes: the bidder's own browser or client, or (social money only) the operator's server on arrival."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a project fixes at publishing, besides its mode. `keep`: K of a shortlist; `draw_keep`: how many a draw
    leaves; `live`: quotes are given in a live auction, with the terms `auction` that follow from money and policy;
    `seal`: who seals quotes.
    """

    bounds: Bounds
    criteria: tuple[Criterion, ...] = ()
    panel_size: int = 0
    tickets: TicketRule = TicketRule.EQUAL
    shortlist_by: ShortlistBy = ShortlistBy.CREDIT
    keep: int | None = None
    draw_keep: int | None = None
    live: bool = False
    auction: AuctionTerms | None = None
    seal: Seal = Seal.CLIENT


def _fixed(**params: str) -> Params:
    return MappingProxyType(params)


_ROWS = (
    Mode(
        ModeName.DIRECT,
        N_("Direct selection"),
        N_("You name one eligible agency. It accepts within 2 working days, else the project fails. Nobody enrols."),
        ((StageName.CHOOSE, NO_PARAMS),),
        fewest_valid=1,
        fewest_after_extension=1,
        needs_quotes=False,
        has_enrolment=False,
    ),
    Mode(
        ModeName.RANDOM,
        N_("Random draw"),
        N_("All valid enrolments are drawn into one public order that anybody can check. The first is selected."),
        ((StageName.DRAW, NO_PARAMS),),
        fewest_valid=3,
        fewest_after_extension=2,
        needs_quotes=False,
    ),
    Mode(
        ModeName.BIDDING,
        N_("Lowest quote"),
        N_("Agencies hand in sealed quotes, opened after the deadline. The lowest valid quote is selected."),
        ((StageName.PRICE, _fixed(rule="lowest")),),
        fewest_valid=3,
        fewest_after_extension=3,
        needs_quotes=True,
    ),
    Mode(
        ModeName.MERIT,
        N_("Best score"),
        N_("Agencies are scored by the criteria and weights that you fix now. The best total is selected."),
        ((StageName.SCORE, NO_PARAMS),),
        fewest_valid=2,
        fewest_after_extension=1,
        needs_quotes=True,
        owner_accepts_fewer=True,
    ),
    Mode(
        ModeName.CREDIT_MERIT,
        N_("Credit, then your choice"),
        N_(
            "The best %(keep)s by credit stay. A draw in which better credit has more tickets leaves %(draw_keep)s, "
            "of whom you choose one in writing."
        ),
        (
            (StageName.SHORTLIST, _fixed(by="credit")),
            (StageName.DRAW, _fixed(tickets="credit")),
            (StageName.CHOOSE, NO_PARAMS),
        ),
        fewest_valid=2,
        fewest_after_extension=2,
        needs_quotes=False,
    ),
    Mode(
        ModeName.MERIT_RANDOM,
        N_("Shortlist, then draw"),
        N_("The best %(keep)s by stars or credit stay. One of them is drawn."),
        ((StageName.SHORTLIST, NO_PARAMS), (StageName.DRAW, NO_PARAMS)),
        fewest_valid=3,
        fewest_after_extension=3,
        needs_quotes=False,
    ),
    Mode(
        ModeName.MERIT_BIDDING,
        N_("Shortlist, then quotes"),
        N_("The best %(keep)s by stars or credit stay. Their sealed quotes decide."),
        ((StageName.SHORTLIST, NO_PARAMS), (StageName.PRICE, _fixed(rule="lowest"))),
        fewest_valid=3,
        fewest_after_extension=3,
        needs_quotes=True,
    ),
    Mode(
        ModeName.RANDOM_BIDDING,
        N_("Draw, then quotes"),
        N_("A draw leaves %(draw_keep)s. Their sealed quotes decide."),
        ((StageName.DRAW, NO_PARAMS), (StageName.PRICE, _fixed(rule="lowest"))),
        fewest_valid=3,
        fewest_after_extension=3,
        needs_quotes=True,
    ),
    Mode(
        ModeName.MEAN_PRICE,
        N_("Nearest to the mean"),
        N_("Agencies hand in sealed quotes. The quote nearest to the mean of all valid ones is selected."),
        ((StageName.PRICE, _fixed(rule="nearest_mean")),),
        fewest_valid=3,
        fewest_after_extension=3,
        needs_quotes=True,
    ),
)

MODES: Mapping[str, Mode] = MappingProxyType({row.name: row for row in _ROWS})


def mode(name: str) -> Mode:
    """The row of that name. Raises ValueError for another name."""
    return MODES[ModeName(name)]


def in_words(row: Mode, terms: Terms | None = None) -> Sentence:
    """What the mode will do, in one or two plain sentences; the page translates it."""
    if row.own or "%(" not in row.sentence:
        return Sentence(row.sentence)
    keep = terms.keep if terms else None
    draw_keep = terms.draw_keep if terms else None
    return Sentence(row.sentence, {"keep": keep or "K", "draw_keep": draw_keep or "n"})


def pipeline_for(row: Mode, terms: Terms) -> tuple[StageSpec, ...]:
    """The row's stages with all parameters, from the row and the project's terms. Raises StageError for missing
    terms.
    """
    return tuple(
        _spec(stage, fixed, terms, last=number == len(row.stages))
        for number, (stage, fixed) in enumerate(row.stages, 1)
    )


def _spec(stage: StageName, fixed: Params, terms: Terms, *, last: bool) -> StageSpec:
    match stage:
        case StageName.SHORTLIST:
            keep = int(fixed["keep"]) if "keep" in fixed else terms.keep
            if keep is None:
                raise StageError("a shortlist needs its K")
            return ShortlistParams(ShortlistBy(fixed.get("by", terms.shortlist_by)), keep)
        case StageName.DRAW:
            keep = int(fixed["keep"]) if "keep" in fixed else terms.draw_keep
            if not last and keep is None:
                raise StageError("a draw before another stage needs the number of those who go on")
            return DrawParams(TicketRule(fixed.get("tickets", terms.tickets)), None if last else keep)
        case StageName.PRICE:
            rule = PriceRule(fixed["rule"])
            return PriceParams(rule, with_rates(terms.bounds) if rule is PriceRule.HIGHEST_DISCOUNT else terms.bounds)
        case StageName.SCORE:
            return ScoreParams(terms.criteria, terms.bounds, terms.panel_size)
        case StageName.CHOOSE:
            return ChooseParams()
        case StageName.AUCTION:
            if terms.auction is None:
                raise StageError("a live auction needs its terms")
            return AuctionParams(terms.auction)
