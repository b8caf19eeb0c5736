"""Receivables, their ledger entries and holds."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, belongs_to, check, index, one_of, unique
from cartera.rules.receivables import EntryKind, ReceivableKind, ReceivableState


class Receivable(Row, Base):
    """An original debt with its running totals in minor units; ``entry`` tells how they came about."""

    __tablename__ = "receivable"
    __table_args__ = (
        belongs_to("receivable", "customer_id", "customer"),
        belongs_to("receivable", "salesperson_id", "member"),
        belongs_to("receivable", "import_run_id", "import_run"),
        belongs_to("receivable", "substitutes_instrument_id", "instrument"),
        unique("receivable", "external_id"),
        one_of("receivable", "kind", ReceivableKind),
        one_of("receivable", "state", ReceivableState),
        check("receivable", "amount", "amount_minor > 0 AND charges_minor >= 0"),
        check("receivable", "balance", "balance_minor = amount_minor + charges_minor - settled_minor"),
        check("receivable", "settled", "settled_minor >= 0 AND balance_minor >= 0"),
        check("receivable", "charges", "charges_settled_minor BETWEEN 0 AND charges_minor"),
        check("receivable", "principal", "settled_minor - charges_settled_minor BETWEEN 0 AND amount_minor"),
        check("receivable", "unpaid", "written_off_minor >= 0 AND cancelled_minor >= 0"),
        check("receivable", "dates", "due_on >= issued_on AND overdue_from > due_on"),
        # These two with what a refresh of account rows reads: a customer's rows lie all over the table.
        index(
            *("receivable", "customer_id", "due_on", "id"),
            suffix="customer_due",
            include=("overdue_from", "settled_on", "currency", "state", "amount_minor", "balance_minor"),
        ),
        index(
            "receivable",
            "customer_id",
            "due_on",
            "id",
            where=text("balance_minor > 0"),
            suffix="customer_open_due",
            include=("overdue_from", "currency", "amount_minor", "balance_minor"),
        ),
        index("receivable", "due_on", "id", where=text("balance_minor > 0"), suffix="open_due"),
        index("receivable", "due_on", "id", suffix="due"),
        index("receivable", "issued_on", "id", suffix="issued"),
    )

    customer_id: Mapped[UUID]
    external_id: Mapped[str]
    kind: Mapped[str]
    number: Mapped[str]
    issued_on: Mapped[date]
    # Of these, and of the balance, the old value is needed when they change (``db.due_balances``).
    due_on: Mapped[date] = mapped_column(active_history=True)
    # First day on which it is overdue, by the organization's holiday policy: SQL knows no calendar.
    overdue_from: Mapped[date] = mapped_column(active_history=True)
    currency: Mapped[str]
    # The principal; interest and cost stand beside it, line by line, in ``charge``.
    amount_minor: Mapped[int]
    charges_minor: Mapped[int]
    # Of principal and charges together; then of the charges alone.
    settled_minor: Mapped[int]
    charges_settled_minor: Mapped[int] = mapped_column(default=0)
    # What of it nobody paid: given up less recovered; cancelled or replaced by another document.
    written_off_minor: Mapped[int] = mapped_column(default=0)
    cancelled_minor: Mapped[int] = mapped_column(default=0)
    balance_minor: Mapped[int] = mapped_column(active_history=True)
    state: Mapped[str]
    # Once nothing is owed: the day on which the principal reached zero, whenever its charges did.
    settled_on: Mapped[date | None]
    product_line: Mapped[str | None]
    sales_group: Mapped[str | None]
    salesperson_id: Mapped[UUID | None]
    purchase_order: Mapped[str | None]
    einvoice_id: Mapped[str | None]
    import_run_id: Mapped[UUID | None]
    # The cheque or note that became this debt: no sale, and nothing that an ERP lists.
    substitutes_instrument_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def charges_owed(self) -> int:
        return self.charges_minor - self.charges_settled_minor

    @property
    def principal_owed(self) -> int:
        return self.balance_minor - self.charges_owed


class Entry(Row, Base):
    """One line of a receivable's story. Append-only: the application role may not update or delete."""

    __tablename__ = "entry"
    __table_args__ = (
        belongs_to("entry", "receivable_id", "receivable"),
        belongs_to("entry", "payment_id", "payment"),
        belongs_to("entry", "credit_note_id", "credit_note"),
        belongs_to("entry", "import_run_id", "import_run"),
        belongs_to("entry", "charge_id", "charge"),
        belongs_to("entry", "reverses_id", "entry"),
        one_of("entry", "kind", EntryKind),
        check("entry", "amount", "amount_minor <> 0"),
        index("entry", "receivable_id", "effective_on"),
        index("entry", "effective_on", "kind"),
        index("entry", "payment_id", where=text("payment_id IS NOT NULL")),
        index("entry", "charge_id", where=text("charge_id IS NOT NULL")),
        index("entry", "reverses_id", where=text("reverses_id IS NOT NULL")),
    )

    receivable_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    # Signed, minor units: what the entry adds to the receivable's balance.
    amount_minor: Mapped[int]
    currency: Mapped[str]
    effective_on: Mapped[date]
    # The day on which it really happened, where that lies in a closed period and it took effect later; or
    # since which it is so, as of what was never owed.
    value_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    # The line of interest or cost that it is about; else the principal.
    charge_id: Mapped[UUID | None]
    payment_id: Mapped[UUID | None]
    credit_note_id: Mapped[UUID | None]
    import_run_id: Mapped[UUID | None]
    reverses_id: Mapped[UUID | None]
    # Where the sale bore a sales tax, the tax authority wants a document for this one as well.
    tax_document_needed: Mapped[bool] = mapped_column(default=False)
    actor: Mapped[str]  # "member:<id>", "token:<id>", "portal:<id>", "system:<job>"
    note: Mapped[str | None]


class Hold(Row, Base):
    """Do not contact about this customer, or this one receivable, until and including a day."""

    __tablename__ = "hold"
    __table_args__ = (
        belongs_to("hold", "customer_id", "customer"),
        belongs_to("hold", "receivable_id", "receivable"),
        index("hold", "customer_id", "until_on"),
    )

    customer_id: Mapped[UUID]
    receivable_id: Mapped[UUID | None]
    until_on: Mapped[date]
    reason: Mapped[str]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
