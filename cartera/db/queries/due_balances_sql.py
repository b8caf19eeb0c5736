"""The statements that keep ``due_balance``, by ``db.due_balances``, and its recomputation.

Parameters: :org; keys in their order as :currencies, :due and :overdue; what moves as :minors and :counts.
"""

from __future__ import annotations

# Days on which nothing has been due so far. A row is never deleted, so whoever finds one may rely on it.
ADD = """
INSERT INTO due_balance (organization_id, currency, due_on, overdue_from, balance_minor, open_count)
SELECT :org, k.currency, k.due_on, k.overdue_from, 0, 0
FROM unnest(:currencies, :due, :overdue) AS k (currency, due_on, overdue_from)
ORDER BY k.currency, k.due_on, k.overdue_from
ON CONFLICT (organization_id, currency, due_on, overdue_from) DO NOTHING
"""

# The rows are locked in the order of their key before any of them changes; the join alone has no order.
MOVE = """
WITH locked AS (
    SELECT b.currency, b.due_on, b.overdue_from, m.minor, m.count
    FROM due_balance b
    JOIN unnest(:currencies, :due, :overdue, :minors, :counts)
        AS m (currency, due_on, overdue_from, minor, count) USING (currency, due_on, overdue_from)
    WHERE b.organization_id = :org
    ORDER BY b.currency, b.due_on, b.overdue_from
    FOR UPDATE OF b
)
UPDATE due_balance AS b SET
    balance_minor = b.balance_minor + l.minor, open_count = b.open_count + l.count
FROM locked l
WHERE b.organization_id = :org
    AND (b.currency, b.due_on, b.overdue_from) = (l.currency, l.due_on, l.overdue_from)
"""

# What is open by due date, told from the receivables themselves.
RECOMPUTED = """
SELECT r.currency, r.due_on, r.overdue_from, sum(r.balance_minor) AS balance_minor, count(*) AS open_count
FROM receivable r
WHERE r.organization_id = :org AND r.balance_minor > 0
GROUP BY r.currency, r.due_on, r.overdue_from
"""

RECOMPUTE = f"""
INSERT INTO due_balance (organization_id, currency, due_on, overdue_from, balance_minor, open_count)
SELECT :org, told.currency, told.due_on, told.overdue_from, told.balance_minor, told.open_count
FROM ({RECOMPUTED}) told
ON CONFLICT (organization_id, currency, due_on, overdue_from) DO UPDATE SET
    balance_minor = excluded.balance_minor, open_count = excluded.open_count
"""
