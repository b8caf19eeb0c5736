"""Receipts: the customer is told that money has arrived, once, as soon as it is booked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.channels import letters
from cartera.channels.letters import Applied, Receipt
from cartera.channels.wording import Written
from cartera.db.base import new_id
from cartera.db.queries.receipts import applied_to, owed_by
from cartera.db.session import Tx, WriteTx
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.messages import Message
from cartera.db.tables.payments import Payment
from cartera.rules.messages import Channel, HoldRule, MessageState, Template, reader_of
from cartera.rules.money import Money
from cartera.services.reminders import letterhead


@dataclass(frozen=True)
class ReadyReceipt:
    payment: Payment
    customer: Customer
    reader: Contact


async def plan_receipt(tx: WriteTx, payment_id: UUID) -> UUID | None:
    """The message of a payment's receipt, made where it is not yet; None for payments from files.

    Money that a file reports may be years old: nobody waits for its receipt.
    """
    payment, customer = await _payment(tx, payment_id)
    if payment.import_run_id is not None:
        return None
    key = f"receipt:{payment_id}"
    await tx.session.execute(
        insert(Message)
        .values(
            organization_id=tx.organization_id,
            id=new_id(),
            customer_id=payment.customer_id,
            payment_id=payment.id,
            dedupe_key=key,
            channel=Channel.EMAIL.value,
            template=Template.RECEIPT.value,
            language=customer.language,
            state=MessageState.PLANNED.value,
            planned_for=tx.now,
            queued_at=tx.now,
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "dedupe_key"])
    )
    return await tx.session.scalar(select(Message.id).where(Message.dedupe_key == key))


async def decide_receipt(tx: Tx, message: Message) -> ReadyReceipt | HoldRule:
    """Whether a receipt can leave: at any hour, since the customer is waiting for it; or why not."""
    assert message.payment_id is not None
    payment, customer = await _payment(tx, message.payment_id)
    contacts = await tx.session.scalars(
        select(Contact).where(Contact.customer_id == customer.id).order_by(Contact.id)
    )
    reader = reader_of(contacts)
    return reader if isinstance(reader, HoldRule) else ReadyReceipt(payment, customer, reader)


async def compose_receipt(tx: Tx, ready: ReadyReceipt) -> Written:
    """The receipt's text, with what is owed now."""
    payment = ready.payment
    applied = await applied_to(tx, payment.id)
    paid = Receipt(
        amount=Money(payment.amount_minor, payment.currency),
        received_on=payment.received_on,
        reference=payment.reference,
        applied=[Applied(number, amount, left) for number, amount, left in applied],
        unapplied=Money(payment.unapplied_minor, payment.currency),
        still_owed=await owed_by(tx, payment.customer_id),
    )
    return letters.receipt(letterhead(tx, ready.customer, ready.reader), paid)


async def _payment(tx: Tx, payment_id: UUID) -> tuple[Payment, Customer]:
    row = await tx.session.execute(
        select(Payment, Customer)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Payment.id == payment_id)
        .execution_options(populate_existing=True)
    )
    payment, customer = row.one()
    return payment, customer
