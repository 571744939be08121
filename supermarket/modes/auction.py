"""The live reverse auction as a pure function: terms, where it stands, and whether a bid is accepted (selection rules,
section 5).

Moments come in from outside and only ever move on: a bid is judged at the later of its arrival and the last entry.
Amounts are integers in fen, durations in seconds. The same entries give the same standing for ever.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from supermarket.core.money import format_yuan
from supermarket.core.msgids import N_, Sentence
from supermarket.modes.stages import StageError


class Phase(StrEnum):
    """Where an auction stands. `paused`: its project is suspended; `cancelled`: its project ended before it did."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Refusal(StrEnum):
    """Why a bid is refused, each with its own sentence."""

    NOT_OPEN_YET = "not_open_yet"
    PAUSED = "auction_paused"
    OVER = "auction_over"
    NOT_IN_POOL = "not_in_pool"
    NOT_POSITIVE = "not_positive"
    BELOW_FLOOR = "below_floor"
    BOTTOM = "bottom_reached"
    REPLAYED = "replayed"
    DOUBLED = "doubled"
    ABOVE_START = "above_start"
    TOO_HIGH = "too_high"
    BELOW_LINE = "below_line"


@dataclass(frozen=True, slots=True)
class AuctionTerms:
    """Fixed at publishing. `start`: the most that a first bid may be; `low_line`: the least that needs no cost
    statement. Raises StageError for terms that contradict themselves.
    """

    ceiling: int
    floor: int
    start: int
    step: int
    low_line: int
    seconds: int = 600
    extension_seconds: int = 120
    cap_seconds: int = 3600
    step_doubles_seconds: int = 600

    def __post_init__(self) -> None:
        if not 1 <= self.floor <= self.start <= self.ceiling:
            raise StageError("an auction starts between its floor and its ceiling")
        if self.step < 1 or not 0 <= self.low_line <= self.ceiling:
            raise StageError("an auction has a step of 1 fen or more, and its line below the ceiling")
        if min(self.seconds, self.extension_seconds, self.cap_seconds, self.step_doubles_seconds) < 1:
            raise StageError("an auction's durations are 1 second or more")


def terms_for(
    ceiling: int,
    floor: int,
    *,
    step_permille: int,
    low_percent: int,
    seconds: int,
    extension_seconds: int,
    cap_seconds: int,
    step_doubles_seconds: int,
    start: int | None = None,
) -> AuctionTerms:
    """The terms from the project's money and the policy's numbers; the step is rounded down to whole fen, at least 1."""
    return AuctionTerms(
        ceiling=ceiling,
        floor=floor,
        start=ceiling if start is None else start,
        step=max(1, ceiling * step_permille // 1000),
        low_line=-(-ceiling * low_percent // 100),
        seconds=seconds,
        extension_seconds=extension_seconds,
        cap_seconds=cap_seconds,
        step_doubles_seconds=step_doubles_seconds,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """An auction after some entries. `stood`: how long it could not be used while it ran; that time doubles no step.

    `seq` is the last entry's; `lowest` and `leader` (an alias) are of the last accepted bid; `bids` counts them.
    """

    phase: Phase = Phase.SCHEDULED
    opened_at: datetime | None = None
    ends_at: datetime | None = None
    stood: timedelta = timedelta(0)
    seq: int = -1
    bids: int = 0
    lowest: int | None = None
    leader: str | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bidder:
    """Who bids, under an alias; `explained_from`: the least amount that an accepted cost statement of theirs explains."""

    alias: str
    in_pool: bool = True
    explained_from: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The bid counts: its place, the step that was in force, its moment, and until when the auction now runs."""

    seq: int
    alias: str
    amount: int
    step: int
    at: datetime
    ends_at: datetime
    extended: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed. `would_be_accepted`: the highest amount that would be, from this bidder now; None: none."""

    code: Refusal
    sentence: Sentence
    would_be_accepted: int | None


Judgement = Accepted | Refused


def moment_of(standing: Standing, at: datetime) -> datetime:
    """When something happens that arrived at `at`: never before what has happened already."""
    return at if standing.last_at is None else max(at, standing.last_at)


def doublings(terms: AuctionTerms, standing: Standing, at: datetime) -> int:
    """How often the step has doubled: once when the cap is reached, then once every `step_doubles_seconds`."""
    if standing.opened_at is None:
        return 0
    past = at - standing.opened_at - standing.stood - timedelta(seconds=terms.cap_seconds)
    if past < timedelta(0):
        return 0
    return 1 + past // timedelta(seconds=terms.step_doubles_seconds)


def step_at(terms: AuctionTerms, standing: Standing, at: datetime) -> int:
    """The step in force, in fen; it never grows beyond the ceiling, where no lower bid is possible any more."""
    # A number of more than some dozen doublings is above any ceiling; the shift stays small.
    return min(terms.ceiling, terms.step << min(doublings(terms, standing, at), 64))


def most_accepted(terms: AuctionTerms, standing: Standing, at: datetime) -> int | None:
    """The highest amount that is accepted from somebody with every statement; None where nothing lower is possible."""
    if standing.lowest is None:
        return terms.start
    most = standing.lowest - step_at(terms, standing, at)
    return most if most >= terms.floor else None


def least_of(terms: AuctionTerms, bidder: Bidder) -> int:
    """The least that this bidder may bid: the line, or what an accepted statement explains; never below the floor."""
    explained = terms.low_line if bidder.explained_from is None else min(terms.low_line, bidder.explained_from)
    return max(terms.floor, explained)


def offer_to(terms: AuctionTerms, standing: Standing, bidder: Bidder, at: datetime) -> int | None:
    """The highest amount that would be accepted from this bidder at `at`, if the auction is open; None: none."""
    most = most_accepted(terms, standing, moment_of(standing, at))
    return most if most is not None and most >= least_of(terms, bidder) else None


def is_open(standing: Standing, at: datetime) -> bool:
    """Whether a bid that arrives at `at` comes in time."""
    return (
        standing.phase is Phase.RUNNING and standing.ends_at is not None and moment_of(standing, at) < standing.ends_at
    )


def judge(
    terms: AuctionTerms, standing: Standing, bidder: Bidder, amount: int, at: datetime, *, earlier: int | None = None
) -> Judgement:
    """Accept the bid or say why not: when first, then who, then how much.

    `earlier`: the seq of a bid that this bidder has sent under the same key before.
    """
    timely = _timely(terms, standing, bidder, at)
    if timely is not None:
        return timely
    if not bidder.in_pool:
        return Refused(Refusal.NOT_IN_POOL, Sentence(N_("Only agencies in this auction's pool may bid.")), None)
    moment = moment_of(standing, at)
    if earlier is not None:
        sentence = Sentence(N_("This bid was sent before and counts already, as number %(seq)s."), {"seq": earlier})
        return Refused(Refusal.REPLAYED, sentence, offer_to(terms, standing, bidder, moment))
    wrong = _wrong_amount(terms, standing, bidder, amount, moment)
    if wrong is not None:
        return wrong
    step = step_at(terms, standing, moment)
    ends_at = standing.ends_at
    if ends_at is None:
        raise StageError("a running auction has an end")
    later = max(ends_at, moment + timedelta(seconds=terms.extension_seconds))
    return Accepted(standing.seq + 1, bidder.alias, amount, step, moment, later, extended=later > ends_at)


def _timely(terms: AuctionTerms, standing: Standing, bidder: Bidder, at: datetime) -> Refused | None:
    # What will be accepted once the auction runs (again).
    later = offer_to(terms, standing, bidder, at) if bidder.in_pool else None
    if standing.phase is Phase.SCHEDULED:
        sentence = Sentence(N_("The auction has not begun yet; nothing was entered."))
        return Refused(Refusal.NOT_OPEN_YET, sentence, later)
    if standing.phase is Phase.PAUSED:
        sentence = Sentence(N_("The project is suspended and the auction stands still; nothing was entered."))
        return Refused(Refusal.PAUSED, sentence, later)
    if not is_open(standing, at):
        return Refused(Refusal.OVER, Sentence(N_("The auction is over; nothing was entered.")), None)
    return None


def _wrong_amount(
    terms: AuctionTerms, standing: Standing, bidder: Bidder, amount: int, moment: datetime
) -> Refused | None:
    most = most_accepted(terms, standing, moment)
    offer = offer_to(terms, standing, bidder, moment)

    def refused(code: Refusal, msgid: str, **params: object) -> Refused:
        return Refused(code, Sentence(msgid, params), offer)

    if amount < 1:
        return refused(Refusal.NOT_POSITIVE, N_("A bid is more than zero."))
    if standing.lowest is not None and standing.leader == bidder.alias and amount == standing.lowest:
        return refused(Refusal.DOUBLED, N_("This bid of yours counts already; it is the lowest."))
    if most is None:
        return refused(
            Refusal.BOTTOM, N_("Nobody can bid lower any more: the next step would go below the least possible amount.")
        )
    if amount < terms.floor:
        return refused(Refusal.BELOW_FLOOR, N_("Bid at least %(floor)s."), floor=format_yuan(terms.floor))
    if standing.lowest is None and amount > most:
        return refused(Refusal.ABOVE_START, N_("The first bid is at most %(most)s."), most=format_yuan(most))
    if amount > most:
        return refused(
            Refusal.TOO_HIGH,
            N_("The lowest bid is %(lowest)s and the step %(step)s: bid at most %(most)s."),
            lowest=format_yuan(standing.lowest or 0),
            step=format_yuan(step_at(terms, standing, moment)),
            most=format_yuan(most),
        )
    least = least_of(terms, bidder)
    if amount < least and bidder.explained_from is None:
        return refused(
            Refusal.BELOW_LINE,
            N_(
                "Below %(line)s a bid needs a cost statement that the owner accepted before the auction; "
                "your agency has none."
            ),
            line=format_yuan(terms.low_line),
        )
    if amount < least:
        return refused(
            Refusal.BELOW_LINE,
            N_("Your accepted cost statement explains bids down to %(least)s, not lower."),
            least=format_yuan(least),
        )
    return None


# -- what each entry makes of the standing


def opened(terms: AuctionTerms, at: datetime) -> Standing:
    """The auction begins; entry 0."""
    return Standing(Phase.RUNNING, at, at + timedelta(seconds=terms.seconds), seq=0, last_at=at)


def after_bid(standing: Standing, bid: Accepted) -> Standing:
    """The standing once the bid counts."""
    return replace(
        standing,
        seq=bid.seq,
        bids=standing.bids + 1,
        lowest=bid.amount,
        leader=bid.alias,
        ends_at=bid.ends_at,
        last_at=bid.at,
    )


def paused(standing: Standing, at: datetime) -> Standing:
    """The project was suspended."""
    return replace(standing, phase=Phase.PAUSED, seq=standing.seq + 1, last_at=moment_of(standing, at))


def resumed(terms: AuctionTerms, standing: Standing, since: datetime, at: datetime) -> Standing:
    """It goes on after it could not be used from `since` on: with a full extension, and never shorter than before."""
    if standing.ends_at is None:
        raise StageError("only an auction that was opened goes on")
    moment = moment_of(standing, at)
    down = max(timedelta(0), moment - max(since, standing.opened_at or since))
    return replace(
        standing,
        phase=Phase.RUNNING,
        seq=standing.seq + 1,
        stood=standing.stood + down,
        ends_at=max(standing.ends_at, moment + timedelta(seconds=terms.extension_seconds)),
        last_at=moment,
    )


def closed(standing: Standing, at: datetime) -> Standing:
    """It is over and its order fixed. Raises StageError before its end."""
    moment = moment_of(standing, at)
    if standing.phase is not Phase.RUNNING or standing.ends_at is None or moment < standing.ends_at:
        raise StageError("an auction closes at its end")
    return replace(standing, phase=Phase.CLOSED, seq=standing.seq + 1, last_at=moment)
