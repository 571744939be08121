"""Tables of the notices room, schema `platform`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import UtcDateTime
from supermarket.core.events import Event
from supermarket.extensions import Base


class Notice(Base):
    """An event that an organisation is told of, or one person of it alone, until it is read."""

    __tablename__ = "notices"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "event_id", "user_id", postgresql_nulls_not_distinct=True),
        sa.Index("ix_notices_unread", "organisation_id", postgresql_where=sa.text("read_at IS NULL")),
        {"schema": "platform"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    # None: everybody who acts for the organisation.
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.events.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship(lazy="joined")
