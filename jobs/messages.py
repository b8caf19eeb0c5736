"""Jobs that send messages: one decision, one delivery and one record each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cartera.channels import email_channel
from cartera.channels.base import Channel, NotSent, Unreachable
from cartera.db.session import WriteTx
from cartera.services import messages
from cartera.services.receipts import plan_receipt
from jobs.context import JobContext, Superseded

# A large import holds its customers' accounts for up to a quarter of an hour.
PATIENCE = timedelta(minutes=3)
TRIES = 6
_PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


async def send_messages(ctx: JobContext, message_ids: list[str]) -> None:
    """Send what may leave of these messages. One that cannot be decided about keeps no other back."""
    failed: Exception | None = None
    async with email_channel(ctx.settings) as channel:
        for message_id in message_ids:
            try:
                await _send(ctx, channel, UUID(message_id))
            except (Superseded, Unreachable):
                raise
            except Exception as error:
                # Everything: the others must leave whatever is wrong with this one.
                log.warning("message_not_sent", message_id=message_id, error=type(error).__name__)
                failed = error
    if failed:
        raise failed


async def send_receipt(ctx: JobContext, payment_id: str) -> None:
    """Tell the customer that a payment has been booked."""
    async with ctx.step() as tx:
        message_id = await plan_receipt(tx, UUID(payment_id))
    if message_id:
        async with email_channel(ctx.settings) as channel:
            await _send(ctx, channel, message_id)


async def _send(ctx: JobContext, channel: Channel, message_id: UUID) -> None:
    async with ctx.step() as tx:
        outgoing = await messages.begin_sending(tx, message_id, ctx.settings.public_url)
    if outgoing is None:
        return
    try:
        provider_id = await channel.send(outgoing.envelope)
    except NotSent as error:
        await _record(ctx, partial(messages.record_not_sent, message_id=message_id, error=error))
        if isinstance(error, Unreachable):
            raise
    except Exception:
        # Everything: whatever happened, it may have left.
        log.exception("message_unconfirmed", message_id=str(message_id))
        await _record(ctx, partial(messages.park, message_id=message_id))
    else:
        await _record(ctx, partial(messages.record_sent, message_id=message_id, provider_id=provider_id))


async def _record(ctx: JobContext, what_happened: Callable[[WriteTx], Awaitable[None]]) -> None:
    """Write down what has happened to a message, however long its account is held by somebody else.

    Not only while the attempt is current: it has happened, whoever does the rest. What nobody writes down
    is parked as unconfirmed, and a person has to find out.
    """
    now = ctx.clock.now()
    for tries_left in reversed(range(TRIES)):
        try:
            async with ctx.db.write(ctx.actor, now) as tx:
                await tx.take_time(PATIENCE)
                await what_happened(tx)
            return
        except (SQLAlchemyError, OSError) as error:
            if not tries_left:
                raise
            log.warning("not_recorded_yet", tries_left=tries_left, error=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)
