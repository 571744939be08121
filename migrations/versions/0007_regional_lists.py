"""Lists of regions over those above them: a region's own entry over an inherited matter, in numbered wordings.

A project keeps, beside the matter's wording, the regional wordings under which it was published. What has been
published is never changed, of matters and of regional entries alike.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEPT = ("matter_versions", "regional_versions")
STATES = ("draft", "submitted", "published", "returned")


def upgrade() -> None:
    op.create_table(
        "regional_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(6), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, native_enum=False, create_constraint=True, length=32, name="regional_state"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("return_reason", sa.Text(), nullable=False),
        sa.Column("published_version_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'published' OR published_version_id IS NOT NULL",
            name=op.f("ck_regional_entries_regional_published"),
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.matters.id"], name=op.f("fk_regional_entries_matter_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["platform.regions.code"], name=op.f("fk_regional_entries_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regional_entries")),
        sa.UniqueConstraint("region_code", "matter_id", name=op.f("uq_regional_entries_region_code_matter_id")),
        schema="matters",
    )
    op.create_index(op.f("ix_regional_entries_matter_id"), "regional_entries", ["matter_id"], schema="matters")
    op.create_table(
        "regional_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("change_kind", sa.String(32), nullable=False),
        sa.Column("change_reason", sa.Text(), nullable=False),
        sa.Column("carried_out", sa.Boolean(), nullable=False),
        sa.Column("not_carried_out_reason", sa.Text(), nullable=False),
        sa.Column("not_carried_out_basis", sa.Text(), nullable=False),
        sa.Column("department", sa.String(200), nullable=False),
        sa.Column("service_time", sa.Text(), nullable=False),
        sa.Column("approval_time", sa.Text(), nullable=False),
        sa.Column("fee_standard", sa.Text(), nullable=False),
        sa.Column("result_document", sa.String(200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "carried_out OR (not_carried_out_reason <> '' AND not_carried_out_basis <> '')",
            name=op.f("ck_regional_versions_not_carried_out_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["matters.regional_entries.id"], name=op.f("fk_regional_versions_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regional_versions")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_regional_versions_entry_id_number")),
        schema="matters",
    )
    op.create_index(op.f("ix_regional_versions_entry_id"), "regional_versions", ["entry_id"], schema="matters")
    op.create_foreign_key(
        "fk_regional_entries_published_version_id",
        "regional_entries",
        "regional_versions",
        ["published_version_id"],
        ["id"],
        source_schema="matters",
        referent_schema="matters",
    )
    op.add_column(
        "projects",
        sa.Column(
            "regional_version_ids", sa.ARRAY(sa.Integer()), nullable=False, server_default=sa.text("'{}'::integer[]")
        ),
        schema="trade",
    )
    op.execute(
        """
        CREATE FUNCTION matters.keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a published wording is never changed' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON matters.{table} "
            "FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION matters.keep_published()"
        )


def downgrade() -> None:
    for table in KEPT:
        op.execute(f"DROP TRIGGER keep_published ON matters.{table}")
    op.execute("DROP FUNCTION matters.keep_published()")
    op.drop_column("projects", "regional_version_ids", schema="trade")
    op.drop_constraint(
        "fk_regional_entries_published_version_id", "regional_entries", schema="matters", type_="foreignkey"
    )
    op.drop_table("regional_versions", schema="matters")
    op.drop_table("regional_entries", schema="matters")
