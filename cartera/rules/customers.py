"""Customers and contacts: the closed vocabularies their rows use."""

from __future__ import annotations

from enum import StrEnum


class DebtorType(StrEnum):
    COMPANY = "company"
    CONSUMER = "consumer"


class ContactRole(StrEnum):
    BILLING = "billing"
    DUNNING = "dunning"
    LEGAL_GUARDIAN = "legal_guardian"
    MANAGEMENT = "management"
    OTHER = "other"


class AddressState(StrEnum):
    """What is known of an e-mail address or a telephone number."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    WRONG = "wrong"


class Language(StrEnum):
    ES = "es"
    EN = "en"
    PT = "pt"
