"""From a field's selection to the statements that answer it, each step kept for the next request."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from graphql import (
    FieldNode,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    value_from_ast,
)
from sqlalchemy import Select, Uuid, bindparam, select
from strawberry.types.arguments import convert_arguments

from api.selection.finishing import Finishers
from api.selection.kinds import Attribute
from api.selection.levels import Frame, NotCompilable
from api.selection.lists import Inside, Listing, Whole
from api.selection.plans import Parted
from api.selection.relations import Source
from api.selection.statement import Build
from api.selection.tree import Reader, Selected
from cartera.db.queries import keyset
from cartera.db.statements import Statement
from cartera.errors import Refused
from cartera.kept import Kept

# Query texts, each with the roles that ask it; and shapes of one of them.
_TREES, _SHAPES = 512, 64


class Tree:
    """What is selected of a list or of a row: fields that SQL can say, and others to be resolved ``beside``.

    ``nodes`` are kept so that their identity stays theirs.
    """

    def __init__(
        self,
        nodes: Sequence[FieldNode],
        fields: Sequence[Selected] | None,
        said: Sequence[Selected],
        beside: Sequence[Selected],
    ) -> None:
        self.nodes, self.said, self.beside = nodes, said, beside
        # All that is selected, said or not; None where that is for graphql-core to find out.
        self.fields = fields
        self.names = frozenset(each.name for each in fields or () if each.definition)
        below = [each for root in said for _, each in root.below()]
        # Lists inside, with arguments of their own.
        self.sites = [each for each in below if each.definition and isinstance(each.kind, Inside)]
        self.finishers = [Finishers(root) for root in said]
        # What those ask for whose arguments name no variable.
        self.parted: dict[int, Parted] = {}
        self.plans: Kept[Hashable, tuple[Statement, ...] | None] = Kept(_SHAPES)


class Root(Protocol):
    """Where a statement begins."""

    @property
    def shape(self) -> Hashable:
        """Whatever its statements differ by, beside what is selected."""
        ...

    @property
    def told(self) -> Mapping[str, Any]: ...

    def selects(self, build: Build, said: Sequence[Selected]) -> Iterator[Select[Any]]: ...


@dataclass(frozen=True)
class ListRoot:
    """The edges of a page and the row that lies beyond: a statement for each part of its order."""

    listing: Listing
    parted: Parted

    @property
    def shape(self) -> Hashable:
        return self.listing, self.parted.shape

    @property
    def told(self) -> Mapping[str, Any]:
        return self.parted.told

    def selects(self, build: Build, said: Sequence[Selected]) -> Iterator[Select[Any]]:
        asked = self.parted.placed()
        for part in keyset.parts(asked.direction, asked.page.start):
            level = self.listing.page(build, asked, part, asked.page.size + 1)
            edges = [
                build.object(level, each.children).label(f"edge{place}") for place, each in enumerate(said)
            ]
            keys = [level[column] for column in asked.order.columns]
            order = [key.desc() if asked.direction.descending else key.asc() for key in keys]
            columns: list[Any] = [*edges, *keys]
            yield select(*columns).select_from(level.rows).order_by(*order)


@dataclass(frozen=True)
class WholeRoot(ListRoot):
    """Counts and sums of a list, whatever page of it is asked for."""

    def selects(self, build: Build, said: Sequence[Selected]) -> Iterator[Select[Any]]:
        whole = Whole(self.listing, self.parted.placed())
        columns: list[Any] = [
            build.column(whole, each).label(f"field{place}") for place, each in enumerate(said)
        ]
        yield select(*columns)


@dataclass(frozen=True)
class RowRoot:
    """The fields of one row, each by itself."""

    source: Source
    id: Attribute
    key: UUID

    @property
    def shape(self) -> Hashable:
        return self.source

    @property
    def told(self) -> Mapping[str, Any]:
        return {"key": self.key}

    def selects(self, build: Build, said: Sequence[Selected]) -> Iterator[Select[Any]]:
        here = self.id == bindparam("key", type_=Uuid())
        level = self.source.level(build, lambda rows: rows.where(here))
        columns: list[Any] = [
            build.column(level, each).label(f"field{place}") for place, each in enumerate(said)
        ]
        yield select(*columns).select_from(level.rows)


_trees: Kept[Hashable, Tree] = Kept(_TREES)


def tree_of(info: Any, type_name: str, *only: str) -> Tree:
    """What the field that is being resolved selects of this type; ``only`` of its fields of these names."""
    raw: Any = info._raw_info
    actor = info.context.actor
    nodes = tuple(raw.field_nodes)
    flags = tuple((name, value) for name, value in raw.variable_values.items() if isinstance(value, bool))

    def make() -> Tree:
        reader = Reader(raw.schema, raw.fragments, raw.variable_values)
        kind: Any = raw.schema.type_map[type_name]
        try:
            fields = reader.selected(kind, nodes)
        except NotCompilable:
            return Tree(nodes, None, (), ())
        wanted = [each for each in fields if not only or (each.definition and each.name in only)]
        said = [each for each in wanted if each.can_be_said(actor)]
        return Tree(nodes, fields, said, [each for each in wanted if each not in said])

    return _trees.get((*map(id, nodes), type_name, only, flags, _authority(info.context)), make)


def _authority(context: Any) -> Hashable:
    """Whatever of the caller and the organization shapes a statement, or is said in it."""
    actor, organization = context.actor, context.organization
    return (
        *(actor.kind, actor.role, actor.scopes, actor.member_id is None, actor.customer_id is None),
        actor.receivable_ids == (),
        *(organization.collector_scope, organization.base_currency, organization.business_day),
    )


@dataclass(frozen=True)
class Planned:
    """Statements for what is selected, and what they are told by the request's arguments."""

    tree: Tree
    statements: tuple[Statement, ...]
    told: Mapping[str, Any]

    @property
    def length(self) -> int:
        """Of all the statements' texts."""
        return sum(len(each.text) for each in self.statements)

    def arguments(self, context: Any) -> Iterator[tuple[str, list[Any]]]:
        """Each statement's text, with all it is told for this caller, now."""
        actor = context.actor
        told = {
            **self.told,
            "organization": actor.organization_id,
            "member": actor.member_id,
            "customer": actor.customer_id,
            "receivables": list(actor.receivable_ids),
            "now": context.now,
        }
        return ((each.text, each.arguments(told)) for each in self.statements)


def plan(tree: Tree, root: Root, info: Any) -> Planned | None:
    """The statements that answer what can be said, and what they are told; None where that is nothing.

    An argument inside that is refused shows only here; graphql-core tells its path.
    """
    actor = info.context.actor
    try:
        sites = [_parted(site, f"p{place}", tree, info) for place, site in enumerate(tree.sites, 1)]
    except Refused:
        return None

    def make() -> tuple[Statement, ...] | None:
        asked = {id(site): parted.placed() for site, parted in zip(tree.sites, sites, strict=True)}
        frame = Frame.of(actor, info.context.organization)
        build = Build(frame, lambda selected: asked[id(selected)])
        try:
            return tuple(Statement.of(each) for each in root.selects(build, tree.said))
        except NotCompilable:
            return None

    statements = tree.plans.get((root.shape, *(each.shape for each in sites)), make)
    if statements is None:
        return None
    told: dict[str, Any] = dict(root.told)
    for each in sites:
        told |= each.told
    return Planned(tree, statements, told)


def _parted(site: Selected, prefix: str, tree: Tree, info: Any) -> Parted:
    """What the arguments of a list inside ask for. Raises Refused."""
    if id(site) in tree.parted:
        return tree.parted[id(site)]
    found = Parted.of(site.kind.asked(**_arguments(site, info)), prefix)
    if not any(_has_variable(argument.value) for argument in site.nodes[0].arguments or ()):
        tree.parted[id(site)] = found
    return found


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, ObjectValueNode):
        return any(_has_variable(each.value) for each in value.fields)
    if isinstance(value, ListValueNode):
        return any(map(_has_variable, value.values))
    return isinstance(value, VariableNode)


def _arguments(site: Selected, info: Any) -> dict[str, Any]:
    raw: Any = info._raw_info
    assert site.definition is not None
    given = {node.name.value: node.value for node in site.nodes[0].arguments or ()}
    values: dict[str, Any] = {}
    for name, argument in site.definition.args.items():
        node = given.get(name)
        if isinstance(node, VariableNode):
            value = raw.variable_values.get(node.name.value, Undefined)
        else:
            value = value_from_ast(node, argument.type, raw.variable_values) if node else Undefined
        if value is not Undefined:
            values[name] = value
    schema = info.schema
    return convert_arguments(
        values,
        site.declared.arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
    )
