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
    # Another document takes its place: a note or a cheque becomes the debt.
    SUBSTITUTION = "substitution"
    SETTLED_IN_ERP = "settled_in_erp"
    REVERSAL = "reversal"


# What a short payment's coded reason settles, beside its money.
DEDUCTIONS = (EntryKind.WITHHOLDING, EntryKind.BANK_FEE, EntryKind.EARLY_PAYMENT_DISCOUNT)


def state_of(owed: int, settled: int, *, written_off: int = 0, cancelled: int = 0) -> ReceivableState:
    """The state that entries give; minor units, 0 ≤ settled ≤ owed.

    ``written_off`` and ``cancelled`` are what of ``settled`` nobody paid, net of recoveries and reversals.
    """
    if settled >= owed:
        if written_off:
            return ReceivableState.WRITTEN_OFF
        return ReceivableState.CANCELLED if cancelled else ReceivableState.PAID
    return ReceivableState.PARTIALLY_PAID if settled else ReceivableState.OPEN
