"""Tables of the selection room, schema `trade`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models import Agency
from supermarket.core.columns import Fen, Json, UtcDateTime, choice
from supermarket.documents.models import Document
from supermarket.extensions import Base
from supermarket.projects.models import Project
from supermarket.selection.states import AwardState, CorrectionState, DrawState, HandInState, StageState


class StageRun(Base):
    """One stage of a project's pipeline with its frozen inputs and its outputs, so that anybody can repeat it."""

    __tablename__ = "stage_runs"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "series", "position"),
        sa.CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="done_is_finished"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    series: Mapped[int] = mapped_column(default=1, server_default=sa.text("1"))
    position: Mapped[int]
    stage: Mapped[str] = mapped_column(sa.String(16))
    parameters: Mapped[dict[str, object]] = mapped_column(Json)
    inputs: Mapped[dict[str, object]] = mapped_column(Json)
    outputs: Mapped[dict[str, object] | None] = mapped_column(Json)
    state: Mapped[StageState] = mapped_column(choice(StageState, "state"))
    waits_for: Mapped[str | None] = mapped_column(sa.String(32))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship()


class Draw(Base):
    """One draw: project × purpose, once and for ever (selection.md §3)."""

    __tablename__ = "draws"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "purpose"),
        sa.CheckConstraint("(state = 'drawn') = (drawn_at IS NOT NULL)", name="drawn_has_moment"),
        sa.CheckConstraint("state = 'receipt_pending' OR receipt IS NOT NULL", name="receipted_has_receipt"),
        sa.CheckConstraint("(refused_at IS NOT NULL) = (refused <> '[]'::jsonb)", name="refused_has_moment"),
        sa.CheckConstraint("state <> 'fallen_back' OR refused_at IS NOT NULL", name="fallen_back_was_refused"),
        sa.Index("ix_draws_reveal_until", "reveal_until", postgresql_where=sa.text("state = 'receipted'")),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    purpose: Mapped[str] = mapped_column(sa.String(16))
    state: Mapped[DrawState] = mapped_column(choice(DrawState, "state"))
    source: Mapped[str] = mapped_column(sa.Text)
    pool_file: Mapped[str] = mapped_column(sa.Text)
    pool_hash: Mapped[str] = mapped_column(sa.String(64))
    excluded: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    receipt: Mapped[dict[str, str] | None] = mapped_column(Json)
    draw_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reveal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issue: Mapped[str | None] = mapped_column(sa.String(16))
    source_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    value: Mapped[str | None] = mapped_column(sa.Text)
    beacon: Mapped[dict[str, str] | None] = mapped_column(Json)
    entered_by: Mapped[list[str]] = mapped_column(Json, default=list)
    refused: Mapped[list[str]] = mapped_column(Json, default=list)
    key: Mapped[str | None] = mapped_column(sa.String(64))
    order: Mapped[list[str] | None] = mapped_column(ARRAY(sa.String(64)))
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship(lazy="joined")
    further_receipts: Mapped[list["DrawReceipt"]] = relationship(order_by="DrawReceipt.id")
    corrections: Mapped[list["DrawCorrection"]] = relationship(order_by="DrawCorrection.number", back_populates="draw")


class DrawReceipt(Base):
    """What a further witness, beside the lead, signed for a draw's pool; append-only (selection.md §3)."""

    __tablename__ = "draw_receipts"
    __table_args__ = (sa.UniqueConstraint("draw_id", "by"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.draws.id"))
    by: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    signature: Mapped[str] = mapped_column(sa.String(128))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reveal(Base):
    """What a party revealed for a draw, kept as it came in; the database itself checks that it hashes to its commitment."""

    __tablename__ = "reveals"
    __table_args__ = (
        sa.UniqueConstraint("draw_id", "commitment"),
        sa.CheckConstraint("encode(sha256(decode(reveal, 'hex')), 'hex') = commitment", name="hashes_to_commitment"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.draws.id"))
    party: Mapped[str] = mapped_column(sa.String(64))
    commitment: Mapped[str] = mapped_column(sa.String(64))
    reveal: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BulletinEntry(Base):
    """What one of the two typed from a lottery's bulletin; corrected by a new row, the last of each role counts."""

    __tablename__ = "bulletin_entries"
    __table_args__ = (sa.Index("ix_bulletin_entries_draw", "draw_id", "id"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.draws.id"))
    role: Mapped[str] = mapped_column(sa.String(16))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    issue: Mapped[str] = mapped_column(sa.String(16))
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    value: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DrawCorrection(Base):
    """The claim that both sides mistyped a draw's bulletin alike, and the draw as computed again if both prove it (§3)."""

    __tablename__ = "draw_corrections"
    __table_args__ = (
        sa.UniqueConstraint("draw_id", "number"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_has_moment"),
        sa.CheckConstraint("(state = 'taken') = (value IS NOT NULL)", name="taken_has_value"),
        sa.Index("uq_draw_corrections_one_open", "draw_id", unique=True, postgresql_where=sa.text("state = 'open'")),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.draws.id"))
    number: Mapped[int]
    state: Mapped[CorrectionState] = mapped_column(choice(CorrectionState, "state"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[str] = mapped_column(sa.String(16))
    answer_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The series of runs, ranks and awards that begins with it.
    series: Mapped[int | None]
    issue: Mapped[str | None] = mapped_column(sa.String(16))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    value: Mapped[str | None] = mapped_column(sa.Text)
    key: Mapped[str | None] = mapped_column(sa.String(64))
    order: Mapped[list[str] | None] = mapped_column(ARRAY(sa.String(64)))
    draw: Mapped[Draw] = relationship(back_populates="corrections")
    entries: Mapped[list["CorrectionEntry"]] = relationship(order_by="CorrectionEntry.id")


class CorrectionEntry(Base):
    """What one side types for a claim, why, and the bulletin it shows; a new row corrects it, the last of each counts."""

    __tablename__ = "correction_entries"
    __table_args__ = (sa.Index("ix_correction_entries_correction", "correction_id", "id"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    correction_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.draw_corrections.id"))
    role: Mapped[str] = mapped_column(sa.String(16))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"))
    issue: Mapped[str] = mapped_column(sa.String(16))
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    value: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.documents.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    document: Mapped[Document] = relationship(lazy="joined")


class Quote(Base):
    """A sealed quote as it arrived; append-only, the highest seq of an agency counts (selection.md §4)."""

    __tablename__ = "quotes"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "agency_id", "seq"),
        # A body names its project, its bidder and its place: the same commitment twice is a copy or a replay.
        sa.Index("uq_quotes_commitment", "commitment", unique=True),
        sa.Index("ix_quotes_enrolment", "enrolment_id"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    # The enrolment under which it came: whoever takes that back drops the quote with it.
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.enrolments.id"))
    seq: Mapped[int]
    commitment: Mapped[str] = mapped_column(sa.String(64))
    ciphertext: Mapped[bytes]
    receipt: Mapped[dict[str, str]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(lazy="joined")
    opened: Mapped["OpenedQuote | None"] = relationship(back_populates="quote", lazy="joined")


class OpenedQuote(Base):
    """What was in the box: the amount in fen, or the code that says why it counts for nothing."""

    __tablename__ = "opened_quotes"
    __table_args__ = (
        sa.CheckConstraint("(amount IS NULL) = (body IS NULL)", name="amount_from_body"),
        {"schema": "trade"},
    )

    quote_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.quotes.id"), primary_key=True)
    amount: Mapped[int | None] = mapped_column(Fen)
    body: Mapped[str | None] = mapped_column(sa.Text)
    invalid_code: Mapped[str | None] = mapped_column(sa.String(64))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    quote: Mapped[Quote] = relationship(back_populates="opened")


class QuoteList(Base):
    """All commitments of a project at its deadline, countersigned by the witness before anything is opened.

    Until `opens_at` a receipt that is missing from it stops the opening for good; where a key is missing until
    `key_due_at`, the bidders are asked for their bodies.
    """

    __tablename__ = "quote_lists"
    __table_args__ = (
        sa.CheckConstraint("(stopped_at IS NULL) = (stopped_by IS NULL)", name="stopped_by_something"),
        sa.CheckConstraint("opened_at IS NULL OR stopped_at IS NULL", name="stopped_is_not_opened"),
        sa.Index(
            "ix_quote_lists_due", "opens_at", postgresql_where=sa.text("opened_at IS NULL AND stopped_at IS NULL")
        ),
        sa.Index("ix_quote_lists_unsigned", "published_at", postgresql_where=sa.text("countersignature IS NULL")),
        {"schema": "trade"},
    )

    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"), primary_key=True)
    body: Mapped[str] = mapped_column(sa.Text)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    countersignature: Mapped[dict[str, str] | None] = mapped_column(Json)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    key_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bodies_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_by: Mapped[dict[str, str | int] | None] = mapped_column(Json)


class QuoteHandIn(Base):
    """A bidder is asked for the body of a quote that could not be opened, and what became of it (selection.md §4)."""

    __tablename__ = "quote_hand_ins"
    __table_args__ = (
        sa.CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_has_moment"),
        sa.Index("ix_quote_hand_ins_due", "due_at", postgresql_where=sa.text("state = 'asked'")),
        {"schema": "trade"},
    )

    quote_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.quotes.id"), primary_key=True)
    cause: Mapped[str] = mapped_column(sa.String(32))
    state: Mapped[HandInState] = mapped_column(choice(HandInState, "state"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quote: Mapped[Quote] = relationship(lazy="joined")


class CostStatement(Base):
    """An abnormally low quote's cost statement and the owner's decision on it (selection.md §4)."""

    __tablename__ = "cost_statements"
    __table_args__ = ({"schema": "trade"},)

    quote_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.quotes.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statement_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statement: Mapped[str | None] = mapped_column(sa.Text)
    # What came with it: a calculation, an offer of a supplier …
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quote: Mapped[Quote] = relationship(lazy="joined")
    document: Mapped[Document | None] = relationship()


class Choice(Base):
    """What stage `choose` waits for: the small list, and whom the owner named of it and why; once made it stands."""

    __tablename__ = "choices"
    __table_args__ = (
        sa.CheckConstraint("(chosen_at IS NULL) = (agency_id IS NULL)", name="chosen_whom"),
        sa.CheckConstraint("(chosen_at IS NULL) = (reason = '')", name="chosen_why"),
        {"schema": "trade"},
    )

    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"), primary_key=True)
    series: Mapped[int] = mapped_column(primary_key=True, default=1, server_default=sa.text("1"))
    members: Mapped[list[str]] = mapped_column(ARRAY(sa.String(18)))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chosen_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    agency: Mapped[Agency | None] = relationship()


class Rank(Base):
    """The stored order of a selection; nobody writes it but the pipeline, and succession only ever walks down it."""

    __tablename__ = "ranks"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "series", "position"),
        sa.UniqueConstraint("project_id", "series", "agency_id"),
        sa.UniqueConstraint("project_id", "series", "agency_id", "position"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    series: Mapped[int] = mapped_column(default=1, server_default=sa.text("1"))
    position: Mapped[int]
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    price: Mapped[int | None] = mapped_column(Fen)
    figures: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    agency: Mapped[Agency] = relationship(lazy="joined")


class Award(Base):
    """An award (中选): from announcement over standstill to the notice; one live award per project, only along the stored order."""

    __tablename__ = "awards"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["project_id", "series", "agency_id", "position"],
            ["trade.ranks.project_id", "trade.ranks.series", "trade.ranks.agency_id", "trade.ranks.position"],
            name="fk_awards_along_the_order",
        ),
        sa.UniqueConstraint("project_id", "series", "agency_id"),
        sa.Index(
            "uq_awards_one_live",
            "project_id",
            unique=True,
            postgresql_where=sa.text("state IN ('offered', 'announced', 'awarded', 'contracted')"),
        ),
        sa.Index("ix_awards_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.CheckConstraint("price >= 1", name="price_positive"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    series: Mapped[int] = mapped_column(default=1, server_default=sa.text("1"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    position: Mapped[int]
    state: Mapped[AwardState] = mapped_column(choice(AwardState, "state"))
    price: Mapped[int] = mapped_column(Fen)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Until when objections were heard; `due_at` is over with the standstill, this stays.
    standstill_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notice_number: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    notice_document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    notice_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined")
