"""Stage `draw`: the full order of the verifiable draw (selection rules, section 3); also the draws that end ties."""

from collections.abc import Sequence
from dataclasses import dataclass

from supermarket.core.draw import (
    Member,
    TicketRule,
    check_value,
    draw_key,
    draw_order,
    parse_pool_file,
    pool_hash,
    tickets_for,
)
from supermarket.modes.stages import Candidate, Done, Facts, StageError, StageOutcome, Waiting, WaitingFor

MAIN = "main"


@dataclass(frozen=True, slots=True)
class DrawParams:
    """`tickets`: equal or by credit; `keep`: how many from the head go on to the next stage (None: all)."""

    tickets: TicketRule = TicketRule.EQUAL
    keep: int | None = None


def members_of(candidates: Sequence[Candidate], tickets: TicketRule) -> tuple[Member, ...]:
    """The members whose pool file is to be made, in file order."""
    return tuple(sorted(Member(c.uscc, tickets_for(c.credit_level, tickets)) for c in candidates))


def resolve(purpose: str, members: tuple[Member, ...], facts: Facts) -> tuple[str, ...] | Waiting:
    """The order of one draw, or what it waits for.

    Raises StageError where the pool file is another draw's, DrawError where the value is not one of its source.
    """
    ids = tuple(m.id for m in members)
    fact = facts.draws.get(purpose)
    if fact is None:
        missing = WaitingFor.RECEIPT if purpose == MAIN else WaitingFor.TIE_DRAW
        return Waiting(missing, members=ids, purpose=purpose, detail="pool_file", pool=members)
    pool = parse_pool_file(fact.pool_file)
    if (pool.project, pool.purpose, pool.members) != (facts.project, purpose, members):
        raise StageError(f"the pool file of {purpose} is not that of this project, purpose and these members")
    if not fact.receipted:
        return Waiting(WaitingFor.RECEIPT, members=ids, purpose=purpose, detail="receipt")
    if fact.value is None:
        return Waiting(WaitingFor.DRAW_VALUE, members=ids, purpose=purpose, detail=str(pool.source))
    check_value(pool.source, fact.value, refused=fact.refused)
    return draw_order(members, draw_key(pool_hash(fact.pool_file), fact.value))


def run(candidates: Sequence[Candidate], params: DrawParams, facts: Facts) -> StageOutcome:
    """Draw the full order; a single candidate is drawn too, an empty pool gives an empty order."""
    if not candidates:
        return Done((), ())
    members = members_of(candidates, params.tickets)
    order = resolve(MAIN, members, facts)
    if isinstance(order, Waiting):
        return order
    tickets = {m.id: m.tickets for m in members}
    return Done(
        order=order,
        passed_on=order[: params.keep],
        figures={uscc: {"rank": rank, "tickets": tickets[uscc]} for rank, uscc in enumerate(order, start=1)},
    )
