"""Books in which every write of the collectors' app has something good to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from api.schema import ids
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.credit_notes import NewCreditNote, record_credit_note
from cartera.services.disputes import NewDispute, open_dispute
from cartera.services.payments import NewPayment, record_payment
from cartera.services.periods import Closing, close_period
from cartera.services.receivables import WriteOff, write_off
from tests.factories import TODAY, Factory
from tests.services import papers, planning, promising

MXN_30 = Money(30_00, "MXN")
SOON = (TODAY + timedelta(days=3)).isoformat()
DAY = TODAY.isoformat()
FRIDAY = papers.FRIDAY.isoformat()
OCTOBER = date(2026, 10, 31)


@dataclass(frozen=True)
class Books:
    """Node ids of one organization's rows, by the name that the inputs below know them by."""

    nodes: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.nodes[name]


async def build(factory: Factory) -> Books:
    """Rows of every kind, each of its own customer where one would get in the way of another."""
    collector = await factory.actor("collector")
    customer = await factory.customer("Papelería El Sol", collector_id=collector.member_id)

    async def owed(amount: str = "100.00") -> Any:
        return await factory.receivable(customer, amount)

    open_one, other, paid, contested, word = [await owed() for _ in range(5)]
    lost, agreed, asked = [await owed() for _ in range(3)]
    secured, banked, replaced = [await owed() for _ in range(3)]
    charge = await planning.charge(factory, other, "50.00")
    async with factory.write() as tx:
        new = NewPayment(
            customer.id, PaymentMethod.CASH, Money(300_00, "MXN"), TODAY, lines=[(paid.id, 60_00)]
        )
        payment = (await record_payment(tx, new)).payment_id
        note = NewCreditNote(customer.id, "NC-1", Money(40_00, "MXN"), TODAY)
        credit_note = (await record_credit_note(tx, note)).credit_note_id
        await write_off(tx, WriteOff((lost.id,), "Incobrable"))
        dispute = (await open_dispute(tx, NewDispute(contested.id, DisputeReason.PRICE, MXN_30))).dispute_id
    promise = (await promising.make(factory, promising.promised([word], "20.00"))).promise_id
    proposed = (await planning.propose(factory, planning.asked([agreed]))).plan_id
    await planning.set_policy(factory, collector_principal_percent=0, max_principal_percent=50)
    waiting = await planning.propose(
        factory, planning.asked([asked], principal_forgiven=Money(10_00, "MXN")), collector
    )
    held = await papers.take(factory, papers.cheque([secured], "100.00", papers.FRIDAY))
    deposited = await papers.take(
        factory, replace(papers.cheque([banked], "100.00", papers.FRIDAY), number="2")
    )
    await papers.deposit(factory, deposited, papers.FRIDAY)
    substituted = await papers.take(factory, replace(papers.note([replaced], "100.00"), number="3"))
    await papers.replace_debts(factory, substituted)
    async with factory.write() as tx:
        await close_period(tx, Closing(OCTOBER))
    made: dict[str, tuple[str, UUID]] = {
        "customer": ("Customer", customer.id),
        "open": ("Receivable", open_one.id),
        "other": ("Receivable", other.id),
        "paid": ("Receivable", paid.id),
        "lost": ("Receivable", lost.id),
        "charge": ("Charge", charge),
        "payment": ("Payment", payment),
        "creditNote": ("CreditNote", credit_note),
        "dispute": ("Dispute", dispute),
        "promise": ("Promise", promise),
        "proposed": ("Plan", proposed),
        "waiting": ("Plan", waiting.plan_id),
        "held": ("Instrument", held),
        "deposited": ("Instrument", deposited),
        "substituted": ("Instrument", substituted),
        "member": ("Member", collector.member_id or UUID(int=0)),
    }
    return Books({name: str(ids.encode(kind, key)) for name, (kind, key) in made.items()})


KEY = {"idempotencyKey": "k"}
MXN = {"currencyCode": "MXN"}
TERMS = {
    "basis": "AGREED",
    "agreedPercent": "12",
    "penaltyPercent": "3",
    "capPercent": "20",
    "dayCount": "ACTUAL_360",
}


def good(books: Books) -> dict[str, dict[str, Any]]:
    """By mutation, an input with every field that it may have, as far as these go together."""
    one = [{"receivableId": books["open"], "amount": "10.00"}]
    customer, payment = {"customerId": books["customer"]}, {"paymentId": books["payment"]}
    dispute = KEY | {"disputeId": books["dispute"]}
    note = {"note": "Por teléfono"}
    return {
        "paymentRecord": KEY
        | MXN
        | customer
        | {
            "method": "CASH",
            "amount": "20.00",
            "receivedOn": DAY,
            "reference": "SPEI 1",
            "allocations": one,
            "deductions": [
                {"receivableId": books["other"], "reason": "BANK_FEE", "amount": "1.00", "note": "Banco"}
            ],
        },
        "customerAssign": KEY | {"customerIds": [books["customer"]], "collectorId": books["member"]},
        "creditApply": KEY | MXN | payment | {"allocations": one},
        "paymentUnallocate": KEY | payment | {"receivableId": books["paid"], "reason": "Error"},
        "paymentReverse": KEY
        | MXN
        | payment
        | {"kind": "REFUND", "reversedOn": DAY, "amount": "5.00", "reason": "Devolución"},
        "creditNoteRecord": KEY
        | MXN
        | customer
        | {"number": "NC-2", "amount": "10.00", "issuedOn": DAY, "allocations": one, "reason": "Devolución"},
        "creditNoteApply": KEY | MXN | {"creditNoteId": books["creditNote"], "allocations": one},
        "creditNoteAnnul": KEY | {"creditNoteId": books["creditNote"], "reason": "Error"},
        "receivableWriteOff": KEY | {"receivableIds": [books["open"]], "reason": "Incobrable"},
        "receivableReinstate": KEY | {"receivableId": books["lost"], "reason": "Apareció"},
        "receivableCancel": KEY | {"receivableId": books["open"], "reason": "Duplicada"},
        "promiseMake": KEY
        | MXN
        | customer
        | note
        | {"receivableIds": [books["open"]], "amount": "10.00", "dueOn": SOON},
        "promiseCancel": {"promiseId": books["promise"]} | note,
        "planPropose": KEY
        | MXN
        | customer
        | note
        | {
            "receivableIds": [books["open"]],
            "startsOn": DAY,
            "downPayment": "10.00",
            "annualPercent": "12",
            "chargesForgiven": "0.00",
            "principalForgiven": "0.00",
            "instalments": {"count": 3, "firstOn": "2026-12-16", "frequency": "MONTHLY"},
        },
        "planApprove": KEY | {"planId": books["waiting"]} | note,
        "planActivate": KEY | {"planId": books["proposed"]} | note,
        "planCancel": KEY | {"planId": books["proposed"]} | note,
        "planPolicySet": {
            "maxInstalments": 6,
            "maxDays": 200,
            "maxChargesPercent": 100,
            "maxPrincipalPercent": 0,
            "collectorChargesPercent": 0,
            "collectorPrincipalPercent": 0,
            "defaultAfter": 2,
            "graceBankingDays": 3,
        },
        "disputeOpen": KEY
        | MXN
        | note
        | {
            "receivableId": books["open"],
            "reason": "PRICE",
            "amount": "10.00",
            "ownerId": books["member"],
            "deadlineOn": SOON,
        },
        "disputeComment": dispute | {"text": "Hola"},
        "disputeAssign": dispute | {"ownerId": books["member"]},
        "disputeDeadlineSet": dispute | {"deadlineOn": SOON},
        "disputeAccept": dispute
        | MXN
        | note
        | {"creditNoteNumber": "NC-3", "amount": "10.00", "issuedOn": DAY},
        "disputeReject": dispute | {"reason": "Está bien"},
        "disputeWithdraw": dispute | {"reason": "Está bien"},
        "instrumentRegister": KEY
        | MXN
        | customer
        | {
            "kind": "CHEQUE",
            "role": "PAYS",
            "number": "9",
            "bank": "BBVA",
            "drawerName": "Lupita",
            "amount": "10.00",
            "issuedOn": FRIDAY,
            "dueOn": FRIDAY,
            "receivedOn": FRIDAY,
            "lines": one,
        },
        "instrumentDeposit": KEY | {"instrumentId": books["held"], "depositedOn": FRIDAY},
        "instrumentClear": KEY | {"instrumentId": books["deposited"], "clearedOn": DAY},
        "instrumentBounce": KEY
        | note
        | {
            "instrumentId": books["deposited"],
            "reason": "ACCOUNT_CLOSED",
            "bouncedOn": DAY,
            "fee": {"amount": "5.00", "currencyCode": "MXN", "source": "LGTOC 193"},
        },
        "instrumentReturn": KEY | note | {"instrumentId": books["held"]},
        "instrumentSubstitute": KEY | note | {"instrumentId": books["held"]},
        "instrumentSubstitutionUndo": KEY | note | {"instrumentId": books["substituted"]},
        "instrumentPolicySet": MXN | {"bounceFee": "100.00", "source": "LGTOC 193"},
        "chargePost": KEY
        | customer
        | {"asOf": DAY, "receivableIds": [books["open"]], "rules": ["mx.commercial_interest"]},
        "chargeAdd": KEY
        | MXN
        | {"receivableId": books["open"], "kind": "OTHER", "amount": "5.00", "reason": "Envío", "dueOn": DAY},
        "chargeWaive": KEY | MXN | {"chargeId": books["charge"], "reason": "Cortesía", "amount": "5.00"},
        "chargePolicySet": {
            "terms": TERMS,
            "posting": "BY_HAND",
            "imputation": None,
            "collectorWaiver": {"percent": "10", "amount": "100.00"},
            "managerWaiver": {"percent": "50", "amount": "1000.00"},
        },
        "chargeAgreementSet": customer | {"terms": TERMS},
        "periodClose": {"through": "2026-11-15"},
        "periodReopen": {"after": "2026-09-30", "reason": "Faltó una"},
        "settlementPolicySet": {"discountPercent": "2", "discountDays": 10, "writeOffLimit": "100.00"},
        "exchangeRateSet": {
            "rates": [{"currencyCode": "USD", "quotedOn": DAY, "rate": "18.50", "source": "Banxico"}]
        },
        "interestRateSet": {
            "rates": [{"code": "mx.tiie", "validFrom": DAY, "annualPercent": "9", "source": "Banxico"}]
        },
        "indexValueSet": {"values": [{"code": "cl.uf", "quotedOn": DAY, "value": "38000", "source": "CMF"}]},
    }


# What else those with a key may say, to be told from what they said first.
OTHER: dict[str, dict[str, Any]] = {
    "customerAssign": {"collectorId": None},
    "paymentRecord": {"amount": "21.00"},
    "creditApply": {"allocations": None},
    "planPropose": {"annualPercent": "13"},
    "promiseMake": {"amount": "11.00"},
    "disputeOpen": {"amount": "11.00"},
    "disputeComment": {"text": "Adiós"},
    "disputeAssign": {"ownerId": str(ids.encode("Member", UUID(int=9)))},
    "disputeDeadlineSet": {"deadlineOn": "2026-11-20"},
    "disputeAccept": {"amount": "11.00"},
    "instrumentRegister": {"number": "10"},
    "instrumentDeposit": {"depositedOn": DAY},
    "instrumentClear": {"clearedOn": FRIDAY},
    "creditNoteApply": {"allocations": None},
    "chargePost": {"rules": None},
}


def other(books: Books, mutation: str) -> dict[str, Any]:
    if mutation in OTHER:
        return OTHER[mutation]
    given = good(books)[mutation]
    if "reason" in given and mutation != "instrumentBounce":
        return {"reason": "Otra"}
    return {"note": "Otra"}
