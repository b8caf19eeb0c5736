"""Payments and payment attempts: methods and states (DOMAIN §3)."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethod(StrEnum):
    CASH = "cash"
    CHEQUE = "cheque"
    TRANSFER = "transfer"
    CARD = "card"
    WALLET = "wallet"
    OTHER = "other"


class DeductionReason(StrEnum):
    """Why a payment is short of what it pays, by the payer's word."""

    # A tax that the payer must withhold: settled, against its certificate.
    WITHHOLDING = "withholding"
    BANK_FEE = "bank_fee"
    EARLY_PAYMENT_DISCOUNT = "early_payment_discount"
    # Not accepted as owed: settles nothing and opens a dispute.
    DISPUTE = "dispute"


class ReversalKind(StrEnum):
    """Why money that had come in is no longer ours."""

    REFUND = "refund"
    CHARGEBACK = "chargeback"
    BOUNCE = "bounce"
    # It was never there: booked by mistake.
    CORRECTION = "correction"


class AttemptState(StrEnum):
    """States of a payment attempt at a gateway."""

    CREATED = "created"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


# A provider's older state never overrides a newer one: an attempt only moves to a higher rank.
ATTEMPT_RANK = {
    AttemptState.CREATED: 0,
    AttemptState.PENDING: 1,
    AttemptState.FAILED: 2,
    AttemptState.CANCELLED: 2,
    AttemptState.SUCCEEDED: 3,
    AttemptState.REFUNDED: 4,
    AttemptState.CHARGED_BACK: 5,
}

UNSETTLED_ATTEMPTS = (AttemptState.CREATED, AttemptState.PENDING)


class LinkState(StrEnum):
    ACTIVE = "active"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


# What a payer may keep back of a document on a collector's word, in basis points: taxes withheld in Latin
# America stay below a quarter of an invoice (Mexico on fees: income tax 10 % and two thirds of the VAT), the
# fee of a transfer below a fiftieth. Beyond it somebody else looks, as with a write-off.
LARGEST_DEDUCTIONS = {DeductionReason.WITHHOLDING: 2500, DeductionReason.BANK_FEE: 200}


def discount_allowed(*, amount: int, basis_points: int) -> int:
    """The early-payment discount on ``amount`` minor units, rounded half up: 200 basis points are 2 %."""
    return (amount * basis_points + 5_000) // 10_000


def supersedes(new: AttemptState, old: AttemptState) -> bool:
    """Whether a reported state may replace the stored one."""
    return ATTEMPT_RANK[new] > ATTEMPT_RANK[old]
