"""What is kept of a proposal, as JSON, and what is said where a file is refused as a whole."""

from __future__ import annotations

from typing import Any

from cartera.errors import Refused
from cartera.rules.customers import Language
from cartera.rules.imports.inspection import Inspection
from cartera.rules.imports.problems import Refusal
from cartera.rules.imports.questions import Choice, Question, QuestionCode, Sample
from cartera.rules.imports.wording import say_refusal


def proposal_document(inspection: Inspection) -> dict[str, Any]:
    """Columns and questions of a file as facts; sentences are made when somebody reads them."""
    return {
        "columns": [
            {"heading": column.heading, "field": column.field, "samples": list(column.samples)}
            for column in inspection.columns
        ],
        "questions": [_question(question) for question in inspection.questions],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "code": question.code,
        "choices": [{"value": each.value, "option": each.option} for each in question.choices],
        "samples": [[each.line, each.heading, each.text] for each in question.samples],
        "facts": dict(question.facts),
        "open_option": question.open_option,
    }


def stored_questions(document: dict[str, Any]) -> list[Question]:
    """The questions that ``proposal_document`` wrote."""
    return [
        Question(
            code=QuestionCode(each["code"]),
            choices=tuple(Choice(choice["value"], choice["option"]) for choice in each["choices"]),
            samples=tuple(Sample(*sample) for sample in each["samples"]),
            facts=each["facts"],
            open_option=each["open_option"],
        )
        for each in document.get("questions", [])
    ]


def refusal_text(error: Exception, language: str) -> str:
    """Why a whole file was not taken: a sentence where the reader made one, else the stable code."""
    if isinstance(error, Refusal):
        return say_refusal(error, Language(language))
    if isinstance(error, Refused):
        return error.problems[0].code
    return str(error)
