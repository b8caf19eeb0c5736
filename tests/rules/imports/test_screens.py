"""What a screen answers is what the option of the command line would have said."""

from __future__ import annotations

import pytest

from cartera.rules.customers import Language
from cartera.rules.imports import asking
from cartera.rules.imports.answers import read_options
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.questions import Choice, Question, QuestionCode
from cartera.rules.imports.screens import label_of, option_of, path_of, takes_text


@pytest.mark.parametrize(
    ("code", "path", "value", "option"),
    [
        ("KIND", None, "payments", {"kind": "payments"}),
        ("DATE_ORDER", None, "DMY", {"date_order": "DMY"}),
        ("DATE_ORDER_CONFLICT", None, "YMD", {"date_order": "YMD"}),
        ("DECIMAL_SIGN", None, "comma", {"decimal": "comma"}),
        ("DECIMAL_SIGN_CONFLICT", None, "point", {"decimal": "point"}),
        ("CURRENCY", None, "CLP", {"currency": "CLP"}),
        ("LEADING_ZEROS", None, "strip", {"zeros": "strip"}),
        ("TERMS", None, "30", {"terms": "30"}),
        ("SETTLED_SHORT", None, "closed", {"settled_short": "closed"}),
        ("COLUMN_MISSING", "number", "Folio", {"columns": ["Folio=number"]}),
        ("COLUMN_TWICE", "amount", "Total", {"columns": ["Total=amount"]}),
        ("CURRENCY_OF_WORD", "Moneda=peso", "MXN", {"currency_for": ["Moneda=peso:MXN"]}),
        ("CURRENCY_OF_GROUP", "business_code=CA02", "CAD", {"currency_for": ["business_code=CA02:CAD"]}),
    ],
)
def test_every_question_has_its_option(code: str, path: str | None, value: str, option: object) -> None:
    given = option_of(code, path, value)
    assert given == option
    read_options(**given)


def test_every_code_is_answered() -> None:
    for code in QuestionCode:
        assert option_of(code, "number", "x")


def test_an_answer_about_rows_must_say_which() -> None:
    for code in ("COLUMN_MISSING", "COLUMN_TWICE", "CURRENCY_OF_WORD", "CURRENCY_OF_GROUP", "NO_SUCH"):
        with pytest.raises(ValueError):
            option_of(code, None, "x")


def test_a_question_is_named_by_what_it_is_about() -> None:
    group = Question(QuestionCode.CURRENCY_OF_GROUP, (), facts={"heading": "business_code", "value": "CA02"})
    word = Question(QuestionCode.CURRENCY_OF_WORD, (), facts={"heading": "Moneda", "word": "peso"})
    column = Question(QuestionCode.COLUMN_MISSING, (), facts={"field": Field.NUMBER}, open_option="--column")
    assert (path_of(group), path_of(word), path_of(column)) == ("business_code=CA02", "Moneda=peso", "number")
    assert path_of(asking.kind()) is None
    assert not takes_text(column)
    assert takes_text(Question(QuestionCode.CURRENCY, (), open_option="--currency CODE"))


def test_choices_are_said_in_every_language() -> None:
    kind = asking.kind()
    labels = [[label_of(kind, value, language) for value in FileKind] for language in Language]
    assert sorted(labels) == [
        ["Facturas", "Pagos", "Contactos"],
        ["Faturas", "Pagamentos", "Contatos"],
        ["Invoices", "Payments", "Contacts"],
    ]
    terms = Question(QuestionCode.TERMS, (Choice("30", "--terms 30"),))
    assert label_of(terms, "30", Language.EN) == "30 days"
    assert label_of(Question(QuestionCode.CURRENCY, ()), "MXN", Language.ES) == "MXN"
