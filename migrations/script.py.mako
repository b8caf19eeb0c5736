"""${message}"""

from alembic import op

from cartera.db.ddl import append_only, distribute, secure

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "..."}
