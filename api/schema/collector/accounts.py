"""A customer's account: what is owed, how late, and why it ranks where it does."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from api.context import Info
from api.schema.collector import promises
from api.schema.collector.lazy import LazyPromise
from api.schema.collector.nodes import Money
from api.schema.collector.reasons import PriorityReason
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode
from cartera.db.queries import rows
from cartera.db.tables import accounts as tables
from cartera.db.tables.promises import Promise as PromiseRow
from cartera.rules.activities import ActivityKind, TaskKind
from cartera.rules.aging import AgingBucket
from cartera.rules.permissions import Scope


@strawberry.type
class AgingAmount:
    bucket: AgingBucket
    amount: Money


@strawberry.type(description="What a customer owes in one currency.")
class AccountBalance:
    currency_code: CurrencyCode
    balance: Money
    overdue: Money
    unapplied: Money
    aging: list[AgingAmount]

    @classmethod
    def of(cls, row: tables.AccountBalance) -> AccountBalance:
        buckets = {
            AgingBucket.CURRENT: row.current_minor,
            AgingBucket.DAYS_1_30: row.days_1_30_minor,
            AgingBucket.DAYS_31_60: row.days_31_60_minor,
            AgingBucket.DAYS_61_90: row.days_61_90_minor,
            AgingBucket.OVER_90: row.over_90_minor,
        }
        return cls(
            currency_code=CurrencyCode(row.currency),
            balance=Money.of(row.balance_minor, row.currency),
            overdue=Money.of(row.overdue_minor, row.currency),
            unapplied=Money.of(row.unapplied_minor, row.currency),
            aging=[
                AgingAmount(bucket=bucket, amount=Money.of(minor, row.currency))
                for bucket, minor in buckets.items()
            ],
        )


@strawberry.type(description="Kept with every change; amounts in the organization's base currency.")
class Account:
    row: strawberry.Private[tables.Account]
    balance: Money
    overdue: Money
    lacks_rate: bool = strawberry.field(
        description="Some currency has no rate: what is owed in it is in no amount here but in balances."
    )
    open_count: int
    overdue_count: int
    oldest_due_on: date | None
    delay_days: int
    matured_count: int
    late_count: int
    priority: Money = strawberry.field(description="Expected late money.")
    reasons: list[PriorityReason]
    last_contact_at: datetime | None
    last_contact_kind: ActivityKind | None
    last_payment_on: date | None
    next_action_at: datetime | None
    next_action_kind: TaskKind | None
    refreshed_at: datetime

    @classmethod
    def of(cls, row: tables.Account, currency: str) -> Account:
        contact, action = row.last_contact_kind, row.next_action_kind
        return cls(
            row=row,
            balance=Money.of(row.balance_minor, currency),
            overdue=Money.of(row.overdue_minor, currency),
            lacks_rate=row.lacks_rate,
            open_count=row.open_count,
            overdue_count=row.overdue_count,
            oldest_due_on=row.oldest_due_on,
            delay_days=row.delay_days,
            matured_count=row.matured_count,
            late_count=row.late_count,
            priority=Money.of(row.priority, currency),
            reasons=[PriorityReason.of(fact, row.priority, currency) for fact in row.reasons],
            last_contact_at=row.last_contact_at,
            last_contact_kind=ActivityKind(contact) if contact else None,
            last_payment_on=row.last_payment_on,
            next_action_at=row.next_action_at,
            next_action_kind=TaskKind(action) if action else None,
            refreshed_at=row.refreshed_at,
        )

    @needs(Scope.CUSTOMERS_READ, "One per currency.")
    async def balances(self, info: Info) -> list[AccountBalance]:
        found = await info.context.load(rows.balances, self.row.customer_id)
        return [AccountBalance.of(row) for row in found or []]

    @needs(Scope.PROMISES_READ)
    async def latest_promise(self, info: Info) -> LazyPromise | None:
        if self.row.promise_id is None:
            return None
        found = await info.context.load(rows.by_ids, self.row.promise_id, PromiseRow)
        return promises.Promise.of(found) if found else None
