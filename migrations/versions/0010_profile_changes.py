"""Changes of profile under check, what stood before; forms begun; what is no longer filed ends and stays.

On the way down what was ended goes where the same thing is filed again, and an ended service stays hidden.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True)
STATES = "'checking', 'waiting', 'applied', 'refused', 'withdrawn'"
OPEN = "('checking', 'waiting')"


def upgrade() -> None:
    for table in ("services", "qualifications", "related_parties"):
        op.add_column(table, sa.Column("ended_at", MOMENT), schema="agencies")
    op.create_check_constraint(
        op.f("ck_services_ended_is_hidden"),
        "services",
        "ended_at IS NULL OR hidden_reason IS NOT NULL",
        schema="agencies",
    )
    op.drop_constraint("uq_services_agency_id_matter_code", "services", schema="agencies")
    op.create_index(
        "uq_services_offered_once",
        "services",
        ["agency_id", "matter_code"],
        unique=True,
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("qualifications", sa.Column("replaces_id", sa.Integer()), schema="agencies")
    op.create_foreign_key(
        op.f("fk_qualifications_replaces_id"),
        "qualifications",
        "qualifications",
        ["replaces_id"],
        ["id"],
        source_schema="agencies",
        referent_schema="agencies",
    )
    _changes()
    _drafts()


def _changes() -> None:
    op.create_table(
        "profile_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("proposed_by_id", sa.Integer()),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("checked_at", MOMENT),
        sa.Column("checks_due_at", MOMENT),
        sa.Column("decision_due_at", MOMENT),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_profile_changes_state")),
        sa.CheckConstraint(
            "(state = 'waiting') = (decision_due_at IS NOT NULL)", name=op.f("ck_profile_changes_waiting_has_due")
        ),
        sa.CheckConstraint(
            f"(state IN {OPEN}) = (checks_due_at IS NOT NULL)", name=op.f("ck_profile_changes_open_has_checks")
        ),
        sa.CheckConstraint(
            f"(state IN {OPEN}) = (decided_at IS NULL)", name=op.f("ck_profile_changes_open_is_undecided")
        ),
        _to("agency_id", "agencies.agencies.id", "profile_changes"),
        _to("proposed_by_id", "platform.users.id", "profile_changes"),
        _to("decided_by_id", "platform.users.id", "profile_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_changes")),
        sa.UniqueConstraint("agency_id", "number", name=op.f("uq_profile_changes_agency_id_number")),
        schema="agencies",
    )
    for index, column in (("checks_due", "checks_due_at"), ("decision_due", "decision_due_at")):
        op.create_index(
            f"ix_profile_changes_{index}",
            "profile_changes",
            [column],
            schema="agencies",
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def _drafts() -> None:
    op.create_table(
        "form_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("saved_by_id", sa.Integer()),
        sa.Column("version", sa.Integer(), nullable=False),
        _to("organisation_id", "platform.organisations.id", "form_drafts"),
        _to("saved_by_id", "platform.users.id", "form_drafts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_drafts")),
        sa.UniqueConstraint("organisation_id", "form", name=op.f("uq_form_drafts_organisation_id_form")),
        schema="agencies",
    )


def _to(column: str, target: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    op.drop_table("form_drafts", schema="agencies")
    op.drop_table("profile_changes", schema="agencies")
    op.drop_constraint("fk_qualifications_replaces_id", "qualifications", schema="agencies")
    op.drop_column("qualifications", "replaces_id", schema="agencies")
    op.drop_index("uq_services_offered_once", "services", schema="agencies")
    op.execute(
        "DELETE FROM agencies.services AS ended USING agencies.services AS other "
        "WHERE ended.ended_at IS NOT NULL AND other.agency_id = ended.agency_id "
        "AND other.matter_code = ended.matter_code AND (other.ended_at IS NULL OR other.id > ended.id)"
    )
    op.create_unique_constraint(
        "uq_services_agency_id_matter_code", "services", ["agency_id", "matter_code"], schema="agencies"
    )
    op.drop_constraint("ck_services_ended_is_hidden", "services", schema="agencies")
    for table in ("related_parties", "qualifications", "services"):
        op.drop_column(table, "ended_at", schema="agencies")
