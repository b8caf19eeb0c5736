"""Nothing of the collectors' schema is read or done without naming the scope that it needs."""

from __future__ import annotations

import ast
from inspect import getsource, iscoroutinefunction
from textwrap import dedent
from typing import Any

import pytest
from graphql import get_named_type, is_abstract_type, is_object_type
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from api.resolvers.collector.nodes import NODES
from api.resolvers.collector.schema import schema
from api.schema.collector.errors import Does
from api.schema.permissions import Needs
from api.selection.reading import OneStatement
from api.selection.tree import NEEDS, READS
from cartera.rules.permissions import NOUN_SCOPES

TYPES: dict[str, StrawberryObjectDefinition] = {
    name: found.definition
    for name, found in schema.schema_converter.type_map.items()
    if isinstance(found.definition, StrawberryObjectDefinition) and not found.definition.is_input
}
ROOTS = {"Query", "Mutation", "Subscription"} & TYPES.keys()
# For everybody who is logged in: who they are, and nodes, each type of which has its own scope.
ANYBODY = {("Query", "viewer"), ("Query", "node")}


def gates(field: StrawberryField) -> list[Needs]:
    return [extension for extension in field.extensions if isinstance(extension, Needs)]


def reads(field: StrawberryField) -> bool:
    """What only shows what its parent has read is no coroutine."""
    resolver: Any = field.base_resolver
    return resolver is not None and iscoroutinefunction(resolver.wrapped_func)


FIELDS = [
    pytest.param(name, field, id=f"{name}.{field.python_name}")
    for name, definition in sorted(TYPES.items())
    for field in definition.fields
    if name in ROOTS or reads(field)
]
# What statements say (``api.selection``), with the types of its values.
READ = [
    (f"{kind.name}.{name}", declared, get_named_type(field.type))
    for kind in schema._schema.type_map.values()
    if is_object_type(kind)
    for name, field in kind.fields.items()
    if (declared := field.extensions.get("strawberry-definition")) is not None and READS in declared.metadata
]


# Lists of the schema's root, whose resolvers are not asked again by whoever asked before (``repeats``).
REPEATED = [
    pytest.param(field, id=field.python_name)
    for field in TYPES["Query"].fields
    if any(isinstance(extension, OneStatement) for extension in field.extensions)
]
# What is part of the key of what is asked again (``repeats``).
KNOWN_OF_THE_CALLER = {"actor", "organization", "today"}


def test_the_walk_finds_the_fields() -> None:
    found = {(name, field.python_name) for name, field in (param.values for param in FIELDS)}
    assert {("Query", "metrics"), ("Mutation", "promise_make"), ("Customer", "receivables")} <= found
    assert ("Customer", "name") not in found


@pytest.mark.parametrize(("type_name", "field"), FIELDS)
def test_a_field_that_reads_or_does_something_names_its_scope(type_name: str, field: StrawberryField) -> None:
    (gate,) = gates(field)
    assert (gate.scope is None) == ((type_name, field.python_name) in ANYBODY)


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(field, id=field.python_name)
        for name in ROOTS & {"Mutation"}
        for field in TYPES[name].fields
    ],
)
def test_a_mutation_answers_a_refusal_as_typed_errors(field: StrawberryField) -> None:
    (gate,) = gates(field)
    assert isinstance(gate, Does)
    assert gate.scope is not None
    assert gate.scope.value.endswith(":write")


def test_every_node_can_be_read_again_under_a_scope() -> None:
    nodes = {
        name
        for name, definition in TYPES.items()
        if not definition.is_interface and any(each.name == "Node" for each in definition.interfaces)
    }
    assert nodes == NODES.keys()
    assert {name for name, (noun, _) in NODES.items() if noun not in NOUN_SCOPES} == {"Organization"}


def test_what_a_field_answers_as_a_whole_needs_no_scope_of_its_own() -> None:
    """``Selected.can_be_said`` asks nothing below it."""
    below = {kind for _, field, kind in READ if field.metadata[READS].is_whole}
    assert len(below) > 5
    while below:
        inner = [each for kind in below if is_object_type(kind) for each in kind.fields.values()]
        for field in (each.extensions["strawberry-definition"] for each in inner):
            assert NEEDS not in field.metadata, field.python_name
            assert gates(field) == [], field.python_name
        below = {get_named_type(each.type) for each in inner}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, _, kind in READ])
def test_a_field_of_several_types_is_left_to_its_resolver(name: str, kind: Any) -> None:
    """``Reader`` knows the fields of one type only."""
    assert not is_abstract_type(kind), name


def test_every_connection_is_paged_in_both_directions() -> None:
    paged = [
        (kind.name, name, field.args.keys())
        for kind in schema._schema.type_map.values()
        if is_object_type(kind)
        for name, field in kind.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    ]
    assert len(paged) > 15
    for type_name, name, arguments in paged:
        assert {"first", "after", "last", "before"} <= arguments, f"{type_name}.{name}"


def test_the_walk_finds_the_lists() -> None:
    assert {"customers", "receivables", "promises"} <= {param.id for param in REPEATED}


@pytest.mark.parametrize("field", REPEATED)
def test_a_list_asks_nothing_but_its_arguments_caller_and_organization(field: StrawberryField) -> None:
    """As far as its own lines show: what it calls is not looked into."""
    assert field.base_resolver is not None
    (function,) = ast.parse(dedent(getsource(field.base_resolver.wrapped_func))).body
    assert isinstance(function, ast.AsyncFunctionDef)
    looked_up = [each for each in ast.walk(function) if isinstance(each, ast.Await | ast.AsyncWith)]
    assert looked_up == []
    parents = {child: each for each in ast.walk(function) for child in ast.iter_child_nodes(each)}
    for each in ast.walk(function):
        if isinstance(each, ast.Name) and each.id == "info":
            context = parents[each]
            assert isinstance(context, ast.Attribute), ast.unparse(context)
            assert context.attr == "context"
            asked = parents[context]
            assert isinstance(asked, ast.Attribute), ast.unparse(asked)
            assert asked.attr in KNOWN_OF_THE_CALLER
