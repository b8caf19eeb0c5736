"""Contacts of a file: people at customers that the books know."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from cartera.db.base import new_id
from cartera.db.queries.accounts import CHUNK, refresh_accounts
from cartera.db.queries.locks import lock_many
from cartera.db.session import WriteTx
from cartera.db.tables.customers import Contact, Customer
from cartera.rules.customers import AddressState
from cartera.rules.imports.problems import ProblemCode
from cartera.rules.imports.rows import ContactRow
from cartera.services.imports.outcome import Outcome


async def apply_contacts(tx: WriteTx, rows: Sequence[ContactRow], outcome: Outcome) -> None:
    """Add contacts and bring known ones up to the file; a contact that says the same is left untouched."""
    ids = {row.customer_id for row in rows}
    found = await tx.session.execute(
        select(Customer.external_id, Customer.id, Customer.name).where(Customer.external_id.in_(ids))
    )
    customers = {external_id: (customer_id, name) for external_id, customer_id, name in found}
    await lock_many(tx, {customer_id for customer_id, _ in customers.values()})
    has_primary = set(await tx.session.scalars(select(Contact.customer_id).where(Contact.is_primary)))
    changed: set[UUID] = set()
    for row in rows:
        if row.customer_id not in customers:
            outcome.refuse_line(row.line, ProblemCode.CUSTOMER_UNKNOWN, row.customer_id)
            continue
        customer_id, customer_name = customers[row.customer_id]
        is_primary = customer_id not in has_primary and bool(row.emails)
        written = await _upsert(tx, customer_id, row, row.name or customer_name, is_primary)
        outcome.add(written, 1)
        if written != "unchanged":
            changed.add(customer_id)
            has_primary |= {customer_id} if is_primary else set()
    ordered = sorted(changed)
    for chunk in range(0, len(ordered), CHUNK):
        await refresh_accounts(tx, ordered[chunk : chunk + CHUNK])


async def _upsert(tx: WriteTx, customer_id: UUID, row: ContactRow, name: str, is_primary: bool) -> str:
    """created, updated or unchanged. A changed address starts unverified."""
    email = row.emails[0].lower() if row.emails else None
    phone = row.phones[0] if row.phones else None
    identifier = new_id()
    statement = insert(Contact).values(
        organization_id=tx.organization_id,
        id=identifier,
        customer_id=customer_id,
        match_key=email or phone or name.lower(),
        name=name,
        role=row.role,
        email=email,
        email_state=AddressState.UNVERIFIED,
        phone=phone,
        phone_state=AddressState.UNVERIFIED,
        language=row.language,
        accepts_email=True,
        accepts_sms=True,
        accepts_whatsapp=True,
        is_primary=is_primary,
        created_at=tx.now,
        updated_at=tx.now,
    )
    new = statement.excluded
    upsert = statement.on_conflict_do_update(
        index_elements=["organization_id", "customer_id", "match_key"],
        set_={"name": new.name, "role": new.role, "phone": new.phone, "updated_at": new.updated_at},
        where=or_(
            Contact.name.is_distinct_from(new.name),
            Contact.role.is_distinct_from(new.role),
            Contact.phone.is_distinct_from(new.phone),
        ),
    ).returning(Contact.id)
    written = await tx.session.scalar(upsert)
    if written is None:
        return "unchanged"
    return "created" if written == identifier else "updated"
