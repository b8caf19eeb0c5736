"""How customers paid what is settled is kept, so that a business day reads only what is open.

No row is made here: a write makes its customer's, the next business day all others.
"""

from alembic import op

from cartera.db.ddl import distribute, secure

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE account_history (
            organization_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            currency TEXT NOT NULL,
            matured_count BIGINT NOT NULL,
            late_count BIGINT NOT NULL,
            late_days BIGINT NOT NULL,
            amount_minor BIGINT NOT NULL,
            delayed_minor_days NUMERIC(38, 0) NOT NULL,
            newest JSONB NOT NULL,
            stands_until DATE NOT NULL,
            CONSTRAINT pk_account_history PRIMARY KEY (organization_id, customer_id, currency)
        )
    """)
    distribute("account_history")
    op.execute("""
        ALTER TABLE account_history ADD CONSTRAINT fk_account_history_customer
            FOREIGN KEY (organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    secure("account_history")
    op.execute("DROP INDEX ix_receivable_customer_open_due")
    op.execute("""
        CREATE INDEX ix_receivable_customer_open_due
            ON receivable (organization_id, customer_id, due_on, id)
            INCLUDE (overdue_from, currency, amount_minor, balance_minor) WHERE balance_minor > 0
    """)
