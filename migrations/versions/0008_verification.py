"""Findings as run lengths with their evidence, nightly runs, cases of re-verification, reminders.

Older rounds keep their rows: the newest one of an agency is what stands at present. Certificates of agencies that were
admitted count as verified, as they counted before.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CASE_STATES = ("open", "mended", "frozen", "dismissed")


def _to(column: str, target: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.add_column("agencies", sa.Column("checked_at", MOMENT), schema="agencies")
    op.add_column("agencies", sa.Column("expiry_due_at", MOMENT), schema="agencies")
    op.add_column("qualifications", sa.Column("verified_at", MOMENT), schema="agencies")
    _answers()
    _checks()
    op.execute(
        "UPDATE agencies.agencies a SET checked_at = (SELECT max(last_at) FROM agencies.checks c WHERE c.agency_id = a.id)"
    )
    op.execute(
        "UPDATE agencies.qualifications q SET verified_at = coalesce(a.checked_at, a.standing_since) "
        "FROM agencies.agencies a WHERE a.id = q.agency_id AND a.onboarding = 'admitted'"
    )
    op.execute(
        """
        UPDATE agencies.agencies a SET expiry_due_at = found.due
        FROM (
            SELECT agency_id, min((valid_until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') AS due
            FROM agencies.qualifications WHERE verified_at IS NOT NULL GROUP BY agency_id
        ) found
        WHERE found.agency_id = a.id
        """
    )
    op.create_index(
        "ix_agencies_expiry_due",
        "agencies",
        ["expiry_due_at"],
        schema="agencies",
        postgresql_where=sa.text("expiry_due_at IS NOT NULL"),
    )
    _runs_and_cases()
    _guards()


def _answers() -> None:
    op.create_table(
        "registry_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("rows_sha256", sa.String(64), nullable=False),
        sa.Column("registry_name", sa.String(64), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_answers")),
        sa.UniqueConstraint("sha256", "registry_name", "question", name="uq_registry_answers_content"),
        sa.CheckConstraint("last_at >= first_at", name=op.f("ck_registry_answers_answers_in_time")),
        schema="agencies",
    )


def _checks() -> None:
    op.drop_index("ix_checks_agency_round", table_name="checks", schema="agencies")
    op.alter_column("checks", "round_at", new_column_name="last_at", schema="agencies")
    for column in (
        sa.Column("subject", sa.String(64), nullable=False, server_default=""),
        sa.Column("answer_id", sa.BigInteger()),
        sa.Column("first_at", MOMENT),
        sa.Column("present", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("place", sa.SmallInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("checks", column, schema="agencies")
    op.execute(
        """
        UPDATE agencies.checks c SET first_at = c.last_at, place = found.place, present = found.present
        FROM (
            SELECT id,
                least(row_number() OVER (PARTITION BY agency_id, last_at ORDER BY id) - 1, 32767) AS place,
                last_at = max(last_at) OVER (PARTITION BY agency_id) AS present
            FROM agencies.checks
        ) found
        WHERE found.id = c.id
        """
    )
    op.alter_column("checks", "first_at", nullable=False, schema="agencies")
    for name in ("subject", "present", "place"):
        op.alter_column("checks", name, server_default=None, schema="agencies")
    op.create_foreign_key(
        op.f("fk_checks_answer_id"),
        "checks",
        "registry_answers",
        ["answer_id"],
        ["id"],
        source_schema="agencies",
        referent_schema="agencies",
    )
    op.create_check_constraint(op.f("ck_checks_found_in_time"), "checks", "last_at >= first_at", schema="agencies")
    op.create_index("ix_checks_agency_first", "checks", ["agency_id", "first_at"], schema="agencies")
    op.create_index(
        "ix_checks_present", "checks", ["agency_id"], schema="agencies", postgresql_where=sa.text("present")
    )
    # Room in each page, so that a nightly update of `last_at` stays in it.
    op.execute("ALTER TABLE agencies.checks SET (fillfactor = 70)")


def _runs_and_cases() -> None:
    op.create_table(
        "nightly_runs",
        sa.Column("slot", MOMENT, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("cursor", "checked", "changed", "silent", "passed_over", "broken")
        ),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_nightly_runs")),
        sa.CheckConstraint(
            "checked + passed_over + broken >= 0 AND cursor >= 0", name=op.f("ck_nightly_runs_counts_upwards")
        ),
        schema="agencies",
    )
    states = sa.Enum(*CASE_STATES, native_enum=False, create_constraint=True, length=32, name="state")
    op.create_table(
        "reverifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("codes", JSONB(none_as_null=True), nullable=False),
        sa.Column("check_ids", JSONB(none_as_null=True), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reverifications")),
        _to("agency_id", "agencies.agencies.id", "reverifications"),
        _to("decided_by", "platform.users.id", "reverifications"),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_reverifications_open_is_undecided")
        ),
        sa.CheckConstraint("state <> 'open' OR ended_at IS NULL", name=op.f("ck_reverifications_open_goes_on")),
        sa.CheckConstraint(
            "state <> 'mended' OR ended_at IS NOT NULL", name=op.f("ck_reverifications_mended_has_ended")
        ),
        schema="agencies",
    )
    op.create_index(
        "uq_reverifications_agency",
        "reverifications",
        ["agency_id"],
        unique=True,
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_reverifications_due",
        "reverifications",
        ["due_at"],
        schema="agencies",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_reverifications_agency_id"), "reverifications", ["agency_id"], schema="agencies")
    op.create_table(
        "expiry_reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiry_reminders")),
        _to("agency_id", "agencies.agencies.id", "expiry_reminders"),
        sa.UniqueConstraint("subject", "until", "days", name="uq_expiry_reminders_once"),
        schema="agencies",
    )
    op.create_index(op.f("ix_expiry_reminders_agency_id"), "expiry_reminders", ["agency_id"], schema="agencies")


def _guards() -> None:
    op.execute(
        """
        CREATE FUNCTION agencies.keep_finding() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.id, NEW.agency_id, NEW.code, NEW.subject, NEW.outcome, NEW.registry_name, NEW.sentence,
                        NEW.parameters, NEW.first_at)
                    IS DISTINCT FROM
                    (OLD.id, OLD.agency_id, OLD.code, OLD.subject, OLD.outcome, OLD.registry_name, OLD.sentence,
                        OLD.parameters, OLD.first_at)
                OR NEW.last_at < OLD.last_at
                OR NOT OLD.present
            THEN
                RAISE EXCEPTION 'a finding is kept as it was found' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION agencies.keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.id, NEW.sha256, NEW.rows_sha256, NEW.registry_name, NEW.question, NEW.body, NEW.first_at)
                    IS DISTINCT FROM
                    (OLD.id, OLD.sha256, OLD.rows_sha256, OLD.registry_name, OLD.question, OLD.body, OLD.first_at)
                OR NEW.last_at < OLD.last_at
            THEN
                RAISE EXCEPTION 'an answer is kept as it came' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table, function in (("checks", "keep_finding"), ("registry_answers", "keep_answer")):
        op.execute(
            f"CREATE TRIGGER {function} BEFORE UPDATE OR DELETE ON agencies.{table} "
            f"FOR EACH ROW EXECUTE FUNCTION agencies.{function}()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON agencies.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON agencies.expiry_reminders "
        "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON agencies.expiry_reminders "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'supermarket_app') THEN "
        "REVOKE UPDATE, DELETE, TRUNCATE ON agencies.expiry_reminders FROM supermarket_app; END IF; END $$"
    )


def downgrade() -> None:
    for table, function in (("checks", "keep_finding"), ("registry_answers", "keep_answer")):
        op.execute(f"DROP TRIGGER no_truncate ON agencies.{table}")
        op.execute(f"DROP TRIGGER {function} ON agencies.{table}")
        op.execute(f"DROP FUNCTION agencies.{function}()")
    op.drop_table("expiry_reminders", schema="agencies")
    op.drop_table("reverifications", schema="agencies")
    op.drop_table("nightly_runs", schema="agencies")
    op.drop_index("ix_agencies_expiry_due", table_name="agencies", schema="agencies")
    op.execute("ALTER TABLE agencies.checks RESET (fillfactor)")
    op.drop_index("ix_checks_present", table_name="checks", schema="agencies")
    op.drop_index("ix_checks_agency_first", table_name="checks", schema="agencies")
    op.drop_constraint(op.f("ck_checks_found_in_time"), "checks", schema="agencies")
    op.drop_constraint(op.f("fk_checks_answer_id"), "checks", schema="agencies")
    for name in ("place", "present", "first_at", "answer_id", "subject"):
        op.drop_column("checks", name, schema="agencies")
    op.alter_column("checks", "last_at", new_column_name="round_at", schema="agencies")
    op.create_index("ix_checks_agency_round", "checks", ["agency_id", "round_at"], schema="agencies")
    op.drop_table("registry_answers", schema="agencies")
    op.drop_column("qualifications", "verified_at", schema="agencies")
    op.drop_column("agencies", "expiry_due_at", schema="agencies")
    op.drop_column("agencies", "checked_at", schema="agencies")
