"""Assignment and segment have dated history: past figures by collector stay when a customer moves."""

from alembic import op

from cartera.db.ddl import append_only, distribute, secure

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE assignment (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            valid_from DATE NOT NULL,
            collector_id UUID,
            salesperson_id UUID,
            segment TEXT NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            actor TEXT NOT NULL,
            CONSTRAINT pk_assignment PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("assignment")
    for column, parent in (
        ("customer_id", "customer"),
        ("collector_id", "member"),
        ("salesperson_id", "member"),
    ):
        op.execute(f"""
            ALTER TABLE assignment ADD CONSTRAINT fk_assignment_{column.removesuffix("_id")}
                FOREIGN KEY (organization_id, {column}) REFERENCES {parent} (organization_id, id)
        """)
    op.execute("""
        CREATE INDEX ix_assignment_customer_id_valid_from_id
            ON assignment (organization_id, customer_id, valid_from, id)
    """)
    _tell_the_past()
    secure("assignment")
    append_only("assignment")


def _tell_the_past() -> None:
    """What is assigned today is all that is known of the days before, which figures took it for until now.

    A customer's first row has the customer's id; its owner sees every organization meanwhile.
    """
    op.execute("ALTER TABLE customer NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        INSERT INTO assignment (
            organization_id, id, customer_id, valid_from, collector_id, salesperson_id, segment,
            recorded_at, actor)
        SELECT organization_id, id, id, '-infinity', collector_id, salesperson_id, segment, created_at,
            'system:upgrade'
        FROM customer
        ON CONFLICT (organization_id, id) DO NOTHING
    """)
    op.execute("ALTER TABLE customer FORCE ROW LEVEL SECURITY")
