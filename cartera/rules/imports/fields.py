"""The kinds of file, the fields a column may hold, and what each kind cannot do without."""

from __future__ import annotations

from enum import Enum, StrEnum


class FileKind(StrEnum):
    INVOICES = "invoices"
    PAYMENTS = "payments"
    CONTACTS = "contacts"


class ValueType(Enum):
    """What the cells of a field look like; content that does not fit weakens a heading's claim."""

    TEXT = "text"
    CODE = "code"
    NAME = "name"
    DATE = "date"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DOCUMENT_KIND = "document_kind"
    EMAIL = "email"
    PHONE = "phone"


class Field(StrEnum):
    """A field's value is the word that people write in ``--column "Heading"=due_date``."""

    COMPANY_CODE = "company_code"
    CUSTOMER_ID = "customer_id"
    CUSTOMER_NAME = "customer_name"
    TAX_ID = "tax_id"
    DOCUMENT_KIND = "document_kind"
    SERIES = "series"
    NUMBER = "number"
    INSTALMENT = "instalment"
    ISSUE_DATE = "issue_date"
    DUE_DATE = "due_date"
    TERMS = "terms"
    AMOUNT = "amount"
    BALANCE = "balance"
    CURRENCY = "currency"
    SETTLED_DATE = "settled_date"
    SETTLED_AMOUNT = "settled_amount"
    SALESPERSON = "salesperson"
    SALES_GROUP = "sales_group"
    PRODUCT_LINE = "product_line"
    FISCAL_ID = "fiscal_id"
    PAYMENT_ID = "payment_id"
    RECEIVED_DATE = "received_date"
    METHOD = "method"
    CONTACT_NAME = "contact_name"
    ROLE = "role"
    EMAIL = "email"
    PHONE = "phone"
    LANGUAGE = "language"


TYPE_OF: dict[Field, ValueType] = {
    Field.COMPANY_CODE: ValueType.CODE,
    Field.CUSTOMER_NAME: ValueType.NAME,
    Field.DOCUMENT_KIND: ValueType.DOCUMENT_KIND,
    Field.ISSUE_DATE: ValueType.DATE,
    Field.DUE_DATE: ValueType.DATE,
    Field.SETTLED_DATE: ValueType.DATE,
    Field.RECEIVED_DATE: ValueType.DATE,
    Field.AMOUNT: ValueType.AMOUNT,
    Field.BALANCE: ValueType.AMOUNT,
    Field.SETTLED_AMOUNT: ValueType.AMOUNT,
    Field.CURRENCY: ValueType.CURRENCY,
    Field.CONTACT_NAME: ValueType.NAME,
    Field.EMAIL: ValueType.EMAIL,
    Field.PHONE: ValueType.PHONE,
}

_WHO = (Field.CUSTOMER_ID, Field.CUSTOMER_NAME, Field.TAX_ID)

FIELDS_OF: dict[FileKind, tuple[Field, ...]] = {
    FileKind.INVOICES: (
        Field.COMPANY_CODE,
        *_WHO,
        Field.DOCUMENT_KIND,
        Field.SERIES,
        Field.NUMBER,
        Field.INSTALMENT,
        Field.ISSUE_DATE,
        Field.DUE_DATE,
        Field.TERMS,
        Field.AMOUNT,
        Field.BALANCE,
        Field.CURRENCY,
        Field.SETTLED_DATE,
        Field.SETTLED_AMOUNT,
        Field.SALESPERSON,
        Field.SALES_GROUP,
        Field.PRODUCT_LINE,
        Field.FISCAL_ID,
    ),
    FileKind.PAYMENTS: (
        Field.COMPANY_CODE,
        *_WHO,
        Field.SERIES,
        Field.NUMBER,
        Field.PAYMENT_ID,
        Field.RECEIVED_DATE,
        Field.AMOUNT,
        Field.CURRENCY,
        Field.METHOD,
    ),
    FileKind.CONTACTS: (*_WHO, Field.CONTACT_NAME, Field.ROLE, Field.EMAIL, Field.PHONE, Field.LANGUAGE),
}

# One of each group must be there. Issue and due date are looked at apart: one gives the other by the terms.
REQUIRED: dict[FileKind, tuple[tuple[Field, ...], ...]] = {
    FileKind.INVOICES: (
        (Field.CUSTOMER_ID, Field.TAX_ID),
        (Field.NUMBER,),
        (Field.ISSUE_DATE, Field.DUE_DATE),
        (Field.AMOUNT, Field.BALANCE),
    ),
    FileKind.PAYMENTS: (
        (Field.CUSTOMER_ID, Field.TAX_ID, Field.NUMBER),
        (Field.RECEIVED_DATE,),
        (Field.AMOUNT,),
    ),
    FileKind.CONTACTS: (
        (Field.CUSTOMER_ID, Field.TAX_ID),
        (Field.EMAIL, Field.PHONE, Field.CONTACT_NAME, Field.CUSTOMER_NAME),
    ),
}

DATE_FIELDS = tuple(field for field in Field if TYPE_OF.get(field) is ValueType.DATE)
AMOUNT_FIELDS = tuple(field for field in Field if TYPE_OF.get(field) is ValueType.AMOUNT)
