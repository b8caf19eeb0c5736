"""What a file of invoices means for documents with interest or cost, of which the ERP knows nothing.

Its settlements stand, since it keeps the principal's book; but money that paid charges here settled the same
amount of principal there, so it counts twice until a person has looked. And interest of days that are late
no longer, by a new due date or an earlier settlement, is taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.imports_staging import join_by_hash
from cartera.db.queries.locks import lock
from cartera.db.queries.tasks import collectors_of
from cartera.db.session import WriteTx
from cartera.rules.activities import TaskKind
from cartera.rules.money import Money
from cartera.services.imports.outcome import Outcome
from cartera.services.overcharges import correct_interest
from cartera.services.tasks import NewTask, ask_review

# Documents that a task names; the audit log names all.
_NAMED = 10


def counted_twice(settled: Iterable[Any]) -> list[tuple[Any, Money]]:
    """Of rows (id, customer_id, number, currency, settled, paid): those to look at, and the doubtful amount.

    That is what the ERP settled now, as far as money has paid charges of the same document here.
    """
    found = ((row, Money(min(int(row.settled), int(row.paid)), row.currency)) for row in settled)
    return [(row, money) for row, money in found if money.minor > 0]


async def ask_to_look(tx: WriteTx, settled: Iterable[Any], outcome: Outcome) -> None:
    """Count what is counted twice, keep it in the audit log, and ask for a look: a task for each customer."""
    by_customer: dict[UUID, list[str]] = defaultdict(list)
    for row, money in counted_twice(settled):
        outcome.add("paid_charges_here", 1, money)
        by_customer[row.customer_id].append(f"{row.number} · {money}")
        tx.audit(
            "settled_in_erp_beside_charges",
            "receivable",
            row.id,
            customer_id=row.customer_id,
            after={
                "settled_minor": int(row.settled),
                "counted_twice_minor": money.minor,
                "currency": money.currency,
            },
        )
    collectors = await collectors_of(tx, by_customer) if by_customer else {}
    for customer_id, documents in by_customer.items():
        note = ", ".join(documents[:_NAMED]) + (" …" if len(documents) > _NAMED else "")
        new = NewTask(customer_id, TaskKind.REVIEW_SETTLEMENT, tx.now, note)
        ask_review(tx, new, collectors.get(customer_id))


async def take_back_interest(tx: WriteTx, charged: Collection[tuple[UUID, UUID]]) -> None:
    """Take back what is too much on documents (id, customer) that bear charges, some customers at a time."""
    by_customer: dict[UUID, list[UUID]] = defaultdict(list)
    for receivable_id, customer_id in charged:
        by_customer[customer_id].append(receivable_id)
    if not by_customer:
        return
    # From here on it is a few rows at a time.
    await join_by_hash(tx, only=False)
    ordered = sorted(by_customer)
    for start in range(0, len(ordered), CHUNK):
        await _take_back(tx, ordered[start : start + CHUNK], by_customer)
    await join_by_hash(tx, only=True)


async def _take_back(tx: WriteTx, customers: Sequence[UUID], documents: dict[UUID, list[UUID]]) -> None:
    receivables = [receivable_id for each in customers for receivable_id in documents[each]]
    locked = await lock(tx, customers=customers, receivables=receivables)
    await correct_interest(tx, locked.receivables, tx.today)
