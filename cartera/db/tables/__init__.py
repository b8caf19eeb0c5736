"""Every table of the house, one file a noun. Import this package to have the whole metadata."""

from cartera.db.base import Base
from cartera.db.tables import (
    access,
    accounts,
    activities,
    attachments,
    charges,
    customers,
    directory,
    disputes,
    imports,
    messages,
    organizations,
    outbox,
    payments,
    promises,
    receivables,
)

metadata = Base.metadata

__all__ = [
    "access",
    "accounts",
    "activities",
    "attachments",
    "charges",
    "customers",
    "directory",
    "disputes",
    "imports",
    "messages",
    "metadata",
    "organizations",
    "outbox",
    "payments",
    "promises",
    "receivables",
]
