"""Several witnesses: the parties of a draw by name, receipts of further witnesses, and what each witness itself shows.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LEDGERS = ("trade.draw_receipts", "platform.witness_entries", "platform.witness_heads")
MOMENT = sa.DateTime(timezone=True)
ROLE = "supermarket_app"


def upgrade() -> None:
    op.add_column(
        "projects",
        sa.Column("draw_parties", postgresql.ARRAY(sa.String(64)), nullable=False, server_default="{}"),
        schema="trade",
    )
    op.create_table(
        "draw_receipts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("draw_id", sa.Integer(), sa.ForeignKey("trade.draws.id"), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.UniqueConstraint("draw_id", "by"),
        schema="trade",
    )
    op.create_table(
        "witnesses",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("trouble", sa.String(32), nullable=False, server_default=""),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.UniqueConstraint("name", "key"),
        schema="platform",
    )
    op.create_table(
        "witness_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("witness_id", sa.Integer(), sa.ForeignKey("platform.witnesses.id"), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("purpose", sa.String(16), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.UniqueConstraint("witness_id", "epoch", "n"),
        schema="platform",
    )
    op.create_index(
        "ix_witness_entries_place", "witness_entries", ["project", "purpose"], schema="platform",
        postgresql_where=sa.text("kind = 'receipt'"),
    )  # fmt: skip
    op.create_table(
        "witness_heads",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("witness_id", sa.Integer(), sa.ForeignKey("platform.witnesses.id"), nullable=False),
        sa.Column("log", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.UniqueConstraint("witness_id", "log", "seq"),
        schema="platform",
    )
    for table in LEDGERS:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )
        op.execute(
            f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
            f"THEN REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}; END IF; END $$"
        )


def downgrade() -> None:
    op.drop_table("witness_heads", schema="platform")
    op.drop_table("witness_entries", schema="platform")
    op.drop_table("witnesses", schema="platform")
    op.drop_table("draw_receipts", schema="trade")
    op.drop_column("projects", "draw_parties", schema="trade")
