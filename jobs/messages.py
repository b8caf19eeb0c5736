"""Jobs that send messages: one decision, one delivery and one record each."""

from __future__ import annotations

from uuid import UUID

import structlog

from cartera.channels import email_channel
from cartera.channels.base import Channel, NotSent, Unreachable
from cartera.services import messages
from cartera.services.receipts import plan_receipt
from jobs.context import JobContext, Superseded

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
        async with ctx.db.write(ctx.actor, ctx.clock.now()) as tx:
            await messages.record_not_sent(tx, message_id, error)
        if isinstance(error, Unreachable):
            raise
    except Exception:
        # Everything: whatever happened, it may have left.
        log.exception("message_unconfirmed", message_id=str(message_id))
        async with ctx.db.write(ctx.actor, ctx.clock.now()) as tx:
            await messages.park(tx, message_id)
    else:
        # Not only while the attempt is current: it has left, whoever does the rest.
        async with ctx.db.write(ctx.actor, ctx.clock.now()) as tx:
            await messages.record_sent(tx, message_id, provider_id)
