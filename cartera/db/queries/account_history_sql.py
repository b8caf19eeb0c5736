"""How customers paid what is settled, kept in ``account_history`` beside their account rows.

What is settled changes by writes alone, and each write recomputes its customer's rows; a business day
recomputes those of which something leaves the window of ``HISTORY_DAYS``, and adds what is open to the rest.
Parameters: :org, :ids (customers), :today (business day). Amounts are minor units.
"""

from __future__ import annotations

from cartera.rules import priority as p

# As many of the latest to mature tell whether a customer pays worse than before.
NEWEST = 3

# What tells how a customer pays: what was settled, and what is open and past due, counted to this day. What
# was written off or cancelled tells nothing.
SETTLED = f"""
    r.settled_on IS NOT NULL AND r.state IN ('open', 'partially_paid', 'paid')
    AND r.due_on > CAST(:today AS date) - {p.HISTORY_DAYS}
"""
OPEN_LATE = (
    f"r.balance_minor > 0 AND r.overdue_from <= :today AND r.due_on > CAST(:today AS date) - {p.HISTORY_DAYS}"
)
_LATE_DAYS = "CASE WHEN r.settled_on >= r.overdue_from THEN r.settled_on - r.due_on ELSE 0 END"

# Customers whose rows no longer stand, or who have none: nothing of theirs is settled, or it was before this
# table was.
_STALE = """
SELECT c.id AS customer_id FROM customer c
LEFT JOIN (
    SELECT h.customer_id, min(h.stands_until) AS stands_until FROM account_history h
    WHERE h.organization_id = :org {of_kept} GROUP BY h.customer_id
) kept ON kept.customer_id = c.id
WHERE c.organization_id = :org {of_customer} AND (kept.stands_until > :today) IS NOT TRUE
"""
_ALL_STALE = _STALE.format(of_kept="", of_customer="")
STALE = _STALE.format(of_kept="AND h.customer_id = ANY(:ids)", of_customer="AND c.id = ANY(:ids)")

HISTORY = f"""
INSERT INTO account_history (
    organization_id, customer_id, currency, matured_count, late_count, late_days, amount_minor,
    delayed_minor_days, newest, stands_until)
SELECT :org, told.* FROM (
    SELECT customer_id, currency, count(id) AS matured_count, count(id) FILTER (WHERE late > 0) AS late_count,
        COALESCE(sum(late), 0) AS late_days, COALESCE(sum(amount_minor), 0) AS amount_minor,
        COALESCE(sum(amount_minor * late), 0) AS delayed_minor_days,
        COALESCE(jsonb_agg(jsonb_build_array(settled_on, due_on, id, late) ORDER BY place)
            FILTER (WHERE id IS NOT NULL AND place <= {NEWEST}), '[]') AS newest,
        COALESCE(min(due_on) + {p.HISTORY_DAYS}, 'infinity') AS stands_until
    FROM (
        SELECT settled.*, row_number() OVER (PARTITION BY customer_id, currency
            ORDER BY settled_on DESC NULLS LAST, due_on DESC, id DESC) AS place
        FROM (
            SELECT r.customer_id, r.currency, r.id, r.amount_minor, r.due_on, r.settled_on,
                {_LATE_DAYS} AS late
            FROM receivable r
            WHERE r.organization_id = :org AND r.customer_id = ANY(:ids) AND {SETTLED}
            UNION ALL
            -- Of a currency in which nothing is settled any more the row says so.
            SELECT h.customer_id, h.currency, NULL, NULL, NULL, NULL, NULL
            FROM account_history h
            WHERE h.organization_id = :org AND h.customer_id = ANY(:ids)
        ) settled
    ) placed
    GROUP BY customer_id, currency
) told
LEFT JOIN account_history kept ON kept.organization_id = :org AND kept.customer_id = told.customer_id
    AND kept.currency = told.currency
WHERE (kept.matured_count, kept.late_count, kept.late_days, kept.amount_minor, kept.delayed_minor_days,
        kept.newest, kept.stands_until)
    IS DISTINCT FROM (told.matured_count, told.late_count, told.late_days, told.amount_minor,
        told.delayed_minor_days, told.newest, told.stands_until)
ON CONFLICT (organization_id, customer_id, currency) DO UPDATE SET
    matured_count = excluded.matured_count, late_count = excluded.late_count, late_days = excluded.late_days,
    amount_minor = excluded.amount_minor, delayed_minor_days = excluded.delayed_minor_days,
    newest = excluded.newest, stands_until = excluded.stands_until
"""

# As of today, whether the rows of those who have not been caught up yet still stand or not.
SEGMENTS = f"""
WITH stale AS MATERIALIZED ({_ALL_STALE}),
told AS (
    SELECT h.customer_id, h.matured_count AS matured, h.late_count AS late, h.late_days AS days
    FROM account_history h LEFT JOIN stale s ON s.customer_id = h.customer_id
    WHERE h.organization_id = :org AND s.customer_id IS NULL
    UNION ALL
    SELECT s.customer_id, 1, CASE WHEN {_LATE_DAYS} > 0 THEN 1 ELSE 0 END, {_LATE_DAYS}
    FROM stale s JOIN receivable r ON r.organization_id = :org AND r.customer_id = s.customer_id
    WHERE {SETTLED}
    UNION ALL
    SELECT r.customer_id, 1, 1, :today - r.due_on
    FROM receivable r WHERE r.organization_id = :org AND {OPEN_LATE}
)
INSERT INTO segment_history (organization_id, segment, matured_count, late_count, late_days)
SELECT :org, c.segment, sum(told.matured), sum(told.late), sum(told.days)
FROM told JOIN customer c ON c.organization_id = :org AND c.id = told.customer_id
GROUP BY c.segment HAVING sum(told.matured) > 0
ON CONFLICT (organization_id, segment) DO UPDATE SET
    matured_count = excluded.matured_count, late_count = excluded.late_count, late_days = excluded.late_days
"""
