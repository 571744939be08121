"""One append-only row per change, in the change's own transaction: audit trail, timeline, outbox and feed at once.

Rows are written unchained, so that nothing waits for anything; `seal` then appends (seq, event, hash) in commit order, and
`grow` lets the Merkle tree over the same bodies follow (`log_tree`).
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.clock import real_now
from supermarket.core.columns import UtcDateTime
from supermarket.core.log_tree import LogNode, grow_by, tree_size
from supermarket.core.merkle import Edge, leaf_hash
from supermarket.core.permissions import Actor
from supermarket.extensions import Base, db

GENESIS = "0" * 64
SEAL_LOCK = 7_401_001
SALT_BYTES = 16
Scalar = str | int | bool | None
Value = Scalar | Sequence[Scalar] | Mapping[str, Scalar]


@dataclass(frozen=True)
class Tag:
    """A kind of change: its name, the kind of thing it is about, exactly which keys its data has, whether the public sees it."""

    name: str
    subject: str
    keys: frozenset[str]
    public: bool
    sentence: str


TAGS: dict[str, Tag] = {}
Handler = Callable[["Event"], None]
HANDLERS: dict[str, tuple[Handler, ...]] = {}


@dataclass(frozen=True)
class Together:
    """A handler that takes all events of a tag that are recorded together, in a number of statements that does not grow."""

    many: Callable[[Sequence["Event"]], None]

    def __call__(self, event: "Event") -> None:
        """One event alone."""
        self.many([event])


@dataclass(frozen=True)
class Entry:
    """An event to be recorded together with others."""

    tag: Tag
    subject_code: str
    data: Mapping[str, Value] = field(default_factory=dict)
    project_code: str | None = None
    agency_uscc: str | None = None


def declare(name: str, *, subject: str, sentence: str, keys: Iterable[str] = (), public: bool = True) -> Tag:
    """Make a tag known. `sentence` is the msgid that a timeline shows. Raises ValueError if the name is taken."""
    if name in TAGS:
        raise ValueError(f"event tag {name} is declared twice")
    TAGS[name] = Tag(name, subject, frozenset(keys), public, sentence)
    return TAGS[name]


class Event(Base):
    """What changed, about what, when in the market's time and in real time, by whom; references only, no personal data."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_subject", "subject_kind", "subject_code", "id"),
        sa.Index("ix_events_project_code", "project_code", "id"),
        sa.Index("ix_events_agency_uscc", "agency_uscc", "id"),
        {"schema": "platform"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    tag: Mapped[str] = mapped_column(sa.String(64))
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_code: Mapped[str] = mapped_column(sa.String(64))
    project_code: Mapped[str | None] = mapped_column(sa.String(32))
    agency_uscc: Mapped[str | None] = mapped_column(sa.String(18))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    actor_organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    public: Mapped[bool]
    data: Mapped[dict[str, Value]] = mapped_column(JSONB)
    # Never shown to anybody: it keeps what is withheld, and with it every body, from being guessed (adr 39).
    salt: Mapped[str] = mapped_column(
        sa.String(2 * SALT_BYTES), server_default=sa.text("replace(gen_random_uuid()::text, '-', '')")
    )

    @property
    def sentence(self) -> str:
        """The msgid of the timeline's sentence."""
        return TAGS[self.tag].sentence


class SealedEvent(Base):
    """The chain: hash = SHA256(previous hash ‖ body of the event); before bodies were blinded, ‖ `canonical`."""

    __tablename__ = "sealed_events"
    __table_args__ = ({"schema": "platform"},)

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.events.id"), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    blinded: Mapped[bool] = mapped_column(default=True, server_default=sa.false())


def record(
    tag: Tag,
    subject_code: str,
    *,
    actor: Actor,
    at: datetime,
    data: Mapping[str, Value] | None = None,
    project_code: str | None = None,
    agency_uscc: str | None = None,
    organisation_id: int | None = None,
) -> Event:
    """Append the event to the present transaction and hand it to the wired handlers.

    Raises ValueError if the data's keys are not exactly the tag's.
    """
    entry = Entry(tag, subject_code, data or {}, project_code, agency_uscc)
    return record_many([entry], actor=actor, at=at, organisation_id=organisation_id)[0]


def record_many(
    entries: Sequence[Entry], *, actor: Actor, at: datetime, organisation_id: int | None = None
) -> Sequence[Event]:
    """Append events in their order, by one statement, then hand them to the wired handlers, tag by tag.

    Raises ValueError as `record`, before anything is written.
    """
    rows = [_made(entry, actor, at, organisation_id) for entry in entries]
    db.session.add_all(rows)
    db.session.flush()
    for tag in dict.fromkeys(row.tag for row in rows):
        mine = [row for row in rows if row.tag == tag]
        for handle in HANDLERS.get(tag, ()):
            if isinstance(handle, Together):
                handle.many(mine)
                continue
            for row in mine:
                handle(row)
    return rows


def _made(entry: Entry, actor: Actor, at: datetime, organisation_id: int | None) -> Event:
    tag, payload = entry.tag, dict(entry.data)
    if set(payload) != tag.keys:
        raise ValueError(f"event {tag.name} wants keys {sorted(tag.keys)}, got {sorted(payload)}")
    return Event(
        tag=tag.name,
        subject_kind=tag.subject,
        subject_code=entry.subject_code,
        project_code=entry.subject_code if tag.subject == "project" else entry.project_code,
        agency_uscc=entry.subject_code if tag.subject == "agency" else entry.agency_uscc,
        at=at,
        recorded_at=real_now(),
        actor_user_id=actor.user_id,
        actor_organisation_id=organisation_id if organisation_id is not None else actor.organisation_id,
        public=tag.public,
        data=payload,
        salt=secrets.token_hex(SALT_BYTES),
    )


def body_of(row: Event) -> bytes:
    """The event's body, which chain and tree hash: sorted JSON of what may be shown to whoever may see the event.

    Its number, who did it and when it was written stand in it as `withheld` = SHA256(salt ‖ sorted JSON of these), so that
    the body of a public event names nobody and counts nothing, and no body can be confirmed by guessing (adr 39).
    """
    behind = {
        "id": row.id,
        "recorded_at": row.recorded_at.isoformat(),
        "actor": [row.actor_user_id, row.actor_organisation_id],
    }
    withheld = hashlib.sha256(bytes.fromhex(row.salt) + orjson.dumps(behind, option=orjson.OPT_SORT_KEYS))
    return orjson.dumps(
        {
            "tag": row.tag,
            "subject": [row.subject_kind, row.subject_code],
            "project": row.project_code,
            "agency": row.agency_uscc,
            "at": row.at.isoformat(),
            "public": row.public,
            "data": row.data,
            "withheld": withheld.hexdigest(),
        },
        option=orjson.OPT_SORT_KEYS,
    )


def canonical(row: Event) -> bytes:
    """The bytes that the chain hashed before bodies were blinded: sorted JSON of everything the row says."""
    return orjson.dumps(
        {
            "id": row.id,
            "tag": row.tag,
            "subject": [row.subject_kind, row.subject_code],
            "project": row.project_code,
            "agency": row.agency_uscc,
            "at": row.at.isoformat(),
            "recorded_at": row.recorded_at.isoformat(),
            "actor": [row.actor_user_id, row.actor_organisation_id],
            "public": row.public,
            "data": row.data,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def chained(previous: str, row: Event, *, blinded: bool = True) -> str:
    """The hash of `row` after `previous` (both hex)."""
    return hashlib.sha256(bytes.fromhex(previous) + (body_of(row) if blinded else canonical(row))).hexdigest()


def seal(limit: int = 5000) -> int:
    """Chain what has been committed and is not sealed yet, at most `limit` rows; gives how many.

    One sealer at a time: an advisory lock of the transaction.
    """
    _alone()
    head = db.session.execute(
        sa.select(SealedEvent.seq, SealedEvent.hash).order_by(SealedEvent.seq.desc()).limit(1)
    ).first()
    seq, previous = (head.seq, head.hash) if head else (0, GENESIS)
    waiting = db.session.scalars(
        sa.select(Event).where(~sa.exists().where(SealedEvent.event_id == Event.id)).order_by(Event.id).limit(limit)
    ).all()
    for row in waiting:
        seq, previous = seq + 1, chained(previous, row)
        db.session.add(SealedEvent(seq=seq, event_id=row.id, hash=previous))
    db.session.flush()
    return len(waiting)


def grow(limit: int = 5000) -> int:
    """Let the tree follow the chain by at most `limit` events; gives how many. Called when a head is due."""
    _alone()
    size = tree_size()
    rows = db.session.execute(
        sa.select(SealedEvent.seq, Event)
        .join(Event, Event.id == SealedEvent.event_id)
        .where(SealedEvent.seq > size)
        .order_by(SealedEvent.seq)
        .limit(limit)
    ).all()
    grow_by(((seq, body_of(row)) for seq, row in rows), size)
    return len(rows)


def _alone() -> None:
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(SEAL_LOCK)))


@dataclass(frozen=True)
class Audit:
    """What `verify_chain` found: rows read, the head's hash, events not sealed yet, and the first seq that does not fit;
    of the tree its size, its root (hex) and the first place whose stored hashes are not those of the events.
    """

    sealed: int
    head: str
    unsealed: int
    broken_at: int | None
    tree: int
    root: str
    tree_broken_at: int | None

    @property
    def holds(self) -> bool:
        """Whether chain and tree are those of the events."""
        return self.broken_at is None and self.tree_broken_at is None


def verify_chain() -> Audit:
    """Recompute the whole chain and the whole tree from the rows as they stand."""
    previous, count, broken = GENESIS, 0, None
    rows = db.session.execute(
        sa.select(SealedEvent, Event).join(Event, Event.id == SealedEvent.event_id).order_by(SealedEvent.seq)
    ).yield_per(1000)
    for sealed, row in rows:
        count += 1
        expected = chained(previous, row, blinded=sealed.blinded)
        if broken is None and (sealed.seq != count or sealed.hash != expected):
            broken = sealed.seq
        previous = sealed.hash
    unsealed = db.session.scalar(
        sa.select(sa.func.count()).select_from(Event).where(~sa.exists().where(SealedEvent.event_id == Event.id))
    )
    edge, tree_broken = _regrown()
    return Audit(
        sealed=count,
        head=previous,
        unsealed=unsealed or 0,
        broken_at=broken,
        tree=edge.size,
        root=edge.root().hex() if tree_broken is None else "",
        tree_broken_at=tree_broken,
    )


def _regrown() -> tuple[Edge, int | None]:
    """The tree grown again from the events as they stand, and the first place where the stored one is another."""
    edge, broken, highest = Edge(), None, 0
    rows = db.session.execute(
        sa.select(LogNode, Event)
        .outerjoin(SealedEvent, SealedEvent.seq == LogNode.seq)
        .outerjoin(Event, Event.id == SealedEvent.event_id)
        .order_by(LogNode.place)
    ).yield_per(1000)
    for node, row in rows:
        done = [each.hex() for each in edge.push(leaf_hash(body_of(row) if row is not None else b""))]
        highest = max(highest, node.seq)
        if broken is None and (node.place != edge.size or node.hashes != done):
            broken = node.place
    # A place for each event sealed up to here: places are as many as events, and none has two.
    if broken is None and highest != edge.size:
        broken = edge.size
    return edge, broken


def timeline(*, subject_kind: str, subject_code: str, public_only: bool, limit: int = 200) -> Sequence[Event]:
    """Events of one thing, newest first; a project's holds those of everything that belongs to it."""
    owner = (
        Event.project_code == subject_code
        if subject_kind == "project"
        else Event.agency_uscc == subject_code
        if subject_kind == "agency"
        else sa.and_(Event.subject_kind == subject_kind, Event.subject_code == subject_code)
    )
    query = sa.select(Event).where(owner).order_by(Event.id.desc()).limit(limit)
    return db.session.scalars(query.where(Event.public) if public_only else query).all()
