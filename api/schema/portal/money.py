"""Money as the portal shows it."""

from __future__ import annotations

import strawberry

from api.schema.scalars import CurrencyCode, Decimal


@strawberry.type
class Money:
    amount: Decimal
    currency_code: CurrencyCode


@strawberry.type
class PortalTotal:
    currency_code: CurrencyCode
    balance: Money
    overdue: Money
