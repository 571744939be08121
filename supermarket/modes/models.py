"""Tables of regions' own modes, schema `trade`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base
from supermarket.modes.states import ModeState


class RegionMode(Base):
    """A mode that a region has made; its name stands in projects and statistics and never changes."""

    __tablename__ = "modes"
    __table_args__ = (sa.Index("ix_modes_region", "region_code", "id"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(32), unique=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    versions: Mapped[list["ModeVersion"]] = relationship(back_populates="mode", order_by="ModeVersion.number")


class ModeVersion(Base):
    """One wording of a region's mode; `rules` is the row as `rows.mode_to_json` writes it, fixed once released."""

    __tablename__ = "mode_versions"
    __table_args__ = (
        sa.UniqueConstraint("mode_id", "number"),
        sa.CheckConstraint("state <> 'tried' OR trial_id IS NOT NULL", name="tried_has_trial"),
        sa.CheckConstraint(
            "released_at IS NULL OR (trial_id IS NOT NULL AND released_by IS NOT NULL)", name="released_after_trial"
        ),
        sa.CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name="released"),
        sa.CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        sa.Index("uq_mode_versions_released", "mode_id", unique=True, postgresql_where=sa.text("state = 'released'")),
        sa.Index(
            "uq_mode_versions_worded",
            "mode_id",
            unique=True,
            postgresql_where=sa.text("state IN ('draft', 'tried')"),
        ),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mode_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.modes.id"))
    number: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[ModeState] = mapped_column(choice(ModeState, "state"))
    rules: Mapped[dict[str, object]] = mapped_column(Json)
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    trial_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("trade.mode_trials.id", use_alter=True, name="fk_mode_versions_trial_id_mode_trials")
    )
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    release_reason: Mapped[str] = mapped_column(sa.Text, default="")
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retire_reason: Mapped[str] = mapped_column(sa.Text, default="")
    mode: Mapped[RegionMode] = relationship(back_populates="versions", lazy="joined")
    trial: Mapped["ModeTrial | None"] = relationship(foreign_keys=[trial_id])

    __mapper_args__ = {"version_id_col": revision}


class ModeTrial(Base):
    """A dry run: the rules that were tried, on which past purchases, and what they would have given; append-only."""

    __tablename__ = "mode_trials"
    __table_args__ = (sa.Index("ix_mode_trials_version", "version_id", "id"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.mode_versions.id"))
    rules: Mapped[dict[str, object]] = mapped_column(Json)
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    summary: Mapped[dict[str, object]] = mapped_column(Json)
    cases: Mapped[list[dict[str, object]]] = mapped_column(Json)
    version: Mapped[ModeVersion] = relationship(foreign_keys=[version_id])
