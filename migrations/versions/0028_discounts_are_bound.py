"""A stage that ranks by discount is bound to the opened quotes, too: the amounts that the discounts give.

Revision ID: 0028
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# What changes in the guard of stages: words before, words now.
EDITS = (
    (
        """IF NEW.stage IN ('price', 'score') AND NEW.parameters ->> 'rule' IS DISTINCT FROM 'highest_discount'
                AND EXISTS (""",
        "IF NEW.stage IN ('price', 'score') AND EXISTS (",
    ),
    (
        "IF NEW.stage = 'price' AND NEW.parameters ->> 'rule' = 'lowest' AND EXISTS (",
        # A higher discount is a lower amount.
        "IF NEW.stage = 'price' AND NEW.parameters ->> 'rule' IN ('lowest', 'highest_discount') AND EXISTS (",
    ),
)


def _edit(before: str, now: str) -> None:
    bind = op.get_bind()
    (text,) = bind.exec_driver_sql("SELECT pg_get_functiondef('trade.stage_follows'::regproc)").one()
    if text.count(before) != 1:
        raise RuntimeError(f"the guard is not as this migration knows it: {before}")
    bind.exec_driver_sql(text.replace(before, now))


def upgrade() -> None:
    for before, now in EDITS:
        _edit(before, now)


def downgrade() -> None:
    for before, now in reversed(EDITS):
        _edit(now, before)
