"""Contacts of a file: found again by address, telephone or name; untouched where the file says the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from cartera.rules.customers import ContactRole
from cartera.rules.imports.rows import ContactRow
from cartera.services.imports.contacts import apply_contacts
from cartera.services.imports.outcome import Outcome
from tests.factories import Factory


def row(line: int, customer: str, name: str = "", **values: Any) -> ContactRow:
    given = {
        "line": line,
        "customer_id": customer,
        "customer_name": "",
        "tax_id": "",
        "name": name,
        "role": ContactRole.BILLING,
        "emails": (),
        "phones": (),
        "language": None,
    } | values
    return ContactRow(**given)


async def apply(factory: Factory, rows: list[ContactRow]) -> Outcome:
    outcome = Outcome()
    async with factory.write() as tx:
        await apply_contacts(tx, rows, outcome)
    return outcome


async def contacts(factory: Factory, columns: str) -> list[tuple[Any, ...]]:
    async with factory.read() as tx:
        rows = await tx.session.execute(text(f"SELECT {columns} FROM contact ORDER BY id"))
        return [tuple(each) for each in rows]


async def test_the_first_with_an_address_is_the_primary_one(factory: Factory) -> None:
    await factory.customer("El Sol", external_id="C1")
    outcome = await apply(
        factory,
        [
            row(2, "C1", "Ana", phones=("+525555550101",)),
            row(3, "C1", "María", emails=("Maria@Sol.example",)),
            row(4, "C1", "Juan", emails=("juan@sol.example",)),
            row(5, "C1", emails=("pagos@sol.example",)),
            row(6, "C9", "Nadie", emails=("nadie@x.example",)),
        ],
    )
    assert outcome.counts == {"created": 4}
    assert [(each.line, each.problems[0].code) for each in outcome.bad_rows] == [(6, "CUSTOMER_UNKNOWN")]
    assert await contacts(factory, "name, email, phone, is_primary, email_state") == [
        ("Ana", None, "+525555550101", False, "unverified"),
        ("María", "maria@sol.example", None, True, "unverified"),
        ("Juan", "juan@sol.example", None, False, "unverified"),
        ("El Sol", "pagos@sol.example", None, False, "unverified"),
    ]


async def test_the_same_again_touches_no_row_and_a_change_only_its_own(factory: Factory) -> None:
    await factory.customer(external_id="C1")
    rows = [
        row(2, "C1", "María", emails=("maria@sol.example",)),
        row(3, "C1", "Juan", emails=("j@sol.example",)),
    ]
    await apply(factory, rows)
    before = await contacts(factory, "ctid::text, xmin::text")
    assert (await apply(factory, rows)).counts == {"unchanged": 2}
    assert await contacts(factory, "ctid::text, xmin::text") == before
    outcome = await apply(factory, [rows[0], rows[1]._replace(name="Juan Ruiz")])
    assert outcome.counts == {"unchanged": 1, "updated": 1}
    assert await contacts(factory, "name") == [("María",), ("Juan Ruiz",)]
    assert (await contacts(factory, "ctid::text, xmin::text"))[0] == before[0]
