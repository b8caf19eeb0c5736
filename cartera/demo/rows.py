"""What the generator yields: one named tuple per row, its fields the columns of the table of that name.

``organization_id`` is left out, since a batch belongs to one organization; so are columns that stay NULL.
Amounts are minor units. ``Rows`` lists the tables in the order of their foreign keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class Member(NamedTuple):
    id: UUID
    email: str
    name: str
    role: str
    language: str
    is_active: bool
    created_at: datetime


class Team(NamedTuple):
    id: UUID
    name: str


class TeamMember(NamedTuple):
    team_id: UUID
    member_id: UUID


class ExchangeRate(NamedTuple):
    id: UUID
    currency: str
    quoted_on: date
    rate: Decimal
    source: str


class Customer(NamedTuple):
    id: UUID
    external_id: str
    name: str
    name_search: str
    tax_id: str
    segment: str
    industry: str
    customer_group: str | None
    collector_id: UUID
    salesperson_id: UUID
    country: str
    language: str
    time_zone: str
    debtor_type: str
    credit_limit_minor: int
    credit_currency: str
    created_at: datetime
    updated_at: datetime


class Assignment(NamedTuple):
    id: UUID
    customer_id: UUID
    valid_from: date
    collector_id: UUID
    salesperson_id: UUID
    segment: str
    recorded_at: datetime
    actor: str


class CustomerTag(NamedTuple):
    customer_id: UUID
    tag: str


class Contact(NamedTuple):
    id: UUID
    customer_id: UUID
    match_key: str
    name: str
    role: str
    email: str
    email_state: str
    phone: str
    phone_state: str
    language: str
    accepts_email: bool
    accepts_sms: bool
    accepts_whatsapp: bool
    is_primary: bool
    created_at: datetime
    updated_at: datetime


class Receivable(NamedTuple):
    id: UUID
    customer_id: UUID
    external_id: str
    kind: str
    number: str
    issued_on: date
    due_on: date
    overdue_from: date
    currency: str
    amount_minor: int
    charges_minor: int
    settled_minor: int
    charges_settled_minor: int
    written_off_minor: int
    cancelled_minor: int
    balance_minor: int
    state: str
    settled_on: date | None
    product_line: str
    sales_group: str
    salesperson_id: UUID
    purchase_order: str | None
    einvoice_id: str
    created_at: datetime
    updated_at: datetime


class Payment(NamedTuple):
    id: UUID
    customer_id: UUID
    external_id: str
    method: str
    currency: str
    amount_minor: int
    allocated_minor: int
    reversed_minor: int
    unapplied_minor: int
    received_on: date
    reference: str
    actor: str
    recorded_at: datetime


class CreditNote(NamedTuple):
    id: UUID
    customer_id: UUID
    external_id: str
    number: str
    issued_on: date
    currency: str
    amount_minor: int
    applied_minor: int
    applied_in_erp_minor: int
    reversed_minor: int
    unapplied_minor: int
    actor: str
    recorded_at: datetime


class Charge(NamedTuple):
    id: UUID
    receivable_id: UUID
    customer_id: UUID
    kind: str
    rule: str
    source: str
    currency: str
    amount_minor: int
    settled_minor: int
    balance_minor: int
    due_on: date
    posted_on: date
    recorded_at: datetime
    actor: str


class PaymentReversal(NamedTuple):
    id: UUID
    payment_id: UUID
    customer_id: UUID
    kind: str
    amount_minor: int
    currency: str
    external_id: str
    reason: str | None
    reversed_on: date
    recorded_at: datetime
    actor: str


class Entry(NamedTuple):
    id: UUID
    receivable_id: UUID
    customer_id: UUID
    kind: str
    amount_minor: int
    currency: str
    effective_on: date
    recorded_at: datetime
    charge_id: UUID | None
    payment_id: UUID | None
    credit_note_id: UUID | None
    reverses_id: UUID | None
    tax_document_needed: bool
    actor: str
    note: str | None


class Allocation(NamedTuple):
    id: UUID
    payment_id: UUID | None
    credit_note_id: UUID | None
    receivable_id: UUID
    entry_id: UUID
    amount_minor: int
    source_minor: int
    allocated_on: date
    recorded_at: datetime


class Promise(NamedTuple):
    id: UUID
    customer_id: UUID
    amount_minor: int
    currency: str
    due_on: date
    last_day: date
    state: str
    received_minor: int
    channel: str
    member_id: UUID | None
    note: str | None
    created_at: datetime
    resolved_on: date | None


class PromiseReceivable(NamedTuple):
    promise_id: UUID
    receivable_id: UUID


class Dispute(NamedTuple):
    id: UUID
    receivable_id: UUID
    customer_id: UUID
    reason: str
    amount_minor: int
    currency: str
    state: str
    owner_id: UUID
    opened_on: date
    deadline_on: date
    resolved_on: date | None
    accepted_minor: int | None
    note: str
    created_at: datetime


class Hold(NamedTuple):
    id: UUID
    customer_id: UUID
    until_on: date
    reason: str
    actor: str
    created_at: datetime


class Activity(NamedTuple):
    id: UUID
    customer_id: UUID
    kind: str
    outcome: str
    happened_at: datetime
    member_id: UUID
    contact_id: UUID | None
    note: str
    recorded_at: datetime


class Task(NamedTuple):
    id: UUID
    customer_id: UUID
    assignee_id: UUID
    kind: str
    due_at: datetime
    state: str
    note: str
    created_at: datetime


@dataclass
class Rows:
    """A batch of rows by table, every row after those that it refers to."""

    member: list[Member] = field(default_factory=list)
    team: list[Team] = field(default_factory=list)
    team_member: list[TeamMember] = field(default_factory=list)
    exchange_rate: list[ExchangeRate] = field(default_factory=list)
    customer: list[Customer] = field(default_factory=list)
    assignment: list[Assignment] = field(default_factory=list)
    customer_tag: list[CustomerTag] = field(default_factory=list)
    contact: list[Contact] = field(default_factory=list)
    receivable: list[Receivable] = field(default_factory=list)
    charge: list[Charge] = field(default_factory=list)
    payment: list[Payment] = field(default_factory=list)
    payment_reversal: list[PaymentReversal] = field(default_factory=list)
    credit_note: list[CreditNote] = field(default_factory=list)
    entry: list[Entry] = field(default_factory=list)
    allocation: list[Allocation] = field(default_factory=list)
    promise: list[Promise] = field(default_factory=list)
    promise_receivable: list[PromiseReceivable] = field(default_factory=list)
    dispute: list[Dispute] = field(default_factory=list)
    hold: list[Hold] = field(default_factory=list)
    activity: list[Activity] = field(default_factory=list)
    task: list[Task] = field(default_factory=list)

    def tables(self) -> list[tuple[str, tuple[str, ...], list[tuple[object, ...]]]]:
        """Name, columns and rows of each table that has any here, parents first."""
        named = [(each.name, getattr(self, each.name)) for each in fields(self)]
        return [(name, rows[0]._fields, rows) for name, rows in named if rows]
