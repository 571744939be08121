"""Reads of the log as a tree: its signed heads, the proof from one to another, the proof that one event stands in it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supermarket.agencies.queries import agency_of_organisations
from supermarket.core.draw import format_time
from supermarket.core.errors import NotFound
from supermarket.core.events import Event, SealedEvent, body_of
from supermarket.core.log_proof import HeadSignature, LogProof
from supermarket.core.log_tree import LogNode, path_between, path_in_tree, tree_root
from supermarket.core.permissions import Actor, P
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.selection.events import QUOTED
from supermarket.selection.models import Quote, QuoteList
from supermarket.witnesses.comparing import HeadRow, Seen, Signed, compare_head
from supermarket.witnesses.models import KnownWitness, LogHead, LogSignature, WitnessEntry
from supermarket.witnesses.queries import LOG_NAME, full_hour

MOST_FINDINGS = 200
NOT_YET = "not_in_a_head_yet"
HOUR = timedelta(hours=1)


def heads_page(*, before: int | None, limit: int) -> tuple[list[LogHead], int | None]:
    """The newest heads first, from the one before size `before`, with their signatures; and the next `before`."""
    query = sa.select(LogHead).options(selectinload(LogHead.signatures)).order_by(LogHead.size.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(LogHead.size < before)
    rows = list(db.session.scalars(query))
    return rows[:limit], rows[limit - 1].size if len(rows) > limit else None


def signatures_of(head: LogHead) -> tuple[HeadSignature, ...]:
    """Who signed a head, as a proof carries it."""
    return tuple(
        HeadSignature(each.witness.name, each.witness.key, format_time(each.at), each.signature)
        for each in head.signatures
    )


def last_signed() -> LogHead | None:
    """The newest head that a witness has signed; None before the first."""
    signed = sa.exists().where(LogSignature.size == LogHead.size)
    return db.session.scalar(
        sa.select(LogHead)
        .where(signed)
        .options(selectinload(LogHead.signatures))
        .order_by(LogHead.size.desc())
        .limit(1)
    )


def next_head_at(at: datetime) -> datetime:
    """When the next head is shown to the witnesses: at the full hour."""
    return full_hour(at) + HOUR


@dataclass(frozen=True)
class Between:
    """The proof (hex) that the log with the later head is the one with the earlier head, grown on."""

    first: LogHead
    second: LogHead
    path: tuple[str, ...]


def between(first: int, second: int) -> Between:
    """The consistency proof from one head to another, by their sizes. Raises NotFound where either is no head of ours."""
    heads = {row.size: row for row in db.session.scalars(sa.select(LogHead).where(LogHead.size.in_({first, second})))}
    if first not in heads or second not in heads or first > second:
        raise NotFound(_("The log has no heads of these sizes, the earlier one first. Its heads stand in the list."))
    return Between(heads[first], heads[second], tuple(path_between(first, second)))


def proof_of_event(seq: int, *, actor: Actor, size: int | None = None) -> LogProof:
    """The proof that the event sealed as `seq` stands under the newest signed head, or under the head of `size`.

    Everybody sees public events, a bidder its own sealed quotes, everybody those on a published list. Raises NotFound for
    any other, as for one that does not exist; with the code `not_in_a_head_yet` where it only has to wait.
    """
    query = sa.select(Event, LogNode.place).join(SealedEvent, SealedEvent.event_id == Event.id)
    query = query.outerjoin(LogNode, LogNode.seq == SealedEvent.seq).where(SealedEvent.seq == seq)
    found = db.session.execute(query).first()
    if found is None or not _sees(found[0], actor):
        raise NotFound(_("There is no such event in the log, or not for you."))
    return _proof(found[0], found[1], size)


def proof_of_quote(commitment: str, *, actor: Actor, size: int | None = None) -> LogProof:
    """The same for the event with which a sealed quote came in, by its commitment."""
    found = _came_in(Quote.commitment == commitment)
    if not found or not _sees(found[0].event, actor):
        raise NotFound(_("There is no such quote in the log, or not for you."))
    return _proof(found[0].event, found[0].place, size)


@dataclass(frozen=True)
class _CameIn:
    """The event with which a sealed quote came in, and where its leaf stands; None as long as it has none."""

    commitment: str
    event: Event
    place: int | None


def _came_in(which: sa.ColumnElement[bool]) -> list[_CameIn]:
    joined = sa.and_(
        Event.project_code == Project.code,
        Event.tag == QUOTED.name,
        Event.data["commitment"].astext == Quote.commitment,
    )
    query = (
        sa.select(Quote.commitment, Event, LogNode.place)
        .join(Project, Project.id == Quote.project_id)
        .join(Event, joined)
        .outerjoin(SealedEvent, SealedEvent.event_id == Event.id)
        .outerjoin(LogNode, LogNode.seq == SealedEvent.seq)
        .where(which)
    )
    return [_CameIn(commitment, event, place) for commitment, event, place in db.session.execute(query)]


def _sees(event: Event, actor: Actor) -> bool:
    if event.public:
        return True
    if event.tag != QUOTED.name:
        return False
    agency = agency_of_organisations(actor.organisations_with(P.QUOTE))
    if agency is not None and agency.uscc == event.agency_uscc:
        return True
    listed = sa.exists().where(QuoteList.project_id == Project.id, Project.code == event.project_code)
    return bool(db.session.scalar(sa.select(listed)))


def _proof(event: Event, place: int | None, size: int | None) -> LogProof:
    head = last_signed() if size is None else _head(size)
    if place is None or head is None or place > head.size:
        message = _("This event is not under a signed head yet. The next head is signed at the full hour.")
        raise NotFound(message, code=NOT_YET)
    return LogProof(
        log=LOG_NAME,
        place=place,
        body=body_of(event).decode(),
        size=head.size,
        root=head.root,
        path=tuple(path_in_tree(place, head.size)),
        signatures=signatures_of(head),
    )


def _head(size: int) -> LogHead:
    head = db.session.scalar(sa.select(LogHead).where(LogHead.size == size).options(selectinload(LogHead.signatures)))
    if head is None:
        raise NotFound(_("The log has no head of this size. Its heads stand in the list."))
    return head


def provable(commitments: Collection[str]) -> frozenset[str]:
    """Of these commitments of sealed quotes those that stand under a signed head."""
    head = last_signed() if commitments else None
    if head is None:
        return frozenset()
    found = _came_in(Quote.commitment.in_(commitments))
    return frozenset(each.commitment for each in found if each.place is not None and each.place <= head.size)


@dataclass(frozen=True)
class HeadsAudit:
    """Heads and signatures that were looked at, and the sizes of heads that are not the tree's or not signed as stored."""

    heads: int
    signatures: int
    other_root: tuple[int, ...]
    false_signature: tuple[int, ...]


def audit_heads() -> HeadsAudit:
    """Hold every head against the tree as it stands, and check every signature."""
    count = signatures = before = 0
    other, false = [], []
    query = (
        sa.select(LogHead)
        .options(selectinload(LogHead.signatures))
        .order_by(LogHead.size)
        .execution_options(yield_per=500)
    )
    for head in db.session.scalars(query):
        count += 1
        # The leaves of each head are the events sealed up to it, in whatever order.
        newest = sa.select(sa.func.max(LogNode.seq)).where(LogNode.place > before, LogNode.place <= head.size)
        if tree_root(head.size) != head.root or db.session.scalar(newest) != head.size:
            other.append(head.size)
        before = head.size
        signed = signatures_of(head)
        signatures += len(signed)
        if not all(each.holds(LOG_NAME, head.size, head.root) for each in signed):
            false.append(head.size)
    return HeadsAudit(count, signatures, tuple(other), tuple(false))


def head_rows(heads: Sequence[LogHead], witnesses: Sequence[Seen]) -> list[HeadRow]:
    """What each witness has to say about these heads of ours, in their order."""
    there = _own({head.size for head in heads})
    return [
        compare_head(LOG_NAME, head.size, head.root, _here(head), there.get(head.size, {}), witnesses) for head in heads
    ]


def _here(head: LogHead) -> dict[str, Signed]:
    return {each.by: Signed(head.root, each.at, each.signature) for each in signatures_of(head)}


def _tree_heads() -> sa.ColumnElement[bool]:
    return sa.and_(WitnessEntry.kind == "tree_head", WitnessEntry.content["log"].astext == LOG_NAME)


def _own(sizes: Iterable[int]) -> dict[int, dict[str, Signed]]:
    """What the witnesses' own logs have for heads of these sizes: size → witness → signature."""
    query = (
        sa.select(WitnessEntry.content, KnownWitness.name)
        .join(KnownWitness, KnownWitness.id == WitnessEntry.witness_id)
        .where(_tree_heads(), WitnessEntry.content["size"].astext.in_([str(size) for size in sizes]))
        .order_by(WitnessEntry.id)
    )
    found: dict[int, dict[str, Signed]] = {}
    for content, name in db.session.execute(query):
        signed = Signed(str(content["root"]), str(content["at"]), str(content["signature"]))
        found.setdefault(int(content["size"]), {})[name] = signed
    return found


def head_findings(witnesses: Sequence[Seen]) -> list[HeadRow]:
    """Heads about which a witness and the market do not say the same; the first of them, should there be very many."""
    signed_size = sa.cast(WitnessEntry.content["size"].astext, sa.BigInteger)
    other = (
        sa.select(signed_size.label("size"))
        .outerjoin(LogHead, LogHead.size == signed_size)
        .where(_tree_heads(), sa.or_(LogHead.root.is_(None), LogHead.root != WitnessEntry.content["root"].astext))
    )
    told = sa.exists().where(
        WitnessEntry.witness_id == LogSignature.witness_id,
        _tree_heads(),
        WitnessEntry.content["size"].astext == sa.cast(LogSignature.size, sa.String),
    )
    read_until = KnownWitness.state["at"].astext
    signed_at = sa.func.to_char(sa.func.timezone("UTC", LogSignature.at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    missing = (
        sa.select(LogSignature.size.label("size"))
        .join(KnownWitness, KnownWitness.id == LogSignature.witness_id)
        .where(signed_at < read_until, ~told)
    )
    sizes = sorted(set(db.session.scalars(other.union(missing).limit(MOST_FINDINGS))))
    kept = {
        row.size: row
        for row in db.session.scalars(
            sa.select(LogHead).where(LogHead.size.in_(sizes)).options(selectinload(LogHead.signatures))
        )
    }
    there = _own(sizes)
    rows = []
    for size in sizes:
        head = kept.get(size)
        root, here = (None, {}) if head is None else (head.root, _here(head))
        rows.append(compare_head(LOG_NAME, size, root, here, there.get(size, {}), witnesses))
    return [row for row in rows if row.findings]
