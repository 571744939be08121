"""People who work for agencies, and their licences."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models.agency import Agency
from supermarket.core.columns import UtcDateTime
from supermarket.extensions import Base


class Practitioner(Base):
    """A person who works for one agency; the identity number is encrypted and found only by its keyed hash."""

    __tablename__ = "practitioners"
    __table_args__ = (
        sa.Index(
            "uq_practitioners_one_agency",
            "identity_hash",
            unique=True,
            postgresql_where=sa.text("released_at IS NULL"),
        ),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    licence_kind_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.qualification_kinds.code"))
    licence_number: Mapped[str] = mapped_column(sa.String(64))
    registered_until: Mapped[date]
    identity_cipher: Mapped[bytes]
    identity_hash: Mapped[str] = mapped_column(sa.String(64))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(back_populates="practitioners")
