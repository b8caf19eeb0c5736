"""The house's messages, composed from what is true now: the reminder and the receipt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cartera.channels.figures import amount, day, locale_of
from cartera.channels.wording import Phrases, Written, both, write
from cartera.rules.messages import Template
from cartera.rules.money import Money, total
from cartera.rules.reminders import Debt, Tone

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
# Mail programs know no OKLCH: an accent that is not a plain colour gives way to this one.
_ACCENT = "#1f5fbf"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whom the message comes from and whom it is for. ``opt_out``: it must say how to stop such messages."""

    seller: str
    contact_name: str
    contact_email: str
    contact_phone: str
    accent: str
    language: str
    country: str
    name: str
    customer: str
    opt_out: bool = False

    @property
    def contact(self) -> str:
        return " · ".join(
            part for part in (self.contact_name, self.contact_email, self.contact_phone) if part
        )


@dataclass(frozen=True, slots=True)
class Applied:
    """What a payment paid of one receivable, and what is left of it."""

    number: str
    amount: Money
    left: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    amount: Money
    received_on: date
    reference: str | None
    applied: Sequence[Applied]
    unapplied: Money
    still_owed: Sequence[Money]


def reminder(head: Letterhead, debts: Sequence[Debt], tone: Tone, today: date, url: str) -> Written:
    """A reminder that lists ``debts`` as of ``today``, with the payment link ``url``."""
    locale = locale_of(head.language, head.country)
    phrases = Phrases(head.language, Template.REMINDER)
    totals = [amount(money, locale) for money in total(debt.balance for debt in debts)]
    rows = [
        {
            "number": debt.number,
            "due": day(debt.due_on, locale),
            "when": _when(phrases, debt.due_on, today),
            "amount": amount(debt.balance, locale),
        }
        for debt in debts
    ]
    subject = phrases(f"subject_{tone}", seller=head.seller, total=both(totals, head.language))
    say = _frame(phrases, head, subject) | {
        "intro": phrases(f"intro_{tone}", customer=head.customer),
        **{
            key: phrases(key) for key in ("due", "balance", "total", "pay", "link", "promise", "already_paid")
        },
    }
    return write(
        Template.REMINDER, head.language, say, _facts(head) | {"rows": rows, "totals": totals, "url": url}
    )


def receipt(head: Letterhead, paid: Receipt) -> Written:
    """A receipt for one payment."""
    locale = locale_of(head.language, head.country)
    phrases = Phrases(head.language, Template.RECEIPT)
    received = amount(paid.amount, locale)
    rows = [
        {"number": item.number, "amount": amount(item.amount, locale), "left": amount(item.left, locale)}
        for item in paid.applied
    ]
    lines = []
    if paid.unapplied.minor:
        lines.append(phrases("unapplied", unapplied=amount(paid.unapplied, locale)))
    owed = both([amount(money, locale) for money in paid.still_owed if money.minor], head.language)
    lines.append(phrases("still_owed", still_owed=owed) if owed else phrases("settled"))
    say = _frame(phrases, head, phrases("subject", seller=head.seller, amount=received)) | {
        "intro": phrases(
            "intro", customer=head.customer, amount=received, date=day(paid.received_on, locale)
        ),
        "reference": phrases("reference", reference=paid.reference) if paid.reference else "",
        **{key: phrases(key) for key in ("applied", "left")},
    }
    return write(Template.RECEIPT, head.language, say, _facts(head) | {"rows": rows, "lines": lines})


def _when(phrases: Phrases, due_on: date, today: date) -> str:
    days = (due_on - today).days
    return phrases("due_in", days=days) if days >= 0 else phrases("overdue", days=-days)


def _frame(phrases: Phrases, head: Letterhead, subject: str) -> dict[str, str]:
    return {
        "subject": subject,
        "greeting": phrases("greeting", name=head.name),
        "document": phrases("document"),
        "questions": phrases("questions"),
        "closing": phrases("closing"),
        "automatic": phrases("automatic", seller=head.seller),
        "opt_out": phrases("opt_out") if head.opt_out else "",
    }


def _facts(head: Letterhead) -> dict[str, object]:
    accent = head.accent if _HEX.fullmatch(head.accent) else _ACCENT
    return {"seller": head.seller, "contact": head.contact, "accent": accent}
