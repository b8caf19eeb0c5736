"""`cartera doctor --books`: sound books, and each total that somebody has tampered with."""

from __future__ import annotations

import pytest

from cartera.db.queries.drift import ACCOUNT_RULE, PROMISE_RULE, RULES
from cartera.db.queries.locks import lock
from cartera.db.tables.customers import Customer
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.books import settle_up
from cartera.services.credit_notes import NewCreditNote, record_credit_note
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.payments import NewPayment, record_payment
from tests.commands.shell import Shell
from tests.conftest import Slate
from tests.factories import TODAY, Factory
from tests.services import planning, promising

INSTALMENTS = "an active plan's instalments are what the books make of them"
LATE = "a plan counts its late instalments"


@pytest.fixture
async def customer(factory: Factory) -> Customer:
    """Owes 160.00 of 300.00, of which 10.00 are a charge; 5.00 of a credit note are left."""
    await (await factory.other()).customer()
    made = await factory.customer("Colegio Cervantes")
    invoice = await factory.receivable(made, "200.00")
    await factory.receivable(made, "90.00")
    async with factory.write() as tx:
        locked = await lock(tx, customers=[made.id], receivables=[invoice.id])
        ledger = await Ledger.of(tx, locked.receivables)
        new = NewCharge(
            kind=ChargeKind.INTEREST, rule="by_hand", source="contrato", amount=10_00, due_on=TODAY, on=TODAY
        )
        ledger.add_charge(invoice.id, new)
        await ledger.write()
        await settle_up(tx, [made.id])
    async with factory.write() as tx:
        money = Money(100_00, "MXN")
        await record_payment(tx, NewPayment(made.id, PaymentMethod.CASH, money, TODAY))
        note = NewCreditNote(made.id, "NC-1", Money(45_00, "MXN"), TODAY, lines=[(invoice.id, 40_00)])
        await record_credit_note(tx, note)
    return made


@pytest.fixture
async def word(factory: Factory) -> Customer:
    """Of instalments of 33.33, 33.33 and 33.34, 40.00 are paid; of two promises of 50.00, 50.00 and 20.00."""
    made = await factory.customer("Instituto Reyes")
    planned, kept, pending = [await factory.receivable(made, "100.00") for _ in range(3)]
    await planning.sign(factory, planning.asked([planned]))
    for debt in (kept, pending):
        await promising.make(factory, promising.promised([debt], "50.00"))
    for debt, amount in ((planned, "40.00"), (kept, "50.00"), (pending, "20.00")):
        await promising.pay(factory, made.id, amount, to=[debt])
    return made


def doctor(shell: Shell) -> tuple[int, list[str], list[str]]:
    """The exit code, the rules that are broken, and the rows listed."""
    said = shell.run("doctor", "--books")
    lines = said.out.splitlines()
    broken = [line.split(None, 1)[1].rpartition(":")[0] for line in lines if line.startswith("  DRIFT")]
    assert [line for line in lines if line.startswith(("  ok", "  DRIFT"))][-1].count(ACCOUNT_RULE) == 1
    assert lines[-1] == f"Drift: {len([line for line in lines if line.startswith('           ')])}"
    return said.code, broken, [line.strip() for line in lines if line.startswith("           ")]


def test_sound_books_have_no_drift(shell: Shell, customer: Customer) -> None:
    said = shell.run("doctor", "--books")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Drift: 0")
    assert said.out.count("  ok ") == 2 * (len(RULES) + 2)
    assert {"Distribuidora del Valle", "Otra Empresa"} <= set(said.out.splitlines())


@pytest.mark.parametrize(
    ("statement", "rules", "row"),
    [
        (
            "UPDATE receivable SET balance_minor = balance_minor - 1, settled_minor = settled_minor + 1"
            " WHERE amount_minor = 9000",
            {
                "a receivable's balance is the sum of its entries",
                "a receivable's state follows from its entries",
                "what is open by due date is the sum of its receivables",
                ACCOUNT_RULE,
            },
            "8999, should be 9000",
        ),
        (
            "UPDATE due_balance SET balance_minor = balance_minor + 1, open_count = open_count + 1",
            {"what is open by due date is the sum of its receivables"},
            "MXN 2026-11-06 2026-11-07 16001/3, should be 16000/2",
        ),
        (
            "UPDATE charge SET settled_minor = 0, balance_minor = 1000",
            {
                "a charge's balance is the sum of its entries",
                "a receivable's charges are the sum of their lines",
            },
            "1000, should be 0",
        ),
        (
            "UPDATE payment SET allocated_minor = 9999, unapplied_minor = 1",
            {"a payment's parts are the sum of its allocations and reversals", ACCOUNT_RULE},
            "9999/0, should be 10000/0",
        ),
        (
            "UPDATE credit_note SET applied_minor = 3999, unapplied_minor = 501",
            {"a credit note's applied part is the sum of its allocations", ACCOUNT_RULE},
            "3999, should be 4000",
        ),
        ("UPDATE account SET balance_minor = 16001", {ACCOUNT_RULE}, "balance_minor=16001"),
        ("UPDATE account SET late_count = 7", {ACCOUNT_RULE}, "late_count=7, should be late_count=2"),
        (
            "UPDATE account_balance SET current_minor = 1, days_1_30_minor = days_1_30_minor - 1",
            {ACCOUNT_RULE},
            "MXN current_minor=1 days_1_30_minor=15999, should be current_minor=0 days_1_30_minor=16000",
        ),
        (
            "DELETE FROM allocation WHERE credit_note_id IS NOT NULL",
            {
                "every entry of money or of a credit note has its allocation",
                "a credit note's applied part is the sum of its allocations",
            },
            "credit_note, should be no allocation",
        ),
    ],
)
def test_what_somebody_tampered_with_is_listed(
    statement: str, rules: set[str], row: str, shell: Shell, customer: Customer, slate: Slate
) -> None:
    slate.run(statement)
    before = shell.physical()

    code, broken, rows = doctor(shell)

    assert code == 1
    assert set(broken) == rules
    assert any(row in line for line in rows), rows
    assert shell.physical() == before


@pytest.mark.parametrize(
    ("statement", "rules", "row"),
    [
        (
            "UPDATE instalment SET paid_minor = 667 - 1 WHERE number = 2",
            {INSTALMENTS},
            "3333/666/pending, should be 3333/667/pending",
        ),
        (
            "UPDATE instalment SET owed_minor = 3333 WHERE number = 3",
            {INSTALMENTS},
            "3333/0/pending, should be 3334/0/pending",
        ),
        (
            "UPDATE instalment SET state = 'pending' WHERE number = 1",
            {INSTALMENTS},
            "3333/3333/pending, should be 3333/3333/paid",
        ),
        (
            "UPDATE instalment SET from_on = '2026-10-15', due_on = '2026-11-12', last_day = '2026-11-15'"
            " WHERE number = 2",
            {INSTALMENTS},
            "3333/667/pending, should be 3333/667/late",
        ),
        (
            "UPDATE instalment SET state = 'late' WHERE number = 3",
            {INSTALMENTS, LATE},
            "3334/0/late, should be 3334/0/pending",
        ),
        ("UPDATE plan SET late_count = 1", {LATE}, "1, should be 0"),
        # The money of a plan is that of entries, whatever the receivable says.
        (
            "UPDATE plan SET money_before_minor = 1000",
            {INSTALMENTS},
            "3333/3333/paid, should be 3333/3000/pending",
        ),
        (
            "UPDATE promise SET received_minor = 2001 WHERE state = 'pending'",
            {PROMISE_RULE},
            "2001/pending, should be 2000/pending",
        ),
        (
            "UPDATE promise SET received_minor = 4999 WHERE state = 'kept'",
            {PROMISE_RULE},
            "4999/kept, should be 5000/kept",
        ),
        (
            "UPDATE promise SET state = 'broken' WHERE state = 'kept'",
            {PROMISE_RULE},
            "5000/broken, should be 5000/kept",
        ),
    ],
)
def test_a_word_that_somebody_tampered_with_is_listed(
    statement: str, rules: set[str], row: str, shell: Shell, word: Customer, slate: Slate
) -> None:
    assert doctor(shell)[:2] == (0, [])
    slate.run(statement)

    code, broken, rows = doctor(shell)

    assert (code, set(broken)) == (1, rules)
    assert any(row in line for line in rows), rows
