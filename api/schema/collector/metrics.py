"""Measures of how collecting goes (DOMAIN §5), each with its formula and the rows behind it."""

from __future__ import annotations

import decimal
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import strawberry

from api.context import Info
from api.schema import cursors
from api.schema.collector import sources
from api.schema.collector.dispute_metrics import DisputeFigures
from api.schema.collector.formulas import Formulas
from api.schema.collector.nodes import Money
from api.schema.collector.promises import BY_DUE_DATE, PromiseConnection
from api.schema.collector.receivables import ReceivableConnection, ordered_by
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.lists import Asked
from api.selection.reading import Reading
from cartera.db.queries import metrics as queries
from cartera.db.queries import promise_lists
from cartera.db.queries.keyset import Slice
from cartera.rules.aging import AgingBucket
from cartera.rules.metrics import Aging, Period
from cartera.rules.permissions import Scope

OVERDUE = frozenset(AgingBucket) - {AgingBucket.CURRENT}


@strawberry.type(description="What is open in one aging bucket.")
class AgingBucketSummary:
    behind: strawberry.Private[queries.Behind]
    bucket: AgingBucket
    amount: Money
    count: int

    @needs(Scope.RECEIVABLES_READ, "What was open on the day, the oldest due date first.")
    async def receivables(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ReceivableConnection:
        return await _receivables(info, self.behind, first=first, after=after, last=last, before=before)


@strawberry.type(description="Open balances of one currency by days past due.")
class AgingSummary:
    currency_code: CurrencyCode
    total: Money
    buckets: list[AgingBucketSummary]
    formula: str


@strawberry.type
class MoneyFigure:
    behind: strawberry.Private[queries.Behind]
    value: Money
    formula: str

    @needs(Scope.RECEIVABLES_READ, "What was overdue on the day, the oldest due date first.")
    async def receivables(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ReceivableConnection:
        return await _receivables(info, self.behind, first=first, after=after, last=last, before=before)


@strawberry.type(description="Days sales outstanding in one currency; null without credit sales.")
class DaysFigure:
    currency_code: CurrencyCode
    value: Decimal | None
    formula: str
    receivables_at_end: Money
    credit_sales: Money = strawberry.field(
        description="Invoiced in the period, tax included, net of credit notes."
    )
    best_possible: Decimal | None = strawberry.field(description="If nothing were overdue.")
    average_days_delinquent: Decimal | None = strawberry.field(
        description="The value less the best possible."
    )


@strawberry.type(description="Fractions from 0 to 1; null where nothing matured.")
class RateFigure:
    behind: strawberry.Private[queries.Matured]
    by_count: Decimal | None
    by_amount: Decimal | None = strawberry.field(
        description="In the base currency; null too where a currency has no exchange rate."
    )
    matured: int
    kept: int
    formula: str

    @needs(Scope.PROMISES_READ, "All that matured, by due date.")
    async def promises(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> PromiseConnection:
        narrowed = promise_lists.PromiseFilter(behind=self.behind)
        page = cursors.page(BY_DUE_DATE, first, after, last, before)
        async with info.context.read() as tx:
            found = await promise_lists.page(tx, narrowed, BY_DUE_DATE, page)
        return PromiseConnection(reading=Reading(sources.PROMISES, Asked(narrowed, BY_DUE_DATE, page), found))


@strawberry.type(description="Measures of what the caller sees, as the books stood at the end of a day.")
class Metrics:
    as_of: date
    period: strawberry.Private[Period]
    only: strawberry.Private[queries.Only]

    @needs(
        Scope.METRICS_READ,
        "One per currency in which anything is open. With knownAt as it was known then: that never changes.",
    )
    async def aging(self, info: Info, known_at: datetime | None = None) -> list[AgingSummary]:
        say, only = Formulas(info), replace(self.only, known_at=known_at)
        return [
            AgingSummary(
                currency_code=CurrencyCode(found.currency),
                total=Money.of(found.total, found.currency),
                buckets=self._buckets(found, only),
                formula=say.aging(found, self.as_of),
            )
            for found in await self._aging(info, only)
        ]

    @needs(Scope.METRICS_READ, "One per currency in which anything is open.")
    async def total_overdue(self, info: Info) -> list[MoneyFigure]:
        say = Formulas(info)
        return [
            MoneyFigure(
                behind=self._behind(found, OVERDUE, self.only),
                value=Money.of(found.overdue, found.currency),
                formula=say.overdue(found, self.as_of),
            )
            for found in await self._aging(info, self.only)
        ]

    @needs(Scope.METRICS_READ, "At the end of the period; one per currency that sold or is owed anything.")
    async def dso(self, info: Info) -> list[DaysFigure]:
        async with info.context.read() as tx:
            figures = await queries.dso(tx, self.period, self.only)
        say = Formulas(info)
        return [
            DaysFigure(
                currency_code=CurrencyCode(found.currency),
                value=_decimal(found.days.value),
                formula=say.dso(found, self.period),
                receivables_at_end=Money.of(found.receivables_at_end, found.currency),
                credit_sales=Money.of(found.credit_sales, found.currency),
                best_possible=_decimal(found.days.best_possible),
                average_days_delinquent=_decimal(found.days.average_days_delinquent),
            )
            for found in figures
        ]

    @needs(Scope.METRICS_READ, "Promises kept of those due in the period that matured by the day.")
    async def kept_rate(self, info: Info) -> RateFigure:
        behind = queries.Matured(self.period, self.as_of, self.only)
        async with info.context.read() as tx:
            found = await queries.kept(tx, behind)
        return RateFigure(
            behind=behind,
            by_count=_decimal(found.rate.by_count),
            by_amount=_decimal(found.rate.by_amount),
            matured=found.rate.matured,
            kept=found.rate.kept,
            formula=Formulas(info).kept(found, behind),
        )

    @needs(Scope.METRICS_READ, "What customers contest, and how long answers take.")
    async def disputes(self, info: Info) -> DisputeFigures:
        return DisputeFigures(as_of=self.as_of, period=self.period, only=self.only)

    async def _aging(self, info: Info, only: queries.Only) -> list[Aging]:
        return await info.context.load(queries.agings, self.as_of, only) or []

    def _behind(self, found: Aging, buckets: frozenset[AgingBucket], only: queries.Only) -> queries.Behind:
        return queries.Behind(self.as_of, only, found.currency, buckets)

    def _buckets(self, found: Aging, only: queries.Only) -> list[AgingBucketSummary]:
        return [
            AgingBucketSummary(
                behind=self._behind(found, frozenset({bucket}), only),
                bucket=bucket,
                amount=Money.of(sums.amount, found.currency),
                count=sums.count,
            )
            for bucket, sums in found.buckets.items()
        ]


async def _receivables(info: Info, behind: queries.Behind, **asked: Any) -> ReceivableConnection:
    order = ordered_by(None)
    page = cursors.page(order, **asked)
    found = await info.context.load(queries.pages_behind, behind, order, page)
    reading = Reading(sources.RECEIVABLES, Asked(behind, order, page), found or Slice())
    return ReceivableConnection(reading=reading)


def _decimal(value: decimal.Decimal | None) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None
