"""Measures of disputes: what is contested, and how long answers take."""

from __future__ import annotations

import decimal
from datetime import date

import strawberry

from api.context import Info
from api.schema.collector.disputes import DisputeConnection
from api.schema.collector.formulas import Formulas
from api.schema.collector.nodes import Money
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.reading import OneStatement
from cartera.db.queries import dispute_lists as queries
from cartera.db.queries.metrics import Only
from cartera.rules.disputes import CycleTime, DisputeReason
from cartera.rules.metrics import Period
from cartera.rules.permissions import Scope


@strawberry.type(description="What was contested at the end of the day, in one currency.")
class OpenDisputesFigure:
    behind: strawberry.Private[queries.OpenOn]
    currency_code: CurrencyCode
    count: int
    amount: Money
    formula: str

    @needs(Scope.RECEIVABLES_READ, "By deadline.", extensions=[OneStatement()])
    async def disputes(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> DisputeConnection:
        page = {"first": first, "after": after, "last": last, "before": before}
        return DisputeConnection.of(queries.DisputeFilter(behind=self.behind), **page)


@strawberry.type(
    description="Calendar days from opening to resolution, of what was resolved; null of nothing."
)
class DisputeCycleFigure:
    behind: strawberry.Private[queries.ResolvedIn]
    reason: DisputeReason | None = strawberry.field(description="Null: all reasons together.")
    resolved: int
    mean_days: Decimal | None
    median_days: Decimal | None
    formula: str

    @needs(Scope.RECEIVABLES_READ, "By deadline.", extensions=[OneStatement()])
    async def disputes(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> DisputeConnection:
        page = {"first": first, "after": after, "last": last, "before": before}
        return DisputeConnection.of(queries.DisputeFilter(behind=self.behind), **page)


@strawberry.type
class DisputeFigures:
    as_of: strawberry.Private[date]
    period: strawberry.Private[Period]
    only: strawberry.Private[Only]

    @needs(Scope.METRICS_READ, "One per currency in which anything was contested at the end of the day.")
    async def open(self, info: Info) -> list[OpenDisputesFigure]:
        async with info.context.read() as tx:
            figures = await queries.open_on(tx, self.as_of, self.only)
        say = Formulas(info)
        return [
            OpenDisputesFigure(
                behind=queries.OpenOn(self.as_of, self.only, found.currency),
                currency_code=CurrencyCode(found.currency),
                count=found.count,
                amount=Money.of(found.amount, found.currency),
                formula=say.disputes_open(found, self.as_of),
            )
            for found in figures
        ]

    @needs(Scope.METRICS_READ, "Of what was resolved in the period, by the day.")
    async def cycle(self, info: Info) -> DisputeCycleFigure:
        behind = queries.ResolvedIn(self.period, self.as_of, self.only)
        async with info.context.read() as tx:
            found = await queries.cycle_time_of_all(tx, behind)
        return _cycle(info, behind, found)

    @needs(Scope.METRICS_READ, "The same, one per reason of which anything was resolved.")
    async def cycle_by_reason(self, info: Info) -> list[DisputeCycleFigure]:
        behind = queries.ResolvedIn(self.period, self.as_of, self.only)
        async with info.context.read() as tx:
            figures = await queries.cycle_times(tx, behind)
        return [
            _cycle(info, queries.ResolvedIn(self.period, self.as_of, self.only, reason), found)
            for reason, found in figures.items()
        ]


def _cycle(info: Info, behind: queries.ResolvedIn, found: CycleTime) -> DisputeCycleFigure:
    return DisputeCycleFigure(
        behind=behind,
        reason=behind.reason,
        resolved=found.count,
        mean_days=_decimal(found.mean),
        median_days=_decimal(found.median),
        formula=Formulas(info).dispute_cycle(found, behind),
    )


def _decimal(value: decimal.Decimal | None) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None
