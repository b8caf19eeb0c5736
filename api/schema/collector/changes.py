"""What changed, for screens that fetch it again themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from api.schema import ids
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope

# The type of the node that changed, and the scope of those who are told.
_KINDS: dict[ChangeKind, tuple[str, Scope]] = {
    ChangeKind.CUSTOMER: ("Customer", Scope.CUSTOMERS_READ),
    ChangeKind.RECEIVABLE: ("Receivable", Scope.RECEIVABLES_READ),
    ChangeKind.PAYMENT: ("Payment", Scope.PAYMENTS_READ),
    ChangeKind.PROMISE: ("Promise", Scope.PROMISES_READ),
    ChangeKind.PLAN: ("Plan", Scope.PLANS_READ),
    ChangeKind.DISPUTE: ("Dispute", Scope.RECEIVABLES_READ),
    ChangeKind.ACTIVITY: ("Activity", Scope.ACTIVITIES_READ),
    ChangeKind.MESSAGE: ("Message", Scope.MESSAGES_READ),
    ChangeKind.IMPORT: ("ImportRun", Scope.IMPORTS_READ),
    ChangeKind.TASK: ("Task", Scope.ACTIVITIES_READ),
    ChangeKind.INSTRUMENT: ("Instrument", Scope.INSTRUMENTS_READ),
}


@strawberry.type(description="Something changed: fetch it again.")
class Change:
    scope: strawberry.Private[Scope]
    customer_key: strawberry.Private[UUID | None]
    kind: ChangeKind
    node_id: strawberry.ID
    customer_id: strawberry.ID | None

    @classmethod
    def of(cls, told: dict[str, Any]) -> Change:
        """From what the relay publishes."""
        kind = ChangeKind(told["kind"])
        type_name, scope = _KINDS[kind]
        customer = UUID(told["customer_id"]) if told["customer_id"] else None
        return cls(
            scope=scope,
            customer_key=customer,
            kind=kind,
            node_id=ids.encode(type_name, UUID(told["node_id"])),
            customer_id=ids.encode("Customer", customer) if customer else None,
        )
