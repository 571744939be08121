"""A certificate may list several specialities under one number; an index finds who shares a body's code.

Who filed a number first does not keep its holder out: only what the registry confirms by the agency's own code counts.
Going down is refused by the database while two rows have one kind and number.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("uq_qualifications_kind_code_number", "qualifications", schema="agencies")
    op.create_index(
        "uq_qualifications_filed",
        "qualifications",
        ["agency_id", "kind_code", "number", "speciality"],
        unique=True,
        schema="agencies",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at IS NULL AND replaces_id IS NULL"),
    )
    op.create_index("ix_agencies_body", "agencies", [sa.text("substr(uscc, 9, 9)")], schema="agencies")


def downgrade() -> None:
    op.drop_index("ix_agencies_body", "agencies", schema="agencies")
    op.drop_index("uq_qualifications_filed", "qualifications", schema="agencies")
    op.create_unique_constraint(
        "uq_qualifications_kind_code_number", "qualifications", ["kind_code", "number"], schema="agencies"
    )
