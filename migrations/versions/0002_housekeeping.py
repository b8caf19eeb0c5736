"""Housekeeping finds what has run out by indexes; money that went back is reviewed as a kind of its own."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TASKS = (
    "'call', 'email', 'visit', 'review_payment', 'review_reversal', 'review_message', 'review_promise',"
    " 'follow_up'"
)


def upgrade() -> None:
    for table, column in (("task", "kind"), ("account", "next_action_kind")):
        name = f"ck_{table}_{column}"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({_TASKS}))")
    op.execute("CREATE INDEX ix_token_directory_expires_at ON token_directory (organization_id, expires_at)")
    op.execute("CREATE INDEX ix_portal_session_expires_at ON portal_session (organization_id, expires_at)")
    op.execute("CREATE INDEX ix_idempotency_key_created_at ON idempotency_key (organization_id, created_at)")
    op.execute("""
        CREATE INDEX ix_payment_link_active
            ON payment_link (organization_id, expires_at) WHERE state = 'active'
    """)
