"""Queries said in another way: aliases, directives, fragments and repetitions at random."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    parse,
    print_ast,
)

# What the variables of a varied query are told.
VARIABLES = {"yes": True, "no": False}
DIRECTIVES = (
    "@include(if: $yes)",
    "@skip(if: $no)",
    "@include(if: true) @skip(if: false)",
    "@include(if: $yes) @skip(if: $yes)",
    "@skip(if: true)",
    "@include(if: $no)",
)


class Varying:
    """One query at a time of a schema's ``Query``; what it selects stays valid, though not the same."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._random = Random(seed)
        self._fragments: list[str] = []
        self._names = count(1)

    def vary(self, query: str) -> str:
        """The only operation of ``query``, which has no variables yet, said in another way."""
        (operation,) = parse(query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        self._fragments.clear()
        said = self._set(operation.selection_set, self._schema.query_type)
        text = " ".join([said, *self._fragments])
        used = [f"${name}: Boolean!" for name in VARIABLES if f"${name}" in text]
        return f"query Varied({', '.join(used)}) {text}" if used else text

    def _set(self, selected: SelectionSetNode, parent: Any) -> str:
        parts = [self._selection(each, parent) for each in selected.selections]
        if self._may(0.3):
            parts.append(f"t{next(self._names)}: __typename")
        if self._may(0.3):
            parts.append(self._random.choice(parts))
        self._random.shuffle(parts)
        if self._may(0.4):
            first = self._random.randrange(len(parts))
            parts[first:] = [self._fragment(" ".join(parts[first:]), parent)]
        return f"{{ {' '.join(parts)} }}"

    def _selection(self, node: Any, parent: Any) -> str:
        if isinstance(node, InlineFragmentNode):
            name = node.type_condition.name.value if node.type_condition else ""
            kind = self._schema.type_map[name] if name else parent
            return f"... {f'on {name} ' if name else ''}{self._set(node.selection_set, kind)}"
        if not isinstance(node, FieldNode) or node.name.value.startswith("__"):
            return print_ast(node)
        alias = node.alias.value if node.alias else f"a{next(self._names)}" if self._may(0.2) else ""
        arguments = ", ".join(print_ast(each) for each in node.arguments or ())
        kind = get_named_type(parent.fields[node.name.value].type)
        said = [
            f"{alias}: " if alias else "",
            node.name.value,
            f"({arguments})" if arguments else "",
            f" {self._random.choice(DIRECTIVES)}" if self._may(0.15) else "",
            f" {self._set(node.selection_set, kind)}" if node.selection_set else "",
        ]
        return "".join(said)

    def _fragment(self, selections: str, parent: Any) -> str:
        """The selections inside of a fragment, in line or by name, with a directive or without."""
        directive = f" {self._random.choice(DIRECTIVES)}" if self._may(0.2) else ""
        if self._may(0.5):
            name = f"F{next(self._names)}"
            self._fragments.append(f"fragment {name} on {parent.name} {{ {selections} }}")
            return f"...{name}{directive}"
        return f"...{f' on {parent.name}' if self._may(0.5) else ''}{directive} {{ {selections} }}"

    def _may(self, chance: float) -> bool:
        return self._random.random() < chance
