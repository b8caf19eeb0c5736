"""The statements by which invoices of a file become receivables and entries, a set at a time.

They work on the transaction's own table ``staged`` (see ``imports_staging``) and, like every statement, bind
the organization on each table of the house. Parameters: :org, :now, :as_of (the file's day), :run (the
import), :actor, :first_open (the first day that is in no closed period). The ERP knows principal only:
interest and cost that were charged here stay owed beside whatever it says.
"""

from __future__ import annotations

# A document whose customer, currency or amount is another than on the books is never edited silently.
MATCH_CUSTOMERS = """
UPDATE staged SET customer_id = c.id
FROM customer c WHERE c.organization_id = :org AND c.external_id = staged.customer_external_id
"""

ADD_CUSTOMERS = """
INSERT INTO customer (
    organization_id, id, external_id, name, name_search, tax_id, segment, country, language, time_zone,
    debtor_type, created_at, updated_at)
SELECT DISTINCT ON (s.customer_external_id)
    :org, s.new_customer_id, s.customer_external_id, s.customer_name, lower(s.customer_name), s.tax_id, '',
    :country, :language, :zone, 'company', :now, :now
FROM staged s
WHERE s.customer_id IS NULL
ORDER BY s.customer_external_id, s.line
ON CONFLICT (organization_id, external_id) DO NOTHING
RETURNING id
"""

# The first row of each new customer's assignment, with the customer's id (``queries.assignments``).
BEGIN_HISTORIES = """
INSERT INTO assignment (
    organization_id, id, customer_id, valid_from, collector_id, salesperson_id, segment, recorded_at, actor)
SELECT :org, c.id, c.id, '-infinity', c.collector_id, c.salesperson_id, c.segment, :now, :actor
FROM customer c
WHERE c.organization_id = :org AND c.id IN (SELECT s.new_customer_id FROM staged s)
ON CONFLICT (organization_id, id) DO NOTHING
"""

# Of a snapshot every customer with anything open is locked, since what is not listed is settled.
CUSTOMERS_TOUCHED = """
SELECT DISTINCT customer_id FROM staged WHERE customer_id IS NOT NULL
"""
CUSTOMERS_OWING = """
SELECT DISTINCT r.customer_id FROM receivable r
WHERE r.organization_id = :org AND r.balance_minor > 0
UNION
SELECT n.customer_id FROM credit_note n
WHERE n.organization_id = :org AND n.unapplied_minor > 0 AND n.import_run_id IS NOT NULL
"""

# What is open of a receivable's principal.
_PRINCIPAL = "(r.balance_minor - r.charges_minor + r.charges_settled_minor)"

MATCH_RECEIVABLES = f"""
UPDATE staged SET existing_id = r.id, owed = {_PRINCIPAL}, old_due_on = r.due_on,
    old_overdue_from = r.overdue_from,
    problem = CASE
        WHEN r.customer_id <> staged.customer_id THEN 'DOCUMENT_OF_ANOTHER_CUSTOMER'
        WHEN r.currency <> staged.currency THEN 'DOCUMENT_CURRENCY_CHANGED'
        WHEN r.amount_minor <> staged.amount AND NOT staged.amount_is_balance THEN 'DOCUMENT_AMOUNT_CHANGED'
        WHEN r.state IN ('written_off', 'cancelled') AND staged.balance > 0 THEN 'DOCUMENT_CLOSED'
        WHEN staged.due_on < r.issued_on THEN 'DUE_BEFORE_ISSUE'
    END
FROM receivable r
WHERE r.organization_id = :org AND r.external_id = staged.external_id AND staged.kind <> 'credit_note'
"""

# The ERP knows how much is left of the credit notes that came from it, at its own day; of others it does not.
_FROM_THE_ERP = "n.import_run_id IS NOT NULL AND n.issued_on <= :as_of AND n.unapplied_minor > 0"

MATCH_CREDIT_NOTES = f"""
UPDATE staged SET existing_id = n.id, owed = CASE WHEN {_FROM_THE_ERP} THEN n.unapplied_minor END,
    problem = CASE
        WHEN n.customer_id <> staged.customer_id THEN 'DOCUMENT_OF_ANOTHER_CUSTOMER'
        WHEN n.currency <> staged.currency THEN 'DOCUMENT_CURRENCY_CHANGED'
        WHEN n.amount_minor <> staged.amount AND NOT staged.amount_is_balance THEN 'DOCUMENT_AMOUNT_CHANGED'
    END
FROM credit_note n
WHERE n.organization_id = :org AND n.external_id = staged.external_id AND staged.kind = 'credit_note'
"""

_NEW = "s.existing_id IS NULL AND s.problem IS NULL AND s.kind <> 'credit_note'"
# The day on which money settled it: the file's, but never before the document was issued.
_SETTLED_ON = "GREATEST(COALESCE(s.settled_on, :as_of), s.issued_on)"


def _days(day: str) -> str:
    """Columns effective_on and value_on of what happened on a day (``rules.periods.effective``)."""
    first = "CAST(:first_open AS date)"
    return f"GREATEST({day}, {first}), CASE WHEN {day} < {first} THEN {day} END"


_ENTRY = """
    organization_id, id, receivable_id, customer_id, kind, amount_minor, currency, effective_on, value_on,
    recorded_at, import_run_id, tax_document_needed, actor"""

# Statements that move what is open tell by how much, by due date (``db.due_balances``).
_BY_DUE_DATE = "currency, due_on, overdue_from"

ADD_RECEIVABLES = f"""
WITH added AS (
INSERT INTO receivable (
    organization_id, id, customer_id, external_id, kind, number, issued_on, due_on, overdue_from, currency,
    amount_minor, charges_minor, settled_minor, charges_settled_minor, written_off_minor, cancelled_minor,
    balance_minor, state, settled_on, product_line, sales_group, einvoice_id, import_run_id, created_at,
    updated_at)
SELECT :org, s.receivable_id, s.customer_id, s.external_id, s.kind, s.number, s.issued_on, s.due_on,
    s.overdue_from, s.currency, s.amount, 0, s.amount - s.balance, 0, 0, 0, s.balance,
    CASE WHEN s.balance = 0 THEN 'paid' WHEN s.balance < s.amount THEN 'partially_paid' ELSE 'open' END,
    CASE WHEN s.balance = 0 THEN {_SETTLED_ON} END,
    s.product_line, s.sales_group, s.einvoice_id, :run, :now, :now
FROM staged s WHERE {_NEW}
ON CONFLICT (organization_id, external_id) DO NOTHING
RETURNING {_BY_DUE_DATE}, balance_minor
)
SELECT {_BY_DUE_DATE}, sum(balance_minor) AS minor, count(*) AS count
FROM added WHERE balance_minor > 0 GROUP BY {_BY_DUE_DATE}
"""

ADD_ISSUES = f"""
INSERT INTO entry ({_ENTRY})
SELECT :org, s.issue_entry_id, s.receivable_id, s.customer_id, 'issue', s.amount, s.currency,
    {_days("s.issued_on")}, :now, :run, false, :actor
FROM staged s WHERE {_NEW}
ON CONFLICT (organization_id, id) DO NOTHING
"""

ADD_SETTLEMENTS = f"""
INSERT INTO entry ({_ENTRY})
SELECT :org, s.settle_entry_id, s.receivable_id, s.customer_id, 'settled_in_erp', s.balance - s.amount,
    s.currency, {_days(_SETTLED_ON)}, :now, :run, false, :actor
FROM staged s WHERE {_NEW} AND s.balance < s.amount
ON CONFLICT (organization_id, id) DO NOTHING
"""

# A known document that is owed less: by its own settlement date, or because today's full list says so.
_LOWER = """
    s.existing_id IS NOT NULL AND s.problem IS NULL AND s.kind <> 'credit_note' AND s.balance < s.owed
    AND (s.settled_on IS NOT NULL OR :is_snapshot)
"""

LOWER_ENTRIES = f"""
INSERT INTO entry ({_ENTRY})
SELECT :org, s.settle_entry_id, s.existing_id, s.customer_id, 'settled_in_erp', s.balance - s.owed,
    s.currency, {_days(_SETTLED_ON)}, :now, :run, false, :actor
FROM staged s WHERE {_LOWER}
ON CONFLICT (organization_id, id) DO NOTHING
"""


def _later(first: str, receivable: str) -> str:
    """Joins the last day on which principal moved after ``first``: then it reached zero on that day only."""
    return f"""
LEFT JOIN (
    SELECT e.receivable_id, max(COALESCE(e.value_on, e.effective_on)) AS day FROM entry e
    WHERE e.organization_id = :org AND e.charge_id IS NULL AND e.effective_on > {first}
    GROUP BY e.receivable_id
) later ON later.receivable_id = {receivable}
"""


def _lowered(update: str, by: str) -> str:
    """An UPDATE of open receivables that settles ``by`` of each, and what that closes by due date."""
    return f"""
WITH lowered AS ({update}
RETURNING receivable.currency, receivable.due_on, receivable.overdue_from, receivable.balance_minor,
    {by} AS minor
)
SELECT {_BY_DUE_DATE}, -sum(minor) AS minor, -count(*) FILTER (WHERE balance_minor = 0) AS count
FROM lowered GROUP BY {_BY_DUE_DATE}
"""


LOWER_BALANCES = _lowered(
    f"""
UPDATE receivable SET
    settled_minor = receivable.settled_minor + s.owed - s.balance,
    balance_minor = receivable.balance_minor - s.owed + s.balance,
    state = CASE WHEN receivable.balance_minor > s.owed - s.balance THEN 'partially_paid'
        WHEN receivable.written_off_minor > 0 THEN 'written_off'
        WHEN receivable.cancelled_minor > 0 THEN 'cancelled' ELSE 'paid' END,
    settled_on = CASE WHEN receivable.balance_minor = s.owed - s.balance
        THEN GREATEST({_SETTLED_ON}, later.day) END,
    updated_at = :now
FROM staged s
{_later(f"(SELECT min({_SETTLED_ON}) FROM staged s WHERE {_LOWER})", "s.existing_id")}
WHERE receivable.organization_id = :org AND receivable.id = s.existing_id AND {_LOWER}
""",
    by="s.owed - s.balance",
)

_CHANGED = """
    s.existing_id IS NOT NULL AND s.problem IS NULL AND s.kind <> 'credit_note'
    AND (s.due_on IS DISTINCT FROM r.due_on
        OR COALESCE(s.product_line, r.product_line) IS DISTINCT FROM r.product_line
        OR COALESCE(s.sales_group, r.sales_group) IS DISTINCT FROM r.sales_group
        OR COALESCE(s.einvoice_id, r.einvoice_id) IS DISTINCT FROM r.einvoice_id)
"""

UPDATE_RECEIVABLES = f"""
UPDATE receivable AS r SET
    due_on = s.due_on, overdue_from = s.overdue_from,
    product_line = COALESCE(s.product_line, r.product_line),
    sales_group = COALESCE(s.sales_group, r.sales_group),
    einvoice_id = COALESCE(s.einvoice_id, r.einvoice_id),
    updated_at = :now
FROM staged s
WHERE r.organization_id = :org AND r.id = s.existing_id AND {_CHANGED}
RETURNING r.customer_id, r.id, r.currency, r.balance_minor, s.old_due_on, s.old_overdue_from, r.due_on,
    r.overdue_from
"""

ADD_CREDIT_NOTES = """
INSERT INTO credit_note (
    organization_id, id, customer_id, external_id, number, issued_on, currency, amount_minor, applied_minor,
    applied_in_erp_minor, reversed_minor, unapplied_minor, import_run_id, actor, recorded_at)
SELECT :org, s.receivable_id, s.customer_id, s.external_id, s.number, s.issued_on, s.currency, s.amount, 0,
    s.amount - s.balance, 0, s.balance, :run, :actor, :now
FROM staged s WHERE s.existing_id IS NULL AND s.problem IS NULL AND s.kind = 'credit_note'
ON CONFLICT (organization_id, external_id) DO NOTHING
"""

# Refused rows are not staged; what they show is on the list all the same.
_NOT_REFUSED = """
    NOT EXISTS (
        SELECT FROM unnest(CAST(:shown AS text[])) AS shown (external_id) WHERE shown.external_id = {id})
"""

# An ERP does not list a note or cheque that became the debt here.
_LISTABLE = "r.substitutes_instrument_id IS NULL"

# What the full list of open items no longer shows, among what had been issued by its day.
MISSING = f"""
SELECT r.id, r.customer_id, r.currency, {_PRINCIPAL} AS owed
FROM receivable r
WHERE r.organization_id = :org AND {_PRINCIPAL} > 0 AND r.issued_on <= :as_of
    AND {_LISTABLE}
    AND NOT EXISTS (SELECT FROM staged s WHERE s.external_id = r.external_id AND s.kind <> 'credit_note')
    AND {_NOT_REFUSED.format(id="r.external_id")}
"""

MISSING_ENTRIES = f"""
INSERT INTO entry ({_ENTRY})
SELECT :org, m.entry_id, m.id, m.customer_id, 'settled_in_erp', -m.owed, m.currency,
    {_days("CAST(:as_of AS date)")}, :now, :run, false, :actor
FROM missing m
ON CONFLICT (organization_id, id) DO NOTHING
"""

MISSING_BALANCES = _lowered(
    f"""
UPDATE receivable SET settled_minor = receivable.settled_minor + m.owed,
    balance_minor = receivable.balance_minor - m.owed,
    state = CASE WHEN receivable.balance_minor > m.owed THEN 'partially_paid'
        WHEN receivable.written_off_minor > 0 THEN 'written_off'
        WHEN receivable.cancelled_minor > 0 THEN 'cancelled' ELSE 'paid' END,
    settled_on = CASE WHEN receivable.balance_minor = m.owed
        THEN GREATEST(CAST(:as_of AS date), later.day) END,
    updated_at = :now
FROM missing m
{_later("CAST(:as_of AS date)", "m.id")}
WHERE receivable.organization_id = :org AND receivable.id = m.id
""",
    by="m.owed",
)

# What the file settles of the principal of documents with charges, and what money has paid of these charges:
# known to the ERP, which knows no charges, that money is what it settled the principal by.
_SETTLED = f"SELECT s.existing_id AS id, s.owed - s.balance AS minor FROM staged s WHERE {_LOWER}"
_SETTLED_BESIDE_CHARGES = """
SELECT r.id, r.customer_id, r.number, r.currency, settled.minor AS settled, COALESCE(paid.minor, 0) AS paid
FROM ({settled}) settled
JOIN receivable r ON r.organization_id = :org AND r.id = settled.id AND r.charges_minor > 0
LEFT JOIN (
    SELECT receivable_id, -sum(amount_minor) AS minor FROM entry
    WHERE organization_id = :org AND charge_id IS NOT NULL
        AND (payment_id IS NOT NULL OR credit_note_id IS NOT NULL)
    GROUP BY receivable_id
) paid ON paid.receivable_id = r.id
WHERE EXISTS (SELECT FROM charge WHERE organization_id = :org)
ORDER BY r.customer_id, r.number, r.id
"""
LOWER_BESIDE_CHARGES = _SETTLED_BESIDE_CHARGES.format(settled=_SETTLED)
SETTLED_BESIDE_CHARGES = _SETTLED_BESIDE_CHARGES.format(
    settled=f"{_SETTLED} UNION ALL SELECT m.id, m.owed FROM missing m"
)

CHARGED = """
SELECT id, customer_id FROM receivable
WHERE organization_id = :org AND id = ANY(CAST(:moved AS uuid[])) AND charges_minor > 0
"""

# Nobody whose last open document vanished from the list is reminded.
CANCEL_REMINDERS = """
UPDATE message SET state = 'cancelled', held_by = 'gone_from_erp'
WHERE organization_id = :org AND state IN ('planned', 'held') AND template = 'reminder'
    AND customer_id IN (SELECT customer_id FROM missing)
    AND NOT EXISTS (
        SELECT FROM receivable r
        WHERE r.organization_id = :org AND r.customer_id = message.customer_id AND r.balance_minor > 0)
"""

# A listed credit note of which less is left than on the books: the ERP applied the rest.
_USED = """
    s.existing_id IS NOT NULL AND s.problem IS NULL AND s.kind = 'credit_note' AND s.balance < s.owed
    AND :is_snapshot
"""

USED_CREDIT_NOTES = f"""
SELECT s.existing_id AS id, s.customer_id, s.currency, s.owed - s.balance AS owed, s.balance AS rest
FROM staged s WHERE {_USED}
"""

MISSING_CREDIT_NOTES = f"""
SELECT n.id, n.customer_id, n.currency, n.unapplied_minor AS owed, 0 AS rest
FROM credit_note n
WHERE n.organization_id = :org AND {_FROM_THE_ERP}
    AND NOT EXISTS (SELECT FROM staged s WHERE s.external_id = n.external_id AND s.kind = 'credit_note')
    AND {_NOT_REFUSED.format(id="n.external_id")}
"""

# What is left only ever falls, so that what was allocated here stays applied.
USE_CREDIT_NOTES = """
UPDATE credit_note SET unapplied_minor = used.rest,
    applied_in_erp_minor = credit_note.applied_in_erp_minor + credit_note.unapplied_minor - used.rest
FROM unnest(CAST(:used_notes AS uuid[]), CAST(:used_rests AS bigint[])) AS used (id, rest)
WHERE credit_note.organization_id = :org AND credit_note.id = used.id
"""

CHANGED_CUSTOMERS = f"""
SELECT s.customer_id FROM staged s WHERE {_NEW}
UNION SELECT s.customer_id FROM staged s WHERE {_LOWER}
UNION SELECT s.customer_id FROM staged s
    WHERE s.existing_id IS NULL AND s.problem IS NULL AND s.kind = 'credit_note'
"""

# What the file did, by outcome and currency: the one truth for screens, command line and audit.
OUTCOME = f"""
SELECT code, currency, count(*) AS count, sum(minor) AS minor FROM (
    SELECT CASE
            WHEN s.kind = 'credit_note' AND s.existing_id IS NULL THEN 'credit_notes'
            WHEN s.existing_id IS NULL THEN 'created'
            WHEN {_USED} THEN 'credit_notes_used'
            WHEN {_LOWER} THEN 'settled_in_erp'
            WHEN s.kind <> 'credit_note' AND s.balance < s.owed THEN 'lower_than_ours'
            WHEN s.kind <> 'credit_note' AND s.balance > s.owed THEN 'higher_than_ours'
            ELSE 'unchanged' END AS code,
        s.currency,
        CASE WHEN s.existing_id IS NOT NULL AND s.kind <> 'credit_note' AND s.balance <> s.owed
             THEN abs(s.owed - s.balance)
             WHEN {_USED} THEN s.owed - s.balance ELSE s.amount END AS minor
    FROM staged s WHERE s.problem IS NULL
) rows GROUP BY code, currency
"""

OPEN_TOTALS = f"""
SELECT currency, sum(minor) AS minor FROM (
    SELECT r.currency, {_PRINCIPAL} AS minor FROM receivable r
    WHERE r.organization_id = :org AND {_PRINCIPAL} > 0 AND r.issued_on <= :as_of
        AND {_LISTABLE}
    UNION ALL
    SELECT n.currency, n.unapplied_minor FROM credit_note n WHERE n.organization_id = :org AND {_FROM_THE_ERP}
) items GROUP BY currency
"""

REFUSED = """
SELECT line, number, problem FROM staged WHERE problem IS NOT NULL ORDER BY line
"""
