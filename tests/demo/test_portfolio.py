"""The generator: equal arguments, equal rows; any size; a portfolio that one can believe."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from cartera.demo.portfolio import Plan, generate
from cartera.rules.aging import bucket_of
from cartera.rules.disputes import DisputeState
from cartera.rules.permissions import Role
from cartera.rules.promises import PromiseState
from cartera.rules.receivables import ReceivableState
from tests.demo.conftest import TODAY, Portfolio, whole

SMALL = Plan(TODAY, customers=25, receivables=400)


def digest(plan: Plan) -> str:
    text = "".join(repr(batch) for batch in generate(plan))
    return hashlib.sha256(text.encode()).hexdigest()


def test_equal_arguments_give_equal_rows_in_any_process() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", "from tests.demo.test_portfolio import *; print(digest(SMALL))"],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert printed.stdout.strip() == digest(SMALL)


@pytest.mark.parametrize(
    "other",
    [
        Plan(TODAY, customers=25, receivables=400, seed=5),
        Plan(TODAY + timedelta(days=1), customers=25, receivables=400),
        Plan(TODAY, customers=25, receivables=401),
    ],
)
def test_other_arguments_give_other_rows(other: Plan) -> None:
    assert digest(other) != digest(SMALL)


@pytest.mark.parametrize(("customers", "receivables"), [(1, 1), (1, 500), (40, 7), (300, 299), (700, 3_000)])
def test_any_size_is_met_exactly(customers: int, receivables: int) -> None:
    rows = whole(Plan(date(2024, 2, 29), customers, receivables))
    assert (len(rows.customer), len(rows.receivable)) == (customers, receivables)
    ids = [
        row[columns.index("id")]
        for _, columns, records in rows.tables()
        if "id" in columns
        for row in records
    ]
    assert len(set(ids)) == len(ids)
    assert {str(each)[14] for each in ids} == {"7"}


def test_batches_begin_small_and_grow() -> None:
    sizes = [len(batch.receivable) for batch in generate(Plan(TODAY, customers=600, receivables=12_000))]
    assert sizes[0] < 600 < sizes[1] < 2_400 < sizes[2] < 9_600
    assert sum(sizes) == 12_000


def test_names_and_tax_identifiers_are_not_repeated(portfolio: Portfolio) -> None:
    customers = portfolio.rows.customer
    assert len({row.name for row in customers}) == len({row.tax_id for row in customers}) == 300


def test_nobody_real_can_be_reached(portfolio: Portfolio) -> None:
    addresses = [row.email for row in portfolio.rows.contact]
    addresses += [row.email for row in portfolio.rows.member]
    assert all(address.isascii() and address.endswith(".example") for address in addresses)
    assert all("0000" in row.phone for row in portfolio.rows.contact)


def test_every_role_is_there_at_its_own_address(portfolio: Portfolio) -> None:
    roles = {row.email: row.role for row in portfolio.rows.member}
    assert len(roles) == len(portfolio.rows.member)
    assert all(roles[f"{role}@altiplano.example"] is role for role in Role)
    assert Counter(roles.values())[Role.COLLECTOR] == 6


def test_countries_currencies_and_kinds_of_customers(portfolio: Portfolio) -> None:
    countries = Counter(row.country for row in portfolio.rows.customer)
    assert countries["MX"] > countries["CO"] > countries["CL"] > 30
    currencies = defaultdict(set)
    for row in portfolio.rows.receivable:
        currencies[row.customer_id].add(row.currency)
    assert set().union(*currencies.values()) == {"MXN", "COP", "CLP", "USD"}
    numbers = Counter(len(used) for used in currencies.values())
    assert set(numbers) == {1, 2}
    assert 5 < numbers[2] < 60
    segments = Counter(row.segment for row in portfolio.rows.customer)
    assert min(segments["Educación"], segments["Salud"]) > 30
    assert segments["Personas"] > 5


def test_paying_habits_look_like_a_real_portfolio(portfolio: Portfolio) -> None:
    settled = [row for row in portfolio.rows.receivable if row.settled_on]
    days_late = [(row.settled_on - row.due_on).days for row in settled if row.settled_on]
    in_time = sum(row.settled_on < row.overdue_from for row in settled if row.settled_on)
    assert 0.25 < in_time / len(settled) < 0.50
    assert 0.01 < sum(days > 60 for days in days_late) / len(settled) < 0.10
    states = Counter(row.state for row in portfolio.rows.receivable)
    assert 0.85 < states[ReceivableState.PAID] / 6_000 < 0.95
    assert 20 < states[ReceivableState.PARTIALLY_PAID] < 120


def test_every_aging_bucket_holds_something(portfolio: Portfolio) -> None:
    buckets = Counter(
        bucket_of(row.due_on, row.overdue_from, TODAY)
        for row in portfolio.rows.receivable
        if row.balance_minor
    )
    assert len(buckets) == 5
    assert min(buckets.values()) >= 10
    assert buckets.most_common(1)[0][0] == "current"


def test_some_customers_pay_ever_later_and_then_nothing(portfolio: Portfolio) -> None:
    by_customer = defaultdict(list)
    for row in portfolio.rows.receivable:
        by_customer[row.customer_id].append(row)
    sinking = 0
    for rows in by_customer.values():
        delays = [(row.settled_on - row.due_on).days for row in rows if row.settled_on]
        silent = [row for row in rows if row.balance_minor and row.due_on < TODAY - timedelta(days=60)]
        third = len(delays) // 3
        if len(silent) >= 3 and third >= 2:
            sinking += sum(delays[-third:]) > sum(delays[:third]) + 15 * third
    assert sinking >= 5


def test_schools_pay_little_during_their_holidays(portfolio: Portfolio) -> None:
    schools = {
        row.id for row in portfolio.rows.customer if row.segment == "Educación" and row.country == "MX"
    }
    months = Counter(
        payment.received_on.month for payment in portfolio.rows.payment if payment.customer_id in schools
    )
    assert 2 * (months[6] + months[7] + months[8]) < months[9] + months[10] + months[11]


def test_what_collectors_know_is_varied(portfolio: Portfolio) -> None:
    rows = portfolio.rows
    promises = Counter(row.state for row in rows.promise)
    kept = promises[PromiseState.KEPT]
    matured = kept + promises[PromiseState.PARTIALLY_KEPT] + promises[PromiseState.BROKEN]
    assert 0.45 < kept / matured < 0.75
    assert promises[PromiseState.PENDING] >= 10
    assert promises[PromiseState.PARTIALLY_KEPT] >= 20
    disputes = Counter(row.state for row in rows.dispute)
    assert min(disputes[state] for state in DisputeState) >= 5
    assert len(rows.hold) >= 5
    assert len(rows.task) >= 40
    assert len({row.outcome for row in rows.activity}) >= 10


def test_exchange_rates_are_quoted_every_month(portfolio: Portfolio) -> None:
    quoted = defaultdict(list)
    for rate in portfolio.rows.exchange_rate:
        quoted[rate.currency].append(rate)
    assert set(quoted) == {"USD", "COP", "CLP"}
    first_issue = min(row.issued_on for row in portfolio.rows.receivable)
    for rates in quoted.values():
        assert len(rates) == 25
        assert rates[0].quoted_on <= first_issue
        assert all(rate.quoted_on.day == 1 for rate in rates[1:])
        assert all(rate.rate > 0 for rate in rates)
