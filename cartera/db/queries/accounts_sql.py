"""The statements that recompute account rows. ``rules.priority`` says the same in Python, tested equal.

Parameters: :org, :ids (customers), :today (business day), :now, :zone (of the organization), :currencies and
:factors (minor units of the base currency for one minor unit of each currency). Amounts are minor units.
"""

from __future__ import annotations

from cartera.db.queries.account_history_sql import NEWEST, OPEN_LATE
from cartera.rules import priority as p

BALANCES = """
INSERT INTO account_balance (
    organization_id, customer_id, currency, balance_minor, overdue_minor, current_minor,
    days_1_30_minor, days_31_60_minor, days_61_90_minor, over_90_minor, unapplied_minor)
SELECT :org, told.* FROM (
    SELECT customer_id, currency, sum(balance) AS balance, sum(overdue) AS overdue,
        sum(balance) - sum(overdue) AS current,
        sum(CASE WHEN days <= 30 THEN overdue ELSE 0 END) AS days_1_30,
        sum(CASE WHEN days BETWEEN 31 AND 60 THEN overdue ELSE 0 END) AS days_31_60,
        sum(CASE WHEN days BETWEEN 61 AND 90 THEN overdue ELSE 0 END) AS days_61_90,
        sum(CASE WHEN days > 90 THEN overdue ELSE 0 END) AS over_90,
        sum(unapplied) AS unapplied
    FROM (
        SELECT r.customer_id, r.currency, r.balance_minor AS balance,
            CASE WHEN r.overdue_from <= :today THEN r.balance_minor ELSE 0 END AS overdue,
            :today - r.due_on AS days, 0 AS unapplied
        FROM receivable r
        WHERE r.organization_id = :org AND r.customer_id = ANY(:ids) AND r.balance_minor > 0
        UNION ALL
        SELECT m.customer_id, m.currency, 0, 0, 0, m.unapplied_minor
        FROM payment m
        WHERE m.organization_id = :org AND m.customer_id = ANY(:ids) AND m.unapplied_minor > 0
        UNION ALL
        SELECT n.customer_id, n.currency, 0, 0, 0, n.unapplied_minor
        FROM credit_note n
        WHERE n.organization_id = :org AND n.customer_id = ANY(:ids) AND n.unapplied_minor > 0
        UNION ALL
        -- What is no longer owed in a currency reads zero.
        SELECT b.customer_id, b.currency, 0, 0, 0, 0
        FROM account_balance b
        WHERE b.organization_id = :org AND b.customer_id = ANY(:ids)
    ) items
    GROUP BY customer_id, currency
) told
LEFT JOIN account_balance kept ON kept.organization_id = :org AND kept.customer_id = told.customer_id
    AND kept.currency = told.currency
-- Meeting a row that stays as it is would lock and so write it.
WHERE (kept.balance_minor, kept.overdue_minor, kept.days_1_30_minor, kept.days_31_60_minor,
        kept.days_61_90_minor, kept.unapplied_minor)
    IS DISTINCT FROM (told.balance, told.overdue, told.days_1_30, told.days_31_60, told.days_61_90,
        told.unapplied)
ON CONFLICT (organization_id, customer_id, currency) DO UPDATE SET
    balance_minor = excluded.balance_minor, overdue_minor = excluded.overdue_minor,
    current_minor = excluded.current_minor, days_1_30_minor = excluded.days_1_30_minor,
    days_31_60_minor = excluded.days_31_60_minor, days_61_90_minor = excluded.days_61_90_minor,
    over_90_minor = excluded.over_90_minor, unapplied_minor = excluded.unapplied_minor
"""

_CTES = f"""
WITH rate AS (
    SELECT currency, factor, factor = 1 AS is_base
    FROM unnest(CAST(:currencies AS text[]), CAST(:factors AS numeric[])) AS r (currency, factor)
),
-- What is open, read once.
open_receivable AS MATERIALIZED (
    SELECT r.customer_id, r.id, r.currency, r.amount_minor, r.balance_minor, r.due_on, r.overdue_from
    FROM receivable r
    WHERE r.organization_id = :org AND r.customer_id = ANY(:ids) AND r.balance_minor > 0
),
open_late AS (
    SELECT r.customer_id, r.id, r.currency, r.amount_minor, r.due_on, :today - r.due_on AS late
    FROM open_receivable r WHERE {OPEN_LATE}
),
-- Amounts become money of the base currency once they are sums.
in_currency AS (
    SELECT h.customer_id, h.currency, h.matured_count AS matured, h.late_count AS late, h.late_days AS days,
        h.amount_minor AS amount, h.delayed_minor_days AS delayed
    FROM account_history h WHERE h.organization_id = :org AND h.customer_id = ANY(:ids)
    UNION ALL
    SELECT customer_id, currency, count(*), count(*), sum(late), sum(amount_minor), sum(amount_minor * late)
    FROM open_late GROUP BY customer_id, currency
),
history AS (
    SELECT i.customer_id, sum(i.matured)::bigint AS matured, sum(i.late)::bigint AS late,
        sum(i.days)::bigint AS days,
        COALESCE(round(sum(i.delayed * f.factor) / NULLIF(sum(i.amount * f.factor), 0)), 0) AS delay
    FROM in_currency i LEFT JOIN rate f ON f.currency = i.currency
    GROUP BY i.customer_id
),
lately AS (
    SELECT customer_id, avg(late) AS late
    FROM (
        SELECT customer_id, late, row_number() OVER (
            PARTITION BY customer_id ORDER BY last_on DESC, due_on DESC, id DESC) AS place
        FROM (
            SELECT customer_id, :today AS last_on, due_on, id, late FROM open_late
            UNION ALL
            SELECT h.customer_id, (n.value->>0)::date, (n.value->>1)::date, (n.value->>2)::uuid,
                (n.value->>3)::int
            FROM account_history h CROSS JOIN LATERAL jsonb_array_elements(h.newest) n
            WHERE h.organization_id = :org AND h.customer_id = ANY(:ids)
        ) told
    ) placed WHERE place <= {NEWEST} GROUP BY customer_id
),
habit AS (
    SELECT c.id AS customer_id, c.collector_id, c.segment,
        COALESCE(h.matured, 0) AS matured, COALESCE(h.late, 0) AS late, COALESCE(h.days, 0) AS days,
        COALESCE(h.delay, 0) AS delay,
        COALESCE(h.matured >= {p.WORSE_NEEDS}
            AND l.late >= h.days::numeric / h.matured + {p.WORSE_BY_DAYS}, false) AS is_worse,
        l.late AS recent,
        LEAST(GREATEST(
            (COALESCE(h.late, 0) + {p.SHRINK} * COALESCE(s.late_count, 0)::float8
                / GREATEST(COALESCE(s.matured_count, 0), 1))
            / (COALESCE(h.matured, 0) + {p.SHRINK}), 0.02), 0.98) AS late_fraction,
        (COALESCE(h.days, 0)::float8 + {p.SHRINK} * COALESCE(s.late_days, 0)::float8
            / GREATEST(COALESCE(s.matured_count, 0), 1))
            / (COALESCE(h.matured, 0) + {p.SHRINK}) AS mean_days
    FROM customer c
    LEFT JOIN history h ON h.customer_id = c.id
    LEFT JOIN lately l ON l.customer_id = c.id
    LEFT JOIN segment_history s ON s.organization_id = :org AND s.segment = c.segment
    WHERE c.organization_id = :org AND c.id = ANY(:ids)
),
hold_on_customer AS (
    SELECT DISTINCT h.customer_id FROM hold h
    WHERE h.organization_id = :org AND h.customer_id = ANY(:ids) AND h.receivable_id IS NULL
        AND h.released_at IS NULL AND h.until_on >= :today
),
chance AS (
    SELECT habit.customer_id, h.customer_id IS NOT NULL AS is_held, round(1000 / (1 + exp(-(
        {p.INTERCEPT} + {p.LATE_LOGIT} * ln(late_fraction / (1 - late_fraction))
        + {p.LATE_DAYS} * ln(1 + CASE WHEN is_worse THEN GREATEST(mean_days, recent::float8)
                                      ELSE mean_days END)))))::bigint AS permille
    FROM habit LEFT JOIN hold_on_customer h ON h.customer_id = habit.customer_id
),
-- What was promised, read once.
promise_made AS MATERIALIZED (
    SELECT q.customer_id, q.id, q.state, q.due_on, q.resolved_on, q.created_at, q.currency,
        q.amount_minor - q.received_minor AS missing_minor
    FROM promise q
    WHERE q.organization_id = :org AND q.customer_id = ANY(:ids) AND q.state NOT IN ('cancelled')
),
-- What sets some of the open receivables apart. A plan with a late instalment holds nothing back.
apart AS (
    SELECT receivable_id, bool_or(kind = 'held') AS is_held, bool_or(kind = 'promised') AS is_promised,
        bool_or(kind = 'in_plan') AS is_in_plan, bool_or(kind = 'in_drawer') AS is_in_drawer,
        max(day) FILTER (WHERE kind = 'in_plan') AS ends_on,
        min(day) FILTER (WHERE kind = 'in_drawer') AS deposit_on, sum(disputed) AS disputed
    FROM (
        SELECT h.receivable_id, 'held' AS kind, NULL::date AS day, NULL::bigint AS disputed FROM hold h
        WHERE h.organization_id = :org AND h.customer_id = ANY(:ids) AND h.receivable_id IS NOT NULL
            AND h.released_at IS NULL AND h.until_on >= :today
        UNION ALL
        SELECT pr.receivable_id, 'promised', NULL, NULL FROM promise_made q
        JOIN promise_receivable pr ON pr.organization_id = :org AND pr.promise_id = q.id
        WHERE q.state = 'pending'
        UNION ALL
        SELECT pr.receivable_id, 'in_plan', p.ends_on, NULL FROM plan p
        JOIN plan_receivable pr ON pr.organization_id = :org AND pr.plan_id = p.id
        WHERE p.organization_id = :org AND p.customer_id = ANY(:ids)
            AND p.state = 'active' AND p.late_count = 0
        UNION ALL
        SELECT ir.receivable_id, 'in_drawer', i.due_on, NULL FROM instrument i
        JOIN instrument_receivable ir ON ir.organization_id = :org AND ir.instrument_id = i.id
        WHERE i.organization_id = :org AND i.customer_id = ANY(:ids) AND i.state = 'received'
            AND i.role = 'pays' AND i.pauses_until >= :today
        UNION ALL
        SELECT d.receivable_id, 'disputed', NULL, d.amount_minor FROM dispute d
        WHERE d.organization_id = :org AND d.customer_id = ANY(:ids) AND d.state = 'open'
    ) facts
    GROUP BY receivable_id
),
item AS (
    SELECT r.customer_id, r.due_on, r.overdue_from <= :today AS is_overdue, f.factor IS NULL AS lacks_rate,
        CASE WHEN f.is_base THEN r.balance_minor
             ELSE COALESCE(round(r.balance_minor * f.factor), 0)::bigint END AS balance,
        ch.is_held OR COALESCE(a.is_held, false) AS is_held,
        COALESCE(a.is_promised, false) AS is_promised, COALESCE(a.is_in_plan, false) AS is_in_plan,
        COALESCE(a.is_in_drawer, false) AS is_in_drawer, a.ends_on, a.deposit_on,
        CASE WHEN a.disputed IS NULL THEN 0
             ELSE COALESCE(round(LEAST(a.disputed, r.balance_minor) * f.factor), 0)::bigint END AS disputed,
        CASE WHEN r.due_on - :today < {p.HORIZON_DAYS} THEN ch.permille ELSE 0 END AS permille
    FROM open_receivable r
    JOIN chance ch ON ch.customer_id = r.customer_id
    LEFT JOIN rate f ON f.currency = r.currency
    LEFT JOIN apart a ON a.receivable_id = r.id
),
-- The product alone may be more than a bigint holds.
weighed AS (
    SELECT item.*,
        CASE WHEN is_held OR is_promised OR is_in_plan OR is_in_drawer THEN 0
             ELSE (balance - disputed) / 1000 * permille + (balance - disputed) % 1000 * permille / 1000
        END AS expected
    FROM item
),
owed AS (
    SELECT customer_id, count(*) AS open_count, count(*) FILTER (WHERE is_overdue) AS overdue_count,
        min(due_on) AS oldest_due_on, bool_or(lacks_rate) AS lacks_rate, sum(balance) AS balance,
        sum(balance) FILTER (WHERE is_overdue) AS overdue,
        min(due_on) FILTER (WHERE is_overdue) AS overdue_since,
        sum(expected) FILTER (WHERE is_overdue) AS expected_overdue,
        sum(expected) FILTER (WHERE NOT is_overdue) AS expected_soon,
        sum(balance) FILTER (WHERE NOT is_overdue AND permille > 0) AS due_soon,
        count(*) FILTER (WHERE NOT is_overdue AND permille > 0) AS due_soon_count,
        min(due_on) FILTER (WHERE NOT is_overdue) AS next_due_on,
        count(*) FILTER (WHERE is_overdue AND NOT is_held AND NOT is_promised AND NOT is_in_plan
            AND NOT is_in_drawer AND (disputed < balance OR lacks_rate)) AS chaseable_count,
        sum(balance) FILTER (WHERE is_promised AND NOT is_in_plan) AS promised,
        sum(balance) FILTER (WHERE is_in_plan) AS in_plan, max(ends_on) AS plan_ends_on,
        sum(balance) FILTER (WHERE is_in_drawer) AS in_drawer, min(deposit_on) AS deposit_on,
        sum(balance) FILTER (WHERE is_promised OR is_in_plan OR is_in_drawer) AS awaited,
        sum(balance) FILTER (WHERE is_held) AS held,
        sum(disputed) AS disputed
    FROM weighed GROUP BY customer_id
),
latest_promise AS (
    SELECT q.customer_id, q.id, q.state, q.due_on, q.resolved_on,
        GREATEST(round(q.missing_minor * f.factor), 0) AS missing
    FROM (
        SELECT DISTINCT ON (customer_id) * FROM promise_made
        ORDER BY customer_id, created_at DESC, id DESC
    ) q LEFT JOIN rate f ON f.currency = q.currency
),
last_contact AS (
    SELECT DISTINCT ON (a.customer_id) a.customer_id, a.happened_at, a.kind FROM activity a
    WHERE a.organization_id = :org AND a.customer_id = ANY(:ids) AND a.kind <> 'note'
    ORDER BY a.customer_id, a.happened_at DESC
),
next_task AS (
    SELECT DISTINCT ON (t.customer_id) t.customer_id, t.due_at, t.kind FROM task t
    WHERE t.organization_id = :org AND t.customer_id = ANY(:ids) AND t.state = 'open'
    ORDER BY t.customer_id, t.due_at, t.id
),
last_payment AS (
    SELECT m.customer_id, max(m.received_on) AS received_on FROM payment m
    WHERE m.organization_id = :org AND m.customer_id = ANY(:ids) GROUP BY m.customer_id
),
unapplied AS (
    SELECT b.customer_id, sum(round(b.unapplied_minor * f.factor)) AS minor,
        bool_or(f.factor IS NULL AND b.unapplied_minor > 0) AS lacks_rate
    FROM account_balance b LEFT JOIN rate f ON f.currency = b.currency
    WHERE b.organization_id = :org AND b.customer_id = ANY(:ids) GROUP BY b.customer_id
),
reachable AS (
    SELECT DISTINCT c.customer_id FROM contact c
    WHERE c.organization_id = :org AND c.customer_id = ANY(:ids)
        AND ((c.email IS NOT NULL AND c.email_state <> 'wrong')
            OR (c.phone IS NOT NULL AND c.phone_state <> 'wrong'))
)
"""


def _reason(code: str, when: str, minor: str = "0", **facts: str) -> str:
    """JSON as text: one parse a row takes a quarter of what an object for each reason does."""
    told = {"code": f"'\"{code}\"'", "minor": minor, **facts}
    if "date" in facts:
        told["date"] = f"""'"', {facts["date"]}, '"'"""
    members = ", ', ', ".join(f"""'"{name}": ', {value}""" for name, value in told.items())
    return f"CASE WHEN {when} THEN concat('{{', {members}, '}}') END"


# Each reason: its code, what it adds in minor units of the base currency, and the facts to say it.
_REASONS = f"""CAST(concat('[', concat_ws(', ', {
    ", ".join(
        (
            _reason(
                "follow_up_due",
                "next_action_at <= :now",
                date="(next_action_at AT TIME ZONE :zone)::date",
            ),
            _reason("broken_promise", "broken_adds IS NOT NULL", "broken_adds", date="promise_due_on"),
            _reason(
                "overdue_amount",
                "overdue > 0",
                "expected_overdue",
                amount="overdue",
                days="overdue_days",
                count="overdue_count",
            ),
            _reason(
                "due_soon",
                "due_soon > 0",
                "expected_soon",
                amount="due_soon",
                count="due_soon_count",
                date="next_due_on",
            ),
            _reason("getting_worse", "is_worse AND open_count > 0", days="round(recent)"),
            _reason(
                "late_payer",
                "late > 0 AND open_count > 0",
                count="late",
                total="matured",
                days="round(days::numeric / late)",
            ),
            _reason("no_history", "is_new AND open_count > 0"),
            _reason("bounced_contact", "unreachable_adds IS NOT NULL", "unreachable_adds"),
            _reason("no_next_action", "idle_adds IS NOT NULL", "idle_adds"),
            _reason("promised", "promised > 0", amount="promised", date="promise_due_on"),
            _reason("in_plan", "in_plan > 0", amount="in_plan", date="plan_ends_on"),
            _reason("instrument", "in_drawer > 0", amount="in_drawer", date="deposit_on"),
            _reason("disputed", "disputed > 0", amount="disputed"),
            _reason("on_hold", "held > 0", amount="held"),
        )
    )
}), ']') AS jsonb)"""

ACCOUNTS = f"""
{_CTES},
facts AS (
    SELECT h.*, h.matured = 0 AS is_new,
        COALESCE(o.open_count, 0) AS open_count, COALESCE(o.overdue_count, 0) AS overdue_count,
        COALESCE(o.balance, 0) AS balance, COALESCE(o.overdue, 0) AS overdue,
        COALESCE(o.lacks_rate, false) OR COALESCE(u.lacks_rate, false) AS lacks_rate,
        o.oldest_due_on, :today - o.overdue_since AS overdue_days, o.next_due_on,
        COALESCE(o.expected_overdue, 0) AS expected_overdue, COALESCE(o.expected_soon, 0) AS expected_soon,
        COALESCE(o.due_soon, 0) AS due_soon, COALESCE(o.due_soon_count, 0) AS due_soon_count,
        COALESCE(o.chaseable_count, 0) AS chaseable_count,
        COALESCE(o.promised, 0) AS promised, COALESCE(o.in_plan, 0) AS in_plan, o.plan_ends_on,
        COALESCE(o.in_drawer, 0) AS in_drawer, o.deposit_on,
        COALESCE(o.held, 0) AS held,
        COALESCE(o.disputed, 0) AS disputed, COALESCE(u.minor, 0) AS unapplied,
        q.id AS promise_id, q.state AS promise_state, q.due_on AS promise_due_on,
        l.happened_at AS last_contact_at, l.kind AS last_contact_kind, lp.received_on AS last_payment_on,
        t.due_at AS next_action_at, t.kind AS next_action_kind,
        CASE WHEN q.state IN ('broken', 'partially_kept') AND o.overdue > 0
                  AND q.resolved_on > :today - {p.BROKEN_PROMISE_DAYS}
             THEN div(LEAST(q.missing, o.overdue) * {p.BROKEN_PROMISE_ADDS}, 1000) END AS broken_adds,
        CASE WHEN o.overdue > 0 AND rc.customer_id IS NULL
             THEN div(o.overdue * {p.UNREACHABLE_ADDS}, 1000) END AS unreachable_adds,
        CASE WHEN o.overdue > 0 AND t.customer_id IS NULL AND COALESCE(o.awaited, 0) < o.overdue
             THEN div(o.overdue * {p.NO_NEXT_ACTION_ADDS}, 1000) END AS idle_adds
    FROM habit h
    LEFT JOIN owed o ON o.customer_id = h.customer_id
    LEFT JOIN unapplied u ON u.customer_id = h.customer_id
    LEFT JOIN latest_promise q ON q.customer_id = h.customer_id
    LEFT JOIN last_contact l ON l.customer_id = h.customer_id
    LEFT JOIN last_payment lp ON lp.customer_id = h.customer_id
    LEFT JOIN next_task t ON t.customer_id = h.customer_id
    LEFT JOIN reachable rc ON rc.customer_id = h.customer_id
),
summed AS (
    SELECT facts.*, expected_overdue + expected_soon + COALESCE(broken_adds, 0)
        + COALESCE(unreachable_adds, 0) + COALESCE(idle_adds, 0) AS priority
    FROM facts
)
INSERT INTO account (
    organization_id, customer_id, collector_id, business_day, balance_minor, overdue_minor, unapplied_minor,
    lacks_rate, open_count, overdue_count, oldest_due_on, matured_count, late_count, late_days, delay_days,
    priority, reasons, due_rank, due_now, last_contact_at, last_contact_kind, last_payment_on, promise_id,
    promise_state, promise_due_on, next_action_at, next_action_kind, refreshed_at)
SELECT :org, customer_id, collector_id, :today, balance, overdue, unapplied,
    lacks_rate, open_count, overdue_count, oldest_due_on, matured, late, days, delay,
    priority,
    {_REASONS},
    CASE WHEN next_action_at <= :now THEN 1 ELSE 0 END,
    CASE WHEN next_action_at IS NULL THEN chaseable_count > 0 ELSE next_action_at <= :now END,
    last_contact_at, last_contact_kind, last_payment_on, promise_id, promise_state, promise_due_on,
    next_action_at, next_action_kind, :now
FROM summed
ON CONFLICT (organization_id, customer_id) DO UPDATE SET
    collector_id = excluded.collector_id,
    business_day = CASE WHEN :begins_day THEN excluded.business_day ELSE account.business_day END,
    balance_minor = excluded.balance_minor, overdue_minor = excluded.overdue_minor,
    unapplied_minor = excluded.unapplied_minor, lacks_rate = excluded.lacks_rate,
    open_count = excluded.open_count, overdue_count = excluded.overdue_count,
    oldest_due_on = excluded.oldest_due_on, matured_count = excluded.matured_count,
    late_count = excluded.late_count, late_days = excluded.late_days, delay_days = excluded.delay_days,
    priority = excluded.priority, reasons = excluded.reasons, due_rank = excluded.due_rank,
    due_now = excluded.due_now,
    last_contact_at = excluded.last_contact_at, last_contact_kind = excluded.last_contact_kind,
    last_payment_on = excluded.last_payment_on, promise_id = excluded.promise_id,
    promise_state = excluded.promise_state, promise_due_on = excluded.promise_due_on,
    next_action_at = excluded.next_action_at, next_action_kind = excluded.next_action_kind,
    refreshed_at = excluded.refreshed_at
"""
