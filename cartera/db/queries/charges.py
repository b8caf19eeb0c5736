"""What charges are computed from, and what of them is in the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.charge_policies import ChargeAgreement, ChargePolicy, IndexValue, InterestRate
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import NotFound
from cartera.rules.charge_rules import Basis, Figures, Terms
from cartera.rules.customers import DebtorType
from cartera.rules.imputation import ImputationOrder, default_order
from cartera.rules.interest import DatedRate, DayCount, Step
from cartera.rules.receivables import EntryKind, ReceivableState

_CLOSED = (ReceivableState.WRITTEN_OFF, ReceivableState.CANCELLED)


# In ``session.info``, what a transaction has read of these: its policy, and agreements by customer.
_POLICY, _AGREEMENTS = "charge_policy", "charge_agreements"


async def policy(tx: Tx) -> ChargePolicy | None:
    """The organization's policy; None: nothing is charged by rule, and no collector waives.

    Read once in a transaction, as agreements are; who changes either calls ``reread_terms``.
    """
    known = tx.session.info
    if _POLICY not in known:
        known[_POLICY] = (await tx.session.scalars(select(ChargePolicy))).one_or_none()
    found: ChargePolicy | None = known[_POLICY]
    return found


async def agreements(tx: Tx, customers: Collection[UUID]) -> dict[UUID, ChargeAgreement]:
    """What was agreed with each; whoever charges by it holds the customer's lock, as who changes it does."""
    known: dict[UUID, ChargeAgreement | None] = tx.session.info.setdefault(_AGREEMENTS, {})
    unknown = set(customers) - known.keys()
    if unknown:
        rows = await tx.session.scalars(
            select(ChargeAgreement).where(ChargeAgreement.customer_id.in_(unknown))
        )
        known.update(dict.fromkeys(unknown))
        known.update({row.customer_id: row for row in rows})
    return {customer: row for customer in customers if (row := known[customer])}


def reread_terms(tx: Tx) -> None:
    """What this transaction has read of the policy and of agreements has changed, or may have."""
    tx.session.info.pop(_POLICY, None)
    tx.session.info.pop(_AGREEMENTS, None)


async def terms(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Terms]:
    """What each customer is charged by: its agreement, else the organization's policy."""
    agreed, general = await agreements(tx, customers), await policy(tx)
    return {customer: _terms(agreed.get(customer) or general) for customer in customers}


def _terms(row: ChargeAgreement | ChargePolicy | None) -> Terms:
    if row is None:
        return Terms(Basis.NONE)
    return Terms(
        Basis(row.basis),
        agreed_percent=row.agreed_percent,
        penalty_percent=row.penalty_percent,
        day_count=DayCount(row.day_count) if row.day_count else None,
        cap_percent=row.cap_percent,
    )


async def imputation_orders(tx: Tx, customers: Collection[UUID]) -> dict[UUID, ImputationOrder]:
    """The order in which money pays each customer's debts: agreed, else the policy's, else the country's."""
    agreed, general = await agreements(tx, customers), await policy(tx)
    usual = (general.imputation if general else None) or default_order(tx.organization.country)
    return {
        customer: ImputationOrder(
            (agreed[customer].imputation if customer in agreed else None) or usual,
        )
        for customer in customers
    }


async def overdue(tx: Tx, customer_id: UUID, as_of: date, only: Collection[UUID] = ()) -> list[Receivable]:
    """The customer's receivables on which lateness may be charged, by due date and id.

    Those still open and overdue on ``as_of``; of ``only``, where given, also those paid since, as what
    was late once may be charged afterwards. Raises NotFound for what the actor cannot see.
    """
    query = (
        select(Receivable)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(Receivable.customer_id == customer_id, visible(tx))
        .order_by(Receivable.due_on, Receivable.id)
    )
    query = query.where(Receivable.id.in_(set(only))) if only else query.where(Receivable.balance_minor > 0)
    rows = (await tx.session.scalars(query)).all()
    if set(only) - {row.id for row in rows}:
        raise NotFound("receivable", "receivableIds")
    return [row for row in rows if row.overdue_from <= as_of and row.state not in _CLOSED]


async def overdue_of(tx: Tx, customers: Collection[UUID]) -> list[Receivable]:
    """What these customers have open and overdue today, by due date and id, as it is now."""
    found = await tx.session.scalars(
        select(Receivable)
        .where(
            Receivable.customer_id.in_(set(customers)),
            Receivable.balance_minor > 0,
            Receivable.overdue_from <= tx.today,
            Receivable.state.not_in(_CLOSED),
        )
        .order_by(Receivable.due_on, Receivable.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def with_overdue(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """The next customers, by id, that have something open and overdue."""
    query = (
        select(Receivable.customer_id)
        .where(Receivable.balance_minor > 0, Receivable.overdue_from <= tx.today)
        .distinct()
        .order_by(Receivable.customer_id)
        .limit(limit)
    )
    return list(
        await tx.session.scalars(query.where(Receivable.customer_id > after) if after is not None else query)
    )


async def charges_of(tx: Tx, receivables: Collection[UUID]) -> list[Charge]:
    """All charges of these receivables, settled ones too, by maturity and id; read afresh."""
    if not receivables:
        return []
    found = await tx.session.scalars(
        select(Charge)
        .where(Charge.receivable_id.in_(receivables))
        .order_by(Charge.due_on, Charge.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def charge_of(tx: Tx, charge_id: UUID) -> Charge:
    """Raises NotFound for what the actor cannot see."""
    found = await tx.session.scalar(
        select(Charge)
        .join(Customer, Customer.id == Charge.customer_id)
        .where(Charge.id == charge_id, visible(tx))
    )
    if found is None:
        raise NotFound("charge", "chargeId")
    return found


async def steps(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, list[Step]]:
    """The principal of each receivable by day, from its entries.

    An entry counts from the day after its own, at its value date where a closed period moved it.
    """
    day = func.coalesce(Entry.value_on, Entry.effective_on)
    rows = await tx.session.execute(
        select(Entry.receivable_id, day, func.sum(Entry.amount_minor))
        .where(Entry.receivable_id.in_(set(receivables)), Entry.charge_id.is_(None))
        .group_by(Entry.receivable_id, day)
        .order_by(Entry.receivable_id, day)
    )
    found: dict[UUID, list[Step]] = defaultdict(list)
    for receivable_id, on, amount in rows:
        known = found[receivable_id]
        principal = (known[-1].principal if known else 0) + int(amount)
        known.append(Step(on + timedelta(days=1), principal))
    return found


async def figures(tx: Tx, rates: Iterable[str], units: Iterable[str], days: Sequence[date]) -> Figures:
    """The organization's values under these codes: every rate, and what units were worth on ``days``."""
    by_code: dict[str, list[DatedRate]] = defaultdict(list)
    for rate in await tx.session.scalars(
        select(InterestRate).where(InterestRate.code.in_(set(rates))).order_by(InterestRate.valid_from)
    ):
        by_code[rate.code].append(DatedRate(rate.valid_from, rate.annual_percent))
    worth: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for unit in await tx.session.scalars(
        select(IndexValue).where(IndexValue.code.in_(set(units)), IndexValue.quoted_on.in_(set(days)))
    ):
        worth[unit.code][unit.quoted_on] = unit.value
    return Figures(by_code, worth)


async def debtor_types(tx: Tx, customers: Collection[UUID]) -> dict[UUID, DebtorType]:
    rows = await tx.session.execute(
        select(Customer.id, Customer.debtor_type).where(Customer.id.in_(set(customers)))
    )
    return {row.id: DebtorType(row.debtor_type) for row in rows}


async def waived(tx: Tx, charge_id: UUID) -> int:
    """What of a charge has been waived so far, in minor units."""
    undone = aliased(Entry)
    total = await tx.session.scalar(
        select(func.sum(Entry.amount_minor))
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(Entry.charge_id == charge_id, func.coalesce(undone.kind, Entry.kind) == EntryKind.WAIVER)
    )
    return -int(total or 0)


async def postings(tx: Tx, charges: Collection[UUID]) -> dict[UUID, tuple[Entry, int]]:
    """Of each charge of interest: the entry that posted it, and what corrections took back of it."""
    posted = await tx.session.scalars(
        select(Entry).where(Entry.charge_id.in_(set(charges)), Entry.kind == EntryKind.INTEREST)
    )
    entries = list(posted)
    taken = await tx.session.execute(
        select(Entry.reverses_id, func.sum(Entry.amount_minor))
        .where(Entry.reverses_id.in_([entry.id for entry in entries]))
        .group_by(Entry.reverses_id)
    )
    back = {entry_id: -int(amount) for entry_id, amount in taken}
    return {entry.charge_id: (entry, back.get(entry.id, 0)) for entry in entries if entry.charge_id}


async def payers(tx: Tx, charge_id: UUID) -> list[UUID]:
    """The payments that paid something of a charge, the latest first."""
    rows = await tx.session.execute(
        select(Entry.payment_id, func.max(Entry.recorded_at).label("at"))
        .where(Entry.charge_id == charge_id, Entry.kind == EntryKind.ALLOCATION)
        .group_by(Entry.payment_id)
        .order_by(func.max(Entry.recorded_at).desc(), Entry.payment_id)
    )
    return [row.payment_id for row in rows]
