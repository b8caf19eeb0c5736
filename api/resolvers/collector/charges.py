"""Interest and cost: previewed, posted, added by hand and waived; what an organization charges."""

from __future__ import annotations

import decimal
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.reading import customer_after, row_after, rows_after
from api.schema import ids
from api.schema.collector.charges import Charge, ChargeAssessment, ChargePolicy, ChargeTerms
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from cartera.db.queries import charges as queries
from cartera.db.queries.visibility import sees
from cartera.db.tables import charges as tables
from cartera.errors import NotFound
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.imputation import ImputationOrder
from cartera.rules.interest import DayCount
from cartera.rules.permissions import Scope
from cartera.rules.waivers import Limit
from cartera.services import charge_policies as policies
from cartera.services import charges as services
from cartera.services.assessment import assess_charges
from cartera.services.waivers import NewWaiver, waive_charge


@strawberry.type
class ChargeQueries:
    @needs(Scope.RECEIVABLES_READ, "What a customer's lateness could be charged; nothing is written.")
    async def charge_assess(
        self,
        info: Info,
        customer_id: strawberry.ID,
        as_of: date | None = None,
        receivable_ids: list[strawberry.ID] | None = None,
    ) -> ChargeAssessment:
        customer = ids.decode(customer_id, "Customer", "customerId")
        async with info.context.read() as tx:
            found = await assess_charges(tx, customer, as_of or tx.today, _receivables(receivable_ids))
        return ChargeAssessment.of(found)

    @needs(Scope.RECEIVABLES_READ)
    async def charge_policy(self, info: Info) -> ChargePolicy:
        return await _policy(info)

    @needs(Scope.RECEIVABLES_READ, "What was agreed with a customer; null: the policy applies.")
    async def charge_agreement(self, info: Info, customer_id: strawberry.ID) -> ChargeTerms | None:
        return await _agreement(info, ids.decode(customer_id, "Customer", "customerId"))


@strawberry.input
class ChargePostInput:
    idempotency_key: str
    customer_id: strawberry.ID
    as_of: date
    receivable_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Left out: all that are open and overdue. Named ones may be paid meanwhile."
    )
    rules: list[str] | None = strawberry.field(default=None, description="Left out: every rule.")


@strawberry.type
class ChargePostSuccess:
    charges: list[Charge]
    customer: Customer
    replayed: bool


@strawberry.input
class ChargeAddInput:
    idempotency_key: str
    receivable_id: strawberry.ID
    kind: ChargeKind
    amount: Decimal
    currency_code: CurrencyCode
    reason: str
    due_on: date | None = None


@strawberry.type
class ChargeAddSuccess:
    charge: Charge
    customer: Customer
    replayed: bool


@strawberry.input
class ChargeWaiveInput:
    idempotency_key: str
    charge_id: strawberry.ID
    reason: str
    amount: Decimal | None = strawberry.field(default=None, description="Left out: all that is open.")
    currency_code: CurrencyCode | None = None


@strawberry.type
class ChargeWaiveSuccess:
    charge: Charge
    customer: Customer
    replayed: bool


@strawberry.input
class ChargeTermsInput:
    basis: Basis
    agreed_percent: Decimal | None = None
    penalty_percent: Decimal | None = None
    cap_percent: Decimal | None = None
    day_count: DayCount | None = None


@strawberry.input
class WaiverLimitInput:
    percent: Decimal | None = None
    amount: Decimal | None = strawberry.field(default=None, description="In the base currency.")


@strawberry.input
class ChargePolicySetInput:
    terms: ChargeTermsInput
    posting: Posting
    collector_waiver: WaiverLimitInput
    manager_waiver: WaiverLimitInput
    imputation: ImputationOrder | None = strawberry.field(
        default=None, description="Left out: the country's order."
    )


@strawberry.type
class ChargePolicySetSuccess:
    policy: ChargePolicy


@strawberry.input
class ChargeAgreementSetInput:
    customer_id: strawberry.ID
    terms: ChargeTermsInput | None = strawberry.field(
        default=None, description="Left out: the agreement ends, and the policy applies again."
    )
    imputation: ImputationOrder | None = None


@strawberry.type
class ChargeAgreementSetSuccess:
    terms: ChargeTerms | None
    customer: Customer


ChargePostResult = Annotated[ChargePostSuccess | UserErrors, strawberry.union("ChargePostResult")]
ChargeAddResult = Annotated[ChargeAddSuccess | UserErrors, strawberry.union("ChargeAddResult")]
ChargeWaiveResult = Annotated[ChargeWaiveSuccess | UserErrors, strawberry.union("ChargeWaiveResult")]
ChargePolicySetResult = Annotated[
    ChargePolicySetSuccess | UserErrors, strawberry.union("ChargePolicySetResult")
]
ChargeAgreementSetResult = Annotated[
    ChargeAgreementSetSuccess | UserErrors, strawberry.union("ChargeAgreementSetResult")
]


@strawberry.type
class ChargeMutations:
    @does(Scope.CHARGES_WRITE, "Post what the assessment shows; posting again adds nothing.")
    async def charge_post(self, info: Info, input: ChargePostInput) -> ChargePostResult:
        customer_id = ids.decode(input.customer_id, "Customer", "customerId")
        new = services.NewPosting(
            customer_id=customer_id,
            as_of=input.as_of,
            receivable_ids=_receivables(input.receivable_ids),
            rules=input.rules or (),
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            posted = await services.post_charges(tx, new)
        rows = await rows_after(info, tables.Charge, posted.charge_ids)
        return ChargePostSuccess(
            charges=[Charge.of(row) for row in rows],
            customer=await customer_after(info, customer_id),
            replayed=posted.replayed,
        )

    @does(Scope.CHARGES_WRITE, "Charge by hand, with a reason.")
    async def charge_add(self, info: Info, input: ChargeAddInput) -> ChargeAddResult:
        new = services.ManualCharge(
            receivable_id=ids.decode(input.receivable_id, "Receivable", "receivableId"),
            kind=input.kind,
            amount=money(input.amount, input.currency_code, "amount"),
            reason=input.reason,
            due_on=input.due_on,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            added = await services.add_charge(tx, new)
        row = await row_after(info, tables.Charge, added.charge_id)
        customer = await customer_after(info, row.customer_id)
        return ChargeAddSuccess(charge=Charge.of(row), customer=customer, replayed=added.replayed)

    @does(Scope.CHARGES_WRITE, "Forgive a charge, whole or in part, within the role's limit.")
    async def charge_waive(self, info: Info, input: ChargeWaiveInput) -> ChargeWaiveResult:
        charge_id = ids.decode(input.charge_id, "Charge", "chargeId")
        currency = input.currency_code or CurrencyCode(info.context.organization.base_currency)
        amount = None if input.amount is None else money(input.amount, currency, "amount")
        new = NewWaiver(charge_id, input.reason, amount, idempotency_key=input.idempotency_key)
        async with info.context.write() as tx:
            waived = await waive_charge(tx, new)
        row = await row_after(info, tables.Charge, waived.charge_id)
        customer = await customer_after(info, row.customer_id)
        return ChargeWaiveSuccess(charge=Charge.of(row), customer=customer, replayed=waived.replayed)

    @does(Scope.BOOKS_WRITE, "What the organization charges, how it enters the books, and who may waive.")
    async def charge_policy_set(self, info: Info, input: ChargePolicySetInput) -> ChargePolicySetResult:
        currency = CurrencyCode(info.context.organization.base_currency)
        new = policies.NewPolicy(
            terms=_terms(input.terms),
            posting=input.posting,
            imputation=input.imputation,
            collector_waiver=_limit(input.collector_waiver, currency, "collectorWaiver"),
            manager_waiver=_limit(input.manager_waiver, currency, "managerWaiver"),
        )
        async with info.context.write() as tx:
            await policies.set_policy(tx, new)
        return ChargePolicySetSuccess(policy=await _policy(info))

    @does(Scope.BOOKS_WRITE, "What was agreed with one customer; it replaces the policy's terms.")
    async def charge_agreement_set(
        self, info: Info, input: ChargeAgreementSetInput
    ) -> ChargeAgreementSetResult:
        customer_id = ids.decode(input.customer_id, "Customer", "customerId")
        terms = _terms(input.terms) if input.terms else None
        async with info.context.write() as tx:
            await policies.set_agreement(tx, policies.NewAgreement(customer_id, terms, input.imputation))
        return ChargeAgreementSetSuccess(
            terms=await _agreement(info, customer_id), customer=await customer_after(info, customer_id)
        )


async def _policy(info: Info) -> ChargePolicy:
    organization = info.context.organization
    async with info.context.read() as tx:
        row = await queries.policy(tx)
    return ChargePolicy.of(row, organization.country, organization.base_currency)


async def _agreement(info: Info, customer_id: UUID) -> ChargeTerms | None:
    async with info.context.read() as tx:
        if not await sees(tx, customer_id):
            raise NotFound("customer", "customerId")
        row = (await queries.agreements(tx, [customer_id])).get(customer_id)
    return ChargeTerms.of(row, info.context.organization.country) if row else None


def _receivables(given: list[strawberry.ID] | None) -> list[UUID]:
    return [ids.decode(each, "Receivable", "receivableIds") for each in given or ()]


def _terms(given: ChargeTermsInput) -> Terms:
    return Terms(
        given.basis,
        agreed_percent=_decimal(given.agreed_percent),
        penalty_percent=_decimal(given.penalty_percent),
        day_count=given.day_count,
        cap_percent=_decimal(given.cap_percent),
    )


def _limit(given: WaiverLimitInput, currency: CurrencyCode, name: str) -> Limit:
    minor = None if given.amount is None else money(given.amount, currency, name, "amount").minor
    return Limit(_decimal(given.percent), minor)


def _decimal(text: Decimal | None) -> decimal.Decimal | None:
    return None if text is None else decimal.Decimal(text)
