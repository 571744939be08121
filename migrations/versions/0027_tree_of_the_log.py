"""The log is a Merkle tree, too: a salt beside each event, one row of subtrees for each leaf, heads with their signatures.

Events that stand here already get salts; their place in the chain stays as it was hashed (`blinded` is false), the tree
over them is grown for the first head, in batches. The way down forgets the salts: what was chained with one can then no
longer be computed again, nor can the tree.

Revision ID: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

LEDGERS = ("platform.log_nodes", "platform.log_heads", "platform.log_signatures")
MOMENT = sa.DateTime(timezone=True)
ROLE = "supermarket_app"
REFUSE = "USING ERRCODE = 'restrict_violation'"
# Each node is the hash of the two below it, and no leaf is left out (RFC 9162, 2.1).
GROWS = f"""
    DECLARE
        levels integer := 1;
        under text;
    BEGIN
        IF NEW.place <> (SELECT COALESCE(max(n.place), 0) + 1 FROM platform.log_nodes n) THEN
            RAISE EXCEPTION 'the tree grows leaf by leaf' {REFUSE};
        END IF;
        WHILE (NEW.place >> (levels - 1)) & 1 = 0 LOOP
            SELECT n.hashes[levels] INTO under FROM platform.log_nodes n
                WHERE n.place = NEW.place - (1::bigint << (levels - 1));
            IF NEW.hashes[levels + 1] IS DISTINCT FROM
                encode(sha256('\\x01'::bytea || decode(under, 'hex') || decode(NEW.hashes[levels], 'hex')), 'hex')
            THEN
                RAISE EXCEPTION 'a node is the hash of the two below it' {REFUSE};
            END IF;
            levels := levels + 1;
        END LOOP;
        IF cardinality(NEW.hashes) <> levels THEN
            RAISE EXCEPTION 'a leaf completes so many subtrees and no more' {REFUSE};
        END IF;
        RETURN NEW;
    END
"""


def upgrade() -> None:
    # A default that is drawn anew for each row; that writes the table once, and no trigger of it fires.
    op.add_column(
        "events",
        sa.Column(
            "salt",
            sa.String(32),
            nullable=False,
            server_default=sa.text("replace(gen_random_uuid()::text, '-', '')"),
        ),
        schema="platform",
    )
    op.add_column(
        "sealed_events",
        sa.Column("blinded", sa.Boolean(), nullable=False, server_default=sa.false()),
        schema="platform",
    )
    op.create_table(
        "log_nodes",
        sa.Column("place", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), sa.ForeignKey("platform.sealed_events.seq"), nullable=False, unique=True),
        sa.Column("hashes", postgresql.ARRAY(sa.String(64)), nullable=False),
        schema="platform",
    )
    op.create_table(
        "log_heads",
        sa.Column(
            "size", sa.BigInteger(), sa.ForeignKey("platform.log_nodes.place"), primary_key=True, autoincrement=False
        ),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        schema="platform",
    )
    op.create_table(
        "log_signatures",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("witness_id", sa.Integer(), sa.ForeignKey("platform.witnesses.id"), nullable=False),
        sa.Column("size", sa.BigInteger(), sa.ForeignKey("platform.log_heads.size"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.UniqueConstraint("witness_id", "size"),
        schema="platform",
    )
    op.create_index("ix_log_signatures_size", "log_signatures", ["size"], schema="platform")
    op.create_index(
        "ix_witness_entries_tree_head",
        "witness_entries",
        ["witness_id", "id"],
        schema="platform",
        postgresql_where=sa.text("kind = 'tree_head'"),
    )
    op.execute(f"CREATE FUNCTION platform.log_grows() RETURNS trigger LANGUAGE plpgsql AS $${GROWS}$$")
    op.execute(
        "CREATE TRIGGER log_grows BEFORE INSERT ON platform.log_nodes FOR EACH ROW EXECUTE FUNCTION platform.log_grows()"
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
            f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
            f"THEN REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}; END IF; END $$"
        )


def downgrade() -> None:
    op.drop_index("ix_witness_entries_tree_head", table_name="witness_entries", schema="platform")
    op.drop_table("log_signatures", schema="platform")
    op.drop_table("log_heads", schema="platform")
    op.drop_table("log_nodes", schema="platform")
    op.execute("DROP FUNCTION platform.log_grows()")
    op.drop_column("sealed_events", "blinded", schema="platform")
    op.drop_column("events", "salt", schema="platform")
