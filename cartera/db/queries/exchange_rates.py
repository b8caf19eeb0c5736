"""What currencies were worth on a day, by the organization's own table."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from cartera.db.session import Tx
from cartera.db.tables.organizations import ExchangeRate
from cartera.rules.exchange import Rate


async def base_rates(tx: Tx, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], Rate]:
    """By currency and day, the latest rate to the base currency on or before that day.

    What has no rate is absent, never 1; the base currency itself is 1.
    """
    base = tx.organization.base_currency
    found = {(currency, day): Rate(Decimal(1), day) for currency, day in wanted if currency == base}
    for day in sorted({day for currency, day in wanted if currency != base}):
        rates = await tx.session.execute(
            select(ExchangeRate.currency, ExchangeRate.rate, ExchangeRate.quoted_on)
            .where(
                ExchangeRate.quoted_on <= day,
                ExchangeRate.currency.in_({currency for currency, on in wanted if on == day}),
            )
            .order_by(ExchangeRate.currency, ExchangeRate.quoted_on.desc())
            .ext(distinct_on(ExchangeRate.currency))
        )
        for currency, rate, quoted_on in rates:
            found[currency, day] = Rate(rate, quoted_on)
    return found
