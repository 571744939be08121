"""The list of projects, newest first, from an index.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_projects_published", "projects", ["published_at", "id"], schema="trade")


def downgrade() -> None:
    op.drop_index("ix_projects_published", table_name="projects", schema="trade")
