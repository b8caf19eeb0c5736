"""What the organization decides about its books: closed periods, and what settles without asking."""

from __future__ import annotations

import decimal
from datetime import date
from typing import Annotated

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.members import Organization
from api.schema.scalars import CurrencyCode, Decimal
from cartera.errors import refuse
from cartera.rules.permissions import Scope
from cartera.services import periods, settlement_policy


@strawberry.input
class PeriodCloseInput:
    through: date = strawberry.field(description="The last day that is closed.")


@strawberry.input
class PeriodReopenInput:
    after: date | None = strawberry.field(
        default=None, description="The last day that stays closed; left out: everything is open again."
    )
    reason: str


@strawberry.input
class SettlementPolicySetInput:
    discount_percent: Decimal = strawberry.field(description="Of the invoice, with up to two decimals.")
    discount_days: int = strawberry.field(description="Within so many days of issue.")
    write_off_limit: Decimal = strawberry.field(
        description="What a collector may write off of one receivable, in the base currency."
    )


@strawberry.type
class OrganizationSuccess:
    organization: Organization


OrganizationResult = Annotated[OrganizationSuccess | UserErrors, strawberry.union("OrganizationResult")]


@strawberry.type
class BooksMutations:
    @does(Scope.BOOKS_WRITE, "Close the books to and including a day.")
    async def period_close(self, info: Info, input: PeriodCloseInput) -> OrganizationResult:
        async with info.context.write() as tx:
            await periods.close_period(tx, periods.Closing(input.through))
            return OrganizationSuccess(organization=Organization.of(tx.organization))

    @does(Scope.BOOKS_WRITE, "Open the books again; what took effect later because of it keeps its day.")
    async def period_reopen(self, info: Info, input: PeriodReopenInput) -> OrganizationResult:
        async with info.context.write() as tx:
            await periods.reopen_period(tx, periods.Reopening(input.after, input.reason))
            return OrganizationSuccess(organization=Organization.of(tx.organization))

    @does(Scope.BOOKS_WRITE, "Say which discounts and small write-offs need nobody's approval.")
    async def settlement_policy_set(self, info: Info, input: SettlementPolicySetInput) -> OrganizationResult:
        currency = CurrencyCode(info.context.organization.base_currency)
        policy = settlement_policy.SettlementPolicy(
            discount_basis_points=_basis_points(input.discount_percent),
            discount_days=input.discount_days,
            write_off_limit_minor=money(input.write_off_limit, currency, "writeOffLimit").minor,
        )
        async with info.context.write() as tx:
            await settlement_policy.set_settlement_policy(tx, policy)
            return OrganizationSuccess(organization=Organization.of(tx.organization))


def _basis_points(percent: Decimal) -> int:
    points = decimal.Decimal(percent) * 100
    if points != points.to_integral_value():
        raise refuse("DISCOUNT_OUT_OF_RANGE", "discountPercent")
    return int(points)
