"""Which column is which: headings as real programs write them, in three languages."""

from __future__ import annotations

import pytest

from cartera.rules.imports.fields import TYPE_OF, Field, FileKind, ValueType
from cartera.rules.imports.headings import heading_currency, normalised
from cartera.rules.imports.recognition import Rivalry, detect_kind, recognise
from tests.rules.imports.tables import table

SAMPLE_OF = {
    ValueType.DATE: ["04/06/2024", "05/06/2024", "30/06/2024"],
    ValueType.AMOUNT: ["10.50", "1,250.00", "99.00"],
    ValueType.CURRENCY: ["MXN", "USD", "MXN"],
    ValueType.DOCUMENT_KIND: ["Factura", "NC", "33"],
    ValueType.EMAIL: ["ana@example.com", "b@example.com", "c@example.com"],
    ValueType.PHONE: ["+52 55 1234 5678", "5512345678", "(55) 1234-5678"],
    ValueType.NAME: ["Peña y Cía", "Ruiz SA", "Comercial del Norte"],
    ValueType.CODE: ["CA02", "U001", "U001"],
    ValueType.TEXT: ["C-000001", "C-000017", "C-000002"],
}


def field_of(heading: str, kind: FileKind, expected: Field) -> Field | None:
    """What a heading alone is taken for, over cells that fit what is expected."""
    cells = SAMPLE_OF[TYPE_OF.get(expected, ValueType.TEXT)]
    return recognise([heading], [[cell] for cell in cells], kind).columns[0].field


INVOICE_HEADINGS = [
    (
        Field.CUSTOMER_ID,
        "Código cliente; No. Cliente; customerID; cust_number; Cód. Cliente; KUNNR; CardCode",
    ),
    (Field.CUSTOMER_ID, "Cliente; Matrícula; Número de cuenta; Código do cliente; ID Deudor"),
    (
        Field.CUSTOMER_NAME,
        "Nombre del cliente; Razón Social; name_customer; Razão Social; Customer Name; NAME1",
    ),
    (Field.TAX_ID, "RUT; NIT; RFC; RUT cliente; CNPJ; RUC del cliente; CUIT; N.I.T.; CPF/CNPJ"),
    (
        Field.NUMBER,
        "Folio; Factura; No. Factura; Nº documento; doc_id; invoiceNumber; Número da fatura; Nota fiscal",
    ),
    (Field.NUMBER, "BELNR; Document Number; Num. Doc; Comprobante; Título"),
    (
        Field.ISSUE_DATE,
        "Fecha emisión; Fecha de factura; InvoiceDate; Data de emissão; Fecha; Fec. Emisión; BLDAT",
    ),
    (Field.ISSUE_DATE, "posting_date; baseline_create_date; Fecha Docto; Document Date"),
    (
        Field.DUE_DATE,
        "Fecha vencimiento; Fecha de Vto.; Vencimiento; due_in_date; DueDate; Data de vencimento; F. Venc.",
    ),
    (Field.DUE_DATE, "Fecha límite de pago; Dt. Vencto; Net due date"),
    (
        Field.TERMS,
        "Condiciones de pago; Plazo; Días de crédito; cust_payment_terms; Prazo; ZTERM",
    ),
    (
        Field.AMOUNT,
        "Importe; Monto; Monto total; Valor; InvoiceAmount; converted_usd; Importe MXN; WRBTR; Total factura",
    ),
    (
        Field.BALANCE,
        "Saldo; Saldo pendiente; Monto pendiente; Open Amount; Amount due; Saldo devedor; Deuda; Balance",
    ),
    (Field.CURRENCY, "Moneda; Divisa; Currency; Moeda; WAERS; Código de moneda; Doc. currency"),
    (
        Field.SETTLED_DATE,
        "Fecha de pago; SettledDate; clear_date; Data de pagamento; Payment date; Fecha cobro",
    ),
    (Field.SETTLED_AMOUNT, "Monto pagado; Importe cobrado; Amount paid; Valor pago; Abonos"),
    (Field.FISCAL_ID, "UUID; Folio fiscal; CUFE; Clave de acceso"),
    (Field.COMPANY_CODE, "business_code; BUKRS; Sociedad; Código de empresa; Company code"),
    (Field.DOCUMENT_KIND, "Tipo Doc; Tipo de documento; Tipo de comprobante; BLART; Document type"),
    (Field.SERIES, "Serie"),
    (Field.INSTALMENT, "Cuota; Parcela; Nº de parcela"),
    (Field.SALESPERSON, "Vendedor; Salesperson; Nombre del vendedor"),
]


@pytest.mark.parametrize(
    ("expected", "heading"),
    [(field, heading.strip()) for field, line in INVOICE_HEADINGS for heading in line.split(";")],
)
def test_headings_of_invoices(expected: Field, heading: str) -> None:
    assert field_of(heading, FileKind.INVOICES, expected) is expected


@pytest.mark.parametrize(
    ("kind", "expected", "heading"),
    [
        (FileKind.PAYMENTS, Field.RECEIVED_DATE, "Fecha de pago"),
        (FileKind.PAYMENTS, Field.RECEIVED_DATE, "Fecha valor"),
        (FileKind.PAYMENTS, Field.AMOUNT, "Monto pagado"),
        (FileKind.PAYMENTS, Field.AMOUNT, "Valor recebido"),
        (FileKind.PAYMENTS, Field.PAYMENT_ID, "Referencia"),
        (FileKind.PAYMENTS, Field.PAYMENT_ID, "No. de operación"),
        (FileKind.PAYMENTS, Field.PAYMENT_ID, "Folio de pago"),
        (FileKind.PAYMENTS, Field.METHOD, "Forma de pago"),
        (FileKind.PAYMENTS, Field.NUMBER, "Factura pagada"),
        (FileKind.CONTACTS, Field.EMAIL, "Correo electrónico"),
        (FileKind.CONTACTS, Field.EMAIL, "E-mail"),
        (FileKind.CONTACTS, Field.PHONE, "Teléfono móvil"),
        (FileKind.CONTACTS, Field.CONTACT_NAME, "Nombre del contacto"),
        (FileKind.CONTACTS, Field.ROLE, "Cargo"),
        (FileKind.CONTACTS, Field.LANGUAGE, "Idioma"),
    ],
)
def test_headings_of_payments_and_contacts(kind: FileKind, expected: Field, heading: str) -> None:
    assert field_of(heading, kind, expected) is expected


@pytest.mark.parametrize(
    "heading",
    [
        *("Monto neto", "Monto IVA", "Saldo vencido", "Días vencidos", "Descuento", "Tasa de cambio"),
        *("IVA retenido", "RUT Emisor", "1-30", "DaysLate", "countryCode", "Observaciones"),
        *("Límite de crédito", "Fecha límite de impresión"),
    ],
)
def test_headings_that_are_no_field_of_ours_stay_unmapped(heading: str) -> None:
    for kind in (ValueType.AMOUNT, ValueType.TEXT):
        rows = [[cell] for cell in SAMPLE_OF[kind]]
        assert recognise([heading], rows, FileKind.INVOICES).columns[0].field is None


def test_cells_decide_whether_a_customer_is_a_code_or_a_name() -> None:
    codes = recognise(["Cliente"], [["C001"], ["C002"], ["17"]], FileKind.INVOICES)
    names = recognise(["Cliente"], [["Peña y Cía"], ["Ruiz SA"], ["Norte"]], FileKind.INVOICES)
    assert codes.columns[0].field is Field.CUSTOMER_ID
    assert names.columns[0].field is Field.CUSTOMER_NAME


def test_cells_that_are_no_dates_defeat_the_heading() -> None:
    found = recognise(["Vencimiento"], [["30 días"], ["60 días"], ["contado"]], FileKind.INVOICES)
    assert found.columns[0].field is not Field.DUE_DATE


def test_a_number_of_rows_is_no_number_of_documents() -> None:
    header, rows = table("Nro | Folio | Saldo\n1 | 506 | 1.5\n2 | 14239 | 2.5\n3 | 3210 | 3.5")
    found = recognise(header, [cells for _, cells in rows()], FileKind.INVOICES)
    assert [column.field for column in found.columns] == [None, Field.NUMBER, Field.BALANCE]


def test_currencies_and_addresses_are_recognised_without_a_heading() -> None:
    header = ["X", "Y"]
    rows = [["MXN", "a@example.com"], ["USD", "b@example.com"], ["COP", "c@example.com"]]
    assert recognise(header, rows, FileKind.INVOICES).columns[0].field is Field.CURRENCY
    assert recognise(header, rows, FileKind.CONTACTS).columns[1].field is Field.EMAIL


def test_equal_claims_with_different_cells_are_rivals_and_equal_cells_are_not() -> None:
    header = ["Importe MXN", "Importe USD"]
    found = recognise(header, [["10.00", "0.50"], ["20.00", "1.00"]], FileKind.INVOICES)
    assert found.rivalries == (Rivalry(Field.AMOUNT, ("Importe MXN", "Importe USD")),)
    same = recognise(header, [["10.00", "10.00"], ["20.00", "20.00"]], FileKind.INVOICES)
    assert same.rivalries == ()


def test_what_a_person_chose_is_never_argued_with() -> None:
    rows = [["10.00", "0.50"], ["20.00", "1.00"]]
    found = recognise(["Importe MXN", "Importe USD"], rows, FileKind.INVOICES, {1: Field.AMOUNT})
    assert [(column.field, column.confidence) for column in found.columns] == [
        (None, 0.0),
        (Field.AMOUNT, 1.0),
    ]
    assert found.rivalries == ()
    ignored = recognise(["Importe"], [["10.00"]], FileKind.INVOICES, {0: None})
    assert ignored.columns[0].field is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Cliente | Folio | Vencimiento | Saldo\nC1 | F1 | 01/02/2024 | 10.5", FileKind.INVOICES),
        ("RUT | Folio | Fecha emisión | Monto\n76354771-K | 170 | 01/02/2024 | 10.5", FileKind.INVOICES),
        ("Cliente | Fecha de pago | Referencia | Monto\nC1 | 01/02/2024 | T1 | 10.5", FileKind.PAYMENTS),
        ("Cliente | Fecha | Forma de pago | Monto\nC1 | 01/02/2024 | SPEI | 10.5", FileKind.PAYMENTS),
        ("Cliente | Nombre | Correo\nC1 | Ana | ana@example.com", FileKind.CONTACTS),
        ("Cliente | Fecha | Monto\nC1 | 01/02/2024 | 10.5", None),
        ("Factura | Fecha factura | Fecha pago | Monto\nF1 | 01/02/2024 | 01/03/2024 | 10.5", None),
        ("Color | Talla\nrojo | M", None),
    ],
)
def test_the_kind_of_file_is_detected_or_left_open(text: str, kind: FileKind | None) -> None:
    header, rows = table(text)
    assert detect_kind(header, [cells for _, cells in rows()]) is kind


def test_headings_compare_without_case_accents_and_marks() -> None:
    assert normalised("Fecha_Emisión") == normalised("FECHA emision") == "fecha emision"
    assert normalised("FechaEmisión") == "fecha emision"
    assert normalised("N° Doc.") == normalised("Nº doc")


def test_a_heading_may_name_a_currency_but_a_word_is_none() -> None:
    assert heading_currency("converted_usd") == "USD"
    assert heading_currency("Importe (MXN)") == "MXN"
    assert heading_currency("Saldo all") is None
    assert heading_currency("MXN a USD") is None
