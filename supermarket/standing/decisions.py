"""What a monthly review decides (rating spec, "Demotion and removal"): pure values, replayable.

A review looks at the level of S beside the level held, at the last three P and at accepted opinions, and moves the held
level by one star at most, demotion looked at first. The state it leaves is all that the next review needs, so the same
facts in the same order give the same outcome. The ratings handed in are those that count for the stars.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum

from supermarket.core.msgids import N_, Sentence
from supermarket.core.working_days import local_date, local_moment
from supermarket.credit.points import CreditLevel, add_months

REVIEW_TIME = time(2, 30)
LOWEST_LEVEL, HIGHEST_LEVEL = 1, 5
RUN_NEEDED = 2
LOW_SCORE = Decimal(60)
LAST_SCORES = 3
LOW_SCORE_OWNERS = 2
RATINGS_FOR_PROMOTION = 2
LOW_LEVEL = 2
LOW_RUN_NEEDED = 3
RECTIFICATION_DAYS, STATEMENT_DAYS, REMOVAL_DECISION_DAYS = 15, 5, 15  # working days, lifecycle and rating specs
SUCCESSION_MONTHS = 36


class Move(StrEnum):
    """What a review did."""

    NOT_RATED = "not_rated"
    FIRST = "first"
    DEMOTED = "demoted"
    PROMOTED = "promoted"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """One contract's P that counts. ``owner`` is the same for an owner and the owners linked with it."""

    reference: str
    score: Decimal
    published_at: datetime
    owner: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """An industry authority's reasoned opinion that the agency be demoted, once it was accepted."""

    reference: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What is known at the review moment ``at``; what came later is left out by the review itself.

    ``level`` is the level of S(at), None with fewer than three ratings. ``open_appeals`` name what is not yet decided.
    """

    at: datetime
    level: int | None
    scores: tuple[PublishedScore, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    open_appeals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldState:
    """What one review leaves to the next. ``below`` and ``above`` count reviews in a row since the last move."""

    level: int | None = None
    below: int = 0
    above: int = 0
    low: int = 0
    reviewed_at: datetime | None = None
    moved_at: datetime | None = None
    demoted_at: datetime | None = None
    used_opinions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a review moved or held: a code, a sentence and the references it rests on."""

    code: str
    sentence: Sentence
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """The outcome of one review and the state it leaves."""

    at: datetime
    move: Move
    before: int | None
    after: int | None
    reasons: tuple[Reason, ...]
    state: HeldState = field(repr=False)

    @property
    def opens_rectification(self) -> bool:
        """A demotion opens a rectification task (15 working days)."""
        return self.move is Move.DEMOTED


def review_moments(since: datetime, until: datetime) -> tuple[datetime, ...]:
    """The review moments t with since < t ≤ until: the first day of each month, 02:30 local, in order, in UTC."""
    found = []
    day = local_date(since).replace(day=1)
    while (moment := local_moment(day, REVIEW_TIME)) <= until:
        if moment > since:
            found.append(moment)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return tuple(found)


def _last_three(scores: Iterable[PublishedScore], at: datetime) -> tuple[PublishedScore, ...]:
    known = sorted((each for each in scores if each.published_at <= at), key=lambda s: (s.published_at, s.reference))
    return tuple(known[-LAST_SCORES:])


def _all_low(last: Sequence[PublishedScore]) -> bool:
    return len(last) == LAST_SCORES and all(each.score < LOW_SCORE for each in last)


def _demotion_reasons(state: HeldState, held: int, facts: ReviewFacts) -> tuple[Reason, ...]:
    """Every reason for a demotion that holds now; ``state`` already counts this review in its runs."""
    reasons = []
    if state.below >= RUN_NEEDED:
        text = N_("The stars were at level %(level)s, below the level held (%(held)s), at two reviews in a row.")
        reasons.append(Reason("below_twice", Sentence(text, {"level": facts.level, "held": held})))
    last = _last_three(facts.scores, facts.at)
    newer = state.demoted_at is None or any(each.published_at > state.demoted_at for each in last)
    if _all_low(last) and newer and len({each.owner for each in last}) >= LOW_SCORE_OWNERS:
        text = N_("The last three scores are all below 60, from at least two owners.")
        reasons.append(Reason("three_low", Sentence(text), tuple(each.reference for each in last)))
    pending = _pending(state, facts)
    if pending:
        text = N_("A reasoned opinion of the industry authority was accepted.")
        reasons.append(Reason("opinion", Sentence(text), pending))
    return tuple(reasons)


def _pending(state: HeldState, facts: ReviewFacts) -> tuple[str, ...]:
    accepted = (each.reference for each in facts.opinions if each.accepted_at <= facts.at)
    return tuple(sorted(set(accepted) - state.used_opinions))


def _promotion(state: HeldState, facts: ReviewFacts) -> tuple[bool, Reason] | None:
    """Whether a run above the held level promotes, and the reason for or against; None without a run."""
    if state.above < RUN_NEEDED:
        return None
    since = state.moved_at
    known = [each for each in facts.scores if each.published_at <= facts.at]
    new = tuple(each.reference for each in known if since is None or each.published_at > since)
    if len(new) < RATINGS_FOR_PROMOTION:
        text = N_("The stars are above the level held, but there are not yet two ratings since the last move.")
        return False, Reason("few_new_ratings", Sentence(text), new)
    last = _last_three(facts.scores, facts.at)
    if _all_low(last):
        text = N_("The stars are above the level held, but the last three scores are all below 60.")
        return False, Reason("three_low", Sentence(text), tuple(each.reference for each in last))
    text = N_("The stars were at level %(level)s, above the level held (%(held)s), at two reviews in a row.")
    return True, Reason("above_twice", Sentence(text, {"level": facts.level, "held": state.level}), new)


def _done(facts: ReviewFacts, move: Move, before: int | None, state: HeldState, *reasons: Reason) -> Review:
    low = state.low + 1 if state.level is not None and state.level <= LOW_LEVEL else 0
    left = replace(state, low=low, reviewed_at=facts.at.astimezone(UTC))
    return Review(facts.at.astimezone(UTC), move, before, left.level, reasons, left)


def _moved(facts: ReviewFacts, state: HeldState, held: int, by: int) -> HeldState:
    """The state after a move: its runs are used up and counted anew against the new level."""
    at = facts.at.astimezone(UTC)
    used = state.used_opinions | set(_pending(state, facts)) if by < 0 else state.used_opinions
    demoted = at if by < 0 else state.demoted_at
    return replace(state, level=held + by, below=0, above=0, moved_at=at, demoted_at=demoted, used_opinions=used)


def review(state: HeldState, facts: ReviewFacts) -> Review:
    """The outcome of one monthly review. Raises ValueError if that moment, or a later one, was reviewed already."""
    if state.reviewed_at is not None and facts.at <= state.reviewed_at:
        raise ValueError("this month was reviewed already")
    held = state.level
    if held is None:
        return _first(state, facts)
    below = facts.level is not None and facts.level < held
    above = facts.level is not None and facts.level > held
    state = replace(state, below=state.below + 1 if below else 0, above=state.above + 1 if above else 0)
    against = _demotion_reasons(state, held, facts)
    if against:
        if facts.open_appeals:
            text = N_("An open appeal holds the demotion back until it is decided.")
            reason = Reason("appeal_open", Sentence(text), tuple(sorted(facts.open_appeals)))
            return _done(facts, Move.HELD, held, state, *against, reason)
        if held == LOWEST_LEVEL:
            # Looked at and without effect: an opinion must not strike after a later promotion.
            state = replace(state, used_opinions=state.used_opinions | set(_pending(state, facts)))
            reason = Reason("lowest_level", Sentence(N_("The lowest level is held already.")))
            return _done(facts, Move.HELD, held, state, *against, reason)
        return _done(facts, Move.DEMOTED, held, _moved(facts, state, held, -1), *against)
    upward = _promotion(state, facts)
    if upward is not None:
        promoted, reason = upward
        if promoted:
            return _done(facts, Move.PROMOTED, held, _moved(facts, state, held, +1), reason)
        return _done(facts, Move.HELD, held, state, reason)
    return _done(facts, Move.HELD, held, state, _steady(state, facts))


def _first(state: HeldState, facts: ReviewFacts) -> Review:
    if facts.level is None:
        text = N_("There are not yet three ratings, so no level is held.")
        return _done(facts, Move.NOT_RATED, None, state, Reason("few_ratings", Sentence(text)))
    text = N_("The first review with three ratings sets the level held to the level of the stars.")
    return _done(facts, Move.FIRST, None, replace(state, level=facts.level), Reason("first_level", Sentence(text)))


def _steady(state: HeldState, facts: ReviewFacts) -> Reason:
    if state.below:
        text = N_("The stars are below the level held for the first time; at a second review in a row it is lowered.")
        return Reason("below_once", Sentence(text))
    if state.above:
        text = N_("The stars are above the level held for the first time; a second review in a row can raise it.")
        return Reason("above_once", Sentence(text))
    if facts.level is None:
        return Reason("few_ratings", Sentence(N_("Fewer than three ratings count now; the level held stays.")))
    return Reason("as_held", Sentence(N_("The stars are at the level held.")))


def replay(history: Iterable[ReviewFacts], start: HeldState = HeldState()) -> tuple[Review, ...]:
    """All reviews in order from the beginning (or from a state): the same facts give the same outcomes."""
    outcomes: list[Review] = []
    state = start
    for facts in history:
        outcomes.append(review(state, facts))
        state = outcomes[-1].state
    return tuple(outcomes)


class GraveCause(StrEnum):
    """What opens a removal case by itself, once an authority has decided it."""

    COLLUSION = "collusion"
    FALSE_MATERIAL = "false_material"
    UNLAWFUL_PASSING_ON = "unlawful_passing_on"
    PENALTY_SEVERE = "penalty_severe"
    LICENCE_LOST = "licence_lost"


_GRAVE_SENTENCES = {
    GraveCause.COLLUSION: N_("Collusion was decided."),
    GraveCause.FALSE_MATERIAL: N_("False material was decided."),
    GraveCause.UNLAWFUL_PASSING_ON: N_("Passing on or splitting the work unlawfully was decided."),
    GraveCause.PENALTY_SEVERE: N_("A severe administrative penalty was imposed."),
    GraveCause.LICENCE_LOST: N_("The licence that the work needs was lost."),
}


@dataclass(frozen=True, slots=True)
class GraveDecision:
    """An authority's decision, by its document number."""

    reference: str
    cause: GraveCause
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Rectification:
    """A rectification task (整改): due, and whether it was accepted, refused or neither yet."""

    reference: str
    due_at: datetime
    accepted: bool | None


@dataclass(frozen=True, slots=True)
class RemovalFacts:
    """What is known when the job asks whether a removal case must open. ``used`` names what already led to a case."""

    at: datetime
    held: HeldState
    credit: CreditLevel
    rectifications: tuple[Rectification, ...] = ()
    decisions: tuple[GraveDecision, ...] = ()
    used: frozenset[str] = frozenset()


def removal_grounds(facts: RemovalFacts) -> tuple[Reason, ...]:
    """Why a removal case (清退) opens now; empty if none does. What already led to a case opens no second one."""
    grounds = []
    failed = tuple(
        each.reference
        for each in facts.rectifications
        if each.reference not in facts.used
        and (each.accepted is False or (each.accepted is None and each.due_at <= facts.at))
    )
    if facts.held.low >= LOW_RUN_NEEDED and facts.credit in (CreditLevel.C, CreditLevel.D) and failed:
        text = N_(
            "The level held was at most 2 at %(reviews)s reviews in a row, credit is %(credit)s, and a rectification "
            "is overdue or was refused."
        )
        params = {"reviews": facts.held.low, "credit": facts.credit.value}
        grounds.append(Reason("low_and_not_mended", Sentence(text, params), failed))
    for decision in sorted(facts.decisions, key=lambda each: (each.decided_at, each.reference)):
        if decision.decided_at <= facts.at and decision.reference not in facts.used:
            sentence = Sentence(_GRAVE_SENTENCES[decision.cause])
            grounds.append(Reason(decision.cause.value, sentence, (decision.reference,)))
    return tuple(grounds)


class Office(StrEnum):
    """The two whose approval a removal takes."""

    AUTHORITY = "authority"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Approval:
    """One office's answer in a removal case: who of which body, yes or no."""

    office: Office
    person: str
    body: str
    approved: bool


class Verdict(StrEnum):
    """Where a removal case stands."""

    HEARING = "hearing"
    UNDECIDED = "undecided"
    REFUSED = "refused"
    APPROVED = "approved"


def removal_verdict(approvals: Sequence[Approval], heard: bool) -> tuple[Verdict, tuple[Office, ...]]:
    """Where a case stands, and which offices have not answered. ``heard``: the statement came, or its 5 wd are over.

    Raises ValueError if an office answered twice, or both answers come from one person or one body.
    """
    offices = {each.office for each in approvals}
    missing = tuple(office for office in Office if office not in offices)
    if len(offices) != len(approvals):
        raise ValueError("an office answers once")
    if len({each.person for each in approvals}) != len(approvals) or len({a.body for a in approvals}) != len(approvals):
        raise ValueError("a removal takes two different people of two bodies")
    if any(not each.approved for each in approvals):
        return Verdict.REFUSED, missing
    if not heard:
        return Verdict.HEARING, missing
    return (Verdict.UNDECIDED if missing else Verdict.APPROVED), missing


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an agency consists of, by opaque references (never names): head, controllers, practitioners."""

    head: str | None
    controllers: frozenset[str]
    practitioners: frozenset[str]


def succession_signs(former: Identity, ended_on: date, new: Identity, on: date) -> tuple[str, ...]:
    """Why a newcomer goes to an officer: same head, controller or half the practitioners within 36 months."""
    if not ended_on <= on <= add_months(ended_on, SUCCESSION_MONTHS):
        return ()
    common = len(former.practitioners & new.practitioners)
    signs = {
        "same_head": former.head is not None and former.head == new.head,
        "same_controller": bool(former.controllers & new.controllers),
        "half_the_practitioners": common > 0 and 2 * common >= len(former.practitioners),
    }
    return tuple(code for code, found in signs.items() if found)
