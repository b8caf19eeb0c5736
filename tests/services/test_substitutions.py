"""A cheque or note becomes the debt; measures, snapshots and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from cartera.actors import Actor
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.locks import lock
from cartera.db.queries.metrics import Only, dso
from cartera.db.tables.customers import Customer
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.receivables import Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.metrics import Period
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.ledger import Ledger, NewCharge
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused, row
from tests.services.papers import (
    TUESDAY,
    bounce,
    cheque,
    debt,
    deposit,
    give_back,
    note,
    replace_debts,
    state_of,
    story,
    take,
    undo,
)
from tests.services.planning import asked, sign
from tests.services.promising import account, make, pay, promised
from tests.services.promising import story as story_of_promise

DECEMBER = date(2026, 12, 15)


async def charge(factory: Factory, receivable: Receivable, minor: int, due_on: date) -> UUID:
    async with factory.write() as tx:
        locked = await lock(tx, customers=[receivable.customer_id], receivables=[receivable.id])
        ledger = await Ledger.of(tx, locked.receivables)
        new = NewCharge(ChargeKind.INTEREST, "test", "Contrato", minor, due_on, on=due_on)
        made = ledger.add_charge(receivable.id, new)
        await ledger.write()
        await refresh_accounts(tx, [receivable.customer_id])
    return made


async def test_a_substitution_spelled_out(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    """A note of 140.00 due in December takes the place of invoices of 100.00 and, in part, of 80.00.

    Of the first 30.00 had been paid: 70.00 are closed, and it is cancelled. Of the second 40.00 are linked:
    40.00 are left. The note is a debt of 110.00, exactly what it closed; all that is owed stays 150.00.
    """
    second = await factory.receivable(customer, "80.00")
    paper = await take(factory, note([invoice, second], "140.00", DECEMBER))
    await pay(factory, customer.id, "30.00", to=[invoice])
    before = await account(factory, customer)
    done = await replace_debts(factory, paper, manager)
    assert await story(factory, invoice.id) == [
        ("allocation", -30_00, TODAY),
        ("substitution", -70_00, TODAY),
    ]
    assert await story(factory, second.id) == [("substitution", -40_00, TODAY)]
    assert await debt(factory, invoice) == ("cancelled", 0, 0)
    assert await debt(factory, second) == ("partially_paid", 40_00, 0)
    new = await row(factory, Receivable, done.receivable_id)
    assert (new.kind, new.number, new.amount_minor, new.balance_minor, new.state) == (
        "promissory_note",
        "0001234",
        110_00,
        110_00,
        "open",
    )
    assert (new.issued_on, new.due_on, new.overdue_from) == (TODAY, DECEMBER, date(2026, 12, 16))
    assert (new.substitutes_instrument_id, new.import_run_id) == (paper, None)
    found = await row(factory, Instrument, paper)
    assert (found.state, found.substitute_receivable_id) == ("substituted", new.id)
    after = await account(factory, customer)
    assert (before.balance_minor, after.balance_minor, after.overdue_minor) == (150_00, 150_00, 40_00)
    await books_agree(factory)


async def test_interest_is_closed_with_its_debt(factory: Factory, invoice: Receivable) -> None:
    line = await charge(factory, invoice, 12_00, TODAY)
    fresh = await row(factory, Receivable, invoice.id)
    paper = await take(factory, note([fresh], "112.00", DECEMBER))
    done = await replace_debts(factory, paper)
    assert await debt(factory, invoice) == ("cancelled", 0, 0)
    assert (await row(factory, Receivable, done.receivable_id)).amount_minor == 112_00
    async with factory.read() as tx:
        parts = await tx.session.execute(
            text(
                "SELECT charge_id, amount_minor FROM entry WHERE kind = 'substitution' ORDER BY amount_minor"
            )
        )
        assert [tuple(each) for each in parts] == [(None, -100_00), (line, -12_00)]
    await books_agree(factory)
    await undo(factory, paper)
    assert await debt(factory, invoice) == ("open", 112_00, 12_00)
    await books_agree(factory)


async def test_running_interest_is_posted_before_its_debt_closes(
    factory: Factory, customer: Customer
) -> None:
    """Thirty days on 100,000.00 are 493.15, which the note takes over too, or leaves on the original."""
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.AUTOMATIC))
    debts = [
        await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30)) for _ in range(2)
    ]
    whole = replace(note(debts[:1], "100500.00", DECEMBER), lines=[(debts[0].id, 100_000_00)])
    done = await replace_debts(factory, await take(factory, whole))
    assert (await row(factory, Receivable, done.receivable_id)).amount_minor == 100_000_00
    # Mexico pays interest first: 493.15 of principal is left.
    assert await debt(factory, debts[0]) == ("partially_paid", 493_15, 0)
    paper = await take(factory, replace(note(debts[1:], "100000.00", DECEMBER), number="2"))
    await replace_debts(factory, paper)
    await undo(factory, paper)
    assert await debt(factory, debts[1]) == ("open", 100_493_15, 493_15)
    await books_agree(factory)


async def test_promises_about_what_it_closed_are_renegotiated(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    """Money can no longer prove them; nor do they stand again when the substitution is undone."""
    other = await factory.receivable(customer, "80.00")
    about_both = await make(factory, promised([invoice, other], "150.00", DECEMBER))
    apart = await make(factory, promised([other], "30.00", DECEMBER))
    paper = await take(factory, note([invoice], "100.00", DECEMBER))
    await replace_debts(factory, paper)
    assert await story_of_promise(factory, about_both) == ("renegotiated", 0, TODAY)
    assert await story_of_promise(factory, apart) == ("pending", 0, None)
    await undo(factory, paper)
    assert await story_of_promise(factory, about_both) == ("renegotiated", 0, TODAY)
    await books_agree(factory)


async def test_what_is_overdue_on_the_day_is_due_that_day(factory: Factory, invoice: Receivable) -> None:
    await move(factory, 1)
    paper = await take(factory, cheque([invoice], "100.00", TODAY))
    await deposit(factory, paper)
    await bounce(factory, paper)
    done = await replace_debts(factory, paper)
    new = await row(factory, Receivable, done.receivable_id)
    assert (new.kind, new.issued_on, new.due_on) == ("cheque", TUESDAY, TUESDAY)


async def test_undoing_lets_the_originals_stand_again(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    second = await factory.receivable(customer, "80.00")
    paper = await take(factory, note([invoice, second], "140.00", DECEMBER))
    before = await account(factory, customer)
    done = await replace_debts(factory, paper, manager)
    await move(factory, 1)
    await undo(factory, paper, manager)
    assert await state_of(factory, paper) == "received"
    assert await story(factory, invoice.id) == [
        ("substitution", -100_00, TODAY),
        ("reversal", 100_00, TUESDAY),
    ]
    assert await story(factory, done.receivable_id) == [("cancellation", -140_00, TUESDAY)]
    assert await debt(factory, invoice) == ("open", 100_00, 0)
    assert await debt(factory, second) == ("open", 80_00, 0)
    new = await row(factory, Receivable, done.receivable_id)
    assert (new.state, new.balance_minor) == ("cancelled", 0)
    after = await account(factory, customer)
    assert (after.balance_minor, after.overdue_minor) == (before.balance_minor, before.overdue_minor)
    await books_agree(factory)
    # It may be done again, and leads to another debt.
    again = await replace_debts(factory, paper, manager)
    assert again.receivable_id != done.receivable_id
    await undo(factory, paper, manager)
    assert await debt(factory, invoice) == ("open", 100_00, 0)
    await books_agree(factory)


async def test_what_had_bounced_is_bounced_again_after_undoing(factory: Factory, invoice: Receivable) -> None:
    await move(factory, 1)
    paper = await take(factory, cheque([invoice], "100.00", TODAY))
    await deposit(factory, paper)
    await bounce(factory, paper)
    await replace_debts(factory, paper)
    await undo(factory, paper)
    assert await state_of(factory, paper) == "bounced"


async def test_a_new_debt_that_somebody_touched_stays(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    async def new_debt() -> tuple[UUID, Receivable]:
        original = await factory.receivable(customer, "10.00")
        paper = await take(factory, replace(note([original], "10.00", DECEMBER), number=str(original.id)))
        done = await replace_debts(factory, paper)
        return paper, await row(factory, Receivable, done.receivable_id)

    paid, debt_paid = await new_debt()
    await pay(factory, customer.id, "1.00", to=[debt_paid])
    word, debt_promised = await new_debt()
    await make(factory, promised([debt_promised], "10.00"))
    charged, debt_charged = await new_debt()
    await charge(factory, debt_charged, 1_00, TODAY)
    secured, debt_secured = await new_debt()
    other = await take(factory, replace(cheque([debt_secured], "10.00"), number="2"))
    agreed, debt_agreed = await new_debt()
    await sign(factory, asked([debt_agreed]))
    for paper in (paid, word, charged, secured, agreed):
        async with refused(factory, "SUBSTITUTE_IN_USE", "instrumentId"):
            await undo(factory, paper, manager)
    await give_back(factory, other)
    await undo(factory, secured, manager)


async def test_there_must_be_something_left_to_close(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    paper = await take(factory, note([invoice], "100.00", DECEMBER))
    await pay(factory, customer.id, "100.00", to=[invoice])
    async with refused(factory, "NOTHING_TO_SUBSTITUTE", "instrumentId"):
        await replace_debts(factory, paper, manager)


async def test_closing_debts_without_money_is_for_a_manager(factory: Factory) -> None:
    collector = await factory.actor("collector")
    customer = await factory.customer(collector_id=collector.member_id)
    invoice = await factory.receivable(customer, "10.00")
    paper = await take(factory, note([invoice], "10.00", DECEMBER), collector)
    async with refused(factory, "NOT_PERMITTED"):
        await replace_debts(factory, paper, collector)
    await replace_debts(factory, paper)
    async with refused(factory, "NOT_PERMITTED"):
        await undo(factory, paper, collector)


async def test_a_replayed_key_answers_with_the_same_debt(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    paper = await take(factory, note([invoice], "100.00", DECEMBER))
    first = await replace_debts(factory, paper, manager, key="k")
    assert await replace_debts(factory, paper, manager, key="k") == replace(first, replayed=True)


async def test_it_is_no_credit_sale(factory: Factory, customer: Customer) -> None:
    invoice = await factory.receivable(customer, "100.00", due_on=TODAY, issued_on=TODAY - timedelta(days=5))
    november = Period(date(2026, 11, 1), TODAY)

    async def sold() -> list[tuple[int, int]]:
        async with factory.read() as tx:
            return [(each.credit_sales, each.receivables_at_end) for each in await dso(tx, november, Only())]

    assert await sold() == [(100_00, 100_00)]
    paper = await take(factory, note([invoice], "100.00", DECEMBER))
    await replace_debts(factory, paper)
    assert await sold() == [(100_00, 100_00)]
    await undo(factory, paper)
    assert await sold() == [(100_00, 100_00)]
