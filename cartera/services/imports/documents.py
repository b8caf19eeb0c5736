"""What is kept of a proposal, as JSON, and of why a file was refused as a whole."""

from __future__ import annotations

import json
from typing import Any

from cartera.errors import Problem, Refused
from cartera.rules.imports.inspection import Inspection
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.problems import Refusal, RefusalCode
from cartera.rules.imports.questions import Choice, Question, QuestionCode, Sample
from cartera.services.imports.applying import RowsRefused


def proposal_document(inspection: Inspection) -> dict[str, Any]:
    """How a file is read, its columns and questions as facts; sentences are made when somebody reads them."""
    return {
        "mapping": inspection.mapping.to_document() if inspection.mapping else None,
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


def stored_mapping(document: dict[str, Any]) -> FileMapping | None:
    """How the file was read that ``proposal_document`` wrote of; None while something was to be asked."""
    mapping = document.get("mapping")
    return FileMapping.from_document(mapping) if mapping else None


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


def failure_document(error: Exception) -> str:
    """Why a whole file was not taken, as facts in JSON: said in the language of whoever reads it."""
    if isinstance(error, Refusal):
        found = {"refusal": error.code, "facts": dict(error.facts)}
    elif isinstance(error, Refused):
        found = {"code": error.problems[0].code, "facts": error.problems[0].facts}
    elif isinstance(error, RowsRefused):
        found = {"code": "IMPORT_ROWS_REFUSED", "facts": {"count": error.outcome.bad}}
    else:
        found = {"code": "IMPORT_ANSWERS_DO_NOT_FIT", "facts": {}}
    return json.dumps(found)


def stored_failure(document: str) -> Refusal | Problem:
    """What ``failure_document`` wrote: the reader's refusal of a file, or a problem with a stable code."""
    found = json.loads(document)
    if "refusal" in found:
        return Refusal(RefusalCode(found["refusal"]), **found["facts"])
    return Problem(found["code"], facts=found["facts"])
