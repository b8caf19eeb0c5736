from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import strawberry

from api.auth.portal import Info
from api.resolvers.portal import views
from api.resolvers.portal.errors import user_errors
from api.schema.ids import decode, encode
from api.schema.portal.errors import UserErrors
from api.schema.portal.payments import PaymentAttempt, PaymentStartInput, PaymentStartSuccess
from cartera.db.queries import portal as queries
from cartera.errors import NotFound, Refused
from cartera.gateways.registry import Gateways
from cartera.services.payment_attempts import AttemptLine, NewAttempt, pay


async def attempt(info: Info, id: strawberry.ID) -> PaymentAttempt | None:
    try:
        return await _read(info, decode(id, "PaymentAttempt"))
    except NotFound:
        return None


async def payment_start(info: Info, input: PaymentStartInput) -> PaymentStartSuccess | UserErrors:
    context = info.context
    public_url = context.state.settings.public_url
    try:
        lines = tuple(
            AttemptLine(
                decode(line.receivable_id, "Receivable", "lines", str(place), "receivableId"), line.amount
            )
            for place, line in enumerate(input.lines)
        )
        started = await pay(
            context.state.db,
            context.now,
            context.actor,
            Gateways(context.state.settings),
            NewAttempt(lines, input.idempotency_key),
            lambda attempt_id: f"{public_url}/p/pago?attempt={quote(encode('PaymentAttempt', attempt_id))}",
        )
        return PaymentStartSuccess(attempt=await _read(info, started.attempt_id), replayed=started.replayed)
    except Refused as refused:
        return user_errors(refused, context.actor.language)


async def _read(info: Info, attempt_id: UUID) -> PaymentAttempt:
    """Raises NotFound."""
    async with info.context.read() as tx:
        row = await queries.attempt(tx, attempt_id)
        if row is None:
            raise NotFound("PaymentAttempt")
        return views.attempt(row, await queries.payment_of_attempt(tx, attempt_id))
