"""Money and what is around it: payments, credit notes, charges, what was done and said, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from graphql import get_named_type, is_leaf_type, is_object_type
from sqlalchemy import select, update

from api.resolvers.collector.schema import schema
from api.selection.tree import READS
from cartera.db.base import new_id
from cartera.db.tables.activities import Activity
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.messages import Message
from cartera.db.tables.organizations import Organization
from cartera.db.tables.payments import Allocation, CreditNote, Payment
from cartera.rules.messages import HoldRule
from cartera.rules.money import Money
from cartera.rules.payments import DeductionReason, PaymentMethod, ReversalKind
from cartera.rules.permissions import Scope
from cartera.services.credit_notes import Annulment, NewCreditNote, annul_credit_note, record_credit_note
from cartera.services.deductions import Deduction
from cartera.services.payments import NewPayment, record_payment
from cartera.services.reversals import NewReversal, Unallocation, reverse_payment, unallocate_payment
from tests.api.conftest import Client, Visitors, node_id
from tests.api.reading.conftest import Compared
from tests.factories import TODAY, Factory
from tests.services import planning

ISSUED, PAID_ON = TODAY - timedelta(days=30), TODAY - timedelta(days=2)


@dataclass
class World:
    """One customer with money of every fate, and node ids by the kind of node."""

    customer: Customer
    nodes: dict[str, list[str]]


async def record(factory: Factory, customer: Customer, money: Money, on: date = TODAY, **values: Any) -> UUID:
    async with factory.write() as tx:
        new = NewPayment(customer.id, PaymentMethod.TRANSFER, money, on, **values)
        return (await record_payment(tx, new)).payment_id


async def foreign_money(factory: Factory, customer: Customer) -> None:
    """Dollars and pesos that pay pesos of two countries, and go back in part."""
    for currency, before, after in (("USD", "20", "21.5"), ("CLP", "0.02", "0.0195")):
        await factory.rate(currency, before, ISSUED)
        await factory.rate(currency, after, PAID_ON)
    owed = {
        currency: await factory.receivable(customer, amount, currency=currency, issued_on=ISSUED)
        for currency, amount in (("MXN", "1000.00"), ("USD", "100.00"), ("CLP", "50000"))
    }
    lines = [(owed["USD"].id, 40_00), (owed["CLP"].id, 10_00), (owed["MXN"].id, 5_00)]
    paid = await record(factory, customer, Money(80_00, "USD"), PAID_ON, reference="SWIFT 1", lines=lines)
    async with factory.write() as tx:
        await unallocate_payment(tx, Unallocation(paid, owed["CLP"].id))
    for kind, amount in ((ReversalKind.REFUND, 5_00), (ReversalKind.CHARGEBACK, 41_00)):
        async with factory.write() as tx:
            await reverse_payment(tx, NewReversal(paid, kind, TODAY, amount=amount, reason=f"Por {kind}"))


async def pesos(factory: Factory, customer: Customer) -> None:
    """One with a deduction that was taken back, an old one with credit, and more than the latest ones."""
    owed = await factory.receivable(customer, "500.00")
    kept_back = (Deduction(owed.id, DeductionReason.WITHHOLDING, 20_00, note="Retención"),)
    short = await record(
        factory, customer, Money(30_00, "MXN"), lines=[(owed.id, 30_00)], deductions=kept_back
    )
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(short, ReversalKind.CORRECTION, TODAY))
    await record(factory, customer, Money(7_00, "MXN"), ISSUED, lines=[])
    await record(factory, customer, Money(3_00, "MXN"), ISSUED, lines=[(owed.id, 3_00)])
    async with factory.write() as tx:
        for number in range(21):
            money = Money(1_00 + number % 2, "MXN")
            new = NewPayment(customer.id, PaymentMethod.CASH, money, PAID_ON, lines=[(owed.id, 1_00)])
            await record_payment(tx, new)


async def credit_notes(factory: Factory, customer: Customer) -> None:
    owed = await factory.receivable(customer, "300.00")
    async with factory.write() as tx:
        given = NewCreditNote(customer.id, "NC-71", Money(40_00, "MXN"), TODAY, lines=[(owed.id, 15_00)])
        await record_credit_note(tx, given)
        used = NewCreditNote(customer.id, "NC-72", Money(9_00, "MXN"), TODAY, lines=[(owed.id, 9_00)])
        await record_credit_note(tx, used)
        none = NewCreditNote(customer.id, "NC-73", Money(8_00, "MXN"), TODAY, reason="Devolución")
        annulled = (await record_credit_note(tx, none)).credit_note_id
    async with factory.write() as tx:
        await annul_credit_note(tx, Annulment(annulled, "Error"))
        await tx.session.execute(
            update(CreditNote)
            .where(CreditNote.number == "NC-71")
            .values(applied_in_erp_minor=1_00, unapplied_minor=24_00)
        )


async def charges(factory: Factory, customer: Customer) -> None:
    owed = await factory.receivable(customer, "700.00")
    interest = await planning.charge(factory, owed, "12.34")
    await planning.charge(factory, owed, "5.00")
    values = {"base_minor": 700_00, "rate": Decimal("30.5000000000"), "day_count": "actual/360"}
    async with factory.write() as tx:
        days = {"from_on": ISSUED, "to_on": TODAY, "note": 'Con "nota"'}
        await tx.session.execute(update(Charge).where(Charge.id == interest).values(values | days))


async def doings(factory: Factory, customer: Customer, member_id: UUID | None) -> None:
    """A call, and a message held by each rule."""
    own = {"organization_id": factory.organization_id, "customer_id": customer.id}
    async with factory.write() as tx:
        for who in (member_id, None):
            done = {"kind": "call", "outcome": "reached", "happened_at": factory.now, "member_id": who}
            tx.session.add(
                Activity(**own, **done, id=new_id(), note="Pagará\n«pronto»", recorded_at=factory.now)
            )
        for rule in (None, *HoldRule):
            message = {"channel": "email", "template": "reminder", "language": "es", "sent_to": None}
            times = {"planned_for": factory.now, "created_at": factory.now, "sent_at": None}
            state = {"state": "held" if rule else "planned", "held_by": rule, "subject": "Su saldo"}
            tx.session.add(Message(**own, **message, **times, **state, id=new_id(), dedupe_key=str(new_id())))


async def node_ids(factory: Factory) -> dict[str, list[str]]:
    nouns = (Activity, Allocation, Charge, CreditNote, Message, Payment)
    async with factory.read() as tx:
        found = {
            noun.__name__: [
                node_id(noun.__name__, key)
                # In the order in which they came: rows that have changed lie elsewhere in their table.
                for key in await tx.session.scalars(select(noun.id).order_by(noun.id))
            ]
            for noun in nouns
        }
    return found | {"Organization": [node_id("Organization", factory.organization_id)]}


async def build(factory: Factory, member_id: UUID | None = None) -> World:
    customer = await factory.customer("Ñandú", collector_id=member_id)
    await pesos(factory, customer)
    await foreign_money(factory, customer)
    await credit_notes(factory, customer)
    await charges(factory, customer)
    await doings(factory, customer, member_id)
    async with factory.write() as tx:
        terms = {"discount_basis_points": 205, "discount_days": 10, "write_off_limit_minor": 1234}
        await tx.session.execute(update(Organization).values(closed_through=ISSUED, **terms))
    return World(customer, await node_ids(factory))


@pytest.fixture
async def world(factory: Factory) -> World:
    rosa = await factory.member("collector", name="Rosa")
    return await build(factory, rosa.id)


@pytest.fixture
def asking(anna: Client) -> Compared:
    return Compared(anna)


def every_field(type_name: str, below: int = 2) -> str:
    """A selection of all that is declared of a type, and of what it refers to."""
    kind: Any = schema._schema.type_map[type_name]
    found = ["__typename"]
    for name, field in kind.fields.items():
        declared, child = field.extensions["strawberry-definition"], get_named_type(field.type)
        if is_leaf_type(child):
            found.append(name)
        elif child.name == "Money":
            found.append(f"{name} {{ amount currencyCode }}")
        elif below and is_object_type(child) and READS in declared.metadata and not field.args:
            found.append(f"{name} {{ {every_field(child.name, below - 1)} }}")
    return " ".join(found)


KINDS = ["Activity", "Allocation", "Charge", "CreditNote", "Message", "Organization", "Payment"]


def whole(kind: str) -> str:
    return f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {every_field(kind)} }} }} }}"


async def test_every_field_of_each_node(asking: Compared, world: World) -> None:
    assert len(world.nodes["Payment"]) == 25
    for kind in KINDS:
        for each in [*world.nodes[kind][:2], *world.nodes[kind][-12:]]:
            found = await asking.same(whole(kind), id=each)
            assert found["node"]["id"] == each


PAGE = f"""
query ($id: ID!) {{
  node(id: $id) {{
    ... on Customer {{
      name
      payments {{ {every_field("Payment", 1)} }}
      creditNotes {{ {every_field("CreditNote", 1)} }}
      receivables {{ edges {{ node {{ number chargeLines {{ {every_field("Charge", 1)} }} }} }} }}
    }}
  }}
}}
"""


async def test_a_customers_money(asking: Compared, world: World) -> None:
    node = (await asking.same(PAGE, id=node_id("Customer", world.customer.id)))["node"]

    payments = node["payments"]
    # The latest twenty, and of those before them the one of 7.00, which has credit left.
    assert len(payments) == 22
    assert [each["receivedOn"] for each in payments] == sorted(
        (each["receivedOn"] for each in payments), reverse=True
    )
    assert payments[0]["deductions"][0]["kind"] == "WITHHOLDING"
    assert payments[0]["reversals"][0]["kind"] == "CORRECTION"
    assert payments[-1]["unapplied"] == {"amount": "7.00", "currencyCode": "MXN"}
    (dollars,) = [each for each in payments if each["amount"]["currencyCode"] == "USD"]
    assert dollars["reversed"]["amount"] == "46.00"
    assert [each["amount"]["amount"] for each in dollars["reversals"]] == ["5.00", "41.00"]
    first = dollars["allocations"][:3]
    assert [each["amount"] for each in first] == [
        {"amount": "40.00", "currencyCode": "USD"},
        {"amount": "11026", "currencyCode": "CLP"},
        {"amount": "107.50", "currencyCode": "MXN"},
    ]
    assert [each["spent"]["amount"] for each in first] == ["40.00", "10.00", "5.00"]
    assert [each["rate"] for each in first] == [None, "1102.5641025641", "21.5"]
    assert first[0]["exchangeDifference"] == {"amount": "60.00", "currencyCode": "MXN"}
    assert any(each["amount"]["amount"].startswith("-") for each in dollars["allocations"][3:])

    (note,) = node["creditNotes"]
    assert (note["applied"]["amount"], note["unapplied"]["amount"]) == ("16.00", "24.00")
    assert [each["amount"]["amount"] for each in note["allocations"]] == ["15.00"]

    lines = [line for edge in node["receivables"]["edges"] for line in edge["node"]["chargeLines"]]
    assert [(each["rate"], each["dayCount"]) for each in lines] == [("30.5", "ACTUAL_360"), (None, None)]
    assert lines[0]["base"] == {"amount": "700.00", "currencyCode": "MXN"}


async def test_the_same_inside_of_a_page_of_customers(asking: Compared, world: World) -> None:
    inside = f"payments {{ {every_field('Payment', 1)} }} creditNotes {{ {every_field('CreditNote', 1)} }}"
    found = await asking.same(f"{{ customers {{ edges {{ node {{ name {inside} }} }} }} }}")
    (edge,) = found["customers"]["edges"]
    assert len(edge["node"]["payments"]) == 22


async def test_the_organization_is_the_callers_own(asking: Compared, world: World, factory: Factory) -> None:
    query = whole("Organization")
    own = (await asking.same(query, id=world.nodes["Organization"][0]))["node"]
    assert (own["discountPercent"], own["discountDays"]) == ("2.05", 10)
    assert own["writeOffLimit"] == {"amount": "12.34", "currencyCode": "MXN"}
    other = await factory.other()
    assert await asking.same(query, id=node_id("Organization", other.organization_id)) == {"node": None}


async def test_another_organizations_money_is_never_seen(
    asking: Compared, world: World, factory: Factory
) -> None:
    other = await factory.other()
    theirs = await build(other)
    query = "query ($id: ID!) { node(id: $id) { __typename id } }"
    for ids in theirs.nodes.values():
        assert await asking.same(query, id=ids[0]) == {"node": None}
    before = await asking.same(PAGE, id=node_id("Customer", world.customer.id))
    assert len(before["node"]["payments"]) == 22
    assert await asking.same(PAGE, id=node_id("Customer", theirs.customer.id)) == {"node": None}


async def test_a_collector_sees_the_money_of_own_customers_only(
    visitors: Visitors, world: World, factory: Factory
) -> None:
    client, sara = await visitors.member("collector", name="Sara")
    mine = await factory.customer("Mía", collector_id=sara.id)
    paid = await record(factory, mine, Money(7_00, "MXN"))
    async with factory.write() as tx:
        await tx.session.execute(update(Organization).values(collector_scope="own"))
    sara_asks = Compared(client)
    found = await sara_asks.same(whole("Payment"), id=node_id("Payment", paid))
    assert found["node"]["unapplied"]["amount"] == "7.00"
    for kind in set(KINDS) - {"Organization"}:
        anything = "query ($id: ID!) { node(id: $id) { __typename id } }"
        assert await sara_asks.same(anything, id=world.nodes[kind][0]) == {"node": None}
    page = await sara_asks.same("{ customers { edges { node { name payments { id } } } } }")
    assert [edge["node"]["name"] for edge in page["customers"]["edges"]] == ["Mía"]


@pytest.mark.parametrize(
    ("selection", "path"),
    [
        ("payments { id }", ["node", "payments"]),
        ("creditNotes { id }", ["node", "creditNotes"]),
        (
            "receivables(first: 1) { edges { node { chargeLines { id } } } }",
            ["node", "receivables"],
        ),
    ],
)
async def test_a_script_without_the_scope_is_denied_as_ever(
    visitors: Visitors, world: World, selection: str, path: list[str]
) -> None:
    script = Compared(await visitors.script(Scope.CUSTOMERS_READ))
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Customer {{ name {selection} }} }} }}"
    found = await script.either(query, id=node_id("Customer", world.customer.id))
    (error,) = found["errors"]
    assert (error["path"], error["extensions"]["code"]) == (path, "NOT_PERMITTED")


async def test_of_a_payment_a_script_is_denied_what_is_not_its_own(visitors: Visitors, world: World) -> None:
    script = Compared(await visitors.script(Scope.CUSTOMERS_READ, Scope.PAYMENTS_READ))
    paid = world.nodes["Payment"][0]
    for selection, path in (
        ("deductions { id }", ["node", "deductions"]),
        ("allocations { receivable { number } }", ["node", "allocations", 0, "receivable"]),
    ):
        query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Payment {{ reference {selection} }} }} }}"
        error = (await script.either(query, id=paid))["errors"][0]
        assert (error["path"], error["extensions"]["code"]) == (path, "NOT_PERMITTED")
