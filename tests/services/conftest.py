"""A customer and what it owes, for whoever asks for no more."""

from __future__ import annotations

import pytest

from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from tests.factories import Factory


@pytest.fixture
async def customer(factory: Factory) -> Customer:
    return await factory.customer()


@pytest.fixture
async def invoice(factory: Factory, customer: Customer) -> Receivable:
    return await factory.receivable(customer, "100.00")
