from __future__ import annotations

from api.auth.portal import Info
from api.resolvers.portal import views
from api.resolvers.portal.errors import user_errors
from api.schema.ids import decode
from api.schema.portal.disputes import DisputeOpenInput, DisputeOpenSuccess
from api.schema.portal.errors import UserErrors
from cartera.db.queries import rows
from cartera.db.tables.disputes import Dispute
from cartera.errors import Refused, refuse
from cartera.rules.money import Money, MoneyError
from cartera.services import portal
from cartera.services.disputes import NewDispute


async def dispute_open(info: Info, input: DisputeOpenInput) -> DisputeOpenSuccess | UserErrors:
    try:
        new = NewDispute(
            receivable_id=decode(input.receivable_id, "Receivable", "receivableId"),
            reason=input.reason,
            amount=_amount(input),
            note=input.note,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await portal.contest(tx, new)
    except Refused as refused:
        return user_errors(refused, info.context.actor.language)
    async with info.context.read() as read:
        row = (await rows.by_ids(read, [done.dispute_id], Dispute))[done.dispute_id]
    return DisputeOpenSuccess(dispute=views.dispute(row), replayed=done.replayed)


def _amount(input: DisputeOpenInput) -> Money:
    try:
        return Money.parse(input.amount, input.currency_code)
    except MoneyError as error:
        raise refuse(error.code, "amount", currency=input.currency_code) from None
