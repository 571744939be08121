"""All reads of the witnesses room: who signs, what each signed, and where they differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import selectinload

from supermarket.core.draw import Receipt, format_time
from supermarket.core.errors import NotFound
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.witness_log import Entry, WitnessState, read_state
from supermarket.projects.models import Project
from supermarket.selection.models import Draw
from supermarket.selection.receipts import receipts_of
from supermarket.witnesses.comparing import Row, Seen, Signed, compare
from supermarket.witnesses.models import KnownWitness, LogHead, LogSignature, WitnessEntry, WitnessHead

BATCH = 200
LOG_NAME = "events"
Place = tuple[str, str]


def full_hour(at: datetime) -> datetime:
    """When the hour of a moment began."""
    return at.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Head:
    """A head that a witness signed: after how many events, when; the tree's root, or the chain's hash where it knows no
    trees (hex).
    """

    seq: int
    at: datetime
    hash: str
    is_tree: bool


@dataclass(frozen=True)
class Shown:
    """A witness as pages show it. `behind`: events between the head that it signed last and the newest that any signed.

    What has come since the newest head is told to nobody: it would tell how many enrol and quote (ADR 36).
    """

    name: str
    key: str
    page: str
    configured: bool
    lead: bool
    since: datetime | None
    asked_at: datetime | None
    answered_at: datetime | None
    trouble: str
    state: WitnessState | None
    head: Head | None
    behind: int | None
    seen_by: tuple[str, ...]


def witnesses_shown() -> list[Shown]:
    """The configured witnesses, the lead first, then those that signed earlier; asks nobody whose name and key are known."""
    kept = {(row.name, row.key): row for row in db.session.scalars(sa.select(KnownWitness).order_by(KnownWitness.id))}
    heads = _heads()
    last = max((head.seq for head in heads.values()), default=0)
    shown = []
    for place, witness in enumerate(current().witnesses):
        try:
            name, key = witness.name(), witness.verify_key()
        except GatewayError:
            continue
        row = kept.pop((name, key), None)
        shown.append(_shown(name, key, row, heads, last, page=witness.page(), configured=True, lead=place == 0))
    return shown + [
        _shown(name, key, row, heads, last, page="", configured=False, lead=False) for (name, key), row in kept.items()
    ]


def _shown(
    name: str,
    key: str,
    row: KnownWitness | None,
    heads: dict[int, Head],
    last: int,
    *,
    page: str,
    configured: bool,
    lead: bool,
) -> Shown:
    state = read_state(row.state) if row is not None and row.state else None
    head = heads.get(row.id) if row is not None else None
    return Shown(
        name=name,
        key=key,
        page=page,
        configured=configured,
        lead=lead,
        since=row.since if row is not None else None,
        asked_at=row.asked_at if row is not None else None,
        answered_at=row.answered_at if row is not None else None,
        trouble=row.trouble if row is not None else "",
        state=state,
        head=head,
        behind=None if head is None else max(0, last - head.seq),
        seen_by=_seen_by(state),
    )


def _heads() -> dict[int, Head]:
    """The last head of the market's events that each witness signed."""
    chained = (
        sa.select(WitnessHead.witness_id, WitnessHead.seq, WitnessHead.at, WitnessHead.head)
        .where(WitnessHead.log == LOG_NAME)
        .ext(distinct_on(WitnessHead.witness_id))
        .order_by(WitnessHead.witness_id, WitnessHead.seq.desc())
    )
    grown = (
        sa.select(LogSignature.witness_id, LogSignature.size, LogSignature.at, LogHead.root)
        .join(LogHead, LogHead.size == LogSignature.size)
        .ext(distinct_on(LogSignature.witness_id))
        .order_by(LogSignature.witness_id, LogSignature.size.desc())
    )
    found = {row.witness_id: Head(row.seq, row.at, row.head, False) for row in db.session.execute(chained)}
    found |= {row.witness_id: Head(row.size, row.at, row.root, True) for row in db.session.execute(grown)}
    return found


def last_signed_head() -> Head | None:
    """The newest head of the market's events that any witness signed."""
    return max(_heads().values(), key=lambda head: (head.seq, head.is_tree), default=None)


def _seen_by(state: WitnessState | None) -> tuple[str, ...]:
    """Who else has signed this very state of a witness."""
    if state is None:
        return ()
    query = (
        sa.select(KnownWitness.name)
        .join(WitnessHead, WitnessHead.witness_id == KnownWitness.id)
        .where(
            WitnessHead.log == f"witness.{state.name}.{state.epoch}",
            WitnessHead.seq == state.n,
            WitnessHead.head == state.head,
        )
        .order_by(KnownWitness.id)
    )
    return tuple(db.session.scalars(query))


def seen() -> list[Seen]:
    """The witnesses that a comparison has columns for: the configured ones."""
    return [
        Seen(each.name, each.key, each.state.at if each.state is not None else None)
        for each in witnesses_shown()
        if each.configured
    ]


def rows_of(draws: Sequence[Draw], witnesses: Sequence[Seen]) -> list[Row]:
    """The comparison for some draws of the market, in their order."""
    there = _own({(draw.project.code, draw.purpose) for draw in draws})
    return [
        compare(
            draw.project.code,
            draw.purpose,
            draw.pool_hash,
            {receipt.by: _signed(draw.pool_hash, receipt) for receipt in receipts_of(draw)},
            there.get((draw.project.code, draw.purpose), {}),
            witnesses,
        )
        for draw in draws
    ]


def _signed(pool_hash: str, receipt: Receipt) -> Signed:
    return Signed(pool_hash, format_time(receipt.at), receipt.signature)


def _own(places: Iterable[Place]) -> dict[Place, dict[str, Signed]]:
    """What the witnesses' own logs have for these places: place → witness → receipt, the last one of each."""
    codes = {place[0] for place in places}
    query = (
        sa.select(WitnessEntry.content, KnownWitness.name)
        .join(KnownWitness, KnownWitness.id == WitnessEntry.witness_id)
        .where(WitnessEntry.kind == "receipt", WitnessEntry.project.in_(codes))
        .order_by(WitnessEntry.id)
    )
    found: dict[Place, dict[str, Signed]] = {}
    for content, name in db.session.execute(query):
        place = (str(content["project"]), str(content["purpose"]))
        signed = Signed(str(content["pool_hash"]), str(content["at"]), str(content["signature"]))
        found.setdefault(place, {})[name] = signed
    return found


def page_of_rows(*, before: int | None, limit: int, project: str = "") -> tuple[list[Row], int | None]:
    """The newest draws first, from the one before `before`; with `project` only its. Gives the next `before`, too."""
    query = sa.select(Draw).join(Project, Project.id == Draw.project_id)
    query = query.options(selectinload(Draw.further_receipts)).order_by(Draw.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Draw.id < before)
    if project:
        query = query.where(Project.code == project)
    draws = db.session.scalars(query).all()
    following = draws[limit - 1].id if len(draws) > limit else None
    return rows_of(draws[:limit], seen()), following


def all_rows() -> Iterator[Row]:
    """The whole comparison: every draw, oldest first, then what witnesses signed for draws that the market does not have."""
    witnesses, last = seen(), 0
    while draws := db.session.scalars(
        sa.select(Draw)
        .where(Draw.id > last)
        .options(selectinload(Draw.further_receipts))
        .order_by(Draw.id)
        .limit(BATCH)
    ).all():
        last = draws[-1].id
        yield from rows_of(draws, witnesses)
    yield from unknown_rows(witnesses)


def unknown_rows(witnesses: Sequence[Seen]) -> list[Row]:
    """What a witness signed for a draw that the market does not have; the first of them, should there be very many."""
    here = sa.exists().where(
        Project.code == WitnessEntry.project, Draw.project_id == Project.id, Draw.purpose == WitnessEntry.purpose
    )
    query = (
        sa.select(WitnessEntry.project, WitnessEntry.purpose)
        .where(WitnessEntry.kind == "receipt", ~here)
        .distinct()
        .order_by(WitnessEntry.project, WitnessEntry.purpose)
        .limit(BATCH)
    )
    places = [(str(row.project), str(row.purpose)) for row in db.session.execute(query)]
    there = _own(places)
    return [compare(code, purpose, None, {}, there.get((code, purpose), {}), witnesses) for code, purpose in places]


def log_of(name: str, after: int, limit: int) -> list[Entry]:
    """A witness's log as the market keeps it, after the `after`-th entry: what it takes back after a broken disk.

    Raises NotFound for a name that is not known.
    """
    query = (
        sa.select(WitnessEntry.content)
        .where(WitnessEntry.witness_id == _last_known(name).id, WitnessEntry.n > after)
        .order_by(WitnessEntry.n, WitnessEntry.epoch)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def state_of(name: str) -> dict[str, str | int] | None:
    """The last state of its log that a witness signed and that is kept here. Raises NotFound."""
    return _last_known(name).state


def _last_known(name: str) -> KnownWitness:
    row = db.session.scalar(
        sa.select(KnownWitness).where(KnownWitness.name == name).order_by(KnownWitness.id.desc()).limit(1)
    )
    if row is None:
        raise NotFound(_("There is no witness of that name."))
    return row
