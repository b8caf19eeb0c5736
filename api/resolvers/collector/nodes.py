"""``node(id:)``: any node again, by its id. What the caller may not see is as if it were not there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import ids
from api.schema.collector import sources
from api.schema.collector.activities import Activity
from api.schema.collector.attachments import Attachment
from api.schema.collector.charges import Charge
from api.schema.collector.contacts import Contact
from api.schema.collector.customers import Customer
from api.schema.collector.disputes import Dispute
from api.schema.collector.imports import ImportRun
from api.schema.collector.instruments import Instrument
from api.schema.collector.members import Member, Organization
from api.schema.collector.messages import Message
from api.schema.collector.nodes import Node
from api.schema.collector.payments import Allocation, CreditNote, Payment
from api.schema.collector.plans import Plan
from api.schema.collector.promises import Promise
from api.schema.collector.receivables import Entry, Receivable
from api.schema.collector.tasks import Task
from api.schema.permissions import anybody
from api.selection.kinds import Attribute
from api.selection.planning import RowRoot
from api.selection.reading import read_row
from api.selection.relations import Source
from cartera.db.queries import attachments, customers, imports, members, rows
from cartera.db.tables import activities as activity_tables
from cartera.db.tables import charges as charge_tables
from cartera.db.tables import customers as customer_tables
from cartera.db.tables import disputes as dispute_tables
from cartera.db.tables import instruments as instrument_tables
from cartera.db.tables import messages as message_tables
from cartera.db.tables import organizations as organization_tables
from cartera.db.tables import payments as payment_tables
from cartera.db.tables import plans as plan_tables
from cartera.db.tables import promises as promise_tables
from cartera.db.tables import receivables as receivable_tables
from cartera.db.tables.attachments import Attachment as Attached
from cartera.db.tables.imports import ImportRun as Imported
from cartera.errors import NotFound
from cartera.rules.permissions import NOUN_SCOPES

Fetch = Callable[[Info, UUID], Awaitable[Node | None]]


async def _customer(info: Info, key: UUID) -> Node | None:
    found = await info.context.load(customers.by_ids, key)
    return Customer.of(*found, info.context.organization.base_currency) if found else None


async def _organization(info: Info, key: UUID) -> Node | None:
    own = info.context.organization
    return Organization.of(own) if key == own.organization_id else None


async def _member(info: Info, key: UUID) -> Node | None:
    found = await info.context.load(members.by_ids, key)
    return Member.of(found) if found else None


async def _import(info: Info, key: UUID) -> Node | None:
    found = await info.context.load(imports.by_ids, key)
    return ImportRun.of(found) if found else None


async def _receivable(info: Info, key: UUID) -> Node | None:
    found = await info.context.load(rows.by_ids, key, receivable_tables.Receivable)
    return Receivable.of(found, info.context.today) if found else None


async def _attachment(info: Info, key: UUID) -> Node | None:
    found = await info.context.load(attachments.by_ids, key)
    return Attachment.of(found) if found else None


async def _allocation(info: Info, key: UUID) -> Node | None:
    found = await info.context.load(rows.allocations_by_ids, key)
    return Allocation.of(found) if found else None


def _row(noun: Any, kind: Any) -> Fetch:
    async def fetch(info: Info, key: UUID) -> Node | None:
        found = await info.context.load(rows.by_ids, key, noun)
        return kind.of(found) if found else None

    return fetch


# Each type's noun, whose scope it needs, and how it is found; everybody may see the own organization.
NODES: dict[str, tuple[str, Fetch]] = {
    "Activity": ("activity", _row(activity_tables.Activity, Activity)),
    "Allocation": ("allocation", _allocation),
    "Charge": ("charge", _row(charge_tables.Charge, Charge)),
    "Attachment": ("attachment", _attachment),
    "Contact": ("contact", _row(customer_tables.Contact, Contact)),
    "CreditNote": ("credit_note", _row(payment_tables.CreditNote, CreditNote)),
    "Customer": ("customer", _customer),
    "Dispute": ("dispute", _row(dispute_tables.Dispute, Dispute)),
    "Entry": ("entry", _row(receivable_tables.Entry, Entry)),
    "ImportRun": ("import_run", _import),
    "Instrument": ("instrument", _row(instrument_tables.Instrument, Instrument)),
    "Member": ("member", _member),
    "Message": ("message", _row(message_tables.Message, Message)),
    "Organization": ("organization", _organization),
    "Payment": ("payment", _row(payment_tables.Payment, Payment)),
    "Plan": ("plan", _row(plan_tables.Plan, Plan)),
    "Promise": ("promise", _row(promise_tables.Promise, Promise)),
    "Receivable": ("receivable", _receivable),
    "Task": ("task", _row(activity_tables.Task, Task)),
}


# Those that one statement can read, and the column of their key.
READ_FROM: dict[str, tuple[Source, Attribute]] = {
    "Activity": (sources.ACTIVITIES, activity_tables.Activity.id),
    "Allocation": (sources.ALLOCATIONS, payment_tables.Allocation.id),
    "Attachment": (sources.ATTACHMENTS, Attached.id),
    "Charge": (sources.CHARGES, charge_tables.Charge.id),
    "Contact": (sources.CONTACTS, customer_tables.Contact.id),
    "CreditNote": (sources.CREDIT_NOTES, payment_tables.CreditNote.id),
    "Customer": (sources.CUSTOMERS.source, customer_tables.Customer.id),
    "Dispute": (sources.DISPUTES.source, dispute_tables.Dispute.id),
    "Entry": (sources.ENTRIES, receivable_tables.Entry.id),
    "ImportRun": (sources.IMPORTS.source, Imported.id),
    "Instrument": (sources.INSTRUMENTS.source, instrument_tables.Instrument.id),
    "Member": (sources.MEMBERS, organization_tables.Member.id),
    "Message": (sources.MESSAGES, message_tables.Message.id),
    "Organization": (sources.ORGANIZATIONS, organization_tables.Organization.organization_id),
    "Payment": (sources.PAYMENTS, payment_tables.Payment.id),
    "Plan": (sources.PLANS, plan_tables.Plan.id),
    "Promise": (sources.PROMISES.source, promise_tables.Promise.id),
    "Receivable": (sources.RECEIVABLES.source, receivable_tables.Receivable.id),
    "Task": (sources.TASKS, activity_tables.Task.id),
}


@strawberry.type
class NodeQueries:
    @anybody("Null for what is not there, or not in sight.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        try:
            name, key = ids.split(id)
        except NotFound:
            return None
        if name not in NODES:
            return None
        noun, fetch = NODES[name]
        scope = NOUN_SCOPES.get(noun)
        if scope is not None and not info.context.actor.can(scope):
            return None
        if name not in READ_FROM:
            return await fetch(info, key)
        found: Node | None = await read_row(
            info, name, RowRoot(*READ_FROM[name], key), lambda: fetch(info, key)
        )
        return found
