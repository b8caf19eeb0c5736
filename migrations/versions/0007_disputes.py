"""Disputes have a thread, attachments and an outcome in words and money."""

from alembic import op

from cartera.db.ddl import append_only, distribute, secure

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _disputes()
    _comments()
    _attachments()


def _belongs_to(table: str, column: str, parent: str) -> None:
    op.execute(f"""
        ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{column.removesuffix("_id")}
            FOREIGN KEY (organization_id, {column}) REFERENCES {parent} (organization_id, id)
    """)


def _disputes() -> None:
    op.execute("""
        ALTER TABLE dispute
            ADD COLUMN resolution TEXT,
            ADD COLUMN accepted_minor BIGINT,
            ADD COLUMN credit_note_id UUID,
            ADD COLUMN review_task_id UUID
    """)
    _belongs_to("dispute", "credit_note_id", "credit_note")
    _belongs_to("dispute", "review_task_id", "task")
    op.execute("""
        ALTER TABLE dispute
            ADD CONSTRAINT ck_dispute_accepted CHECK (
                (accepted_minor IS NULL AND credit_note_id IS NULL)
                OR (state = 'accepted' AND accepted_minor BETWEEN 1 AND amount_minor)),
            ADD CONSTRAINT ck_dispute_resolved CHECK ((resolved_on IS NULL) = (state = 'open'))
    """)
    op.execute("CREATE INDEX ix_dispute_receivable_id ON dispute (organization_id, receivable_id)")
    op.execute("CREATE INDEX ix_dispute_deadline ON dispute (organization_id, deadline_on, id)")
    op.execute("""
        CREATE INDEX ix_dispute_open_deadline ON dispute (organization_id, deadline_on, id)
            WHERE state = 'open'
    """)
    op.execute("""
        CREATE INDEX ix_dispute_resolved ON dispute (organization_id, resolved_on)
            WHERE resolved_on IS NOT NULL
    """)


def _comments() -> None:
    op.execute("""
        CREATE TABLE dispute_comment (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            dispute_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            actor TEXT NOT NULL,
            text TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_dispute_comment PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("dispute_comment")
    _belongs_to("dispute_comment", "dispute_id", "dispute")
    _belongs_to("dispute_comment", "customer_id", "customer")
    op.execute("""
        CREATE INDEX ix_dispute_comment_dispute_id_created_at
            ON dispute_comment (organization_id, dispute_id, created_at)
    """)
    secure("dispute_comment")
    append_only("dispute_comment")


def _attachments() -> None:
    op.execute("""
        CREATE TABLE attachment (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            noun TEXT NOT NULL,
            noun_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            file_name TEXT NOT NULL,
            media_type TEXT NOT NULL,
            size_bytes BIGINT NOT NULL,
            sha256 BYTEA NOT NULL,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            removed_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_attachment PRIMARY KEY (organization_id, id),
            CONSTRAINT ck_attachment_noun CHECK (noun IN ('dispute')),
            CONSTRAINT ck_attachment_media_type CHECK (media_type IN (
                'application/pdf', 'image/png', 'image/jpeg', 'application/xml',
                'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv', 'text/plain')),
            CONSTRAINT ck_attachment_size CHECK (size_bytes > 0)
        )
    """)
    distribute("attachment")
    _belongs_to("attachment", "customer_id", "customer")
    op.execute("""
        CREATE INDEX ix_attachment_noun_noun_id_created_at
            ON attachment (organization_id, noun, noun_id, created_at)
    """)
    secure("attachment")
