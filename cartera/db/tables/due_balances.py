"""What an organization is owed by due date: the roll-up from which today's aging is told."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Tenant, check, in_organization


class DueBalance(Tenant, Base):
    """All that is open in one currency and falls due on one day; kept at every commit (``db.due_balances``).

    A row of which nothing is open any more stays.
    """

    __tablename__ = "due_balance"
    __table_args__ = (
        in_organization("due_balance"),
        check("due_balance", "count", "open_count >= 0"),
        # What is open is open with one minor unit at least.
        check("due_balance", "balance", "balance_minor >= open_count"),
        check("due_balance", "nothing", "open_count > 0 OR balance_minor = 0"),
    )

    currency: Mapped[str] = mapped_column(primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    # Beside the due date, since holidays may have been counted otherwise when an older receivable came.
    overdue_from: Mapped[date] = mapped_column(primary_key=True)
    balance_minor: Mapped[int]
    open_count: Mapped[int]
