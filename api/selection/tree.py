"""What a query selects below one field: merged, fragments and directives resolved, as graphql-core would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from strawberry.types.field import StrawberryField

from api.selection.levels import NotCompilable
from cartera.actors import Actor

# Where a strawberry field keeps what it is read from, and the scope that it needs.
READS = "reads"
NEEDS = "needs"


@dataclass(frozen=True)
class Selected:
    """A field of the answer under its response key; ``__typename`` has neither definition nor children."""

    key: str
    parent: GraphQLObjectType
    nodes: tuple[FieldNode, ...]
    definition: GraphQLField | None = None
    children: tuple[Selected, ...] = ()

    @property
    def declared(self) -> StrawberryField:
        assert self.definition is not None
        found: StrawberryField = self.definition.extensions["strawberry-definition"]
        return found

    @property
    def name(self) -> str:
        """The attribute's name in Python."""
        return self.declared.python_name

    @property
    def kind(self) -> Any:
        """What it is read from (``kinds``, ``relations``, ``lists``); None where only its resolver knows."""
        return self.declared.metadata.get(READS)

    def can_be_said(self, actor: Actor) -> bool:
        """Whether SQL can say it and all below it, of what this actor may see.

        Denials have a path for each row, which graphql-core knows how to tell: they are left to it.
        """
        if self.definition is None:
            return True
        needed = self.declared.metadata.get(NEEDS)
        if self.kind is None or (needed is not None and not actor.can(needed)):
            return False
        return self.kind.is_whole or all(child.can_be_said(actor) for child in self.children)

    def below(self) -> Iterator[tuple[tuple[str, ...], Selected]]:
        """Itself and all fields below it whose own kinds the statement asks, each with its response path."""
        yield (self.key,), self
        for child in self.children if self.definition and not self.kind.is_whole else ():
            for path, each in child.below():
                yield (self.key, *path), each


@dataclass(frozen=True)
class Reader:
    """Reads selection sets of one operation; ``variables`` decide what is skipped."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def selected(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> tuple[Selected, ...]:
        """What these nodes, of one field of the type ``parent``, select.

        Raises NotCompilable for a condition that is null: graphql-core refuses it wherever it comes to it.
        """
        grouped: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            self._collect(parent, node.selection_set, grouped, seen)
        return tuple(self._field(parent, key, tuple(found)) for key, found in grouped.items())

    def _field(self, parent: GraphQLObjectType, key: str, nodes: tuple[FieldNode, ...]) -> Selected:
        name = nodes[0].name.value
        if name == "__typename":
            return Selected(key, parent, nodes)
        definition = parent.fields[name]
        kind = get_named_type(definition.type)
        children = self.selected(kind, nodes) if is_object_type(kind) else ()
        return Selected(key, parent, nodes, definition, children)

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection: SelectionSetNode | None,
        grouped: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selection.selections if selection else ():
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                grouped.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, parent):
                    self._collect(parent, node.selection_set, grouped, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, parent):
                    self._collect(parent, fragment.selection_set, grouped, seen)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        if condition == parent.name:
            return True
        kind = self.schema.type_map[condition]
        return is_abstract_type(kind) and self.schema.is_sub_type(kind, parent)

    def _is_included(self, node: Any) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name not in ("skip", "include"):
                continue
            (argument,) = directive.arguments
            told = argument.value
            value = self.variables.get(told.name.value) if isinstance(told, VariableNode) else told.value
            if value is None:
                raise NotCompilable(f"@{name} of null")
            if value is (name == "skip"):
                return False
        return True
