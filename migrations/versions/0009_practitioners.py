"""Several licences a person, moves between agencies.

A licence that the last round of checks found registered stays verified. Going down keeps of each person the first
licence that is still in the file (else the first of all); further licences and requests to move are given up.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOVE_STATES = ("asked", "disputed", "released", "granted", "denied", "withdrawn", "lapsed")


def upgrade() -> None:
    _licences()
    op.execute(
        """
        INSERT INTO agencies.practitioner_licences
            (practitioner_id, kind_code, number, registered_until, verified_at, ended_at)
        SELECT p.id, p.licence_kind_code, p.licence_number, p.registered_until,
            CASE WHEN p.released_at IS NULL THEN (
                SELECT c.last_at FROM agencies.checks c
                WHERE c.agency_id = p.agency_id AND c.code = 'practitioners' AND c.outcome = 'pass' AND c.present
                LIMIT 1
            ) END,
            -- Two people once could be filed with the same number; the first keeps it.
            CASE WHEN p.released_at IS NULL AND EXISTS (
                SELECT FROM agencies.practitioners o
                WHERE o.released_at IS NULL AND o.id < p.id
                    AND (o.licence_kind_code, o.licence_number) = (p.licence_kind_code, p.licence_number)
            ) THEN now() ELSE p.released_at END
        FROM agencies.practitioners p ORDER BY p.id
        """
    )
    op.add_column("practitioners", sa.Column("since", sa.DateTime(timezone=True)), schema="agencies")
    op.execute(
        """
        UPDATE agencies.practitioners p SET since = least(p.released_at, coalesce(
            (SELECT min(e.at) FROM platform.events e
             WHERE e.agency_uscc = a.uscc AND e.tag = 'agency.filed'
                AND e.data @> jsonb_build_object('what', 'practitioner', 'reference', p.id)),
            a.applied_at))
        FROM agencies.agencies a WHERE a.id = p.agency_id
        """
    )
    op.alter_column("practitioners", "since", nullable=False, schema="agencies")
    op.create_check_constraint(
        op.f("ck_practitioners_released_after_since"), "practitioners", "released_at >= since", schema="agencies"
    )
    op.create_index("ix_practitioners_identity_hash", "practitioners", ["identity_hash"], schema="agencies")
    op.drop_constraint("fk_practitioners_licence_kind_code", "practitioners", schema="agencies")
    for column in ("licence_kind_code", "licence_number", "registered_until"):
        op.drop_column("practitioners", column, schema="agencies")
    _moves()


def _licences() -> None:
    op.create_table(
        "practitioner_licences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("kind_code", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("registered_until", sa.Date(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["agencies.practitioners.id"], name="fk_practitioner_licences_practitioner_id"
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["matters.qualification_kinds.code"], name="fk_practitioner_licences_kind_code"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_practitioner_licences"),
        schema="agencies",
    )
    op.create_index(
        "ix_practitioner_licences_practitioner_id", "practitioner_licences", ["practitioner_id"], schema="agencies"
    )
    op.create_index("ix_practitioner_licences_number", "practitioner_licences", ["number"], schema="agencies")
    op.create_index(
        "uq_practitioner_licences_live",
        "practitioner_licences",
        ["kind_code", "number"],
        unique=True,
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _moves() -> None:
    states = ", ".join(f"'{state}'" for state in MOVE_STATES)
    op.create_table(
        "practitioner_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("to_agency_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind_code", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("registered_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True)),
        sa.Column("disputed_at", sa.DateTime(timezone=True)),
        sa.Column("decision_due_at", sa.DateTime(timezone=True)),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("moved_id", sa.Integer()),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_practitioner_moves_state")),
        sa.CheckConstraint(
            "(state = 'asked') = (answer_due_at IS NOT NULL)", name=op.f("ck_practitioner_moves_asked_has_due")
        ),
        sa.CheckConstraint(
            "(state IN ('asked', 'disputed')) = (ended_at IS NULL)", name=op.f("ck_practitioner_moves_open_has_no_end")
        ),
        sa.CheckConstraint(
            "(state IN ('released', 'granted')) = (moved_id IS NOT NULL)",
            name=op.f("ck_practitioner_moves_moved_has_person"),
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["agencies.practitioners.id"], name="fk_practitioner_moves_practitioner_id"
        ),
        sa.ForeignKeyConstraint(["to_agency_id"], ["agencies.agencies.id"], name="fk_practitioner_moves_to_agency_id"),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["matters.qualification_kinds.code"], name="fk_practitioner_moves_kind_code"
        ),
        sa.ForeignKeyConstraint(["moved_id"], ["agencies.practitioners.id"], name="fk_practitioner_moves_moved_id"),
        sa.PrimaryKeyConstraint("id", name="pk_practitioner_moves"),
        sa.UniqueConstraint("moved_id", name="uq_practitioner_moves_moved_id"),
        schema="agencies",
    )
    for column in ("practitioner_id", "to_agency_id"):
        op.create_index(f"ix_practitioner_moves_{column}", "practitioner_moves", [column], schema="agencies")
    op.create_index(
        "uq_practitioner_moves_open",
        "practitioner_moves",
        ["practitioner_id", "to_agency_id"],
        unique=True,
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_practitioner_moves_due",
        "practitioner_moves",
        ["answer_due_at"],
        schema="agencies",
        postgresql_where=sa.text("answer_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_practitioner_moves_lapse",
        "practitioner_moves",
        ["registered_until"],
        schema="agencies",
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("practitioner_moves", schema="agencies")
    op.add_column("practitioners", sa.Column("licence_kind_code", sa.String(length=8)), schema="agencies")
    op.add_column("practitioners", sa.Column("licence_number", sa.String(length=64)), schema="agencies")
    op.add_column("practitioners", sa.Column("registered_until", sa.Date()), schema="agencies")
    op.execute(
        """
        UPDATE agencies.practitioners p
        SET licence_kind_code = l.kind_code, licence_number = l.number, registered_until = l.registered_until
        FROM (
            SELECT DISTINCT ON (practitioner_id) * FROM agencies.practitioner_licences
            ORDER BY practitioner_id, (ended_at IS NOT NULL), id
        ) l
        WHERE l.practitioner_id = p.id
        """
    )
    for column in ("licence_kind_code", "licence_number", "registered_until"):
        op.alter_column("practitioners", column, nullable=False, schema="agencies")
    op.create_foreign_key(
        "fk_practitioners_licence_kind_code",
        "practitioners",
        "qualification_kinds",
        ["licence_kind_code"],
        ["code"],
        source_schema="agencies",
        referent_schema="matters",
    )
    op.drop_index("ix_practitioners_identity_hash", table_name="practitioners", schema="agencies")
    op.drop_constraint(op.f("ck_practitioners_released_after_since"), "practitioners", schema="agencies")
    op.drop_column("practitioners", "since", schema="agencies")
    op.drop_table("practitioner_licences", schema="agencies")
