"""People at a customer."""

from __future__ import annotations

import strawberry

from api.schema.collector.nodes import Node
from cartera.db.tables import customers as tables
from cartera.rules.customers import AddressState, ContactRole


@strawberry.type(description="A person at the customer.")
class Contact(Node):
    name: str
    role: ContactRole
    email: str | None
    email_state: AddressState
    phone: str | None
    phone_state: AddressState
    is_primary: bool

    @classmethod
    def of(cls, row: tables.Contact) -> Contact:
        return cls(
            key=row.id,
            name=row.name,
            role=ContactRole(row.role),
            email=row.email,
            email_state=AddressState(row.email_state),
            phone=row.phone,
            phone_state=AddressState(row.phone_state),
            is_primary=row.is_primary,
        )
