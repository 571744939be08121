"""Accounts bound to the unified identity provider.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "organisations", sa.Column("national_identity_at", sa.DateTime(timezone=True), nullable=True), schema="platform"
    )
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("assurance", sa.String(length=32), nullable=False),
        sa.Column("assured", sa.Boolean(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["platform.users.id"], name=op.f("fk_identities_user_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["platform.organisations.id"], name=op.f("fk_identities_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("subject_hash", name=op.f("uq_identities_subject_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_identities_user_id")),
        schema="platform",
    )
    op.create_index(op.f("ix_identities_organisation_id"), "identities", ["organisation_id"], schema="platform")
    op.create_table(
        "identity_nonces",
        sa.Column("nonce_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_identity_nonces")),
        schema="platform",
    )
    op.create_index(op.f("ix_identity_nonces_used_at"), "identity_nonces", ["used_at"], schema="platform")


def downgrade() -> None:
    op.drop_table("identity_nonces", schema="platform")
    op.drop_table("identities", schema="platform")
    op.drop_column("organisations", "national_identity_at", schema="platform")
