"""Tables of the witnesses room, schema `platform`: who signs, each entry of their logs, each head that they signed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import Json, UtcDateTime
from supermarket.extensions import Base


class KnownWitness(Base):
    """A witness by its key: since when it is known, and how the last visit went; `trouble` is a code, empty for none.

    `state`: the last one that it signed about its own log and that led on from what is kept here.
    """

    __tablename__ = "witnesses"
    __table_args__ = (sa.UniqueConstraint("name", "key"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(64))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(sa.String(32), default="", server_default="")
    state: Mapped[dict[str, str | int] | None] = mapped_column(Json)


class WitnessEntry(Base):
    """One entry of a witness's own log as it served it, its chain and signature checked; append-only."""

    __tablename__ = "witness_entries"
    __table_args__ = (
        sa.UniqueConstraint("witness_id", "epoch", "n"),
        sa.Index("ix_witness_entries_place", "project", "purpose", postgresql_where=sa.text("kind = 'receipt'")),
        sa.Index("ix_witness_entries_tree_head", "witness_id", "id", postgresql_where=sa.text("kind = 'tree_head'")),
        {"schema": "platform"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    witness_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.witnesses.id"))
    epoch: Mapped[int]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[str] = mapped_column(sa.String(32))
    project: Mapped[str | None] = mapped_column(sa.String(64))
    purpose: Mapped[str | None] = mapped_column(sa.String(16))
    content: Mapped[dict[str, str | int]] = mapped_column(Json)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    witness: Mapped[KnownWitness] = relationship(lazy="joined")


class WitnessHead(Base):
    """A head of a chain that a witness signed when it was shown it: of our events as long as a witness knows no trees
    (head-v1), or of another witness; append-only.
    """

    __tablename__ = "witness_heads"
    __table_args__ = (sa.UniqueConstraint("witness_id", "log", "seq"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    witness_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.witnesses.id"))
    log: Mapped[str] = mapped_column(sa.String(64))
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    head: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    signature: Mapped[str] = mapped_column(sa.String(128))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    witness: Mapped[KnownWitness] = relationship(lazy="joined")


class LogHead(Base):
    """A head of the tree over our events as it was shown to the witnesses: size, root (hex), when; append-only."""

    __tablename__ = "log_heads"
    __table_args__ = ({"schema": "platform"},)

    size: Mapped[int] = mapped_column(sa.ForeignKey("platform.log_nodes.place"), primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signatures: Mapped[list["LogSignature"]] = relationship(
        order_by="LogSignature.witness_id", back_populates="head", viewonly=True
    )


class LogSignature(Base):
    """A witness's signature over such a head (head-v2), `at` by its own clock; append-only."""

    __tablename__ = "log_signatures"
    __table_args__ = (sa.UniqueConstraint("witness_id", "size"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    witness_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.witnesses.id"))
    size: Mapped[int] = mapped_column(sa.ForeignKey("platform.log_heads.size"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    signature: Mapped[str] = mapped_column(sa.String(128))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    witness: Mapped[KnownWitness] = relationship(lazy="joined")
    head: Mapped[LogHead] = relationship(back_populates="signatures", viewonly=True)
