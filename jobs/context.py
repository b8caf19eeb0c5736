"""What a job is given: where the data is, what time it is, and for which outbox row it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from cartera.actors import Actor, ActorKind
from cartera.clock import Clock
from cartera.db import outbox
from cartera.db.session import Database, WriteTx
from cartera.settings import Settings


class Superseded(Exception):
    """The outbox row has gone on to another attempt, or is done: this one must change nothing more."""


@dataclass(frozen=True)
class JobContext:
    """``key`` and ``attempt`` say which outbox row, and which try of it, the job works for."""

    db: Database
    clock: Clock
    settings: Settings
    organization_id: UUID
    key: str
    attempt: int
    request_id: str | None = None

    @property
    def actor(self) -> Actor:
        """The system, in the name of the job's kind."""
        kind = self.key.partition(":")[0]
        return Actor(self.organization_id, ActorKind.SYSTEM, kind, request_id=self.request_id)

    @asynccontextmanager
    async def step(self, *, shared: bool = False) -> AsyncIterator[WriteTx]:
        """A transaction that changes something only while the attempt is current. Raises Superseded.

        ``shared``: others of the attempt may go on at the same time.
        """
        async with self.db.write(self.actor, self.clock.now()) as tx:
            if not await outbox.hold_current(tx, self.key, self.attempt, shared=shared):
                raise Superseded(self.key)
            yield tx

    @asynccontextmanager
    async def finish(self) -> AsyncIterator[WriteTx]:
        """The last, or only, such transaction: the effect and its outbox row are done together."""
        async with self.step() as tx:
            yield tx
            await outbox.finish(tx, self.key, self.attempt)


# A job takes the context and the ids of its payload, and calls one service.
Job = Callable[..., Awaitable[None]]
