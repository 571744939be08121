"""What the database itself refuses: changes of ledgers, of drawn draws; and what the site's role may do.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEDGERS = (
    "platform.events",
    "platform.sealed_events",
    "credit.entries",
    "credit.past_performances",
    "trade.quotes",
    "trade.opened_quotes",
    "trade.ranks",
    "trade.signatures",
    "trade.eligibility_checks",
    "trade.project_versions",
)
SCHEMAS = ("platform", "matters", "agencies", "credit", "trade")
ROLE = "supermarket_app"


def _for_role(statement: str) -> str:
    return f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN {statement}; END IF;
    END $$
    """


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION platform.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%.% only takes new rows', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in LEDGERS:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )
    op.execute(
        """
        CREATE FUNCTION trade.keep_draw() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.project_id, NEW.purpose, NEW.source, NEW.pool_file, NEW.pool_hash, NEW.excluded)
                    IS DISTINCT FROM
                    (OLD.project_id, OLD.purpose, OLD.source, OLD.pool_file, OLD.pool_hash, OLD.excluded)
                OR (OLD.receipt IS NOT NULL AND OLD.receipt <> 'null'::jsonb AND NEW.receipt IS DISTINCT FROM OLD.receipt)
                OR (OLD.value IS NOT NULL AND NEW.value IS DISTINCT FROM OLD.value)
                OR (OLD.key IS NOT NULL AND NEW.key IS DISTINCT FROM OLD.key)
                OR (OLD."order" IS NOT NULL AND NEW."order" IS DISTINCT FROM OLD."order")
                OR (OLD.drawn_at IS NOT NULL AND NEW.drawn_at IS DISTINCT FROM OLD.drawn_at)
            THEN
                RAISE EXCEPTION 'a draw is never changed or drawn again' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_draw BEFORE UPDATE OR DELETE ON trade.draws FOR EACH ROW EXECUTE FUNCTION trade.keep_draw()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON trade.draws "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )
    for schema in SCHEMAS:
        op.execute(_for_role(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}"))
        op.execute(_for_role(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {ROLE}"))
        op.execute(_for_role(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {ROLE}"))
        op.execute(
            _for_role(
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}"
            )
        )
        op.execute(_for_role(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {ROLE}"))
    for table in LEDGERS:
        op.execute(_for_role(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}"))


def downgrade() -> None:
    for schema in SCHEMAS:
        op.execute(
            _for_role(
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM {ROLE}"
            )
        )
        op.execute(
            _for_role(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE USAGE, SELECT ON SEQUENCES FROM {ROLE}")
        )
        op.execute(_for_role(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {ROLE}"))
        op.execute(_for_role(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {ROLE}"))
        op.execute(_for_role(f"REVOKE USAGE ON SCHEMA {schema} FROM {ROLE}"))
    op.execute("DROP TRIGGER no_truncate ON trade.draws")
    op.execute("DROP TRIGGER keep_draw ON trade.draws")
    op.execute("DROP FUNCTION trade.keep_draw()")
    for table in LEDGERS:
        op.execute(f"DROP TRIGGER no_truncate ON {table}")
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP FUNCTION platform.refuse_change()")
