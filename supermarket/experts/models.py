"""Tables of the experts room, schema `trade`."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.accounts.models import User
from supermarket.core.columns import UtcDateTime, choice
from supermarket.experts.states import ExpertStanding, InterestKind
from supermarket.extensions import Base

EXPERT_SERIAL = sa.Sequence("expert_serial", schema="trade", metadata=Base.metadata)


class Expert(Base):
    """A person in the pool: for whom they work, where, what they can judge. The account comes with the admission."""

    __tablename__ = "experts"
    __table_args__ = (
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
        sa.CheckConstraint("cardinality(industries) > 0", name="has_industry"),
        sa.Index("ix_experts_standing", "standing", "region_code"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    name: Mapped[str] = mapped_column(sa.String(64))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    title: Mapped[str] = mapped_column(sa.String(64), default="")
    employer: Mapped[str] = mapped_column(sa.String(200))
    # None: no body with a code of its own (retired, self-employed).
    employer_uscc: Mapped[str | None] = mapped_column(sa.String(18), index=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"))
    industries: Mapped[list[str]] = mapped_column(ARRAY(sa.String(32)))
    # Codes of the matters that they can judge; none: every matter of the industries.
    matters: Mapped[list[str]] = mapped_column(ARRAY(sa.String(16)), default=list, server_default="{}")
    standing: Mapped[ExpertStanding] = mapped_column(choice(ExpertStanding, "standing"))
    standing_since: Mapped[datetime] = mapped_column(UtcDateTime)
    standing_reason: Mapped[str] = mapped_column(sa.Text, default="")
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    user: Mapped[User | None] = relationship(lazy="joined")
    interests: Mapped[list["ExpertInterest"]] = relationship(order_by="ExpertInterest.id", back_populates="expert")

    __mapper_args__ = {"version_id_col": version}

    @property
    def live_interests(self) -> list["ExpertInterest"]:
        """Those that are not taken back."""
        return [row for row in self.interests if row.withdrawn_at is None]


class ExpertInterest(Base):
    """A body that the expert must not judge, as they declared it themselves; kept when it is taken back."""

    __tablename__ = "expert_interests"
    __table_args__ = (
        sa.Index(
            "uq_expert_interests_one_live",
            "expert_id",
            "uscc",
            "kind",
            unique=True,
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.experts.id"))
    kind: Mapped[InterestKind] = mapped_column(choice(InterestKind, "kind"))
    uscc: Mapped[str] = mapped_column(sa.String(18))
    body_name: Mapped[str] = mapped_column(sa.String(200))
    # Until when it held, None while it holds; it counts some years longer (policy).
    ended_on: Mapped[date | None]
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expert: Mapped[Expert] = relationship(back_populates="interests")
