"""What a migration calls beside CREATE TABLE: tenancy, rights, distribution. Once used, never edited."""

from __future__ import annotations

from alembic import op

OWNER = "cartera_owner"
APP = "cartera_app"
RELAY = "cartera_relay"


def distribute(table: str) -> None:
    """Distribute a fresh, empty table by organization where the server is Citus; nothing on PostgreSQL."""
    op.execute(f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
                PERFORM create_distributed_table('{table}', 'organization_id');
            END IF;
        END $$
    """)


def reference(table: str) -> None:
    """Copy a directory table to every node where the server is Citus; nothing on PostgreSQL."""
    op.execute(f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
                PERFORM create_reference_table('{table}');
            END IF;
        END $$
    """)


def secure(table: str) -> None:
    """Force row-level security by organization on a table, for its owner too; let the application in."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"""
        CREATE POLICY tenant ON {table}
        USING (organization_id = nullif(current_setting('app.organization', true), '')::uuid)
        WITH CHECK (organization_id = nullif(current_setting('app.organization', true), '')::uuid)
    """)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")


def append_only(table: str) -> None:
    """The application may add to the table and read it, and nothing else."""
    op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {APP}")


def open_to_relay(table: str, rights: str) -> None:
    """Let the relay and the clock see every organization's rows, as far as ``rights`` go."""
    op.execute(f"CREATE POLICY relay ON {table} TO {RELAY} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT {rights} ON {table} TO {RELAY}")
