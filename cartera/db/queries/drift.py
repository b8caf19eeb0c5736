"""Drift: rows whose running totals are not what the append-only rows behind them add up to (DOMAIN §2).

Each statement yields the ids of rows that break its rule, what they say and what they should say; on sound
books none yields any. :org is bound on every table, :today is the business day; amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.drift_plans_sql import PLAN_RULES
from cartera.db.queries.due_balances_sql import RECOMPUTED
from cartera.db.queries.locks import lock_many
from cartera.db.session import Tx, WriteTx


@dataclass(frozen=True, slots=True)
class Drift:
    """A row that breaks a rule: what it says, and what the rows behind it say."""

    rule: str
    noun: str
    id: UUID
    kept: str
    recomputed: str


# What an entry of these kinds, or the reversal of one, counts as.
_ROOT = """
    SELECT e.receivable_id, COALESCE(o.kind, e.kind) AS kind, e.amount_minor
    FROM entry e
    LEFT JOIN entry o ON o.organization_id = :org AND o.id = e.reverses_id
    WHERE e.organization_id = :org
"""

RULES: dict[str, tuple[str, str]] = {
    "a receivable's balance is the sum of its entries": (
        "receivable",
        """
        SELECT r.id, r.balance_minor AS kept, COALESCE(told.minor, 0) AS recomputed
        FROM receivable r
        LEFT JOIN (
            SELECT receivable_id, sum(amount_minor) AS minor FROM entry
            WHERE organization_id = :org GROUP BY receivable_id
        ) told ON told.receivable_id = r.id
        WHERE r.organization_id = :org AND r.balance_minor <> COALESCE(told.minor, 0)
        """,
    ),
    "a receivable is issued once, for its amount": (
        "receivable",
        """
        SELECT r.id, r.amount_minor AS kept, COALESCE(told.minor, 0) AS recomputed
        FROM receivable r
        LEFT JOIN (
            SELECT receivable_id, sum(amount_minor) AS minor FROM entry
            WHERE organization_id = :org AND kind = 'issue' GROUP BY receivable_id
        ) told ON told.receivable_id = r.id
        WHERE r.organization_id = :org AND r.amount_minor <> COALESCE(told.minor, 0)
        """,
    ),
    "a receivable's charges are the sum of their lines": (
        "receivable",
        """
        SELECT r.id, concat(r.charges_minor, '/', r.charges_settled_minor) AS kept,
            concat(COALESCE(told.minor, 0), '/', COALESCE(told.settled, 0)) AS recomputed
        FROM receivable r
        LEFT JOIN (
            SELECT receivable_id, sum(amount_minor) AS minor, sum(settled_minor) AS settled FROM charge
            WHERE organization_id = :org GROUP BY receivable_id
        ) told ON told.receivable_id = r.id
        WHERE r.organization_id = :org AND (r.charges_minor, r.charges_settled_minor)
            <> (COALESCE(told.minor, 0), COALESCE(told.settled, 0))
        """,
    ),
    "a charge's balance is the sum of its entries": (
        "charge",
        """
        SELECT c.id, c.balance_minor AS kept, COALESCE(told.minor, 0) AS recomputed
        FROM charge c
        LEFT JOIN (
            SELECT charge_id, sum(amount_minor) AS minor FROM entry
            WHERE organization_id = :org AND charge_id IS NOT NULL GROUP BY charge_id
        ) told ON told.charge_id = c.id
        WHERE c.organization_id = :org AND c.balance_minor <> COALESCE(told.minor, 0)
        """,
    ),
    "a receivable's state follows from its entries": (
        "receivable",
        f"""
        SELECT r.id, concat_ws('/', r.state, r.written_off_minor, r.cancelled_minor) AS kept,
            concat_ws('/', told.written_off, told.cancelled) AS recomputed
        FROM receivable r
        LEFT JOIN (
            SELECT receivable_id,
                COALESCE(-sum(amount_minor) FILTER (WHERE kind IN ('write_off', 'recovery')), 0)
                    AS written_off,
                COALESCE(-sum(amount_minor) FILTER (WHERE kind IN ('cancellation', 'substitution')), 0)
                    AS cancelled
            FROM ({_ROOT} AND COALESCE(o.kind, e.kind)
                IN ('write_off', 'recovery', 'cancellation', 'substitution')) rooted
            GROUP BY receivable_id
        ) told ON told.receivable_id = r.id
        WHERE r.organization_id = :org AND (
            r.written_off_minor <> COALESCE(told.written_off, 0)
            OR r.cancelled_minor <> COALESCE(told.cancelled, 0)
            OR r.state <> CASE
                WHEN r.balance_minor = 0 AND r.written_off_minor > 0 THEN 'written_off'
                WHEN r.balance_minor = 0 AND r.cancelled_minor > 0 THEN 'cancelled'
                WHEN r.balance_minor = 0 THEN 'paid'
                WHEN r.settled_minor > 0 THEN 'partially_paid' ELSE 'open' END)
        """,
    ),
    "a receivable is settled on the day on which its principal was": (
        "receivable",
        """
        SELECT r.id, r.settled_on AS kept, told.day AS recomputed
        FROM receivable r
        LEFT JOIN (
            SELECT receivable_id, max(COALESCE(value_on, effective_on)) AS day FROM entry
            WHERE organization_id = :org AND charge_id IS NULL GROUP BY receivable_id
        ) told ON told.receivable_id = r.id
        WHERE r.organization_id = :org
            AND r.settled_on IS DISTINCT FROM CASE WHEN r.balance_minor = 0 THEN told.day END
        """,
    ),
    "a payment's parts are the sum of its allocations and reversals": (
        "payment",
        """
        SELECT p.id, concat(p.allocated_minor, '/', p.reversed_minor) AS kept,
            concat(COALESCE(told.minor, 0), '/', COALESCE(back.minor, 0)) AS recomputed
        FROM payment p
        LEFT JOIN (
            SELECT payment_id, sum(source_minor) AS minor FROM allocation
            WHERE organization_id = :org AND payment_id IS NOT NULL GROUP BY payment_id
        ) told ON told.payment_id = p.id
        LEFT JOIN (
            SELECT payment_id, sum(amount_minor) AS minor FROM payment_reversal
            WHERE organization_id = :org GROUP BY payment_id
        ) back ON back.payment_id = p.id
        WHERE p.organization_id = :org AND (p.allocated_minor, p.reversed_minor)
            <> (COALESCE(told.minor, 0), COALESCE(back.minor, 0))
        """,
    ),
    "a credit note's applied part is the sum of its allocations": (
        "credit_note",
        """
        SELECT n.id, n.applied_minor AS kept, COALESCE(told.minor, 0) AS recomputed
        FROM credit_note n
        LEFT JOIN (
            SELECT credit_note_id, sum(source_minor) AS minor FROM allocation
            WHERE organization_id = :org AND credit_note_id IS NOT NULL GROUP BY credit_note_id
        ) told ON told.credit_note_id = n.id
        WHERE n.organization_id = :org AND n.applied_minor <> COALESCE(told.minor, 0)
        """,
    ),
    "an allocation and its entry say the same": (
        "allocation",
        """
        SELECT a.id, concat_ws('/', a.amount_minor, a.allocated_on) AS kept,
            concat_ws('/', e.kind, -e.amount_minor, e.effective_on) AS recomputed
        FROM allocation a
        JOIN entry e ON e.organization_id = :org AND e.id = a.entry_id
        WHERE a.organization_id = :org AND (
            e.amount_minor <> -a.amount_minor OR e.receivable_id <> a.receivable_id
            OR e.effective_on <> a.allocated_on
            OR e.payment_id IS DISTINCT FROM a.payment_id
            OR e.credit_note_id IS DISTINCT FROM a.credit_note_id
            OR e.kind <> CASE WHEN a.amount_minor < 0 THEN 'reversal'
                WHEN a.payment_id IS NULL THEN 'credit_note' ELSE 'allocation' END)
        """,
    ),
    "every entry of money or of a credit note has its allocation": (
        "entry",
        """
        SELECT e.id, e.kind AS kept, 'no allocation' AS recomputed
        FROM entry e
        LEFT JOIN allocation a ON a.organization_id = :org AND a.entry_id = e.id
        WHERE e.organization_id = :org AND e.kind IN ('allocation', 'credit_note') AND a.id IS NULL
        """,
    ),
    "no entry is taken back beyond what it was": (
        "entry",
        """
        SELECT o.id, o.amount_minor AS kept, sum(e.amount_minor) AS recomputed
        FROM entry e
        JOIN entry o ON o.organization_id = :org AND o.id = e.reverses_id
        WHERE e.organization_id = :org AND e.reverses_id IS NOT NULL
        GROUP BY o.id, o.amount_minor
        HAVING sum(e.amount_minor) * sign(o.amount_minor) > 0
            OR abs(sum(e.amount_minor)) > abs(o.amount_minor)
        """,
    ),
    "an allocation is taken back in both its currencies alike": (
        "allocation",
        """
        SELECT a.id, concat_ws('/', a.amount_minor, a.source_minor) AS kept,
            concat_ws('/', -told.minor, -told.source) AS recomputed
        FROM allocation a
        LEFT JOIN (
            SELECT e.reverses_id, sum(b.amount_minor) AS minor, sum(b.source_minor) AS source
            FROM allocation b
            JOIN entry e ON e.organization_id = :org AND e.id = b.entry_id
            WHERE b.organization_id = :org AND b.amount_minor < 0 GROUP BY e.reverses_id
        ) told ON told.reverses_id = a.entry_id
        WHERE a.organization_id = :org AND a.amount_minor > 0 AND (
            a.source_minor < 0 OR a.source_minor + COALESCE(told.source, 0) < 0
            -- A charge across currencies may be too small to have cost anything.
            OR a.source_minor > 0 AND (a.amount_minor + COALESCE(told.minor, 0) = 0)
                <> (a.source_minor + COALESCE(told.source, 0) = 0))
        """,
    ),
    "nothing of a payment that is gone still settles anything": (
        "payment",
        """
        SELECT p.id, '0' AS kept, sum(a.amount_minor) AS recomputed
        FROM payment p
        JOIN allocation a ON a.organization_id = :org AND a.payment_id = p.id
        WHERE p.organization_id = :org AND p.allocated_minor = 0
        GROUP BY p.id HAVING sum(a.amount_minor) <> 0
        """,
    ),
    "an exchange difference falls with its allocation": (
        "allocation",
        """
        SELECT root.id, '0' AS kept, sum(d.amount_minor) AS recomputed
        FROM exchange_difference d
        JOIN allocation a ON a.organization_id = :org AND a.id = d.allocation_id
        JOIN entry e ON e.organization_id = :org AND e.id = a.entry_id
        JOIN allocation root ON root.organization_id = :org
            AND root.entry_id = COALESCE(e.reverses_id, e.id)
        WHERE d.organization_id = :org
        GROUP BY root.id, root.entry_id, root.amount_minor
        HAVING sum(d.amount_minor) <> 0 AND root.amount_minor = (
            SELECT sum(back.amount_minor) FROM entry back
            WHERE back.organization_id = :org AND back.reverses_id = root.entry_id)
        """,
    ),
    "a charge is posted once, for its amount": (
        "charge",
        """
        SELECT c.id, c.amount_minor AS kept, COALESCE(told.minor, 0) AS recomputed
        FROM charge c
        LEFT JOIN (
            SELECT charge_id, sum(amount_minor) AS minor FROM entry
            WHERE organization_id = :org AND kind IN ('interest', 'fee') GROUP BY charge_id
        ) told ON told.charge_id = c.id
        WHERE c.organization_id = :org AND c.amount_minor <> COALESCE(told.minor, 0)
        """,
    ),
    "a customer is assigned to what its history says last": (
        "customer",
        """
        SELECT c.id, concat_ws('/', c.collector_id, c.salesperson_id, c.segment) AS kept,
            concat_ws('/', told.collector_id, told.salesperson_id, told.segment) AS recomputed
        FROM customer c
        LEFT JOIN (
            SELECT DISTINCT ON (customer_id) * FROM assignment
            WHERE organization_id = :org ORDER BY customer_id, valid_from DESC, id DESC
        ) told ON told.customer_id = c.id
        WHERE c.organization_id = :org AND (told.customer_id IS NULL
            OR (c.collector_id, c.salesperson_id, c.segment)
                IS DISTINCT FROM (told.collector_id, told.salesperson_id, told.segment))
        """,
    ),
    # Its key has no id: the organization's stands for it.
    "what is open by due date is the sum of its receivables": (
        "due_balance",
        f"""
        SELECT CAST(:org AS uuid) AS id,
            concat_ws(' ', currency, due_on, overdue_from,
                concat(COALESCE(b.balance_minor, 0), '/', COALESCE(b.open_count, 0))) AS kept,
            concat(COALESCE(told.balance_minor, 0), '/', COALESCE(told.open_count, 0)) AS recomputed
        FROM (SELECT * FROM due_balance WHERE organization_id = :org) b
        FULL JOIN ({RECOMPUTED}) told USING (currency, due_on, overdue_from)
        WHERE (COALESCE(b.balance_minor, 0), COALESCE(b.open_count, 0))
            <> (COALESCE(told.balance_minor, 0), COALESCE(told.open_count, 0))
        """,
    ),
    **PLAN_RULES,
}

# One statement, since a rule alone costs a round trip more than it costs the database on small books.
_EVERY_RULE = text(
    " UNION ALL ".join(
        f"""
        (SELECT (CAST(:rules AS text[]))[{place}] AS rule, '{noun}' AS noun, broken.id,
            CAST(broken.kept AS text) AS kept, CAST(broken.recomputed AS text) AS recomputed
        FROM ({statement}) broken LIMIT :rows)
        """
        for place, (noun, statement) in enumerate(RULES.values(), 1)
    )
).bindparams(bindparam("rules", type_=ARRAY(Text())))

PROMISE_RULE = "a promise has received what entries prove"
ACCOUNT_RULE = "an account row is what its refresh recomputes"
# What an account row and its balances say of money; the rest of them tells whom to call first, and when.
BOOKED = (
    "balance_minor",
    "overdue_minor",
    "unapplied_minor",
    "lacks_rate",
    "open_count",
    "overdue_count",
    "oldest_due_on",
    "matured_count",
    "late_count",
    "late_days",
    "delay_days",
    "current_minor",
    "days_1_30_minor",
    "days_31_60_minor",
    "days_61_90_minor",
    "over_90_minor",
    "amount_minor",
    "delayed_minor_days",
    "newest",
    "stands_until",
)


async def drift(tx: Tx, limit: int = 100) -> list[Drift]:
    """Up to ``limit`` rows of the organization for each rule that its books break."""
    # Whole tables are joined: fresh ones, of which nobody has statistics yet, must not be walked row by row.
    await tx.session.execute(text("SET LOCAL enable_nestloop = off"))
    rows = await tx.session.execute(
        _EVERY_RULE,
        {"org": tx.organization_id, "today": tx.today, "rows": limit, "rules": list(RULES)},
    )
    await tx.session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
    return [Drift(row.rule, row.noun, row.id, row.kept, row.recomputed) for row in rows]


async def account_drift(
    tx: WriteTx, customers: Collection[UUID], columns: Sequence[str] | None = BOOKED
) -> list[Drift]:
    """Account rows, balances and histories of these customers that their refresh would change in ``columns``.

    None: in any but the time of the refresh. Rows of an earlier business day than the organization's are
    left out: the business day's job has yet to come to them. Recomputing leaves the rows refreshed and
    locked, so whoever only looks rolls the transaction back.
    """
    await lock_many(tx, customers)
    before = await _account_rows(tx, customers)
    await refresh_accounts(tx, customers)
    after = await _account_rows(tx, customers)
    today = tx.organization.business_day.isoformat()
    behind = {key[0] for key, row in before.items() if row.get("business_day", today) < today}
    found = []
    for key in sorted(before.keys() | after.keys()):
        kept, recomputed = before.get(key, {}), after.get(key, {})
        names = columns or sorted((kept.keys() | recomputed.keys()) - {"refreshed_at"})
        differing = [name for name in names if kept.get(name) != recomputed.get(name)]
        # A history that is not there yet is made when it is asked for.
        made = key[1] == "account_history" and key not in before
        if differing and key[0] not in behind and not made:
            said, should = (
                " ".join(f"{name}={row.get(name)}" for name in differing) for row in (kept, recomputed)
            )
            found.append(Drift(ACCOUNT_RULE, key[1], key[0], f"{key[2]} {said}".strip(), should))
    return found


async def _account_rows(tx: Tx, customers: Collection[UUID]) -> dict[tuple[UUID, str, str], dict[str, Any]]:
    """By customer, table and currency (none: the account row itself), all that the row says."""
    rows = await tx.session.execute(
        text(
            """
            SELECT a.customer_id, 'account' AS noun, '' AS currency, to_jsonb(a) AS said FROM account a
            WHERE a.organization_id = :org AND a.customer_id = ANY(:ids)
            UNION ALL
            SELECT b.customer_id, 'account_balance', b.currency, to_jsonb(b) FROM account_balance b
            WHERE b.organization_id = :org AND b.customer_id = ANY(:ids)
            UNION ALL
            SELECT h.customer_id, 'account_history', h.currency, to_jsonb(h) FROM account_history h
            WHERE h.organization_id = :org AND h.customer_id = ANY(:ids)
            """
        ).bindparams(bindparam("ids", type_=ARRAY(Uuid()))),
        {"org": tx.organization_id, "ids": sorted(set(customers))},
    )
    return {(row.customer_id, row.noun, row.currency): row.said for row in rows}
