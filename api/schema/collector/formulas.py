"""How a figure came about, as a sentence in the caller's language that names the figure's own numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from api.context import Info
from api.errors import catalogue
from cartera.channels import figures
from cartera.db.queries.dispute_lists import OpenDisputes, ResolvedIn
from cartera.db.queries.metrics import Dso, Kept, Matured
from cartera.rules.disputes import CycleTime
from cartera.rules.metrics import Aging, Period
from cartera.rules.money import Money


class Formulas:
    """Says formulas to one caller."""

    def __init__(self, info: Info) -> None:
        language, organization = info.context.actor.language, info.context.organization
        self._sentences = catalogue(language)
        self._locale = figures.locale_of(language, organization.country)
        self._base = organization.base_currency

    def aging(self, found: Aging, as_of: date) -> str:
        return self._say("AGING", **self._aged(found, as_of))

    def overdue(self, found: Aging, as_of: date) -> str:
        return self._say("OVERDUE", **self._aged(found, as_of))

    def dso(self, found: Dso, period: Period) -> str:
        facts = {
            "first": self._day(period.first),
            "last": self._day(period.last),
            "receivables": self._amount(found.receivables_at_end, found.currency),
            "sales": self._amount(found.credit_sales, found.currency),
        }
        days = found.days
        if days.value is None or days.best_possible is None or days.average_days_delinquent is None:
            return self._say("DSO_NO_SALES", **facts)
        return self._say(
            "DSO",
            **facts,
            current=self._amount(found.current_at_end, found.currency),
            days=period.days,
            value=figures.number(days.value, self._locale),
            best=figures.number(days.best_possible, self._locale),
            delinquent=figures.number(days.average_days_delinquent, self._locale),
        )

    def kept(self, found: Kept, behind: Matured) -> str:
        facts = {
            "first": self._day(behind.period.first),
            "last": self._day(behind.period.last),
            "date": self._day(behind.as_of),
        }
        rate = found.rate
        if rate.by_count is None:
            return self._say("KEPT_NONE", **facts)
        by_count = self._rate(rate.by_count)
        counted = self._say("KEPT", **facts, kept=rate.kept, matured=rate.matured, rate=by_count)
        return f"{counted} {self._kept_by_amount(found)}"

    def disputes_open(self, found: OpenDisputes, as_of: date) -> str:
        amount = self._amount(found.amount, found.currency)
        return self._say("DISPUTES_OPEN", date=self._day(as_of), count=found.count, amount=amount)

    def dispute_cycle(self, found: CycleTime, behind: ResolvedIn) -> str:
        facts = {
            "first": self._day(behind.period.first),
            "last": self._day(behind.period.last),
            "date": self._day(behind.as_of),
        }
        if found.mean is None or found.median is None:
            return self._say("DISPUTE_CYCLE_NONE", **facts)
        return self._say(
            "DISPUTE_CYCLE",
            **facts,
            total=found.total,
            count=found.count,
            mean=figures.number(found.mean, self._locale),
            median=figures.number(found.median, self._locale),
        )

    def _kept_by_amount(self, found: Kept) -> str:
        promised = self._sum((one.promised_minor, one.currency) for one in found.sums)
        received = self._sum((one.received_minor, one.currency) for one in found.sums)
        if found.rate.by_amount is None:
            return self._say("KEPT_NO_RATE", promised=promised)
        facts = {"received": received, "promised": promised, "rate": self._rate(found.rate.by_amount)}
        if len(found.sums) == 1:
            return self._say("KEPT_AMOUNT", **facts)
        return self._say("KEPT_CONVERTED", **facts, base=self._base)

    def _aged(self, found: Aging, as_of: date) -> dict[str, str]:
        buckets = {
            bucket.value: self._amount(sums.amount, found.currency) for bucket, sums in found.buckets.items()
        }
        return {
            **buckets,
            "date": self._day(as_of),
            "total": self._amount(found.total, found.currency),
            "overdue": self._amount(found.overdue, found.currency),
        }

    def _sum(self, amounts: Iterable[tuple[int, str]]) -> str:
        return " + ".join(self._amount(minor, currency) for minor, currency in amounts)

    def _amount(self, minor: int, currency: str) -> str:
        return figures.amount(Money(minor, currency), self._locale)

    def _day(self, value: date) -> str:
        return figures.day(value, self._locale)

    def _rate(self, fraction: Decimal) -> str:
        return figures.percent(fraction, self._locale)

    def _say(self, code: str, **facts: Any) -> str:
        return self._sentences[f"FORMULA_{code}"].format_map(facts)
