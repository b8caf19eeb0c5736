"""Allocations of a payment or of a credit note: what it may settle, and what is refused of the lines told."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cartera.checks import check_count
from cartera.db.queries.charges import imputation_orders
from cartera.db.queries.payments import all_open, oldest_open
from cartera.db.session import WriteTx
from cartera.errors import refuse
from cartera.rules.allocation import AllocationRule, Line, Share
from cartera.rules.imputation import Debt
from cartera.rules.money import Money
from cartera.services.ledger import Ledger


def check_lines(lines: Sequence[Line] | None, field: str = "allocations") -> None:
    """Refuse lines that no books could take: TOO_MANY, AMOUNT_NOT_POSITIVE, RECEIVABLE_TWICE.

    ``field`` is where they were told.
    """
    check_count(lines or (), field)
    if any(amount <= 0 for _, amount in lines or ()):
        raise refuse("AMOUNT_NOT_POSITIVE", field)
    if len({receivable_id for receivable_id, _ in lines or ()}) < len(lines or ()):
        raise refuse("RECEIVABLE_TWICE", field)


def check_currency(told: str | None, currency: str) -> None:
    """Refuse amounts that were told in another currency than that of the money they are about."""
    if told not in (None, currency):
        raise refuse("CURRENCY_MISMATCH", "currencyCode", currency=currency)


def check_use(
    lines: Sequence[Line] | None, credit: Money, shares: Sequence[Share], source: str = "paymentId"
) -> None:
    """Refuse a use of credit that asks for more of it than there is, or for more than is owed.

    ``source`` is the field that names whose credit it is.
    """
    asked = sum(amount for _, amount in lines or ())
    if asked > credit.minor:
        raise refuse("NOT_ENOUGH_CREDIT", "allocations", credit=credit.decimal, currency=credit.currency)
    if asked > sum(share.spent for share in shares):
        raise refuse("OVER_ALLOCATED", "allocations")
    if not shares:
        raise refuse("NOTHING_TO_APPLY", source)


async def wanted_receivables(
    tx: WriteTx, customer_id: UUID, money: Money, lines: Sequence[Line] | None, rule: AllocationRule
) -> list[UUID]:
    """The receivables that some money may settle; the account row is locked already."""
    if lines is not None:
        return [receivable_id for receivable_id, _ in lines]
    order = (await imputation_orders(tx, [customer_id]))[customer_id]
    if rule is AllocationRule.OLDEST_FIRST and order.by_document:
        return await oldest_open(tx, customer_id, money)
    return await all_open(tx, customer_id, money.currency)


def debts_of(ledger: Ledger, lines: Sequence[Line]) -> dict[UUID, tuple[Debt, str]]:
    """What is owed where the lines say, and what was given up there: money recovers it."""
    return {
        each: (ledger.debt(each, with_given_up=True), ledger.receivables[each].currency) for each, _ in lines
    }
