"""Lists and single rows at the root of a query, read in one statement where SQL can say what is selected.

What it cannot say, and whatever the caller may not see, is walked by graphql-core as ever: fields of the root
object beside the statement, anything deeper with the whole of it. An answer that is all said in SQL is handed
on as the JSON that it is, and may be given again (``repeats``).
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
from api.selection import repeats
from api.selection.finishing import Finishers
from api.selection.lists import Asked, Listing, PageEnds
from api.selection.planning import ListRoot, Planned, RowRoot, WholeRoot, plan, tree_of
from api.selection.plans import Parted
from api.selection.tree import Selected
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
    """The field answers with a connection whose ``reading`` one statement fills where that is possible.

    What the resolver asks hangs on its arguments, the caller and the organization alone: it is not called
    again for the same (``repeats``).
    """

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Any, **kwargs: Any
    ) -> Any:
        connection = await next_(source, info, **kwargs)
        reading = connection.reading
        answer = ListAnswer.of(reading, info)
        connection.ready = await answer.read(info.context)
        if not answer.walks and len(connection.ready) == len(answer.fields):
            return repeats.note(answer, info, connection.ready)
        if answer.walks:
            async with info.context.read() as tx:
                rows = reading.listing.rows(tx, reading.asked, *reading.listing.source.tables)
                reading.found = await keyset.fetch(tx, rows, reading.asked.order, reading.asked.page)
        return connection


@dataclass(frozen=True)
class ListAnswer:
    """The fields of a connection, and the statements for those that SQL can say."""

    asked: Asked
    fields: tuple[Selected, ...]
    page: Planned | None
    whole: Planned | None
    # Whether there is anything about the page that its rows have to be walked for.
    walks: bool

    @classmethod
    def of(cls, reading: Reading, info: Any) -> ListAnswer:
        type_name = get_named_type(info._raw_info.return_type).name
        parted = Parted.of(reading.asked, "p0")
        tree = tree_of(info, type_name, "edges")
        rest = tree_of(info, type_name, *_OF_WHOLE)
        if tree.fields is None:
            return cls(reading.asked, (), None, None, walks=True)
        has_page = bool(tree.names & _OF_PAGE)
        root = ListRoot(reading.listing, parted)
        page = plan(tree, root, info) if has_page and not tree.beside else None
        whole = plan(rest, WholeRoot(reading.listing, parted), info) if rest.said else None
        return cls(reading.asked, tuple(tree.fields), page, whole, has_page and page is None)

    async def read(self, context: Any) -> dict[str, Any]:
        """The fields that statements say, by response key and in their order."""
        made: dict[str, Any] = {}
        if self.whole is not None:
            record = await _one(self.whole, context)
            made |= {
                each.key: Fragment(text) for each, text in zip(self.whole.tree.said, record, strict=True)
            }
        if self.page is not None:
            made |= await self._page(self.page, context)
        return {
            each.key: made[each.key] if each.definition else each.parent.name
            for each in self.fields
            if each.key in made or not each.definition
        }

    async def _page(self, page: Planned, context: Any) -> dict[str, Any]:
        asked, tree = self.asked, page.tree
        records: list[Any] = []
        async with context.statements() as connection:
            for text, arguments in page.arguments(context):
                if len(records) <= asked.page.size:
                    records += await connection.fetch(text, *arguments)
        found = keyset.cut(records[: asked.page.size + 1], asked.order, asked.page)
        made: dict[str, Any] = {
            each.key: _edges((record[place] for record in found.rows), finishers, context)
            for place, (each, finishers) in enumerate(zip(tree.said, tree.finishers, strict=True))
        }
        for each in self.fields:
            if each.definition and isinstance(each.kind, PageEnds):
                made[each.key] = each.kind.tell(each, found, asked.order)
        return made

    @property
    def length(self) -> int:
        return sum(each.length for each in (self.page, self.whole) if each is not None)


def _edges(texts: Iterable[str], finishers: Finishers, context: Any) -> Fragment:
    if finishers:
        texts = (dumps(finishers.finish(loads(text), context)).decode() for text in texts)
    return Fragment(f"[{','.join(texts)}]")


async def read_row(info: Any, type_name: str, root: RowRoot, walk: Callable[[], Awaitable[Any]]) -> Any:
    """The row, or what is selected of it as JSON; None where the caller sees no such row.

    ``walk`` finds what graphql-core can walk, for whatever no statement can say.
    """
    tree = tree_of(info, type_name)
    planned = plan(tree, root, info) if tree.said else None
    if planned is None:
        return await walk()
    answer = RowAnswer(planned)
    ready = await answer.read(info.context)
    if not tree.beside:
        return repeats.note(answer, info, ready)
    found = await walk() if ready is not None else None
    if found is not None:
        found.ready = ready
    return found


@dataclass(frozen=True)
class RowAnswer:
    """What is selected of one row."""

    planned: Planned

    async def read(self, context: Any) -> dict[str, Any] | None:
        """The fields that the statement says, by response key; None where the caller sees no such row."""
        tree = self.planned.tree
        record = await _one(self.planned, context)
        return record and {
            each.key: _field(record[place], finishers, context)
            for place, (each, finishers) in enumerate(zip(tree.said, tree.finishers, strict=True))
        }

    @property
    def length(self) -> int:
        return self.planned.length


async def _one(planned: Planned, context: Any) -> Any:
    """The only record of a single statement, or None."""
    ((text, arguments),) = planned.arguments(context)
    async with context.statements() as connection:
        return await connection.fetchrow(text, *arguments)


def _field(text: str, finishers: Finishers, context: Any) -> Fragment:
    return Fragment(dumps(finishers.finish(loads(text), context)) if finishers else text)
