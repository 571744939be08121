"""What needs a human, branches under their head office.

A change of standing names its act and, for a withdrawn service, the matter; it is kept as it was written. A head office
may take its branch's authority back. Runs of checks for many agencies at once. Notes of the offices.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROLE = "supermarket_app"
ACTIONS = (
    "admit",
    "rectify",
    "rectified",
    "freeze",
    "unfreeze",
    "withdraw_service",
    "restore_service",
    "blacklist",
    "unlist",
    "expel",
    "leave",
    "come_back",
)
# The act of an older row, from where it led; what stands first is looked at first.
BY_STATES = (
    ("after = 'rectifying'", "rectify"),
    ("after = 'frozen'", "freeze"),
    ("after = 'service_withdrawn'", "withdraw_service"),
    ("after = 'blacklisted'", "blacklist"),
    ("after = 'expelled'", "expel"),
    ("after = 'left'", "leave"),
    ("before = 'rectifying'", "rectified"),
    ("before = 'frozen'", "unfreeze"),
    ("before = 'service_withdrawn'", "restore_service"),
    ("before = 'blacklisted'", "unlist"),
    ("before = 'left'", "come_back"),
)


def _to(column: str, target: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.add_column("agencies", sa.Column("authority_revoked_at", MOMENT), schema="agencies")
    op.create_index(
        "ix_agencies_head_office",
        "agencies",
        ["head_office_uscc"],
        schema="agencies",
        postgresql_where=sa.text("head_office_uscc IS NOT NULL"),
    )
    _changes()
    _withdrawals()
    _runs()
    _notes()


def _changes() -> None:
    op.add_column("standing_changes", sa.Column("action", sa.String(32)), schema="agencies")
    op.add_column("standing_changes", sa.Column("matter_code", sa.String(16)), schema="agencies")
    cases = " ".join(f"WHEN {states} THEN '{action}'" for states, action in BY_STATES)
    op.execute(f"UPDATE agencies.standing_changes SET action = CASE {cases} ELSE 'admit' END")
    op.alter_column("standing_changes", "action", nullable=False, schema="agencies")
    allowed = ", ".join(repr(action) for action in ACTIONS)
    op.create_check_constraint(
        op.f("ck_standing_changes_action"), "standing_changes", f"action IN ({allowed})", schema="agencies"
    )
    op.create_check_constraint(
        op.f("ck_standing_changes_only_a_service_names_a_matter"),
        "standing_changes",
        "matter_code IS NULL OR action IN ('withdraw_service', 'restore_service')",
        schema="agencies",
    )
    op.create_foreign_key(
        op.f("fk_standing_changes_matter_code"),
        "standing_changes",
        "matters",
        ["matter_code"],
        ["code"],
        source_schema="agencies",
        referent_schema="matters",
    )
    _append_only("agencies.standing_changes")


def _append_only(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )
    _for_role(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}")


def _for_role(statement: str) -> None:
    op.execute(
        f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN {statement}; END IF;
        END $$
        """
    )


def _withdrawals() -> None:
    op.create_table(
        "service_withdrawals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("matter_code", sa.String(16), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "until_at IS NULL OR until_at > from_at", name=op.f("ck_service_withdrawals_ends_after_it_began")
        ),
        _to("agency_id", "agencies.agencies.id", "service_withdrawals"),
        _to("matter_code", "matters.matters.code", "service_withdrawals"),
        _to("change_id", "agencies.standing_changes.id", "service_withdrawals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_withdrawals")),
        schema="agencies",
    )
    op.create_index(
        "uq_service_withdrawals_one_live",
        "service_withdrawals",
        ["agency_id", "matter_code"],
        unique=True,
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_service_withdrawals_ends",
        "service_withdrawals",
        ["until_at"],
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL AND until_at IS NOT NULL"),
    )


def _runs() -> None:
    op.create_table(
        "check_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("beat_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.CheckConstraint("kind IN ('start', 'again')", name=op.f("ck_check_runs_kind")),
        sa.CheckConstraint("total >= 1", name=op.f("ck_check_runs_not_empty")),
        _to("started_by", "platform.users.id", "check_runs"),
        _to("organisation_id", "platform.organisations.id", "check_runs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_runs")),
        schema="agencies",
    )
    op.create_index(
        "ix_check_runs_open",
        "check_runs",
        ["beat_at"],
        schema="agencies",
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "check_run_items",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("done_at", MOMENT),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'passed_over', 'failed')", name=op.f("ck_check_run_items_state")
        ),
        sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name=op.f("ck_check_run_items_done_has_moment")),
        _to("run_id", "agencies.check_runs.id", "check_run_items"),
        _to("agency_id", "agencies.agencies.id", "check_run_items"),
        sa.PrimaryKeyConstraint("run_id", "agency_id", name=op.f("pk_check_run_items")),
        schema="agencies",
    )
    op.create_index("ix_check_run_items_state", "check_run_items", ["run_id", "state", "agency_id"], schema="agencies")


def _notes() -> None:
    op.create_table(
        "agency_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_agency_notes_says_something")),
        _to("agency_id", "agencies.agencies.id", "agency_notes"),
        _to("user_id", "platform.users.id", "agency_notes"),
        _to("organisation_id", "platform.organisations.id", "agency_notes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_notes")),
        schema="agencies",
    )
    op.create_index(op.f("ix_agency_notes_agency_id"), "agency_notes", ["agency_id"], schema="agencies")
    _append_only("agencies.agency_notes")


def downgrade() -> None:
    op.drop_table("agency_notes", schema="agencies")
    op.drop_table("check_run_items", schema="agencies")
    op.drop_table("check_runs", schema="agencies")
    op.drop_table("service_withdrawals", schema="agencies")
    op.execute("DROP TRIGGER no_truncate ON agencies.standing_changes")
    op.execute("DROP TRIGGER append_only ON agencies.standing_changes")
    _for_role(f"GRANT UPDATE, DELETE ON agencies.standing_changes TO {ROLE}")
    op.drop_column("standing_changes", "matter_code", schema="agencies")
    op.drop_column("standing_changes", "action", schema="agencies")
    op.drop_index("ix_agencies_head_office", "agencies", schema="agencies")
    op.drop_column("agencies", "authority_revoked_at", schema="agencies")
