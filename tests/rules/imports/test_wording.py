"""Everything can be said in three languages, with every fact that the rules give."""

from __future__ import annotations

from string import Formatter

import pytest

from cartera.rules.customers import Language
from cartera.rules.imports import problem_texts, texts, wording
from cartera.rules.imports.fields import Field
from cartera.rules.imports.problems import BadRow, Notice, Problem, ProblemCode, RefusalCode
from cartera.rules.imports.questions import QuestionCode
from tests.rules.imports.tables import convert, look

CATALOGUES = [
    (problem_texts.REFUSALS, RefusalCode),
    (problem_texts.PROBLEMS, ProblemCode),
    (texts.QUESTIONS, QuestionCode),
    (problem_texts.NOTICES, Notice),
    (texts.FIELDS, Field),
]


@pytest.mark.parametrize(("catalogue", "codes"), CATALOGUES)
def test_every_code_has_three_sentences_with_the_same_facts(
    catalogue: dict[str, texts.Texts], codes: type
) -> None:
    assert set(catalogue) == set(codes)
    for sentences in catalogue.values():
        assert len(set(sentences)) == 3
        facts = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in sentences]
        assert facts[0] == facts[1] == facts[2]


def test_a_question_is_one_sentence_and_its_options() -> None:
    text = "Cliente | Folio | Emisión | Vencimiento | Saldo MXN\nC1 | F1 | 03/01/2024 | 04/02/2024 | 1.50"
    (asked,) = look(text).questions
    assert wording.say_question(asked, Language.EN) == (
        "In which order are day and month? No date decides it (line 2: 03/01/2024)."
    )
    assert wording.say_question(asked, Language.ES) == (
        "¿En qué orden están día y mes? Ninguna fecha lo decide (línea 2: 03/01/2024)."
    )
    assert wording.say_options(asked) == "Add --date-order DMY or --date-order MDY."


def test_a_company_code_s_question_gives_its_reasons() -> None:
    text = "Sociedad | Cliente | Folio | Emisión | Vencimiento | Importe USD\n"
    text += "CA02 | C1 | F1 | 13/01/2024 | 14/02/2024 | 1.50\nU001 | C1 | F2 | 13/01/2024 | 14/02/2024 | 1.50"
    (asked,) = look(text).questions
    assert wording.say_question(asked, Language.EN) == (
        "Which currency are the 1 rows with Sociedad = CA02 in? The file says USD, but the code is another "
        "country's (line 2: 1.50)."
    )
    assert wording.say_options(asked) == (
        "Add --currency-for Sociedad=CA02:CAD or --currency-for Sociedad=CA02:USD or "
        "--currency-for Sociedad=CA02:CODE."
    )


def test_every_question_of_every_kind_can_be_said() -> None:
    files = [
        "Cliente | Fecha | Monto\nC1 | 01/02/2024 | 10.5",
        "Cliente | Emisión | Emisión doc | Saldo | Moneda\nC1 | 01/02/2024 | 02/02/2024 | 1.234 | Pesos",
        "0017 | Folio | Fecha factura | Importe\n1 | 2 | 3 | 4",
    ]
    said = [asked for text in files for asked in look(text, kind=None).questions]  # type: ignore[arg-type]  # unset
    assert len({asked.code for asked in said}) >= 5
    for asked in said:
        for language in Language:
            assert "{" not in wording.say_question(asked, language)


def test_a_bad_row_is_said_with_heading_and_value() -> None:
    text = "Cliente | Folio | Emisión | Vencimiento | Saldo MXN\nC1 | F1 | 31/02/2024 | 14/03/2024 | 1.505\n"
    _, (bad,), _ = convert(text, decimal="point")
    assert wording.say_bad_row(bad, Language.EN) == (
        "“Emisión” is an impossible date in the order DMY: 31/02/2024. "
        "“Saldo MXN” has more decimals than MXN, which has 2: 1.505."
    )
    unmapped = BadRow(2, (), (Problem(ProblemCode.VALUE_MISSING, facts={"field": Field.DUE_DATE}),))
    assert wording.say_bad_row(unmapped, Language.ES) == "Falta «la fecha de vencimiento»."


def test_notices_count() -> None:
    assert wording.say_notice(Notice.REPEATED, 3, Language.PT) == (
        "3 linhas repetem outra e são tomadas uma só vez."
    )
