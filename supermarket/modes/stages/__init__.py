"""The stages of a selection as pure functions: frozen candidates, parameters and facts in, an outcome out.

Every stage module has `run(candidates, params, facts) -> Done | Waiting`. Nothing here knows the database, the clock
or the request: the same inputs give the same outcome for ever, so that a stored run can be repeated by anybody.
Rules: selection rules, sections 1, 4 and 6. Amounts are integers in fen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from supermarket.core.draw import Member

Figure = int | str
Figures = Mapping[str, Mapping[str, Figure]]


class StageError(ValueError):
    """Inputs that no operation may hand to a stage: a double candidate, a foreign pool file, an outsider chosen."""


class CreditLevel(StrEnum):
    """Levels of credit, best first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agency in the pool, as it stood at the freeze.

    `star_score` S and `credit_points` C are on 0–100 and 0–120; `newcomer`: its level is not yet earned. `quote` in
    fen, `rate` a discount in percent with two decimals, `offered_days` in days; `experience`: accepted contracts for
    the same matter in the last three years.
    """

    uscc: str
    credit_points: int = 100
    credit_level: CreditLevel = CreditLevel.B
    star_score: Decimal = Decimal(75)
    star_level: int | None = None
    newcomer: bool = False
    quote: int | None = None
    rate: Decimal | None = None
    offered_days: int | None = None
    experience: int = 0


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Who is out, and the code of the reason; both are public from the announcement on."""

    uscc: str
    code: str


@dataclass(frozen=True, slots=True)
class Done:
    """The stage's order; `passed_on` goes to the next stage; `figures`: what was computed for each, the 依据 of its
    place.
    """

    order: tuple[str, ...]
    passed_on: tuple[str, ...]
    figures: Figures = field(default_factory=dict)
    excluded: tuple[Exclusion, ...] = ()


class WaitingFor(StrEnum):
    """What a stage may wait for."""

    RECEIPT = "receipt"
    DRAW_VALUE = "draw_value"
    CHOICE = "choice"
    TIE_DRAW = "tie_draw"
    PANEL = "panel"
    COST_STATEMENT = "cost_statement"
    AUCTION = "auction"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is missing, and of whom: `purpose` names the draw; `members`: those drawn, chosen from, rated or asked.

    `pool`: where a pool file is still to be made, its members with their tickets.
    """

    for_: WaitingFor
    members: tuple[str, ...] = ()
    purpose: str | None = None
    detail: str = ""
    pool: tuple[Member, ...] = ()


StageOutcome = Done | Waiting


@dataclass(frozen=True, slots=True)
class DrawFact:
    """How far one draw is: its pool file, whether a witness signed it, the value. `refused`: a party did not reveal."""

    pool_file: bytes
    receipted: bool = False
    value: str | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom the owner named, with the written reason."""

    uscc: str
    reason: str


class LowDecision(StrEnum):
    """What became of an abnormally low quote: the owner accepted or rejected its cost statement, or none came in
    time.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class AcceptedBid:
    """A bid that counts in a live auction, in fen."""

    uscc: str
    amount: int


@dataclass(frozen=True, slots=True)
class AuctionFact:
    """A closed auction: its accepted bids in their order, and the hash of the chain's last entry."""

    bids: tuple[AcceptedBid, ...]
    head: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What has come in since the freeze. `draws` by purpose; `panel`: criterion → USCC → the experts' points.

    `auction`: once it is closed.
    """

    project: str
    draws: Mapping[str, DrawFact] = field(default_factory=dict)
    choice: Choice | None = None
    low_decisions: Mapping[str, LowDecision] = field(default_factory=dict)
    panel: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    auction: AuctionFact | None = None
