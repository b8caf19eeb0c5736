"""What a refresh is measured on, and beside: {org} is the organization."""

from __future__ import annotations

_ENTRY = """
INSERT INTO entry (
    organization_id, id, receivable_id, customer_id, kind, amount_minor, currency, effective_on, recorded_at,
    tax_document_needed, actor)
SELECT organization_id, gen_random_uuid(), id, customer_id
"""

# Every receivable was issued, and the ERP has told what of it is settled. Payments keep what is unapplied.
LEDGER = (
    f"{_ENTRY}, 'issue', amount_minor, currency, issued_on, created_at, false, 'system:bench'"
    " FROM receivable WHERE organization_id = '{org}'",
    f"{_ENTRY}, 'settled_in_erp', -settled_minor, currency, COALESCE(settled_on, issued_on), created_at,"
    " false, 'system:bench' FROM receivable WHERE organization_id = '{org}' AND settled_minor > 0",
    "DELETE FROM payment WHERE organization_id = '{org}' AND unapplied_minor = 0",
    "UPDATE payment SET amount_minor = unapplied_minor, allocated_minor = 0 WHERE organization_id = '{org}'",
    # Judging promises is another matter, and these have no payments behind them: none matures meanwhile.
    "UPDATE promise SET due_on = due_on + 7, last_day = last_day + 7"
    " WHERE organization_id = '{org}' AND state = 'pending'",
)

_TODAY = "date '2026-11-16'"
_OVERDUE = f"balance_minor > 0 AND overdue_from <= {_TODAY}"
_MATURED = f"""due_on > {_TODAY} - 730 AND state IN ('open', 'partially_paid', 'paid')
    AND (settled_on IS NOT NULL OR overdue_from <= {_TODAY})"""
_LATE = f"GREATEST(COALESCE(settled_on, {_TODAY}) - due_on, 0)"


def _latest(table: str, order: str, facts: str) -> str:
    return (
        f"SELECT DISTINCT ON (customer_id) customer_id, {facts} FROM {table}"
        f" WHERE organization_id = '{{org}}' ORDER BY customer_id, {order}"
    )


def _counted(table: str, by: str, facts: str) -> str:
    return f"SELECT {by}, {facts} FROM {table} WHERE organization_id = '{{org}}' GROUP BY {by}"


BARE = (
    f"""
    SELECT customer_id, currency, sum(balance_minor), sum(balance_minor) FILTER (WHERE {_OVERDUE}),
        sum(balance_minor) FILTER (WHERE {_OVERDUE} AND due_on >= {_TODAY} - 30),
        sum(balance_minor) FILTER (WHERE {_OVERDUE} AND due_on BETWEEN {_TODAY} - 60 AND {_TODAY} - 31),
        sum(balance_minor) FILTER (WHERE {_OVERDUE} AND due_on BETWEEN {_TODAY} - 90 AND {_TODAY} - 61),
        count(*) FILTER (WHERE balance_minor > 0), count(*) FILTER (WHERE {_OVERDUE}),
        min(due_on) FILTER (WHERE balance_minor > 0),
        count(*) FILTER (WHERE {_MATURED}), count(*) FILTER (WHERE {_MATURED} AND {_LATE} > 0),
        sum({_LATE}) FILTER (WHERE {_MATURED}), sum(amount_minor) FILTER (WHERE {_MATURED}),
        sum(amount_minor * {_LATE}) FILTER (WHERE {_MATURED})
    FROM receivable WHERE organization_id = '{{org}}' GROUP BY customer_id, currency
    """,
    _latest("promise", "created_at DESC, id DESC", "id, state, due_on, amount_minor, received_minor"),
    _latest("activity", "happened_at DESC", "happened_at, kind"),
    _latest("task", "due_at, id", "due_at, kind"),
    _counted("payment", "customer_id", "max(received_on), sum(unapplied_minor)"),
    _counted("promise_receivable", "promise_id", "count(*)"),
    _counted("contact", "customer_id", "count(*) FILTER (WHERE email_state <> 'wrong')"),
    _counted("dispute", "receivable_id", "sum(amount_minor)"),
    _counted("hold", "customer_id", "max(until_on)"),
    _counted("account_balance", "customer_id", "sum(unapplied_minor)"),
)
