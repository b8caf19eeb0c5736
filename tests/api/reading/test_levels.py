"""What a level knows of its columns: whether some rows may have no value in one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from api.selection.levels import Level
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Allocation, CreditNote, Payment
from cartera.db.tables.receivables import Receivable


def level(*joined: tuple[Any, bool], full: bool = False) -> Level:
    """Allocations with tables joined to them, each of which a row must have or may lack."""

    def rows(columns: Any) -> Any:
        statement = select(*columns).select_from(Allocation)
        for table, may_lack in joined:
            key = table.id == Allocation.payment_id
            statement = statement.join(table, key, isouter=may_lack, full=full)
        return statement

    return Level(rows, [Allocation, *(table for table, _ in joined)], "t1")


@pytest.mark.parametrize(
    ("at", "lacking", "filled"),
    [
        (level(), [Allocation.payment_id], [Allocation.id, Allocation.amount_minor]),
        (level((Payment, False)), [Payment.reference], [Payment.currency, Allocation.id]),
        (level((Payment, True)), [Payment.currency], [Allocation.id]),
        (
            level((Payment, True), (CreditNote, True), (Receivable, False)),
            [Payment.id, CreditNote.currency],
            [Receivable.currency, Allocation.id],
        ),
        (level((Payment, False), full=True), [Payment.currency, Allocation.id], []),
        (level((Customer, False)), [Customer.tax_id], [Customer.name]),
    ],
)
def test_what_is_joined_if_it_is_there_may_be_lacking(
    at: Level, lacking: list[Any], filled: list[Any]
) -> None:
    assert [at.lacks(column) for column in lacking] == [True] * len(lacking)
    assert [at.lacks(column) for column in filled] == [False] * len(filled)
