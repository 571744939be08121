"""Tables of the ratings room, schema `trade`."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.accounts.models import Organisation
from supermarket.contracts.models import Contract
from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base
from supermarket.ratings.states import RatingState


class RaterKind(StrEnum):
    """Who rates: three rate the agency; the agency rates the owner, which is shown but enters no P."""

    OWNER = "owner"
    AUTHORITY = "authority"
    OPERATOR = "operator"
    AGENCY = "agency"


class Rating(Base):
    """One invited rater's points (1–5) for one contract; nobody sees another's before publication."""

    __tablename__ = "ratings"
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "rater"),
        sa.CheckConstraint("(state IN ('open', 'missed')) = (given_at IS NULL)", name="given_has_moment"),
        sa.CheckConstraint("(state = 'appealed') = (decision_due_at IS NOT NULL)", name="appealed_has_due"),
        sa.CheckConstraint("state NOT IN ('upheld', 'adjusted') OR decided_at IS NOT NULL", name="decided_has_moment"),
        sa.Index("ix_ratings_due_at", "due_at", postgresql_where=sa.text("state IN ('open', 'given')")),
        sa.Index(
            "ix_ratings_decision_due_at", "decision_due_at", postgresql_where=sa.text("decision_due_at IS NOT NULL")
        ),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.contracts.id"))
    rater: Mapped[RaterKind] = mapped_column(choice(RaterKind, "rater"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"), index=True)
    state: Mapped[RatingState] = mapped_column(choice(RatingState, "state"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    points: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appeal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appeal_reason: Mapped[str] = mapped_column(sa.Text, default="")
    decision_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_overdue_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")
    given_points: Mapped[dict[str, int] | None] = mapped_column(Json)
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    contract: Mapped[Contract] = relationship(lazy="joined")


class ContractScore(Base):
    """P of one contract with everything it was computed from (依据); `revised_at` once an appeal changed it."""

    __tablename__ = "contract_scores"
    __table_args__ = ({"schema": "trade"},)

    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.contracts.id"), primary_key=True)
    score: Mapped[Decimal | None] = mapped_column(sa.Numeric(7, 4))
    share: Mapped[Decimal] = mapped_column(sa.Numeric(4, 2))
    explanation: Mapped[dict[str, object]] = mapped_column(Json)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
