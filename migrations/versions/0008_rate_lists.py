"""Dated values are listed by day."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, day, code in (
        ("exchange_rate", "quoted_on", "currency"),
        ("interest_rate", "valid_from", "code"),
        ("index_value", "quoted_on", "code"),
    ):
        op.execute(f"CREATE INDEX ix_{table}_day ON {table} (organization_id, {day}, {code})")
