"""Onboarding, branches and loaded registries of agencies; versions of matters against stale pages.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ONBOARDING = ("draft", "checking", "waiting", "refused", "admitted")
OUTCOMES = ("pass", "fail", "unknown", "not_applicable")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    agencies = {"table_name": "agencies", "schema": "agencies"}
    op.add_column(column=sa.Column("standing_until", sa.DateTime(timezone=True)), **agencies)
    op.add_column(column=sa.Column("onboarding", sa.String(32)), **agencies)
    op.add_column(column=sa.Column("refusal", sa.Text(), nullable=False, server_default=""), **agencies)
    op.add_column(column=sa.Column("is_branch", sa.Boolean(), nullable=False, server_default=sa.false()), **agencies)
    op.add_column(column=sa.Column("head_office_uscc", sa.String(18)), **agencies)
    op.add_column(column=sa.Column("branch_authority_id", sa.Integer()), **agencies)
    op.add_column(column=sa.Column("checks_due_at", sa.DateTime(timezone=True)), **agencies)
    op.execute(
        "UPDATE agencies.agencies SET onboarding = CASE WHEN standing <> 'applied' THEN 'admitted' "
        "WHEN decision_due_at IS NOT NULL THEN 'waiting' ELSE 'draft' END"
    )
    op.execute("UPDATE agencies.agencies SET decision_due_at = NULL WHERE onboarding <> 'waiting'")
    op.alter_column("agencies", "onboarding", nullable=False, schema="agencies")
    for column in ("refusal", "is_branch"):
        op.alter_column("agencies", column, server_default=None, schema="agencies")
    op.create_foreign_key(
        op.f("fk_agencies_branch_authority_id"),
        "agencies",
        "documents",
        ["branch_authority_id"],
        ["id"],
        source_schema="agencies",
        referent_schema="platform",
    )
    op.create_check_constraint(
        op.f("ck_agencies_onboarding"), "agencies", _one_of("onboarding", ONBOARDING), schema="agencies"
    )
    op.create_check_constraint(
        op.f("ck_agencies_active_was_admitted"),
        "agencies",
        "standing <> 'active' OR onboarding = 'admitted'",
        schema="agencies",
    )
    op.create_check_constraint(
        op.f("ck_agencies_waiting_has_due"),
        "agencies",
        "(onboarding = 'waiting') = (decision_due_at IS NOT NULL)",
        schema="agencies",
    )
    for name, column in (("ix_agencies_checks_due", "checks_due_at"), ("ix_agencies_standing_ends", "standing_until")):
        op.create_index(
            name, "agencies", [column], schema="agencies", postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
    op.alter_column("checks", "outcome", type_=sa.String(32), existing_type=sa.String(16), schema="agencies")
    op.create_check_constraint(op.f("ck_checks_outcome"), "checks", _one_of("outcome", OUTCOMES), schema="agencies")
    op.create_table(
        "registry_lists",
        sa.Column("registry_name", sa.String(64), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("registry_name", "question", name=op.f("pk_registry_lists")),
        schema="agencies",
    )
    op.create_table(
        "registry_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("registry_name", sa.String(64), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("uscc", sa.String(18), nullable=False),
        sa.Column("row", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registry_name", "question"],
            ["agencies.registry_lists.registry_name", "agencies.registry_lists.question"],
            name="fk_registry_rows_list",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_rows")),
        schema="agencies",
    )
    op.create_index("ix_registry_rows_found", "registry_rows", ["registry_name", "question", "uscc"], schema="agencies")
    matters = {"table_name": "matters", "schema": "matters"}
    op.add_column(column=sa.Column("version", sa.Integer(), nullable=False, server_default="1"), **matters)
    op.add_column(column=sa.Column("return_reason", sa.Text(), nullable=False, server_default=""), **matters)
    for column in ("version", "return_reason"):
        op.alter_column("matters", column, server_default=None, schema="matters")
    op.create_check_constraint(
        op.f("ck_star_levels_credit_points_range"), "star_levels", "credit_points BETWEEN 0 AND 120", schema="credit"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_star_levels_credit_points_range"), "star_levels", schema="credit")
    op.drop_column("matters", "return_reason", schema="matters")
    op.drop_column("matters", "version", schema="matters")
    op.drop_table("registry_rows", schema="agencies")
    op.drop_table("registry_lists", schema="agencies")
    op.drop_constraint(op.f("ck_checks_outcome"), "checks", schema="agencies")
    op.alter_column("checks", "outcome", type_=sa.String(16), existing_type=sa.String(32), schema="agencies")
    op.drop_index("ix_agencies_standing_ends", "agencies", schema="agencies")
    op.drop_index("ix_agencies_checks_due", "agencies", schema="agencies")
    op.drop_constraint(op.f("ck_agencies_waiting_has_due"), "agencies", schema="agencies")
    op.drop_constraint(op.f("ck_agencies_active_was_admitted"), "agencies", schema="agencies")
    op.drop_constraint(op.f("ck_agencies_onboarding"), "agencies", schema="agencies")
    op.drop_constraint(op.f("fk_agencies_branch_authority_id"), "agencies", schema="agencies")
    for column in (
        "checks_due_at",
        "branch_authority_id",
        "head_office_uscc",
        "is_branch",
        "refusal",
        "onboarding",
        "standing_until",
    ):
        op.drop_column("agencies", column, schema="agencies")
