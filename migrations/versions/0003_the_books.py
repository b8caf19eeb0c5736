"""The books: charges beside principal, reversals, credit notes to the unit, exchange differences, closed periods."""

from alembic import op

from cartera.db.ddl import append_only, distribute, secure

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TASKS = (
    "'call', 'email', 'visit', 'review_payment', 'review_reversal', 'review_message', 'review_promise',"
    " 'review_dispute', 'review_plan', 'certificate', 'deposit', 'follow_up'"
)
_ENTRIES = (
    "'issue', 'allocation', 'credit_note', 'withholding', 'bank_fee', 'early_payment_discount', 'interest',"
    " 'fee', 'waiver', 'write_off', 'recovery', 'cancellation', 'substitution', 'settled_in_erp', 'reversal'"
)


def upgrade() -> None:
    for table, column, values in (
        ("task", "kind", _TASKS),
        ("account", "next_action_kind", _TASKS),
        ("entry", "kind", _ENTRIES),
    ):
        _check(table, column, f"{column} IN ({values})", replaces=True)
    _organization()
    _charges()
    _receivables()
    _entries()
    _payments()
    _exchange()
    op.execute("ALTER TABLE credit_note DROP CONSTRAINT ck_credit_note_unapplied")
    _tell_the_past()
    _promise_what_holds()


def _check(table: str, name: str, condition: str, *, replaces: bool = False) -> None:
    if replaces:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})")


def _belongs_to(table: str, column: str, parent: str) -> None:
    op.execute(f"""
        ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{column.removesuffix("_id")}
            FOREIGN KEY (organization_id, {column}) REFERENCES {parent} (organization_id, id)
    """)


def _add(table: str, column: str, kind: str, default: str) -> None:
    """Add a column that every row has; code gives the value of new ones."""
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} NOT NULL DEFAULT {default}")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT")


def _organization() -> None:
    op.execute("ALTER TABLE organization ADD COLUMN closed_through DATE")
    for column in ("discount_basis_points", "discount_days", "write_off_limit_minor"):
        _add("organization", column, "BIGINT", "0")
    _check("organization", "discount", "discount_basis_points BETWEEN 0 AND 10000 AND discount_days >= 0")
    _check("organization", "write_off", "write_off_limit_minor >= 0")


def _charges() -> None:
    op.execute("""
        CREATE TABLE charge (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            kind TEXT NOT NULL,
            rule TEXT NOT NULL,
            source TEXT NOT NULL,
            currency TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            settled_minor BIGINT NOT NULL,
            balance_minor BIGINT NOT NULL,
            base_minor BIGINT,
            rate NUMERIC(24, 10),
            day_count TEXT,
            from_on DATE,
            to_on DATE,
            due_on DATE NOT NULL,
            posted_on DATE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            actor TEXT NOT NULL,
            note TEXT,
            CONSTRAINT pk_charge PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("charge")
    _belongs_to("charge", "receivable_id", "receivable")
    _belongs_to("charge", "customer_id", "customer")
    op.execute("""
        ALTER TABLE charge ADD CONSTRAINT uq_charge_receivable_id_rule_from_on
            UNIQUE (organization_id, receivable_id, rule, from_on)
    """)
    kinds = "'interest', 'collection_cost', 'compensation', 'bounce_fee', 'plan_interest', 'other'"
    _check("charge", "kind", f"kind IN ({kinds})")
    _check("charge", "amount", "amount_minor > 0")
    _check("charge", "settled", "settled_minor >= 0 AND balance_minor >= 0")
    _check("charge", "balance", "balance_minor = amount_minor - settled_minor")
    _check("charge", "period", "to_on > from_on")
    op.execute("CREATE INDEX ix_charge_receivable_id_due_on ON charge (organization_id, receivable_id, due_on)")
    op.execute("CREATE INDEX ix_charge_open ON charge (organization_id, customer_id) WHERE balance_minor > 0")
    secure("charge")


def _receivables() -> None:
    for column in ("charges_settled_minor", "written_off_minor", "cancelled_minor"):
        _add("receivable", column, "BIGINT", "0")


def _entries() -> None:
    op.execute("ALTER TABLE entry ADD COLUMN charge_id UUID, ADD COLUMN value_on DATE")
    _add("entry", "tax_document_needed", "BOOLEAN", "false")
    _belongs_to("entry", "charge_id", "charge")
    op.execute("""
        CREATE INDEX ix_entry_charge_id ON entry (organization_id, charge_id) WHERE charge_id IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX ix_entry_reverses_id ON entry (organization_id, reverses_id)
            WHERE reverses_id IS NOT NULL
    """)


def _payments() -> None:
    op.execute("""
        CREATE TABLE payment_reversal (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            payment_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            kind TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            external_id TEXT NOT NULL,
            reason TEXT,
            reversed_on DATE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            actor TEXT NOT NULL,
            CONSTRAINT pk_payment_reversal PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("payment_reversal")
    _belongs_to("payment_reversal", "payment_id", "payment")
    _belongs_to("payment_reversal", "customer_id", "customer")
    op.execute("""
        ALTER TABLE payment_reversal ADD CONSTRAINT uq_payment_reversal_external_id
            UNIQUE (organization_id, external_id)
    """)
    _check("payment_reversal", "kind", "kind IN ('refund', 'chargeback', 'bounce', 'correction')")
    _check("payment_reversal", "amount", "amount_minor > 0")
    op.execute("CREATE INDEX ix_payment_reversal_payment_id ON payment_reversal (organization_id, payment_id)")
    secure("payment_reversal")
    append_only("payment_reversal")

    for column in ("applied_in_erp_minor", "reversed_minor"):
        _add("credit_note", column, "BIGINT", "0")
    op.execute("ALTER TABLE credit_note ADD COLUMN reason TEXT")


def _exchange() -> None:
    op.execute("""
        ALTER TABLE allocation ADD COLUMN rate NUMERIC(24, 10), ADD COLUMN rate_on DATE
    """)
    op.execute("""
        CREATE TABLE exchange_difference (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            allocation_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            booked_rate NUMERIC(24, 10) NOT NULL,
            settled_rate NUMERIC(24, 10) NOT NULL,
            effective_on DATE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_exchange_difference PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("exchange_difference")
    _belongs_to("exchange_difference", "allocation_id", "allocation")
    _belongs_to("exchange_difference", "customer_id", "customer")
    _check("exchange_difference", "amount", "amount_minor <> 0")
    op.execute("""
        CREATE INDEX ix_exchange_difference_allocation_id
            ON exchange_difference (organization_id, allocation_id)
    """)
    op.execute("""
        CREATE INDEX ix_exchange_difference_customer_id_effective_on
            ON exchange_difference (organization_id, customer_id, effective_on)
    """)
    secure("exchange_difference")
    append_only("exchange_difference")


_TOLD_ANEW = ("receivable", "entry", "charge", "payment", "payment_reversal", "credit_note", "allocation")


def _tell_the_past() -> None:
    """Give what is on the books the new columns and lines; its owner sees every organization meanwhile."""
    for table in _TOLD_ANEW:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in _PAST:
        op.execute(statement)
    for table in _TOLD_ANEW:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


_PAST = (
    """
    UPDATE receivable AS r SET written_off_minor = given_up.written_off, cancelled_minor = given_up.cancelled
    FROM (
        SELECT organization_id, receivable_id,
            COALESCE(-sum(amount_minor) FILTER (WHERE kind <> 'cancellation'), 0) AS written_off,
            COALESCE(-sum(amount_minor) FILTER (WHERE kind = 'cancellation'), 0) AS cancelled
        FROM entry WHERE kind IN ('write_off', 'recovery', 'cancellation')
        GROUP BY organization_id, receivable_id
    ) given_up
    WHERE r.organization_id = given_up.organization_id AND r.id = given_up.receivable_id
    """,
    # Interest and cost get lines of their own.
    """
    INSERT INTO charge (
        organization_id, id, receivable_id, customer_id, kind, rule, source, currency, amount_minor,
        settled_minor, balance_minor, due_on, posted_on, recorded_at, actor, note)
    SELECT organization_id, id, receivable_id, customer_id,
        CASE kind WHEN 'interest' THEN 'interest' ELSE 'other' END, 'earlier', kind, currency,
        amount_minor, 0, amount_minor, effective_on, effective_on, recorded_at, actor, note
    FROM entry WHERE kind IN ('interest', 'fee')
    """,
    """
    UPDATE entry SET charge_id = charge.id FROM charge
    WHERE entry.organization_id = charge.organization_id AND entry.id = charge.id
    """,
    # They are settled by what was waived and by what was settled beyond the principal. It was booked on the
    # principal: the waivers, and then the latest entries, are taken back whole and told anew in their parts,
    # so that each part can be reversed where it belongs.
    """
    WITH settling AS (
        SELECT e.*, -e.amount_minor - COALESCE(back.minor, 0) AS standing,
            LEAST(r.charges_minor, GREATEST(r.settled_minor - r.amount_minor,
                LEAST(r.settled_minor, sum(CASE e.kind WHEN 'waiver' THEN
                    -e.amount_minor - COALESCE(back.minor, 0) ELSE 0 END) OVER of_receivable))) AS beyond
        FROM entry e
        JOIN receivable r ON r.organization_id = e.organization_id AND r.id = e.receivable_id
        LEFT JOIN (
            SELECT organization_id, reverses_id, sum(amount_minor) AS minor FROM entry
            WHERE reverses_id IS NOT NULL GROUP BY organization_id, reverses_id
        ) back ON back.organization_id = e.organization_id AND back.reverses_id = e.id
        WHERE r.charges_minor > 0 AND e.amount_minor < 0 AND e.kind <> 'reversal'
        WINDOW of_receivable AS (PARTITION BY e.organization_id, e.receivable_id)
    ), settled AS (
        SELECT s.*, sum(standing) OVER (
            PARTITION BY organization_id, receivable_id
            ORDER BY kind <> 'waiver', effective_on DESC, id DESC) AS upto
        FROM settling s WHERE standing > 0
    ), charged AS (
        SELECT c.*, sum(amount_minor) OVER (
            PARTITION BY organization_id, receivable_id ORDER BY due_on, id) AS upto
        FROM charge c
    ), moved AS (
        SELECT s.organization_id, s.id AS entry_id, s.receivable_id, s.standing, c.id AS charge_id,
            LEAST(s.upto, c.upto, s.beyond) - GREATEST(s.upto - s.standing, c.upto - c.amount_minor) AS minor,
            max(GREATEST(s.effective_on, c.posted_on)) OVER (PARTITION BY s.organization_id, s.id) AS told_on
        FROM settled s
        JOIN charged c ON c.organization_id = s.organization_id AND c.receivable_id = s.receivable_id
        WHERE LEAST(s.upto, c.upto, s.beyond) > GREATEST(s.upto - s.standing, c.upto - c.amount_minor)
    ), parts AS (
        SELECT organization_id, entry_id, told_on, charge_id, minor, false AS is_back FROM moved
        UNION ALL
        SELECT organization_id, entry_id, told_on, NULL, standing, true FROM moved
        GROUP BY organization_id, entry_id, told_on, standing
        UNION ALL
        SELECT organization_id, entry_id, told_on, NULL, standing - sum(minor), false FROM moved
        GROUP BY organization_id, entry_id, told_on, standing HAVING standing > sum(minor)
    ), told AS MATERIALIZED (
        SELECT parts.*, gen_random_uuid() AS id, CASE WHEN is_back THEN minor ELSE -minor END AS signed
        FROM parts
    ), entries AS (
        INSERT INTO entry (
            organization_id, id, receivable_id, customer_id, kind, amount_minor, currency, effective_on,
            recorded_at, charge_id, payment_id, credit_note_id, import_run_id, reverses_id,
            tax_document_needed, actor, note)
        SELECT t.organization_id, t.id, e.receivable_id, e.customer_id,
            CASE WHEN t.is_back THEN 'reversal' ELSE e.kind END, t.signed, e.currency, t.told_on, now(),
            t.charge_id, e.payment_id, e.credit_note_id, e.import_run_id,
            CASE WHEN t.is_back THEN e.id END, e.tax_document_needed, 'system:migration', e.note
        FROM told t
        JOIN entry e ON e.organization_id = t.organization_id AND e.id = t.entry_id
        RETURNING id
    ), allocations AS (
        INSERT INTO allocation (
            organization_id, id, payment_id, credit_note_id, receivable_id, entry_id, amount_minor,
            source_minor, allocated_on, recorded_at)
        SELECT t.organization_id, gen_random_uuid(), a.payment_id, a.credit_note_id, a.receivable_id, t.id,
            -t.signed, -t.signed, t.told_on, now()
        FROM told t
        JOIN allocation a ON a.organization_id = t.organization_id AND a.entry_id = t.entry_id
        RETURNING id
    ), charges AS (
        UPDATE charge SET settled_minor = paid.minor, balance_minor = charge.amount_minor - paid.minor
        FROM (
            SELECT organization_id, charge_id, sum(minor) AS minor FROM moved
            GROUP BY organization_id, charge_id
        ) paid
        WHERE charge.organization_id = paid.organization_id AND charge.id = paid.charge_id
        RETURNING charge.id
    )
    UPDATE receivable SET charges_settled_minor = paid.minor
    FROM (
        SELECT organization_id, receivable_id, sum(minor) AS minor FROM moved
        GROUP BY organization_id, receivable_id
    ) paid
    WHERE receivable.organization_id = paid.organization_id AND receivable.id = paid.receivable_id
    """,
    """
    INSERT INTO payment_reversal (
        organization_id, id, payment_id, customer_id, kind, amount_minor, currency, external_id, reversed_on,
        recorded_at, actor)
    SELECT p.organization_id, gen_random_uuid(), p.id, p.customer_id,
        CASE p.method WHEN 'cheque' THEN 'bounce' ELSE 'correction' END, p.reversed_minor, p.currency,
        'cartera:' || p.id, COALESCE(max(e.effective_on), p.received_on),
        COALESCE(max(e.recorded_at), p.recorded_at), p.actor
    FROM payment p
    LEFT JOIN entry e ON e.organization_id = p.organization_id AND e.payment_id = p.id AND e.kind = 'reversal'
    WHERE p.reversed_minor > 0
    GROUP BY p.organization_id, p.id
    """,
    """
    UPDATE credit_note AS n SET applied_minor = used.here,
        applied_in_erp_minor = n.applied_minor - used.here
    FROM (
        SELECT n.organization_id, n.id, COALESCE(sum(a.source_minor), 0) AS here
        FROM credit_note n
        LEFT JOIN allocation a ON a.organization_id = n.organization_id AND a.credit_note_id = n.id
        GROUP BY n.organization_id, n.id
    ) used
    WHERE n.organization_id = used.organization_id AND n.id = used.id AND n.applied_minor <> used.here
    """,
)


def _promise_what_holds() -> None:
    _check("receivable", "charges", "charges_settled_minor BETWEEN 0 AND charges_minor")
    _check("receivable", "principal", "settled_minor - charges_settled_minor BETWEEN 0 AND amount_minor")
    _check("receivable", "unpaid", "written_off_minor >= 0 AND cancelled_minor >= 0")
    _check("credit_note", "elsewhere", "applied_in_erp_minor >= 0 AND reversed_minor >= 0")
    _check(
        "credit_note",
        "unapplied",
        "unapplied_minor = amount_minor - applied_minor - applied_in_erp_minor - reversed_minor",
    )
