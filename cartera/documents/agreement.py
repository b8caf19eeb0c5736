"""The agreement of a payment plan as a PDF, in the debtor's language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date

from cartera.channels import figures
from cartera.rules.money import Money
from cartera.rules.plan_schedules import Schedule, Terms
from cartera.rules.plans import PlanState

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "templates" / "agreement.typ"

# A word longer than this may be broken anywhere, lest it run over the edge of its column.
_LONGEST_WORD = 22
_MAY_BREAK = "\u200b"


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    tax_id: str | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """A document of the agreement, with what was owed on it when it was proposed, in minor units."""

    number: str
    issued_on: date
    due_on: date
    principal: int
    charges: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that the paper says. ``made_at``, with a zone: when it was proposed."""

    reference: str
    state: PlanState
    made_at: datetime
    made_on: date
    language: str
    country: str
    currency: str
    creditor: Party
    debtor: Party
    covered: Sequence[Covered]
    terms: Terms
    schedule: Schedule
    default_after: int
    grace_banking_days: int


def write_agreement(agreement: Agreement) -> bytes:
    """The PDF; the same bytes for the same agreement. Blocking: some tens of milliseconds."""
    # The compiler weighs 80 MB: whoever prints nothing does without.
    import typst

    compiler = typst.Compiler(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps(_facts(agreement))},
    )
    content = compiler.compile(format="pdf", timestamp=int(agreement.made_at.timestamp()))
    assert isinstance(content, bytes)
    return content


def _facts(agreement: Agreement) -> dict[str, Any]:
    words = _Words(agreement)
    reference = words("subtitle", reference=agreement.reference, date=words.day(agreement.made_on, "long"))
    return {
        "language": agreement.language,
        "title": words("title"),
        "reference": _shown(agreement.reference),
        "subtitle": reference,
        "draft": _standing(agreement.state, words),
        "intro": words("intro"),
        "creditor": _party("creditor", agreement.creditor, words),
        "debtor": _party("debtor", agreement.debtor, words),
        "documents": _documents(agreement.covered, words),
        "totals": _totals(agreement, words),
        "schedule": _schedule(agreement.schedule, words),
        "clauses": {"title": words("clauses"), "items": _clauses(agreement, words)},
        "signatures": [
            {"name": _shown(party.name), "under": words("signature")}
            for party in (agreement.creditor, agreement.debtor)
        ],
    }


class _Words:
    """Phrases and figures as the agreement's reader writes them."""

    def __init__(self, agreement: Agreement) -> None:
        self._phrases: dict[str, str] = _catalogue(agreement.language)["agreement"]
        self._locale: Locale = figures.locale_of(agreement.language, agreement.country)
        self._currency = agreement.currency

    def __call__(self, key: str, /, **facts: object) -> str:
        return self._phrases[key].format(**facts)

    def money(self, minor: int) -> str:
        return figures.amount(Money(minor, self._currency), self._locale).replace(" ", "\u00a0")

    def day(self, value: date, length: str = "medium") -> str:
        return format_date(value, length, locale=self._locale)

    def percent(self, value: Decimal) -> str:
        plain = Decimal(f"{value.normalize():f}")
        return f"{figures.number(plain, self._locale)}\u00a0%"


@lru_cache
def _catalogue(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / "phrases" / f"{language}.json").read_text("utf-8"))
    return found


def _standing(state: PlanState, words: _Words) -> str | None:
    if state is PlanState.ACTIVE:
        return None
    return words("draft") if state is PlanState.PROPOSED else words("ended", state=words(f"state_{state}"))


def _party(role: str, party: Party, words: _Words) -> dict[str, str | None]:
    tax_id = words("tax_id", tax_id=_shown(party.tax_id)) if party.tax_id else None
    return {"role": words(role), "name": _shown(party.name), "tax_id": tax_id}


def _documents(covered: Sequence[Covered], words: _Words) -> dict[str, Any]:
    rows = [
        [
            _shown(each.number),
            words.day(each.issued_on),
            words.day(each.due_on),
            words.money(each.principal),
            words.money(each.charges),
            words.money(each.principal + each.charges),
        ]
        for each in covered
    ]
    principal = sum(each.principal for each in covered)
    charges = sum(each.charges for each in covered)
    return {
        "title": words("documents"),
        "columns": _columns("wide", "text", "text", "number", "number", "number"),
        "head": [words(key) for key in ("number", "issued_on", "due_on", "principal", "charges", "total")],
        "rows": rows,
        "foot": [words("total"), "", "", *map(words.money, (principal, charges, principal + charges))],
    }


def _totals(agreement: Agreement, words: _Words) -> dict[str, Any]:
    terms, schedule = agreement.terms, agreement.schedule
    owed = sum(each.principal + each.charges for each in agreement.covered)
    rows = [(words("owed"), owed)]
    if terms.charges_forgiven:
        rows.append((words("forgiven_charges"), -terms.charges_forgiven))
    if terms.principal_forgiven:
        rows.append((words("forgiven_principal"), -terms.principal_forgiven))
    rows.append((words("financed"), schedule.debt))
    if terms.annual_percent:
        percent = words.percent(terms.annual_percent)
        rows.append((words("interest_at", percent=percent, day_count=terms.day_count), schedule.interest))
    rows.append((words("to_pay"), schedule.total))
    return {"title": words("amounts"), "rows": [[label, words.money(minor)] for label, minor in rows]}


def _schedule(schedule: Schedule, words: _Words) -> dict[str, Any]:
    rows = [
        [
            str(row.number) if row.number else words("down_payment"),
            words.day(row.due_on),
            *map(words.money, (row.debt, row.interest, row.amount, row.balance)),
        ]
        for row in schedule.rows
    ]
    heads = ("instalment", "due_on", "debt", "interest", "amount", "balance")
    return {
        "title": words("schedule"),
        "columns": _columns("wide", "text", "number", "number", "number", "number"),
        "head": [words(key) for key in heads],
        "rows": rows,
        "foot": [
            words("total"),
            "",
            *map(words.money, (schedule.debt, schedule.interest, schedule.total)),
            "",
        ],
    }


def _clauses(agreement: Agreement, words: _Words) -> list[str]:
    clauses = [words("clause_pay", grace=agreement.grace_banking_days), words("clause_apply")]
    if agreement.terms.forgiven:
        clauses.append(words("clause_forgive", forgiven=words.money(agreement.terms.forgiven)))
    clauses.append(words("clause_default", count=agreement.default_after))
    if agreement.schedule.interest:
        clauses.append(words("clause_unearned"))
    clauses.append(words("clause_no_novation"))
    return clauses


def _columns(*kinds: str) -> list[dict[str, bool]]:
    return [{"wide": kind == "wide", "number": kind == "number"} for kind in kinds]


def _shown(name: str) -> str:
    """A name as it may stand on paper: without characters that hide or reorder others, and breakable."""
    seen = "".join(character if character.isprintable() else " " for character in name)
    return " ".join(_breakable(seen.split()))


def _breakable(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        yield _MAY_BREAK.join(word) if len(word) > _LONGEST_WORD else word
