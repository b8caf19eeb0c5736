"""An import of 100,000 invoices against the least that could put the same rows into the same tables; one of
20,000 payments against that import.

The reference is given its rows parsed: it COPYs them into a temporary table and brings customers, receivables
and issue entries up to them, one INSERT … ON CONFLICT each. It recognises no columns, reads no text, checks
no row, locks no customer, and leaves the account rows as they were.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.harness import Report, peak_memory_mb, stopwatch
from cartera.actors import system
from cartera.db.base import new_id
from cartera.db.migrate import upgrade
from cartera.db.session import Database
from cartera.db.tables.directory import OrganizationDirectory
from cartera.db.tables.organizations import Organization
from cartera.documents.csv import open_csv
from cartera.local import embedded
from cartera.rules.imports.answers import Answers
from cartera.servers import DatabaseUrl
from cartera.services.imports import runs
from cartera.services.imports.applying import apply_file
from cartera.services.imports.options import ApplyOptions
from cartera.services.imports.outcome import Outcome
from cartera.services.imports.proposals import knowledge_for, propose

INVOICES, CUSTOMERS, PAYMENTS = 100_000, 2_000, 20_000
ROUNDS = 3
LEAST_SHARE = 1 / 3
MOST_MB = 300
# A payment is a row in four tables and moves a receivable; an invoice is a row in two.
LEAST_PAYMENTS_SHARE = 1 / 20
NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)

_HEADINGS = "Cliente,Nombre,Factura,Fecha de emisión,Vencimiento,Moneda,Importe,Saldo"
_PAYMENT_HEADINGS = "Cliente,Factura,Fecha de pago,Importe pagado,Moneda,Referencia"
_COLUMNS = (
    "customer_external_id",
    "customer_name",
    "new_customer_id",
    "receivable_id",
    "entry_id",
    "number",
    "issued_on",
    "due_on",
    "amount",
)


def run(report: Report) -> None:
    """Measure first imports, the unchanged second one, and the memory of a process that does one."""
    with TemporaryDirectory(prefix="cartera-imports-") as home, embedded(Path(home, "home")) as servers:
        asyncio.run(upgrade(servers.owner))
        path, payments = Path(home, "invoices.csv"), Path(home, "payments.csv")
        write_invoices(path)
        _write_payments(payments)
        times = [asyncio.run(_round(servers.app, path, payments)) for _ in range(ROUNDS)]
        memory = _memory(servers.app, path)
    imported, again, bare, paid = (median(each) for each in zip(*times, strict=True))
    report.add(
        f"import of {INVOICES:,} invoices",
        measured=f"{imported:.1f} s",
        reference=f"bare COPY and upsert of the parsed rows {bare:.1f} s",
        ratio=f"{bare / imported:.2f} of its speed",
        goal="at least a third of the reference's speed",
        holds=bare / imported >= LEAST_SHARE,
    )
    report.add(
        "the same file again, nothing changed",
        measured=f"{again:.1f} s",
        reference=f"the first import {imported:.1f} s",
        ratio=f"{again / imported:.2f} of its time",
        goal="no longer than the first",
        holds=again <= imported,
    )
    pace = (PAYMENTS / paid) / (INVOICES / imported)
    report.add(
        f"import of {PAYMENTS:,} payments of these invoices",
        measured=f"{paid:.1f} s, {paid / PAYMENTS * 1000:.2f} ms each",
        reference=f"the first import, {imported / INVOICES * 1000:.2f} ms an invoice",
        ratio=f"{pace:.2f} of its rows per second",
        goal=f"at least {LEAST_PAYMENTS_SHARE:.2f}",
        holds=pace >= LEAST_PAYMENTS_SHARE,
    )
    report.add(
        "peak memory of that import",
        measured=f"{memory:.0f} MB",
        goal=f"under {MOST_MB} MB",
        holds=memory < MOST_MB,
    )


async def _round(where: DatabaseUrl, path: Path, payments: Path) -> tuple[float, float, float, float]:
    """Seconds of a first import, of the same again, of the reference, and of payments of these invoices."""
    db = Database(where, pool_size=2)
    ours, theirs = await add_organization(db), await add_organization(db)
    records = list(_records())
    with stopwatch() as imported:
        outcome = await apply(db, ours, path)
    assert (outcome.counts, outcome.bad, outcome.customers) == ({"created": INVOICES}, 0, CUSTOMERS)
    with stopwatch() as bare:
        await _reference(db, theirs, records)
    with stopwatch() as again:
        outcome = await apply(db, ours, path)
    assert outcome.counts == {"unchanged": INVOICES}
    with stopwatch() as paid:
        outcome = await apply(db, ours, payments)
    assert (outcome.counts, outcome.bad) == ({"created": PAYMENTS}, 0)
    await db.close()
    return imported[0], again[0], bare[0], paid[0]


async def add_organization(db: Database) -> UUID:
    organization_id = new_id()
    async with db.directory() as session:
        await session.execute(text(f"SET LOCAL app.organization = '{organization_id}'"))
        session.add(OrganizationDirectory(organization_id=organization_id, database="main"))
        session.add(
            Organization(
                organization_id=organization_id,
                name="Distribuidora del Valle",
                country="MX",
                time_zone="America/Mexico_City",
                base_currency="MXN",
                language="es",
                business_day=NOW.date(),
                holiday_policy="none",
                collector_scope="own",
                grace_banking_days=1,
                snapshot_guard_percent=40,
                accent="oklch(0.5 0.13 250)",
                contact_name="Ana Torres",
                contact_email="cobranza@delvalle.example",
                contact_phone="+525555550100",
                is_demo=False,
                created_at=NOW,
            )
        )
    return organization_id


async def apply(db: Database, organization_id: UUID, path: Path) -> Outcome:
    """What `cartera import` does with the file, from its first byte to the commit."""
    actor, import_id = system(organization_id, "bench"), new_id()
    table = open_csv(path)
    async with db.read(actor, NOW) as tx:
        knowledge = await knowledge_for(tx, table)
    proposal = propose(table, knowledge, Answers())
    async with db.write(actor, NOW) as tx:
        new = runs.NewImport(path.name, b"", {}, import_id=import_id)
        await runs.begin_import(tx, new, inspect=False)
        outcome = await apply_file(tx, proposal, ApplyOptions(import_id, NOW.date()))
        await runs.finish_import(tx, import_id, proposal, outcome)
    return outcome


async def _reference(db: Database, organization_id: UUID, records: list[tuple[Any, ...]]) -> None:
    async with db.write(system(organization_id, "bench"), NOW) as tx:
        await tx.session.execute(text("SET LOCAL statement_timeout = '15min'"))
        await tx.session.execute(text(_BARE))
        driver = (await (await tx.session.connection()).get_raw_connection()).driver_connection
        assert driver is not None
        await driver.copy_records_to_table("bare", records=records, columns=_COLUMNS)
        await tx.session.execute(text("ANALYZE bare"))
        for statement in (_CUSTOMERS, _RECEIVABLES, _ENTRIES):
            await tx.session.execute(text(statement), {"org": organization_id, "now": NOW})


def write_invoices(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        print(_HEADINGS, file=file)
        for customer, number, issued, due, amount in _invoices():
            money = f"{amount // 100}.{amount % 100:02}"
            print(f"C{customer:05},Cliente {customer},{number},{issued},{due},MXN,{money},{money}", file=file)


def _write_payments(path: Path) -> None:
    """Every fifth invoice is paid by a transfer of its own, each fourth of these in part."""
    with path.open("w", encoding="utf-8") as file:
        print(_PAYMENT_HEADINGS, file=file)
        step = INVOICES // PAYMENTS
        for index, (customer, number, issued, _, amount) in enumerate(list(_invoices())[::step]):
            minor = amount // 2 if index % 4 == 0 else amount
            money = f"{minor // 100}.{minor % 100:02}"
            print(f"C{customer:05},{number},{issued},{money},MXN,T{index}", file=file)


def _records() -> Iterator[tuple[Any, ...]]:
    for customer, number, issued, due, amount in _invoices():
        ids = new_id(), new_id(), new_id()
        yield f"C{customer:05}", f"Cliente {customer}", *ids, number, issued, due, amount


def _invoices() -> Iterator[tuple[int, str, date, date, int]]:
    first = date(2025, 11, 1)
    for index in range(INVOICES):
        issued = first + timedelta(days=index * 380 // INVOICES)
        yield index % CUSTOMERS, f"F{index:07}", issued, issued + timedelta(days=30), 10_000 + index * 7


def _memory(where: DatabaseUrl, path: Path) -> float:
    """MB at the peak of a process that does one import."""
    words = [sys.executable, "-m", "bench.imports", where.url, where.role or "", str(path)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


async def _once(where: DatabaseUrl, path: Path) -> None:
    db = Database(where, pool_size=2)
    await apply(db, await add_organization(db), path)
    await db.close()


_BARE = """
CREATE TEMP TABLE bare (customer_external_id text, customer_name text, new_customer_id uuid,
    receivable_id uuid, entry_id uuid, number text, issued_on date, due_on date, amount bigint)
ON COMMIT DROP
"""

_CUSTOMERS = """
INSERT INTO customer (organization_id, id, external_id, name, name_search, segment, country, language,
    time_zone, debtor_type, created_at, updated_at)
SELECT DISTINCT ON (customer_external_id) :org, new_customer_id, customer_external_id, customer_name,
    lower(customer_name), '', 'MX', 'es', 'America/Mexico_City', 'company', :now, :now
FROM bare ORDER BY customer_external_id
ON CONFLICT (organization_id, external_id) DO UPDATE SET name = excluded.name
WHERE customer.name IS DISTINCT FROM excluded.name
"""

_RECEIVABLES = """
INSERT INTO receivable (organization_id, id, customer_id, external_id, kind, number, issued_on, due_on,
    overdue_from, currency, amount_minor, charges_minor, settled_minor, balance_minor, state, created_at,
    updated_at)
SELECT :org, b.receivable_id, c.id, b.number, 'invoice', b.number, b.issued_on, b.due_on, b.due_on + 1, 'MXN',
    b.amount, 0, 0, b.amount, 'open', :now, :now
FROM bare b JOIN customer c ON c.organization_id = :org AND c.external_id = b.customer_external_id
ON CONFLICT (organization_id, external_id) DO UPDATE SET due_on = excluded.due_on,
    overdue_from = excluded.overdue_from, balance_minor = excluded.balance_minor
WHERE (receivable.due_on, receivable.balance_minor)
    IS DISTINCT FROM (excluded.due_on, excluded.balance_minor)
"""

_ENTRIES = """
INSERT INTO entry (organization_id, id, receivable_id, customer_id, kind, amount_minor, currency,
    effective_on, recorded_at, actor)
SELECT :org, b.entry_id, r.id, r.customer_id, 'issue', b.amount, 'MXN', b.issued_on, :now, 'system:bench'
FROM bare b JOIN receivable r ON r.organization_id = :org AND r.external_id = b.number
ON CONFLICT (organization_id, id) DO NOTHING
"""

if __name__ == "__main__":
    asyncio.run(_once(DatabaseUrl(sys.argv[1], sys.argv[2] or None), Path(sys.argv[3])))
    print(peak_memory_mb())
