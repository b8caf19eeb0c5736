"""The organization's policy on bounced cheques."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cartera.checks import LONGEST_NAME, check_words
from cartera.db.queries.business_day import lock_organization
from cartera.db.queries.instruments import policy_of
from cartera.db.session import WriteTx
from cartera.db.tables.instruments import InstrumentPolicy
from cartera.errors import refuse
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.permissions import Scope

# A column of numeric(24, 10) holds no more.
_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """A fee per bounced cheque: an amount, or a percentage of the cheque; neither: none is charged."""

    source: str = ""
    amount: Money | None = None
    percent: Decimal | None = None


async def set_policy(tx: WriteTx, new: NewPolicy) -> None:
    """From now on a bounced cheque costs this; what was charged before stays as it is.

    Refused: FEE_AMOUNT_OR_PERCENT, AMOUNT_NOT_POSITIVE, TOO_LARGE, PERCENT_OUT_OF_RANGE, WORDS_MISSING,
    TOO_LONG.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    _check(new)
    await lock_organization(tx)
    before = await policy_of(tx)
    told = _told(before)
    if new.amount is None and new.percent is None:
        if before is not None:
            await tx.session.delete(before)
        after = None
    else:
        after = before or InstrumentPolicy(organization_id=tx.organization_id)
        _write(tx, after, new)
        tx.session.add(after)
    tx.audit("instrument_policy.set", "organization", tx.organization_id, before=told, after=_told(after))


def _check(new: NewPolicy) -> None:
    if new.amount is not None and new.percent is not None:
        raise refuse("FEE_AMOUNT_OR_PERCENT", "bouncePercent")
    if new.amount is not None:
        if new.amount.minor <= 0:
            raise refuse("AMOUNT_NOT_POSITIVE", "bounceFee")
        if new.amount.minor > MAX_MINOR:
            raise refuse("TOO_LARGE", "bounceFee")
    if new.percent is not None and not _is_percentage(new.percent):
        raise refuse("PERCENT_OUT_OF_RANGE", "bouncePercent")
    if new.amount is not None or new.percent is not None:
        check_words(new.source, "source", longest=LONGEST_NAME)


def _is_percentage(percent: Decimal) -> bool:
    if not percent.is_finite() or not 0 < percent <= 100:
        return False
    exponent = percent.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= _DECIMALS


def _write(tx: WriteTx, row: InstrumentPolicy, new: NewPolicy) -> None:
    row.fee_minor = new.amount.minor if new.amount else None
    row.fee_currency = new.amount.currency if new.amount else None
    row.fee_percent = new.percent
    row.source = new.source.strip()
    row.actor = str(tx.actor)
    row.recorded_at = tx.now


def _told(row: InstrumentPolicy | None) -> dict[str, Any]:
    if row is None:
        return {"fee": None}
    return {
        "fee_minor": row.fee_minor,
        "currency": row.fee_currency,
        "percent": f"{row.fee_percent.normalize():f}" if row.fee_percent is not None else None,
        "source": row.source,
    }
