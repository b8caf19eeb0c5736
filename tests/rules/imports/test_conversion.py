"""Rows become typed values or problems by line and reason; nothing is rounded, moved or guessed."""

from __future__ import annotations

from datetime import date

import pytest

from cartera.rules.customers import ContactRole, Language
from cartera.rules.imports.answers import read_options
from cartera.rules.imports.problems import BadRow, Notice, Problem, ProblemCode
from cartera.rules.imports.rows import ContactRow, InvoiceRow, PaymentRow
from cartera.rules.imports.vocabulary import DocumentKind
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.receivables import ReceivableKind
from tests.rules.imports.tables import convert

HEADER = "Cliente | Nombre | Folio | Emisión | Vencimiento | Importe | Saldo | Moneda\n"
GOOD = "C1 | Peña | F1 | 13/01/2024 | 12/02/2024 | 100.00 | 40.00 | MXN\n"


def codes(row: str, **options: str) -> list[ProblemCode]:
    """The reasons against one row, which stands between two good ones that must stay."""
    text = HEADER + GOOD + row + "\n" + GOOD.replace("F1", "F9")
    rows, bad, conversion = convert(text, **options)
    assert [r.number for r in rows if isinstance(r, InvoiceRow)] == ["F1", "F9"]
    assert (conversion.taken, conversion.refused) == (2, 1)
    (only,) = bad
    assert only.line == 3
    assert only.cells == tuple(cell.strip() for cell in row.split("|"))
    return [problem.code for problem in only.problems]


def test_an_invoice_row_holds_the_file_s_values_exactly() -> None:
    (row,), bad, _ = convert(HEADER + GOOD)
    assert bad == []
    assert row == InvoiceRow(
        line=2,
        company_code="",
        customer_id="C1",
        customer_name="Peña",
        tax_id="",
        kind=DocumentKind.INVOICE,
        number="F1",
        issue_date=date(2024, 1, 13),
        due_date=date(2024, 2, 12),
        currency="MXN",
        amount=10000,
        balance=4000,
        settled_date=None,
        settled_amount=6000,
        salesperson="",
        sales_group="",
        product_line="",
        fiscal_id="",
    )
    assert isinstance(row, InvoiceRow)
    assert row.money == Money(10000, "MXN")
    assert (row.open_at(date(2024, 1, 12)), row.open_at(date(2024, 1, 13))) == (0, 4000)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("C1 | P | F2 | 31/02/2024 | 12/03/2024 | 5.00 | 5.00 | MXN", [ProblemCode.DATE_IMPOSSIBLE]),
        ("C1 | P | F2 | 13/01/0202 | 12/03/2024 | 5.00 | 5.00 | MXN", [ProblemCode.DATE_OUT_OF_RANGE]),
        ("C1 | P | F2 | mañana | 12/03/2024 | 5.00 | 5.00 | MXN", [ProblemCode.DATE_UNREADABLE]),
        ("C1 | P | F2 | 13/01/2024 | 12/01/2024 | 5.00 | 5.00 | MXN", [ProblemCode.DUE_BEFORE_ISSUE]),
        ("C1 | P | F2 | 13/01/2024 | | 5.00 | 5.00 | MXN", [ProblemCode.VALUE_MISSING]),
        ("C1 | P | F2 | | | 5.00 | 5.00 | MXN", [ProblemCode.VALUE_MISSING]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 0.00 | 0.00 | MXN", [ProblemCode.AMOUNT_ZERO]),
        (f"C1 | P | F2 | 13/01/2024 | 12/02/2024 | {'9' * 30} | 5.00 | MXN", [ProblemCode.AMOUNT_TOO_LARGE]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.005 | 5.00 | MXN", [ProblemCode.AMOUNT_TOO_PRECISE]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.50 | 5.00 | CLP", [ProblemCode.AMOUNT_TOO_PRECISE]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5,00 | 5.00 | MXN", [ProblemCode.AMOUNT_UNREADABLE]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 CR | 5.00 | MXN", [ProblemCode.AMOUNT_UNREADABLE]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 XXQ | 5.00 | MXN", [ProblemCode.CURRENCY_UNKNOWN]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | US$5.00 | 5.00 | MXN", [ProblemCode.CURRENCY_CONTRADICTS]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | | 5.00 | MXN", [ProblemCode.VALUE_MISSING]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | XXQ", [ProblemCode.CURRENCY_UNKNOWN]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 | 6.00 | MXN", [ProblemCode.BALANCE_ABOVE_AMOUNT]),
        ("C1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 | -5.00 | MXN", [ProblemCode.SIGNS_DISAGREE]),
        (" | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.VALUE_MISSING]),
        ("C1 | P | | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.VALUE_MISSING]),
        ("=1+1 | P | F2 | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.FORMULA_IN_ID]),
        ("C1 | P | @F2 | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.FORMULA_IN_ID]),
        ("C1 | P | 7.61E+11 | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.ID_ROUNDED]),
        (f"C1 | P | {'F' * 65} | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.TEXT_TOO_LONG]),
        (f"C1 | {'P' * 201} | F2 | 13/01/2024 | 12/02/2024 | 5.00 | 5.00 | MXN", [ProblemCode.TEXT_TOO_LONG]),
        (
            "+C1 | P | | 31/02/2024 | 12/03/2024 | 0 | 5.00 | XXQ",
            [
                ProblemCode.FORMULA_IN_ID,
                ProblemCode.VALUE_MISSING,
                ProblemCode.DATE_IMPOSSIBLE,
                ProblemCode.CURRENCY_UNKNOWN,
            ],
        ),
    ],
)
def test_a_bad_row_says_every_reason_and_leaves_the_others(row: str, expected: list[ProblemCode]) -> None:
    decided = {"decimal": "point"}
    assert codes(row, **decided) == expected


def test_a_problem_holds_where_and_what() -> None:
    _, (bad,), _ = convert(HEADER + GOOD + GOOD.replace("F1", "F2").replace("100.00", "100.005"))
    facts = {"currency": "MXN", "digits": "2"}
    assert bad.problems == (Problem(ProblemCode.AMOUNT_TOO_PRECISE, "Importe", "100.005", facts),)


def test_extra_decimals_are_rounded_only_when_told_and_counted() -> None:
    text = HEADER + GOOD.replace("100.00", "100.005")
    (row,), bad, conversion = convert(text, extra_decimals="round")
    assert isinstance(row, InvoiceRow)
    assert (row.amount, bad, dict(conversion.notices)) == (10000, [], {Notice.DECIMALS_ROUNDED: 1})


def test_a_negative_row_proposes_a_credit_note() -> None:
    text = HEADER + GOOD.replace("100.00 | 40.00", "-100.00 | -40.00")
    text += GOOD.replace("F1", "F2").replace("100.00 | 40.00", "100.00- | (100.00)")
    rows, bad, conversion = convert(text)
    assert bad == []
    assert [(r.kind, r.amount, r.balance) for r in rows if isinstance(r, InvoiceRow)] == [
        (DocumentKind.CREDIT_NOTE, 10000, 4000),
        (DocumentKind.CREDIT_NOTE, 10000, 10000),
    ]
    assert conversion.notices == {Notice.CREDIT_NOTE_PROPOSED: 2}


def test_kinds_of_document_are_read_and_an_unknown_one_is_not_guessed() -> None:
    header = "Tipo Doc | Cliente | Folio | Emisión | Vencimiento | Importe MXN\n"
    kinds = ["33", "Nota de crédito", "ND", "Pagaré", "Cheque", "", "Vale"]
    text = header + "\n".join(f"{kind} | C1 | 7 | 13/01/2024 | 12/02/2024 | 5.00" for kind in kinds)
    rows, bad, _ = convert(text)
    taken = [row for row in rows if isinstance(row, InvoiceRow)]
    assert [row.kind for row in taken] == [
        DocumentKind.INVOICE,
        DocumentKind.CREDIT_NOTE,
        DocumentKind.DEBIT_NOTE,
        DocumentKind.PROMISSORY_NOTE,
        DocumentKind.CHEQUE,
    ]
    assert [row.external_id for row in taken] == [
        "7",
        "credit_note:7",
        "debit_note:7",
        "promissory_note:7",
        "cheque:7",
    ]
    assert [[problem.code for problem in row.problems] for row in bad] == [
        [ProblemCode.DOCUMENT_KIND_UNKNOWN]
    ]
    assert {*ReceivableKind, "credit_note"} == {*DocumentKind}


def test_the_same_document_twice_is_kept_once_and_two_contents_are_both_refused() -> None:
    text = HEADER + GOOD + GOOD.replace("Peña", "PEÑA SA") + GOOD.replace("F1", "F2")
    rows, bad, conversion = convert(text + GOOD.replace("F1", "F2").replace("40.00", "30.00"))
    assert [row.line for row in rows] == [2, 4]
    assert conversion.notices == {Notice.REPEATED: 1}
    assert [(row.line, row.problems) for row in bad] == [
        (5, (Problem(ProblemCode.DUPLICATE_DIFFERS, facts={"line": "4"}),)),
        (4, (Problem(ProblemCode.DUPLICATE_DIFFERS, facts={"line": "5"}),)),
    ]


def test_series_instalment_and_company_code_are_parts_of_the_document() -> None:
    header = "Sociedad | Cliente | Serie | Folio | Cuota | Emisión | Vencimiento | Importe MXN\n"
    text = header + "X1 | C1 | A | 7 | 1 | 13/01/2024 | 12/02/2024 | 5.00\n"
    first = text.splitlines()[1]
    rows, bad, _ = convert(text + first.replace("| 1 |", "| 2 |") + "\n" + first.replace("X1", "X2"))
    assert bad == []
    assert [row.external_id for row in rows if isinstance(row, InvoiceRow)] == [
        "X1:A-7/1",
        "X1:A-7/2",
        "X2:A-7/1",
    ]


SETTLED = """
Cliente | Folio | Emisión    | Vencimiento | Importe | Fecha pago | Monto pagado | Moneda
C1      | F1    | 13/01/2024 | 12/02/2024  | 100.00  | 10/02/2024 |              | MXN
C1      | F2    | 13/01/2024 | 12/02/2024  | 100.00  |            |              | MXN
C1      | F3    | 13/01/2024 | 12/02/2024  | 100.00  |            | 30.00        | MXN
C1      | F4    | 13/01/2024 | 12/02/2024  | 100.00  | 10/02/2024 | 98.00        | MXN
C1      | F5    | 13/01/2024 | 12/02/2024  | 100.00  | 10/02/2024 | 105.00       | MXN
"""


@pytest.mark.parametrize(("answer", "rest"), [("open", (200, 9800)), ("closed", (0, 10000))])
def test_settlement_says_what_is_owed_and_when_it_ended(answer: str, rest: tuple[int, int]) -> None:
    rows, bad, _ = convert(SETTLED, settled_short=answer)
    assert bad == []
    taken = [row for row in rows if isinstance(row, InvoiceRow)]
    assert [(row.balance, row.settled_amount) for row in taken] == [
        (0, 10000),
        (10000, 0),
        (7000, 3000),
        rest,
        (0, 10500),
    ]
    assert [row.open_at(date(2024, 2, 9)) for row in taken] == [10000, 10000, 7000, 10000, 10000]
    assert [row.open_at(date(2024, 2, 10)) for row in taken] == [0, 10000, 7000, rest[0], 0]


def test_the_missing_date_follows_from_the_terms() -> None:
    header = "Cliente | Folio | Emisión | Vencimiento | Condiciones de pago | Importe MXN\n"
    cells = [
        "13/01/2024 | | 30 días",
        "13/01/2024 | | contado",
        "| 12/02/2024 | NET 30",
        "13/01/2024 | | NAA8",
    ]
    cells += ["13/01/2024 | | ", "13/01/2024 | 01/02/2024 | 30"]
    text = header + "\n".join(f"C1 | F{n} | {cell} | 5.00" for n, cell in enumerate(cells))
    rows, bad, conversion = convert(text, terms="15")
    assert [(row.issue_date, row.due_date) for row in rows if isinstance(row, InvoiceRow)] == [
        (date(2024, 1, 13), date(2024, 2, 12)),
        (date(2024, 1, 13), date(2024, 1, 13)),
        (date(2024, 1, 13), date(2024, 2, 12)),
        (date(2024, 1, 13), date(2024, 1, 28)),
        (date(2024, 1, 13), date(2024, 2, 1)),
    ]
    assert [problem.code for row in bad for problem in row.problems] == [ProblemCode.TERMS_UNREADABLE]
    assert conversion.notices == {Notice.DUE_FROM_TERMS: 3, Notice.ISSUE_FROM_TERMS: 1}


def test_currencies_come_from_the_cell_the_group_the_mark_then_the_file() -> None:
    header = "Sociedad | Cliente | Folio | Emisión | Vencimiento | Importe\n"
    rest = "13/01/2024 | 12/02/2024"
    text = (
        header
        + f"CA02 | C1 | F1 | {rest} | 5.00\nU001 | C1 | F2 | {rest} | 5.00\nU001 | C1 | F3 | {rest} | R$ 5.00"
    )
    rows, bad, _ = convert(text, read_options(currency="USD", currency_for=["Sociedad=CA02:CAD"]))
    assert bad == []
    assert [row.currency for row in rows if isinstance(row, InvoiceRow)] == ["CAD", "USD", "BRL"]
    words = HEADER + GOOD.replace("MXN", "Pesos") + GOOD.replace("F1", "F2").replace("MXN", "Dólares")
    rows, bad, _ = convert(words, read_options(currency_for=["Moneda=Pesos:CLP"], decimal="point"))
    assert [row.currency for row in rows if isinstance(row, InvoiceRow)] == ["CLP", "USD"]


def test_zeros_are_stripped_to_the_known_customer_or_kept() -> None:
    text = HEADER + "".join(
        GOOD.replace("C1", customer).replace("F1", f"F{customer}") for customer in ("0017", "17", "8", "005")
    )
    known = ["17", "0008", "05", "5"]
    rows, bad, conversion = convert(text, known=known, zeros="strip")
    assert [row.customer_id for row in rows] == ["17", "17", "0008"]
    assert [problem.code for row in bad for problem in row.problems] == [ProblemCode.CUSTOMER_ID_AMBIGUOUS]
    assert conversion.notices == {Notice.ZEROS_STRIPPED: 2}
    rows, bad, _ = convert(text, known=known, zeros="keep")
    assert [row.customer_id for row in rows] == ["0017", "17", "8", "005"]
    assert bad == []


def test_a_tax_id_serves_as_the_customer_s_id_however_it_is_dotted() -> None:
    text = "RUT | Folio | Emisión | Vencimiento | Importe CLP\n"
    text += "76.354.771-k | F1 | 13/01/2024 | 12/02/2024 | 1.000.000\n"
    (row,), _, _ = convert(text)
    assert isinstance(row, InvoiceRow)
    assert (row.customer_id, row.tax_id, row.amount) == ("76354771-K", "76.354.771-k", 1000000)


def test_texts_like_formulas_are_kept_as_they_are_and_counted() -> None:
    (row,), bad, conversion = convert(HEADER + GOOD.replace("Peña", "=HYPERLINK(A1)"))
    assert bad == []
    assert row.customer_name == "=HYPERLINK(A1)"
    assert conversion.notices == {Notice.FORMULA_TEXT: 1}


def test_rows_that_the_reader_refused_pass_through() -> None:
    _, _, conversion = convert(HEADER + GOOD)
    refused = BadRow(9, ("x",), (Problem(ProblemCode.CELLS_MISSING),))
    assert list(conversion.rows([refused])) == [refused]
    assert conversion.refused == 1


PAYMENTS = """
Cliente | Fecha de pago | Referencia | Monto  | Moneda | Forma de pago         | Factura
C1      | 13/01/2024    | T1         | 100.50 | MXN    | SPEI                  | F1
C1      | 13/01/2024    | T1         | 50.00  | MXN    | Transferencia         | F2
C1      | 13/01/2024    | T1         | 50.00  | MXN    | Transferencia         | F2
        | 14/01/2024    | T2         | 10.00  | USD    | efectivo              | F3
        | 14/01/2024    | T3         | 10.00  | USD    | trueque               |
C2      | 14/01/2024    | T4         | -1.00  | USD    | cheque                |
C2      |               | T5         | 0.00   | USD    | cheque                |
"""


def test_payments_are_read_one_row_for_each_document_they_pay() -> None:
    rows, bad, conversion = convert(PAYMENTS)
    assert rows[0] == PaymentRow(
        2, "", "C1", "", "", "T1", date(2024, 1, 13), "MXN", 10050, PaymentMethod.TRANSFER, "F1"
    )
    assert [(row.number, row.amount) for row in rows if isinstance(row, PaymentRow)] == [
        ("F1", 10050),
        ("F2", 5000),
        ("F3", 1000),
    ]
    assert conversion.notices == {Notice.REPEATED: 1}
    assert [(row.line, [problem.code for problem in row.problems]) for row in bad] == [
        (6, [ProblemCode.VALUE_MISSING]),
        (7, [ProblemCode.AMOUNT_NEGATIVE]),
        (8, [ProblemCode.VALUE_MISSING, ProblemCode.AMOUNT_ZERO]),
    ]


def test_equal_payments_without_a_reference_are_two_payments() -> None:
    text = "Cliente | Fecha de pago | Monto MXN\nC1 | 13/01/2024 | 5.00\nC1 | 13/01/2024 | 5.00"
    rows, bad, _ = convert(text)
    assert (len(rows), bad) == (2, [])


CONTACTS = """
Cliente | Razón social | Contacto | Cargo | Correo | Teléfono | Idioma
C1 | Peña SA | Ana Ruiz | Cuentas por pagar | ANA@Example.com; cobros@example.com | +52 (55) 1234567 | Español
C1 | Peña SA | Ana Ruiz | Cuentas por pagar | ANA@Example.com; cobros@example.com | +52 (55) 1234567 | Español
C1 | Peña SA | Luis | Chofer | | 5512345678 ext. 12 |
C2 | Norte | | | | |
C3 | | Eva | | eva@example | 123 |
C4 | | | Director | | |
"""


def test_what_was_settled_after_today_is_refused_with_every_other_reason() -> None:
    header = "Cliente | Folio | Emisión | Vencimiento | Importe | Moneda | Fecha de pago\n"
    row = "C1 | F1 | 13/01/2024 | 12/02/2024 | 100.00 | MXN | 15/02/2024\n"
    text = header + row + row.replace("F1", "F2").replace("15/02", "16/02").replace("100.00", "0")
    (taken,), (bad,), _ = convert(text, today=date(2024, 2, 15))
    assert isinstance(taken, InvoiceRow)
    assert (taken.number, taken.settled_date) == ("F1", date(2024, 2, 15))
    assert bad.problems == (
        Problem(ProblemCode.DATE_IN_FUTURE, "Fecha de pago", "16/02/2024", {"today": "2024-02-15"}),
        Problem(ProblemCode.AMOUNT_ZERO, "Importe", "0"),
    )


def test_contacts_are_read_with_every_address() -> None:
    rows, bad, conversion = convert(CONTACTS)
    assert rows[0] == ContactRow(
        2,
        "C1",
        "Peña SA",
        "",
        "Ana Ruiz",
        ContactRole.BILLING,
        ("ana@example.com", "cobros@example.com"),
        ("+52551234567",),
        Language.ES,
    )
    others = [row for row in rows[1:] if isinstance(row, ContactRow)]
    assert [(row.role, row.phones, row.language) for row in others] == [
        (None, ("5512345678ext12",), None),
        (None, (), None),
    ]
    assert conversion.notices == {Notice.REPEATED: 1}
    assert [[problem.code for problem in row.problems] for row in bad] == [
        [ProblemCode.EMAIL_INVALID, ProblemCode.PHONE_INVALID],
        [ProblemCode.VALUE_MISSING],
    ]
