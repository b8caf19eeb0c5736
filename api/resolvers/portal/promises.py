from __future__ import annotations

from api.auth.portal import Info
from api.resolvers.portal import views
from api.resolvers.portal.errors import user_errors
from api.schema.ids import decode
from api.schema.portal.errors import UserErrors
from api.schema.portal.promises import PromiseMakeInput, PromiseMakeSuccess
from cartera.db.queries import portal as queries
from cartera.errors import Refused
from cartera.services import portal


async def promise_make(info: Info, input: PromiseMakeInput) -> PromiseMakeSuccess | UserErrors:
    try:
        receivable_ids = tuple(
            decode(one, "Receivable", "receivableIds", str(place))
            for place, one in enumerate(input.receivable_ids)
        )
        async with info.context.write() as tx:
            made = await portal.promise(
                tx, portal.PortalPromise(receivable_ids, input.due_on, input.idempotency_key)
            )
    except Refused as refused:
        return user_errors(refused, info.context.actor.language)
    async with info.context.read() as read:
        row = await queries.promise(read, made.promise_id)
    return PromiseMakeSuccess(promise=views.promise(row), paused_until=row.last_day, replayed=made.replayed)
