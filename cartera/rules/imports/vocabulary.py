"""The words that cells hold for kinds of document, currencies, payment methods, roles and languages."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar

from cartera.rules.currencies import MINOR_DIGITS
from cartera.rules.customers import ContactRole, Language
from cartera.rules.imports.headings import normalised
from cartera.rules.payments import PaymentMethod


class DocumentKind(StrEnum):
    """A receivable's kinds (``cartera.rules.receivables.ReceivableKind``) and the credit note."""

    INVOICE = "invoice"
    DEBIT_NOTE = "debit_note"
    PROMISSORY_NOTE = "promissory_note"
    CHEQUE = "cheque"
    CREDIT_NOTE = "credit_note"


_Word = TypeVar("_Word", bound=StrEnum)


def _index(words: dict[_Word, str]) -> dict[str, _Word]:
    return {normalised(word): value for value, line in words.items() for word in line.split(", ")}


# Numbers are the document types of Chile's SII; letters those of Mexico's SAT and of SAP.
_DOCUMENTS = _index(
    {
        DocumentKind.INVOICE: "factura, invoice, fatura, fac, fact, fv, inv, nf, nfe, nf-e, boleta, "
        "nota fiscal, factura electronica, factura de venta, factura exenta, 30, 32, 33, 34, 39, 41, "
        "110, i, ri, rv, dr",
        DocumentKind.DEBIT_NOTE: "nota de debito, debit note, nota debito, nd, 55, 56, 111, debit memo",
        DocumentKind.CREDIT_NOTE: "nota de credito, credit note, nota credito, nc, 60, 61, 112, e, "
        "credit memo, egreso, dg, credito, abono",
        DocumentKind.PROMISSORY_NOTE: "pagare, promissory note, nota promissoria, letra",
        DocumentKind.CHEQUE: "cheque, check",
    }
)

# Words of one country only; "pesos", "$" and "moneda nacional" are several countries' and are asked.
_CURRENCIES = {
    normalised(word): code
    for code, line in {
        "USD": "dolar, dolares, dollar, dollars, us dollar, dolares americanos, dolar americano, dls",
        "EUR": "euro, euros",
        "BRL": "real, reais, reales",
        "PEN": "sol, soles, nuevos soles",
        "GTQ": "quetzal, quetzales",
        "HNL": "lempira, lempiras",
        "PYG": "guarani, guaranies",
        "MXN": "peso mexicano, pesos mexicanos",
        "COP": "peso colombiano, pesos colombianos",
        "CLP": "peso chileno, pesos chilenos",
        "ARS": "peso argentino, pesos argentinos",
        "CAD": "dolar canadiense, dolares canadienses",
    }.items()
    for word in line.split(", ")
}
_SIGNS = {
    "US$": "USD", "USD$": "USD", "R$": "BRL", "S/": "PEN", "S/.": "PEN", "€": "EUR", "£": "GBP", "MX$": "MXN",
    "MXN$": "MXN", "COL$": "COP", "COP$": "COP", "CLP$": "CLP", "AR$": "ARS", "CA$": "CAD",
    "₡": "CRC", "₲": "PYG",
}  # fmt: skip

_METHODS = _index(
    {
        PaymentMethod.CASH: "efectivo, cash, dinheiro, 01",
        PaymentMethod.CHEQUE: "cheque, check, 02",
        PaymentMethod.TRANSFER: "transferencia, transfer, wire, deposito, spei, pse, ted, doc, pix, boleto, "
        "ach, 03, transferencia bancaria, transferencia electronica, bank transfer",
        PaymentMethod.CARD: "tarjeta, card, cartao, credit card, debit card, tarjeta de credito, "
        "tarjeta de debito, cartao de credito, 04, 28",
        PaymentMethod.WALLET: "billetera, wallet, monedero, carteira, yape, plin, nequi, mercado pago",
    }
)

_ROLES = _index(
    {
        ContactRole.BILLING: "facturacion, billing, cuentas por pagar, accounts payable, pagos, "
        "contabilidad, tesoreria, faturamento, contas a pagar, accounting, financeiro, finanzas, finance",
        ContactRole.DUNNING: "cobranza, cobranzas, collections, dunning, cobranca",
        ContactRole.LEGAL_GUARDIAN: "apoderado, tutor, guardian, legal guardian, padre, madre, responsavel, "
        "acudiente, representante legal",
        ContactRole.MANAGEMENT: "gerencia, gerente, direccion, management, manager, director, "
        "ceo, dueno, owner",
        ContactRole.OTHER: "otro, otra, other, outro, outra",
    }
)

_LANGUAGES = _index(
    {
        Language.ES: "es, spa, espanol, spanish, castellano, espanhol",
        Language.EN: "en, eng, ingles, english",
        Language.PT: "pt, por, portugues, portuguese, pt br",
    }
)

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


def document_kind(text: str) -> DocumentKind | None:
    return _DOCUMENTS.get(normalised(text))


def payment_method(text: str) -> PaymentMethod:
    """The method that a word means; a word that says nothing is ``other``."""
    return _METHODS.get(normalised(text), PaymentMethod.OTHER)


def contact_role(text: str) -> ContactRole | None:
    """The role that a word means; None for a job title that says nothing of it."""
    return _ROLES.get(normalised(text))


def language(text: str) -> Language | None:
    return _LANGUAGES.get(normalised(text))


def currency_of(text: str) -> str | None:
    """The ISO 4217 code that a cell or a mark means by itself, or None: ``$`` and ``pesos`` are many
    countries'."""
    upper = text.strip().upper()
    if upper in MINOR_DIGITS:
        return upper
    return _SIGNS.get(upper) or _CURRENCIES.get(normalised(text))


def is_wrong_code(text: str) -> bool:
    """Whether a cell has the form of an ISO code and is none: a mistake, not a word to ask about."""
    upper = text.strip().upper()
    return bool(_CODE.fullmatch(upper)) and currency_of(upper) is None


# Whose money a company code speaks of when it begins with a country, as CA02 does.
COUNTRY_CURRENCY: dict[str, str] = {
    "AR": "ARS", "AU": "AUD", "BO": "BOB", "BR": "BRL", "CA": "CAD", "CH": "CHF", "CL": "CLP", "CN": "CNY",
    "CO": "COP", "CR": "CRC", "DE": "EUR", "DO": "DOP", "EC": "USD", "ES": "EUR", "FR": "EUR", "GB": "GBP",
    "GT": "GTQ", "HN": "HNL", "IT": "EUR", "JP": "JPY", "MX": "MXN", "NI": "NIO", "PA": "USD", "PE": "PEN",
    "PT": "EUR", "PY": "PYG", "SV": "USD", "UK": "GBP", "US": "USD", "UY": "UYU", "VE": "VES",
}  # fmt: skip

_COUNTRY_CODE = re.compile(r"([A-Z]{2})(?:[0-9]{1,4}|[-_ ][A-Z0-9]+)?", re.ASCII)


def currency_of_company_code(code: str) -> str | None:
    """The currency of the country that a company or terms code begins with: CAD for CA02, None for U001."""
    match = _COUNTRY_CODE.fullmatch(code.strip().upper())
    return COUNTRY_CURRENCY.get(match[1]) if match else None
