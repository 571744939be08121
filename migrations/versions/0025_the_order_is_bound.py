"""What a selection rests on is bound, row to row: then stage runs, the order, awards, the winner, the notice's own rules.

Revision ID: 0025
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

REFUSE = "USING ERRCODE = 'restrict_violation'"
# Who in the order asks too much above the first winner, in modes that go by price (selection.md 1).
PRICED = """
    SELECT EXISTS (
        SELECT FROM jsonb_array_elements(p.mode_rules -> 'stages') AS s WHERE s ->> 'stage' IN ('price', 'auction')
    )
"""

FUNCTIONS = {
    # -- stages
    "keep_stage_run": f"""
        BEGIN
            IF TG_OP = 'DELETE'
                OR (NEW.project_id, NEW.position, NEW.stage, NEW.parameters, NEW.started_at)
                    IS DISTINCT FROM (OLD.project_id, OLD.position, OLD.stage, OLD.parameters, OLD.started_at)
                OR (OLD.state = 'done' AND NEW IS DISTINCT FROM OLD)
            THEN
                RAISE EXCEPTION 'a stage that is done stays as it was computed' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    "stage_follows": f"""
        DECLARE
            came text[];
            went text[];
            passed text[];
            due text[];
        BEGIN
            IF NEW.state <> 'done' THEN
                RETURN NEW;
            END IF;
            SELECT COALESCE(array_agg(c ->> 'uscc' ORDER BY c ->> 'uscc'), '{{}}') INTO came
                FROM jsonb_array_elements(NEW.inputs -> 'candidates') AS c;
            SELECT COALESCE(array_agg(u ORDER BY o), '{{}}') INTO went
                FROM jsonb_array_elements_text(NEW.outputs -> 'order') WITH ORDINALITY AS t(u, o);
            SELECT COALESCE(array_agg(u ORDER BY o), '{{}}') INTO passed
                FROM jsonb_array_elements_text(NEW.outputs -> 'passed_on') WITH ORDINALITY AS t(u, o);
            IF NEW.position = 0 THEN
                SELECT COALESCE(array_agg(a.uscc::text ORDER BY a.uscc::text), '{{}}') INTO due
                    FROM trade.enrolments e JOIN agencies.agencies a ON a.id = e.agency_id
                    WHERE e.project_id = NEW.project_id AND e.state = 'live' AND e.figures <> '{{}}'::jsonb;
            ELSE
                SELECT COALESCE(array_agg(u ORDER BY u), '{{}}') INTO due
                    FROM trade.stage_runs r, jsonb_array_elements_text(r.outputs -> 'passed_on') AS u
                    WHERE r.project_id = NEW.project_id AND r.position = NEW.position - 1 AND r.state = 'done';
            END IF;
            IF (SELECT array_agg(u ORDER BY u) FROM unnest(came) AS u)
                IS DISTINCT FROM (SELECT array_agg(u ORDER BY u) FROM unnest(due) AS u)
            THEN
                RAISE EXCEPTION 'a stage takes the pool, or those whom the stage before passed on' {REFUSE};
            END IF;
            IF NOT (went <@ came) OR NOT (passed <@ went)
                OR cardinality(went) <> (SELECT count(DISTINCT u) FROM unnest(went) AS u)
            THEN
                RAISE EXCEPTION 'a stage gives an order of those who came in' {REFUSE};
            END IF;
            IF NEW.stage = 'draw' AND cardinality(came) > 0 AND went IS DISTINCT FROM (
                SELECT d."order"::text[] FROM trade.draws d WHERE d.project_id = NEW.project_id AND d.purpose = 'main'
            ) THEN
                RAISE EXCEPTION 'a draw gives the order that was drawn' {REFUSE};
            END IF;
            IF NEW.stage IN ('price', 'score') AND NEW.parameters ->> 'rule' IS DISTINCT FROM 'highest_discount'
                AND EXISTS (
                SELECT FROM jsonb_array_elements(NEW.inputs -> 'candidates') AS c
                LEFT JOIN LATERAL (
                    SELECT o.amount FROM trade.quotes q JOIN trade.opened_quotes o ON o.quote_id = q.id
                    JOIN agencies.agencies a ON a.id = q.agency_id
                    WHERE q.project_id = NEW.project_id AND a.uscc = c ->> 'uscc' AND o.invalid_code IS NULL
                    ORDER BY q.seq DESC LIMIT 1
                ) AS opened ON true
                WHERE (c ->> 'quote')::bigint IS DISTINCT FROM opened.amount
                OR (opened.amount IS NULL AND EXISTS (
                    SELECT FROM trade.projects p
                    WHERE p.id = NEW.project_id AND p.mode_rules ->> 'needs_quotes' = 'true'
                ))
            ) THEN
                RAISE EXCEPTION 'a stage looks at the quotes that were opened' {REFUSE};
            END IF;
            IF NEW.stage = 'price' AND NEW.parameters ->> 'rule' = 'lowest' AND EXISTS (
                SELECT FROM (
                    SELECT (c ->> 'quote')::bigint AS mine,
                           lead((c ->> 'quote')::bigint) OVER (ORDER BY t.o) AS following
                    FROM unnest(went) WITH ORDINALITY AS t(u, o)
                    JOIN jsonb_array_elements(NEW.inputs -> 'candidates') AS c ON c ->> 'uscc' = t.u
                ) AS pairs WHERE following < mine
            ) THEN
                RAISE EXCEPTION 'lower quotes stand first' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    # -- the order
    "order_follows": f"""
        BEGIN
            IF NOT EXISTS (
                SELECT FROM trade.stage_runs r
                JOIN trade.projects p ON p.id = r.project_id
                JOIN agencies.agencies a ON a.id = NEW.agency_id
                WHERE r.project_id = NEW.project_id AND r.state = 'done'
                AND r.position = jsonb_array_length(p.stages) - 1
                AND r.outputs -> 'order' ->> (NEW.position - 1) = a.uscc
            ) THEN
                RAISE EXCEPTION 'the order is that of the last stage' {REFUSE};
            END IF;
            IF NEW.price IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM trade.quotes q JOIN trade.opened_quotes o ON o.quote_id = q.id
                    WHERE q.project_id = NEW.project_id AND q.agency_id = NEW.agency_id AND o.amount = NEW.price
                )
                AND NOT EXISTS (
                    SELECT FROM trade.stage_runs r WHERE r.project_id = NEW.project_id AND r.stage = 'auction'
                )
            THEN
                RAISE EXCEPTION 'a price is that of the quote' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    # -- awards
    "award_as_ranked": f"""
        DECLARE
            first_price bigint;
            percent bigint;
            priced boolean;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF NEW.state IN ('declined', 'disqualified', 'lapsed', 'closed') AND NEW.state <> OLD.state
                    AND (NEW.reason = '' OR NEW.ended_at IS NULL)
                THEN
                    RAISE EXCEPTION 'who drops out has a public reason' {REFUSE};
                END IF;
                RETURN NEW;
            END IF;
            SELECT ({PRICED}), COALESCE((p.policy ->> 'succession_price_percent')::bigint, 5)
                INTO priced, percent FROM trade.projects p WHERE p.id = NEW.project_id;
            SELECT a.price INTO first_price FROM trade.awards a WHERE a.project_id = NEW.project_id
                ORDER BY a.position LIMIT 1;
            IF NEW.price IS DISTINCT FROM (
                SELECT COALESCE(r.price, p.ceiling) FROM trade.ranks r JOIN trade.projects p ON p.id = r.project_id
                WHERE r.project_id = NEW.project_id AND r.position = NEW.position
            ) THEN
                RAISE EXCEPTION 'an award has the price of its place' {REFUSE};
            END IF;
            IF first_price IS NOT NULL AND (
                (priced AND NEW.price * 100 > first_price * (100 + percent))
                -- Without a price rule nobody is passed over for a price.
                OR (NOT priced AND EXISTS (
                    SELECT FROM trade.ranks r WHERE r.project_id = NEW.project_id AND r.position < NEW.position
                    AND NOT EXISTS (
                        SELECT FROM trade.awards a WHERE a.project_id = r.project_id AND a.position = r.position
                    )
                ))
            ) THEN
                RAISE EXCEPTION 'an award goes down the stored order' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
    "drop_is_told": f"""
        BEGIN
            IF NOT EXISTS (
                SELECT FROM platform.events e JOIN trade.projects p ON p.code = e.project_code
                JOIN agencies.agencies a ON a.id = NEW.agency_id
                WHERE p.id = NEW.project_id AND (
                    (e.tag = 'award.dropped' AND e.data ->> 'agency_uscc' = a.uscc)
                    OR (NEW.state = 'closed' AND e.tag IN ('project.failed', 'project.withdrawn', 'project.voided'))
                )
            ) THEN
                RAISE EXCEPTION 'an award that ends is an event' {REFUSE};
            END IF;
            RETURN NULL;
        END
    """,
    # -- the project
    "keep_published": f"""
        BEGIN
            IF OLD.published_at IS NOT NULL AND (
                NEW.published_at, NEW.mode, NEW.mode_rules, NEW.terms, NEW.stages, NEW.policy, NEW.draw_source,
                NEW.matter_code, NEW.funding, NEW.owner_id, NEW.named_agency_id
            ) IS DISTINCT FROM (
                OLD.published_at, OLD.mode, OLD.mode_rules, OLD.terms, OLD.stages, OLD.policy, OLD.draw_source,
                OLD.matter_code, OLD.funding, OLD.owner_id, OLD.named_agency_id
            ) THEN
                RAISE EXCEPTION 'what was published holds' {REFUSE};
            END IF;
            IF OLD.frozen_at IS NOT NULL AND (NEW.frozen_at, NEW.ceiling, NEW.floor)
                IS DISTINCT FROM (OLD.frozen_at, OLD.ceiling, OLD.floor)
            THEN
                RAISE EXCEPTION 'what was frozen holds' {REFUSE};
            END IF;
            IF NOT (NEW.decliners @> OLD.decliners) THEN
                RAISE EXCEPTION 'who gave up an award stays barred' {REFUSE};
            END IF;
            IF NEW.winner_id IS NOT NULL AND NEW.award_price IS DISTINCT FROM (
                SELECT a.price FROM trade.awards a WHERE a.project_id = NEW.id AND a.agency_id = NEW.winner_id
            ) AND (NEW.winner_id, NEW.award_price) IS DISTINCT FROM (OLD.winner_id, OLD.award_price) THEN
                RAISE EXCEPTION 'a winner has the price of its award' {REFUSE};
            END IF;
            RETURN NEW;
        END
    """,
}
TRIGGERS = (
    ("keep_stage_run", "BEFORE UPDATE OR DELETE", "trade.stage_runs"),
    ("stage_follows", "BEFORE INSERT OR UPDATE", "trade.stage_runs"),
    ("order_follows", "BEFORE INSERT", "trade.ranks"),
    ("award_as_ranked", "BEFORE INSERT OR UPDATE", "trade.awards"),
    ("keep_published", "BEFORE UPDATE", "trade.projects"),
)


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION trade.{name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    for name, when, table in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION trade.{name}()")
    # Looked at when the transaction commits: the event stands in it, too.
    op.execute(
        "CREATE CONSTRAINT TRIGGER drop_is_told AFTER UPDATE OF state ON trade.awards DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.state IN ('declined', 'disqualified', 'lapsed', 'closed')) "
        "EXECUTE FUNCTION trade.drop_is_told()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON trade.stage_runs "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER no_truncate ON trade.stage_runs")
    op.execute("DROP TRIGGER drop_is_told ON trade.awards")
    for name, _when, table in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION trade.{name}()")
