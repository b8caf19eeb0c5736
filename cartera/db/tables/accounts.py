"""Account rows: everything the worklist shows of a customer, kept by the writes under one lock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Tenant, belongs_to, check, in_organization, index, one_of
from cartera.rules.activities import ActivityKind, TaskKind
from cartera.rules.promises import PromiseState


class Account(Tenant, Base):
    """One row per customer; amounts in the organization's base currency, for ranking and sums.

    The row is also the customer's lock: whoever changes the customer's books takes it first.
    """

    __tablename__ = "account"
    __table_args__ = (
        belongs_to("account", "customer_id", "customer"),
        one_of("account", "promise_state", PromiseState),
        one_of("account", "last_contact_kind", ActivityKind),
        one_of("account", "next_action_kind", TaskKind),
        index("account", "due_rank", "priority", "customer_id", suffix="priority"),
        index("account", "collector_id", "due_rank", "priority", "customer_id", suffix="collector_priority"),
        index("account", "promise_state", "customer_id", where=text("promise_state IS NOT NULL")),
        index("account", "overdue_minor", "customer_id", suffix="overdue"),
        index("account", "balance_minor", "customer_id", suffix="balance"),
        index("account", "oldest_due_on", "customer_id", suffix="oldest_due"),
        index("account", "next_action_at", "customer_id", suffix="next_action"),
        index("account", "last_contact_at", "customer_id", suffix="last_contact"),
        # Room for the next version of each row beside it, so that indexes whose columns stay are left alone.
        {"postgresql_with": {"fillfactor": 50}},
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    collector_id: Mapped[UUID | None]
    business_day: Mapped[date]
    balance_minor: Mapped[int]
    overdue_minor: Mapped[int]
    unapplied_minor: Mapped[int]
    # True where some currency has no rate to the base currency: such balances are in no base figure.
    lacks_rate: Mapped[bool]
    open_count: Mapped[int]
    overdue_count: Mapped[int]
    oldest_due_on: Mapped[date | None]
    # History: receivables that were due, how many were late, days late; open past due ones count to today.
    matured_count: Mapped[int]
    late_count: Mapped[int]
    late_days: Mapped[int]
    # Σ(amount × days late) ÷ Σ amount over matured receivables (DOMAIN §5, customer delay), in days.
    delay_days: Mapped[int]
    # Expected late money in minor units of the base currency, plus what its reasons add (DOMAIN §6).
    priority: Mapped[int]
    reasons: Mapped[list[Any]]
    # 1 once the hour of a follow-up has come: those come first.
    due_rank: Mapped[int]
    # Something is to be done: a follow-up's hour has come, or something overdue waits for nothing (no next
    # action, no promise, hold or dispute over all of it).
    due_now: Mapped[bool]
    last_contact_at: Mapped[datetime | None]
    last_contact_kind: Mapped[str | None]
    last_payment_on: Mapped[date | None]
    promise_id: Mapped[UUID | None]
    promise_state: Mapped[str | None]
    promise_due_on: Mapped[date | None]
    next_action_at: Mapped[datetime | None]
    next_action_kind: Mapped[str | None]
    refreshed_at: Mapped[datetime]


class AccountBalance(Tenant, Base):
    """A customer's open balance in one currency, by aging bucket; minor units of that currency."""

    __tablename__ = "account_balance"
    __table_args__ = (
        belongs_to("account_balance", "customer_id", "customer"),
        check(
            "account_balance",
            "buckets",
            "balance_minor = current_minor + days_1_30_minor + days_31_60_minor + days_61_90_minor"
            " + over_90_minor",
        ),
        {"postgresql_with": {"fillfactor": 70}},
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    balance_minor: Mapped[int]
    overdue_minor: Mapped[int]
    current_minor: Mapped[int]
    days_1_30_minor: Mapped[int]
    days_31_60_minor: Mapped[int]
    days_61_90_minor: Mapped[int]
    over_90_minor: Mapped[int]
    unapplied_minor: Mapped[int]


class AccountHistory(Tenant, Base):
    """How a customer paid what is settled, in one currency, over the days that its history goes back.

    No row: nothing is settled, or none was asked for yet.
    """

    __tablename__ = "account_history"
    __table_args__ = (belongs_to("account_history", "customer_id", "customer"),)

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    matured_count: Mapped[int]
    late_count: Mapped[int]
    late_days: Mapped[int]
    amount_minor: Mapped[int]
    # Σ(amount × days late), beyond any bigint.
    delayed_minor_days: Mapped[Decimal] = mapped_column(Numeric(38, 0))
    # The three settled last: [settled on, due on, id, days late], the latest first.
    newest: Mapped[list[Any]]
    # The first business day on which one of those counted is too old; then the row is to be recomputed.
    stands_until: Mapped[date]


class SegmentHistory(Tenant, Base):
    """How a segment pays, towards which a customer's own short history is shrunk; kept daily."""

    __tablename__ = "segment_history"
    __table_args__ = (in_organization("segment_history"),)

    segment: Mapped[str] = mapped_column(primary_key=True)
    matured_count: Mapped[int]
    late_count: Mapped[int]
    late_days: Mapped[int]
