"""One payment by a person, in a transaction of its own, beside the bare statements that book the same."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select

from bench.harness import Report
from cartera.actors import Actor, member
from cartera.db.base import new_id
from cartera.db.migrate import upgrade
from cartera.db.session import Database
from cartera.db.tables.directory import OrganizationDirectory
from cartera.db.tables.organizations import Member
from cartera.db.tables.receivables import Receivable
from cartera.demo.seed import Size, seed
from cartera.local import embedded
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.permissions import Role
from cartera.servers import Servers
from cartera.services.payments import NewPayment, record_payment

SIZE = Size(customers=1_000, receivables=50_000)
NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
PAYMENTS = 400
# Proof of promises, plans and the account row, audit, outbox and idempotency come with each.
GOAL_TIMES = 30


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="cartera-bench-") as home, embedded(Path(home)) as servers:
        asyncio.run(upgrade(servers.owner))
        asyncio.run(seed(servers.owner, NOW, size=SIZE, tell=lambda line: None))
        booked, bare = asyncio.run(_measure(servers))
    report.add(
        f"one payment, oldest first, median of {PAYMENTS}",
        measured=f"{booked * 1000:.1f} ms",
        reference=f"lock, insert and update bare: {bare * 1000:.1f} ms",
        ratio=f"{booked / bare:.0f} ×",
        goal=f"at most {GOAL_TIMES} times the bare statements",
        holds=booked < GOAL_TIMES * bare,
    )


async def _measure(servers: Servers) -> tuple[float, float]:
    db = Database(servers.app, pool_size=2)
    plain = await asyncpg.connect(servers.owner.url.replace("cartera_owner", "postgres", 1))
    try:
        actor, owed = await _open(db)
        booked, bare = [], []
        # Turn by turn, so that both meet the same noise.
        for customer_id, receivable_id, minor, currency in owed[:PAYMENTS]:
            start = time.perf_counter()
            async with db.write(actor, NOW) as tx:
                await record_payment(
                    tx,
                    NewPayment(
                        customer_id,
                        PaymentMethod.TRANSFER,
                        Money(max(minor // 4, 1), currency),
                        tx.today,
                        idempotency_key=str(new_id()),
                    ),
                )
            booked.append(time.perf_counter() - start)
            start = time.perf_counter()
            await _bare(plain, actor.organization_id, customer_id, receivable_id, currency)
            bare.append(time.perf_counter() - start)
    finally:
        await db.close()
        await plain.close()
    return statistics.median(booked), statistics.median(bare)


async def _open(db: Database) -> tuple[Actor, list[Any]]:
    async with db.directory() as session:
        organization_id = (await session.scalars(select(OrganizationDirectory.organization_id))).first()
    assert organization_id is not None
    anybody = member(organization_id, new_id(), Role.ADMIN)
    async with db.read(anybody, NOW) as tx:
        manager = (await tx.session.scalars(select(Member.id).where(Member.role == Role.MANAGER))).first()
        assert manager is not None
        rows = await tx.session.execute(
            select(
                Receivable.customer_id, Receivable.id, Receivable.balance_minor, Receivable.currency
            ).where(Receivable.balance_minor > 100)
        )
        return member(organization_id, manager, Role.MANAGER), list(rows)


async def _bare(
    connection: asyncpg.Connection, organization: UUID, customer: UUID, receivable: UUID, currency: str
) -> None:
    """The rows alone: one minor unit, so that it always fits."""
    payment, entry = new_id(), new_id()
    async with connection.transaction():
        await connection.fetchval(
            "SELECT balance_minor FROM account WHERE organization_id = $1 AND customer_id = $2 FOR UPDATE",
            *(organization, customer),
        )
        await connection.execute(
            "INSERT INTO payment (organization_id, id, customer_id, external_id, method, currency,"
            " amount_minor, allocated_minor, reversed_minor, unapplied_minor, received_on, actor,"
            " recorded_at)"
            " VALUES ($1, $2, $3, $4, 'cash', $5, 1, 1, 0, 0, $6, 'bench', $7)",
            *(organization, payment, customer, str(payment), currency, NOW.date(), NOW),
        )
        await connection.execute(
            "INSERT INTO entry (organization_id, id, receivable_id, customer_id, kind, amount_minor,"
            " currency, effective_on, recorded_at, payment_id, tax_document_needed, actor)"
            " VALUES ($1, $2, $3, $4, 'allocation', -1, $5, $6, $7, $8, false, 'bench')",
            *(organization, entry, receivable, customer, currency, NOW.date(), NOW, payment),
        )
        await connection.execute(
            "INSERT INTO allocation (organization_id, id, payment_id, receivable_id, entry_id, amount_minor,"
            " source_minor, allocated_on, recorded_at) VALUES ($1, $2, $3, $4, $5, 1, 1, $6, $7)",
            *(organization, new_id(), payment, receivable, entry, NOW.date(), NOW),
        )
        await connection.execute(
            "UPDATE receivable SET settled_minor = settled_minor + 1, balance_minor = balance_minor - 1,"
            " updated_at = $3 WHERE organization_id = $1 AND id = $2",
            *(organization, receivable, NOW),
        )
