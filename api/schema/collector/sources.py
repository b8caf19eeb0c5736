"""The rows of each noun that an actor sees, and its lists: what types say that their fields are read from.

Beside the types, since these refer to each other in circles.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from api.selection.kinds import Attribute
from api.selection.lists import Listing
from api.selection.relations import One, Source
from cartera.db.queries import (
    attachments,
    customers,
    dispute_lists,
    imports,
    instrument_lists,
    plans,
    promise_lists,
    rates,
    receivables,
    rows,
)
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Activity, Task
from cartera.db.tables.attachments import Attachment
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.imports import ImportRun
from cartera.db.tables.instruments import Instrument, InstrumentReceivable
from cartera.db.tables.messages import Message
from cartera.db.tables.organizations import Member, Organization
from cartera.db.tables.payments import Allocation, CreditNote, Payment
from cartera.db.tables.plans import Instalment, Plan, PlanReceivable
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Entry, Receivable

CUSTOMERS = Listing(Source([Customer, Account], customers.seen), customers.conditions)
PROMISES = Listing(Source([Promise], promise_lists.seen), promise_lists.conditions)
RECEIVABLES = Listing(Source([Receivable], receivables.seen), receivables.conditions)
DISPUTES = Listing(Source([Dispute], dispute_lists.seen), dispute_lists.conditions)
INSTRUMENTS = Listing(Source([Instrument], instrument_lists.seen), instrument_lists.conditions)
IMPORTS = Listing(Source.of(ImportRun), imports.conditions)
RATES = {kind: Listing(Source.of(of.table), rates.conditions) for kind, of in rates.COLUMNS.items()}
PLANS = Source([Plan], plans.seen)
ATTACHMENTS = Source([Attachment], attachments.seen)

# Of a customer in sight, whose rows are all in sight.
INSTRUMENTS_OF_CUSTOMER = Listing(Source.of(Instrument), instrument_lists.conditions)
PROMISES_OF_CUSTOMER = Listing(Source.of(Promise), promise_lists.conditions)
RECEIVABLES_OF_CUSTOMER = Listing(Source.of(Receivable), receivables.conditions)

# Each with the promises that name it.
NAMED_BY_PROMISES = Source(
    [Receivable],
    lambda frame, *columns: receivables.seen(frame, *columns).join(
        PromiseReceivable, PromiseReceivable.receivable_id == Receivable.id
    ),
)

# Each with the plans that are about it.
NAMED_BY_PLANS = Source(
    [Receivable],
    lambda frame, *columns: receivables.seen(frame, *columns).join(
        PlanReceivable, PlanReceivable.receivable_id == Receivable.id
    ),
)
# With the plan, which knows their currency.
INSTALMENTS = Source(
    [Instalment, Plan],
    lambda frame, *columns: (
        select(*columns).select_from(Instalment).join(Plan, Plan.id == Instalment.plan_id)
    ),
)
# What instruments are for; and each instrument with what it is for.
INSTRUMENT_LINKS = Source([InstrumentReceivable, Receivable], instrument_lists.seen_links)
LINKED_INSTRUMENTS = Source(
    [Instrument],
    lambda frame, *columns: instrument_lists.seen(frame, *columns).join(
        InstrumentReceivable, InstrumentReceivable.instrument_id == Instrument.id
    ),
)


def of_customers(table: Any) -> Source:
    """Rows of a table that belong to customers in the actor's sight."""
    return Source([table], lambda frame, *columns: rows.seen(frame, table, *columns))


ACTIVITIES = of_customers(Activity)
CHARGES = of_customers(Charge)
CONTACTS = of_customers(Contact)
CREDIT_NOTES = of_customers(CreditNote)
ENTRIES = of_customers(Entry)
MEMBERS = Source.of(Member)
MESSAGES = of_customers(Message)
# The caller's own: whatever a statement reads is bound to one organization.
ORGANIZATIONS = Source.of(Organization)
PAYMENTS = of_customers(Payment)
TASKS = of_customers(Task)

# Each with its receivable, and with the payment or the credit note behind it.
ALLOCATIONS = Source([Allocation, Receivable, Payment, CreditNote], rows.allocated)
DEDUCTIONS = Source([Entry], rows.deducted)


_CUSTOMER = Source(
    [Customer, Account],
    lambda frame, *columns: (
        select(*columns).select_from(Customer).join(Account, Account.customer_id == Customer.id)
    ),
)


# The row that another one of the same customer names: who sees that one sees this one.
def customer(key: Attribute) -> One:
    return One(_CUSTOMER, Customer.id, key)


def receivable(key: Attribute) -> One:
    return One(Source.of(Receivable), Receivable.id, key)


def promise(key: Attribute) -> One:
    return One(Source.of(Promise), Promise.id, key)


def member(key: Attribute) -> One:
    return One(MEMBERS, Member.id, key)


def payment(key: Attribute) -> One:
    return One(Source.of(Payment), Payment.id, key)


def credit_note(key: Attribute) -> One:
    return One(Source.of(CreditNote), CreditNote.id, key)
