"""What a request is answered with: the process's parts, who asks, and loaders that live as long as it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import strawberry
from redis.asyncio import Redis

from api.live import Live
from api.loaders import K, Loaders, Query, Spec, T
from api.selection.repeats import Noted
from cartera.actors import Actor
from cartera.clock import Clock
from cartera.db.session import Database, ReadTx, Turn, WriteTx
from cartera.db.tables.organizations import Organization
from cartera.services.access import Admission
from cartera.services.passwords import Passwords
from cartera.settings import Settings

BUNDLE = Path(__file__).resolve().parents[1] / "frontend" / "dist"


@dataclass(frozen=True)
class AppState:
    """The parts of one web process. It keeps no other state."""

    settings: Settings
    db: Database
    clock: Clock
    redis: Redis
    live: Live
    passwords: Passwords
    bundle: Path = BUNDLE

    @property
    def introspection(self) -> bool:
        """Whether the schema may be asked for, and queries sent by GET: for development."""
        return self.settings.development


@dataclass
class Context:
    """One caller of a GraphQL schema. It holds no database session: each reading opens its own."""

    state: AppState
    actor: Actor
    turn: Turn
    # The answers that statements say all of.
    noted: list[Noted] = field(init=False, default_factory=list)

    @property
    def caller(self) -> Hashable | None:
        """Whatever of the caller an answer may hang on; None for who is not to be recognized."""
        return None

    @property
    def now(self) -> datetime:
        return self.state.clock.now()

    def read(self) -> AbstractAsyncContextManager[ReadTx]:
        return self.state.db.read(self.actor, self.now)

    def statements(self) -> AbstractAsyncContextManager[Any]:
        """A connection for what is compiled (``api.selection``)."""
        return self.turn.statements(self.actor.organization_id)

    def write(self) -> AbstractAsyncContextManager[WriteTx]:
        return self.state.db.write(self.actor, self.now)


@dataclass
class CollectorContext(Context):
    """A caller of the collectors' schema: a member by session, or a script by token."""

    organization: Organization
    # The member's session; None for a token.
    session_id: UUID | None = None
    # Closes the caller's socket, where the request came by one.
    hang_up: Callable[[], Awaitable[None]] | None = None
    _loaders: Loaders = field(init=False)

    @classmethod
    def of(cls, state: AppState, admission: Admission, turn: Turn) -> CollectorContext:
        return cls(state, admission.actor, turn, admission.organization, admission.session_id)

    def __post_init__(self) -> None:
        self.forget()

    @property
    def caller(self) -> Hashable:
        # The organization's row is the same object as long as nothing in it changes.
        return replace(self.actor, address=None, request_id=None), self.organization

    @property
    def today(self) -> date:
        """The organization's business day."""
        return self.organization.business_day

    def forget(self) -> None:
        """Drop what this request has read, since it has just changed the books."""
        self._loaders = Loaders(self.read)

    async def load(self, query: Query[K, *Spec, T], key: K, *spec: *Spec) -> T | None:
        """What ``query`` finds for ``key``, read together with what sibling fields ask of other keys."""
        return await self._loaders.load(query, key, *spec)


Info = strawberry.Info[CollectorContext, None]
