"""Interest and cost beside the principal, with the rules that make them."""

from __future__ import annotations

import decimal
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry

from api.context import Info

# Names the vocabularies before types are built of them.
from api.schema import enums as enums
from api.schema.collector import receivables, sources
from api.schema.collector.fields import column, money
from api.schema.collector.lazy import LazyReceivable
from api.schema.collector.nodes import Money, Node
from api.schema.permissions import needs
from api.schema.scalars import Decimal, plain
from cartera.db.queries import rows
from cartera.db.tables import charge_policies as policies
from cartera.db.tables import charges as tables
from cartera.db.tables import receivables as receivable_tables
from cartera.errors import NotFound
from cartera.rules.charge_rules import Basis, Lacking, Posting, Proposal
from cartera.rules.charges import ChargeKind
from cartera.rules.imputation import ImputationOrder, order_and_source
from cartera.rules.interest import DayCount
from cartera.rules.permissions import Scope
from cartera.services.assessment import Assessed


@strawberry.type(description="A line of interest or cost; its story is in the receivable's entries.")
class Charge(Node):
    identified_by: ClassVar[Any] = tables.Charge.id
    row: strawberry.Private[tables.Charge]
    kind: ChargeKind = column(tables.Charge.kind, ChargeKind)
    rule: str = column(tables.Charge.rule, description="The rule's stable code, as `mx.commercial_interest`.")
    source: str = column(tables.Charge.source, description="The law or agreement behind it, in words.")
    amount: Money = money(tables.Charge.amount_minor, tables.Charge.currency)
    settled: Money = money(tables.Charge.settled_minor, tables.Charge.currency)
    balance: Money = money(tables.Charge.balance_minor, tables.Charge.currency)
    base: Money | None = money(
        tables.Charge.base_minor,
        tables.Charge.currency,
        description="What it was computed on: principal alone.",
    )
    rate: Decimal | None = column(
        tables.Charge.rate, description="Percent a year; of a single cost, percent."
    )
    day_count: DayCount | None = column(tables.Charge.day_count, DayCount)
    from_on: date | None = column(
        tables.Charge.from_on, description="The first day; of a single cost, when it fell due."
    )
    to_on: date | None = column(tables.Charge.to_on, description="The day after the last.")
    due_on: date = column(tables.Charge.due_on)
    posted_on: date = column(tables.Charge.posted_on)
    recorded_at: datetime = column(tables.Charge.recorded_at)
    note: str | None = column(tables.Charge.note)

    @classmethod
    def of(cls, row: tables.Charge) -> Charge:
        return cls(key=row.id, row=row)

    @needs(Scope.RECEIVABLES_READ, reads=sources.receivable(tables.Charge.receivable_id))
    async def receivable(self, info: Info) -> LazyReceivable:
        return await _receivable_of(info, self.row.receivable_id)


@strawberry.type(description="What could be charged and is not posted.")
class ChargeProposal:
    receivable_key: strawberry.Private[UUID]
    kind: ChargeKind
    rule: str
    source: str
    amount: Money
    base: Money
    rate: Decimal | None
    day_count: DayCount | None
    from_on: date
    to_on: date | None
    due_on: date

    @classmethod
    def of(cls, found: Assessed, line: Proposal) -> ChargeProposal:
        return cls(
            receivable_key=found.receivable_id,
            kind=line.kind,
            rule=line.rule,
            source=line.source,
            amount=Money.of(line.amount, found.currency),
            base=Money.of(line.base, found.currency),
            rate=plain(line.rate),
            day_count=line.day_count,
            from_on=line.from_on,
            to_on=line.to_on,
            due_on=line.due_on,
        )

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        return await _receivable_of(info, self.receivable_key)


@strawberry.type(description="A rule that cannot be computed until somebody enters what it lacks.")
class ChargeLack:
    receivable_key: strawberry.Private[UUID]
    rule: str
    code: str = strawberry.field(description="The code of the rate or unit, or a currency.")
    on: date

    @classmethod
    def of(cls, found: Assessed, line: Lacking) -> ChargeLack:
        return cls(receivable_key=found.receivable_id, rule=line.rule, code=line.code, on=line.on)

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        return await _receivable_of(info, self.receivable_key)


@strawberry.type
class ChargeAssessment:
    lines: list[ChargeProposal]
    lacking: list[ChargeLack]

    @classmethod
    def of(cls, found: list[Assessed]) -> ChargeAssessment:
        return cls(
            lines=[ChargeProposal.of(each, each.line) for each in found if isinstance(each.line, Proposal)],
            lacking=[ChargeLack.of(each, each.line) for each in found if isinstance(each.line, Lacking)],
        )


@strawberry.type(description="What is charged for lateness, and the order in which money pays.")
class ChargeTerms:
    basis: Basis
    agreed_percent: Decimal | None
    penalty_percent: Decimal | None
    cap_percent: Decimal | None
    day_count: DayCount | None
    imputation: ImputationOrder
    imputation_source: str | None = strawberry.field(
        description="The article of the country's order; null where another was agreed."
    )

    @classmethod
    def of(cls, row: policies.ChargePolicy | policies.ChargeAgreement | None, country: str) -> ChargeTerms:
        usual = order_and_source(country)
        own = ImputationOrder(row.imputation) if row and row.imputation else None
        return cls(
            basis=Basis(row.basis) if row else Basis.NONE,
            agreed_percent=plain(row.agreed_percent) if row else None,
            penalty_percent=plain(row.penalty_percent) if row else None,
            cap_percent=plain(row.cap_percent) if row else None,
            day_count=DayCount(row.day_count) if row and row.day_count else None,
            imputation=own or usual.order,
            imputation_source=None if own else usual.source,
        )


@strawberry.type(description="The most of one charge that a role may waive; null sets no bound.")
class WaiverLimit:
    percent: Decimal | None
    amount: Money | None


@strawberry.type
class ChargePolicy:
    terms: ChargeTerms
    posting: Posting
    collector_waiver: WaiverLimit
    manager_waiver: WaiverLimit

    @classmethod
    def of(cls, row: policies.ChargePolicy | None, country: str, currency: str) -> ChargePolicy:
        """Without a row: nothing is charged, and collectors waive nothing."""
        if row is None:
            collector = WaiverLimit(percent=Decimal("0"), amount=None)
            manager = WaiverLimit(percent=None, amount=None)
        else:
            collector = _limit(row.collector_waiver_percent, row.collector_waiver_minor, currency)
            manager = _limit(row.manager_waiver_percent, row.manager_waiver_minor, currency)
        return cls(
            terms=ChargeTerms.of(row, country),
            posting=Posting(row.posting) if row else Posting.OFF,
            collector_waiver=collector,
            manager_waiver=manager,
        )


def _limit(share: decimal.Decimal | None, minor: int | None, currency: str) -> WaiverLimit:
    return WaiverLimit(percent=plain(share), amount=None if minor is None else Money.of(minor, currency))


async def _receivable_of(info: Info, key: UUID) -> receivables.Receivable:
    found = await info.context.load(rows.by_ids, key, receivable_tables.Receivable)
    if found is None:
        raise NotFound("receivable")
    return receivables.Receivable.of(found, info.context.today)
