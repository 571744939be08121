"""Live auctions: their chain of entries, which the database itself holds to number, moment, step and hash.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROLE = "supermarket_app"
APPEND_ONLY = ("auction_bidders", "auction_entries", "refused_bids")
BY = ("hand", "page_agent", "server_agent")
FUNCTIONS = {
    "chain_auction_entry": r"""
        DECLARE
            last trade.auction_entries;
            low bigint;
            fixed jsonb;
            previous text := repeat('0', 64);
        BEGIN
            SELECT * INTO last FROM trade.auction_entries
                WHERE auction_id = NEW.auction_id ORDER BY seq DESC LIMIT 1;
            IF NOT FOUND THEN
                IF NEW.seq <> 0 OR NEW.kind <> 'opened' THEN
                    RAISE EXCEPTION 'an auction begins with its opening' USING ERRCODE = 'restrict_violation';
                END IF;
            ELSE
                previous := last.hash;
                IF NEW.seq <> last.seq + 1 OR NEW.kind = 'opened' OR last.kind = 'closed'
                    OR (last.kind = 'paused') <> (NEW.kind = 'resumed' AND last.kind = 'paused')
                    OR NEW.at < last.at OR NEW.ends_at < last.ends_at
                    OR (NEW.kind = 'closed' AND NEW.at < last.ends_at)
                THEN
                    RAISE EXCEPTION 'an entry follows the one before it' USING ERRCODE = 'restrict_violation';
                END IF;
            END IF;
            IF NEW.hash <> encode(sha256(decode(previous, 'hex') || convert_to(NEW.body, 'UTF8')), 'hex') THEN
                RAISE EXCEPTION 'an entry carries the hash over the one before it' USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.kind = 'bid' THEN
                SELECT terms INTO fixed FROM trade.auctions WHERE id = NEW.auction_id;
                SELECT amount INTO low FROM trade.auction_entries
                    WHERE auction_id = NEW.auction_id AND kind = 'bid' ORDER BY seq DESC LIMIT 1;
                IF NEW.at >= last.ends_at
                    OR NEW.step < (fixed ->> 'step')::bigint
                    OR NEW.amount < (fixed ->> 'floor')::bigint
                    OR NEW.amount > COALESCE(low - NEW.step, (fixed ->> 'start')::bigint)
                    OR split_part(NEW.body, E'\n', 6) <> NEW.amount::text
                    OR NOT EXISTS (
                        SELECT FROM trade.auction_bidders WHERE id = NEW.bidder_id AND auction_id = NEW.auction_id
                        AND alias = split_part(NEW.body, E'\n', 5)
                    )
                THEN
                    RAISE EXCEPTION 'a bid is in time, of the pool, and a step below the lowest'
                        USING ERRCODE = 'restrict_violation';
                END IF;
            END IF;
            RETURN NEW;
        END
    """,
    "keep_auction": """
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'an auction is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.state IN ('closed', 'cancelled')
                OR (NEW.project_id, NEW.terms, NEW.scheduled_at)
                    IS DISTINCT FROM (OLD.project_id, OLD.terms, OLD.scheduled_at)
                OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
            THEN
                RAISE EXCEPTION 'an auction keeps its terms, and its end' USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.seq, NEW.head, NEW.ends_at, NEW.lowest, NEW.leader, NEW.bids)
                    IS DISTINCT FROM (OLD.seq, OLD.head, OLD.ends_at, OLD.lowest, OLD.leader, OLD.bids)
                AND NOT EXISTS (
                    SELECT FROM trade.auction_entries e
                    WHERE e.auction_id = NEW.id AND e.seq = NEW.seq AND e.hash = NEW.head AND e.ends_at = NEW.ends_at
                    AND (e.kind <> 'bid' OR e.amount = NEW.lowest)
                )
            THEN
                RAISE EXCEPTION 'an auction stands where its chain ends' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "tell_of_auction_entry": """
        BEGIN
            PERFORM pg_notify('auction', NEW.auction_id::text);
            RETURN NULL;
        END
    """,
    "tell_of_auction": """
        BEGIN
            PERFORM pg_notify('auction', NEW.id::text);
            RETURN NULL;
        END
    """,
}
TRIGGERS = (
    ("chain_auction_entry", "BEFORE INSERT", "auction_entries", "chain_auction_entry"),
    ("tell", "AFTER INSERT", "auction_entries", "tell_of_auction_entry"),
    ("keep_auction", "BEFORE UPDATE OR DELETE", "auctions", "keep_auction"),
    ("tell", "AFTER INSERT OR UPDATE OF state, starts_at", "auctions", "tell_of_auction"),
)


def _for_role(statement: str) -> str:
    return f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN {statement}; END IF;
    END $$
    """


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _choice(table: str, name: str, values: tuple[str, ...], *, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    allowed = ", ".join(repr(value) for value in values)
    return [
        sa.Column(name, sa.String(32), nullable=nullable),
        sa.CheckConstraint(f"{name} IN ({allowed})", name=op.f(f"ck_{table}_{name}")),
    ]


def _check(table: str, name: str, sql: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _auctions()
    _bidders()
    _entries()
    _refused()
    _agents()
    _statements()
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION trade.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for name, when, table, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON trade.{table} FOR EACH ROW EXECUTE FUNCTION trade.{function}()")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trade.{table} "
            "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
        )
        op.execute(_for_role(f"REVOKE UPDATE, DELETE, TRUNCATE ON trade.{table} FROM {ROLE}"))
    for table in (*APPEND_ONLY, "auctions"):
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON trade.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
        )


def _auctions() -> None:
    name = "auctions"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        *_choice(name, "state", ("scheduled", "running", "paused", "closed", "cancelled")),
        sa.Column("terms", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("scheduled_at", MOMENT, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT),
        sa.Column("ends_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("stood", sa.Interval(), nullable=False),
        sa.Column("paused_at", MOMENT),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.BigInteger()),
        sa.Column("leader", sa.String(6)),
        sa.Column("last_at", MOMENT),
        sa.Column("head", sa.String(64)),
        sa.Column("beat_at", MOMENT),
        sa.Column("beat_real_at", MOMENT),
        sa.Column("outage_seconds", sa.Integer(), nullable=False),
        sa.Column("agents", sa.Integer(), nullable=False),
        sa.Column("agents_due_at", MOMENT),
        _check(name, "opened_has_entries", "(seq >= 0) = (opened_at IS NOT NULL)"),
        _check(name, "opened_has_end", "(opened_at IS NULL) = (ends_at IS NULL)"),
        _check(name, "opened", "state NOT IN ('running', 'paused', 'closed') OR opened_at IS NOT NULL"),
        _check(name, "ended_has_moment", "(state IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)"),
        _check(name, "lowest", "(bids = 0) = (lowest IS NULL) AND (lowest IS NULL) = (leader IS NULL)"),
        _to(name, "project_id", "trade.projects.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("project_id", name=op.f(f"uq_{name}_project_id")),
        schema="trade",
    )
    for index, column, where in (
        ("ix_auctions_starts", "starts_at", "state = 'scheduled'"),
        ("ix_auctions_ends", "ends_at", "state = 'running'"),
        ("ix_auctions_agents", "agents_due_at", "agents_due_at IS NOT NULL"),
    ):
        op.create_index(index, name, [column], schema="trade", postgresql_where=sa.text(where))


def _bidders() -> None:
    name = "auction_bidders"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("auction_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(6), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        _to(name, "auction_id", "trade.auctions.id"),
        _to(name, "agency_id", "agencies.agencies.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("auction_id", "agency_id", name=op.f(f"uq_{name}_auction_id_agency_id")),
        sa.UniqueConstraint("auction_id", "alias", name=op.f(f"uq_{name}_auction_id_alias")),
        schema="trade",
    )
    op.create_index("ix_auction_bidders_agency", name, ["agency_id"], schema="trade")


def _entries() -> None:
    name = "auction_entries"
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("auction_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        *_choice(name, "kind", ("opened", "bid", "paused", "resumed", "closed")),
        sa.Column("bidder_id", sa.Integer()),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("step", sa.BigInteger()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        *_choice(name, "by", BY, nullable=True),
        sa.Column("key", sa.String(64)),
        sa.Column("user_id", sa.Integer()),
        _check(
            name,
            "bid_is_whole",
            "(kind = 'bid') = (amount IS NOT NULL) AND (kind = 'bid') = (step IS NOT NULL) "
            "AND (kind = 'bid') = (bidder_id IS NOT NULL) AND (kind = 'bid') = (by IS NOT NULL)",
        ),
        _check(name, "amount_positive", "amount >= 1 AND step >= 1"),
        _to(name, "auction_id", "trade.auctions.id"),
        _to(name, "bidder_id", "trade.auction_bidders.id"),
        _to(name, "user_id", "platform.users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("auction_id", "seq", name=op.f(f"uq_{name}_auction_id_seq")),
        schema="trade",
    )
    op.create_index(
        "uq_auction_entries_key",
        name,
        ["auction_id", "bidder_id", "key"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("key IS NOT NULL"),
    )


def _refused() -> None:
    name = "refused_bids"
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("auction_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("would_be_accepted", sa.BigInteger()),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *_choice(name, "by", BY),
        sa.Column("user_id", sa.Integer()),
        _to(name, "auction_id", "trade.auctions.id"),
        _to(name, "agency_id", "agencies.agencies.id"),
        _to(name, "user_id", "platform.users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        schema="trade",
    )
    op.create_index("ix_refused_bids_auction", name, ["auction_id", "id"], schema="trade")
    op.create_index("ix_refused_bids_agency", name, ["agency_id", "auction_id", "id"], schema="trade")


def _agents() -> None:
    name = "auction_agents"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bidder_id", sa.Integer(), nullable=False),
        sa.Column("floor", sa.LargeBinary()),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("set_by", sa.Integer()),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_why", sa.String(32)),
        _check(name, "floor_while_it_works", "(ended_at IS NULL) = (floor IS NOT NULL)"),
        _check(name, "ended_has_reason", "(ended_at IS NULL) = (ended_why IS NULL)"),
        _to(name, "bidder_id", "trade.auction_bidders.id"),
        _to(name, "set_by", "platform.users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        schema="trade",
    )
    op.create_index(
        "uq_auction_agents_one_live",
        name,
        ["bidder_id"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _statements() -> None:
    name = "auction_statements"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        *_choice(name, "state", ("given", "accepted", "rejected")),
        sa.Column("explains_from", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("decision_due_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT),
        _check(name, "explains_from_positive", "explains_from >= 1"),
        _check(name, "decided_has_moment", "(state = 'given') = (decided_at IS NULL)"),
        _to(name, "project_id", "trade.projects.id"),
        _to(name, "agency_id", "agencies.agencies.id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        schema="trade",
    )
    op.create_index(
        "uq_auction_statements_one",
        name,
        ["project_id", "agency_id"],
        unique=True,
        schema="trade",
        postgresql_where=sa.text("state <> 'rejected'"),
    )
    op.create_index(
        "ix_auction_statements_due",
        name,
        ["decision_due_at"],
        schema="trade",
        postgresql_where=sa.text("state = 'given'"),
    )


def downgrade() -> None:
    for table in (
        "auction_statements", "auction_agents", "refused_bids", "auction_entries", "auction_bidders", "auctions"
    ):  # fmt: skip
        op.drop_table(table, schema="trade")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION trade.{name}()")
