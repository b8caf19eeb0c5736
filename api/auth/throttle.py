"""How often something may be tried: a counter in Redis that starts anew with each window."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()


@dataclass(frozen=True)
class Window:
    """At most ``limit`` tries in ``seconds`` for each distinct thing that is counted."""

    name: str
    limit: int
    seconds: int

    def key(self, *parts: str | None) -> str:
        """What is counted is kept as a hash: no address and no e-mail lies in Redis."""
        digest = sha256("\n".join(part or "" for part in parts).encode()).hexdigest()
        return f"cartera:tries:{self.name}:{digest}"


async def wait_for(redis: Redis, window: Window, *parts: str | None) -> int:
    """Count a try. Returns 0 if it may go ahead, else the seconds to wait.

    Without Redis everybody may try: slow password hashes still stand in the way.
    """
    key = window.key(*parts)
    try:
        async with redis.pipeline() as pipe:
            pipe.set(key, 0, ex=window.seconds, nx=True)
            pipe.incr(key)
            pipe.ttl(key)
            _, tries, left = await pipe.execute()
    except (RedisError, OSError) as error:
        log.warning("throttle.unavailable", error=str(error))
        return 0
    return max(int(left), 1) if tries > window.limit else 0


async def take_back(redis: Redis, window: Window, *parts: str | None) -> None:
    """Do not count a try after all: it succeeded, and many people share what is counted."""
    try:
        await redis.decr(window.key(*parts))
    except (RedisError, OSError) as error:
        log.warning("throttle.unavailable", error=str(error))


async def forget(redis: Redis, window: Window, *parts: str | None) -> None:
    """Start the count anew, after a success."""
    try:
        await redis.delete(window.key(*parts))
    except (RedisError, OSError) as error:
        log.warning("throttle.unavailable", error=str(error))
