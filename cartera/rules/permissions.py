"""Who may do what: roles, scopes and which rows a role sees."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    COLLECTOR = "collector"
    SALESPERSON = "salesperson"
    VIEWER = "viewer"


class Scope(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    RECEIVABLES_READ = "receivables:read"
    RECEIVABLES_WRITE = "receivables:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    PROMISES_READ = "promises:read"
    PROMISES_WRITE = "promises:write"
    ACTIVITIES_READ = "activities:read"
    ACTIVITIES_WRITE = "activities:write"
    CHARGES_WRITE = "charges:write"
    DISPUTES_WRITE = "disputes:write"
    INSTRUMENTS_READ = "instruments:read"
    INSTRUMENTS_WRITE = "instruments:write"
    PLANS_READ = "plans:read"
    PLANS_WRITE = "plans:write"
    # What changes the books beyond a collector's day: write off, give money back, close periods, policies.
    BOOKS_WRITE = "books:write"
    AUDIT_READ = "audit:read"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    METRICS_READ = "metrics:read"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"


# What reading a row of each noun needs, wherever it shows.
NOUN_SCOPES: dict[str, Scope] = {
    "activity": Scope.ACTIVITIES_READ,
    "allocation": Scope.PAYMENTS_READ,
    "attachment": Scope.RECEIVABLES_READ,
    "contact": Scope.CUSTOMERS_READ,
    "charge": Scope.RECEIVABLES_READ,
    "credit_note": Scope.PAYMENTS_READ,
    "customer": Scope.CUSTOMERS_READ,
    "dispute": Scope.RECEIVABLES_READ,
    "entry": Scope.RECEIVABLES_READ,
    "hold": Scope.CUSTOMERS_READ,
    "import_run": Scope.IMPORTS_READ,
    "member": Scope.MEMBERS_READ,
    "message": Scope.MESSAGES_READ,
    "instrument": Scope.INSTRUMENTS_READ,
    "payment": Scope.PAYMENTS_READ,
    "payment_attempt": Scope.PAYMENTS_READ,
    "payment_link": Scope.PAYMENTS_READ,
    "plan": Scope.PLANS_READ,
    "promise": Scope.PROMISES_READ,
    "receivable": Scope.RECEIVABLES_READ,
    "task": Scope.ACTIVITIES_READ,
}

_READ = frozenset(scope for scope in Scope if scope.value.endswith(":read"))
_PORTFOLIO_READ = _READ - {Scope.IMPORTS_READ, Scope.MEMBERS_READ, Scope.AUDIT_READ}

ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    Role.MANAGER: frozenset(Scope) - {Scope.MEMBERS_WRITE},
    Role.COLLECTOR: _PORTFOLIO_READ
    | {
        Scope.MEMBERS_READ,
        Scope.CUSTOMERS_WRITE,
        Scope.PAYMENTS_WRITE,
        Scope.PROMISES_WRITE,
        Scope.CHARGES_WRITE,
        Scope.DISPUTES_WRITE,
        Scope.INSTRUMENTS_WRITE,
        Scope.PLANS_WRITE,
        Scope.ACTIVITIES_WRITE,
        Scope.MESSAGES_WRITE,
    },
    Role.SALESPERSON: _PORTFOLIO_READ | {Scope.ACTIVITIES_WRITE},
    Role.VIEWER: _PORTFOLIO_READ | {Scope.MEMBERS_READ},
}


class CollectorScope(StrEnum):
    """The organization's policy: whose customers a collector sees."""

    OWN = "own"
    TEAM = "team"
    ALL = "all"


class RowScope(StrEnum):
    """Which customers' rows an actor sees."""

    ALL = "all"
    TEAM = "team"
    ASSIGNED = "assigned"
    SOLD = "sold"


def row_scope(role: Role, policy: CollectorScope) -> RowScope:
    """A salesperson reads only own customers; a collector what the organization's policy says."""
    if role is Role.SALESPERSON:
        return RowScope.SOLD
    if role is not Role.COLLECTOR or policy is CollectorScope.ALL:
        return RowScope.ALL
    return RowScope.TEAM if policy is CollectorScope.TEAM else RowScope.ASSIGNED
