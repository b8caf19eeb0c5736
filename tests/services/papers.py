"""Cheques and notes for tests, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole
from cartera.rules.money import Money
from cartera.services.bounces import Bounce, Bounced, GivenFee, bounce_instrument
from cartera.services.deposits import Clearing, Deposit, clear_instrument, deposit_instrument
from cartera.services.instruments import (
    InstrumentTaken,
    NewInstrument,
    Return,
    register_instrument,
    return_instrument,
)
from cartera.services.substitutions import (
    Substituted,
    Substitution,
    Undoing,
    substitute,
    undo_substitution,
)
from tests.factories import Factory
from tests.services.books import row

# The 14th and 15th are a weekend, the 16th is a holiday of the Mexican banks.
FRIDAY = date(2026, 11, 13)
TUESDAY = date(2026, 11, 17)
WEDNESDAY = date(2026, 11, 18)
THURSDAY = date(2026, 11, 19)


def cheque(
    receivables: Sequence[Receivable],
    amount: str,
    due_on: date = TUESDAY,
    *,
    kind: InstrumentKind = InstrumentKind.CHEQUE,
    role: InstrumentRole = InstrumentRole.PAYS,
) -> NewInstrument:
    """For the whole balance of each receivable, as far as the amount reaches."""
    money = Money.parse(amount, receivables[0].currency)
    lines, left = [], money.minor
    for receivable in receivables:
        lines.append((receivable.id, min(left, receivable.balance_minor)))
        left -= lines[-1][1]
    return NewInstrument(
        receivables[0].customer_id,
        kind,
        role,
        number="0001234",
        amount=money,
        due_on=due_on,
        received_on=FRIDAY,
        lines=lines,
        bank="Banco del Bajío",
        drawer_name="Abarrotes Lupita",
    )


def note(receivables: Sequence[Receivable], amount: str, due_on: date = TUESDAY) -> NewInstrument:
    return cheque(
        receivables, amount, due_on, kind=InstrumentKind.PROMISSORY_NOTE, role=InstrumentRole.SECURES
    )


async def take(factory: Factory, new: NewInstrument, actor: Actor | None = None) -> UUID:
    async with factory.write(actor) as tx:
        return (await register_instrument(tx, new)).instrument_id


async def deposit(
    factory: Factory, paper: UUID, on: date | None = None, actor: Actor | None = None, key: str | None = None
) -> InstrumentTaken:
    async with factory.write(actor) as tx:
        return await deposit_instrument(tx, Deposit(paper, on, key))


async def clear(
    factory: Factory, paper: UUID, on: date | None = None, actor: Actor | None = None, key: str | None = None
) -> None:
    async with factory.write(actor) as tx:
        await clear_instrument(tx, Clearing(paper, on, key))


async def bounce(
    factory: Factory,
    paper: UUID,
    on: date | None = None,
    *,
    reason: BounceReason = BounceReason.INSUFFICIENT_FUNDS,
    fee: GivenFee | None = None,
    actor: Actor | None = None,
    key: str | None = None,
) -> Bounced:
    async with factory.write(actor) as tx:
        return await bounce_instrument(tx, Bounce(paper, reason, on, fee, idempotency_key=key))


async def give_back(factory: Factory, paper: UUID, actor: Actor | None = None) -> None:
    async with factory.write(actor) as tx:
        await return_instrument(tx, Return(paper, "Lo cambió por una transferencia"))


async def replace_debts(
    factory: Factory, paper: UUID, actor: Actor | None = None, key: str | None = None
) -> Substituted:
    async with factory.write(actor) as tx:
        return await substitute(tx, Substitution(paper, "Firmado el martes", key))


async def undo(factory: Factory, paper: UUID, actor: Actor | None = None) -> None:
    async with factory.write(actor) as tx:
        await undo_substitution(tx, Undoing(paper, "Era de otro cliente"))


async def state_of(factory: Factory, paper: UUID) -> str:
    return (await row(factory, Instrument, paper)).state


async def debt(factory: Factory, receivable: Receivable) -> tuple[str, int, int]:
    """State, balance and what of it are charges, in minor units."""
    found = await row(factory, Receivable, receivable.id)
    return found.state, found.balance_minor, found.charges_minor - found.charges_settled_minor


async def story(factory: Factory, receivable_id: UUID) -> list[tuple[str, int, date]]:
    """The entries of a receivable but its issue."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Entry).where(Entry.receivable_id == receivable_id).order_by(Entry.recorded_at, Entry.id)
        )
        return [(each.kind, each.amount_minor, each.effective_on) for each in rows if each.kind != "issue"]


async def tasks(factory: Factory, customer: Customer, kind: str) -> list[tuple[str, UUID | None]]:
    """State and assignee of the customer's tasks of a kind, oldest first."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Task).where(Task.customer_id == customer.id, Task.kind == kind).order_by(Task.id)
        )
        return [(each.state, each.assignee_id) for each in rows]
