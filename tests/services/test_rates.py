"""Dated values: what is kept, what replaces what, what is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from cartera.db.queries.business_day import behind
from cartera.db.queries.drift import account_drift
from cartera.db.session import WriteTx
from cartera.db.tables.accounts import Account
from cartera.db.tables.charge_policies import IndexValue, InterestRate
from cartera.db.tables.organizations import ExchangeRate
from cartera.db.tables.outbox import AuditEntry
from cartera.errors import Refused
from cartera.services.business_day import catch_up
from cartera.services.rates import (
    NewExchangeRate,
    NewIndexValue,
    NewInterestRate,
    set_exchange_rates,
    set_index_values,
    set_interest_rates,
)
from tests.factories import TODAY, Factory
from tests.services.books import outbox

Verb = Callable[[WriteTx], Awaitable[list[UUID]]]

USD = NewExchangeRate("USD", TODAY, Decimal("18.4321"), "Banxico FIX")
TIIE = NewInterestRate("mx.tiie_28", TODAY, Decimal("7.25"), "Banxico")
UF = NewIndexValue("cl.uf", TODAY, Decimal("39383.07"), "CMF")


async def _values(factory: Factory) -> list[str]:
    async with factory.read() as tx:
        found = []
        for table in ("exchange_rate", "interest_rate", "index_value", "audit_entry"):
            found += [
                str(row) for row in await tx.session.execute(text(f"SELECT * FROM {table} ORDER BY id"))
            ]
        return found


async def test_values_are_kept_with_their_day_and_source(factory: Factory) -> None:
    manager = await factory.actor("manager")
    async with factory.write(manager) as tx:
        await set_exchange_rates(tx, [USD])
        await set_interest_rates(tx, [TIIE])
        await set_index_values(tx, [UF])
    async with factory.read() as tx:
        rate = (await tx.session.scalars(select(ExchangeRate))).one()
        assert (rate.currency, rate.quoted_on, rate.rate) == ("USD", TODAY, Decimal("18.4321"))
        interest = (await tx.session.scalars(select(InterestRate))).one()
        assert (interest.code, interest.valid_from, interest.annual_percent, interest.source) == (
            "mx.tiie_28",
            TODAY,
            Decimal("7.25"),
            "Banxico",
        )
        unit = (await tx.session.scalars(select(IndexValue))).one()
        assert (unit.code, unit.quoted_on, unit.value) == ("cl.uf", TODAY, Decimal("39383.07"))


async def test_a_second_value_of_a_day_replaces_the_first_which_the_audit_keeps(factory: Factory) -> None:
    manager = await factory.actor("manager")
    for percent in ("7.25", "7.00"):
        async with factory.write(manager) as tx:
            await set_interest_rates(
                tx, [NewInterestRate("mx.tiie_28", TODAY, Decimal(percent), "Banxico, corrected")]
            )
    async with factory.read() as tx:
        row = (await tx.session.scalars(select(InterestRate))).one()
        assert row.annual_percent == Decimal("7.00")
        audit = (
            await tx.session.scalars(select(AuditEntry).where(AuditEntry.action == "interest_rate.set"))
        ).all()
    assert len(audit) == 2
    last = next(each for each in audit if each.before is not None)
    assert last.before is not None
    assert Decimal(last.before["annual_percent"]) == Decimal("7.25")
    assert last.after is not None
    assert Decimal(last.after["annual_percent"]) == Decimal("7.00")


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        ([], [("NO_ROWS", ())]),
        ([USD] * 1001, None),
        ([NewExchangeRate("USD", TODAY, Decimal(0), "x")], [("RATE_OUT_OF_RANGE", ("0", "rate"))]),
        ([NewExchangeRate("USD", TODAY, Decimal(-1), "x")], [("RATE_OUT_OF_RANGE", ("0", "rate"))]),
        ([NewExchangeRate("USD", TODAY, Decimal(10**13), "x")], [("RATE_OUT_OF_RANGE", ("0", "rate"))]),
        ([NewExchangeRate("USD", TODAY, Decimal("NaN"), "x")], [("RATE_OUT_OF_RANGE", ("0", "rate"))]),
        (
            [NewExchangeRate("USD", TODAY, Decimal("1.00000000001"), "x")],
            [("RATE_OUT_OF_RANGE", ("0", "rate"))],
        ),
        ([NewExchangeRate("XXX", TODAY, Decimal(1), "x")], [("UNKNOWN_CURRENCY", ("0", "currencyCode"))]),
        (
            [NewExchangeRate("MXN", TODAY, Decimal(1), "x")],
            [("RATE_OF_BASE_CURRENCY", ("0", "currencyCode"))],
        ),
        ([NewExchangeRate("USD", TODAY, Decimal(1), "  ")], [("SOURCE_MISSING", ("0", "source"))]),
        ([NewExchangeRate("USD", TODAY, Decimal(1), "x" * 201)], [("TOO_LONG", ("0", "source"))]),
        (
            [NewExchangeRate("USD", TODAY + timedelta(days=367), Decimal(1), "x")],
            [("DATE_OUT_OF_RANGE", ("0", "quotedOn"))],
        ),
        (
            [NewExchangeRate("USD", date(1979, 12, 31), Decimal(1), "x")],
            [("DATE_OUT_OF_RANGE", ("0", "quotedOn"))],
        ),
        ([USD, USD], [("DATE_TWICE", ("1",))]),
        (
            [USD, NewExchangeRate("EUR", TODAY, Decimal(0), "")],
            [("SOURCE_MISSING", ("1", "source")), ("RATE_OUT_OF_RANGE", ("1", "rate"))],
        ),
    ],
)
async def test_bad_exchange_rates_are_refused_by_field_and_none_is_kept(
    factory: Factory, new: list[NewExchangeRate], problems: list[Any] | None
) -> None:
    before = await _values(factory)
    with pytest.raises(Refused) as caught:
        async with factory.write() as tx:
            await set_exchange_rates(tx, new)
    found = [(each.code, each.path) for each in caught.value.problems]
    if problems is None:
        assert found[0] == ("TOO_MANY", ("rates",))
    else:
        assert found == [(code, ("rates", *path)) for code, path in problems]
    assert await _values(factory) == before


@pytest.mark.parametrize("code", ["", "UF", "cl..uf", "cl.uf ", "x" * 61, "1uf", "cl.uf;"])
async def test_codes_are_lower_case_words(factory: Factory, code: str) -> None:
    before = await _values(factory)
    verbs: list[Verb] = [
        lambda tx: set_interest_rates(tx, [NewInterestRate(code, TODAY, Decimal(1), "x")]),
        lambda tx: set_index_values(tx, [NewIndexValue(code, TODAY, Decimal(1), "x")]),
    ]
    for verb in verbs:
        with pytest.raises(Refused) as caught:
            async with factory.write() as tx:
                await verb(tx)
        (problem,) = caught.value.problems
        assert (problem.code, problem.path[1:]) == ("RATE_CODE", ("0", "code"))
    assert await _values(factory) == before


@pytest.mark.parametrize(
    ("percent", "is_good"), [("-100", False), ("-0.5", True), ("0", True), ("1000.1", False)]
)
async def test_a_rate_may_be_negative_but_not_absurd(factory: Factory, percent: str, is_good: bool) -> None:
    new = [NewInterestRate("eu.reference", TODAY, Decimal(percent), "ECB")]
    if is_good:
        async with factory.write() as tx:
            assert len(await set_interest_rates(tx, new)) == 1
        return
    with pytest.raises(Refused) as caught:
        async with factory.write() as tx:
            await set_interest_rates(tx, new)
    assert caught.value.problems[0].code == "RATE_OUT_OF_RANGE"


@pytest.mark.parametrize("role", ["collector", "salesperson", "viewer"])
async def test_only_who_keeps_the_books_sets_rates(factory: Factory, role: str) -> None:
    actor = await factory.actor(role)
    before = await _values(factory)
    verbs: list[Verb] = [
        lambda tx: set_exchange_rates(tx, [USD]),
        lambda tx: set_interest_rates(tx, [TIIE]),
        lambda tx: set_index_values(tx, [UF]),
    ]
    for verb in verbs:
        with pytest.raises(Refused) as caught:
            async with factory.write(actor) as tx:
                await verb(tx)
        assert caught.value.problems[0].code == "NOT_PERMITTED"
    assert await _values(factory) == before


async def test_another_organization_sees_none_of_them(factory: Factory) -> None:
    async with factory.write() as tx:
        await set_index_values(tx, [UF])
    other = await factory.other()
    async with other.read() as tx:
        assert (await tx.session.scalars(select(IndexValue))).all() == []


async def test_a_rate_has_what_is_owed_in_its_currency_reckoned_anew(factory: Factory) -> None:
    abroad, at_home = await factory.customer(), await factory.customer()
    await factory.rate("USD", "18", TODAY - timedelta(days=1))
    await factory.receivable(abroad, "100.00", currency="USD")
    await factory.receivable(at_home, "100.00")
    both = [abroad.id, at_home.id]
    await _reckon(factory)
    assert await _owed(factory, both) == [1_800_00, 100_00]
    async with factory.write(await factory.actor("manager")) as tx:
        await set_exchange_rates(tx, [NewExchangeRate("USD", TODAY, Decimal("20"), "FIX")])
    assert len(await outbox(factory, "begin_business_day")) == 1
    async with factory.write() as tx:
        # Not drift, since the job has yet to come to them.
        assert await account_drift(tx, both) == []
        await tx.session.rollback()
    async with factory.read() as tx:
        assert await behind(tx, None, 9) == [abroad.id]
    await _reckon(factory)
    assert await _owed(factory, both) == [2_000_00, 100_00]
    async with factory.write() as tx:
        assert await account_drift(tx, both) == []


async def _reckon(factory: Factory) -> None:
    async with factory.write() as tx:
        await catch_up(tx, None)


async def _owed(factory: Factory, customers: list[UUID]) -> list[int]:
    async with factory.read() as tx:
        rows = await tx.session.scalars(select(Account).where(Account.customer_id.in_(customers)))
        found = {row.customer_id: row.balance_minor for row in rows}
    return [found[each] for each in customers]
