"""Questions as a screen shows them, and its answers as the options that a command line would give.

A question is known by its code and its path: the field, or the column and value, that it is about.
"""

from __future__ import annotations

from typing import Any

from cartera.rules.customers import Language
from cartera.rules.imports.questions import Question, QuestionCode

_TEXTS: dict[QuestionCode, dict[str, tuple[str, str, str]]] = {
    QuestionCode.KIND: {
        "invoices": ("Facturas", "Invoices", "Faturas"),
        "payments": ("Pagos", "Payments", "Pagamentos"),
        "contacts": ("Contactos", "Contacts", "Contatos"),
    },
    QuestionCode.DATE_ORDER: {
        "DMY": ("día/mes/año", "day/month/year", "dia/mês/ano"),
        "MDY": ("mes/día/año", "month/day/year", "mês/dia/ano"),
        "YMD": ("año/mes/día", "year/month/day", "ano/mês/dia"),
    },
    QuestionCode.DECIMAL_SIGN: {
        "point": ("punto: 1,234.50", "point: 1,234.50", "ponto: 1,234.50"),
        "comma": ("coma: 1.234,50", "comma: 1.234,50", "vírgula: 1.234,50"),
    },
    QuestionCode.LEADING_ZEROS: {
        "strip": ("Sí, son los mismos clientes", "Yes, the same customers", "Sim, são os mesmos clientes"),
        "keep": ("No, son otros clientes", "No, other customers", "Não, são outros clientes"),
    },
    QuestionCode.SETTLED_SHORT: {
        "open": ("Sí, se debe todavía", "Yes, it is still owed", "Sim, ainda é devido"),
        "closed": ("No, quedó saldado", "No, it is closed", "Não, ficou quitado"),
    },
}
_TEXTS[QuestionCode.DATE_ORDER_CONFLICT] = _TEXTS[QuestionCode.DATE_ORDER]
_TEXTS[QuestionCode.DECIMAL_SIGN_CONFLICT] = _TEXTS[QuestionCode.DECIMAL_SIGN]
_DAYS = ("{} días", "{} days", "{} dias")
_PLACE = {Language.ES: 0, Language.EN: 1, Language.PT: 2}

# The option of each question about the whole file; the others are about a column, or about some rows.
_OPTIONS = {
    QuestionCode.KIND: "kind",
    QuestionCode.DATE_ORDER: "date_order",
    QuestionCode.DATE_ORDER_CONFLICT: "date_order",
    QuestionCode.DECIMAL_SIGN: "decimal",
    QuestionCode.DECIMAL_SIGN_CONFLICT: "decimal",
    QuestionCode.CURRENCY: "currency",
    QuestionCode.LEADING_ZEROS: "zeros",
    QuestionCode.TERMS: "terms",
    QuestionCode.SETTLED_SHORT: "settled_short",
}
_OF_COLUMNS = (QuestionCode.COLUMN_MISSING, QuestionCode.COLUMN_TWICE)
# What a screen may say though no question asks it: how amounts with too many decimals are to be taken.
_UNASKED = {"EXTRA_DECIMALS": "extra_decimals"}
_OF_ROWS = {QuestionCode.CURRENCY_OF_WORD: "word", QuestionCode.CURRENCY_OF_GROUP: "value"}


def path_of(question: Question) -> str | None:
    """What the question is about; None: the whole file."""
    if question.code in _OF_COLUMNS:
        return question.facts["field"]
    if question.code in _OF_ROWS:
        return f"{question.facts['heading']}={question.facts[_OF_ROWS[question.code]]}"
    return None


def label_of(question: Question, value: str, language: Language) -> str:
    """A choice as a person reads it; headings and currencies are their own labels."""
    if question.code is QuestionCode.TERMS:
        return _DAYS[_PLACE[language]].format(value)
    texts = _TEXTS.get(question.code, {}).get(value)
    return texts[_PLACE[language]] if texts else value


def takes_text(question: Question) -> bool:
    """Whether anything but the choices may be answered: another currency, a number of days."""
    return bool(question.open_option) and question.code not in _OF_COLUMNS


def option_of(code: str, path: str | None, value: str) -> dict[str, Any]:
    """An answer as ``read_options`` takes it. Raises ValueError where there is nothing of this code to
    answer."""
    if code in _UNASKED:
        return {_UNASKED[code]: value}
    question = QuestionCode(code)
    if question in _OPTIONS:
        return {_OPTIONS[question]: value}
    if not path:
        raise ValueError(code)
    if question in _OF_COLUMNS:
        return {"columns": [f"{value}={path}"]}
    return {"currency_for": [f"{path}:{value}"]}
