"""After the award: contract codes, moments that the jobs look for, outcomes of approvals, appeals on ratings.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OUTCOMES = ("passed_first", "corrected_once", "corrected_more", "returned", "refused")
DECISIONS = ("accepted", "returned", "deemed")
MOMENT = sa.DateTime(timezone=True)

NEW_RATING_COLUMNS = (
    ("organisation_id", sa.Integer()),
    ("appeal_until", MOMENT),
    ("appealed_at", MOMENT),
    ("appeal_reason", sa.Text()),
    ("decision_due_at", MOMENT),
    ("decision_overdue_at", MOMENT),
    ("decided_at", MOMENT),
    ("decided_by", sa.Integer()),
    ("decision_reason", sa.Text()),
    ("given_points", postgresql.JSONB(none_as_null=True)),
)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE trade.contract_serial")
    op.execute(
        "SELECT setval('trade.contract_serial', max(split_part(code, '-', 3)::bigint)) FROM trade.contracts "
        "HAVING count(*) > 0"
    )
    _contracts()
    _deliverables()
    _ratings()


def _contracts() -> None:
    op.add_column("contracts", sa.Column("signed_document_id", sa.Integer()), schema="trade")
    op.create_foreign_key(
        op.f("fk_contracts_signed_document_id"),
        "contracts",
        "documents",
        ["signed_document_id"],
        ["id"],
        source_schema="trade",
        referent_schema="platform",
    )
    op.add_column("contracts", sa.Column("sign_urge_at", MOMENT), schema="trade")
    # Rows of before: three days ahead, whatever the calendar says; the reminder is no limit.
    op.execute("UPDATE trade.contracts SET sign_urge_at = sign_due_at - interval '3 days'")
    op.alter_column("contracts", "sign_urge_at", nullable=False, schema="trade")


def _deliverables() -> None:
    for name, kind in (
        ("due_days", sa.Integer()),
        ("urge_at", MOMENT),
        ("overdue_recorded_at", MOMENT),
        ("silence_recorded_at", MOMENT),
        ("approval_outcome_at", MOMENT),
    ):
        op.add_column("deliverables", sa.Column(name, kind), schema="trade")
    op.execute(
        "UPDATE trade.deliverables SET urge_at = due_at - interval '3 days', due_days = greatest(1, "
        "(due_at AT TIME ZONE 'Asia/Shanghai')::date - 1 - (c.in_force_at AT TIME ZONE 'Asia/Shanghai')::date) "
        "FROM trade.contracts c WHERE c.id = contract_id"
    )
    for name in ("due_days", "urge_at"):
        op.alter_column("deliverables", name, nullable=False, schema="trade")
    op.execute(
        sa.text(
            "UPDATE trade.deliverables SET approval_outcome = NULL WHERE approval_outcome <> ALL(:known)"
        ).bindparams(known=list(OUTCOMES))
    )
    op.create_check_constraint(
        op.f("ck_deliverables_approval_outcome"), "deliverables", _one_of("approval_outcome", OUTCOMES), schema="trade"
    )
    op.alter_column("submissions", "decision", type_=sa.String(32), schema="trade")
    op.execute(
        sa.text("UPDATE trade.submissions SET decision = NULL WHERE decision <> ALL(:known)").bindparams(
            known=list(DECISIONS)
        )
    )
    op.create_check_constraint(
        op.f("ck_submissions_decision"), "submissions", _one_of("decision", DECISIONS), schema="trade"
    )


def _ratings() -> None:
    for name, kind in NEW_RATING_COLUMNS:
        op.add_column("ratings", sa.Column(name, kind), schema="trade")
    op.execute(
        "UPDATE trade.ratings SET appeal_reason = '', decision_reason = '', organisation_id = coalesce("
        "CASE rater WHEN 'owner' THEN c.owner_id "
        "WHEN 'agency' THEN (SELECT organisation_id FROM agencies.agencies a WHERE a.id = c.agency_id) "
        "ELSE (SELECT min(o.id) FROM platform.organisations o WHERE o.kind = rater) END, c.owner_id) "
        "FROM trade.contracts c WHERE c.id = contract_id"
    )
    # A rating under appeal gets its limit from now on; before, there was none.
    op.execute("UPDATE trade.ratings SET decision_due_at = now() + interval '14 days' WHERE state = 'appealed'")
    op.execute("UPDATE trade.ratings SET decided_at = published_at WHERE state IN ('upheld', 'adjusted')")
    for name in ("organisation_id", "appeal_reason", "decision_reason"):
        op.alter_column("ratings", name, nullable=False, schema="trade")
    for column, table in (("organisation_id", "organisations"), ("decided_by", "users")):
        op.create_foreign_key(
            op.f(f"fk_ratings_{column}"),
            "ratings",
            table,
            [column],
            ["id"],
            source_schema="trade",
            referent_schema="platform",
        )
    op.create_check_constraint(
        op.f("ck_ratings_appealed_has_due"),
        "ratings",
        "(state = 'appealed') = (decision_due_at IS NOT NULL)",
        schema="trade",
    )
    op.create_check_constraint(
        op.f("ck_ratings_decided_has_moment"),
        "ratings",
        "state NOT IN ('upheld', 'adjusted') OR decided_at IS NOT NULL",
        schema="trade",
    )
    op.create_index(op.f("ix_ratings_organisation_id"), "ratings", ["organisation_id"], schema="trade")
    op.create_index(
        "ix_ratings_decision_due_at",
        "ratings",
        ["decision_due_at"],
        schema="trade",
        postgresql_where=sa.text("decision_due_at IS NOT NULL"),
    )
    op.add_column("contract_scores", sa.Column("revised_at", MOMENT), schema="trade")


def downgrade() -> None:
    op.drop_column("contract_scores", "revised_at", schema="trade")
    op.drop_index("ix_ratings_decision_due_at", table_name="ratings", schema="trade")
    op.drop_index(op.f("ix_ratings_organisation_id"), table_name="ratings", schema="trade")
    op.drop_constraint(op.f("ck_ratings_decided_has_moment"), "ratings", schema="trade")
    op.drop_constraint(op.f("ck_ratings_appealed_has_due"), "ratings", schema="trade")
    for name, _kind in reversed(NEW_RATING_COLUMNS):
        op.drop_column("ratings", name, schema="trade")
    op.drop_constraint(op.f("ck_submissions_decision"), "submissions", schema="trade")
    op.alter_column("submissions", "decision", type_=sa.String(16), schema="trade")
    op.drop_constraint(op.f("ck_deliverables_approval_outcome"), "deliverables", schema="trade")
    for name in ("approval_outcome_at", "silence_recorded_at", "overdue_recorded_at", "urge_at", "due_days"):
        op.drop_column("deliverables", name, schema="trade")
    op.drop_column("contracts", "sign_urge_at", schema="trade")
    op.drop_column("contracts", "signed_document_id", schema="trade")
    op.execute("DROP SEQUENCE trade.contract_serial")
