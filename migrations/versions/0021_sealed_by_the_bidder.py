"""Quotes sealed by their bidders: each under its enrolment, no commitment twice; lists open late, stop, or ask for bodies.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())
FUNCTIONS = {
    "keep_quote_list": """
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.project_id, NEW.body, NEW.body_hash, NEW.published_at)
                    IS DISTINCT FROM (OLD.project_id, OLD.body, OLD.body_hash, OLD.published_at)
                OR (OLD.countersignature IS NOT NULL AND NEW.countersignature IS DISTINCT FROM OLD.countersignature)
                OR (OLD.bodies_asked_at IS NOT NULL AND NEW.bodies_asked_at IS DISTINCT FROM OLD.bodies_asked_at)
                OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
                OR (OLD.stopped_at IS NOT NULL
                    AND (NEW.stopped_at, NEW.stopped_by) IS DISTINCT FROM (OLD.stopped_at, OLD.stopped_by))
                OR NEW.opens_at < OLD.opens_at OR NEW.key_due_at < OLD.key_due_at
            THEN
                RAISE EXCEPTION 'a published list of quotes stands' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "keep_quote_hand_in": """
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.quote_id, NEW.cause, NEW.asked_at) IS DISTINCT FROM (OLD.quote_id, OLD.cause, OLD.asked_at)
                OR (OLD.state <> 'asked' AND (NEW.state, NEW.ended_at, NEW.due_at)
                    IS DISTINCT FROM (OLD.state, OLD.ended_at, OLD.due_at))
                OR NEW.due_at < OLD.due_at
            THEN
                RAISE EXCEPTION 'what a bidder was asked for stands' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
TRIGGERS = (("keep_quote_list", "trade.quote_lists"), ("keep_quote_hand_in", "trade.quote_hand_ins"))


def upgrade() -> None:
    op.execute("ALTER TABLE trade.quotes DISABLE TRIGGER append_only")
    op.add_column("quotes", sa.Column("enrolment_id", sa.Integer(), nullable=True), schema="trade")
    # Each quote stands under the last enrolment of its agency that had begun when it came.
    op.execute("""
        UPDATE trade.quotes q SET enrolment_id = COALESCE(
            (SELECT e.id FROM trade.enrolments e
             WHERE e.project_id = q.project_id AND e.agency_id = q.agency_id
             AND date_trunc('second', e.enrolled_at) <= q.received_at ORDER BY e.id DESC LIMIT 1),
            (SELECT e.id FROM trade.enrolments e
             WHERE e.project_id = q.project_id AND e.agency_id = q.agency_id ORDER BY e.id DESC LIMIT 1))
    """)
    op.execute("ALTER TABLE trade.quotes ENABLE TRIGGER append_only")
    op.alter_column("quotes", "enrolment_id", nullable=False, schema="trade")
    op.create_foreign_key(
        op.f("fk_quotes_enrolment_id_enrolments"),
        "quotes",
        "enrolments",
        ["enrolment_id"],
        ["id"],
        source_schema="trade",
        referent_schema="trade",
    )
    op.create_index("ix_quotes_enrolment", "quotes", ["enrolment_id"], schema="trade")
    op.create_index("uq_quotes_commitment", "quotes", ["commitment"], unique=True, schema="trade")
    for name, nullable in (
        ("opens_at", True),
        ("key_due_at", True),
        ("bodies_asked_at", True),
        ("opened_at", True),
        ("stopped_at", True),
    ):
        op.add_column("quote_lists", sa.Column(name, MOMENT, nullable=nullable), schema="trade")
    op.add_column("quote_lists", sa.Column("stopped_by", JSON, nullable=True), schema="trade")
    # Until now a list was countersigned and opened in one step.
    op.execute("UPDATE trade.quote_lists SET countersignature = NULL WHERE countersignature = 'null'::jsonb")
    op.execute("""
        UPDATE trade.quote_lists l SET opens_at = published_at, key_due_at = published_at + interval '1 day',
            opened_at = CASE WHEN countersignature IS NOT NULL THEN COALESCE(
                (SELECT max(o.opened_at) FROM trade.opened_quotes o JOIN trade.quotes q ON q.id = o.quote_id
                 WHERE q.project_id = l.project_id), published_at) END
    """)
    op.alter_column("quote_lists", "opens_at", nullable=False, schema="trade")
    op.alter_column("quote_lists", "key_due_at", nullable=False, schema="trade")
    op.create_check_constraint(
        op.f("ck_quote_lists_stopped_by_something"),
        "quote_lists",
        "(stopped_at IS NULL) = (stopped_by IS NULL)",
        schema="trade",
    )
    op.create_check_constraint(
        op.f("ck_quote_lists_stopped_is_not_opened"),
        "quote_lists",
        "opened_at IS NULL OR stopped_at IS NULL",
        schema="trade",
    )
    op.create_index(
        "ix_quote_lists_due",
        "quote_lists",
        ["opens_at"],
        schema="trade",
        postgresql_where=sa.text("opened_at IS NULL AND stopped_at IS NULL"),
    )
    op.create_index(
        "ix_quote_lists_unsigned",
        "quote_lists",
        ["published_at"],
        schema="trade",
        postgresql_where=sa.text("countersignature IS NULL"),
    )
    op.create_table(
        "quote_hand_ins",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked", "given", "missed", "opened", name="state", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name=op.f("ck_quote_hand_ins_ended_has_moment")),
        sa.ForeignKeyConstraint(["quote_id"], ["trade.quotes.id"], name=op.f("fk_quote_hand_ins_quote_id_quotes")),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_quote_hand_ins")),
        schema="trade",
    )
    op.create_index(
        "ix_quote_hand_ins_due",
        "quote_hand_ins",
        ["due_at"],
        schema="trade",
        postgresql_where=sa.text("state = 'asked'"),
    )
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION trade.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for name, table in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION trade.{name}()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )


def downgrade() -> None:
    for name, table in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER no_truncate ON {table}")
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION trade.{name}()")
    op.drop_table("quote_hand_ins", schema="trade")
    op.drop_index("ix_quote_lists_unsigned", "quote_lists", schema="trade")
    op.drop_index("ix_quote_lists_due", "quote_lists", schema="trade")
    op.drop_constraint(op.f("ck_quote_lists_stopped_is_not_opened"), "quote_lists", schema="trade")
    op.drop_constraint(op.f("ck_quote_lists_stopped_by_something"), "quote_lists", schema="trade")
    # The release before opens whatever is not countersigned: what was signed and not opened yet waits for it again.
    op.execute("UPDATE trade.quote_lists SET countersignature = NULL WHERE opened_at IS NULL AND stopped_at IS NULL")
    for name in ("stopped_by", "stopped_at", "opened_at", "bodies_asked_at", "key_due_at", "opens_at"):
        op.drop_column("quote_lists", name, schema="trade")
    op.drop_index("uq_quotes_commitment", "quotes", schema="trade")
    op.drop_index("ix_quotes_enrolment", "quotes", schema="trade")
    op.drop_constraint(op.f("fk_quotes_enrolment_id_enrolments"), "quotes", schema="trade", type_="foreignkey")
    op.drop_column("quotes", "enrolment_id", schema="trade")
