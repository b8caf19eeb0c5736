"""What an ERP settled by money that paid charges here is reviewed; a debt is settled when its principal is."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TASKS = (
    "'call', 'email', 'visit', 'review_payment', 'review_reversal', 'review_message', 'review_promise',"
    " 'review_dispute', 'review_plan', 'review_settlement', 'certificate', 'deposit', 'follow_up'"
)


def upgrade() -> None:
    for table, column in (("task", "kind"), ("account", "next_action_kind")):
        name = f"ck_{table}_{column}"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({_TASKS}))")
    _settle_with_the_principal()


_TOLD_ANEW = ("receivable", "entry", "account")


def _settle_with_the_principal() -> None:
    """Customers whose delay is another by it are brought up to date as if a business day had begun."""
    for table in _TOLD_ANEW:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        WITH moved AS (
            UPDATE receivable AS r SET settled_on = told.day
            FROM (
                SELECT organization_id, receivable_id, max(COALESCE(value_on, effective_on)) AS day
                FROM entry WHERE charge_id IS NULL GROUP BY organization_id, receivable_id
            ) told
            WHERE told.organization_id = r.organization_id AND told.receivable_id = r.id
                AND r.balance_minor = 0 AND r.settled_on IS DISTINCT FROM told.day
            RETURNING r.organization_id, r.customer_id
        )
        UPDATE account AS a SET business_day = a.business_day - 1
        FROM (SELECT DISTINCT organization_id, customer_id FROM moved) moved
        WHERE a.organization_id = moved.organization_id AND a.customer_id = moved.customer_id
    """)
    for table in _TOLD_ANEW:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
