"""The doorbell: tells the relay through Redis that something was committed, so that it need not wait.

It may ring in vain or not at all: the relay looks into the outbox every second anyway.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "cartera:doorbell"

# A booking must not wait for a Redis that does not answer.
_PATIENCE_SECONDS = 0.2


class Doorbell:
    """Hand ``Doorbell(redis).ring`` to ``Database``."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def ring(self) -> None:
        with suppress(RedisError, OSError, TimeoutError):
            await asyncio.wait_for(self._redis.publish(CHANNEL, b""), _PATIENCE_SECONDS)
