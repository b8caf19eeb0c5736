"""Rules of ``drift`` about plans: what their instalments say beside what the books make of them.

The same as ``rules.plans.stand``, told a second time in SQL: money pays the first instalments first, what
settled otherwise shortens the plan from its end.
"""

from __future__ import annotations

from cartera.rules.plans import MONEY

# By plan, net of what went back, the money on its receivables, and what is owed on them; but what is about
# charges that were added since the plan became active. As ``queries.plans.books``.
_BOOKS = f"""
    SELECT p.id AS plan_id, p.customer_id,
        COALESCE(money.minor, 0) - p.money_before_minor AS money,
        p.total_minor + p.charges_forgiven_minor + p.principal_forgiven_minor
            - (COALESCE(money.minor, 0) - p.money_before_minor)
            - COALESCE(owed.minor, 0) + COALESCE(added.minor, 0) AS other
    FROM plan p
    LEFT JOIN (
        SELECT l.plan_id, -sum(e.amount_minor) AS minor
        FROM plan_receivable l
        JOIN plan lp ON lp.organization_id = :org AND lp.id = l.plan_id AND lp.state = 'active'
        JOIN entry e ON e.organization_id = :org AND e.receivable_id = l.receivable_id
        LEFT JOIN entry o ON o.organization_id = :org AND o.id = e.reverses_id
        LEFT JOIN charge c ON c.organization_id = :org AND c.id = e.charge_id
        WHERE l.organization_id = :org
            AND COALESCE(o.kind, e.kind) IN ({", ".join(f"'{kind.value}'" for kind in MONEY)})
            AND (c.id IS NULL OR c.recorded_at <= lp.activated_at)
        GROUP BY l.plan_id
    ) money ON money.plan_id = p.id
    LEFT JOIN (
        SELECT l.plan_id, sum(r.balance_minor) AS minor
        FROM plan_receivable l
        JOIN receivable r ON r.organization_id = :org AND r.id = l.receivable_id
        WHERE l.organization_id = :org GROUP BY l.plan_id
    ) owed ON owed.plan_id = p.id
    LEFT JOIN (
        SELECT l.plan_id, sum(c.balance_minor) AS minor
        FROM plan_receivable l
        JOIN plan lp ON lp.organization_id = :org AND lp.id = l.plan_id AND lp.state = 'active'
        JOIN charge c ON c.organization_id = :org AND c.receivable_id = l.receivable_id
            AND c.recorded_at > lp.activated_at
        WHERE l.organization_id = :org GROUP BY l.plan_id
    ) added ON added.plan_id = p.id
    WHERE p.organization_id = :org AND p.state = 'active'
"""

_OWED = f"""
    SELECT i.id, i.plan_id, b.customer_id, i.number, i.owed_minor, i.paid_minor, i.state, i.last_day,
        greatest(b.money, 0) AS money,
        i.debt_minor + i.interest_minor - least(i.debt_minor + i.interest_minor, greatest(0,
            greatest(b.other, 0) - COALESCE(sum(i.debt_minor + i.interest_minor) OVER after, 0))) AS owed
    FROM ({_BOOKS}) b
    JOIN instalment i ON i.organization_id = :org AND i.plan_id = b.plan_id
    WINDOW after AS (
        PARTITION BY i.plan_id ORDER BY i.number ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    )
"""

_STANDING = f"""
    SELECT o.*, least(o.owed, greatest(0, o.money - COALESCE(sum(o.owed) OVER before, 0))) AS paid
    FROM ({_OWED}) o
    WINDOW before AS (
        PARTITION BY o.plan_id ORDER BY o.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
"""

PLAN_RULES: dict[str, tuple[str, str]] = {
    "an active plan's instalments are what the books make of them": (
        "instalment",
        f"""
        SELECT s.id, concat_ws('/', s.owed_minor, s.paid_minor, s.state) AS kept,
            concat_ws('/', s.owed, s.paid, CASE WHEN s.paid >= s.owed THEN 'paid'
                WHEN s.last_day < :today THEN 'late' ELSE 'pending' END) AS recomputed
        FROM ({_STANDING}) s
        LEFT JOIN account a ON a.organization_id = :org AND a.customer_id = s.customer_id
        WHERE (s.owed_minor, s.paid_minor) <> (s.owed, s.paid)
            OR (s.state = 'paid') <> (s.paid >= s.owed)
            OR s.state = 'late' AND s.last_day >= :today
            -- Of an earlier day, the business day's job has yet to come to them.
            OR s.state = 'pending' AND s.last_day < least(a.business_day, :today)
        """,
    ),
    "a plan counts its late instalments": (
        "plan",
        """
        SELECT p.id, p.late_count AS kept, COALESCE(told.late, 0) AS recomputed
        FROM plan p
        LEFT JOIN (
            SELECT plan_id, count(*) AS late FROM instalment
            WHERE organization_id = :org AND state = 'late' GROUP BY plan_id
        ) told ON told.plan_id = p.id
        WHERE p.organization_id = :org AND p.late_count <> COALESCE(told.late, 0)
        """,
    ),
}
