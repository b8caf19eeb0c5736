"""Lists and single rows at the root of a query, read in one statement where SQL can say what is selected.

What it cannot say, and whatever the caller may not see, is walked by graphql-core as ever: fields of the root
object beside the statement, anything deeper with the whole of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import get_named_type
from orjson import Fragment, dumps, loads
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver

from api.schema import cursors
from api.selection.finishing import Finishers
from api.selection.lists import Asked, Listing
from api.selection.planning import ListRoot, RowRoot, Tree, WholeRoot, plan, tree_of
from api.selection.plans import Parted
from cartera.db.queries import keyset
from cartera.db.queries.keyset import Slice

# What of a connection takes its page, and what is told of all its rows.
_OF_PAGE = {"edges", "page_info"}
_OF_WHOLE = ("total_count", "totals")


@dataclass
class Reading:
    """The page of a list: what is asked of it, and what has been read."""

    listing: Listing
    asked: Asked
    found: Slice = field(default_factory=Slice)

    def walked(self) -> Iterator[tuple[str, Any]]:
        """Cursor and row of each edge."""
        order = self.asked.order
        for row, key in zip(self.found.rows, self.found.keys, strict=True):
            yield cursors.encode(order, key), row


class OneStatement(FieldExtension):
    """The field answers with a connection whose ``reading`` one statement fills where that is possible."""

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Any, **kwargs: Any
    ) -> Any:
        connection = await next_(source, info, **kwargs)
        connection.ready = await _read(connection.reading, info)
        return connection


async def _read(reading: Reading, info: Any) -> dict[str, Fragment]:
    """Fill ``reading``; the fields of its connection that are JSON already, by response key."""
    type_name = get_named_type(info._raw_info.return_type).name
    parted = Parted.of(reading.asked, "p0")
    ready = await _read_whole(reading, parted, type_name, info)
    tree = tree_of(info, type_name, "edges")
    if tree.names & _OF_PAGE:
        ready |= await _read_page(reading, parted, tree, info)
    return ready


async def _read_page(reading: Reading, parted: Parted, tree: Tree, info: Any) -> dict[str, Fragment]:
    asked = reading.asked
    planned = plan(tree, ListRoot(reading.listing, parted), info)
    if planned is None or tree.beside:
        async with info.context.read() as tx:
            rows = reading.listing.rows(tx, asked, *reading.listing.source.tables)
            reading.found = await keyset.fetch(tx, rows, asked.order, asked.page)
        return {}
    statements, told = planned
    records: list[Any] = []
    async with info.context.statements() as connection:
        for statement in statements:
            if len(records) <= asked.page.size:
                records += await connection.fetch(statement.text, *statement.arguments(told))
    reading.found = keyset.cut(records[: asked.page.size + 1], asked.order, asked.page)
    return {
        each.key: _edges((record[place] for record in reading.found.rows), finishers, info)
        for place, (each, finishers) in enumerate(zip(tree.said, tree.finishers, strict=True))
    }


async def _read_whole(reading: Reading, parted: Parted, type_name: str, info: Any) -> dict[str, Fragment]:
    """Counts and sums of the whole list, in one statement of their own."""
    tree = tree_of(info, type_name, *_OF_WHOLE)
    planned = tree.said and plan(tree, WholeRoot(reading.listing, parted), info)
    if not planned:
        return {}
    (statement,), told = planned
    async with info.context.statements() as connection:
        record = await connection.fetchrow(statement.text, *statement.arguments(told))
    return {each.key: Fragment(text) for each, text in zip(tree.said, record, strict=True)}


def _edges(texts: Iterable[str], finishers: Finishers, info: Any) -> Fragment:
    if finishers:
        texts = (dumps(finishers.finish(loads(text), info)).decode() for text in texts)
    return Fragment(f"[{','.join(texts)}]")


async def read_row(info: Any, type_name: str, root: RowRoot, walk: Callable[[], Awaitable[Any]]) -> Any:
    """The row, or what is selected of it as JSON; None where the caller sees no such row.

    ``walk`` finds what graphql-core can walk, for whatever no statement can say.
    """
    tree = tree_of(info, type_name)
    planned = plan(tree, root, info)
    if planned is None:
        return await walk()
    (statement,), told = planned
    async with info.context.statements() as connection:
        record = await connection.fetchrow(statement.text, *statement.arguments(told))
    if record is None:
        return None
    ready = {
        each.key: _field(record[place], finishers, info)
        for place, (each, finishers) in enumerate(zip(tree.said, tree.finishers, strict=True))
    }
    if not tree.beside:
        return Fragment(dumps(ready))
    found = await walk()
    if found is not None:
        found.ready = ready
    return found


def _field(text: str, finishers: Finishers, info: Any) -> Fragment:
    return Fragment(dumps(finishers.finish(loads(text), info)) if finishers else text)
