"""Messages: channels, templates and delivery states (DOMAIN §3)."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    LETTER = "letter"


class Template(StrEnum):
    REMINDER = "reminder"
    RECEIPT = "receipt"


class MessageState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    FAILED = "failed"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class HoldRule(StrEnum):
    """Why a planned message did not leave: the rule that held or cancelled it."""

    NOTHING_DUE = "nothing_due"
    UNAPPLIED_MONEY = "unapplied_money"
    PAYMENT_PENDING = "payment_pending"
    PROMISED = "promised"
    DISPUTED = "disputed"
    ON_HOLD = "on_hold"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    CONTACT_HOURS = "contact_hours"
    CONTACT_FREQUENCY = "contact_frequency"
    SUPERSEDED = "superseded"
    GONE_FROM_ERP = "gone_from_erp"


# Not sent yet, and still to be decided about when the time comes.
WAITING = (MessageState.PLANNED, MessageState.HELD)

# It left, or may have: what it lists counts as said.
SAID = (
    MessageState.SENDING,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.OPENED,
    MessageState.FAILED,
    MessageState.BOUNCED,
)
