"""Every table of the house, one file a noun. Import this package to have the whole metadata."""

from cartera.db.base import Base
from cartera.db.tables import (
    access,
    accounts,
    activities,
    assignments,
    attachments,
    charge_policies,
    charges,
    customers,
    directory,
    disputes,
    due_balances,
    imports,
    instruments,
    messages,
    organizations,
    outbox,
    payments,
    plans,
    promises,
    receivables,
)

metadata = Base.metadata

__all__ = [
    "access",
    "accounts",
    "activities",
    "assignments",
    "attachments",
    "charge_policies",
    "charges",
    "customers",
    "directory",
    "disputes",
    "due_balances",
    "imports",
    "instruments",
    "messages",
    "metadata",
    "organizations",
    "outbox",
    "payments",
    "plans",
    "promises",
    "receivables",
]
