"""Says refusals, problems, questions and notices in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from cartera.rules.customers import Language
from cartera.rules.imports import problem_texts, texts
from cartera.rules.imports.fields import Field
from cartera.rules.imports.problems import BadRow, Notice, Problem, Refusal, RefusalCode
from cartera.rules.imports.questions import Question

_PLACE = {Language.ES: 0, Language.EN: 1, Language.PT: 2}
_EXAMPLES = 3
_OPTIONS = 6


def say_refusal(refusal: Refusal, language: Language) -> str:
    """Why a file is not read, and what to do: one or two sentences."""
    facts = dict(refusal.facts)
    if refusal.code is RefusalCode.UNREADABLE:
        facts["reason"] = texts.UNREADABLE[facts["reason"]][_PLACE[language]]
    if facts.get("kind") == "BINARY":
        facts["kind"] = texts.BINARY_DATA[_PLACE[language]]
    return _said(problem_texts.REFUSALS[refusal.code], language, facts)


def say_problem(problem: Problem, language: Language) -> str:
    """One reason why a row is not taken. A field without a column is named by what it is."""
    field = problem.facts.get("field")
    heading = say_field(Field(field), language) if field else problem.heading
    facts = {**problem.facts, "heading": heading, "value": problem.value}
    return _said(problem_texts.PROBLEMS[problem.code], language, facts)


def say_bad_row(row: BadRow, language: Language) -> str:
    """Every reason of a row, in one line."""
    return " ".join(say_problem(problem, language) for problem in row.problems)


def say_question(question: Question, language: Language) -> str:
    """The question with examples of what makes it one; how to answer is ``say_options``."""
    line = texts.LINE[_PLACE[language]]
    facts = dict(question.facts)
    shown = question.samples[:_EXAMPLES]
    facts["examples"] = "; ".join(f"{line} {sample.line}: {sample.text}" for sample in shown)
    if "field" in facts:
        facts["field_name"] = say_field(Field(facts["field"]), language)
    reasons = [texts.GROUP_REASONS[reason] for reason in facts.get("reasons", "").split(",") if reason]
    facts["reasons_said"] = ", ".join(said[_PLACE[language]] for said in reasons)
    return _said(texts.QUESTIONS[question.code], language, facts)


def say_options(question: Question) -> str:
    """The options of the command line that answer, in English as all its output: ``Add --kind … or …``."""
    options = [choice.option for choice in question.choices[:_OPTIONS]]
    if question.open_option and len(question.choices) != 1:
        options = [*options, question.open_option]
    return f"Add {' or '.join(options)}."


def say_notice(notice: Notice, count: int, language: Language) -> str:
    return _said(problem_texts.NOTICES[notice], language, {"count": str(count)})


def say_field(field: Field, language: Language) -> str:
    return texts.FIELDS[field][_PLACE[language]]


def bad_row_titles(language: Language) -> tuple[str, str]:
    """Headings of the two columns that a download of bad rows adds."""
    line, reason = texts.BAD_ROW_TITLES
    return line[_PLACE[language]], reason[_PLACE[language]]


def _said(sentences: texts.Texts, language: Language, facts: Mapping[str, str]) -> str:
    return sentences[_PLACE[language]].format_map(facts)
