"""Imputation: whether money pays cost, interest or principal first, and of which document.

All amounts are minor units of one currency. Who pays may say *which documents* are meant (then only those
are passed in), but no code lets principal be paid before its interest without the creditor's consent;
so the order is the country's, unless the agreement with the customer names another (DOMAIN §2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from cartera.rules.charges import ChargeKind, Component, component_of


class ImputationOrder(StrEnum):
    """Which component is paid first: through all documents at once, or document by document."""

    COST_INTEREST_PRINCIPAL = "cost_interest_principal"
    INTEREST_COST_PRINCIPAL = "interest_cost_principal"
    PRINCIPAL_INTEREST_COST = "principal_interest_cost"
    COST_INTEREST_PRINCIPAL_BY_DOCUMENT = "cost_interest_principal_by_document"
    INTEREST_COST_PRINCIPAL_BY_DOCUMENT = "interest_cost_principal_by_document"
    PRINCIPAL_INTEREST_COST_BY_DOCUMENT = "principal_interest_cost_by_document"

    @property
    def by_document(self) -> bool:
        """Whether the oldest document is paid in full before the next one gets anything."""
        return self.value.endswith("_by_document")

    @property
    def components(self) -> tuple[Component, Component, Component]:
        """The components, the one paid first in front."""
        first, second, third = self.value.removesuffix("_by_document").split("_")
        return Component(first), Component(second), Component(third)


@dataclass(frozen=True, slots=True)
class DefaultOrder:
    """A country's order and where it is written."""

    order: ImputationOrder
    source: str


_INTEREST_FIRST = ImputationOrder.INTEREST_COST_PRINCIPAL_BY_DOCUMENT
_COST_FIRST = ImputationOrder.COST_INTEREST_PRINCIPAL_BY_DOCUMENT

# The civil codes speak of one debt ("if principal and interest are owed"), so they are read document by
# document, the oldest first; only Mexico's commercial code orders interest by maturity through the whole
# account. A code that does not name costs gets them between: after what it puts first, before principal.
DEFAULTS: dict[str, DefaultOrder] = {
    "MX": DefaultOrder(
        ImputationOrder.INTEREST_COST_PRINCIPAL,
        "Código de Comercio 364: interest by order of maturity, then principal",
    ),
    "CL": DefaultOrder(_INTEREST_FIRST, "Código Civil 1595: interest before principal"),
    "CO": DefaultOrder(_INTEREST_FIRST, "Código Civil 1653: interest before principal"),
    "PE": DefaultOrder(
        _INTEREST_FIRST, "Código Civil 1257: no principal before expenses, no expenses before interest"
    ),
    "BR": DefaultOrder(_INTEREST_FIRST, "Código Civil 354: interest due before principal"),
    "AR": DefaultOrder(_INTEREST_FIRST, "Código Civil y Comercial 900, 903: interest before principal"),
    "ES": DefaultOrder(_INTEREST_FIRST, "Código Civil 1173: no principal until interest is covered"),
    "US": DefaultOrder(
        _INTEREST_FIRST, "United States rule (Story v. Livingston, 38 U.S. 359): interest first"
    ),
    "DE": DefaultOrder(_COST_FIRST, "BGB 367: costs, then interest, then the principal obligation"),
}

# Where no code is named here: the international principle, which also settles the older document first.
ELSEWHERE = DefaultOrder(
    _COST_FIRST, "UNIDROIT Principles 6.1.12: expenses, then interest, then principal; the earlier debt first"
)


def default_order(country: str) -> ImputationOrder:
    """The order that the law of ``country`` (ISO 3166 alpha-2) sets where nothing else was agreed."""
    return order_and_source(country).order


def order_and_source(country: str) -> DefaultOrder:
    """As ``default_order``, with the article it is read from."""
    return DEFAULTS.get(country.upper(), ELSEWHERE)


@dataclass(frozen=True, slots=True)
class OwedCharge:
    """What is open of one charge; ``due_on`` is its maturity.

    ``waits``: it is paid after everything else, since it is not due yet (a plan's interest to come), or was
    added while a plan is kept, whose instalments the money is for. ``spared``: an agreement forgives it once
    all else is paid, so it comes after those.
    """

    charge_id: UUID
    kind: ChargeKind
    due_on: date
    balance: int
    waits: bool = False
    spared: bool = False


@dataclass(frozen=True, slots=True)
class Debt:
    """What is open on one receivable: ``principal`` without the charges."""

    receivable_id: UUID
    due_on: date
    principal: int
    charges: Sequence[OwedCharge] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """``amount`` > 0 of the money, for a charge of the receivable, or for its principal (None)."""

    receivable_id: UUID
    charge_id: UUID | None
    amount: int


def impute(money: int, debts: Sequence[Debt], order: ImputationOrder) -> list[Part]:
    """Parts of ``money`` in the order they are paid; they add up to ``money`` or to all that is owed.

    Documents go by due date, then id; within a component charges go by maturity, then by their document,
    then id. Charges that wait come after all of that, and those to be forgiven last. The result does not
    depend on the order in which debts and charges are passed.
    """
    oldest_first = sorted(debts, key=lambda debt: (debt.due_on, debt.receivable_id))
    groups = [[debt] for debt in oldest_first] if order.by_document else [oldest_first]
    wishes = [wish for group in groups for component in order.components for wish in _open(group, component)]
    parts = []
    waiting = _by_maturity(oldest_first, lambda charge: charge.waits and not charge.spared)
    spared = _by_maturity(oldest_first, lambda charge: charge.spared)
    for wish in (*wishes, *waiting, *spared):
        amount = min(money, wish.amount)
        if amount > 0:
            parts.append(Part(wish.receivable_id, wish.charge_id, amount))
            money -= amount
    return parts


def _open(debts: Sequence[Debt], component: Component) -> Iterator[Part]:
    """What is open of one component and does not wait, in the order it is to be paid."""
    if component is Component.PRINCIPAL:
        for debt in debts:
            yield Part(debt.receivable_id, None, debt.principal)
        return
    yield from _by_maturity(
        debts,
        lambda charge: component_of(charge.kind) is component and not (charge.waits or charge.spared),
    )


def _by_maturity(debts: Iterable[Debt], wanted: Callable[[OwedCharge], bool]) -> Iterator[Part]:
    ripe = [
        (charge.due_on, place, charge.charge_id, Part(debt.receivable_id, charge.charge_id, charge.balance))
        for place, debt in enumerate(debts)
        for charge in debt.charges
        if wanted(charge)
    ]
    for *_, part in sorted(ripe, key=lambda row: row[:3]):
        yield part
