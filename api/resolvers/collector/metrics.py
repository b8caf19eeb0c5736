"""The organization's measures."""

from __future__ import annotations

from datetime import date

import strawberry

from api.context import Info
from api.schema import ids
from api.schema.collector.metrics import Metrics
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode
from cartera.db.queries.metrics import Only
from cartera.errors import refuse
from cartera.rules.metrics import Period
from cartera.rules.permissions import Scope


@strawberry.input(description="Both days included.")
class PeriodInput:
    first: date = strawberry.field(name="from")
    last: date = strawberry.field(name="to")


@strawberry.input(
    description="Segment and collector are those that customers had on the day of the figure; of a promise,"
    " on the day it was due."
)
class MetricFilter:
    currency_code: CurrencyCode | None = None
    segment: str | None = None
    collector_id: strawberry.ID | None = None


@strawberry.type
class MetricQueries:
    @needs(
        Scope.METRICS_READ,
        "As of today unless another day is given; over the 365 days that end on it unless a period is.",
    )
    async def metrics(
        self,
        info: Info,
        as_of: date | None = None,
        period: PeriodInput | None = None,
        filter: MetricFilter | None = None,
    ) -> Metrics:
        day = as_of or info.context.today
        return Metrics(as_of=day, period=_period(period, day), only=_only(filter or MetricFilter()))


def _period(asked: PeriodInput | None, as_of: date) -> Period:
    if asked is None:
        return Period.ending(as_of)
    if asked.first > asked.last:
        raise refuse("BAD_PERIOD", "period")
    return Period(asked.first, asked.last)


def _only(asked: MetricFilter) -> Only:
    collector = asked.collector_id
    return Only(
        currency=asked.currency_code,
        segment=asked.segment,
        collector_id=ids.decode(collector, "Member", "collectorId") if collector else None,
    )
