"""Rows for tests, with everything that a test does not care about filled in.

The factory writes rows as the books would have them (a receivable comes with its issue entry), through
the application's role and under row-level security, and refreshes the account rows.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy import text

from cartera.actors import Actor, member, system
from cartera.db.base import new_id
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.assignments import begin_history
from cartera.db.queries.locks import add_accounts
from cartera.db.session import Database, ReadTx, WriteTx
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.directory import LoginDirectory, OrganizationDirectory
from cartera.db.tables.organizations import ExchangeRate, Member, Organization
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.money import parse_amount
from cartera.rules.permissions import Role

TODAY = date(2026, 11, 16)
PASSWORD = "correct horse battery"
# The password's hash by argon2's cheapest terms: the application's own cost each login 20 ms on purpose.
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Factory:
    db: Database
    now: datetime
    organization_id: UUID = field(default_factory=new_id)
    _numbers: Any = field(default_factory=lambda: count(1))

    @property
    def system(self) -> Actor:
        return system(self.organization_id, "test")

    def write(self, actor: Actor | None = None) -> AbstractAsyncContextManager[WriteTx]:
        return self.db.write(actor or self.system, self.now)

    def read(self, actor: Actor | None = None) -> AbstractAsyncContextManager[ReadTx]:
        return self.db.read(actor or self.system, self.now)

    async def organization_row(self, **values: Any) -> UUID:
        row = {
            "organization_id": self.organization_id,
            "name": "Distribuidora del Valle",
            "country": "MX",
            "time_zone": "America/Mexico_City",
            "base_currency": "MXN",
            "language": "es",
            "business_day": TODAY,
            "holiday_policy": "none",
            "collector_scope": "own",
            "grace_banking_days": 1,
            "snapshot_guard_percent": 40,
            "accent": "oklch(0.5 0.13 250)",
            "contact_name": "Ana Torres",
            "contact_email": "cobranza@delvalle.example",
            "contact_phone": "+525555550100",
            "is_demo": False,
            "created_at": self.now,
        } | values
        async with self.db.directory() as session:
            await session.execute(text(f"SET LOCAL app.organization = '{self.organization_id}'"))
            session.add(OrganizationDirectory(organization_id=self.organization_id, database="main"))
            session.add(Organization(**row))
        return self.organization_id

    async def other(self) -> Factory:
        """A factory of another organization, for what must stay apart."""
        made = Factory(self.db, self.now)
        await made.organization_row(name="Otra Empresa")
        return made

    async def member(
        self, role: str = "collector", *, password_hash: str | None = None, **values: Any
    ) -> Member:
        number = next(self._numbers)
        row = {
            "organization_id": self.organization_id,
            "id": new_id(),
            "email": f"{role}{number}.{str(self.organization_id)[-6:]}@delvalle.example",
            "name": f"{role.title()} {number}",
            "role": role,
            "language": "es",
            "password_hash": password_hash,
            "is_active": True,
            "created_at": self.now,
        } | values
        made = Member(**row)
        async with self.write() as tx:
            tx.session.add(made)
            tx.session.add(LoginDirectory(email=row["email"], organization_id=self.organization_id))
        return made

    async def actor(self, role: str = "manager", **values: Any) -> Actor:
        row = await self.member(role, **values)
        return member(self.organization_id, row.id, Role(role))

    async def customer(self, name: str | None = None, **values: Any) -> Customer:
        number = next(self._numbers)
        called = name or f"Cliente {number}"
        row = {
            "organization_id": self.organization_id,
            "id": new_id(),
            "external_id": f"C{number:04}",
            "name": called,
            "name_search": called.lower(),
            "segment": "general",
            "country": "MX",
            "language": "es",
            "time_zone": "America/Mexico_City",
            "debtor_type": "company",
            "created_at": self.now,
            "updated_at": self.now,
        } | values
        made = Customer(**row)
        async with self.write() as tx:
            tx.session.add(made)
            await tx.session.flush()
            begin_history(tx, made)
            await add_accounts(tx, [made.id])
            await refresh_accounts(tx, [made.id])
        return made

    async def contact(self, customer: Customer, **values: Any) -> Contact:
        number = next(self._numbers)
        email = f"pagos{number}@cliente.example"
        row = {
            "organization_id": self.organization_id,
            "id": new_id(),
            "customer_id": customer.id,
            "match_key": values.get("email", email),
            "name": "María López",
            "role": "billing",
            "email": email,
            "email_state": "verified",
            "phone": None,
            "phone_state": "unverified",
            "language": None,
            "accepts_email": True,
            "accepts_sms": True,
            "accepts_whatsapp": True,
            "is_primary": True,
            "created_at": self.now,
            "updated_at": self.now,
        } | values
        made = Contact(**row)
        async with self.write() as tx:
            tx.session.add(made)
            await tx.session.flush()
            await refresh_accounts(tx, [customer.id])
        return made

    async def receivable(
        self,
        customer: Customer,
        amount: str = "100.00",
        *,
        currency: str = "MXN",
        due_on: date = TODAY - timedelta(days=10),
        issued_on: date | None = None,
        **values: Any,
    ) -> Receivable:
        """An open receivable with its issue entry."""
        number = next(self._numbers)
        minor = parse_amount(amount, currency)
        issued = issued_on or due_on - timedelta(days=30)
        row = {
            "organization_id": self.organization_id,
            "id": new_id(),
            "customer_id": customer.id,
            "external_id": f"F{number:05}",
            "kind": "invoice",
            "number": f"F-{number:05}",
            "issued_on": issued,
            "due_on": due_on,
            "overdue_from": due_on + timedelta(days=1),
            "currency": currency,
            "amount_minor": minor,
            "charges_minor": 0,
            "settled_minor": 0,
            "balance_minor": minor,
            "state": "open",
            "created_at": self.now,
            "updated_at": self.now,
        } | values
        made = Receivable(**row)
        async with self.write() as tx:
            tx.session.add(made)
            await tx.session.flush()
            tx.session.add(
                Entry(
                    organization_id=self.organization_id,
                    id=new_id(),
                    receivable_id=made.id,
                    customer_id=customer.id,
                    kind="issue",
                    amount_minor=minor,
                    currency=currency,
                    effective_on=issued,
                    recorded_at=self.now,
                    actor="system:test",
                )
            )
            await tx.session.flush()
            await refresh_accounts(tx, [customer.id])
        return made

    async def rate(self, currency: str, rate: str, quoted_on: date = TODAY) -> None:
        async with self.write() as tx:
            tx.session.add(
                ExchangeRate(
                    organization_id=self.organization_id,
                    id=new_id(),
                    currency=currency,
                    quoted_on=quoted_on,
                    rate=Decimal(rate),
                    source="test",
                )
            )
