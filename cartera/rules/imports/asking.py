"""Turns what a file leaves open into questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cartera.rules.imports.amounts import AmountEvidence, DecimalSign
from cartera.rules.imports.answers import Answers, SettledShort
from cartera.rules.imports.dates import DateEvidence
from cartera.rules.imports.evidence import Evidence, Group
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.questions import (
    Choice,
    Question,
    QuestionCode,
    Sample,
    column_option,
    currency_option,
)
from cartera.rules.imports.recognition import Recognition
from cartera.rules.imports.vocabulary import currency_of_company_code
from cartera.rules.money import minor_digits

# A tenth of a group's amounts longer than the currency allows, where others have none, is no slip of the
# hand.
CONVERTED_SHARE = 0.1


def kind() -> Question:
    return Question(QuestionCode.KIND, tuple(Choice(value, f"--kind {value}") for value in FileKind))


def columns(recognition: Recognition) -> list[Question]:
    """Columns that rival for one field, and fields that no column holds."""
    unmapped = [column for column in recognition.columns if column.field is None]
    twice = [
        Question(
            QuestionCode.COLUMN_TWICE,
            tuple(Choice(heading, column_option(heading, rivalry.field)) for heading in rivalry.headings),
            facts={"field": rivalry.field, "headings": ", ".join(rivalry.headings)},
        )
        for rivalry in recognition.rivalries
    ]
    missing = [
        Question(
            QuestionCode.COLUMN_MISSING,
            tuple(Choice(column.heading, column_option(column.heading, group[0])) for column in unmapped),
            facts={"field": group[0], "fields": ", ".join(group)},
            open_option=f'--column "…"={group[0]}',
        )
        for group in recognition.missing
    ]
    return twice + missing


def terms(recognition: Recognition, kind: FileKind, answers: Answers) -> list[Question]:
    """One of issue and due date gives the other, but only by terms that somebody states."""
    has = {field: recognition.index_of(field) is not None for field in (Field.ISSUE_DATE, Field.DUE_DATE)}
    if (
        kind is not FileKind.INVOICES
        or answers.terms_days is not None
        or has[Field.ISSUE_DATE] == has[Field.DUE_DATE]
    ):
        return []
    if has[Field.ISSUE_DATE] and recognition.index_of(Field.TERMS) is not None:
        return []
    missing = Field.DUE_DATE if has[Field.ISSUE_DATE] else Field.ISSUE_DATE
    choices = tuple(Choice(days, f"--terms {days}") for days in ("0", "15", "30", "60"))
    return [Question(QuestionCode.TERMS, choices, facts={"field": missing}, open_option="--terms N")]


def date_order(dates: DateEvidence) -> Question:
    """Every order that reads some date is a choice; dates that contradict each other make it a conflict."""
    fewest = min(map(len, dates.samples))
    telling = [sample for orders, sample in dates.samples.items() if len(orders) == fewest]
    whole = [order for order in dates.orders() if dates.readable[order] == dates.informative]
    return Question(
        QuestionCode.DATE_ORDER if len(whole) > 1 else QuestionCode.DATE_ORDER_CONFLICT,
        tuple(Choice(order, f"--date-order {order}") for order in dates.orders()),
        tuple(sorted(telling, key=lambda sample: sample.line)),
    )


def decimal(amounts: AmountEvidence) -> Question:
    """1.234 and nothing else, or 1,234.56 in one row and 1.234,56 in another."""
    found = tuple(amounts.decided_by.values()) or tuple(filter(None, [amounts.ambiguous]))
    return Question(
        QuestionCode.DECIMAL_SIGN_CONFLICT if amounts.decided_by else QuestionCode.DECIMAL_SIGN,
        tuple(Choice(sign, f"--decimal {sign}") for sign in DecimalSign),
        found,
    )


def zeros(evidence: Evidence, answers: Answers) -> list[Question]:
    if not evidence.zero_matches or answers.zeros:
        return []
    choices = (Choice("strip", "--strip-zeros"), Choice("keep", "--keep-zeros"))
    facts = {"rows": str(evidence.zero_matches)}
    return [Question(QuestionCode.LEADING_ZEROS, choices, tuple(evidence.zero_samples), facts)]


def settled_short(samples: Sequence[Sample]) -> Question:
    choices = tuple(Choice(value, f"--settled-short {value}") for value in SettledShort)
    return Question(QuestionCode.SETTLED_SHORT, choices, tuple(samples))


def currencies(
    evidence: Evidence,
    answered: Mapping[tuple[str, str], str],
    currency: str | None,
    headings_name: Sequence[str],
    sign: DecimalSign | None,
) -> list[Question]:
    """What the rows' currency is where no cell says so.

    ``currency`` is the whole file's, answered or named by the heading of the amounts; a company code
    whose rows speak of another one is asked apart.
    """
    open_groups = [g for g in evidence.groups.values() if (g.heading, g.value) not in answered]
    covered = sum(g.rows for g in evidence.groups.values()) - sum(g.rows for g in open_groups)
    asked = []
    if evidence.unnamed > covered and currency is None:
        asked.append(
            Question(
                QuestionCode.CURRENCY,
                tuple(Choice(code, f"--currency {code}") for code in headings_name),
                tuple(evidence.unnamed_samples[:3]),
                {"rows": str(evidence.unnamed - covered)},
                "--currency CODE",
            )
        )
    for word in evidence.words.values():
        if (word.sample.heading, word.text) not in answered:
            option = currency_option(word.sample.heading, word.text, "CODE")
            facts = {"word": word.text, "rows": str(word.rows), "heading": word.sample.heading}
            asked.append(Question(QuestionCode.CURRENCY_OF_WORD, (), (word.sample,), facts, option))
    if currency is not None:
        questions = (_group(group, evidence, currency, sign) for group in open_groups)
        asked += [question for question in questions if question]
    return asked


def _group(group: Group, evidence: Evidence, currency: str, sign: DecimalSign | None) -> Question | None:
    """Whether a company code's rows contradict the file's currency: by the country that the code or most
    of its terms begin with, or by decimals that only this group has."""
    by_code = currency_of_company_code(group.value)
    by_terms = group.terms_currency()
    digits = minor_digits(currency)
    others = [g for g in evidence.groups.values() if g is not group]
    too_precise = group.share_longer_than(digits, sign) >= CONVERTED_SHARE
    only_here = bool(others) and all(g.share_longer_than(digits, sign) < CONVERTED_SHARE / 10 for g in others)
    reasons = {
        "code": by_code is not None and by_code != currency,
        "terms": by_terms is not None and by_terms != currency,
        "decimals": too_precise and only_here,
    }
    if not any(reasons.values()):
        return None
    suggested = [code for code in dict.fromkeys((by_code, by_terms, currency)) if code]
    return Question(
        QuestionCode.CURRENCY_OF_GROUP,
        tuple(Choice(code, currency_option(group.heading, group.value, code)) for code in suggested),
        tuple(group.samples),
        {
            "heading": group.heading,
            "value": group.value,
            "rows": str(group.rows),
            "currency": currency,
            "reasons": ",".join(reason for reason, holds in reasons.items() if holds),
        },
        currency_option(group.heading, group.value, "CODE"),
    )
