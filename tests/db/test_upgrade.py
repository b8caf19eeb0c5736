"""Books written before charges had lines of their own agree, and can be moved, once they are upgraded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from cartera.db.migrate import upgrade
from cartera.db.queries.business_day import behind
from cartera.db.queries.drift import drift
from cartera.db.queries.metrics import Only, aging
from cartera.db.session import Database
from cartera.db.tables.accounts import Account
from cartera.db.tables.assignments import FROM_THE_START
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Receivable
from cartera.rules.payments import ReversalKind
from cartera.servers import Servers
from cartera.services.business_day import catch_up
from cartera.services.receivables import Reinstatement, reinstate
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory
from tests.services.books import row

BEFORE = "0002"
NOW = datetime(2026, 11, 16, 18, tzinfo=UTC)
ISSUED, DUE, LATER, LAST = (date(2026, month, 1) for month in (6, 7, 9, 10))

_ACCOUNT_COUNTS = (
    *("balance_minor", "overdue_minor", "unapplied_minor", "open_count", "overdue_count", "matured_count"),
    *("late_count", "late_days", "delay_days", "priority", "due_rank"),
)
_WIPE = "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION cartera_owner;" + (
    "GRANT USAGE ON SCHEMA public TO cartera_app, cartera_relay"
)


@dataclass
class Before:
    """An organization as revision 0002 keeps it, told by SQL alone: today's tables have other columns."""

    connection: asyncpg.Connection
    organization_id: UUID = field(default_factory=uuid4)
    customer_id: UUID = field(default_factory=uuid4)
    numbers: Any = field(default_factory=lambda: count(1))

    async def add(self, table: str, **values: Any) -> UUID:
        row = {"organization_id": self.organization_id, "id": uuid4()} | values
        if table in {"organization", "account", "promise_receivable"}:
            del row["id"]
        places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
        await self.connection.execute(statement, *row.values())
        return UUID(str(row.get("id", self.organization_id)))

    async def begin(self) -> None:
        await self.connection.execute(f"SET app.organization = '{self.organization_id}'")
        await self.connection.execute(
            "INSERT INTO organization_directory (organization_id, database) VALUES ($1, 'main')",
            self.organization_id,
        )
        await self.add(
            "organization",
            **{"name": "Distribuidora", "country": "MX", "time_zone": "America/Mexico_City"},
            **{"base_currency": "MXN", "language": "es", "business_day": TODAY, "holiday_policy": "none"},
            **{"collector_scope": "own", "grace_banking_days": 1, "snapshot_guard_percent": 40},
            **{"accent": "oklch(0.5 0.13 250)", "contact_name": "Ana", "contact_email": "ana@valle.example"},
            **{"contact_phone": "+525555550100", "is_demo": False, "created_at": NOW},
        )
        await self.add(
            "customer",
            **{"id": self.customer_id, "external_id": "C1", "name": "Cliente", "name_search": "cliente"},
            **{"segment": "general", "country": "MX", "language": "es", "debtor_type": "company"},
            **{"time_zone": "America/Mexico_City", "created_at": NOW, "updated_at": NOW},
        )

    async def owed(self, amount: int, charges: int, settled: int, state: str) -> UUID:
        name = f"A{next(self.numbers)}"
        balance = amount + charges - settled
        made = await self.add(
            "receivable",
            **{"customer_id": self.customer_id, "external_id": name, "number": name, "kind": "invoice"},
            **{"issued_on": ISSUED, "due_on": DUE, "overdue_from": date(2026, 7, 2), "currency": "MXN"},
            **{"amount_minor": amount, "charges_minor": charges, "settled_minor": settled},
            **{"balance_minor": balance, "state": state, "settled_on": None if balance else LAST},
            **{"created_at": NOW, "updated_at": NOW},
        )
        await self.entry(made, "issue", amount, ISSUED)
        return made

    async def entry(self, receivable_id: UUID, kind: str, amount: int, on: date, **values: Any) -> UUID:
        return await self.add(
            "entry",
            **{"receivable_id": receivable_id, "customer_id": self.customer_id, "kind": kind},
            **{"amount_minor": amount, "currency": "MXN", "effective_on": on, "recorded_at": NOW},
            **{"actor": "system:import"},
            **values,
        )

    async def payment(self, amount: int, allocated: int, back: int = 0, method: str = "transfer") -> UUID:
        return await self.add(
            "payment",
            **{"customer_id": self.customer_id, "external_id": f"P{next(self.numbers)}", "method": method},
            **{"currency": "MXN", "amount_minor": amount, "allocated_minor": allocated},
            **{"reversed_minor": back, "unapplied_minor": amount - allocated - back},
            **{"received_on": LATER, "actor": "system:import", "recorded_at": NOW},
        )

    async def pays(
        self, payment_id: UUID, receivable_id: UUID, amount: int, on: date, kind: str = "allocation"
    ) -> UUID:
        source = "credit_note_id" if kind == "credit_note" else "payment_id"
        told = await self.entry(receivable_id, kind, -amount, on, **{source: payment_id})
        await self._allocation(source, payment_id, receivable_id, told, amount, on)
        return told

    async def takes_back(
        self, payment_id: UUID, receivable_id: UUID, told: UUID, amount: int, on: date
    ) -> None:
        facts = {"payment_id": payment_id, "reverses_id": told}
        back = await self.entry(receivable_id, "reversal", amount, on, **facts)
        await self._allocation("payment_id", payment_id, receivable_id, back, -amount, on)

    async def _allocation(
        self, source: str, source_id: UUID, receivable_id: UUID, entry_id: UUID, amount: int, on: date
    ) -> None:
        await self.add(
            "allocation",
            **{source: source_id, "receivable_id": receivable_id, "entry_id": entry_id},
            **{"amount_minor": amount, "source_minor": amount, "allocated_on": on, "recorded_at": NOW},
        )

    async def credit_note(self, amount: int, applied: int) -> UUID:
        number = f"NC{next(self.numbers)}"
        return await self.add(
            "credit_note",
            **{"customer_id": self.customer_id, "external_id": number, "number": number},
            **{"issued_on": LATER, "currency": "MXN", "amount_minor": amount, "applied_minor": applied},
            **{"unapplied_minor": amount - applied, "actor": "system:import", "recorded_at": NOW},
        )

    async def dispute(self, receivable_id: UUID, amount: int, state: str, resolved_on: date | None) -> UUID:
        return await self.add(
            "dispute",
            **{"receivable_id": receivable_id, "customer_id": self.customer_id, "reason": "price"},
            **{"amount_minor": amount, "currency": "MXN", "state": state, "opened_on": DUE},
            **{"deadline_on": LATER, "resolved_on": resolved_on, "created_at": NOW},
        )

    async def promise(self, receivable_id: UUID, amount: int) -> UUID:
        made = await self.add(
            "promise",
            **{"customer_id": self.customer_id, "amount_minor": amount, "currency": "MXN"},
            **{"due_on": TODAY, "last_day": TODAY, "state": "pending", "received_minor": 0},
            **{"channel": "phone", "created_at": NOW},
        )
        await self.add("promise_receivable", promise_id=made, receivable_id=receivable_id)
        return made


@dataclass
class Upgraded:
    before: Before
    servers: Servers
    factory: Factory

    async def upgrade(self) -> None:
        await self.before.connection.close()
        await upgrade(self.servers.owner)
        async with self.factory.read() as tx:
            assert await drift(tx) == []

    async def charges(self, receivable_id: UUID) -> list[tuple[str, int, int]]:
        async with self.factory.read() as tx:
            rows = await tx.session.execute(
                text(
                    "SELECT kind, amount_minor, settled_minor FROM charge WHERE receivable_id = :id"
                    " ORDER BY posted_on"
                ),
                {"id": receivable_id},
            )
            return [tuple(each) for each in rows]

    async def principal(self, receivable_id: UUID) -> int:
        """What is still owed of it."""
        found = await row(self.factory, Receivable, receivable_id)
        return found.balance_minor - found.charges_minor + found.charges_settled_minor

    async def reverse(self, payment_id: UUID) -> None:
        async with self.factory.write() as tx:
            await reverse_payment(tx, NewReversal(payment_id, ReversalKind.CHARGEBACK, TODAY))
        async with self.factory.read() as tx:
            assert await drift(tx) == []


@pytest.fixture
async def old(own_database: Servers) -> AsyncIterator[Upgraded]:
    connection = await asyncpg.connect(own_database.owner.url)
    await connection.execute(_WIPE)
    await connection.close()
    await upgrade(own_database.owner, BEFORE)
    connection = await asyncpg.connect(
        own_database.owner.url, server_settings=own_database.owner.server_settings
    )
    before = Before(connection)
    await before.begin()
    db = Database(own_database.app)
    yield Upgraded(before, own_database, Factory(db, NOW, before.organization_id))
    await db.close()
    if not connection.is_closed():
        await connection.close()


async def test_interest_paid_in_full_can_be_charged_back(old: Upgraded) -> None:
    before = old.before
    owed = await before.owed(1000, 50, 1050, "paid")
    await before.entry(owed, "interest", 50, LATER)
    payment = await before.payment(1050, 1050)
    await before.pays(payment, owed, 1050, LATER)
    await old.upgrade()
    assert await old.charges(owed) == [("interest", 50, 50)]
    assert await old.principal(owed) == 0
    await old.reverse(payment)
    assert await old.charges(owed) == [("interest", 50, 0)]
    assert await old.principal(owed) == 1000
    assert (await row(old.factory, Payment, payment)).reversed_minor == 1050


async def test_interest_and_a_fee_partly_paid(old: Upgraded) -> None:
    """Two payments; the second paid the last of the principal, the interest and half of the fee."""
    before = old.before
    owed = await before.owed(1000, 70, 1060, "partially_paid")
    await before.entry(owed, "interest", 50, LATER)
    await before.entry(owed, "fee", 20, LAST)
    first, second = await before.payment(400, 400), await before.payment(700, 660)
    await before.pays(first, owed, 400, LATER)
    await before.pays(second, owed, 660, LAST)
    await old.upgrade()
    assert await old.charges(owed) == [("interest", 50, 50), ("other", 20, 10)]
    assert await old.principal(owed) == 0
    await old.reverse(second)
    assert await old.charges(owed) == [("interest", 50, 0), ("other", 20, 0)]
    assert await old.principal(owed) == 600
    await old.reverse(first)
    assert await old.principal(owed) == 1000


async def test_what_was_waived_was_interest_and_not_principal(old: Upgraded) -> None:
    before = old.before
    owed = await before.owed(1000, 50, 50, "partially_paid")
    await before.entry(owed, "interest", 50, LATER)
    await before.entry(owed, "waiver", -50, LAST, note="cliente de años")
    await old.upgrade()
    assert await old.charges(owed) == [("interest", 50, 50)]
    assert await old.principal(owed) == 1000


async def test_what_was_written_off_with_its_interest_can_be_reinstated(old: Upgraded) -> None:
    before = old.before
    owed = await before.owed(1000, 50, 1050, "written_off")
    await before.entry(owed, "interest", 50, LATER)
    await before.entry(owed, "write_off", -1050, LAST)
    await old.upgrade()
    assert await old.charges(owed) == [("interest", 50, 50)]
    async with old.factory.write() as tx:
        await reinstate(tx, Reinstatement(owed, "se encontró al deudor", "k1"))
    assert await old.charges(owed) == [("interest", 50, 0)]
    assert await old.principal(owed) == 1000
    async with old.factory.read() as tx:
        assert await drift(tx) == []


async def test_what_nobody_paid_is_counted_apart(old: Upgraded) -> None:
    before = old.before
    lost = await before.owed(1000, 0, 1000, "written_off")
    await before.entry(lost, "write_off", -1000, LATER)
    await before.entry(lost, "recovery", 300, LAST)
    payment = await before.payment(300, 300)
    await before.pays(payment, lost, 300, LAST)
    never_owed = await before.owed(500, 0, 500, "cancelled")
    await before.entry(never_owed, "cancellation", -500, LATER)
    await old.upgrade()
    found = await row(old.factory, Receivable, lost)
    assert (found.written_off_minor, found.cancelled_minor) == (700, 0)
    found = await row(old.factory, Receivable, never_owed)
    assert (found.written_off_minor, found.cancelled_minor) == (0, 500)


async def test_a_bounced_cheque_is_a_reversal_and_its_debt_stands(old: Upgraded) -> None:
    before = old.before
    owed = await before.owed(1000, 50, 0, "open")
    await before.entry(owed, "interest", 50, LATER)
    cheque = await before.payment(1050, 0, 1050, "cheque")
    told = await before.pays(cheque, owed, 1050, LATER)
    await before.takes_back(cheque, owed, told, 1050, LAST)
    await old.upgrade()
    assert await old.charges(owed) == [("interest", 50, 0)]
    async with old.factory.read() as tx:
        rows = await tx.session.execute(
            text("SELECT payment_id, kind, amount_minor, reversed_on FROM payment_reversal")
        )
        assert [tuple(each) for each in rows] == [(cheque, "bounce", 1050, LAST)]


async def test_what_a_credit_note_settled_in_the_erp(old: Upgraded) -> None:
    before = old.before
    owed = await before.owed(1000, 0, 200, "partially_paid")
    note = await before.credit_note(500, 450)
    await before.pays(note, owed, 200, LATER, "credit_note")
    elsewhere = await before.credit_note(80, 80)
    await old.upgrade()
    async with old.factory.read() as tx:
        rows = await tx.session.execute(
            text(
                "SELECT id, applied_minor, applied_in_erp_minor, unapplied_minor FROM credit_note"
                " ORDER BY amount_minor DESC"
            )
        )
        assert [tuple(each) for each in rows] == [(note, 200, 250, 50), (elsewhere, 0, 80, 0)]


async def test_a_debt_is_settled_when_its_principal_is(old: Upgraded) -> None:
    """Paid in September, and kept as settled in October: the customer's delay is then told anew."""
    before = old.before
    owed = await before.owed(1000, 0, 1000, "paid")
    payment = await before.payment(1000, 1000)
    await before.pays(payment, owed, 1000, LATER)
    await before.add(
        "account",
        **{"customer_id": before.customer_id, "business_day": TODAY, "refreshed_at": NOW},
        **{"lacks_rate": False, "reasons": "[]", "due_now": False, **dict.fromkeys(_ACCOUNT_COUNTS, 0)},
    )
    await old.upgrade()
    assert (await row(old.factory, Receivable, owed)).settled_on == LATER
    async with old.factory.read() as tx:
        assert await behind(tx, None, 10) == [before.customer_id]
    async with old.factory.write() as tx:
        await catch_up(tx, None)
    async with old.factory.read() as tx:
        account = await tx.session.get_one(Account, (before.organization_id, before.customer_id))
        assert (account.matured_count, account.late_days) == (1, (LATER - DUE).days)


async def test_disputes_and_promises_stay_what_they_were(old: Upgraded) -> None:
    before = old.before
    owed = await before.owed(1000, 0, 0, "open")
    await before.dispute(owed, 100, "open", None)
    await before.dispute(owed, 50, "rejected", LATER)
    promise = await before.promise(owed, 900)
    await old.upgrade()
    async with old.factory.read() as tx:
        states = await tx.session.scalars(text("SELECT state FROM dispute ORDER BY amount_minor"))
        assert list(states) == ["rejected", "open"]
        assert await tx.session.scalar(text("SELECT id FROM promise WHERE state = 'pending'")) == promise


async def test_what_is_assigned_held_from_the_start(old: Upgraded) -> None:
    before = old.before
    collector = await before.add(
        "member",
        **{"email": "ana@valle.example", "name": "Ana", "role": "collector", "language": "es"},
        **{"is_active": True, "created_at": NOW},
    )
    await before.connection.execute("UPDATE customer SET collector_id = $1", collector)
    await before.owed(1000, 0, 0, "open")
    await old.upgrade()
    async with old.factory.read() as tx:
        rows = await tx.session.execute(
            text("SELECT id, customer_id, valid_from, collector_id, segment, recorded_at FROM assignment")
        )
        customer = before.customer_id
        assert [tuple(each) for each in rows] == [
            (customer, customer, FROM_THE_START, collector, "general", NOW)
        ]
        (found,) = await aging(tx, DUE, Only(collector_id=collector))
        assert found.total == 1000


async def test_every_table_keeps_its_owner_out_of_other_organizations(old: Upgraded) -> None:
    before = old.before
    await before.owed(1000, 0, 0, "open")
    await old.upgrade()
    admin = await asyncpg.connect(old.servers.owner.url, server_settings=old.servers.owner.server_settings)
    lax = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND NOT relforcerowsecurity"
    )
    assert lax == []
    assert await admin.fetchval("SELECT count(*) FROM receivable") == 0
    await admin.close()
