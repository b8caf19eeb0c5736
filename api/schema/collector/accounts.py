"""A customer's account: what is owed, how late, and why it ranks where it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import strawberry

from api.context import Info
from api.schema.collector import promises, sources
from api.schema.collector.fields import column, money
from api.schema.collector.lazy import LazyPromise
from api.schema.collector.nodes import Money
from api.schema.collector.reasons import PriorityReason
from api.schema.permissions import needs, reads_from
from api.schema.scalars import CurrencyCode
from api.selection.kinds import Each, Finished, MoneyOf, Said
from api.selection.relations import Many, Source
from cartera.db.queries import rows
from cartera.db.statements import constant
from cartera.db.tables import accounts as tables
from cartera.db.tables.promises import Promise as PromiseRow
from cartera.rules.activities import ActivityKind, TaskKind
from cartera.rules.aging import AgingBucket
from cartera.rules.permissions import Scope


@strawberry.type
class AgingAmount:
    bucket: AgingBucket
    amount: Money


# Where an account's balance keeps what each bucket holds.
_BUCKETS = {
    AgingBucket.CURRENT: tables.AccountBalance.current_minor,
    AgingBucket.DAYS_1_30: tables.AccountBalance.days_1_30_minor,
    AgingBucket.DAYS_31_60: tables.AccountBalance.days_31_60_minor,
    AgingBucket.DAYS_61_90: tables.AccountBalance.days_61_90_minor,
    AgingBucket.OVER_90: tables.AccountBalance.over_90_minor,
}


@strawberry.type(description="What a customer owes in one currency.")
class AccountBalance:
    row: strawberry.Private[tables.AccountBalance]
    currency_code: CurrencyCode = column(tables.AccountBalance.currency)
    balance: Money = money(tables.AccountBalance.balance_minor, tables.AccountBalance.currency)
    overdue: Money = money(tables.AccountBalance.overdue_minor, tables.AccountBalance.currency)
    unapplied: Money = money(tables.AccountBalance.unapplied_minor, tables.AccountBalance.currency)

    @reads_from(
        Each(
            [
                {"bucket": Said(bucket), "amount": MoneyOf(minor, tables.AccountBalance.currency)}
                for bucket, minor in _BUCKETS.items()
            ]
        )
    )
    def aging(self) -> list[AgingAmount]:
        return [
            AgingAmount(bucket=bucket, amount=Money.of(getattr(self.row, minor.key), self.row.currency))
            for bucket, minor in _BUCKETS.items()
        ]


def reasons_of(facts: Mapping[str, Any], info: Info) -> list[PriorityReason]:
    currency = info.context.organization.base_currency
    return PriorityReason.each(facts["reasons"], facts["priority"], currency)


@strawberry.type(description="Kept with every change; amounts in the organization's base currency.")
class Account:
    row: strawberry.Private[tables.Account]
    # The organization's base currency.
    currency: strawberry.Private[str]
    balance: Money = money(tables.Account.balance_minor)
    overdue: Money = money(tables.Account.overdue_minor)
    lacks_rate: bool = column(
        tables.Account.lacks_rate,
        description="Some currency has no rate: what is owed in it is in no amount here but in balances.",
    )
    open_count: int = column(tables.Account.open_count)
    overdue_count: int = column(tables.Account.overdue_count)
    oldest_due_on: date | None = column(tables.Account.oldest_due_on)
    delay_days: int = column(tables.Account.delay_days)
    matured_count: int = column(tables.Account.matured_count)
    late_count: int = column(tables.Account.late_count)
    priority: Money = money(tables.Account.priority, description="Expected late money.")
    last_contact_at: datetime | None = column(tables.Account.last_contact_at)
    last_contact_kind: ActivityKind | None = column(tables.Account.last_contact_kind, ActivityKind)
    last_payment_on: date | None = column(tables.Account.last_payment_on)
    next_action_at: datetime | None = column(tables.Account.next_action_at)
    next_action_kind: TaskKind | None = column(tables.Account.next_action_kind, TaskKind)
    refreshed_at: datetime = column(tables.Account.refreshed_at)

    @classmethod
    def of(cls, row: tables.Account, currency: str) -> Account:
        return cls(row=row, currency=currency)

    @reads_from(Finished((tables.Account.reasons, tables.Account.priority), reasons_of))
    def reasons(self) -> list[PriorityReason]:
        return PriorityReason.each(self.row.reasons, self.row.priority, self.currency)

    @needs(
        Scope.CUSTOMERS_READ,
        "One per currency.",
        reads=Many(
            Source.of(tables.AccountBalance),
            on=tables.AccountBalance.customer_id,
            key=tables.Account.customer_id,
            order=(tables.AccountBalance.currency,),
            kept=lambda frame: (
                tables.AccountBalance.balance_minor + tables.AccountBalance.unapplied_minor > constant(0),
            ),
        ),
    )
    async def balances(self, info: Info) -> list[AccountBalance]:
        found = await info.context.load(rows.balances, self.row.customer_id)
        return [AccountBalance(row=row) for row in found or []]

    @needs(Scope.PROMISES_READ, reads=sources.promise(tables.Account.promise_id))
    async def latest_promise(self, info: Info) -> LazyPromise | None:
        if self.row.promise_id is None:
            return None
        found = await info.context.load(rows.by_ids, self.row.promise_id, PromiseRow)
        return promises.Promise.of(found) if found else None
