"""What tests of interest and cost do and ask: terms, postings, payments, charges and entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.assessment import assess_charges
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import (
    NewPosting,
    post_charges,
)
from cartera.services.payments import (
    NewPayment,
    record_payment,
)
from tests.factories import TODAY, Factory

LEGAL = Terms(Basis.LEGAL)
DUE = TODAY - timedelta(days=30)


async def set_terms(factory: Factory, posting: Posting = Posting.BY_HAND, terms: Terms = LEGAL) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(terms, posting))


async def post(factory: Factory, customer: Customer, as_of: date = TODAY, **more: Any) -> tuple[UUID, ...]:
    async with factory.write() as tx:
        return (await post_charges(tx, NewPosting(customer.id, as_of, **more))).charge_ids


async def pay(
    factory: Factory,
    customer: Customer,
    amount: str,
    received_on: date,
    lines: Sequence[tuple[UUID, int]] | None = None,
) -> UUID:
    async with factory.write() as tx:
        new = NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=received_on,
            lines=lines,
        )
        return (await record_payment(tx, new)).payment_id


async def charges_of(factory: Factory) -> list[Charge]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Charge).order_by(Charge.due_on, Charge.rule)))


async def story(factory: Factory, receivable: Receivable) -> list[tuple[str, int, date, bool]]:
    """Kind, amount, day and whether it is about a charge, of each entry after the first."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Entry)
            .where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
            .order_by(Entry.id)
        )
        return [(row.kind, row.amount_minor, row.effective_on, row.charge_id is not None) for row in rows]


async def assessed(factory: Factory, customer: Customer) -> list[Any]:
    async with factory.read() as tx:
        return await assess_charges(tx, customer.id, tx.today)
