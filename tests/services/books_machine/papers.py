"""What the machine asks about disputes, plans, cheques and notes."""

from __future__ import annotations

from datetime import timedelta

from cartera.rules.disputes import DisputeReason
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole
from cartera.rules.money import Money
from cartera.rules.plan_schedules import Frequency
from cartera.services.bounces import Bounce, bounce_instrument
from cartera.services.deposits import Clearing, Deposit, clear_instrument, deposit_instrument
from cartera.services.dispute_acceptance import Acceptance, accept
from cartera.services.disputes import Closing, NewDispute, open_dispute, reject, withdraw
from cartera.services.instruments import NewInstrument, Return, register_instrument, return_instrument
from cartera.services.plan_terms import Even, NewPlan
from cartera.services.plans import PlanStep, activate_plan, cancel_plan, propose_plan
from cartera.services.substitutions import Substitution, Undoing, substitute, undo_substitution
from tests.services.books_machine.asking import Asked, Books, Draft


def contest(books: Books, draft: Draft) -> Asked:
    receivable, _, currency = books.receivables[draft.place % len(books.receivables)]
    given = NewDispute(
        receivable,
        DisputeReason.PRICE,
        Money(draft.part, currency),
        note="no coincide",
        idempotency_key=f"key-{books.number()}",
    )
    return Asked(open_dispute, given, "disputes")


def answer(books: Books, draft: Draft) -> Asked | None:
    if not books.disputes:
        return None
    dispute, key = books.disputes[draft.place % len(books.disputes)], f"key-{books.number()}"
    if draft.choice < 5:
        return Asked(accept, Acceptance(dispute, f"ND-{key}", note="cierto", idempotency_key=key))
    closing = Closing(dispute, reason="revisado", idempotency_key=key)
    return Asked(reject if draft.choice < 9 else withdraw, closing)


def agree(books: Books, draft: Draft) -> Asked:
    receivable, customer, currency = books.receivables[draft.place % len(books.receivables)]
    more = [each for each, cur in books.of(customer) if cur == currency][: draft.choice % 3]
    first_on = books.today + timedelta(days=draft.days % 10 + 1)
    given = NewPlan(
        customer,
        tuple(sorted({receivable, *more})),
        Even(draft.choice % 4 + 1, first_on, Frequency.WEEKLY),
        note="convenio",
        idempotency_key=f"key-{books.number()}",
    )
    return Asked(propose_plan, given, "plans")


def step_plan(books: Books, draft: Draft) -> Asked | None:
    if not books.plans:
        return None
    step = PlanStep(
        books.plans[-1 - draft.place % len(books.plans)], "firmado", idempotency_key=f"key-{books.number()}"
    )
    return Asked(activate_plan if draft.choice < 9 else cancel_plan, step)


def take_paper(books: Books, draft: Draft) -> Asked:
    receivable, customer, currency = books.receivables[draft.place % len(books.receivables)]
    number = books.number()
    given = NewInstrument(
        customer,
        InstrumentKind.CHEQUE if draft.choice % 2 else InstrumentKind.PROMISSORY_NOTE,
        InstrumentRole.SECURES if draft.choice > 8 else InstrumentRole.PAYS,
        f"CH-{number}",
        Money(draft.part, currency),
        books.today + timedelta(days=draft.days % 5),
        books.today,
        lines=((receivable, draft.part),) if draft.by_hand else None,
        bank="Banorte",
        idempotency_key=f"key-{number}",
    )
    return Asked(register_instrument, given, "instruments")


def move_paper(books: Books, draft: Draft) -> Asked | None:
    if not books.instruments:
        return None
    paper, key = books.instruments[-1 - draft.place % len(books.instruments)], f"key-{books.number()}"
    steps = {
        0: Asked(deposit_instrument, Deposit(paper, idempotency_key=key)),
        1: Asked(deposit_instrument, Deposit(paper, idempotency_key=key)),
        2: Asked(bounce_instrument, Bounce(paper, BounceReason.INSUFFICIENT_FUNDS, idempotency_key=key)),
        3: Asked(clear_instrument, Clearing(paper, idempotency_key=key)),
        4: Asked(substitute, Substitution(paper, "en su lugar", idempotency_key=key)),
        5: Asked(undo_substitution, Undoing(paper, "por error", idempotency_key=key)),
        6: Asked(return_instrument, Return(paper, "devuelto", idempotency_key=key)),
    }
    return steps[draft.choice % len(steps)]


PAPERS = {each.__name__: each for each in (contest, answer, agree, step_plan, take_paper, move_paper)}
