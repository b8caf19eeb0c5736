"""The examples of docs/interest.md say what the rules say."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cartera.rules.charge_packs import PACKS, rules_for
from cartera.rules.charge_rules import Basis, Figures, InterestRule, Overdue, Proposal, Terms, propose
from cartera.rules.customers import DebtorType
from cartera.rules.imputation import DEFAULTS, ELSEWHERE
from cartera.rules.interest import DatedRate, DayCount, Step
from cartera.rules.money import format_amount, parse_amount

PAGE = (Path(__file__).parents[1] / "docs" / "interest.md").read_text("utf-8")
DUE = date(2026, 3, 1)
LEGAL = Terms(Basis.LEGAL)
CASES = {
    "Chile, consumer, UF 39,000": ("CL", DebtorType.CONSUMER, LEGAL),
    "Mexico, 6 %": ("MX", DebtorType.COMPANY, LEGAL),
    "Mexico, 6 % agreed, actual/360": (
        "MX",
        DebtorType.COMPANY,
        Terms(Basis.AGREED, agreed_percent=Decimal(6), day_count=DayCount.ACTUAL_360),
    ),
    "Spain, reference 2.15 %": ("ES", DebtorType.COMPANY, LEGAL),
}
FIGURES = Figures(
    {"eu.reference": [DatedRate(date(2026, 1, 1), Decimal("2.15"))]},
    {"cl.uf": {DUE + timedelta(days=21): Decimal(39_000)}},
)


def _examples() -> list[list[str]]:
    table = PAGE.partition("## Examples\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return rows[2:]


def test_the_page_has_its_examples() -> None:
    assert len(_examples()) == 11


@pytest.mark.parametrize(("case", "amount", "days", "result"), _examples())
def test_an_example_is_what_the_rules_give(case: str, amount: str, days: str, result: str) -> None:
    country, debtor, terms = CASES[case]
    number, currency = amount.split()
    minor = parse_amount(number, currency)
    item = Overdue(DUE + timedelta(days=1), currency, minor, [Step(date(2026, 1, 1), minor)])
    found = propose(item, rules_for(country, debtor, terms), FIGURES, terms, DUE + timedelta(days=int(days)))
    total = 0
    for each in found:
        assert isinstance(each, Proposal)
        total += each.amount
    assert format_amount(total, currency) == result


def test_every_rate_that_must_be_entered_is_named() -> None:
    codes = {
        rule.rate_code for rules in PACKS.values() for rule in rules if isinstance(rule, InterestRule)
    } - {None}
    assert codes
    assert all(f"`{code}`" in PAGE for code in codes)


def test_every_articles_number_of_an_order_is_on_the_page() -> None:
    for default in (*DEFAULTS.values(), ELSEWHERE):
        head = default.source.partition(":")[0]
        number = "Story v. Livingston" if "Story" in head else head.split()[-1]
        assert number in PAGE, default.source
