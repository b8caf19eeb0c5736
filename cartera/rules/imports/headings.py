"""The words of headings in Spanish, English, Portuguese and the large ERPs, reduced to concepts.

A heading becomes a set of concepts (``Fecha de vencimiento``, ``due_in_date`` and ``Dt. Vencto`` all become
date + due), and a field knows the sets that mean it, each with how surely it does. New words of customers'
files belong here and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from cartera.rules.imports.fields import Field, FileKind

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
LONGEST_HEADING = 200
_ABBREVIATION = re.compile(r"\b(?:[A-Za-z]\.){2,}")
_WORD = re.compile(r"[a-z0-9#]+")

_NOISE = frozenset(
    [
        "de",
        "del",
        "la",
        "el",
        "las",
        "los",
        "da",
        "do",
        "das",
        "dos",
        "of",
        "the",
        "a",
        "al",
        "an",
        "e",
        "y",
        "in",
        "en",
        "em",
        "for",
        "por",
        "para",
        "su",
        "seu",
        "your",
        "nuestro",
        "electronico",
        "electronica",
        "electronic",
        "eletronico",
        "eletronica",
        "comercial",
        "sap",
    ]
)

_CONCEPTS: dict[str, str] = {
    "date": "fecha date data dt fec fch fcha f",
    "due": "vencimiento vencimento vence due maturity vto venc vcto vencto expiry expiration",
    "overdue": "vencido vencida vencidos overdue atraso atrasado late mora",
    "issue": "emision emissao issue issued issuance expedicion emitida emitido facturacion faturamento",
    "create": "create created creation creacion criacao elaboracion",
    "invoice": "factura fact fac invoice inv fatura boleta bill nf nfe nfse facturas",
    "document": "documento doc docto document comprobante titulo duplicata cfdi dte doctos",
    "customer": "cliente customer client cust deudor debtor sacado devedor receptor pagador comprador buyer",
    "student": "alumno student aluno estudiante",
    "code": "codigo cod code id clave no nro num numero number nbr n nº # identificador key",
    "name": "nombre name nome",
    "amount": "importe monto amount amt valor value montante quantia imp vlr vl vr",
    "total": "total gran bruto gross",
    "balance": "saldo balance saldos",
    "open": "open pendiente pendente outstanding abierto aberto insoluto remaining",
    "debt": "deuda adeudo adeudado divida debt owed adeudada",
    "payment": "pago pagos payment payments paid pagado pagada pagamento abono abonos abonado cobro cobrado "
    "cobranza settled settlement clear cleared clearing recebimento recebido received liquidacion liquidado",
    "cancelled": "cancelacion cancelado cancelada",
    "currency": "moneda divisa currency moeda curr ccy",
    "terms": "terminos terms termino plazo prazo condiciones condicion condicao",
    "credit": "credito credit",
    "type": "tipo type clase class tp",
    "method": "metodo method forma medio meio",
    "reference": "referencia reference ref",
    "transaction": "transaccion transaction transacao operacion operation operacao movimiento txn",
    "receipt": "recibo receipt",
    "deposit": "deposito deposit transferencia transfer",
    "posting": "posting contabilizacion contable contabil lancamento registro booking",
    "baseline": "baseline base",
    "email": "email mail correo emails mails correos",
    "phone": "telefono phone celular movil mobile tel whatsapp fone telefone cel fono telephone",
    "contact": "contacto contact contato",
    "person": "person persona pessoa",
    "guardian": "apoderado guardian tutor responsable responsavel",
    "role": "cargo rol puesto role position funcao area departamento department",
    "language": "idioma language lengua lang",
    "salesperson": "vendedor vendedora salesperson salesman asesor ejecutivo representante",
    "sales": "ventas venta sales vendas venda sale",
    "group": "grupo group canal",
    "line": "linea line linha",
    "product": "producto product produto negocio",
    "company": "empresa company business sociedad entity sociedade",
    "branch": "sucursal branch filial planta",
    "instalment": "cuota parcela instalment installment parcialidad",
    "position": "posicion pos item partida",
    "tax": "tax fiscal tributaria tributario tributario vat impuesto iva igv icms itbis",
    "tax_id": "rut nit rfc cuit cuil ruc cnpj cpf nif cif cedula dni rtn rnc ein",
    "identification": "identificacion identification identificacao",
    "series": "serie series",
    "limit": "limite limit maxima maximo",
    "original": "original inicial initial",
    "converted": "converted convertido convertida",
    "net": "neto net liquido afecto",
    "exempt": "exento exempt isento",
    "discount": "descuento discount desconto",
    "interest": "interes intereses interest juros recargo",
    "withheld": "retencion retenido retencao retido withholding withheld",
    "rate": "tasa rate taxa cambio",
    "supplier": "proveedor supplier vendor fornecedor emisor emissor emitente issuer",
    "days": "dias days dia day",
}
_CONCEPT_OF = {word: concept for concept, words in _CONCEPTS.items() for word in words.split()}

# Technical names that a program writes whole: SAP tables BSID and KNA1, SAP Business One.
_PROGRAM_NAMES: dict[str, frozenset[str]] = {
    name: frozenset(concepts.split())
    for name, concepts in {
        "kunnr": "customer code",
        "cardcode": "customer code",
        "name1": "customer name",
        "cardname": "customer name",
        "stcd1": "tax_id",
        "bukrs": "company code",
        "belnr": "document code",
        "docnum": "document code",
        "xblnr": "document reference",
        "buzei": "position",
        "blart": "document type",
        "bldat": "date document",
        "docdate": "date document",
        "budat": "date posting",
        "zfbdt": "date baseline",
        "faedt": "date due",
        "netdt": "date due",
        "docduedate": "date due",
        "augdt": "date payment",
        "zterm": "terms",
        "wrbtr": "amount document",
        "dmbtr": "amount",
        "doctotal": "amount document",
        "waers": "currency",
        "doccur": "currency",
        "vkgrp": "sales group",
        "folio": "folio",
        "uuid": "uuid",
        "cufe": "uuid",
        "cude": "uuid",
    }.items()
}

# ISO codes that are words in headings or units of nothing owed here (ALL, TOP, TRY…) are not looked for.
HEADING_CURRENCIES = frozenset(
    [
        "ARS",
        "BOB",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CRC",
        "DOP",
        "EUR",
        "GBP",
        "GTQ",
        "HNL",
        "JPY",
        "MXN",
        "NIO",
        "PAB",
        "PEN",
        "PYG",
        "USD",
        "UYU",
        "VES",
    ]
)


def heading_words(heading: str) -> tuple[str, ...]:
    """The heading's words: lower case, without accents, split at underscores and humps."""
    whole = _ABBREVIATION.sub(lambda found: found[0].replace(".", "") + " ", heading)
    split = _CAMEL.sub(" ", whole.replace("º", "o").replace("°", "o"))
    folded = unicodedata.normalize("NFKD", split).encode("ascii", "ignore").decode().lower()
    return tuple(_WORD.findall(folded))


def normalised(heading: str) -> str:
    """The heading as shapes and answers compare it."""
    return " ".join(heading_words(heading))


def heading_currency(heading: str) -> str | None:
    """The currency that a heading names, as in ``converted_usd`` or ``Importe MXN``."""
    named = [word.upper() for word in heading_words(heading) if word.upper() in HEADING_CURRENCIES]
    return named[0] if len(named) == 1 else None


@lru_cache(maxsize=2048)
def concepts(heading: str) -> frozenset[str]:
    """What the heading speaks of. Unknown words stand for themselves."""
    words = heading_words(heading)
    if known := _PROGRAM_NAMES.get("".join(words)):
        return known
    named = {_CONCEPT_OF.get(word, word) for word in words if word not in _NOISE}
    return frozenset(name for name in named if name.upper() not in HEADING_CURRENCIES)


def _meanings(*lines: str) -> tuple[tuple[frozenset[str], float], ...]:
    """``"date due 1.0"`` is the set {date, due} with the weight 1.0."""
    split = [line.split() for line in lines]
    return tuple((frozenset(words), float(weight)) for *words, weight in split)


_SHARED: dict[Field, tuple[tuple[frozenset[str], float], ...]] = {
    Field.COMPANY_CODE: _meanings("company code 1", "company 0.7", "branch 0.7", "branch code 0.9"),
    Field.CUSTOMER_ID: _meanings(
        "customer code 1", "customer 0.7", "account code 0.7", "cuenta code 0.7", "cuenta 0.6", "account 0.6",
        "student code 0.95", "student 0.6", "matricula 0.8", "identification customer 0.9",
    ),
    Field.CUSTOMER_NAME: _meanings(
        "customer name 1", "razon social 1", "razao social 1", "name 0.7", "customer 0.7", "student name 0.9",
        "student 0.6", "company name 0.8", "company 0.5", "denominacion 0.7", "customer razon social 1",
    ),
    Field.TAX_ID: _meanings(
        "tax_id 1", "tax_id customer 1", "tax code 0.9", "identification tax 1", "identification 0.6",
        "tax_id code 1",
    ),
    Field.SERIES: _meanings("series 0.9", "series document 0.9", "series invoice 0.9"),
    Field.CURRENCY: _meanings("currency 1", "currency code 1", "currency document 1", "iso currency 1"),
}  # fmt: skip

_INVOICES = {
    **_SHARED,
    Field.DOCUMENT_KIND: _meanings("document type 1", "invoice type 0.9", "type 0.6"),
    Field.NUMBER: _meanings(
        "invoice code 1", "document code 1", "folio 1", "invoice 0.8", "document 0.75", "code 0.45",
        "nota tax 0.9", "nota 0.6", "consecutivo 0.7", "reference 0.5", "document reference 0.8",
        "boleto 0.6",
    ),
    Field.INSTALMENT: _meanings("instalment 0.8", "instalment code 0.9", "position 0.5", "line position 0.7"),
    Field.ISSUE_DATE: _meanings(
        "date issue 1", "date invoice 1", "date document 1", "issue 0.9", "date 0.7", "date sales 0.8",
        "date create 0.75", "date baseline create 0.8", "date posting 0.65", "date baseline 0.6",
    ),
    Field.DUE_DATE: _meanings("date due 1", "due 0.9", "date limit payment 0.95", "date limit 0.8"),
    Field.TERMS: _meanings(
        "terms 0.9", "terms payment 1", "terms customer payment 1", "days terms 1", "terms due 0.8",
        "days credit 0.9", "terms credit 0.9",
    ),
    Field.AMOUNT: _meanings(
        "amount 0.9", "amount invoice 1", "amount document 1", "amount total 1", "amount original 0.95",
        "amount invoice total 1", "total 0.6",
        "total invoice 0.95", "total document 0.9", "converted 0.6", "amount converted 0.8",
    ),
    Field.BALANCE: _meanings(
        "balance 1", "amount open 0.95", "open 0.75", "amount due 0.85", "debt 0.8", "amount debt 0.9",
        "balance open 1", "balance customer 0.8", "balance debt 1",
    ),
    Field.SETTLED_DATE: _meanings("date payment 1", "date cancelled 0.7", "date cancelled payment 0.9"),
    Field.SETTLED_AMOUNT: _meanings("amount payment 1", "payment 0.6"),
    Field.SALESPERSON: _meanings(
        "salesperson 1", "salesperson name 0.9", "salesperson code 0.9", "sales rep 1",
    ),
    Field.SALES_GROUP: _meanings("sales group 1"),
    Field.PRODUCT_LINE: _meanings("line product 1"),
    Field.FISCAL_ID: _meanings("uuid 1", "folio tax 1", "code acceso 1", "chave acesso 1", "document uuid 1"),
}  # fmt: skip

_PAYMENTS = {
    **_SHARED,
    Field.NUMBER: _meanings(
        "invoice code 1", "invoice 0.9", "document code 0.9", "document 0.75", "folio 0.7", "nota tax 0.9",
        "invoice payment 0.9", "document payment 0.7",
    ),
    Field.PAYMENT_ID: _meanings(
        "payment code 1", "reference 0.8", "receipt 0.8", "receipt code 1", "transaction code 0.95",
        "transaction 0.8", "reference payment 1", "deposit code 0.9", "folio payment 0.95", "voucher 0.8",
        "reference banco 0.9", "code 0.45", "deposit reference 0.9", "transaction payment 0.9",
    ),
    Field.RECEIVED_DATE: _meanings(
        "date payment 1", "date deposit 1", "date transaction 0.9", "date 0.8", "date amount 0.8",
        "date posting 0.7", "date receipt 1",
    ),
    Field.AMOUNT: _meanings(
        "amount payment 1", "amount 0.9", "amount deposit 1", "payment 0.6", "deposit 0.6", "total 0.5",
        "amount transaction 0.9",
    ),
    Field.METHOD: _meanings("method payment 1", "method 0.8", "type payment 0.9"),
}  # fmt: skip

_CONTACTS = {
    Field.CUSTOMER_ID: _SHARED[Field.CUSTOMER_ID],
    Field.CUSTOMER_NAME: _SHARED[Field.CUSTOMER_NAME],
    Field.TAX_ID: _SHARED[Field.TAX_ID],
    Field.CONTACT_NAME: _meanings(
        "contact 0.9", "contact name 1", "name 0.65", "contact person 1", "guardian 0.8"
    ),
    Field.ROLE: _meanings("role 1", "role contact 1", "contact type 0.9"),
    Field.EMAIL: _meanings("email 1", "contact email 1", "email customer 1"),
    Field.PHONE: _meanings("phone 1", "contact phone 1", "phone customer 1", "phone code 1"),
    Field.LANGUAGE: _meanings("language 1"),
}

MEANINGS: dict[FileKind, dict[Field, tuple[tuple[frozenset[str], float], ...]]] = {
    FileKind.INVOICES: _INVOICES,
    FileKind.PAYMENTS: _PAYMENTS,
    FileKind.CONTACTS: _CONTACTS,
}

_NOT_CUSTOMER = frozenset(["supplier", "salesperson"])
_NOT_AMOUNT = frozenset(
    ["tax", "net", "exempt", "discount", "interest", "withheld", "rate", "overdue", "days", "limit", "code"]
)
# A heading that also speaks of these is not the field, however many of its words fit.
SPOILERS: dict[Field, frozenset[str]] = {
    Field.CUSTOMER_ID: _NOT_CUSTOMER | {"name", "type", "email", "phone", "date"},
    Field.CUSTOMER_NAME: _NOT_CUSTOMER | {"code", "contact", "type"},
    Field.TAX_ID: _NOT_CUSTOMER | {"amount", "rate", "withheld"},
    Field.NUMBER: frozenset(
        ["date", "type", "customer", "salesperson", "tax_id", "phone", "amount", "total", "balance"]
    ),
    Field.ISSUE_DATE: frozenset(["due", "payment", "receipt"]),
    Field.DUE_DATE: frozenset(["amount", "balance", "days"]),
    Field.TERMS: frozenset(["amount", "balance", "limit", "date", "tax"]),
    Field.AMOUNT: _NOT_AMOUNT | {"open", "balance", "due", "debt"},
    Field.BALANCE: _NOT_AMOUNT | {"original", "anterior"},
    Field.SETTLED_AMOUNT: _NOT_AMOUNT | {"method", "terms", "date", "type"},
    Field.SETTLED_DATE: frozenset(["limit", "due"]),
    Field.PAYMENT_ID: frozenset(["date", "customer", "invoice", "amount"]),
}


@lru_cache(maxsize=8192)
def claim(heading: str, field: Field, kind: FileKind) -> float:
    """How surely the heading alone names the field in a file of this kind: 0 to 1.

    An exact meaning gives its weight; each further word that the heading holds takes a fifth off.
    """
    spoken = concepts(heading)
    if spoken & SPOILERS.get(field, frozenset()):
        return 0.0
    return max(
        (
            weight * 0.8 ** len(spoken - meaning)
            for meaning, weight in MEANINGS[kind].get(field, ())
            if meaning <= spoken
        ),
        default=0.0,
    )


def is_known(heading: str) -> bool:
    """Whether a heading is one that some kind of file has."""
    if len(heading) > LONGEST_HEADING:
        return False
    return any(claim(heading, field, kind) >= 0.6 for kind in FileKind for field in MEANINGS[kind])
