"""What a selection rests on is bound, row to row: first the frozen pool, opened quotes, draws.

A hand that writes past the operations would have to fit every row to the one before it; what nobody can fit
(a quote to its commitment, a draw's order to its value) the database computes itself.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROLE = "supermarket_app"
REFUSE = "USING ERRCODE = 'restrict_violation'"

FUNCTIONS = {
    # -- the pool
    "keep_enrolment": f"""
        DECLARE frozen timestamptz;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'an enrolment is never deleted' {REFUSE};
            END IF;
            SELECT frozen_at INTO frozen FROM trade.projects WHERE id = NEW.project_id;
            IF TG_OP = 'INSERT' THEN
                IF frozen IS NOT NULL OR NEW.state <> 'live' THEN
                    RAISE EXCEPTION 'nobody comes into a fixed pool' {REFUSE};
                END IF;
                RETURN NEW;
            END IF;
            IF (NEW.project_id, NEW.agency_id, NEW.agency_name, NEW.enrolled_at, NEW.offered_days)
                IS DISTINCT FROM
                (OLD.project_id, OLD.agency_id, OLD.agency_name, OLD.enrolled_at, OLD.offered_days)
                OR (OLD.figures <> '{{}}'::jsonb AND NEW.figures IS DISTINCT FROM OLD.figures)
            THEN
                RAISE EXCEPTION 'an enrolment and the figures of its freeze stay as they are' {REFUSE};
            END IF;
            IF OLD.state <> 'live' AND (NEW.state, NEW.exclusion_code, NEW.exclusion_reason)
                IS DISTINCT FROM (OLD.state, OLD.exclusion_code, OLD.exclusion_reason)
            THEN
                RAISE EXCEPTION 'who is out does not come back' {REFUSE};
            END IF;
            IF NEW.state = 'cancelled' AND OLD.state = 'live' AND frozen IS NOT NULL THEN
                RAISE EXCEPTION 'nobody leaves a fixed pool' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    "exclusion_is_told": f"""
        BEGIN
            IF NOT EXISTS (
                SELECT FROM platform.events e WHERE e.subject_kind = 'enrolment' AND e.subject_code = NEW.id::text
                AND e.tag = 'enrolment.excluded' AND e.data ->> 'code' = NEW.exclusion_code
            ) THEN
                RAISE EXCEPTION 'an exclusion is an event' {REFUSE};
            END IF;
            RETURN NULL;
        END
    """,
    # -- quotes
    "opened_as_committed": f"""
        DECLARE committed text;
        BEGIN
            SELECT commitment INTO committed FROM trade.quotes WHERE id = NEW.quote_id;
            IF NEW.body IS NOT NULL AND (
                encode(sha256(convert_to(NEW.body, 'UTF8')), 'hex') <> committed
                OR split_part(NEW.body, E'\n', 5) <> NEW.amount::text
            ) THEN
                RAISE EXCEPTION 'what was in the box is what was committed to' {REFUSE};
            END IF;
            IF NOT EXISTS (
                SELECT FROM trade.quotes q JOIN trade.quote_lists l ON l.project_id = q.project_id
                WHERE q.id = NEW.quote_id AND strpos(l.body, ' ' || committed || ' ') > 0
            ) THEN
                RAISE EXCEPTION 'nothing is opened that is not on the published list' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    "keep_cost_statement": f"""
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.quote_id, NEW.asked_at) IS DISTINCT FROM (OLD.quote_id, OLD.asked_at)
                OR (OLD.statement IS NOT NULL AND (NEW.statement, NEW.given_at, NEW.document_id)
                    IS DISTINCT FROM (OLD.statement, OLD.given_at, OLD.document_id))
                OR (OLD.decided_at IS NOT NULL AND NEW IS DISTINCT FROM OLD)
            THEN
                RAISE EXCEPTION 'a statement and a decision stay as they were given' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    # -- draws: SHA256(be16(i) key be16(i)) mod left, in order (selection.md 3)
    "draw_order": """
        DECLARE
            key bytea;
            line text;
            left_over text[] := ARRAY[]::text[];
            drawn text[] := ARRAY[]::text[];
            i integer := 0;
            h bytea;
            place bytea;
            remainder bigint;
            n bigint;
            k integer;
        BEGIN
            key := sha256(convert_to(E'draw-v2\n', 'UTF8') || sha256(convert_to(pool_file, 'UTF8'))
                          || convert_to(value, 'UTF8'));
            FOREACH line IN ARRAY (string_to_array(pool_file, E'\n'))[5:] LOOP
                IF line <> '' THEN
                    left_over := left_over
                        || array_fill(split_part(line, ' ', 1), ARRAY[split_part(line, ' ', 2)::integer]);
                END IF;
            END LOOP;
            WHILE cardinality(left_over) > 0 LOOP
                i := i + 1;
                place := set_byte(set_byte(decode('0000', 'hex'), 0, i / 256), 1, i % 256);
                h := sha256(place || key || place);
                n := cardinality(left_over);
                remainder := 0;
                FOR k IN 0..31 LOOP
                    remainder := (remainder * 256 + get_byte(h, k)) % n;
                END LOOP;
                drawn := drawn || left_over[remainder + 1];
                left_over := array_remove(left_over, left_over[remainder + 1]);
            END LOOP;
            RETURN drawn;
        END
    """,
    "draw_follows": f"""
        DECLARE
            source text;
            part integer;
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD."order" IS NOT NULL THEN
                RETURN NEW;
            END IF;
            IF NEW.pool_hash <> encode(sha256(convert_to(NEW.pool_file, 'UTF8')), 'hex') THEN
                RAISE EXCEPTION 'the pool hash is that of the pool file' {REFUSE};
            END IF;
            IF NEW."order" IS NULL THEN
                RETURN NEW;
            END IF;
            IF NEW.receipt IS NULL OR NEW.receipt = 'null'::jsonb OR NEW.value IS NULL
                OR NEW."order"::text[] <> trade.draw_order(NEW.pool_file, NEW.value)
            THEN
                RAISE EXCEPTION 'an order follows from pool and value' {REFUSE};
            END IF;
            source := split_part(NEW.pool_file, E'\n', 4);
            IF source LIKE 'parties:%' AND jsonb_array_length(NEW.refused) = 0 THEN
                FOR part IN 1..cardinality(string_to_array(source, ':')) - 1 LOOP
                    IF split_part(NEW.value, ':', part) !~ '^[0-9a-f]{{64}}$'
                        OR encode(sha256(decode(split_part(NEW.value, ':', part), 'hex')), 'hex')
                            <> split_part(source, ':', part + 1)
                    THEN
                        RAISE EXCEPTION 'what is revealed hashes to its commitment' {REFUSE};
                    END IF;
                END LOOP;
            END IF;
            RETURN NEW;
        END
    """,
    "numbers_are_typed_twice": f"""
        BEGIN
            IF (split_part(NEW.pool_file, E'\n', 4) LIKE 'published:%' OR jsonb_array_length(NEW.refused) > 0)
                AND (SELECT count(DISTINCT b.role) FROM trade.bulletin_entries b
                     WHERE b.draw_id = NEW.id AND b.value = NEW.value) < 2
            THEN
                RAISE EXCEPTION 'the numbers of a bulletin are typed by two' {REFUSE};
            END IF;
            RETURN NULL;
        END
    """,
}
SIGNATURES = {"draw_order": ("pool_file text, value text", "text[]")}
TRIGGERS = (
    ("keep_enrolment", "BEFORE INSERT OR UPDATE OR DELETE", "trade.enrolments"),
    ("opened_as_committed", "BEFORE INSERT", "trade.opened_quotes"),
    ("keep_cost_statement", "BEFORE UPDATE OR DELETE", "trade.cost_statements"),
    ("draw_follows", "BEFORE INSERT OR UPDATE", "trade.draws"),
)
# Looked at when the transaction commits: the event stands in it, too.
TOLD = (
    ("exclusion_is_told", "INSERT OR UPDATE OF state", "trade.enrolments", "NEW.state = 'excluded'"),
    ("numbers_are_typed_twice", 'INSERT OR UPDATE OF "order"', "trade.draws", 'NEW."order" IS NOT NULL'),
)
NOT_EMPTIED = ("trade.enrolments", "trade.cost_statements")


def upgrade() -> None:
    op.add_column(
        "eligibility_checks",
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
        schema="trade",
    )
    op.add_column(
        "enrolments", sa.Column("agency_name", sa.String(200), nullable=False, server_default=""), schema="trade"
    )
    op.execute("UPDATE trade.enrolments e SET agency_name = a.name FROM agencies.agencies a WHERE a.id = e.agency_id")
    op.add_column(
        "cost_statements",
        sa.Column("document_id", sa.Integer(), sa.ForeignKey("platform.documents.id"), nullable=True),
        schema="trade",
    )
    op.add_column("awards", sa.Column("standstill_until", MOMENT, nullable=True), schema="trade")
    op.execute("UPDATE trade.awards SET standstill_until = due_at WHERE state = 'announced'")
    op.create_table(
        "weak_links",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("trade.projects.id"), nullable=False),
        sa.Column("first", sa.String(18), nullable=False),
        sa.Column("second", sa.String(18), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.UniqueConstraint("project_id", "first", "second", "kind"),
        sa.CheckConstraint("first < second", name="in_order"),
        schema="trade",
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trade.weak_links "
        "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
    )
    for table in (*NOT_EMPTIED, "trade.weak_links"):
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )
    op.execute(
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
        f"THEN REVOKE UPDATE, DELETE, TRUNCATE ON trade.weak_links FROM {ROLE}; END IF; END $$"
    )
    for name, body in FUNCTIONS.items():
        takes, gives = SIGNATURES.get(name, ("", "trigger"))
        op.execute(f"CREATE FUNCTION trade.{name}({takes}) RETURNS {gives} LANGUAGE plpgsql AS $${body}$$")
    for name, when, table in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION trade.{name}()")
    for name, when, table, which in TOLD:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {when} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN ({which}) EXECUTE FUNCTION trade.{name}()"
        )


def downgrade() -> None:
    for name, _when, table, _which in reversed(TOLD):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name, _when, table in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        takes, _gives = SIGNATURES.get(name, ("", ""))
        types = ", ".join(part.split()[-1] for part in takes.split(",")) if takes else ""
        op.execute(f"DROP FUNCTION trade.{name}({types})")
    for table in NOT_EMPTIED:
        op.execute(f"DROP TRIGGER no_truncate ON {table}")
    op.drop_table("weak_links", schema="trade")
    op.drop_column("awards", "standstill_until", schema="trade")
    op.drop_column("cost_statements", "document_id", schema="trade")
    op.drop_column("enrolments", "agency_name", schema="trade")
    op.drop_column("eligibility_checks", "changes", schema="trade")
