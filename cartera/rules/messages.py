"""Messages: channels, templates and delivery states (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, TypeVar

from cartera.rules.customers import AddressState, ContactRole


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
    IN_PLAN = "in_plan"
    # A cheque or note that is to pay it waits for its date.
    INSTRUMENT = "instrument"
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


class Reachable(Protocol):
    """What is asked of a contact when a message looks for its reader."""

    @property
    def email(self) -> str | None: ...
    @property
    def email_state(self) -> str: ...
    @property
    def accepts_email(self) -> bool: ...
    @property
    def is_primary(self) -> bool: ...
    @property
    def role(self) -> str: ...


_Person = TypeVar("_Person", bound=Reachable)


def reader_of(contacts: Iterable[_Person]) -> _Person | HoldRule:
    """Whom an e-mail goes to: the primary contact, else whoever sees to the bills; or why nobody."""
    with_address = [
        person for person in contacts if person.email and person.email_state != AddressState.WRONG
    ]
    willing = [person for person in with_address if person.accepts_email]
    if not willing:
        return HoldRule.NO_CONSENT if with_address else HoldRule.NO_ADDRESS
    return min(
        willing, key=lambda person: (not person.is_primary, list(ContactRole).index(ContactRole(person.role)))
    )
