"""What hangs on the rows of a page, read once for all of them: one statement a relation, not one a row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, TypeVarTuple

from strawberry.dataloader import DataLoader

from cartera.db.session import ReadTx

K = TypeVar("K")
T = TypeVar("T")
Spec = TypeVarTuple("Spec")

# Reads what belongs to each of many keys; ``spec`` says what exactly, the same for all of them.
Query = Callable[[ReadTx, Collection[K], *Spec], Awaitable[Mapping[K, T]]]

# Keys in one statement.
BATCH = 1000


class Loaders:
    """Collects what sibling fields ask for, and asks once. It lives as long as one request."""

    def __init__(self, read: Callable[[], AbstractAsyncContextManager[ReadTx]]) -> None:
        self._read = read
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    async def load(self, query: Query[K, *Spec, T], key: K, *spec: *Spec) -> T | None:
        """What ``query`` finds for ``key``, in a reading shared with all who ask the same of other keys."""
        found: T | None = await self._loader(query, spec).load(key)
        return found

    def _loader(self, query: Callable[..., Any], spec: tuple[Any, ...]) -> DataLoader[Any, Any]:
        if (query, spec) not in self._loaders:

            async def batch(keys: list[Any]) -> list[Any]:
                async with self._read() as tx:
                    found = await query(tx, keys, *spec)
                return [found.get(key) for key in keys]

            self._loaders[query, spec] = DataLoader(batch, max_batch_size=BATCH)
        return self._loaders[query, spec]
