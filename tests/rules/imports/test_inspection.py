"""What a file leaves open is asked, with the option that answers; what it decides is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cartera.rules.imports.amounts import DecimalSign
from cartera.rules.imports.answers import BadAnswer, read_options
from cartera.rules.imports.dates import DateOrder
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.mapping import shape
from cartera.rules.imports.problems import Refusal, RefusalCode
from cartera.rules.imports.questions import QuestionCode, Sample
from tests.rules.imports.tables import look, question, table

PLAIN = """
Cliente | Folio | Emisión    | Vencimiento | Saldo  | Moneda
C1      | F1    | 13/01/2024 | 12/02/2024  | 10.50  | MXN
C2      | F2    | 02/01/2024 | 01/02/2024  | 20.00  | USD
"""


def without(column: str) -> str:
    """PLAIN without one column."""
    lines = [[cell.strip() for cell in line.split("|")] for line in PLAIN.strip().splitlines()]
    index = lines[0].index(column)
    return "\n".join(" | ".join(cells[:index] + cells[index + 1 :]) for cells in lines)


def codes(text: str, **options: str) -> list[QuestionCode]:
    return [asked.code for asked in look(text, **options).questions]


def test_a_file_that_decides_everything_is_asked_nothing() -> None:
    found = look(PLAIN)
    assert found.questions == ()
    assert found.mapping is not None
    assert found.kind is FileKind.INVOICES
    assert found.rows == 2
    assert found.mapping.columns == {
        Field.CUSTOMER_ID: "Cliente",
        Field.NUMBER: "Folio",
        Field.ISSUE_DATE: "Emisión",
        Field.DUE_DATE: "Vencimiento",
        Field.BALANCE: "Saldo",
        Field.CURRENCY: "Moneda",
    }
    assert (found.mapping.date_order, found.mapping.decimal) == (DateOrder.DMY, DecimalSign.POINT)
    assert found.mapping.currency is None


def test_the_date_order_is_asked_only_when_no_day_above_12_decides_it() -> None:
    text = PLAIN.replace("13/01/2024", "03/01/2024")
    asked = question(look(text), QuestionCode.DATE_ORDER)
    assert [choice.option for choice in asked.choices] == ["--date-order DMY", "--date-order MDY"]
    assert asked.samples == (Sample(2, "Emisión", "03/01/2024"),)
    found = look(text, date_order="mdy")
    assert found.mapping is not None
    assert found.mapping.date_order is DateOrder.MDY


def test_dates_that_contradict_each_other_are_asked_about() -> None:
    text = PLAIN.replace("12/02/2024", "02/13/2024")
    asked = question(look(text), QuestionCode.DATE_ORDER_CONFLICT)
    assert [sample.text for sample in asked.samples] == ["13/01/2024", "02/13/2024"]
    assert codes(text, date_order="DMY") == []


def test_an_order_that_nothing_needs_is_not_remembered_as_decided() -> None:
    text = "Cliente | Folio | Emisión | Vencimiento | Saldo | Moneda\n"
    found = look(text + "C1 | F1 | 2024-01-03 | 05/05/2024 | 1.5 | MXN")
    assert found.mapping is not None
    assert found.mapping.date_order is None


def test_the_currency_is_asked_when_no_column_mark_or_heading_names_it() -> None:
    asked = question(look(without("Moneda")), QuestionCode.CURRENCY)
    assert asked.open_option == "--currency CODE"
    assert asked.facts["rows"] == "2"
    assert asked.samples[0] == Sample(2, "Saldo", "10.50")
    found = look(without("Moneda"), currency="mxn")
    assert found.mapping is not None
    assert found.mapping.currency == "MXN"


def test_a_currency_cell_left_empty_is_asked_about() -> None:
    text = PLAIN.replace("20.00  | USD", "20.00 | ")
    assert question(look(text), QuestionCode.CURRENCY).facts["rows"] == "1"


def test_a_mark_or_a_heading_names_the_currency() -> None:
    assert codes(without("Moneda").replace("10.50", "US$ 10.50").replace("20.00", "MXN 20.00")) == []
    assert codes(without("Moneda").replace("10.50", "$10.50")) == [QuestionCode.CURRENCY]
    found = look(without("Moneda").replace("Saldo", "Saldo USD"))
    assert found.mapping is not None
    assert found.mapping.currency == "USD"


def test_headings_that_name_two_currencies_decide_nothing() -> None:
    text = "Cliente | Folio | Emisión | Vencimiento | Importe USD | Saldo MXN\n"
    text += "C1 | F1 | 13/01/2024 | 12/02/2024 | 10.50 | 10.50"
    asked = question(look(text), QuestionCode.CURRENCY)
    assert [choice.option for choice in asked.choices] == ["--currency MXN", "--currency USD"]


def test_a_word_of_many_countries_is_asked_and_a_wrong_code_is_not() -> None:
    text = PLAIN.replace("MXN", "Pesos")
    asked = question(look(text), QuestionCode.CURRENCY_OF_WORD)
    assert asked.open_option == "--currency-for Moneda=Pesos:CODE"
    answer = read_options(currency_for=["Moneda=Pesos:COP"])
    assert look(text, answer).questions == ()
    assert codes(PLAIN.replace("MXN", "XXQ")) == []


GROUPS = (
    "Sociedad | Cliente | Folio | Emisión | Vencimiento | Condiciones de pago | Importe USD\n"
    + "\n".join(
        f"{code} | C{n} | F{n} | 13/01/2024 | 12/02/2024 | {terms} | {amount}"
        for n, (code, terms, amount) in enumerate(
            [
                ("CA02", "CA10", "10.555"),
                ("CA02", "CA10", "1.50"),
                ("U001", "NAA8", "7.50"),
                ("U001", "BR10", "8"),
            ]
            + [("U001", "NAA8", "9.99")] * 3
        )
    )
)


def test_a_company_code_that_contradicts_the_heading_is_asked_alone() -> None:
    (asked,) = look(GROUPS).questions
    assert asked.code is QuestionCode.CURRENCY_OF_GROUP
    assert [choice.option for choice in asked.choices] == [
        "--currency-for Sociedad=CA02:CAD",
        "--currency-for Sociedad=CA02:USD",
    ]
    assert asked.facts == {
        "heading": "Sociedad",
        "value": "CA02",
        "rows": "2",
        "currency": "USD",
        "reasons": "code,terms,decimals",
    }
    found = look(GROUPS, read_options(currency_for=["sociedad=CA02:CAD"]))
    assert found.mapping is not None
    assert found.mapping.currency_for == {("Sociedad", "CA02"): "CAD"}
    assert found.mapping.currency == "USD"


def test_saying_the_file_s_currency_does_not_silence_the_group() -> None:
    assert codes(GROUPS, currency="USD") == [QuestionCode.CURRENCY_OF_GROUP]
    assert codes(GROUPS.replace("10.555", "10.55"), currency="CAD") == []


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("CA02", "X002", "terms,decimals"),
        ("CA10", "Z010", "code,decimals"),
        ("10.555", "10.55", "code,terms"),
    ],
)
def test_each_sign_of_another_currency_is_enough(old: str, new: str, reasons: str) -> None:
    (asked,) = look(GROUPS.replace(old, new)).questions
    assert asked.facts["reasons"] == reasons


def test_the_decimal_sign_is_asked_only_when_no_amount_decides_it() -> None:
    text = PLAIN.replace("10.50", "1.234").replace("20.00", "2.500")
    asked = question(look(text), QuestionCode.DECIMAL_SIGN)
    assert [choice.option for choice in asked.choices] == ["--decimal point", "--decimal comma"]
    assert asked.samples == (Sample(2, "Saldo", "1.234"),)
    found = look(text, decimal="comma")
    assert found.mapping is not None
    assert found.mapping.decimal is DecimalSign.COMMA
    assert codes(PLAIN.replace("10.50", "10,50")) == [QuestionCode.DECIMAL_SIGN_CONFLICT]
    assert codes(PLAIN.replace("10.50", "1.234")) == []


def test_ids_that_match_only_without_zeros_are_asked_about() -> None:
    text = PLAIN.replace("C1", "0017").replace("C2", "2")
    known = ["17", "0002", "3"]
    asked = question(look(text, known=known), QuestionCode.LEADING_ZEROS)
    assert [choice.option for choice in asked.choices] == ["--strip-zeros", "--keep-zeros"]
    assert asked.facts == {"rows": "2"}
    assert asked.samples == (Sample(2, "Cliente", "0017"), Sample(3, "Cliente", "2"))
    assert look(text, known=known, zeros="keep").questions == ()
    by_tax_id = text.replace("Cliente", "RUT").replace("0017", "0.017-K ").replace("| F2", "| F2")
    assert look(by_tax_id, read_options(columns=["RUT=tax_id"]), known=["17-K"]).questions != ()
    assert look(text, known=["0017", "2"]).questions == ()
    assert look(text, known=[]).questions == ()


def test_an_ambiguous_kind_is_asked_first_and_alone() -> None:
    text = "Cliente | Documento | Fecha | Monto\nC1 | F1 | 03/04/2024 | 1.234"
    found = look(text)
    assert (found.kind, found.shape, found.mapping) == (None, None, None)
    (asked,) = found.questions
    assert [choice.option for choice in asked.choices] == [
        "--kind invoices",
        "--kind payments",
        "--kind contacts",
    ]
    assert codes(text, kind="payments") == [
        QuestionCode.DATE_ORDER,
        QuestionCode.DECIMAL_SIGN,
        QuestionCode.CURRENCY,
    ]


def test_two_columns_for_one_field_are_asked_and_the_answer_holds() -> None:
    text = PLAIN.replace("Vencimiento |", "Fecha emisión |").replace("| Emisión ", "| Fecha factura ")
    asked = question(look(text, terms="30"), QuestionCode.COLUMN_TWICE)
    assert [choice.option for choice in asked.choices] == [
        '--column "Fecha factura"=issue_date',
        '--column "Fecha emisión"=issue_date',
    ]
    answer = read_options(columns=["Fecha emisión=due_date", "fecha factura=issue_date"])
    found = look(text, answer)
    assert found.mapping is not None
    assert found.mapping.columns[Field.DUE_DATE] == "Fecha emisión"


def test_a_field_without_a_column_is_asked_with_the_columns_left() -> None:
    text = PLAIN.replace("Folio", 'El "F$"')
    asked = question(look(text), QuestionCode.COLUMN_MISSING)
    assert asked.facts["field"] == "number"
    assert [choice.option for choice in asked.choices] == ['--column "El \\"F\\$\\""=number']
    assert look(text, read_options(columns=['El "F$"=number'])).questions == ()


@pytest.mark.parametrize(("missing", "field"), [("Vencimiento", "due_date"), ("Emisión", "issue_date")])
def test_terms_are_asked_when_only_one_of_the_two_dates_is_there(missing: str, field: str) -> None:
    text = without(missing).replace("12/02/2024", "13/02/2024")
    asked = question(look(text), QuestionCode.TERMS)
    assert asked.facts == {"field": field}
    assert look(text, terms="30").questions == ()


SHORT = """
Cliente | Folio | Emisión    | Vencimiento | Importe | Fecha pago | Monto pagado | Moneda
C1      | F1    | 13/01/2024 | 12/02/2024  | 100.00  | 10/02/2024 | 98.00        | MXN
C2      | F2    | 13/01/2024 | 12/02/2024  | 1,00.00 |            | 0.50         | MXN
"""


def test_documents_settled_for_less_are_asked_about_unless_a_balance_tells() -> None:
    asked = question(look(SHORT), QuestionCode.SETTLED_SHORT)
    assert asked.samples == (Sample(2, "Monto pagado", "98.00 < 100.00"),)
    assert look(SHORT, settled_short="open").questions == ()
    assert look(SHORT.replace("98.00", "100.0")).questions == ()
    assert look(SHORT.replace("Moneda\n", "Saldo MXN\n").replace("| MXN", "| 0.00")).questions == ()


def test_what_was_remembered_answers_for_the_next_file_of_the_shape() -> None:
    first = look(without("Moneda"), currency="MXN").mapping
    assert first is not None
    ambiguous = (
        without("Moneda").replace("13/01/2024", "03/01/2024").replace("10.50", "1.234").replace("20.00", "7")
    )
    found = look(ambiguous, remembered=first)
    assert found.mapping == first
    assert len(look(ambiguous).questions) == 3


def test_a_remembered_answer_that_the_file_contradicts_is_asked_again() -> None:
    first = look(PLAIN).mapping
    assert first is not None
    turned = PLAIN.replace("13/01/2024", "01/13/2024")
    assert [q.code for q in look(turned, remembered=first).questions] == [QuestionCode.DATE_ORDER_CONFLICT]
    assert look(turned, remembered=first, date_order="MDY").questions == ()
    comma = PLAIN.replace("10.50", "10,50").replace("20.00", "20,00")
    assert [q.code for q in look(comma, remembered=first).questions] == [QuestionCode.DECIMAL_SIGN_CONFLICT]


def test_a_remembered_kind_and_column_hold_and_a_new_answer_beats_them() -> None:
    text = "Cliente | Documento | Fecha | Monto\nC1 | F1 | 13/04/2024 | 1.50"
    first = look(text, kind="payments", currency="MXN").mapping
    assert first is not None
    assert look(text, remembered=first).mapping == first
    other = replace(first, columns={**first.columns, Field.PAYMENT_ID: "Documento"})
    del other.columns[Field.NUMBER]  # type: ignore[attr-defined]  # the test's own dict
    assert look(text, remembered=other).mapping == other
    answer = read_options(columns=["Documento=number"])
    again = look(text, answer, remembered=other).mapping
    assert again == first


def test_answers_about_columns_that_are_not_there_are_refused() -> None:
    with pytest.raises(BadAnswer, match=r"no column 'Vence'. Its columns are: Cliente, Folio"):
        look(PLAIN, read_options(columns=["Vence=due_date"]))
    with pytest.raises(BadAnswer, match="no field payment_id"):
        look(PLAIN, read_options(columns=["Folio=payment_id"]))
    with pytest.raises(BadAnswer, match="Two columns are given as number"):
        look(PLAIN, read_options(columns=["Folio=number", "Cliente=number"]))


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        look("Cliente | Folio")
    assert caught.value.code is RefusalCode.NO_ROWS


def test_the_shape_is_of_the_kind_and_the_headings_only() -> None:
    header, _ = table(PLAIN)
    same = shape(tuple(heading.upper() for heading in header), FileKind.INVOICES)
    assert shape(header, FileKind.INVOICES) == same
    assert shape((*header, "Cartera: línea", "Cartera: motivo"), FileKind.INVOICES) == same
    assert shape(header, FileKind.PAYMENTS) != same
    assert shape(header[1:], FileKind.INVOICES) != same
    assert look(PLAIN).shape == same
