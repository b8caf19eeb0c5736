"""What has changed, as it happens: one Redis subscription a process, shared by all of its screens.

A publication may get lost, so a listener that might have missed one is dropped rather than left in doubt:
its socket closes, the screen connects again and reads afresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

log = structlog.get_logger()

# Changes that wait for one slow screen before it is dropped.
BACKLOG = 1000

# Seconds in which Redis has to say that it has subscribed us.
PATIENCE = 5


class Missed(Exception):
    """Changes may have been lost: connect again and read afresh."""


class Listener:
    """The changes of one channel from now on, as decoded JSON objects."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(BACKLOG)
        self._lost = False

    def put(self, change: dict[str, Any]) -> None:
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.lose()

    def lose(self) -> None:
        """Whatever still waits is of no use to a screen that must read afresh."""
        self._lost = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self) -> dict[str, Any]:
        """The next change. Raises Missed."""
        change = None if self._lost else await self._queue.get()
        if change is None:
            raise Missed
        return change


class Live:
    """Hands what Redis publishes to whoever listens in this process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._listeners: dict[str, set[Listener]] = {}
        # Set once Redis has said that it has subscribed us to a channel.
        self._ready: dict[str, asyncio.Event] = {}
        self._pubsub: PubSub | None = None
        self._pump: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    async def tell(self, channel: str, change: dict[str, Any]) -> None:
        """Publish; without Redis nobody hears it, and a socket finds out when it next looks."""
        with suppress(RedisError, OSError):
            await self._redis.publish(channel, orjson.dumps(change))

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[Listener]:
        """Listen to a channel: all that is published from now on arrives. Raises Missed, RedisError."""
        listener = Listener()
        ready = await self._subscribe(channel, listener)
        try:
            if not await _within(PATIENCE, ready):
                raise Missed
            yield listener
        finally:
            await self._unsubscribe(channel, listener)

    async def close(self) -> None:
        async with self._lock:
            await self._stop()

    async def _subscribe(self, channel: str, listener: Listener) -> asyncio.Event:
        async with self._lock:
            if self._pubsub is None:
                self._pubsub = self._redis.pubsub()
            if channel not in self._listeners:
                self._ready[channel] = asyncio.Event()
                await self._pubsub.subscribe(channel)
                self._listeners[channel] = set()
            self._listeners[channel].add(listener)
            if self._pump is None:
                self._pump = asyncio.create_task(self._run(self._pubsub))
            return self._ready[channel]

    async def _unsubscribe(self, channel: str, listener: Listener) -> None:
        async with self._lock:
            listeners = self._listeners.get(channel)
            if listeners is None or listener not in listeners:
                return
            listeners.discard(listener)
            if listeners:
                return
            del self._listeners[channel]
            if not self._listeners:
                await self._stop()
            elif self._pubsub is not None:
                with suppress(RedisError, OSError):
                    await self._pubsub.unsubscribe(channel)

    async def _run(self, pubsub: PubSub) -> None:
        try:
            async for message in pubsub.listen():
                channel = message["channel"].decode()
                if message["type"] == "subscribe" and channel in self._ready:
                    self._ready[channel].set()
                elif message["type"] == "message":
                    self._hand_out(channel, message["data"])
        except (RedisError, OSError) as error:
            log.warning("live.lost", error=str(error))
            self._lose()
            await _close(pubsub)

    def _hand_out(self, channel: str, data: bytes) -> None:
        try:
            change = orjson.loads(data)
        except orjson.JSONDecodeError:
            log.warning("live.unreadable", channel=channel)
            return
        for listener in self._listeners.get(channel, ()):
            listener.put(change)

    def _lose(self) -> None:
        """Forget everybody who listens, having told them, so that the next one starts anew."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.lose()
        self._listeners, self._ready = {}, {}
        self._pubsub = self._pump = None

    async def _stop(self) -> None:
        pump, pubsub = self._pump, self._pubsub
        self._lose()
        if pump is not None:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
        if pubsub is not None:
            await _close(pubsub)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the result.
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def _close(pubsub: PubSub) -> None:
    with suppress(RedisError, OSError):
        await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis leaves it so
