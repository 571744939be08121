"""No hand sets a winner: awards walk down the stored order, the order is stored once, the winner has an award.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "walk_down_the_order": """
        DECLARE
            first_price bigint;
            percent bigint;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'an award is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                IF (NEW.project_id, NEW.agency_id, NEW.position, NEW.price)
                    IS DISTINCT FROM (OLD.project_id, OLD.agency_id, OLD.position, OLD.price)
                THEN
                    RAISE EXCEPTION 'an award stays with its agency' USING ERRCODE = 'restrict_violation';
                END IF;
                IF OLD.state IN ('declined', 'disqualified', 'lapsed', 'closed') AND NEW.state <> OLD.state THEN
                    RAISE EXCEPTION 'who dropped out does not come back' USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF NEW.state NOT IN ('offered', 'announced') THEN
                RAISE EXCEPTION 'an award begins with its announcement' USING ERRCODE = 'restrict_violation';
            END IF;
            SELECT price INTO first_price FROM trade.awards WHERE project_id = NEW.project_id ORDER BY position LIMIT 1;
            SELECT COALESCE((policy ->> 'succession_price_percent')::bigint, 5) INTO percent
                FROM trade.projects WHERE id = NEW.project_id;
            -- Everybody before this place has dropped out, or asks too much above the first winner (selection.md 1).
            IF EXISTS (
                SELECT FROM trade.ranks r
                WHERE r.project_id = NEW.project_id AND r.position < NEW.position
                AND NOT EXISTS (
                    SELECT FROM trade.awards a
                    WHERE a.project_id = r.project_id AND a.position = r.position
                    AND a.state IN ('declined', 'disqualified', 'lapsed', 'closed')
                )
                AND NOT COALESCE(r.price * 100 > first_price * (100 + percent), false)
            ) THEN
                RAISE EXCEPTION 'an award goes down the stored order' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "store_the_order_once": """
        BEGIN
            IF EXISTS (SELECT FROM trade.awards WHERE project_id = NEW.project_id) THEN
                RAISE EXCEPTION 'the order is stored before the first award' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "winner_has_an_award": """
        BEGIN
            IF NEW.winner_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM trade.awards
                WHERE project_id = NEW.id AND agency_id = NEW.winner_id
                AND state IN ('announced', 'awarded', 'contracted')
            ) THEN
                RAISE EXCEPTION 'a winner has an award' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
TRIGGERS = (
    ("walk_down_the_order", "BEFORE INSERT OR UPDATE OR DELETE", "trade.awards"),
    ("store_the_order_once", "BEFORE INSERT", "trade.ranks"),
    ("winner_has_an_award", "BEFORE INSERT OR UPDATE OF winner_id", "trade.projects"),
)


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION trade.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for name, when, table in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION trade.{name}()")
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON trade.awards "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER no_truncate ON trade.awards")
    for name, _when, table in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION trade.{name}()")
