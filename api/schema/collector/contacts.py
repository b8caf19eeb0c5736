"""People at a customer."""

from __future__ import annotations

from typing import Any, ClassVar

import strawberry

from api.schema.collector.fields import column
from api.schema.collector.nodes import Node
from cartera.db.tables import customers as tables
from cartera.rules.customers import AddressState, ContactRole


@strawberry.type(description="A person at the customer.")
class Contact(Node):
    identified_by: ClassVar[Any] = tables.Contact.id
    row: strawberry.Private[tables.Contact]
    name: str = column(tables.Contact.name)
    role: ContactRole = column(tables.Contact.role, ContactRole)
    email: str | None = column(tables.Contact.email)
    email_state: AddressState = column(tables.Contact.email_state, AddressState)
    phone: str | None = column(tables.Contact.phone)
    phone_state: AddressState = column(tables.Contact.phone_state, AddressState)
    is_primary: bool = column(tables.Contact.is_primary)

    @classmethod
    def of(cls, row: tables.Contact) -> Contact:
        return cls(key=row.id, row=row)
