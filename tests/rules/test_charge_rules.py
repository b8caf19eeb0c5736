from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cartera.rules.charge_packs import PACKS, rules_for
from cartera.rules.charge_rules import (
    Basis,
    Figures,
    Lacking,
    Overdue,
    Posted,
    Proposal,
    Terms,
    propose,
    tiered,
)
from cartera.rules.charges import ChargeKind
from cartera.rules.customers import DebtorType
from cartera.rules.imputation import Debt, OwedCharge, Part, default_order, impute
from cartera.rules.interest import DatedRate, DayCount, Period, Step
from tests.rules.test_imputation import A_INTEREST, A, B

DUE = date(2026, 3, 1)
LEGAL = Terms(Basis.LEGAL)
UF = Decimal("39000")


def _overdue(
    amount: int,
    currency: str,
    *,
    steps: Sequence[Step] | None = None,
    posted: Sequence[Posted] = (),
    overdue_from: date = DUE + timedelta(days=1),
) -> Overdue:
    return Overdue(overdue_from, currency, amount, steps or [Step(date(2026, 1, 1), amount)], posted)


def _propose(
    item: Overdue,
    country: str,
    days_overdue: int,
    *,
    debtor: DebtorType = DebtorType.COMPANY,
    terms: Terms = LEGAL,
    rates: Mapping[str, Sequence[DatedRate]] | None = None,
    units: Mapping[str, Mapping[date, Decimal]] | None = None,
) -> list[Proposal | Lacking]:
    as_of = DUE + timedelta(days=days_overdue)
    return propose(item, rules_for(country, debtor, terms), Figures(rates or {}, units or {}), terms, as_of)


def _amounts(found: Sequence[Proposal | Lacking]) -> list[tuple[str, int]]:
    assert all(isinstance(each, Proposal) for each in found), found
    return [(each.rule, each.amount) for each in found if isinstance(each, Proposal)]


# Chile, consumers: Ley 19.496 art. 37

UF_ON_DAY_21 = {"cl.uf": {DUE + timedelta(days=21): UF}}


def _chile(amount: int, days_overdue: int, **more: Any) -> list[Proposal | Lacking]:
    return _propose(
        _overdue(amount, "CLP"),
        "CL",
        days_overdue,
        debtor=DebtorType.CONSUMER,
        units=more.pop("units", UF_ON_DAY_21),
        **more,
    )


def test_chile_100_000_pesos_more_than_20_days_overdue_cost_9_000() -> None:
    assert _chile(100_000, 25) == [
        Proposal(
            rule="cl.collection_cost",
            kind=ChargeKind.COLLECTION_COST,
            source=(
                "Ley 19.496 art. 37: after the first 20 days, at most 9 % up to 10 UF, 6 % to 50, 3 % above"
            ),
            amount=9_000,
            base=100_000,
            due_on=date(2026, 3, 22),
            from_on=date(2026, 3, 22),
        )
    ]


def test_chile_has_no_cost_on_day_20_and_has_it_on_day_21() -> None:
    assert _chile(100_000, 20) == []
    assert _amounts(_chile(100_000, 21)) == [("cl.collection_cost", 9_000)]


@pytest.mark.parametrize(
    ("amount", "cost"),
    [
        (389_999, 35_099),  # 9 % = 35,099.91: what the law names at most is rounded down
        (390_000, 35_100),  # 10 UF
        (390_017, 35_101),  # 35,100 + 6 % of 17
        (1_949_999, 128_699),  # 35,100 + 6 % of 1,559,999 = 128,699.94
        (1_950_000, 128_700),  # 50 UF
        (1_950_034, 128_701),  # + 3 % of 34
        (10_000_000, 370_200),  # 128,700 + 3 % of 8,050,000
        (11, 0),
    ],
)
def test_chile_tiers_are_marginal_and_end_at_10_and_50_uf(amount: int, cost: int) -> None:
    found = _chile(amount, 21)
    assert [each.amount for each in found if isinstance(each, Proposal)] == ([cost] if cost else [])
    tiers = ((10, Decimal(9)), (50, Decimal(6)), (None, Decimal(3)))
    assert tiered(amount, tiers, UF) == cost


def test_chile_takes_the_uf_of_day_21_and_says_when_that_is_unknown() -> None:
    day_21 = DUE + timedelta(days=21)
    for units in (
        {},
        {"cl.uf": {day_21 - timedelta(days=1): UF}},
        {"cl.uf": {day_21 + timedelta(days=4): UF}},
    ):
        assert _chile(100_000, 25, units=units) == [Lacking("cl.collection_cost", "cl.uf", day_21)]


def test_chile_takes_the_principal_with_which_day_21_began() -> None:
    steps = [
        Step(date(2026, 1, 1), 100_000),
        Step(date(2026, 3, 22), 60_000),
        Step(date(2026, 3, 23), 10_000),
    ]
    item = _overdue(100_000, "CLP", steps=steps)
    found = _propose(item, "CL", 40, debtor=DebtorType.CONSUMER, units=UF_ON_DAY_21)
    assert _amounts(found) == [("cl.collection_cost", 5_400)]


def test_chile_paid_within_the_20_days_costs_nothing() -> None:
    item = _overdue(100_000, "CLP", steps=[Step(date(2026, 1, 1), 100_000), Step(date(2026, 3, 22), 0)])
    assert _propose(item, "CL", 40, debtor=DebtorType.CONSUMER, units=UF_ON_DAY_21) == []


def test_a_single_cost_is_proposed_once() -> None:
    posted = [Posted("cl.collection_cost", ChargeKind.COLLECTION_COST, date(2026, 3, 22), None, 9_000)]
    item = _overdue(100_000, "CLP", posted=posted)
    assert _propose(item, "CL", 40, debtor=DebtorType.CONSUMER, units=UF_ON_DAY_21) == []


def test_chile_another_currency_than_pesos_needs_one() -> None:
    found = _propose(_overdue(100_00, "USD"), "CL", 40, debtor=DebtorType.CONSUMER, units=UF_ON_DAY_21)
    assert found == [Lacking("cl.collection_cost", "CLP", date(2026, 3, 22))]


# Chile, companies: Ley 19.983, Ley 21.131


def test_chile_companies_owe_current_interest_and_1_percent_from_the_first_day() -> None:
    rates = {"cl.interes_corriente": [DatedRate(date(2026, 1, 1), Decimal(12))]}
    item = _overdue(1_000_000, "CLP")
    assert _propose(item, "CL", 0, rates=rates) == []
    assert _amounts(_propose(item, "CL", 1, rates=rates)) == [
        ("cl.current_interest", 333),
        ("cl.recovery_commission", 10_000),
    ]
    assert _amounts(_propose(item, "CL", 30, rates=rates))[0] == ("cl.current_interest", 10_000)


def test_chile_without_the_current_rate_says_so_and_still_gives_the_commission() -> None:
    found = _propose(_overdue(1_000_000, "CLP"), "CL", 1)
    assert found[0] == Lacking("cl.current_interest", "cl.interes_corriente", date(2026, 3, 2))
    assert _amounts(found[1:]) == [("cl.recovery_commission", 10_000)]


# Mexico: Código de Comercio 362 to 364


def test_mexico_362_is_6_percent_a_year_from_the_day_after_maturity() -> None:
    item = _overdue(10_000_000, "MXN")
    assert _propose(item, "MX", 0) == []
    assert _propose(item, "MX", 1) == [
        Proposal(
            rule="mx.commercial_interest",
            kind=ChargeKind.INTEREST,
            source="Código de Comercio 362: 6 % a year from the day after maturity, unless agreed",
            amount=1_644,
            base=10_000_000,
            due_on=date(2026, 3, 3),
            from_on=date(2026, 3, 2),
            to_on=date(2026, 3, 3),
            rate=Decimal(6),
            day_count=DayCount.ACTUAL_365,
        )
    ]
    assert _amounts(_propose(item, "MX", 30)) == [("mx.commercial_interest", 49_315)]
    assert _amounts(_propose(item, "MX", 365)) == [("mx.commercial_interest", 600_000)]


def test_mexico_an_agreement_may_name_a_year_of_360_days_or_another_rate() -> None:
    item = _overdue(10_000_000, "MXN")
    commercial = Terms(Basis.AGREED, agreed_percent=Decimal(6), day_count=DayCount.ACTUAL_360)
    assert _amounts(_propose(item, "MX", 30, terms=commercial)) == [("agreed.interest", 50_000)]
    dearer = Terms(Basis.AGREED, agreed_percent=Decimal(24))
    assert _amounts(_propose(item, "MX", 365, terms=dearer)) == [("agreed.interest", 2_400_000)]


def test_mexico_363_interest_posted_and_unpaid_bears_none() -> None:
    posted = [
        Posted("mx.commercial_interest", ChargeKind.INTEREST, date(2026, 3, 2), date(2026, 4, 1), 49_315)
    ]
    item = _overdue(10_000_000, "MXN", posted=posted)
    (line,) = _propose(item, "MX", 60)
    assert isinstance(line, Proposal)
    assert (line.base, line.from_on, line.to_on, line.amount) == (
        10_000_000,
        date(2026, 4, 1),
        date(2026, 5, 1),
        49_315,
    )


def test_mexico_364_a_payment_on_account_pays_that_interest_before_any_principal() -> None:
    """100,000.00 a year overdue owes 6,000.00: of 20,000.00 it takes 6,000.00, and principal the rest."""
    (line,) = _propose(_overdue(10_000_000, "MXN"), "MX", 365)
    assert isinstance(line, Proposal)
    owed = OwedCharge(A_INTEREST, line.kind, line.due_on, line.amount)
    debts = [Debt(B, date(2026, 2, 1), 1_000_000), Debt(A, DUE, 10_000_000, (owed,))]
    assert impute(2_000_000, debts, default_order("MX")) == [
        Part(A, A_INTEREST, 600_000),
        Part(B, None, 1_000_000),
        Part(A, None, 400_000),
    ]


def test_mexico_consumers_owe_no_commercial_interest() -> None:
    assert _propose(_overdue(10_000_000, "MXN"), "MX", 30, debtor=DebtorType.CONSUMER) == []


def test_a_due_date_on_a_holiday_is_overdue_and_bears_interest_only_from_the_policys_day() -> None:
    item = _overdue(10_000_000, "MXN", overdue_from=DUE + timedelta(days=3))
    assert _propose(item, "MX", 2) == []
    assert _amounts(_propose(item, "MX", 3)) == [("mx.commercial_interest", 1_644)]


# European Union and Spain: Directive 2011/7, Ley 3/2004

REFERENCE = {"eu.reference": [DatedRate(date(2026, 1, 1), Decimal("2.15"))]}


def test_europe_40_euros_an_invoice_from_the_first_day_overdue() -> None:
    item = _overdue(1_000_000, "EUR")
    assert _propose(item, "FR", 0, rates=REFERENCE) == []
    assert _amounts(_propose(item, "FR", 1, rates=REFERENCE)) == [
        ("eu.late_interest", 278),  # 10,000.00 x 10.15 % / 365
        ("eu.compensation", 4_000),
    ]
    assert _amounts(_propose(item, "ES", 365, rates=REFERENCE)) == [
        ("es.late_interest", 101_500),
        ("es.compensation", 4_000),
    ]


def test_europe_the_rate_of_a_half_year_applies_from_its_first_day() -> None:
    rates = {
        "eu.reference": [
            DatedRate(date(2026, 1, 1), Decimal("2.15")),
            DatedRate(date(2026, 7, 1), Decimal("2.40")),
        ]
    }
    lines = list(_propose(_overdue(1_000_000, "EUR"), "DE", 132, rates=rates))
    assert _amounts(lines) == [
        ("eu.late_interest", 33_648),  # 121 days at 10.15
        ("eu.late_interest", 3_134),  # 11 days at 10.40
        ("eu.compensation", 4_000),
    ]


def test_europe_a_reference_below_minus_8_bears_nothing_rather_than_less() -> None:
    rates = {"eu.reference": [DatedRate(date(2026, 1, 1), Decimal(-9))]}
    found = _propose(_overdue(1_000_000, "EUR"), "ES", 30, rates=rates)
    assert _amounts(found) == [("es.compensation", 4_000)]


def test_europe_40_euros_on_an_invoice_in_another_currency_says_what_is_lacking() -> None:
    found = _propose(_overdue(1_000_000, "USD"), "ES", 1, rates=REFERENCE)
    assert found[1] == Lacking("es.compensation", "EUR", date(2026, 3, 2))


def test_europe_consumers_owe_none_of_it() -> None:
    assert _propose(_overdue(1_000_000, "EUR"), "ES", 30, debtor=DebtorType.CONSUMER) == []


# Brazil, and where the law is silent


def test_brazil_2_percent_and_1_percent_a_month_as_agreed() -> None:
    terms = Terms(
        Basis.AGREED,
        agreed_percent=Decimal(12),
        penalty_percent=Decimal(2),
        day_count=DayCount.THIRTY_360,
    )
    # Due on the 1st, so from the 2nd to the 31st: the 31st counts as the 30th in twelve times thirty days.
    assert _amounts(_propose(_overdue(100_000, "BRL"), "BR", 31, terms=terms)) == [
        ("agreed.interest", 1_000),
        ("agreed.penalty", 2_000),
    ]


def test_brazil_a_consumers_fine_ends_at_2_percent() -> None:
    terms = Terms(Basis.AGREED, penalty_percent=Decimal(10))
    item = _overdue(100_000, "BRL")
    consumer, company = DebtorType.CONSUMER, DebtorType.COMPANY
    assert _amounts(_propose(item, "BR", 1, terms=terms, debtor=consumer)) == [("agreed.penalty", 2_000)]
    assert _amounts(_propose(item, "BR", 1, terms=terms, debtor=company)) == [("agreed.penalty", 10_000)]


def test_brazil_legal_interest_lacks_its_rate_until_entered() -> None:
    found = _propose(_overdue(100_000, "BRL"), "BR", 1)
    assert found == [Lacking("br.legal_interest", "br.taxa_legal", date(2026, 3, 2))]


@pytest.mark.parametrize("country", ["CO", "PE", "US", "AR", "JP"])
def test_elsewhere_nothing_is_owed_unless_agreed(country: str) -> None:
    item = _overdue(100_000, "USD")
    assert _propose(item, country, 300) == []
    agreed = Terms(Basis.AGREED, agreed_percent=Decimal(10))
    assert _amounts(_propose(item, country, 365, terms=agreed)) == [("agreed.interest", 10_000)]


def test_an_organization_that_charges_nothing_proposes_nothing() -> None:
    assert _propose(_overdue(10_000_000, "MXN"), "MX", 300, terms=Terms(Basis.NONE)) == []


def test_an_agreed_rate_replaces_the_laws_interest_and_leaves_its_costs() -> None:
    terms = Terms(Basis.AGREED, agreed_percent=Decimal("3.65"))
    assert _amounts(_propose(_overdue(1_000_000, "EUR"), "ES", 10, terms=terms)) == [
        ("agreed.interest", 1_000),
        ("es.compensation", 4_000),
    ]


def test_a_change_of_rule_never_lets_a_day_bear_interest_twice() -> None:
    posted = [
        Posted("mx.commercial_interest", ChargeKind.INTEREST, date(2026, 3, 2), date(2026, 4, 1), 49_315)
    ]
    terms = Terms(Basis.AGREED, agreed_percent=Decimal(12))
    item = _overdue(10_000_000, "MXN", posted=posted)
    assert _propose(item, "MX", 30, terms=terms) == []
    (line,) = _propose(item, "MX", 31, terms=terms)
    assert isinstance(line, Proposal)
    assert (line.from_on, line.amount) == (date(2026, 4, 1), 3_288)


def test_days_of_a_plans_own_terms_bear_no_interest_and_those_around_them_do() -> None:
    """Of thirty days overdue the plan stood for the 11th to the 20th; those of a second one meet its end."""
    days = [DUE + timedelta(days=n) for n in (11, 16, 21)]
    item = replace(_overdue(10_000_000, "MXN"), agreed=[Period(days[0], days[2]), Period(days[1], days[2])])
    found = _propose(item, "MX", 30)
    assert [(each.from_on, each.to_on, each.amount) for each in found if isinstance(each, Proposal)] == [
        (DUE + timedelta(days=1), days[0], 16_438),
        (days[2], DUE + timedelta(days=31), 16_438),
    ]
    assert _propose(replace(item, agreed=[Period(DUE, date.max)]), "MX", 30) == []


def test_a_cap_counts_what_was_posted_before() -> None:
    posted = [
        Posted("mx.commercial_interest", ChargeKind.INTEREST, date(2026, 3, 2), date(2026, 4, 1), 49_315)
    ]
    terms = Terms(Basis.LEGAL, cap_percent=Decimal("0.5"))
    assert _amounts(_propose(_overdue(10_000_000, "MXN", posted=posted), "MX", 60, terms=terms)) == [
        ("mx.commercial_interest", 685)
    ]
    full = [*posted, Posted("x", ChargeKind.INTEREST, date(2026, 4, 1), date(2026, 4, 2), 685)]
    assert _propose(_overdue(10_000_000, "MXN", posted=full), "MX", 60, terms=terms) == []


def test_every_rule_names_its_source_and_ids_are_unique_within_a_country() -> None:
    for rules in PACKS.values():
        assert len({rule.id for rule in rules}) == len(rules)
        assert all(any(letter.isdigit() for letter in rule.source) for rule in rules)
