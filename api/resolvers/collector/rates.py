"""Dated values of the organization: exchange rates, interest rates, units of account."""

from __future__ import annotations

import decimal
from datetime import date
from typing import Annotated

import strawberry

from api.context import Info
from api.schema import cursors
from api.schema.collector import sources
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.rates import RateConnection
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.lists import Asked
from api.selection.reading import OneStatement, Reading
from cartera.db.queries import rates as queries
from cartera.rules.permissions import Scope
from cartera.rules.rates import RateKind
from cartera.services import rates as services


@strawberry.input
class ExchangeRateInput:
    currency_code: CurrencyCode
    quoted_on: date
    rate: Decimal = strawberry.field(description="Units of the base currency for one of this one.")
    source: str


@strawberry.input
class InterestRateInput:
    code: str = strawberry.field(description="As `cl.interes_corriente` or `eu.reference`.")
    valid_from: date
    annual_percent: Decimal
    source: str


@strawberry.input
class IndexValueInput:
    code: str = strawberry.field(description="As `cl.uf`.")
    quoted_on: date
    value: Decimal
    source: str


@strawberry.input
class ExchangeRateSetInput:
    rates: list[ExchangeRateInput]


@strawberry.input
class InterestRateSetInput:
    rates: list[InterestRateInput]


@strawberry.input
class IndexValueSetInput:
    values: list[IndexValueInput]


@strawberry.type(description="Entered or replaced; what was replaced is in the audit.")
class RateSetSuccess:
    count: int


ExchangeRateSetResult = Annotated[RateSetSuccess | UserErrors, strawberry.union("ExchangeRateSetResult")]
InterestRateSetResult = Annotated[RateSetSuccess | UserErrors, strawberry.union("InterestRateSetResult")]
IndexValueSetResult = Annotated[RateSetSuccess | UserErrors, strawberry.union("IndexValueSetResult")]


@strawberry.type
class RateQueries:
    @needs(
        Scope.RECEIVABLES_READ,
        "The latest first; of one currency or code, where one is named.",
        extensions=[OneStatement()],
    )
    async def rates(
        self,
        info: Info,
        kind: RateKind,
        code: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> RateConnection:
        order = queries.LATEST_FIRST[kind]
        page = cursors.page(order, first, after, last, before)
        asked = Asked(queries.RateFilter(kind, code), order, page)
        return RateConnection(reading=Reading(sources.RATES[kind], asked))


@strawberry.type
class RateMutations:
    @does(Scope.BOOKS_WRITE, "Enter exchange rates; one for a day that has one replaces it.")
    async def exchange_rate_set(self, info: Info, input: ExchangeRateSetInput) -> ExchangeRateSetResult:
        new = [
            services.NewExchangeRate(
                each.currency_code, each.quoted_on, decimal.Decimal(each.rate), each.source
            )
            for each in input.rates
        ]
        async with info.context.write() as tx:
            done = await services.set_exchange_rates(tx, new)
        return RateSetSuccess(count=len(done))

    @does(Scope.BOOKS_WRITE, "Enter annual rates; one for a day that has one replaces it.")
    async def interest_rate_set(self, info: Info, input: InterestRateSetInput) -> InterestRateSetResult:
        new = [
            services.NewInterestRate(
                each.code, each.valid_from, decimal.Decimal(each.annual_percent), each.source
            )
            for each in input.rates
        ]
        async with info.context.write() as tx:
            done = await services.set_interest_rates(tx, new)
        return RateSetSuccess(count=len(done))

    @does(Scope.BOOKS_WRITE, "Enter what a unit of account is worth; one for a day that has one replaces it.")
    async def index_value_set(self, info: Info, input: IndexValueSetInput) -> IndexValueSetResult:
        new = [
            services.NewIndexValue(each.code, each.quoted_on, decimal.Decimal(each.value), each.source)
            for each in input.values
        ]
        async with info.context.write() as tx:
            done = await services.set_index_values(tx, new)
        return RateSetSuccess(count=len(done))
