"""Why a customer ranks where it does: the stored code and facts, and the same as a sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from api.context import Info
from api.errors import catalogue
from api.schema.collector.nodes import Money
from cartera.channels.figures import amount, day, locale_of
from cartera.rules.money import Money as Amount
from cartera.rules.priority import PriorityReason as Code


@strawberry.type(description="What adds to a customer's priority, or lowers it.")
class PriorityReason:
    code: Code
    points: int = strawberry.field(description="What it adds, in hundredths of the customer's priority.")
    amount: Money | None
    days: int | None
    count: int | None
    total: int | None
    date: date | None
    minor: strawberry.Private[int | None]
    currency: strawberry.Private[str]

    @classmethod
    def each(cls, facts: list[Any], priority: int, currency: str) -> list[PriorityReason]:
        """``priority`` and the facts' amounts: minor units of ``currency``."""
        return [cls.of(fact, priority, currency) for fact in facts]

    @classmethod
    def of(cls, fact: dict[str, Any], priority: int, currency: str) -> PriorityReason:
        minor = fact.get("amount")
        return cls(
            code=Code(fact["code"]),
            points=round(100 * fact["minor"] / priority) if priority else 0,
            amount=Money.of(int(minor), currency) if minor is not None else None,
            days=_whole(fact.get("days")),
            count=_whole(fact.get("count")),
            total=_whole(fact.get("total")),
            date=_day(fact.get("date")),
            minor=int(minor) if minor is not None else None,
            currency=currency,
        )

    @strawberry.field
    def sentence(self, info: Info) -> str:
        """The same in the caller's language."""
        language = info.context.actor.language
        locale = locale_of(language, info.context.organization.country)
        facts = {
            "amount": amount(Amount(self.minor or 0, self.currency), locale),
            "date": day(self.date, locale) if self.date else "",
            "days": self.days,
            "count": self.count,
            "total": self.total,
        }
        return catalogue(language)[f"REASON_{self.code.name}"].format_map(facts)


def _whole(value: Any) -> int | None:
    return int(value) if value is not None else None


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if value is not None else None
