"""The beacon's round of a draw, with its signature.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draws", sa.Column("beacon", postgresql.JSONB(astext_type=sa.Text()), nullable=True), schema="trade")


def downgrade() -> None:
    op.drop_column("draws", "beacon", schema="trade")
