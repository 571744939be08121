"""Exceptions to the rules on requirements, public; drafts made once; what the witness was last told.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLE = "requirement_exceptions"
STATES = ("asked", "granted", "in_force", "denied", "withdrawn", "revoked")
RULES = (
    "registered_capital",
    "financial_size",
    "staff_size",
    "years_in_business",
    "ownership",
    "local_seat",
    "local_branch",
    "local_tax",
    "local_insurance",
    "local_record",
    "past_award",
    "shortlist",
    "named_agency",
    "honours",
    "beyond_matter",
)


def _choice(name: str, values: tuple[str, ...]) -> list[sa.Column[str] | sa.CheckConstraint]:
    allowed = ", ".join(repr(value) for value in values)
    return [
        sa.Column(name, sa.String(32), nullable=False),
        sa.CheckConstraint(f"{name} IN ({allowed})", name=op.f(f"ck_{TABLE}_{name}")),
    ]


def _to(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{TABLE}_{column}"))


def upgrade() -> None:
    op.add_column("projects", sa.Column("draft_key", sa.String(64)), schema="trade")
    op.add_column("projects", sa.Column("witness_opens_at", MOMENT), schema="trade")
    # Enrolments that have ended need no word to the witness any more; the others are told by the next tick.
    op.execute(
        "UPDATE trade.projects SET witness_opens_at = enrol_until WHERE quote_keys IS NOT NULL AND state <> 'open'"
    )
    op.create_index(
        "uq_projects_draft_key",
        "projects",
        ["owner_id", "draft_key"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("draft_key IS NOT NULL"),
    )
    op.create_index(
        "ix_projects_witness_untold",
        "projects",
        ["enrol_until"],
        schema="trade",
        postgresql_where=sa.text("quote_keys IS NOT NULL AND witness_opens_at IS DISTINCT FROM enrol_until"),
    )
    _exceptions()


def _exceptions() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        *_choice("state", STATES),
        *_choice("rule", RULES),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Integer()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.Integer()),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("reminded_at", MOMENT),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("decided_by_organisation_id", sa.Integer()),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("in_force_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("text_hash ~ '^[0-9a-f]{64}$'", name=op.f(f"ck_{TABLE}_text_hash_is_sha256")),
        sa.CheckConstraint(
            "(state IN ('asked', 'withdrawn')) OR decided_at IS NOT NULL", name=op.f(f"ck_{TABLE}_decided")
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR decided_by_organisation_id IS NOT NULL",
            name=op.f(f"ck_{TABLE}_decided_by_an_office"),
        ),
        sa.CheckConstraint("(state = 'in_force') = (in_force_at IS NOT NULL)", name=op.f(f"ck_{TABLE}_in_force")),
        _to("project_id", "trade.projects.id"),
        _to("document_id", "platform.documents.id"),
        _to("asked_by", "platform.users.id"),
        _to("decided_by", "platform.users.id"),
        _to("decided_by_organisation_id", "platform.organisations.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        schema="trade",
    )
    op.create_index(
        "uq_requirement_exceptions_one_live",
        TABLE,
        ["project_id", "rule", "text_hash"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("state IN ('asked', 'granted', 'in_force')"),
    )
    op.create_index("ix_requirement_exceptions_project", TABLE, ["project_id", "id"], schema="trade")
    op.create_index(
        "ix_requirement_exceptions_waiting",
        TABLE,
        ["due_at"],
        schema="trade",
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        "ix_requirement_exceptions_public",
        TABLE,
        ["in_force_at", "id"],
        schema="trade",
        postgresql_where=sa.text("state = 'in_force'"),
    )
    # What was asked for is never reworded, and what is in force never changes: agencies rely on it.
    op.execute(
        """
        CREATE FUNCTION trade.keep_exception() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.project_id, NEW.rule, NEW.text, NEW.text_hash, NEW.reason, NEW.legal_basis)
                    IS DISTINCT FROM
                    (OLD.project_id, OLD.rule, OLD.text, OLD.text_hash, OLD.reason, OLD.legal_basis)
                OR OLD.state NOT IN ('asked', 'granted')
            THEN
                RAISE EXCEPTION 'an exception is not reworded, and not changed once it has ended or is in force'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER keep_exception BEFORE UPDATE OR DELETE ON trade.{TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION trade.keep_exception()"
    )
    op.execute(
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON trade.{TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )


def downgrade() -> None:
    op.drop_table(TABLE, schema="trade")
    op.execute("DROP FUNCTION trade.keep_exception()")
    op.drop_index("ix_projects_witness_untold", table_name="projects", schema="trade")
    op.drop_index("uq_projects_draft_key", table_name="projects", schema="trade")
    op.drop_column("projects", "witness_opens_at", schema="trade")
    op.drop_column("projects", "draft_key", schema="trade")
