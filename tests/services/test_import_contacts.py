"""Contacts of a file: found again by address, telephone or name; untouched where the file says the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from cartera.db.queries.customers import by_external_ids
from cartera.rules.customers import ContactRole, Language
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
        "role": None,
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


ALL = "name, role, email, email_state, phone, phone_state, language, is_primary"


async def test_what_a_file_does_not_say_stays_as_it_is(factory: Factory) -> None:
    customer = await factory.customer("El Sol", external_id="C1")
    await factory.contact(
        customer,
        name="María López",
        role="dunning",
        email="maria@sol.example",
        phone="+525555550101",
        phone_state="verified",
        language="en",
    )
    before = await contacts(factory, f"{ALL}, ctid::text, xmin::text")
    outcome = await apply(factory, [row(2, "C1", emails=("maria@sol.example",))])
    assert outcome.counts == {"unchanged": 1}
    assert await contacts(factory, f"{ALL}, ctid::text, xmin::text") == before
    outcome = await apply(
        factory,
        [row(2, "C1", emails=("maria@sol.example",), role=ContactRole.MANAGEMENT, language=Language.PT)],
    )
    assert outcome.counts == {"updated": 1}
    assert await contacts(factory, ALL) == [
        (
            "María López",
            "management",
            "maria@sol.example",
            "verified",
            "+525555550101",
            "verified",
            "pt",
            True,
        )
    ]


async def test_a_corrected_address_has_to_be_verified_again(factory: Factory) -> None:
    customer = await factory.customer("El Sol", external_id="C1")
    known = {"phone": "+525555550101", "phone_state": "verified"}
    await factory.contact(customer, name="Ana", email="ana@sol.example", **known)
    await factory.contact(
        customer, name="Luis", email="luis@sol.exmple", email_state="wrong", is_primary=False, **known
    )
    rows = [
        row(2, "C1", "Ana", emails=("ana@sol.example",), phones=("+525555550102",)),
        row(3, "C1", "luis", emails=("luis@sol.example",), phones=("+525555550101",)),
    ]
    assert (await apply(factory, rows)).counts == {"updated": 2}
    expected = [
        ("Ana", "ana@sol.example", "verified", "+525555550102", "unverified"),
        ("luis", "luis@sol.example", "unverified", "+525555550101", "verified"),
    ]
    assert await contacts(factory, "name, email, email_state, phone, phone_state") == expected
    assert (await apply(factory, rows)).counts == {"unchanged": 2}
    assert await contacts(factory, "name, email, email_state, phone, phone_state") == expected


async def test_every_address_of_a_cell_is_kept_as_a_contact(factory: Factory) -> None:
    await factory.customer("El Sol", external_id="C1")
    rows = [
        row(
            2,
            "C1",
            "Ana",
            role=ContactRole.BILLING,
            emails=("ana@sol.example", "pagos@sol.example"),
            phones=("+525555550101", "+525555550102", "+525555550103"),
        )
    ]
    assert (await apply(factory, rows)).counts == {"created": 3}
    expected = [
        ("Ana", "billing", "ana@sol.example", "+525555550101", True),
        ("Ana", "billing", "pagos@sol.example", "+525555550102", False),
        ("Ana", "billing", None, "+525555550103", False),
    ]
    assert await contacts(factory, "name, role, email, phone, is_primary") == expected
    turned = [
        rows[0]._replace(emails=tuple(reversed(rows[0].emails)), phones=tuple(reversed(rows[0].phones)))
    ]
    for again in (rows, turned):
        assert (await apply(factory, again)).counts.keys() == {"unchanged"}
        assert await contacts(factory, "name, role, email, phone, is_primary") == expected


async def test_two_numbers_of_one_person_in_two_rows_are_both_kept(factory: Factory) -> None:
    await factory.customer("El Sol", external_id="C1")
    rows = [
        row(2, "C1", "Ana", emails=("ana@sol.example",), phones=("+525555550101",)),
        row(3, "C1", "Ana", emails=("ana@sol.example",), phones=("+525555550102",)),
    ]
    assert (await apply(factory, rows)).counts == {"created": 2}
    expected = [("ana@sol.example", "+525555550101"), (None, "+525555550102")]
    assert await contacts(factory, "email, phone") == expected
    for again in (rows, rows[::-1]):
        assert (await apply(factory, again)).counts.keys() == {"unchanged"}
        assert await contacts(factory, "email, phone") == expected


async def test_people_who_share_a_telephone_stay_apart(factory: Factory) -> None:
    await factory.customer("El Sol", external_id="C1")
    phone = ("+525555550101",)
    rows = [row(2, "C1", "Ana", phones=phone), row(3, "C1", "Luis", phones=phone)]
    assert (await apply(factory, rows)).counts == {"created": 2}
    assert (await apply(factory, rows)).counts == {"unchanged": 2}
    # Known by her number and name, Ana gets the address that was missing, and becomes the primary contact.
    more = [row(2, "C1", "ANA", phones=phone, emails=("ana@sol.example",)), row(3, "C1", "Luis")]
    assert (await apply(factory, more)).counts == {"updated": 1, "unchanged": 1}
    assert await contacts(factory, "name, email, phone, is_primary") == [
        ("ANA", "ana@sol.example", "+525555550101", True),
        ("Luis", None, "+525555550101", False),
    ]


async def test_customers_are_found_by_more_ids_than_a_statement_takes_values(factory: Factory) -> None:
    customer = await factory.customer("El Sol", external_id="C39999")
    async with factory.read() as tx:
        found = await by_external_ids(tx, [f"C{number}" for number in range(40_000)])
    assert found == {"C39999": (customer.id, "El Sol")}


async def test_forty_thousand_customers_of_one_file_are_looked_up(factory: Factory) -> None:
    await factory.customer(external_id="C39999")
    rows = [row(line, f"C{line}", emails=(f"a{line}@sol.example",)) for line in range(2, 40_002)]
    outcome = await apply(factory, rows)
    assert (outcome.counts, outcome.bad) == ({"created": 1}, 39_999)
