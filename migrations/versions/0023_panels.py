"""The expert pool; panels that score merit selections: proposals, seats, drafts, scores. A notice can be one person's.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLE = "supermarket_app"
MOMENT = sa.DateTime(timezone=True)
SEAT_STATES = (
    "excluded",
    "pooled",
    "invited",
    "serving",
    "submitted",
    "confirmed",
    "dissented",
    "declined",
    "no_answer",
    "recused",
    "late",
    "released",
)
APPEND_ONLY = ("trade.proposals", "trade.panel_plans", "trade.panel_scores")
FUNCTIONS = {
    "seat_keeps_its_expert": """
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a seat is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.project_id, NEW.expert_id, NEW.pool_id, NEW.body, NEW.exclusion_code)
                IS DISTINCT FROM (OLD.project_id, OLD.expert_id, OLD.pool_id, OLD.body, OLD.exclusion_code)
            THEN
                RAISE EXCEPTION 'who was in the pool stays' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.position IS NOT NULL AND NEW.position IS DISTINCT FROM OLD.position THEN
                RAISE EXCEPTION 'the drawn order stays' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.sheet_hash IS NOT NULL AND NEW.sheet_hash IS DISTINCT FROM OLD.sheet_hash THEN
                RAISE EXCEPTION 'a signed sheet stays' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.state IN ('excluded', 'declined', 'no_answer', 'recused', 'late', 'released')
                AND NEW.state <> OLD.state
            THEN
                RAISE EXCEPTION 'who was passed over does not come back' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "score_before_the_sheet_is_signed": """
        BEGIN
            IF EXISTS (SELECT FROM trade.panel_seats WHERE id = NEW.seat_id AND state <> 'serving') THEN
                RAISE EXCEPTION 'only who serves scores, and once' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
TRIGGERS = (
    ("seat_keeps_its_expert", "BEFORE UPDATE OR DELETE", "trade.panel_seats"),
    ("score_before_the_sheet_is_signed", "BEFORE INSERT", "trade.panel_scores"),
)


def _choice(table: str, name: str, values: tuple[str, ...]) -> list[sa.Column[str] | sa.CheckConstraint]:
    allowed = ", ".join(repr(value) for value in values)
    return [
        sa.Column(name, sa.String(32), nullable=False),
        sa.CheckConstraint(f"{name} IN ({allowed})", name=op.f(f"ck_{table}_{name}")),
    ]


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _for_role(statement: str) -> None:
    op.execute(
        f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN {statement}; END IF;
        END $$
        """
    )


def upgrade() -> None:
    op.add_column("notices", sa.Column("user_id", sa.Integer()), schema="platform")
    op.create_foreign_key(
        op.f("fk_notices_user_id"),
        "notices",
        "users",
        ["user_id"],
        ["id"],
        source_schema="platform",
        referent_schema="platform",
    )
    op.drop_constraint(op.f("uq_notices_organisation_id_event_id"), "notices", schema="platform")
    op.create_unique_constraint(
        op.f("uq_notices_organisation_id_event_id_user_id"),
        "notices",
        ["organisation_id", "event_id", "user_id"],
        schema="platform",
        postgresql_nulls_not_distinct=True,
    )
    _experts()
    _proposals()
    _panels()
    _seats()
    _scores()
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION trade.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for name, when, table in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION trade.{name}()")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
        )
        _for_role(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}")
    for table in (*APPEND_ONLY, "trade.panel_seats"):
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )


def _experts() -> None:
    op.execute("CREATE SEQUENCE trade.expert_serial")
    _for_role(f"GRANT USAGE, SELECT ON SEQUENCE trade.expert_serial TO {ROLE}")
    op.create_table(
        "experts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("title", sa.String(64), nullable=False),
        sa.Column("employer", sa.String(200), nullable=False),
        sa.Column("employer_uscc", sa.String(18)),
        sa.Column("region_code", sa.String(6), nullable=False),
        sa.Column("industries", postgresql.ARRAY(sa.String(32)), nullable=False),
        sa.Column("matters", postgresql.ARRAY(sa.String(16)), nullable=False, server_default="{}"),
        *_choice("experts", "standing", ("applied", "active", "suspended", "left")),
        sa.Column("standing_since", MOMENT, nullable=False),
        sa.Column("standing_reason", sa.Text(), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_experts_email_lower")),
        sa.CheckConstraint("cardinality(industries) > 0", name=op.f("ck_experts_has_industry")),
        _to("experts", "user_id", "platform.users.id"),
        _to("experts", "organisation_id", "platform.organisations.id"),
        _to("experts", "region_code", "platform.regions.code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experts")),
        sa.UniqueConstraint("code", name=op.f("uq_experts_code")),
        sa.UniqueConstraint("email", name=op.f("uq_experts_email")),
        sa.UniqueConstraint("user_id", name=op.f("uq_experts_user_id")),
        schema="trade",
    )
    op.create_index("ix_experts_standing", "experts", ["standing", "region_code"], schema="trade")
    op.create_index(op.f("ix_experts_employer_uscc"), "experts", ["employer_uscc"], schema="trade")
    op.create_table(
        "expert_interests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        *_choice("expert_interests", "kind", ("employment", "kin", "investment", "advice", "other")),
        sa.Column("uscc", sa.String(18), nullable=False),
        sa.Column("body_name", sa.String(200), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        _to("expert_interests", "expert_id", "trade.experts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_interests")),
        schema="trade",
    )
    op.create_index(
        "uq_expert_interests_one_live",
        "expert_interests",
        ["expert_id", "uscc", "kind"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Integer()),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.CheckConstraint("text <> '' OR document_id IS NOT NULL", name=op.f("ck_proposals_says_something")),
        _to("proposals", "project_id", "trade.projects.id"),
        _to("proposals", "agency_id", "agencies.agencies.id"),
        _to("proposals", "document_id", "platform.documents.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("project_id", "agency_id", "seq", name=op.f("uq_proposals_project_id_agency_id_seq")),
        schema="trade",
    )


def _panels() -> None:
    op.create_table(
        "panels",
        sa.Column("project_id", sa.Integer(), nullable=False),
        *_choice("panels", "state", ("drawing", "scoring", "confirming", "closed", "ended")),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(6)),
        sa.Column("convened_at", MOMENT, nullable=False),
        sa.Column("seated_at", MOMENT),
        sa.Column("complete_at", MOMENT),
        sa.Column("confirm_due_at", MOMENT),
        sa.Column("record", postgresql.JSONB(none_as_null=True)),
        sa.Column("record_document_id", sa.Integer()),
        sa.Column("closed_at", MOMENT),
        sa.CheckConstraint("size >= 1", name=op.f("ck_panels_size_positive")),
        sa.CheckConstraint(
            "(state IN ('confirming', 'closed')) = (record IS NOT NULL)", name=op.f("ck_panels_record_when_complete")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (record_document_id IS NOT NULL)", name=op.f("ck_panels_closed_has_document")
        ),
        _to("panels", "project_id", "trade.projects.id"),
        _to("panels", "record_document_id", "platform.documents.id"),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_panels")),
        schema="trade",
    )
    op.create_index(
        "ix_panels_confirm",
        "panels",
        ["confirm_due_at"],
        schema="trade",
        postgresql_where=sa.text("confirm_due_at IS NOT NULL"),
    )
    op.create_table(
        "panel_plans",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(4), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        _to("panel_plans", "project_id", "trade.panels.project_id"),
        _to("panel_plans", "agency_id", "agencies.agencies.id"),
        _to("panel_plans", "proposal_id", "trade.proposals.id"),
        sa.PrimaryKeyConstraint("project_id", "agency_id", name=op.f("pk_panel_plans")),
        sa.UniqueConstraint("project_id", "alias", name=op.f("uq_panel_plans_project_id_alias")),
        schema="trade",
    )


def _seats() -> None:
    op.create_table(
        "panel_seats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("exclusion_code", sa.String(64)),
        sa.Column("position", sa.Integer()),
        *_choice("panel_seats", "state", SEAT_STATES),
        sa.Column("invited_at", MOMENT),
        sa.Column("accepted_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("remind_at", MOMENT),
        sa.Column("submitted_at", MOMENT),
        sa.Column("sheet_hash", sa.String(64)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("deemed", sa.Boolean(), nullable=False),
        sa.Column("dissent", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'excluded') = (exclusion_code IS NOT NULL)", name=op.f("ck_panel_seats_excluded_has_code")
        ),
        sa.CheckConstraint(
            "(state IN ('submitted', 'confirmed', 'dissented')) <= (sheet_hash IS NOT NULL)",
            name=op.f("ck_panel_seats_scored_has_sheet"),
        ),
        sa.CheckConstraint(
            "(state IN ('invited', 'serving')) = (due_at IS NOT NULL)", name=op.f("ck_panel_seats_asked_has_limit")
        ),
        sa.CheckConstraint("(state = 'dissented') = (dissent <> '')", name=op.f("ck_panel_seats_dissent_says_why")),
        _to("panel_seats", "project_id", "trade.panels.project_id"),
        _to("panel_seats", "expert_id", "trade.experts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_seats")),
        sa.UniqueConstraint("project_id", "expert_id", name=op.f("uq_panel_seats_project_id_expert_id")),
        sa.UniqueConstraint("project_id", "pool_id", name=op.f("uq_panel_seats_project_id_pool_id")),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_panel_seats_project_id_position")),
        schema="trade",
    )
    for name, columns, condition in (
        ("ix_panel_seats_due", ["due_at"], "due_at IS NOT NULL"),
        ("ix_panel_seats_remind", ["remind_at"], "remind_at IS NOT NULL"),
        ("ix_panel_seats_expert", ["expert_id", "id"], None),
    ):
        where = None if condition is None else sa.text(condition)
        op.create_index(name, "panel_seats", columns, schema="trade", postgresql_where=where)


def _scores() -> None:
    for table, more in (
        (
            "panel_drafts",
            [
                sa.Column("points", sa.Integer()),
                sa.Column("sentence", sa.Text(), nullable=False),
                sa.Column("at", MOMENT, nullable=False),
            ],
        ),
        (
            "panel_scores",
            [sa.Column("points", sa.Integer(), nullable=False), sa.Column("sentence", sa.Text(), nullable=False)],
        ),
    ):
        op.create_table(
            table,
            sa.Column("seat_id", sa.Integer(), nullable=False),
            sa.Column("agency_id", sa.Integer(), nullable=False),
            sa.Column("criterion", sa.String(40), nullable=False),
            *more,
            sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f(f"ck_{table}_points_in_range")),
            _to(table, "seat_id", "trade.panel_seats.id"),
            _to(table, "agency_id", "agencies.agencies.id"),
            sa.PrimaryKeyConstraint("seat_id", "agency_id", "criterion", name=op.f(f"pk_{table}")),
            schema="trade",
        )


def downgrade() -> None:
    for table in ("panel_scores", "panel_drafts", "panel_seats", "panel_plans", "panels", "proposals"):
        op.drop_table(table, schema="trade")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION trade.{name}()")
    op.drop_table("expert_interests", schema="trade")
    op.drop_table("experts", schema="trade")
    op.execute("DROP SEQUENCE trade.expert_serial")
    # What one person was told must not become news for everybody of the organisation.
    op.execute("DELETE FROM platform.notices WHERE user_id IS NOT NULL")
    op.drop_constraint(op.f("uq_notices_organisation_id_event_id_user_id"), "notices", schema="platform")
    op.drop_constraint(op.f("fk_notices_user_id"), "notices", schema="platform")
    op.drop_column("notices", "user_id", schema="platform")
    op.create_unique_constraint(
        op.f("uq_notices_organisation_id_event_id"), "notices", ["organisation_id", "event_id"], schema="platform"
    )
