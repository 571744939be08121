"""Reveals and typed bulletins are kept as they come in; who did not reveal is named for good.

An entry of a bulletin that stood alone in an undrawn draw is typed again: it named neither issue nor close of sales.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LEDGERS = ("trade.reveals", "trade.bulletin_entries")
ROLE = "supermarket_app"
STATES = ("receipt_pending", "receipted", "fallen_back", "drawn")
KEPT = """
        CREATE OR REPLACE FUNCTION trade.keep_draw() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.project_id, NEW.purpose, NEW.source, NEW.pool_file, NEW.pool_hash, NEW.excluded)
                    IS DISTINCT FROM
                    (OLD.project_id, OLD.purpose, OLD.source, OLD.pool_file, OLD.pool_hash, OLD.excluded)
                OR (OLD.receipt IS NOT NULL AND OLD.receipt <> 'null'::jsonb AND NEW.receipt IS DISTINCT FROM OLD.receipt)
                OR (OLD.value IS NOT NULL AND NEW.value IS DISTINCT FROM OLD.value)
                OR (OLD.key IS NOT NULL AND NEW.key IS DISTINCT FROM OLD.key)
                OR (OLD."order" IS NOT NULL AND NEW."order" IS DISTINCT FROM OLD."order")
                OR (OLD.drawn_at IS NOT NULL AND NEW.drawn_at IS DISTINCT FROM OLD.drawn_at)
                {more}
            THEN
                RAISE EXCEPTION 'a draw is never changed or drawn again' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
"""
MORE = """
                OR (OLD.refused_at IS NOT NULL
                    AND (NEW.refused, NEW.refused_at) IS DISTINCT FROM (OLD.refused, OLD.refused_at))
                OR (OLD.drawn_at IS NOT NULL
                    AND (NEW.state, NEW.draw_at, NEW.source_time, NEW.entered_by, NEW.beacon, NEW.issue, NEW.refused)
                        IS DISTINCT FROM
                        (OLD.state, OLD.draw_at, OLD.source_time, OLD.entered_by, OLD.beacon, OLD.issue, OLD.refused))
"""


def _for_role(statement: str) -> str:
    return f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN {statement}; END IF;
    END $$
    """


def _states(names: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{name}'" for name in names)
    op.drop_constraint(op.f("ck_draws_state"), "draws", schema="trade", type_="check")
    op.create_check_constraint(op.f("ck_draws_state"), "draws", f"state IN ({listed})", schema="trade")


def upgrade() -> None:
    op.create_table(
        "reveals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("reveal", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "encode(sha256(decode(reveal, 'hex')), 'hex') = commitment", name=op.f("ck_reveals_hashes_to_commitment")
        ),
        sa.ForeignKeyConstraint(["draw_id"], ["trade.draws.id"], name=op.f("fk_reveals_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reveals")),
        sa.UniqueConstraint("draw_id", "commitment", name=op.f("uq_reveals_draw_id_commitment")),
        schema="trade",
    )
    op.create_table(
        "bulletin_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["trade.draws.id"], name=op.f("fk_bulletin_entries_draw_id")),
        sa.ForeignKeyConstraint(["user_id"], ["platform.users.id"], name=op.f("fk_bulletin_entries_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_entries")),
        schema="trade",
    )
    op.create_index("ix_bulletin_entries_draw", "bulletin_entries", ["draw_id", "id"], schema="trade")
    op.add_column("draws", sa.Column("reveal_until", sa.DateTime(timezone=True), nullable=True), schema="trade")
    op.add_column("draws", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True), schema="trade")
    op.add_column("draws", sa.Column("issue", sa.String(length=16), nullable=True), schema="trade")
    op.drop_column("draws", "entries", schema="trade")
    op.alter_column("draws", "order", type_=postgresql.ARRAY(sa.String(length=64)), schema="trade")
    _states(STATES)
    op.create_check_constraint(
        op.f("ck_draws_refused_has_moment"),
        "draws",
        "(refused_at IS NOT NULL) = (refused <> '[]'::jsonb)",
        schema="trade",
    )
    op.create_check_constraint(
        op.f("ck_draws_fallen_back_was_refused"),
        "draws",
        "state <> 'fallen_back' OR refused_at IS NOT NULL",
        schema="trade",
    )
    op.create_index(
        "ix_draws_reveal_until",
        "draws",
        ["reveal_until"],
        schema="trade",
        postgresql_where=sa.text("state = 'receipted'"),
    )
    op.execute(KEPT.format(more=MORE))
    for table in LEDGERS:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )
        op.execute(_for_role(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}"))


def downgrade() -> None:
    op.execute(KEPT.format(more=""))
    op.drop_index("ix_draws_reveal_until", "draws", schema="trade")
    op.drop_constraint(op.f("ck_draws_fallen_back_was_refused"), "draws", schema="trade", type_="check")
    op.drop_constraint(op.f("ck_draws_refused_has_moment"), "draws", schema="trade", type_="check")
    # Who was named stays named; such a draw waits for nothing that the older program could do.
    op.execute("UPDATE trade.draws SET state = 'receipted' WHERE state = 'fallen_back'")
    _states(tuple(name for name in STATES if name != "fallen_back"))
    # The order stays as wide as it is: ids of experts are 64 characters long, and what was drawn never changes.
    op.add_column(
        "draws",
        sa.Column(
            "entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'[]'::jsonb")
        ),
        schema="trade",
    )
    op.alter_column("draws", "entries", server_default=None, schema="trade")
    for column in ("issue", "refused_at", "reveal_until"):
        op.drop_column("draws", column, schema="trade")
    op.drop_table("bulletin_entries", schema="trade")
    op.drop_table("reveals", schema="trade")
