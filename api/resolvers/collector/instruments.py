"""Cheques and promissory notes of all customers, and every step of theirs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as Exact
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import cursors, ids
from api.schema.collector import sources
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.instruments import (
    BY_DUE_DATE,
    Instrument,
    InstrumentConnection,
    InstrumentFilter,
    InstrumentPolicy,
    narrowed_by,
)
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.lists import Asked
from api.selection.reading import OneStatement, Reading
from cartera.db.queries.instruments import policy_of
from cartera.db.tables import instruments as tables
from cartera.errors import refuse
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole
from cartera.rules.permissions import Scope
from cartera.services import bounces, deposits, instrument_policies, instruments, substitutions


@strawberry.type
class InstrumentQueries:
    @needs(Scope.INSTRUMENTS_READ, "By due date.", extensions=[OneStatement()])
    async def instruments(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: InstrumentFilter | None = None,
    ) -> InstrumentConnection:
        page = cursors.page(BY_DUE_DATE, first, after, last, before)
        asked = Asked(narrowed_by(filter), BY_DUE_DATE, page)
        return InstrumentConnection(reading=Reading(sources.INSTRUMENTS, asked))

    @needs(Scope.INSTRUMENTS_READ, "Null: a bounced cheque costs nothing.")
    async def instrument_policy(self, info: Info) -> InstrumentPolicy | None:
        return await _policy(info)


@strawberry.input
class InstrumentLineInput:
    receivable_id: strawberry.ID
    amount: Decimal


@strawberry.input
class InstrumentRegisterInput:
    idempotency_key: str
    customer_id: strawberry.ID
    kind: InstrumentKind
    role: InstrumentRole
    number: str
    bank: str | None = None
    drawer_name: str | None = None
    amount: Decimal
    currency_code: CurrencyCode
    issued_on: date | None = None
    due_on: date
    received_on: date
    lines: list[InstrumentLineInput] | None = strawberry.field(
        default=None,
        description="What it is for. Left out, one that pays is for what is due first; one that secures "
        "must name it.",
    )
    deposit: bool = strawberry.field(
        default=False,
        description="Book the deposit as well, where a bank has taken it by today: for a cheque that pays.",
    )


@strawberry.input
class InstrumentDepositInput:
    idempotency_key: str
    instrument_id: strawberry.ID
    deposited_on: date | None = strawberry.field(default=None, description="Left out: today.")


@strawberry.input
class InstrumentClearInput:
    idempotency_key: str
    instrument_id: strawberry.ID
    cleared_on: date | None = strawberry.field(default=None, description="Left out: today.")


@strawberry.input
class InstrumentFeeInput:
    amount: Decimal
    currency_code: CurrencyCode
    source: str = strawberry.field(description="The law or agreement that it rests on.")


@strawberry.input
class InstrumentBounceInput:
    idempotency_key: str
    instrument_id: strawberry.ID
    reason: BounceReason
    bounced_on: date | None = strawberry.field(default=None, description="Left out: today.")
    fee: InstrumentFeeInput | None = strawberry.field(
        default=None, description="Left out: what the organization's policy says."
    )
    note: str | None = None


@strawberry.input
class InstrumentNoteInput:
    idempotency_key: str
    instrument_id: strawberry.ID
    note: str | None = None


@strawberry.input
class InstrumentPolicySetInput:
    bounce_fee: Decimal | None = None
    currency_code: CurrencyCode | None = strawberry.field(
        default=None, description="Of the fee; left out, the base currency."
    )
    bounce_percent: Decimal | None = None
    source: str = ""


@strawberry.type
class InstrumentSuccess:
    instrument: Instrument
    customer: Customer
    replayed: bool


@strawberry.type
class InstrumentPolicySetSuccess:
    policy: InstrumentPolicy | None


InstrumentResult = Annotated[InstrumentSuccess | UserErrors, strawberry.union("InstrumentResult")]
InstrumentPolicySetResult = Annotated[
    InstrumentPolicySetSuccess | UserErrors, strawberry.union("InstrumentPolicySetResult")
]


@strawberry.type
class InstrumentMutations:
    @does(Scope.INSTRUMENTS_WRITE, "Take in a cheque or note.")
    async def instrument_register(self, info: Info, input: InstrumentRegisterInput) -> InstrumentResult:
        if input.deposit and (input.kind, input.role) != (InstrumentKind.CHEQUE, InstrumentRole.PAYS):
            raise refuse("DEPOSIT_NEEDS_CHEQUE", "deposit")
        take_in = deposits.receive_cheque if input.deposit else instruments.register_instrument
        async with info.context.write() as tx:
            taken = await take_in(tx, _new(input))
        return await _after(info, taken.instrument_id, taken.replayed)

    @does(Scope.INSTRUMENTS_WRITE, "Take it to the bank: its money is booked, subject to collection.")
    async def instrument_deposit(self, info: Info, input: InstrumentDepositInput) -> InstrumentResult:
        deposit = deposits.Deposit(_key(input.instrument_id), input.deposited_on, input.idempotency_key)
        async with info.context.write() as tx:
            taken = await deposits.deposit_instrument(tx, deposit)
        return await _after(info, taken.instrument_id, taken.replayed)

    @does(Scope.INSTRUMENTS_WRITE, "The bank has paid.")
    async def instrument_clear(self, info: Info, input: InstrumentClearInput) -> InstrumentResult:
        clearing = deposits.Clearing(_key(input.instrument_id), input.cleared_on, input.idempotency_key)
        async with info.context.write() as tx:
            changed = await deposits.clear_instrument(tx, clearing)
        return await _after(info, changed.instrument_id, changed.replayed)

    @does(Scope.BOOKS_WRITE, "The bank did not pay: the debts stand again, and the fee is charged.")
    async def instrument_bounce(self, info: Info, input: InstrumentBounceInput) -> InstrumentResult:
        fee = None
        if input.fee is not None:
            amount = money(input.fee.amount, input.fee.currency_code, "fee", "amount")
            fee = bounces.GivenFee(amount, input.fee.source)
        bounce = bounces.Bounce(
            _key(input.instrument_id),
            input.reason,
            input.bounced_on,
            fee,
            input.note,
            input.idempotency_key,
        )
        async with info.context.write() as tx:
            bounced = await bounces.bounce_instrument(tx, bounce)
        return await _after(info, bounced.instrument_id, bounced.replayed)

    @does(Scope.INSTRUMENTS_WRITE, "Give the paper back to the customer.")
    async def instrument_return(self, info: Info, input: InstrumentNoteInput) -> InstrumentResult:
        given = instruments.Return(_key(input.instrument_id), input.note, input.idempotency_key)
        async with info.context.write() as tx:
            changed = await instruments.return_instrument(tx, given)
        return await _after(info, changed.instrument_id, changed.replayed)

    @does(Scope.BOOKS_WRITE, "It becomes the debt, in the place of what is still owed of what it is for.")
    async def instrument_substitute(self, info: Info, input: InstrumentNoteInput) -> InstrumentResult:
        act = substitutions.Substitution(_key(input.instrument_id), input.note, input.idempotency_key)
        async with info.context.write() as tx:
            done = await substitutions.substitute(tx, act)
        return await _after(info, done.instrument_id, done.replayed)

    @does(Scope.BOOKS_WRITE, "The originals stand again, as long as nobody has touched the new debt.")
    async def instrument_substitution_undo(self, info: Info, input: InstrumentNoteInput) -> InstrumentResult:
        act = substitutions.Undoing(_key(input.instrument_id), input.note, input.idempotency_key)
        async with info.context.write() as tx:
            changed = await substitutions.undo_substitution(tx, act)
        return await _after(info, changed.instrument_id, changed.replayed)

    @does(Scope.BOOKS_WRITE, "What a bounced cheque costs from now on; without either figure, nothing.")
    async def instrument_policy_set(
        self, info: Info, input: InstrumentPolicySetInput
    ) -> InstrumentPolicySetResult:
        currency = input.currency_code or CurrencyCode(info.context.organization.base_currency)
        new = instrument_policies.NewPolicy(
            source=input.source,
            amount=money(input.bounce_fee, currency, "bounceFee") if input.bounce_fee is not None else None,
            percent=Exact(input.bounce_percent) if input.bounce_percent is not None else None,
        )
        async with info.context.write() as tx:
            await instrument_policies.set_policy(tx, new)
        return InstrumentPolicySetSuccess(policy=await _policy(info))


def _key(instrument_id: strawberry.ID) -> UUID:
    return ids.decode(instrument_id, "Instrument", "instrumentId")


def _new(input: InstrumentRegisterInput) -> instruments.NewInstrument:
    lines = None
    if input.lines is not None:
        lines = [
            (
                ids.decode(each.receivable_id, "Receivable", "lines", str(place), "receivableId"),
                money(each.amount, input.currency_code, "lines", str(place), "amount").minor,
            )
            for place, each in enumerate(input.lines)
        ]
    return instruments.NewInstrument(
        customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
        kind=input.kind,
        role=input.role,
        number=input.number,
        amount=money(input.amount, input.currency_code, "amount"),
        due_on=input.due_on,
        received_on=input.received_on,
        lines=lines,
        issued_on=input.issued_on,
        bank=input.bank,
        drawer_name=input.drawer_name,
        idempotency_key=input.idempotency_key,
    )


async def _after(info: Info, key: UUID, replayed: bool) -> InstrumentSuccess:
    row = await row_after(info, tables.Instrument, key)
    customer = await customer_after(info, row.customer_id)
    return InstrumentSuccess(instrument=Instrument.of(row), customer=customer, replayed=replayed)


async def _policy(info: Info) -> InstrumentPolicy | None:
    async with info.context.read() as tx:
        row = await policy_of(tx)
    return InstrumentPolicy.of(row) if row else None
