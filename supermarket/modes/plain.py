"""What a way of selection will do with one project, in plain sentences (选取规则说明). Pure: numbers and moments in, msgids out.

The owner's form, the public page and the agency's page show the same sentences, so that nobody reads another rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from supermarket.core.draw import TicketRule
from supermarket.core.msgids import N_, Sentence
from supermarket.modes.limits import Numbers, fewest
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import Mode, Params, StageName, Terms


class Topic(StrEnum):
    """What a passage is about, in the order of a purchase's life."""

    WHO = "who"
    FEWEST = "fewest"
    PRICE = "price"
    STEPS = "steps"
    FOLLOWS = "follows"
    PUBLIC = "public"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Amount:
    """Money among a sentence's values, in fen."""

    fen: int


@dataclass(frozen=True, slots=True)
class Days:
    """Working days among a sentence's values."""

    number: int


@dataclass(frozen=True, slots=True)
class Weights:
    """Criteria with their weights among a sentence's values."""

    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One topic and what there is to say about it."""

    topic: Topic
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One project as far as it is worded: `numbers` are the policies of its region and day, amounts are in fen.

    `reviewed`: the operator still looks at it, so that its moments may move; `agency`: the name of the one named.
    """

    row: Mode
    terms: Terms
    numbers: Numbers
    fiscal: bool
    ceiling: int | None = None
    floor: int | None = None
    enrol_until: datetime | None = None
    select_at: datetime | None = None
    reviewed: bool = False
    agency: str = ""

    def number(self, key: str) -> int:
        """A policy number. Raises KeyError, TypeError where there is none."""
        value = self.numbers[key]
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"policy {key} is no whole number")
        return value

    def days(self, key: str) -> Days:
        """A policy number of working days."""
        return Days(self.number(key))


def explain(plan: Plan) -> tuple[Passage, ...]:
    """Everything that will happen, topic by topic, with this project's own numbers and dates."""
    parts = (
        (Topic.WHO, _who(plan)),
        (Topic.FEWEST, _fewest(plan)),
        (Topic.PRICE, _price(plan)),
        (Topic.STEPS, _steps(plan)),
        (Topic.FOLLOWS, _follows(plan)),
        (Topic.PUBLIC, _public(plan)),
        (Topic.AFTER, _after(plan)),
    )
    found = [Passage(topic, tuple(sentences)) for topic, sentences in parts]
    return tuple(passage for passage in found if passage.sentences)


def stage_sentences(row: Mode, terms: Terms | None = None) -> tuple[Sentence, ...]:
    """What the row's stages do one after the other, without a project's dates; what is open reads K and n."""
    return tuple(
        sentence
        for number, (stage, fixed) in enumerate(row.stages, 1)
        for sentence in _stage(row, stage, fixed, terms, last=number == len(row.stages))
    )


# -- topics


def _who(plan: Plan) -> Iterator[Sentence]:
    if not plan.row.has_enrolment:
        days = plan.days("direct_acceptance_days")
        if plan.agency:
            yield Sentence(_NAMES, {"agency": plan.agency, "days": days})
        else:
            yield Sentence(_NAMES_ONE, {"days": days})
        return
    if plan.reviewed:
        yield Sentence(_REVIEWED, {"days": plan.days("review_project_days")})
    if plan.enrol_until is not None:
        yield Sentence(_OPEN_UNTIL, {"until": plan.enrol_until})
    else:
        yield Sentence(_OPEN_FOR, {"days": plan.days("enrolment_days")})
    yield Sentence(_UNSEEN)


def _fewest(plan: Plan) -> Iterator[Sentence]:
    if not plan.row.has_enrolment:
        return
    before = fewest(plan.row, plan.numbers, extended=False)
    after = fewest(plan.row, plan.numbers, extended=True)
    yield Sentence(_NEEDED_QUOTED if plan.row.needs_quotes else _NEEDED, {"fewest": before})
    yield Sentence(_EXTENDED, {"fewest": before, "days": plan.days("extension_days")})
    if after >= before:
        yield Sentence(_THEN_FAILS)
    elif plan.row.owner_accepts_fewer:
        yield Sentence(_THEN_ACCEPTED, {"after": after, "days": plan.days("reduced_acceptance_days")})
    else:
        yield Sentence(_THEN_FEWER, {"after": after})


def _price(plan: Plan) -> Iterator[Sentence]:
    if not plan.row.needs_quotes:
        if plan.ceiling is not None:
            bids = plan.row.uses(StageName.AUCTION)
            yield Sentence(_BIDS_FROM if bids else _PRICE_IS_CEILING, {"ceiling": Amount(plan.ceiling)})
        return
    if plan.ceiling is None:
        yield Sentence(_SEALED)
        return
    if plan.floor is not None and plan.floor > 1:
        yield Sentence(_SEALED_BETWEEN, {"floor": Amount(plan.floor), "ceiling": Amount(plan.ceiling)})
    else:
        yield Sentence(_SEALED_UP_TO, {"ceiling": Amount(plan.ceiling)})
    percent = plan.number("low_of_ceiling_percent")
    low = {
        "amount": Amount(-(-plan.ceiling * percent // 100)),
        "percent": percent,
        "mean": plan.number("low_of_mean_percent"),
        "explain": plan.days("cost_statement_days"),
        "decide": plan.days("cost_decision_days"),
    }
    yield Sentence(_LOW, low)


def _steps(plan: Plan) -> Iterator[Sentence]:
    if not plan.row.has_enrolment:
        return
    if plan.select_at is not None:
        yield Sentence(_RUNS_AT, {"at": plan.select_at})
    else:
        yield Sentence(_RUNS)
    yield from stage_sentences(plan.row, plan.terms)
    if plan.row.uses(StageName.AUCTION):
        yield Sentence(
            _AUCTION_LASTS,
            {
                "seconds": plan.number("auction_seconds"),
                "extension": plan.number("auction_extension_seconds"),
                "cap": plan.number("auction_cap_seconds"),
                "doubles": plan.number("auction_step_doubles_seconds"),
            },
        )
    if plan.row.uses(StageName.CHOOSE):
        yield Sentence(_CHOICE_UNTIL, {"days": plan.days("choice_days")})


def _follows(plan: Plan) -> Iterator[Sentence]:
    if plan.row.uses(StageName.CHOOSE):
        yield Sentence(_NOBODY_FOLLOWS)
    elif plan.row.priced:
        yield Sentence(_FOLLOWS_PRICED, {"percent": plan.number("succession_price_percent")})
    else:
        yield Sentence(_FOLLOWS)


def _public(plan: Plan) -> Iterator[Sentence]:
    if not plan.row.has_enrolment:
        yield Sentence(_PUBLIC_DIRECT)
        return
    drawn_early = _drawn_at_freeze(plan.row)
    if plan.row.uses(StageName.SHORTLIST) and drawn_early:
        yield Sentence(_PUBLIC_BIG_LIST)
    else:
        yield Sentence(_PUBLIC_POOL)
    if drawn_early:
        yield Sentence(_PUBLIC_DRAW)
    if plan.row.uses(StageName.CHOOSE) and plan.row.draws:
        yield Sentence(_PUBLIC_SMALL_LIST)
    yield Sentence(_PUBLIC_QUOTES if plan.row.needs_quotes else _PUBLIC_AFTERWARDS)


def _after(plan: Plan) -> Iterator[Sentence]:
    key = "standstill_fiscal_days" if plan.fiscal else "standstill_social_days"
    if not plan.fiscal and not plan.row.has_enrolment:
        key = "standstill_social_direct_days"
    values = {"days": plan.days(key), "sign": plan.days("signing_days")}
    yield Sentence(_STANDSTILL, values) if plan.number(key) else Sentence(_AT_ONCE, {"sign": values["sign"]})


def _drawn_at_freeze(row: Mode) -> bool:
    before = [stage for stage, _ in row.stages]
    return row.draws and all(stage is StageName.SHORTLIST for stage in before[: before.index(StageName.DRAW)])


# -- stages


def _stage(row: Mode, stage: StageName, fixed: Params, terms: Terms | None, *, last: bool) -> Iterator[Sentence]:
    match stage:
        case StageName.SHORTLIST:
            keep = fixed.get("keep") or (terms.keep if terms and terms.keep is not None else "K")
            by = fixed.get("by") or (terms.shortlist_by.value if terms else "")
            yield Sentence(_SHORTLISTS.get(by, _SHORTLIST_OPEN), {"keep": keep})
        case StageName.DRAW:
            tickets = fixed.get("tickets") or TicketRule.EQUAL.value
            yield Sentence(_DRAWS[TicketRule(tickets)])
            if last:
                yield Sentence(_FIRST_DRAWN)
            else:
                leaves = fixed.get("keep") or (terms.draw_keep if terms and terms.draw_keep is not None else "n")
                yield Sentence(_DRAW_LEAVES, {"leaves": leaves})
        case StageName.PRICE:
            yield Sentence(_PRICES[PriceRule(fixed["rule"])])
            yield Sentence(_TIES)
        case StageName.AUCTION:
            yield Sentence(_AUCTION)
        case StageName.SCORE:
            yield from _score(terms)
        case StageName.CHOOSE:
            yield Sentence(_CHOICE if row.has_enrolment else _NAMED)


def _score(terms: Terms | None) -> Iterator[Sentence]:
    if terms is None or not terms.criteria:
        yield Sentence(_SCORE_OPEN)
    else:
        yield Sentence(_SCORE, {"weights": Weights(terms.criteria)})
    if terms is not None and _by_panel(terms.criteria):
        yield Sentence(_PANEL, {"size": terms.panel_size})
    yield Sentence(_TIES)


def _by_panel(criteria: Sequence[Criterion]) -> bool:
    return any(criterion.kind is CriterionKind.PANEL for criterion in criteria)


# -- words


_NAMES = N_(
    "Nobody enrols. The owner names %(agency)s, which answers within %(days)s of the publication. If it declines or "
    "stays silent, the project fails and may be published anew."
)
_NAMES_ONE = N_(
    "Nobody enrols. The owner names one eligible agency, which answers within %(days)s of the publication. If it "
    "declines or stays silent, the project fails and may be published anew."
)
_REVIEWED = N_(
    "The operator reviews the notice first, within %(days)s. If it is published later than planned, both moments below "
    "move by whole working days."
)
_OPEN_UNTIL = N_("Enrolment is open until %(until)s; any agency that meets the requirements may enrol.")
_OPEN_FOR = N_("Enrolment is open for at least %(days)s; any agency that meets the requirements may enrol.")
_UNSEEN = N_("Until then nobody sees who has enrolled, nor how many: not the owner, not the operator.")
_NEEDED = N_("Valid enrolments needed: at least %(fewest)s.")
_NEEDED_QUOTED = N_("Valid enrolments needed, each with a valid quote: at least %(fewest)s.")
_EXTENDED = N_("With fewer than %(fewest)s, enrolment is extended once by %(days)s, and the selection moves with it.")
_THEN_FAILS = N_("If it is too few then, too, the project fails and may be published anew.")
_THEN_FEWER = N_("After that %(after)s are enough; with fewer the project fails and may be published anew.")
_THEN_ACCEPTED = N_(
    "After that %(after)s are enough if the owner accepts it in writing within %(days)s; otherwise the project fails "
    "and may be published anew."
)
_PRICE_IS_CEILING = N_("No quotes are asked for: the price is the ceiling, %(ceiling)s.")
_BIDS_FROM = N_("No sealed quotes: agencies bid live, from at most %(ceiling)s downwards; the price is the last bid.")
_AUCTION_LASTS = N_(
    "It lasts %(seconds)s seconds; a bid in the last %(extension)s seconds moves the end. After %(cap)s seconds the step "
    "doubles every %(doubles)s seconds instead of a hard stop."
)
_SEALED = N_("Each agency hands in one sealed quote; all are opened together after enrolment has ended.")
_SEALED_UP_TO = N_(
    "Each agency hands in one sealed quote of at most %(ceiling)s; all are opened together after enrolment has ended."
)
_SEALED_BETWEEN = N_(
    "Each agency hands in one sealed quote between %(floor)s and %(ceiling)s; all are opened together after enrolment "
    "has ended."
)
_LOW = N_(
    "A quote below %(amount)s (%(percent)s %% of the ceiling), or below %(mean)s %% of the mean of the valid quotes, must "
    "be explained within %(explain)s; the owner accepts or rejects it with a reason within %(decide)s."
)
_RUNS_AT = N_("On %(at)s the selection runs by itself; nobody can choose another moment or another way.")
_RUNS = N_("At the published minute the selection runs by itself; nobody can choose another moment or another way.")
_SHORTLISTS = {
    ShortlistBy.CREDIT.value: N_(
        "By credit points as enrolment ends, the best %(keep)s stay. Everyone tied with the last of them stays, too; "
        "a newcomer counts as 85."
    ),
    ShortlistBy.STARS.value: N_(
        "By stars as enrolment ends, the best %(keep)s stay. Everyone tied with the last of them stays, too; a newcomer "
        "counts as 85."
    ),
}
_SHORTLIST_OPEN = N_(
    "By stars or credit, as the owner says in the notice, the best %(keep)s stay. Everyone tied with the last of them "
    "stays, too; a newcomer counts as 85."
)
_DRAWS = {
    TicketRule.EQUAL: N_(
        "All who are left are drawn into one public order that anybody can check; each has one ticket."
    ),
    TicketRule.CREDIT: N_(
        "All who are left are drawn into one public order that anybody can check; credit level A has three tickets, B "
        "two, all others one."
    ),
}
_DRAW_LEAVES = N_("The first %(leaves)s of that order go on.")
_FIRST_DRAWN = N_("The first of that order is selected.")
_PRICES = {
    PriceRule.LOWEST: N_("The lowest valid quote is selected."),
    PriceRule.HIGHEST_DISCOUNT: N_(
        "Each agency offers a discount on the ceiling, in percent with at most two decimals; the amount that it gives is "
        "sealed and is the price. The highest valid discount is selected."
    ),
    PriceRule.NEAREST_MEAN: N_(
        "The quote nearest to the mean of the valid quotes is selected, the lower one of two equally near. With five or "
        "more, one highest and one lowest are left out of the mean, not out of the ranking."
    ),
    PriceRule.SECOND_LOWEST: N_("The second-lowest amount is selected; the others follow from the lowest upwards."),
}
_TIES = N_("Equals are parted by higher credit points, then by a public draw.")
_AUCTION = N_(
    "A live reverse auction follows: each bid is below the last one by at least a step; the lowest is selected."
)
_SCORE = N_("Each valid offer gets points: %(weights)s. The best total is selected.")
_SCORE_OPEN = N_(
    "Each valid offer gets points by criteria and weights that the owner fixes in the notice. The best total is selected."
)
_PANEL = N_("%(size)s experts, drawn from the expert pool, rate without seeing each other's points.")
_CHOICE = N_("The owner chooses one of those left and writes down the reason, which is public.")
_NAMED = N_("The owner names one eligible agency.")
_CHOICE_UNTIL = N_("It has %(days)s for the choice. If it stays silent, the project fails.")
_NOBODY_FOLLOWS = N_("Nobody follows the one chosen: if it drops out, the project fails and may be published anew.")
_FOLLOWS = N_("If the selected agency drops out, the next of the stored order follows, never anybody else.")
_FOLLOWS_PRICED = N_(
    "If the selected agency drops out, the next of the stored order follows, never anybody else, and only with a quote at "
    "most %(percent)s %% above the first winner's."
)
_PUBLIC_DIRECT = N_("Public at once: the notice, the agency named, its answer and the reason.")
_PUBLIC_POOL = N_("Public when enrolment ends: who is in the pool.")
_PUBLIC_BIG_LIST = N_("Public when enrolment ends: who is in the pool, who stays (the big list), who does not and why.")
_PUBLIC_DRAW = N_(
    "The pool of the draw is signed by the witness before anybody can know the numbers that decide it; anybody can "
    "repeat the draw."
)
_PUBLIC_SMALL_LIST = N_("Public with the draw: whom it leaves (the small list).")
_PUBLIC_QUOTES = N_("Public with the announcement: every quote and figure, and each exclusion with its reason.")
_PUBLIC_AFTERWARDS = N_("Public with the announcement: every figure, and each exclusion with its reason.")
_STANDSTILL = N_(
    "Objections are heard for %(days)s after the announcement; then the award notice, and both sides sign within %(sign)s."
)
_AT_ONCE = N_("The award notice follows the announcement at once; both sides sign within %(sign)s.")
