"""Tables of the documents room, schema `platform`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.columns import UtcDateTime
from supermarket.extensions import Base


class Document(Base):
    """A stored file: content address, name, size in bytes, type by content, whose it is; public or only for its readers."""

    __tablename__ = "documents"
    __table_args__ = (sa.CheckConstraint("size > 0", name="size_positive"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(sa.String(100))
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_code: Mapped[str] = mapped_column(sa.String(64), index=True)
    owner_organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    public: Mapped[bool] = mapped_column(default=False)
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
