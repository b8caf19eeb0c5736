"""Instruments: cheques and promissory notes, what they are for, and what a bounce costs."""

from alembic import op

from cartera.db.ddl import append_only, distribute, secure

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = {
    "instrument": """
        organization_id UUID NOT NULL,
        id UUID NOT NULL,
        customer_id UUID NOT NULL,
        kind TEXT NOT NULL,
        role TEXT NOT NULL,
        number TEXT NOT NULL,
        bank TEXT,
        drawer_name TEXT,
        currency TEXT NOT NULL,
        amount_minor BIGINT NOT NULL,
        issued_on DATE NOT NULL,
        due_on DATE NOT NULL,
        deposit_from DATE NOT NULL,
        pauses_until DATE NOT NULL,
        state TEXT NOT NULL,
        payment_id UUID,
        deposit_count BIGINT NOT NULL,
        bounce_count BIGINT NOT NULL,
        substitute_receivable_id UUID,
        received_on DATE NOT NULL,
        deposited_on DATE,
        cleared_on DATE,
        bounced_on DATE,
        bounce_reason TEXT,
        actor TEXT NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_instrument PRIMARY KEY (organization_id, id)
    """,
    "instrument_receivable": """
        organization_id UUID NOT NULL,
        instrument_id UUID NOT NULL,
        receivable_id UUID NOT NULL,
        amount_minor BIGINT NOT NULL,
        CONSTRAINT pk_instrument_receivable PRIMARY KEY (organization_id, instrument_id, receivable_id)
    """,
    "substitution_entry": """
        organization_id UUID NOT NULL,
        entry_id UUID NOT NULL,
        instrument_id UUID NOT NULL,
        receivable_id UUID NOT NULL,
        CONSTRAINT pk_substitution_entry PRIMARY KEY (organization_id, entry_id)
    """,
    "instrument_policy": """
        organization_id UUID NOT NULL,
        fee_minor BIGINT,
        fee_currency TEXT,
        fee_percent NUMERIC(24, 10),
        source TEXT NOT NULL,
        actor TEXT NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_instrument_policy PRIMARY KEY (organization_id)
    """,
}

# Each column with the table whose row it names.
_PARENTS = {
    "instrument": {
        "customer_id": "customer",
        "payment_id": "payment",
        "substitute_receivable_id": "receivable",
    },
    "receivable": {"substitutes_instrument_id": "instrument"},
    "instrument_receivable": {"instrument_id": "instrument", "receivable_id": "receivable"},
    "substitution_entry": {"entry_id": "entry", "instrument_id": "instrument", "receivable_id": "receivable"},
}

_CHECKS = {
    "instrument": {
        "kind": "kind IN ('cheque', 'promissory_note')",
        "role": "role IN ('pays', 'secures')",
        "state": "state IN ('received', 'deposited', 'cleared', 'bounced', 'returned', 'substituted')",
        "bounce_reason": (
            "bounce_reason IN ('insufficient_funds', 'account_closed', 'payment_stopped', 'signature',"
            " 'out_of_date', 'bank_error', 'other')"
        ),
        "amount": "amount_minor > 0",
        "deposits": "deposit_count >= bounce_count AND bounce_count >= 0",
        "dates": "due_on >= issued_on AND deposit_from >= due_on",
        "pause": "pauses_until >= deposit_from",
        "substitute": "(state = 'substituted') = (substitute_receivable_id IS NOT NULL)",
    },
    "instrument_receivable": {"amount": "amount_minor > 0"},
    "instrument_policy": {
        "fee": "(fee_minor IS NULL) = (fee_currency IS NULL) AND (fee_minor IS NULL) <> (fee_percent IS NULL)",
        "positive": "fee_minor > 0",
        "percent": "fee_percent > 0 AND fee_percent <= 100",
    },
}

_INDEXES = {
    "ix_instrument_customer_due": "instrument (organization_id, customer_id, due_on, id)",
    "ix_instrument_due": "instrument (organization_id, due_on, id)",
    "ix_instrument_received": "instrument (organization_id, deposit_from) WHERE state = 'received'",
    "ix_instrument_receivable_receivable_id": "instrument_receivable (organization_id, receivable_id)",
    "ix_substitution_entry_receivable_id": "substitution_entry (organization_id, receivable_id)",
    "ix_substitution_entry_instrument_id": "substitution_entry (organization_id, instrument_id)",
}

_HELD_BY = (
    "'nothing_due', 'unapplied_money', 'payment_pending', 'promised', 'in_plan', 'instrument', 'disputed',"
    " 'on_hold', 'no_consent', 'no_address', 'contact_hours', 'contact_frequency', 'superseded', 'gone_from_erp'"
)


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        distribute(table)
    op.execute("ALTER TABLE receivable ADD COLUMN substitutes_instrument_id UUID")
    for table, parents in _PARENTS.items():
        for column, parent in parents.items():
            op.execute(f"""
                ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{column.removesuffix("_id")}
                    FOREIGN KEY (organization_id, {column}) REFERENCES {parent} (organization_id, id)
            """)
    op.execute("""
        ALTER TABLE instrument_policy ADD CONSTRAINT fk_instrument_policy_organization
            FOREIGN KEY (organization_id) REFERENCES organization (organization_id)
    """)
    for table, checks in _CHECKS.items():
        for name, condition in checks.items():
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})")
    for name, where in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {where}")
    for table in _TABLES:
        secure(table)
    append_only("substitution_entry")
    op.execute("ALTER TABLE message DROP CONSTRAINT ck_message_held_by")
    op.execute(f"ALTER TABLE message ADD CONSTRAINT ck_message_held_by CHECK (held_by IN ({_HELD_BY}))")
