"""Disputes: reason codes and states (DOMAIN §3)."""

from __future__ import annotations

from enum import StrEnum


class DisputeReason(StrEnum):
    PRICE = "price"
    QUANTITY = "quantity"
    QUALITY = "quality"
    NOT_RECEIVED = "not_received"
    DUPLICATE = "duplicate"
    MISSING_PURCHASE_ORDER = "missing_purchase_order"
    WRONG_TAX_DATA = "wrong_tax_data"
    ALREADY_PAID = "already_paid"
    NOT_OURS = "not_ours"


class DisputeState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
