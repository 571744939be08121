"""Monthly reviews, rectification, opinions, removal cases; findings of the supervision.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True)
ROLE = "supermarket_app"


def _id(kind: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    return sa.Column("id", kind(), nullable=False)


def _choice(name: str, table: str, values: tuple[str, ...], label: str) -> list[sa.Column[str] | sa.CheckConstraint]:
    allowed = ", ".join(repr(value) for value in values)
    return [
        sa.Column(name, sa.String(32), nullable=False),
        sa.CheckConstraint(f"{name} IN ({allowed})", name=op.f(f"ck_{table}_{label}")),
    ]


def _to(column: str, target: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _reviews()
    _rectifications()
    _opinions()
    _removals()
    _findings()
    op.add_column("notices", sa.Column("mailed_at", MOMENT), schema="platform")
    # What was there before is not mailed now.
    op.execute("UPDATE platform.notices SET mailed_at = at")


def _reviews() -> None:
    op.create_table(
        "reviews",
        _id(),
        sa.Column("agency_uscc", sa.String(18), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("review_at", MOMENT, nullable=False),
        sa.Column("ran_at", MOMENT, nullable=False),
        *_choice("move", "reviews", ("not_rated", "first", "demoted", "promoted", "held"), "move"),
        sa.Column("held_before", sa.Integer()),
        sa.Column("held_after", sa.Integer()),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("inputs", JSON, nullable=False),
        sa.Column("outcome", JSON, nullable=False),
        sa.CheckConstraint(
            "held_before BETWEEN 1 AND 5 AND held_after BETWEEN 1 AND 5", name=op.f("ck_reviews_levels")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("agency_uscc", "period", name=op.f("uq_reviews_agency_uscc_period")),
        schema="credit",
    )
    op.create_index(op.f("ix_reviews_review_at"), "reviews", ["review_at"], schema="credit")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON credit.reviews "
        "FOR EACH ROW EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON credit.reviews "
        "FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_change()"
    )
    op.execute(
        f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')
            THEN REVOKE UPDATE, DELETE, TRUNCATE ON credit.reviews FROM {ROLE}; END IF;
        END $$
        """
    )


def _rectifications() -> None:
    op.create_table(
        "rectifications",
        _id(),
        sa.Column("agency_uscc", sa.String(18), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        *_choice("state", "rectifications", ("open", "overdue", "submitted", "accepted", "refused"), "state"),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Integer()),
        sa.Column("submitted_at", MOMENT),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('accepted', 'refused')) = (decided_at IS NOT NULL)",
            name=op.f("ck_rectifications_decided_has_moment"),
        ),
        _to("review_id", "credit.reviews.id", "rectifications"),
        _to("document_id", "platform.documents.id", "rectifications"),
        _to("decided_by", "platform.users.id", "rectifications"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectifications")),
        sa.UniqueConstraint("review_id", name=op.f("uq_rectifications_review_id")),
        schema="credit",
    )
    op.create_index("ix_rectifications_agency", "rectifications", ["agency_uscc", "id"], schema="credit")
    op.create_index(
        "ix_rectifications_due",
        "rectifications",
        ["due_at"],
        schema="credit",
        postgresql_where=sa.text("state = 'open'"),
    )


def _opinions() -> None:
    op.create_table(
        "opinions",
        _id(),
        sa.Column("agency_uscc", sa.String(18), nullable=False),
        *_choice("state", "opinions", ("filed", "accepted", "refused"), "state"),
        sa.Column("document_number", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("filed_by", sa.Integer()),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'filed') = (decided_at IS NULL)", name=op.f("ck_opinions_decided_has_moment")),
        _to("organisation_id", "platform.organisations.id", "opinions"),
        _to("filed_by", "platform.users.id", "opinions"),
        _to("decided_by", "platform.users.id", "opinions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinions")),
        sa.UniqueConstraint("agency_uscc", "document_number", name=op.f("uq_opinions_agency_uscc_document_number")),
        schema="credit",
    )
    op.create_index(op.f("ix_opinions_agency_uscc"), "opinions", ["agency_uscc"], schema="credit")


def _removals() -> None:
    op.create_table(
        "removal_cases",
        _id(),
        sa.Column("agency_uscc", sa.String(18), nullable=False),
        *_choice("state", "removal_cases", ("hearing", "deciding", "approved", "carried_out", "refused"), "state"),
        sa.Column("grounds", JSON, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("statement_due_at", MOMENT, nullable=False),
        sa.Column("decision_due_at", MOMENT, nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("statement_at", MOMENT),
        sa.Column("overdue_at", MOMENT),
        sa.Column("decided_at", MOMENT),
        sa.Column("carried_out_at", MOMENT),
        sa.Column("appeal_until", MOMENT),
        sa.Column("notice_document_id", sa.Integer()),
        sa.CheckConstraint(
            "(state = 'carried_out') = (carried_out_at IS NOT NULL)",
            name=op.f("ck_removal_cases_carried_out_has_moment"),
        ),
        _to("notice_document_id", "platform.documents.id", "removal_cases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal_cases")),
        schema="credit",
    )
    op.create_index(op.f("ix_removal_cases_agency_uscc"), "removal_cases", ["agency_uscc"], schema="credit")
    op.create_index(
        "uq_removal_cases_one_open",
        "removal_cases",
        ["agency_uscc"],
        unique=True,
        schema="credit",
        postgresql_where=sa.text("state IN ('hearing', 'deciding', 'approved')"),
    )
    op.create_table(
        "removal_approvals",
        _id(),
        sa.Column("case_id", sa.Integer(), nullable=False),
        *_choice("office", "removal_approvals", ("authority", "operator"), "office"),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _to("case_id", "credit.removal_cases.id", "removal_approvals"),
        _to("user_id", "platform.users.id", "removal_approvals"),
        _to("organisation_id", "platform.organisations.id", "removal_approvals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal_approvals")),
        sa.UniqueConstraint("case_id", "office", name=op.f("uq_removal_approvals_case_id_office")),
        sa.UniqueConstraint("case_id", "user_id", name=op.f("uq_removal_approvals_case_id_user_id")),
        sa.UniqueConstraint("case_id", "organisation_id", name=op.f("uq_removal_approvals_case_id_organisation_id")),
        schema="credit",
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subject_kind", sa.String(32), nullable=False),
        sa.Column("subject_code", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        *_choice("level", "findings", ("reminder", "yellow", "red"), "level"),
        sa.Column("project_code", sa.String(32)),
        sa.Column("region_code", sa.String(6)),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("limit_at", MOMENT),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("feedback_due_at", MOMENT),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("feedback_at", MOMENT),
        sa.Column("feedback_by", sa.Integer()),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawn_by", sa.Integer()),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("ck_findings_withdrawn_with_reason")
        ),
        sa.CheckConstraint("(feedback_at IS NULL) = (feedback = '')", name=op.f("ck_findings_feedback_has_moment")),
        _to("region_code", "platform.regions.code", "findings"),
        _to("organisation_id", "platform.organisations.id", "findings"),
        _to("feedback_by", "platform.users.id", "findings"),
        _to("withdrawn_by", "platform.users.id", "findings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint(
            "subject_kind",
            "subject_code",
            "code",
            "level",
            name=op.f("uq_findings_subject_kind_subject_code_code_level"),
        ),
        schema="platform",
    )
    for name, columns in (
        ("ix_findings_project", ["project_code", "id"]),
        ("ix_findings_region", ["region_code", "id"]),
        ("ix_findings_organisation", ["organisation_id", "id"]),
    ):
        op.create_index(name, "findings", columns, schema="platform")
    op.create_index(
        "ix_findings_feedback_due",
        "findings",
        ["feedback_due_at"],
        schema="platform",
        postgresql_where=sa.text("feedback_at IS NULL AND withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_column("notices", "mailed_at", schema="platform")
    op.drop_table("findings", schema="platform")
    op.drop_table("removal_approvals", schema="credit")
    op.drop_table("removal_cases", schema="credit")
    op.drop_table("opinions", schema="credit")
    op.drop_table("rectifications", schema="credit")
    op.drop_table("reviews", schema="credit")
