"""What the machine asks of the services: drafts of numbers, and what each kind of asking makes of one.

A draft knows nothing of the books, so that what is drawn does not depend on what became of it before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from cartera.db.session import WriteTx
from cartera.rules.allocation import AllocationRule
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import DeductionReason, PaymentMethod, ReversalKind
from cartera.rules.promises import PromiseChannel
from cartera.services.charges import ManualCharge, add_charge
from cartera.services.credit_notes import (
    Annulment,
    CreditNoteUse,
    NewCreditNote,
    annul_credit_note,
    apply_credit_note,
    record_credit_note,
)
from cartera.services.deductions import Deduction
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.promises import NewPromise, cancel_promise, make_promise
from cartera.services.receivables import (
    Cancellation,
    Reinstatement,
    WriteOff,
    cancel_receivable,
    reinstate,
    write_off,
)
from cartera.services.reversals import NewReversal, Unallocation, reverse_payment, unallocate_payment
from cartera.services.waivers import NewWaiver, waive_charge

# Minor units per currency: none, two and three decimals, and a second one beside the base currency.
CURRENCIES = ("MXN", "USD", "CLP", "KWD")
Service = Callable[[WriteTx, Any], Awaitable[Any]]


@dataclass(frozen=True)
class Draft:
    """Numbers that an asking takes what it needs from; places count into the books' rows, in turns."""

    place: int
    other: int
    amount: int
    part: int
    days: int
    currency: str
    choice: int
    by_hand: bool


DRAFTS = st.builds(
    Draft,
    place=st.integers(0, 30),
    other=st.integers(0, 30),
    # Of the size of the receivables, so that what is paid is often just what is owed.
    amount=st.integers(1, 250),
    part=st.integers(1, 120),
    days=st.integers(0, 40),
    currency=st.sampled_from(("MXN", "MXN", *CURRENCIES)),
    choice=st.integers(0, 11),
    by_hand=st.booleans(),
)


@dataclass
class Books:
    """Ids of what the machine has made, oldest first, and the day."""

    today: date
    customers: list[UUID] = field(default_factory=list)
    # With its customer and its currency.
    receivables: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    payments: list[UUID] = field(default_factory=list)
    notes: list[UUID] = field(default_factory=list)
    promises: list[UUID] = field(default_factory=list)
    # With its currency.
    charges: list[tuple[UUID, str]] = field(default_factory=list)
    disputes: list[UUID] = field(default_factory=list)
    plans: list[UUID] = field(default_factory=list)
    instruments: list[UUID] = field(default_factory=list)
    counted: int = 0

    def number(self) -> int:
        self.counted += 1
        return self.counted

    def of(self, customer: UUID) -> list[tuple[UUID, str]]:
        return [(each, currency) for each, owner, currency in self.receivables if owner == customer]


@dataclass(frozen=True)
class Asked:
    """A service with what it is given; ``kept``: the list of ``Books`` that its result's id belongs to."""

    service: Service
    given: Any
    kept: str | None = None


def _lines(books: Books, draft: Draft, customer: UUID, currency: str) -> tuple[tuple[UUID, int], ...]:
    """Up to three lines, rarely of another currency than the money's or on a stranger's document."""
    own = books.of(customer) if draft.choice < 11 else [(each, cur) for each, _, cur in books.receivables]
    same = [each for each, cur in own if cur == currency or draft.choice in (4, 8)]
    chosen = [same[(draft.other + step) % len(same)] for step in range(draft.choice % 3 + 1)] if same else []
    return tuple((each, draft.part + step) for step, each in enumerate(dict.fromkeys(chosen)))


def pay(books: Books, draft: Draft) -> Asked:
    customer = books.customers[draft.place % len(books.customers)]
    number = books.number()
    new = NewPayment(
        customer,
        PaymentMethod.TRANSFER,
        Money(draft.amount, draft.currency),
        books.today - timedelta(days=draft.days),
        external_id=f"bank:{number}",
        lines=_lines(books, draft, customer, draft.currency) if draft.by_hand else None,
        rule=AllocationRule.PROPORTIONAL if draft.choice % 2 else AllocationRule.OLDEST_FIRST,
        deductions=_deductions(books, draft, customer) if draft.choice in (2, 3, 5) else (),
        idempotency_key=f"key-{number}",
    )
    return Asked(record_payment, new, "payments")


def _deductions(books: Books, draft: Draft, customer: UUID) -> tuple[Deduction, ...]:
    """A rest that a coded reason settles, mostly of the payment's currency."""
    own = [each for each, currency in books.of(customer) if currency == draft.currency or draft.choice == 5]
    told = (DeductionReason.WITHHOLDING, DeductionReason.BANK_FEE, DeductionReason.EARLY_PAYMENT_DISCOUNT)
    if not own:
        return ()
    receivable = own[draft.other % len(own)]
    return (Deduction(receivable, told[draft.part % 3], min(draft.part, 9), "por lo convenido"),)


def use_credit(books: Books, draft: Draft) -> Asked | None:
    if not books.payments:
        return None
    payment = books.payments[draft.place % len(books.payments)]
    customer = books.customers[draft.other % len(books.customers)]
    lines = _lines(books, draft, customer, draft.currency) if draft.by_hand else None
    key = f"key-{books.number()}"
    return Asked(apply_credit, CreditUse(payment, lines=lines, idempotency_key=key))


def take_off(books: Books, draft: Draft) -> Asked | None:
    if not books.payments:
        return None
    payment = books.payments[draft.place % len(books.payments)]
    receivable = books.receivables[draft.other % len(books.receivables)][0] if draft.by_hand else None
    given = Unallocation(payment, receivable, reason="error", idempotency_key=f"key-{books.number()}")
    return Asked(unallocate_payment, given)


def go_back(books: Books, draft: Draft) -> Asked | None:
    if not books.payments:
        return None
    number = books.number()
    given = NewReversal(
        books.payments[draft.place % len(books.payments)],
        list(ReversalKind)[draft.choice % len(ReversalKind)],
        books.today - timedelta(days=draft.days // 8),
        amount=draft.part if draft.by_hand else None,
        reason="devuelto",
        external_id=f"back:{number}",
        idempotency_key=f"key-{number}",
    )
    return Asked(reverse_payment, given)


def credit(books: Books, draft: Draft) -> Asked:
    customer = books.customers[draft.place % len(books.customers)]
    number = books.number()
    given = NewCreditNote(
        customer,
        f"NC-{number}",
        Money(draft.amount, draft.currency),
        books.today - timedelta(days=draft.days),
        lines=_lines(books, draft, customer, draft.currency) if draft.by_hand else (),
        reason="bonificación",
        external_id=f"note:{number}",
        idempotency_key=f"key-{number}",
    )
    return Asked(record_credit_note, given, "notes")


def use_note(books: Books, draft: Draft) -> Asked | None:
    if not books.notes:
        return None
    note = books.notes[draft.place % len(books.notes)]
    rule = AllocationRule.PROPORTIONAL if draft.choice % 2 else AllocationRule.OLDEST_FIRST
    customer = books.customers[draft.other % len(books.customers)]
    lines = _lines(books, draft, customer, draft.currency) if draft.by_hand else None
    given = CreditNoteUse(note, lines=lines, rule=rule, idempotency_key=f"key-{books.number()}")
    return Asked(apply_credit_note, given)


def annul(books: Books, draft: Draft) -> Asked | None:
    if not books.notes:
        return None
    note = books.notes[draft.place % len(books.notes)]
    return Asked(annul_credit_note, Annulment(note, "duplicada", idempotency_key=f"key-{books.number()}"))


def give_up(books: Books, draft: Draft) -> Asked:
    chosen = [books.receivables[place % len(books.receivables)][0] for place in (draft.place, draft.other)]
    given = WriteOff(chosen[: draft.choice % 2 + 1], "incobrable", idempotency_key=f"key-{books.number()}")
    return Asked(write_off, given)


def owe_again(books: Books, draft: Draft) -> Asked:
    receivable = books.receivables[draft.place % len(books.receivables)][0]
    return Asked(reinstate, Reinstatement(receivable, "pagará", idempotency_key=f"key-{books.number()}"))


def cancel(books: Books, draft: Draft) -> Asked:
    receivable = books.receivables[draft.place % len(books.receivables)][0]
    given = Cancellation(receivable, "anulada", idempotency_key=f"key-{books.number()}")
    return Asked(cancel_receivable, given)


def promise(books: Books, draft: Draft) -> Asked:
    receivable, customer, currency = books.receivables[draft.place % len(books.receivables)]
    more = [each for each, cur in books.of(customer) if cur == currency][: draft.choice % 3]
    given = NewPromise(
        customer,
        tuple(sorted({receivable, *more})),
        Money(draft.part, currency),
        books.today + timedelta(days=draft.days // 4),
        PromiseChannel.PHONE,
        idempotency_key=f"key-{books.number()}",
    )
    return Asked(make_promise, given, "promises")


def break_word(books: Books, draft: Draft) -> Asked | None:
    if not books.promises:
        return None
    return Asked(cancel_promise, books.promises[draft.place % len(books.promises)])


def charge(books: Books, draft: Draft) -> Asked:
    receivable, _, currency = books.receivables[draft.place % len(books.receivables)]
    kinds = (ChargeKind.INTEREST, ChargeKind.COLLECTION_COST, ChargeKind.BOUNCE_FEE)
    given = ManualCharge(
        receivable,
        kinds[draft.choice % 3],
        Money(draft.part % 30 + 1, currency),
        "contrato, cláusula 4",
        due_on=books.today + timedelta(days=draft.days // 4) if draft.by_hand else None,
        idempotency_key=f"key-{books.number()}",
    )
    return Asked(add_charge, given, "charges")


def forgive(books: Books, draft: Draft) -> Asked | None:
    if not books.charges:
        return None
    charge_id, currency = books.charges[draft.place % len(books.charges)]
    amount = Money(draft.part % 30 + 1, currency) if draft.by_hand else None
    given = NewWaiver(charge_id, "cortesía", amount, idempotency_key=f"key-{books.number()}")
    return Asked(waive_charge, given)


KINDS: dict[str, Callable[[Books, Draft], Asked | None]] = {
    each.__name__: each
    for each in (
        pay,
        use_credit,
        take_off,
        go_back,
        credit,
        use_note,
        annul,
        give_up,
        owe_again,
        cancel,
        promise,
        break_word,
        charge,
        forgive,
    )
}
MONEY = ("pay", "pay", "pay", "go_back", "go_back", "charge", "use_credit", "take_off", "credit", "use_note")
USUAL = (
    *("pay", "pay", "pay", "go_back", "go_back", "promise", "promise", "charge", "forgive", "use_credit"),
    *("take_off", "credit", "use_note", "annul", "break_word", "give_up", "owe_again", "owe_again", "cancel"),
)
