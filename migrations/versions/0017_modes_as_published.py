"""What the owner chose stands by itself, and a project keeps its mode's row as it was on the day of publication.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The four modes that could be published until now, as they were.
RULES = """
    {"direct": {"name": "direct", "label": "Direct selection",
      "sentence": "You name one eligible agency. It accepts within 2 working days, else the project fails. Nobody enrols.",
      "stages": [{"stage": "choose"}], "fewest_valid": 1, "fewest_after_extension": 1, "needs_quotes": false,
      "has_enrolment": false, "owner_accepts_fewer": false},
     "random": {"name": "random", "label": "Random draw",
      "sentence": "All valid enrolments are drawn into one public order that anybody can check. The first is selected.",
      "stages": [{"stage": "draw"}], "fewest_valid": 3, "fewest_after_extension": 2, "needs_quotes": false,
      "has_enrolment": true, "owner_accepts_fewer": false},
     "bidding": {"name": "bidding", "label": "Lowest quote",
      "sentence": "Agencies hand in sealed quotes, opened after the deadline. The lowest valid quote is selected.",
      "stages": [{"stage": "price", "rule": "lowest"}], "fewest_valid": 3, "fewest_after_extension": 3,
      "needs_quotes": true, "has_enrolment": true, "owner_accepts_fewer": false},
     "merit": {"name": "merit", "label": "Best score",
      "sentence": "Agencies are scored by the criteria and weights that you fix now. The best total is selected.",
      "stages": [{"stage": "score"}], "fewest_valid": 2, "fewest_after_extension": 1, "needs_quotes": true,
      "has_enrolment": true, "owner_accepts_fewer": true}}
"""


def upgrade() -> None:
    op.add_column(
        "projects",
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
        schema="trade",
    )
    op.add_column(
        "projects", sa.Column("mode_rules", postgresql.JSONB(astext_type=sa.Text()), nullable=True), schema="trade"
    )
    # Criteria stood as {kind: weight} in the one stage that scores, or in a draft's only entry.
    op.execute("""
        UPDATE trade.projects p SET terms = jsonb_build_object('criteria', found.criteria)
        FROM (
            SELECT q.id, jsonb_agg(
                jsonb_build_object('kind', pair.key, 'weight', pair.value #>> '{}', 'name', '') ORDER BY pair.key
            ) AS criteria
            FROM trade.projects q
            CROSS JOIN LATERAL jsonb_array_elements(q.stages) AS stage
            CROSS JOIN LATERAL jsonb_each(
                CASE WHEN jsonb_typeof(stage -> 'criteria') = 'object' THEN stage -> 'criteria' ELSE '{}' END
            ) AS pair
            GROUP BY q.id
        ) AS found
        WHERE found.id = p.id
    """)
    op.execute(f"""
        UPDATE trade.projects SET mode_rules = '{RULES.strip()}'::jsonb -> mode WHERE published_at IS NOT NULL
    """)
    op.execute("""
        UPDATE trade.projects SET stages = jsonb_build_array(
            jsonb_build_object('stage', 'score', 'panel_size', 0, 'criteria', terms -> 'criteria')
        ) WHERE published_at IS NOT NULL AND mode = 'merit' AND terms ? 'criteria'
    """)
    op.execute("UPDATE trade.projects SET stages = '[]' WHERE published_at IS NULL")


def downgrade() -> None:
    op.execute("""
        UPDATE trade.projects p SET stages = CASE
            WHEN p.published_at IS NULL THEN jsonb_build_array(jsonb_build_object('criteria', found.weights))
            ELSE jsonb_build_array(jsonb_build_object('stage', 'score', 'criteria', found.weights)) END
        FROM (
            SELECT q.id, jsonb_object_agg(item ->> 'kind', (item ->> 'weight')::numeric) AS weights
            FROM trade.projects q CROSS JOIN LATERAL jsonb_array_elements(q.terms -> 'criteria') AS item
            GROUP BY q.id
        ) AS found
        WHERE found.id = p.id AND (p.published_at IS NULL OR p.mode = 'merit')
    """)
    op.drop_column("projects", "mode_rules", schema="trade")
    op.drop_column("projects", "terms", schema="trade")
