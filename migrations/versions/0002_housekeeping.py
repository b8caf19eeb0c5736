"""Housekeeping: money that went back is reviewed as a task of its own kind."""

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
