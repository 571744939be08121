"""Regions' own modes with their dry runs, the owner's choice from a small list, the document behind a direct selection.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())
ROLE = "supermarket_app"
STATES = ("draft", "tried", "released", "retired")

FUNCTIONS = {
    # Whom the owner names stands on the list that the stages have left, and stays named.
    "choose_once": """
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a choice is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'INSERT' THEN
                IF NEW.chosen_at IS NOT NULL THEN
                    RAISE EXCEPTION 'a choice is asked for before it is made' USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF OLD.chosen_at IS NOT NULL
                OR (NEW.project_id, NEW.members, NEW.asked_at) IS DISTINCT FROM (OLD.project_id, OLD.members, OLD.asked_at)
            THEN
                RAISE EXCEPTION 'a list and a choice stand' USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.agency_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM agencies.agencies a WHERE a.id = NEW.agency_id AND a.uscc = ANY (NEW.members)
            ) THEN
                RAISE EXCEPTION 'a choice is made from the list' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    # What was released stays as it was tried.
    "mode_as_released": """
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a version of a mode is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.released_at IS NOT NULL
                AND (NEW.mode_id, NEW.number, NEW.rules, NEW.trial_id, NEW.released_at, NEW.released_by)
                    IS DISTINCT FROM (OLD.mode_id, OLD.number, OLD.rules, OLD.trial_id, OLD.released_at, OLD.released_by)
            THEN
                RAISE EXCEPTION 'a released version of a mode stands' USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.state = 'released' AND NOT EXISTS (
                SELECT FROM trade.mode_trials t WHERE t.id = NEW.trial_id AND t.version_id = NEW.id AND t.rules = NEW.rules
            ) THEN
                RAISE EXCEPTION 'a mode is released as it was tried' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
TRIGGERS = (
    ("choose_once", "BEFORE INSERT OR UPDATE OR DELETE", "trade.choices"),
    ("mode_as_released", "BEFORE UPDATE OR DELETE", "trade.mode_versions"),
)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    _schema, other, _id = target.split(".")
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _choices()
    _modes()
    op.add_column("projects", sa.Column("direct_document_id", sa.Integer()), schema="trade")
    op.create_foreign_key(
        op.f("fk_projects_direct_document_id_documents"),
        "projects",
        "documents",
        ["direct_document_id"],
        ["id"],
        source_schema="trade",
        referent_schema="platform",
    )
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION trade.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for name, when, table in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION trade.{name}()")
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trade.mode_trials "
        "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON trade.mode_trials "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN "
        f"REVOKE UPDATE, DELETE, TRUNCATE ON trade.mode_trials FROM {ROLE}; END IF; END $$"
    )


def _choices() -> None:
    op.create_table(
        "choices",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("members", postgresql.ARRAY(sa.String(18)), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("agency_id", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chosen_at", MOMENT),
        sa.Column("chosen_by", sa.Integer()),
        sa.CheckConstraint("(chosen_at IS NULL) = (agency_id IS NULL)", name=op.f("ck_choices_chosen_whom")),
        sa.CheckConstraint("(chosen_at IS NULL) = (reason = '')", name=op.f("ck_choices_chosen_why")),
        _to("choices", "project_id", "trade.projects.id"),
        _to("choices", "agency_id", "agencies.agencies.id"),
        _to("choices", "chosen_by", "platform.users.id"),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_choices")),
        schema="trade",
    )


def _modes() -> None:
    op.create_table(
        "modes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("region_code", sa.String(6), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _to("modes", "region_code", "platform.regions.code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modes")),
        sa.UniqueConstraint("name", name=op.f("uq_modes_name")),
        schema="trade",
    )
    op.create_index("ix_modes_region", "modes", ["region_code", "id"], schema="trade")
    allowed = ", ".join(repr(value) for value in STATES)
    op.create_table(
        "mode_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mode_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("edited_at", MOMENT, nullable=False),
        sa.Column("edited_by", sa.Integer()),
        sa.Column("trial_id", sa.Integer()),
        sa.Column("released_at", MOMENT),
        sa.Column("released_by", sa.Integer()),
        sa.Column("release_reason", sa.Text(), nullable=False),
        sa.Column("retired_at", MOMENT),
        sa.Column("retire_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(f"state IN ({allowed})", name=op.f("ck_mode_versions_state")),
        sa.CheckConstraint("state <> 'tried' OR trial_id IS NOT NULL", name=op.f("ck_mode_versions_tried_has_trial")),
        sa.CheckConstraint(
            "released_at IS NULL OR (trial_id IS NOT NULL AND released_by IS NOT NULL)",
            name=op.f("ck_mode_versions_released_after_trial"),
        ),
        sa.CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name=op.f("ck_mode_versions_released")),
        sa.CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_mode_versions_retired")),
        _to("mode_versions", "mode_id", "trade.modes.id"),
        _to("mode_versions", "edited_by", "platform.users.id"),
        _to("mode_versions", "released_by", "platform.users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mode_versions")),
        sa.UniqueConstraint("mode_id", "number", name=op.f("uq_mode_versions_mode_id_number")),
        schema="trade",
    )
    for name, states in (("released", "state = 'released'"), ("worded", "state IN ('draft', 'tried')")):
        op.create_index(
            f"uq_mode_versions_{name}",
            "mode_versions",
            ["mode_id"],
            unique=True,
            schema="trade",
            postgresql_where=sa.text(states),
        )
    op.create_table(
        "mode_trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("tried_at", MOMENT, nullable=False),
        sa.Column("tried_by", sa.Integer()),
        sa.Column("summary", JSONB, nullable=False),
        sa.Column("cases", JSONB, nullable=False),
        _to("mode_trials", "version_id", "trade.mode_versions.id"),
        _to("mode_trials", "tried_by", "platform.users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mode_trials")),
        schema="trade",
    )
    op.create_index("ix_mode_trials_version", "mode_trials", ["version_id", "id"], schema="trade")
    op.create_foreign_key(
        op.f("fk_mode_versions_trial_id_mode_trials"),
        "mode_versions",
        "mode_trials",
        ["trial_id"],
        ["id"],
        source_schema="trade",
        referent_schema="trade",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_projects_direct_document_id_documents"), "projects", schema="trade", type_="foreignkey")
    op.drop_column("projects", "direct_document_id", schema="trade")
    op.drop_constraint(
        op.f("fk_mode_versions_trial_id_mode_trials"), "mode_versions", schema="trade", type_="foreignkey"
    )
    for table in ("mode_trials", "mode_versions", "modes", "choices"):
        op.drop_table(table, schema="trade")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION trade.{name}()")
