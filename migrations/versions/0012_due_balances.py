"""What is open by due date is kept by the writes, so that today's aging adds up days instead of receivables.

Refreshing the account rows of an organization reads its receivables from indexes alone.
"""

from alembic import op

from cartera.db.ddl import distribute, secure

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE due_balance (
            organization_id UUID NOT NULL,
            currency TEXT NOT NULL,
            due_on DATE NOT NULL,
            overdue_from DATE NOT NULL,
            balance_minor BIGINT NOT NULL,
            open_count BIGINT NOT NULL,
            CONSTRAINT pk_due_balance PRIMARY KEY (organization_id, currency, due_on, overdue_from)
        )
    """)
    distribute("due_balance")
    op.execute("""
        ALTER TABLE due_balance ADD CONSTRAINT fk_due_balance_organization
            FOREIGN KEY (organization_id) REFERENCES organization (organization_id)
    """)
    for name, condition in (
        ("count", "open_count >= 0"),
        ("balance", "balance_minor >= open_count"),
        ("nothing", "open_count > 0 OR balance_minor = 0"),
    ):
        op.execute(f"ALTER TABLE due_balance ADD CONSTRAINT ck_due_balance_{name} CHECK ({condition})")
    _add_up()
    secure("due_balance")
    _speed_up_refreshing()


def _add_up() -> None:
    """What is open now. Nobody moves a receivable meanwhile; its owner sees every organization."""
    op.execute("LOCK TABLE receivable IN SHARE ROW EXCLUSIVE MODE")
    op.execute("ALTER TABLE receivable NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        INSERT INTO due_balance (
            organization_id, currency, due_on, overdue_from, balance_minor, open_count)
        SELECT organization_id, currency, due_on, overdue_from, sum(balance_minor), count(*)
        FROM receivable WHERE balance_minor > 0
        GROUP BY organization_id, currency, due_on, overdue_from
        ON CONFLICT (organization_id, currency, due_on, overdue_from) DO NOTHING
    """)
    op.execute("ALTER TABLE receivable FORCE ROW LEVEL SECURITY")


def _speed_up_refreshing() -> None:
    op.execute("DROP INDEX ix_receivable_customer_due")
    op.execute("""
        CREATE INDEX ix_receivable_customer_due ON receivable (organization_id, customer_id, due_on, id)
            INCLUDE (overdue_from, settled_on, currency, state, amount_minor, balance_minor)
    """)
    op.execute("DROP INDEX ix_receivable_customer_open_due")
    op.execute("""
        CREATE INDEX ix_receivable_customer_open_due
            ON receivable (organization_id, customer_id, due_on, id)
            INCLUDE (overdue_from, currency, balance_minor) WHERE balance_minor > 0
    """)
    op.execute("ALTER TABLE account SET (fillfactor = 50)")
    op.execute("ALTER TABLE account_balance SET (fillfactor = 70)")
