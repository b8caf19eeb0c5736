"""The two real lists in ../shared/data: what they must ask, and the figures that they must give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cartera.documents.csv import open_csv
from cartera.rules.customers import Language
from cartera.rules.imports.answers import Answers, read_options
from cartera.rules.imports.conversion import Conversion
from cartera.rules.imports.dates import DateOrder
from cartera.rules.imports.inspection import inspect
from cartera.rules.imports.problems import BadRow, ProblemCode
from cartera.rules.imports.questions import QuestionCode
from cartera.rules.imports.rows import InvoiceRow
from cartera.rules.imports.wording import say_options, say_question

HERE = Path(__file__).resolve()
DATA = next((parent / "shared/data" for parent in HERE.parents if (parent / "shared/data").is_dir()), None)

pytestmark = [
    pytest.mark.real_files,
    pytest.mark.skipif(DATA is None, reason="the folder ../shared/data is absent"),
]


def path(name: str) -> Path:
    assert DATA is not None
    return DATA / name


def converted(name: str, answers: Answers) -> tuple[list[InvoiceRow], list[BadRow]]:
    table = open_csv(path(name))
    found = inspect(table.header, table.rows, answers=answers)
    assert found.mapping is not None, found.questions
    rows = list(Conversion(table.header, found.mapping).rows(table.rows()))
    return [r for r in rows if isinstance(r, InvoiceRow)], [r for r in rows if isinstance(r, BadRow)]


IBM = "ar_history/ibm_late_payment_histories.csv"
ERP = "erp_open_items/highradius_open_items_A.csv"


def test_the_history_asks_for_the_currency_and_for_nothing_else() -> None:
    table = open_csv(path(IBM))
    found = inspect(table.header, table.rows)
    (asked,) = found.questions
    assert asked.code is QuestionCode.CURRENCY
    assert say_question(asked, Language.EN) == (
        "Which currency are the amounts in? 2466 rows do not say "
        "(line 2: 55.94; line 3: 61.74; line 4: 65.88)."
    )
    assert say_options(asked) == "Add --currency CODE."


def test_the_history_at_mid_2013_is_84_open_documents_of_5119_85() -> None:
    rows, bad = converted(IBM, read_options(currency="USD"))
    day = date(2013, 6, 30)
    still_open = [row.open_at(day) for row in rows if row.open_at(day)]
    assert (len(rows), bad) == (2466, [])
    assert (len(still_open), sum(still_open)) == (84, 511985)
    assert sum(row.settled_date is not None and row.settled_date > row.due_date for row in rows) == 877
    assert len({row.customer_id for row in rows}) == 100


def test_the_open_items_ask_for_the_currency_of_the_converted_company_code_alone() -> None:
    table = open_csv(path(ERP))
    found = inspect(table.header, table.rows)
    (asked,) = found.questions
    assert asked.code is QuestionCode.CURRENCY_OF_GROUP
    assert (asked.facts["value"], asked.facts["rows"]) == ("CA02", "704")
    assert "--currency-for business_code=CA02:CAD" in say_options(asked)


def test_the_open_items_keep_apart_what_no_cent_can_say() -> None:
    answers = read_options(currency_for=["business_code=CA02:CAD"])
    rows, bad = converted(ERP, answers)
    assert (len(rows), len(bad)) == (9105, 576)
    assert {problem.code for row in bad for problem in row.problems} == {ProblemCode.AMOUNT_TOO_PRECISE}
    dollars = sum(row.balance for row in rows if row.currency == "USD")
    assert (dollars, len({row.customer_id for row in rows} | {row.cells[2] for row in bad})) == (
        28087512547,
        553,
    )


def test_the_open_items_whole_when_told_to_round() -> None:
    answers = read_options(currency_for=["business_code=CA02:CAD"], extra_decimals="round")
    rows, bad = converted(ERP, answers)
    assert (len(rows), bad) == (9681, [])
    assert sum(row.currency == "CAD" for row in rows) == 704
    table = open_csv(path(ERP))
    found = inspect(table.header, table.rows, answers=answers)
    assert found.mapping is not None
    assert found.mapping.date_order is DateOrder.DMY


@pytest.mark.parametrize(
    "name", ["RCV-venta-multiple-dte-referencias.csv", "RCV-venta-validation-errors.csv"]
)
def test_chile_s_ledger_of_sales_asks_for_currency_and_terms(name: str) -> None:
    table = open_csv(path(f"sii_rcv_cl/{name}"))
    found = inspect(table.header, table.rows, answers=Answers(date_order=DateOrder.DMY))
    assert {asked.code for asked in found.questions} == {QuestionCode.CURRENCY, QuestionCode.TERMS}
