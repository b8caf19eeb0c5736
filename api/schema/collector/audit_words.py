"""What an entry of the audit log says, as the caller reads it: a sentence, and its facts before and after."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from api.context import Info
from api.errors import catalogue
from api.schema.collector.actors import actor_of
from cartera.channels import figures
from cartera.db.queries import members
from cartera.db.queries import rows as row_queries
from cartera.db.tables.charges import Charge
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.payments import CreditNote, Payment
from cartera.db.tables.plans import Plan
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.permissions import NOUN_SCOPES

# Facts that name a member.
_MEMBERS = ("assignee_id", "collector_id", "owner_id")

# Of what an entry tells by its row: whose number and amount the sentence names beside what the entry stores.
_SUBJECTS: dict[str, Any] = {
    "charge": Charge,
    "credit_note": CreditNote,
    "instrument": Instrument,
    "payment": Payment,
    "plan": Plan,
    "receivable": Receivable,
}


class _Facts(dict[str, Any]):
    def __missing__(self, fact: str) -> str:
        return "…"


async def say_entry(info: Info, row: AuditEntry) -> str:
    """An entry's action and facts as a sentence. A test sees to it that every action has one."""
    words = catalogue(info.context.actor.language)
    stored = {**await _subject(info, row), **_present(row.before), **_present(row.after)}
    facts = await _facts(info, stored, stored.get("currency"))
    who = (await actor_of(info, row.actor)).name
    # An earlier version may have written what the code no longer does.
    sentence = words.get(f"audit.{row.action}", f"{{who}}: {row.action}")
    return sentence.format_map(_Facts(facts, who=who))


async def tell_facts(info: Info, row: AuditEntry, stored: dict[str, Any] | None) -> dict[str, str]:
    """One side of an entry, before or after: amounts with their currency, days in words, members by name."""
    known = {**await _subject(info, row), **_present(row.before), **_present(row.after)}
    return await _facts(info, _present(stored), known.get("currency"))


async def _subject(info: Info, row: AuditEntry) -> dict[str, Any]:
    """What is known of the row that an entry is about, as an entry would store it."""
    table = _SUBJECTS.get(row.noun)
    if table is None or not info.context.actor.can(NOUN_SCOPES[row.noun]):
        return {}
    found = await info.context.load(row_queries.by_ids, row.noun_id, table)
    if found is None:
        return {}
    facts: dict[str, Any] = {"currency": found.currency}
    if isinstance(found, Plan):
        return facts | {"total_minor": found.total_minor}
    if isinstance(found, Charge):
        receivable = await info.context.load(row_queries.by_ids, found.receivable_id, Receivable)
        return facts | {"number": receivable.number if receivable else None}
    facts["amount_minor"] = found.amount_minor
    if isinstance(found, Payment):
        return facts
    if isinstance(found, Instrument):
        facts["paper"] = catalogue(info.context.actor.language)[f"paper.{found.kind}"]
    return facts | {"number": found.number}


async def _facts(info: Info, stored: dict[str, Any], currency: str | None) -> dict[str, str]:
    locale = figures.locale_of(info.context.actor.language, info.context.organization.country)
    found: dict[str, str] = {}
    for name, value in stored.items():
        if name.endswith("_minor"):
            # Minor units say nothing without their currency.
            if currency:
                found[name.removesuffix("_minor")] = figures.amount(Money(value, currency), locale)
        elif name.endswith("_on"):
            found[name] = figures.day(date.fromisoformat(value), locale)
        elif name in _MEMBERS:
            member = await info.context.load(members.by_ids, UUID(value))
            found[name.removesuffix("_id")] = member.name if member else "…"
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return found


def _present(stored: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (stored or {}).items() if value is not None}
