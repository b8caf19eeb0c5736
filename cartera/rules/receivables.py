"""Receivables: kinds, states and the kinds of ledger entries that make their story (DOMAIN §2, §3)."""

from __future__ import annotations

from enum import StrEnum


class ReceivableKind(StrEnum):
    INVOICE = "invoice"
    DEBIT_NOTE = "debit_note"
    PROMISSORY_NOTE = "promissory_note"
    CHEQUE = "cheque"


class ReceivableState(StrEnum):
    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


class EntryKind(StrEnum):
    """What a ledger entry records. Its amount is signed: what it adds to the receivable's balance."""

    ISSUE = "issue"
    ALLOCATION = "allocation"
    CREDIT_NOTE = "credit_note"
    WITHHOLDING = "withholding"
    BANK_FEE = "bank_fee"
    EARLY_PAYMENT_DISCOUNT = "early_payment_discount"
    INTEREST = "interest"
    FEE = "fee"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    CANCELLATION = "cancellation"
    SETTLED_IN_ERP = "settled_in_erp"
    REVERSAL = "reversal"


def state_of(owed: int, settled: int) -> ReceivableState:
    """The state that money alone gives: ``owed`` and ``settled`` in minor units, 0 ≤ settled ≤ owed."""
    if settled >= owed:
        return ReceivableState.PAID
    return ReceivableState.PARTIALLY_PAID if settled else ReceivableState.OPEN
