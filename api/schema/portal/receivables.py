from __future__ import annotations

from datetime import date

import strawberry

from api.schema.portal.money import Money


@strawberry.type
class Receivable:
    id: strawberry.ID
    number: str
    issued_on: date
    due_on: date
    days_overdue: int
    is_overdue: bool
    amount: Money
    balance: Money
    is_promised: bool
    is_disputed: bool = strawberry.field(description="As a whole.")
    payable: Money = strawberry.field(
        description="What of the balance nobody contests; all of it where all is contested."
    )
    promised_until: date | None
