"""The five schemas and their tables.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMAS = ("platform", "matters", "agencies", "credit", "trade")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    op.execute("CREATE SEQUENCE trade.project_serial")
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "ledger",
            sa.Enum("agency", "owner", name="ledger", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("event", sa.String(length=48), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("project_code", sa.String(length=32), nullable=True),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("until_date", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_date > from_date", name=op.f("ck_entries_period")),
        sa.ForeignKeyConstraint(["reverses_id"], ["credit.entries.id"], name=op.f("fk_entries_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("ledger", "uscc", "event", "evidence", name="uq_entries_once"),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_entries_reverses_id")),
        schema="credit",
    )
    op.create_index("ix_entries_subject", "entries", ["ledger", "uscc", "from_date"], unique=False, schema="credit")
    op.create_table(
        "list_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("black", "red", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("until_date", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_entries")),
        sa.UniqueConstraint("kind", "uscc", "document_number", name=op.f("uq_list_entries_kind_uscc_document_number")),
        schema="credit",
    )
    op.create_index(op.f("ix_list_entries_uscc"), "list_entries", ["uscc"], unique=False, schema="credit")
    op.create_table(
        "past_performances",
        sa.Column("contract_code", sa.String(length=32), nullable=False),
        sa.Column("agency_uscc", sa.String(length=18), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("matter_code", sa.String(length=16), nullable=False),
        sa.Column("industry", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("share", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("contract_code", name=op.f("pk_past_performances")),
        schema="credit",
    )
    op.create_index(
        "ix_past_performances_agency",
        "past_performances",
        ["agency_uscc", "published_at"],
        unique=False,
        schema="credit",
    )
    op.create_index(
        "ix_past_performances_industry",
        "past_performances",
        ["industry", "published_at"],
        unique=False,
        schema="credit",
    )
    op.create_table(
        "star_levels",
        sa.Column("agency_uscc", sa.String(length=18), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("score_level", sa.Integer(), nullable=True),
        sa.Column("held_level", sa.Integer(), nullable=True),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("credit_points", sa.Integer(), nullable=False),
        sa.Column("credit_level", sa.String(length=1), nullable=False),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held_level BETWEEN 1 AND 5", name=op.f("ck_star_levels_held_level_range")),
        sa.PrimaryKeyConstraint("agency_uscc", name=op.f("pk_star_levels")),
        schema="credit",
    )
    op.create_index(op.f("ix_star_levels_held_level"), "star_levels", ["held_level"], unique=False, schema="credit")
    op.create_table(
        "qualification_kinds",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("of_person", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("levels", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("issuing_authority", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_effective", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qualification_kinds")),
        schema="matters",
    )
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
        schema="platform",
    )
    op.create_table(
        "demo_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offset_microseconds", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_demo_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_clock")),
        schema="platform",
    )
    op.create_table(
        "industries",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_industries")),
        sa.UniqueConstraint("name", name=op.f("uq_industries_name")),
        schema="platform",
    )
    op.create_table(
        "job_slots",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_slots")),
        schema="platform",
    )
    op.create_table(
        "regions",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("parent_code", sa.String(length=6), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["parent_code"], ["platform.regions.code"], name=op.f("fk_regions_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
        schema="platform",
    )
    op.create_index(op.f("ix_regions_parent_code"), "regions", ["parent_code"], unique=False, schema="platform")
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        schema="platform",
    )
    op.create_table(
        "matters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "published",
                "returned",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("published_version_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'published' OR published_version_id IS NOT NULL", name=op.f("ck_matters_published_has_version")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["platform.regions.code"], name=op.f("fk_matters_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matters")),
        sa.UniqueConstraint("code", name=op.f("uq_matters_code")),
        schema="matters",
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["platform.users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        schema="platform",
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False, schema="platform")
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["platform.users.id"], name=op.f("fk_idempotency_keys_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
        schema="platform",
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "owner",
                "agency",
                "authority",
                "operator",
                "list_office",
                "supervision",
                "expert_pool",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("industry", sa.String(length=32), nullable=True),
        sa.Column("is_natural_person", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["industry"], ["platform.industries.code"], name=op.f("fk_organisations_industry")),
        sa.ForeignKeyConstraint(["region_code"], ["platform.regions.code"], name=op.f("fk_organisations_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("uscc", name=op.f("uq_organisations_uscc")),
        schema="platform",
    )
    op.create_index(
        op.f("ix_organisations_region_code"), "organisations", ["region_code"], unique=False, schema="platform"
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["platform.regions.code"], name=op.f("fk_policies_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint(
            "key",
            "region_code",
            "effective_from",
            name=op.f("uq_policies_key_region_code_effective_from"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="platform",
    )
    op.create_table(
        "region_successors",
        sa.Column("old_code", sa.String(length=6), nullable=False),
        sa.Column("successor_code", sa.String(length=6), nullable=False),
        sa.Column("old_name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["successor_code"], ["platform.regions.code"], name=op.f("fk_region_successors_successor_code")
        ),
        sa.PrimaryKeyConstraint("old_code", "successor_code", name=op.f("pk_region_successors")),
        schema="platform",
    )
    op.create_table(
        "agencies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("public_contact", sa.String(length=200), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("legal_representative", sa.String(length=64), nullable=False),
        sa.Column("established", sa.Date(), nullable=True),
        sa.Column("business_scope", sa.Text(), nullable=False),
        sa.Column(
            "standing",
            sa.Enum(
                "applied",
                "active",
                "rectifying",
                "frozen",
                "service_withdrawn",
                "blacklisted",
                "expelled",
                "left",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("standing_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pledge_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["platform.organisations.id"], name=op.f("fk_agencies_organisation_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["platform.regions.code"], name=op.f("fk_agencies_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_agencies_organisation_id")),
        sa.UniqueConstraint("uscc", name=op.f("uq_agencies_uscc")),
        schema="agencies",
    )
    op.create_index(
        op.f("ix_agencies_decision_due_at"), "agencies", ["decision_due_at"], unique=False, schema="agencies"
    )
    op.create_index(op.f("ix_agencies_name"), "agencies", ["name"], unique=False, schema="agencies")
    op.create_index(op.f("ix_agencies_region_code"), "agencies", ["region_code"], unique=False, schema="agencies")
    op.create_index("ix_agencies_standing_name", "agencies", ["standing", "name"], unique=False, schema="agencies")
    op.create_table(
        "matter_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("change_kind", sa.String(length=32), nullable=False),
        sa.Column("change_reason", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("approval_item", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("industry", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("other_basis", sa.Text(), nullable=False),
        sa.Column("citation_check", sa.String(length=64), nullable=False),
        sa.Column("agency_type", sa.String(length=200), nullable=False),
        sa.Column(
            "commissioned_by",
            sa.Enum(
                "applicant_may_do_it_alone",
                "applicant",
                "authority",
                name="commissioned_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("fee_bearer", sa.String(length=200), nullable=False),
        sa.Column(
            "fee_kind",
            sa.Enum(
                "government_price",
                "guided",
                "market",
                name="fee_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("fee_standard", sa.Text(), nullable=False),
        sa.Column("fee_reference", sa.String(length=32), nullable=False),
        sa.Column("requirement_tree", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("requirement_text", sa.Text(), nullable=False),
        sa.Column("requirement_source", sa.Text(), nullable=False),
        sa.Column("personal_licences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("service_time", sa.Text(), nullable=False),
        sa.Column("approval_time", sa.Text(), nullable=False),
        sa.Column("result_document", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "published_at IS NULL OR legal_basis <> ''", name=op.f("ck_matter_versions_published_has_legal_basis")
        ),
        sa.ForeignKeyConstraint(["industry"], ["platform.industries.code"], name=op.f("fk_matter_versions_industry")),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.matters.id"], name=op.f("fk_matter_versions_matter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_versions")),
        sa.UniqueConstraint("matter_id", "number", name=op.f("uq_matter_versions_matter_id_number")),
        schema="matters",
    )
    op.create_index(
        op.f("ix_matter_versions_industry"), "matter_versions", ["industry"], unique=False, schema="matters"
    )
    op.create_index(
        op.f("ix_matter_versions_matter_id"), "matter_versions", ["matter_id"], unique=False, schema="matters"
    )
    op.create_index(op.f("ix_matter_versions_stage"), "matter_versions", ["stage"], unique=False, schema="matters")
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_code", sa.String(length=64), nullable=False),
        sa.Column("owner_organisation_id", sa.Integer(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_documents_size_positive")),
        sa.ForeignKeyConstraint(
            ["owner_organisation_id"], ["platform.organisations.id"], name=op.f("fk_documents_owner_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        schema="platform",
    )
    op.create_index(op.f("ix_documents_sha256"), "documents", ["sha256"], unique=False, schema="platform")
    op.create_index(op.f("ix_documents_subject_code"), "documents", ["subject_code"], unique=False, schema="platform")
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_code", sa.String(length=64), nullable=False),
        sa.Column("project_code", sa.String(length=32), nullable=True),
        sa.Column("agency_uscc", sa.String(length=18), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_user_id", sa.Integer(), nullable=True),
        sa.Column("actor_organisation_id", sa.Integer(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_organisation_id"], ["platform.organisations.id"], name=op.f("fk_events_actor_organisation_id")
        ),
        sa.ForeignKeyConstraint(["actor_user_id"], ["platform.users.id"], name=op.f("fk_events_actor_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        schema="platform",
    )
    op.create_index("ix_events_agency_uscc", "events", ["agency_uscc", "id"], unique=False, schema="platform")
    op.create_index("ix_events_project_code", "events", ["project_code", "id"], unique=False, schema="platform")
    op.create_index(
        "ix_events_subject", "events", ["subject_kind", "subject_code", "id"], unique=False, schema="platform"
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "agency",
                "regulator",
                "operator",
                "editor",
                "supervisor",
                "expert",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("region_code", sa.String(length=6), nullable=True),
        sa.Column("industries", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["platform.organisations.id"], name=op.f("fk_memberships_organisation_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["platform.regions.code"], name=op.f("fk_memberships_region_code")),
        sa.ForeignKeyConstraint(["user_id"], ["platform.users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "user_id", "organisation_id", "role", name=op.f("uq_memberships_user_id_organisation_id_role")
        ),
        schema="platform",
    )
    op.create_index(
        op.f("ix_memberships_organisation_id"), "memberships", ["organisation_id"], unique=False, schema="platform"
    )
    op.create_table(
        "checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("round_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("registry_name", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_checks_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
        schema="agencies",
    )
    op.create_index("ix_checks_agency_round", "checks", ["agency_id", "round_at"], unique=False, schema="agencies")
    op.create_table(
        "practitioners",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("licence_kind_code", sa.String(length=8), nullable=False),
        sa.Column("licence_number", sa.String(length=64), nullable=False),
        sa.Column("registered_until", sa.Date(), nullable=False),
        sa.Column("identity_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("identity_hash", sa.String(length=64), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_practitioners_agency_id")),
        sa.ForeignKeyConstraint(
            ["licence_kind_code"], ["matters.qualification_kinds.code"], name=op.f("fk_practitioners_licence_kind_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioners")),
        schema="agencies",
    )
    op.create_index(op.f("ix_practitioners_agency_id"), "practitioners", ["agency_id"], unique=False, schema="agencies")
    op.create_index(
        "uq_practitioners_one_agency",
        "practitioners",
        ["identity_hash"],
        unique=True,
        schema="agencies",
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "qualifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("kind_code", sa.String(length=8), nullable=False),
        sa.Column("speciality", sa.String(length=100), nullable=True),
        sa.Column("level", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_qualifications_agency_id")),
        sa.ForeignKeyConstraint(["document_id"], ["platform.documents.id"], name=op.f("fk_qualifications_document_id")),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["matters.qualification_kinds.code"], name=op.f("fk_qualifications_kind_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
        sa.UniqueConstraint("kind_code", "number", name=op.f("uq_qualifications_kind_code_number")),
        schema="agencies",
    )
    op.create_index(
        op.f("ix_qualifications_agency_id"), "qualifications", ["agency_id"], unique=False, schema="agencies"
    )
    op.create_table(
        "related_parties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("party_uscc", sa.String(length=18), nullable=True),
        sa.Column("party_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_related_parties_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_related_parties")),
        schema="agencies",
    )
    op.create_index(
        op.f("ix_related_parties_agency_id"), "related_parties", ["agency_id"], unique=False, schema="agencies"
    )
    op.create_index(
        op.f("ix_related_parties_party_hash"), "related_parties", ["party_hash"], unique=False, schema="agencies"
    )
    op.create_index(
        op.f("ix_related_parties_party_uscc"), "related_parties", ["party_uscc"], unique=False, schema="agencies"
    )
    op.create_table(
        "services",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("matter_code", sa.String(length=16), nullable=False),
        sa.Column("fee_standard", sa.Text(), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=False),
        sa.Column("hidden_reason", sa.String(length=64), nullable=True),
        sa.CheckConstraint("promised_days >= 1", name=op.f("ck_services_promised_days_positive")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_services_agency_id")),
        sa.ForeignKeyConstraint(["matter_code"], ["matters.matters.code"], name=op.f("fk_services_matter_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("agency_id", "matter_code", name=op.f("uq_services_agency_id_matter_code")),
        schema="agencies",
    )
    op.create_index(op.f("ix_services_agency_id"), "services", ["agency_id"], unique=False, schema="agencies")
    op.create_index(op.f("ix_services_matter_code"), "services", ["matter_code"], unique=False, schema="agencies")
    op.create_table(
        "standing_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column(
            "before",
            sa.Enum(
                "applied",
                "active",
                "rectifying",
                "frozen",
                "service_withdrawn",
                "blacklisted",
                "expelled",
                "left",
                name="before",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "after",
            sa.Enum(
                "applied",
                "active",
                "rectifying",
                "frozen",
                "service_withdrawn",
                "blacklisted",
                "expelled",
                "left",
                name="after",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("proposer", sa.String(length=200), nullable=False),
        sa.Column("executor", sa.String(length=200), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("way_back", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_standing_changes_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_changes")),
        schema="agencies",
    )
    op.create_index(
        op.f("ix_standing_changes_agency_id"), "standing_changes", ["agency_id"], unique=False, schema="agencies"
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["platform.events.id"], name=op.f("fk_notices_event_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["platform.organisations.id"], name=op.f("fk_notices_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("organisation_id", "event_id", name=op.f("uq_notices_organisation_id_event_id")),
        schema="platform",
    )
    op.create_index(
        "ix_notices_unread",
        "notices",
        ["organisation_id"],
        unique=False,
        schema="platform",
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "sealed_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["platform.events.id"], name=op.f("fk_sealed_events_event_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sealed_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_sealed_events_event_id")),
        sa.UniqueConstraint("hash", name=op.f("uq_sealed_events_hash")),
        schema="platform",
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "in_review",
                "open",
                "frozen",
                "selecting",
                "announced",
                "awarded",
                "in_service",
                "completed",
                "archived",
                "failed",
                "withdrawn",
                "void",
                "terminated",
                "suspended",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "suspended_from",
            sa.Enum(
                "draft",
                "in_review",
                "open",
                "frozen",
                "selecting",
                "announced",
                "awarded",
                "in_service",
                "completed",
                "archived",
                "failed",
                "withdrawn",
                "void",
                "terminated",
                "suspended",
                name="suspended_from_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("matter_code", sa.String(length=16), nullable=False),
        sa.Column("matter_version_id", sa.Integer(), nullable=False),
        sa.Column("investment_project_code", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "funding",
            sa.Enum("fiscal", "social", name="funding", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("stages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requirement_tree", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("requirement_notes", sa.Text(), nullable=False),
        sa.Column("practitioners_needed", sa.Integer(), nullable=False),
        sa.Column("min_stars", sa.Integer(), nullable=True),
        sa.Column("min_credit", sa.String(length=1), nullable=True),
        sa.Column("duration_days", sa.Integer(), nullable=False),
        sa.Column("deliverables_wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payment_terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("draw_source", sa.Text(), nullable=True),
        sa.Column("quote_keys", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("draw_locked", sa.Boolean(), nullable=False),
        sa.Column("direct_document", sa.String(length=100), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.Column("award_price", sa.BigInteger(), nullable=True),
        sa.Column("decliners", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "direct_ground",
            sa.Enum(
                "emergency",
                "sole_source",
                name="direct_ground",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("named_agency_id", sa.Integer(), nullable=True),
        sa.Column("enrol_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("select_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("due_what", sa.String(length=32), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=False),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("reissue_of_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'suspended') = (suspended_from IS NOT NULL)", name=op.f("ck_projects_suspended_from")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'withdrawn') OR published_at IS NOT NULL",
            name=op.f("ck_projects_published"),
        ),
        sa.CheckConstraint("budget >= 1", name=op.f("ck_projects_budget_positive")),
        sa.CheckConstraint("ceiling BETWEEN 1 AND budget", name=op.f("ck_projects_ceiling_within_budget")),
        sa.CheckConstraint(
            "floor IS NULL OR floor BETWEEN 1 AND ceiling", name=op.f("ck_projects_floor_within_ceiling")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["platform.users.id"], name=op.f("fk_projects_created_by")),
        sa.ForeignKeyConstraint(["matter_code"], ["matters.matters.code"], name=op.f("fk_projects_matter_code")),
        sa.ForeignKeyConstraint(
            ["matter_version_id"], ["matters.matter_versions.id"], name=op.f("fk_projects_matter_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["named_agency_id"], ["agencies.agencies.id"], name=op.f("fk_projects_named_agency_id")
        ),
        sa.ForeignKeyConstraint(["winner_id"], ["agencies.agencies.id"], name=op.f("fk_projects_winner_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["platform.organisations.id"], name=op.f("fk_projects_owner_id")),
        sa.ForeignKeyConstraint(["region_code"], ["platform.regions.code"], name=op.f("fk_projects_region_code")),
        sa.ForeignKeyConstraint(["reissue_of_id"], ["trade.projects.id"], name=op.f("fk_projects_reissue_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("code", name=op.f("uq_projects_code")),
        sa.UniqueConstraint("reissue_of_id", name=op.f("uq_projects_reissue_of_id")),
        schema="trade",
    )
    op.create_index(
        "ix_projects_due",
        "projects",
        ["due_at"],
        unique=False,
        schema="trade",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_projects_winner_id"), "projects", ["winner_id"], unique=False, schema="trade")
    op.create_index(
        op.f("ix_projects_investment_project_code"),
        "projects",
        ["investment_project_code"],
        unique=False,
        schema="trade",
    )
    op.create_index(op.f("ix_projects_matter_code"), "projects", ["matter_code"], unique=False, schema="trade")
    op.create_index("ix_projects_owner", "projects", ["owner_id", "id"], unique=False, schema="trade")
    op.create_index(op.f("ix_projects_region_code"), "projects", ["region_code"], unique=False, schema="trade")
    op.create_index("ix_projects_state_published", "projects", ["state", "published_at"], unique=False, schema="trade")
    op.create_table(
        "avoided_agencies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_uscc", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_avoided_agencies_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_avoided_agencies")),
        sa.UniqueConstraint("project_id", "agency_uscc", name=op.f("uq_avoided_agencies_project_id_agency_uscc")),
        schema="trade",
    )
    op.create_table(
        "draws",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "receipt_pending",
                "receipted",
                "drawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("pool_file", sa.Text(), nullable=False),
        sa.Column("pool_hash", sa.String(length=64), nullable=False),
        sa.Column("excluded", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("draw_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("entered_by", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("order", postgresql.ARRAY(sa.String(length=32)), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'drawn') = (drawn_at IS NOT NULL)", name=op.f("ck_draws_drawn_has_moment")),
        sa.CheckConstraint(
            "state = 'receipt_pending' OR receipt IS NOT NULL", name=op.f("ck_draws_receipted_has_receipt")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_draws_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
        sa.UniqueConstraint("project_id", "purpose", name=op.f("uq_draws_project_id_purpose")),
        schema="trade",
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "live", "cancelled", "excluded", name="state", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_by", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_days", sa.Integer(), nullable=True),
        sa.Column("exclusion_code", sa.String(length=64), nullable=True),
        sa.Column("exclusion_reason", sa.Text(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "state <> 'excluded' OR exclusion_code IS NOT NULL", name=op.f("ck_enrolments_excluded_has_code")
        ),
        sa.CheckConstraint(
            "offered_days IS NULL OR offered_days >= 1", name=op.f("ck_enrolments_offered_days_positive")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_enrolments_agency_id")),
        sa.ForeignKeyConstraint(["enrolled_by"], ["platform.users.id"], name=op.f("fk_enrolments_enrolled_by")),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_enrolments_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        schema="trade",
    )
    op.create_index("ix_enrolments_agency", "enrolments", ["agency_id", "id"], unique=False, schema="trade")
    op.create_index(
        "uq_enrolments_one_live",
        "enrolments",
        ["project_id", "agency_id"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "project_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wording", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_project_versions_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_versions")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_project_versions_project_id_number")),
        schema="trade",
    )
    op.create_table(
        "quote_lists",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("countersignature", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_quote_lists_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_quote_lists")),
        schema="trade",
    )
    op.create_table(
        "quotes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_quotes_agency_id")),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_quotes_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
        sa.UniqueConstraint("project_id", "agency_id", "seq", name=op.f("uq_quotes_project_id_agency_id_seq")),
        schema="trade",
    )
    op.create_table(
        "ranks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_ranks_agency_id")),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_ranks_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranks")),
        sa.UniqueConstraint("project_id", "agency_id", "position", name=op.f("uq_ranks_project_id_agency_id_position")),
        sa.UniqueConstraint("project_id", "agency_id", name=op.f("uq_ranks_project_id_agency_id")),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_ranks_project_id_position")),
        schema="trade",
    )
    op.create_table(
        "stage_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outputs", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "state",
            sa.Enum("waiting", "done", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("waits_for", sa.String(length=32), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name=op.f("ck_stage_runs_done_is_finished")),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_stage_runs_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_runs")),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_stage_runs_project_id_position")),
        schema="trade",
    )
    op.create_table(
        "awards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "offered",
                "announced",
                "awarded",
                "contracted",
                "declined",
                "disqualified",
                "lapsed",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_number", sa.String(length=64), nullable=True),
        sa.Column("notice_document_id", sa.Integer(), nullable=True),
        sa.Column("notice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("price >= 1", name=op.f("ck_awards_price_positive")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_awards_agency_id")),
        sa.ForeignKeyConstraint(
            ["notice_document_id"], ["platform.documents.id"], name=op.f("fk_awards_notice_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "agency_id", "position"],
            ["trade.ranks.project_id", "trade.ranks.agency_id", "trade.ranks.position"],
            name="fk_awards_along_the_order",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_awards_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
        sa.UniqueConstraint("notice_number", name=op.f("uq_awards_notice_number")),
        sa.UniqueConstraint("project_id", "agency_id", name=op.f("uq_awards_project_id_agency_id")),
        schema="trade",
    )
    op.create_index(op.f("ix_awards_agency_id"), "awards", ["agency_id"], unique=False, schema="trade")
    op.create_index(
        "ix_awards_due",
        "awards",
        ["due_at"],
        unique=False,
        schema="trade",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_awards_one_live",
        "awards",
        ["project_id"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("state IN ('offered', 'announced', 'awarded', 'contracted')"),
    )
    op.create_table(
        "cost_statements",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["quote_id"], ["trade.quotes.id"], name=op.f("fk_cost_statements_quote_id")),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_cost_statements")),
        schema="trade",
    )
    op.create_table(
        "eligibility_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["trade.enrolments.id"], name=op.f("fk_eligibility_checks_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_checks")),
        schema="trade",
    )
    op.create_index(
        "ix_eligibility_checks_enrolment", "eligibility_checks", ["enrolment_id"], unique=False, schema="trade"
    )
    op.create_table(
        "enrolment_practitioners",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["trade.enrolments.id"], name=op.f("fk_enrolment_practitioners_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["agencies.practitioners.id"], name=op.f("fk_enrolment_practitioners_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "practitioner_id", name=op.f("pk_enrolment_practitioners")),
        schema="trade",
    )
    op.create_table(
        "opened_quotes",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("invalid_code", sa.String(length=64), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(amount IS NULL) = (body IS NULL)", name=op.f("ck_opened_quotes_amount_from_body")),
        sa.ForeignKeyConstraint(["quote_id"], ["trade.quotes.id"], name=op.f("fk_opened_quotes_quote_id")),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_opened_quotes")),
        schema="trade",
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("award_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "drafted",
                "half_signed",
                "in_force",
                "completed",
                "lapsed",
                "suspended",
                "terminated",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("duration_days", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sign_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('in_force', 'completed') OR in_force_at IS NOT NULL",
            name=op.f("ck_contracts_in_force_has_moment"),
        ),
        sa.CheckConstraint("price >= 1", name=op.f("ck_contracts_price_positive")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agencies.id"], name=op.f("fk_contracts_agency_id")),
        sa.ForeignKeyConstraint(["award_id"], ["trade.awards.id"], name=op.f("fk_contracts_award_id")),
        sa.ForeignKeyConstraint(["document_id"], ["platform.documents.id"], name=op.f("fk_contracts_document_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["platform.organisations.id"], name=op.f("fk_contracts_owner_id")),
        sa.ForeignKeyConstraint(["project_id"], ["trade.projects.id"], name=op.f("fk_contracts_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("award_id", name=op.f("uq_contracts_award_id")),
        sa.UniqueConstraint("code", name=op.f("uq_contracts_code")),
        schema="trade",
    )
    op.create_index(op.f("ix_contracts_agency_id"), "contracts", ["agency_id"], unique=False, schema="trade")
    op.create_index(op.f("ix_contracts_owner_id"), "contracts", ["owner_id"], unique=False, schema="trade")
    op.create_index(op.f("ix_contracts_project_id"), "contracts", ["project_id"], unique=False, schema="trade")
    op.create_index("ix_contracts_sign_due", "contracts", ["sign_due_at"], unique=False, schema="trade")
    op.create_index("ix_contracts_state", "contracts", ["state", "id"], unique=False, schema="trade")
    op.create_table(
        "contract_scores",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("share", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["trade.contracts.id"], name=op.f("fk_contract_scores_contract_id")),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contract_scores")),
        schema="trade",
    )
    op.create_table(
        "deliverables",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "due",
                "submitted",
                "returned",
                "accepted",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_count", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deemed", sa.Boolean(), nullable=False),
        sa.Column("approval_outcome", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "(state = 'accepted') = (accepted_at IS NOT NULL)", name=op.f("ck_deliverables_accepted_has_moment")
        ),
        sa.ForeignKeyConstraint(["contract_id"], ["trade.contracts.id"], name=op.f("fk_deliverables_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliverables")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_deliverables_contract_id_number")),
        schema="trade",
    )
    op.create_index("ix_deliverables_decide_due_at", "deliverables", ["decide_due_at"], unique=False, schema="trade")
    op.create_index("ix_deliverables_due_at", "deliverables", ["due_at"], unique=False, schema="trade")
    op.create_table(
        "payment_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("after_deliverable", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "due",
                "pending",
                "paid",
                "failed",
                "refunded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state <> 'paid' OR paid_at IS NOT NULL", name=op.f("ck_payment_items_paid_has_moment")),
        sa.CheckConstraint("state = 'planned' OR due_at IS NOT NULL", name=op.f("ck_payment_items_due_has_moment")),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_payment_items_amount_positive")),
        sa.ForeignKeyConstraint(["contract_id"], ["trade.contracts.id"], name=op.f("fk_payment_items_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_items")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_payment_items_contract_id_number")),
        schema="trade",
    )
    op.create_index("ix_payment_items_due_at", "payment_items", ["due_at"], unique=False, schema="trade")
    op.create_table(
        "ratings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column(
            "rater",
            sa.Enum(
                "owner",
                "authority",
                "operator",
                "agency",
                name="rater",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "given",
                "published",
                "missed",
                "appealed",
                "upheld",
                "adjusted",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("points", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('open', 'missed')) = (given_at IS NULL)", name=op.f("ck_ratings_given_has_moment")
        ),
        sa.ForeignKeyConstraint(["contract_id"], ["trade.contracts.id"], name=op.f("fk_ratings_contract_id")),
        sa.ForeignKeyConstraint(["given_by"], ["platform.users.id"], name=op.f("fk_ratings_given_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("contract_id", "rater", name=op.f("uq_ratings_contract_id_rater")),
        schema="trade",
    )
    op.create_index(
        "ix_ratings_due_at",
        "ratings",
        ["due_at"],
        unique=False,
        schema="trade",
        postgresql_where=sa.text("state IN ('open', 'given')"),
    )
    op.create_table(
        "signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column(
            "party",
            sa.Enum("owner", "agency", name="party", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["trade.contracts.id"], name=op.f("fk_signatures_contract_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["platform.organisations.id"], name=op.f("fk_signatures_organisation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["platform.users.id"], name=op.f("fk_signatures_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint("contract_id", "party", name=op.f("uq_signatures_contract_id_party")),
        schema="trade",
    )
    op.create_table(
        "urges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column(
            "by_party",
            sa.Enum("owner", "agency", name="by_party", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["trade.contracts.id"], name=op.f("fk_urges_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urges")),
        sa.UniqueConstraint("contract_id", "by_party", "day", name=op.f("uq_urges_contract_id_by_party_day")),
        schema="trade",
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deliverable_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["deliverable_id"], ["trade.deliverables.id"], name=op.f("fk_submissions_deliverable_id")
        ),
        sa.ForeignKeyConstraint(["document_id"], ["platform.documents.id"], name=op.f("fk_submissions_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("deliverable_id", "number", name=op.f("uq_submissions_deliverable_id_number")),
        schema="trade",
    )
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_item_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["platform.documents.id"], name=op.f("fk_vouchers_document_id")),
        sa.ForeignKeyConstraint(
            ["payment_item_id"], ["trade.payment_items.id"], name=op.f("fk_vouchers_payment_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        schema="trade",
    )
    op.create_index(op.f("ix_vouchers_payment_item_id"), "vouchers", ["payment_item_id"], unique=False, schema="trade")
    op.create_foreign_key(
        "fk_matters_published_version_id",
        "matters",
        "matter_versions",
        ["published_version_id"],
        ["id"],
        source_schema="matters",
        referent_schema="matters",
    )


def downgrade() -> None:
    op.drop_constraint("fk_matters_published_version_id", "matters", schema="matters", type_="foreignkey")
    op.drop_index(op.f("ix_vouchers_payment_item_id"), table_name="vouchers", schema="trade")
    op.drop_table("vouchers", schema="trade")
    op.drop_table("submissions", schema="trade")
    op.drop_table("urges", schema="trade")
    op.drop_table("signatures", schema="trade")
    op.drop_index(
        "ix_ratings_due_at",
        table_name="ratings",
        schema="trade",
        postgresql_where=sa.text("state IN ('open', 'given')"),
    )
    op.drop_table("ratings", schema="trade")
    op.drop_index("ix_payment_items_due_at", table_name="payment_items", schema="trade")
    op.drop_table("payment_items", schema="trade")
    op.drop_index("ix_deliverables_due_at", table_name="deliverables", schema="trade")
    op.drop_index("ix_deliverables_decide_due_at", table_name="deliverables", schema="trade")
    op.drop_table("deliverables", schema="trade")
    op.drop_table("contract_scores", schema="trade")
    op.drop_index("ix_contracts_state", table_name="contracts", schema="trade")
    op.drop_index("ix_contracts_sign_due", table_name="contracts", schema="trade")
    op.drop_index(op.f("ix_contracts_project_id"), table_name="contracts", schema="trade")
    op.drop_index(op.f("ix_contracts_owner_id"), table_name="contracts", schema="trade")
    op.drop_index(op.f("ix_contracts_agency_id"), table_name="contracts", schema="trade")
    op.drop_table("contracts", schema="trade")
    op.drop_table("opened_quotes", schema="trade")
    op.drop_table("enrolment_practitioners", schema="trade")
    op.drop_index("ix_eligibility_checks_enrolment", table_name="eligibility_checks", schema="trade")
    op.drop_table("eligibility_checks", schema="trade")
    op.drop_table("cost_statements", schema="trade")
    op.drop_index(
        "uq_awards_one_live",
        table_name="awards",
        schema="trade",
        postgresql_where=sa.text("state IN ('offered', 'announced', 'awarded', 'contracted')"),
    )
    op.drop_index("ix_awards_due", table_name="awards", schema="trade", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index(op.f("ix_awards_agency_id"), table_name="awards", schema="trade")
    op.drop_table("awards", schema="trade")
    op.drop_table("stage_runs", schema="trade")
    op.drop_table("ranks", schema="trade")
    op.drop_table("quotes", schema="trade")
    op.drop_table("quote_lists", schema="trade")
    op.drop_table("project_versions", schema="trade")
    op.drop_index(
        "uq_enrolments_one_live",
        table_name="enrolments",
        schema="trade",
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.drop_index("ix_enrolments_agency", table_name="enrolments", schema="trade")
    op.drop_table("enrolments", schema="trade")
    op.drop_table("draws", schema="trade")
    op.drop_table("avoided_agencies", schema="trade")
    op.drop_index("ix_projects_state_published", table_name="projects", schema="trade")
    op.drop_index(op.f("ix_projects_region_code"), table_name="projects", schema="trade")
    op.drop_index("ix_projects_owner", table_name="projects", schema="trade")
    op.drop_index(op.f("ix_projects_matter_code"), table_name="projects", schema="trade")
    op.drop_index(op.f("ix_projects_investment_project_code"), table_name="projects", schema="trade")
    op.drop_index(
        "ix_projects_due", table_name="projects", schema="trade", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_table("projects", schema="trade")
    op.drop_table("sealed_events", schema="platform")
    op.drop_index(
        "ix_notices_unread", table_name="notices", schema="platform", postgresql_where=sa.text("read_at IS NULL")
    )
    op.drop_table("notices", schema="platform")
    op.drop_index(op.f("ix_standing_changes_agency_id"), table_name="standing_changes", schema="agencies")
    op.drop_table("standing_changes", schema="agencies")
    op.drop_index(op.f("ix_services_matter_code"), table_name="services", schema="agencies")
    op.drop_index(op.f("ix_services_agency_id"), table_name="services", schema="agencies")
    op.drop_table("services", schema="agencies")
    op.drop_index(op.f("ix_related_parties_party_uscc"), table_name="related_parties", schema="agencies")
    op.drop_index(op.f("ix_related_parties_party_hash"), table_name="related_parties", schema="agencies")
    op.drop_index(op.f("ix_related_parties_agency_id"), table_name="related_parties", schema="agencies")
    op.drop_table("related_parties", schema="agencies")
    op.drop_index(op.f("ix_qualifications_agency_id"), table_name="qualifications", schema="agencies")
    op.drop_table("qualifications", schema="agencies")
    op.drop_index(
        "uq_practitioners_one_agency",
        table_name="practitioners",
        schema="agencies",
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.drop_index(op.f("ix_practitioners_agency_id"), table_name="practitioners", schema="agencies")
    op.drop_table("practitioners", schema="agencies")
    op.drop_index("ix_checks_agency_round", table_name="checks", schema="agencies")
    op.drop_table("checks", schema="agencies")
    op.drop_index(op.f("ix_memberships_organisation_id"), table_name="memberships", schema="platform")
    op.drop_table("memberships", schema="platform")
    op.drop_index("ix_events_subject", table_name="events", schema="platform")
    op.drop_index("ix_events_project_code", table_name="events", schema="platform")
    op.drop_index("ix_events_agency_uscc", table_name="events", schema="platform")
    op.drop_table("events", schema="platform")
    op.drop_index(op.f("ix_documents_subject_code"), table_name="documents", schema="platform")
    op.drop_index(op.f("ix_documents_sha256"), table_name="documents", schema="platform")
    op.drop_table("documents", schema="platform")
    op.drop_index(op.f("ix_matter_versions_stage"), table_name="matter_versions", schema="matters")
    op.drop_index(op.f("ix_matter_versions_matter_id"), table_name="matter_versions", schema="matters")
    op.drop_index(op.f("ix_matter_versions_industry"), table_name="matter_versions", schema="matters")
    op.drop_table("matter_versions", schema="matters")
    op.drop_index("ix_agencies_standing_name", table_name="agencies", schema="agencies")
    op.drop_index(op.f("ix_agencies_region_code"), table_name="agencies", schema="agencies")
    op.drop_index(op.f("ix_agencies_name"), table_name="agencies", schema="agencies")
    op.drop_index(op.f("ix_agencies_decision_due_at"), table_name="agencies", schema="agencies")
    op.drop_table("agencies", schema="agencies")
    op.drop_table("region_successors", schema="platform")
    op.drop_table("policies", schema="platform")
    op.drop_index(op.f("ix_organisations_region_code"), table_name="organisations", schema="platform")
    op.drop_table("organisations", schema="platform")
    op.drop_table("idempotency_keys", schema="platform")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens", schema="platform")
    op.drop_table("api_tokens", schema="platform")
    op.drop_table("matters", schema="matters")
    op.drop_table("users", schema="platform")
    op.drop_index(op.f("ix_regions_parent_code"), table_name="regions", schema="platform")
    op.drop_table("regions", schema="platform")
    op.drop_table("job_slots", schema="platform")
    op.drop_table("industries", schema="platform")
    op.drop_table("demo_clock", schema="platform")
    op.drop_table("calendar_days", schema="platform")
    op.drop_table("qualification_kinds", schema="matters")
    op.drop_index(op.f("ix_star_levels_held_level"), table_name="star_levels", schema="credit")
    op.drop_table("star_levels", schema="credit")
    op.drop_index("ix_past_performances_industry", table_name="past_performances", schema="credit")
    op.drop_index("ix_past_performances_agency", table_name="past_performances", schema="credit")
    op.drop_table("past_performances", schema="credit")
    op.drop_index(op.f("ix_list_entries_uscc"), table_name="list_entries", schema="credit")
    op.drop_table("list_entries", schema="credit")
    op.drop_index("ix_entries_subject", table_name="entries", schema="credit")
    op.drop_table("entries", schema="credit")
    op.execute("DROP SEQUENCE trade.project_serial")
    for schema in reversed(SCHEMAS):
        op.execute(f"DROP SCHEMA {schema}")
