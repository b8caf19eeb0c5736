"""What is open of a customer, by due date, without reading what was settled; customers by promise."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_receivable_customer_open_due
            ON receivable (organization_id, customer_id, due_on, id) WHERE balance_minor > 0
    """)
    op.execute("""
        CREATE INDEX ix_account_promise_state_customer_id
            ON account (organization_id, promise_state, customer_id) WHERE promise_state IS NOT NULL
    """)
