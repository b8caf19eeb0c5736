"""Who collected from a customer, who sold to it and in which segment it was, day by day. Append-only."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from cartera.db.base import Base, Row, belongs_to, index

# What a customer is added with holds for all days before too: books that come from an ERP are older than
# their customers are here. PostgreSQL keeps it as -infinity.
FROM_THE_START = date.min


class Assignment(Row, Base):
    """All that a customer is assigned to, from a day on; the row added last holds for its day.

    The stage of collection changes by receivable: its history will be a table of its own beside this one,
    ``stage_history`` with the receivable in the customer's place, once strategies move it.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        belongs_to("assignment", "customer_id", "customer"),
        belongs_to("assignment", "collector_id", "member"),
        belongs_to("assignment", "salesperson_id", "member"),
        index("assignment", "customer_id", "valid_from", "id"),
    )

    customer_id: Mapped[UUID]
    valid_from: Mapped[date]
    collector_id: Mapped[UUID | None]
    salesperson_id: Mapped[UUID | None]
    segment: Mapped[str]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
