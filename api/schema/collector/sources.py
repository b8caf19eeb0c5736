"""The rows of each noun that an actor sees, and its lists: what types say that their fields are read from.

Beside the types, since these refer to each other in circles.
"""

from __future__ import annotations

from sqlalchemy import select

from api.selection.kinds import Attribute
from api.selection.lists import Listing
from api.selection.relations import One, Source
from cartera.db.queries import customers, promise_lists, receivables
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Member
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Receivable

CUSTOMERS = Listing(Source([Customer, Account], customers.seen), customers.conditions)
PROMISES = Listing(Source([Promise], promise_lists.seen), promise_lists.conditions)
RECEIVABLES = Listing(Source([Receivable], receivables.seen), receivables.conditions)

# Of a customer in sight, whose rows are all in sight.
PROMISES_OF_CUSTOMER = Listing(Source.of(Promise), promise_lists.conditions)
RECEIVABLES_OF_CUSTOMER = Listing(Source.of(Receivable), receivables.conditions)

# Each with the promises that name it.
NAMED_BY_PROMISES = Source(
    [Receivable],
    lambda frame, *columns: receivables.seen(frame, *columns).join(
        PromiseReceivable, PromiseReceivable.receivable_id == Receivable.id
    ),
)


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
    return One(Source.of(Member), Member.id, key)
