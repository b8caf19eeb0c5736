"""How large a GraphQL request may be. Each fragment is looked at once, however often it is spread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from cartera.db.queries.keyset import DEFAULT_PAGE, LARGEST_PAGE

MAX_BODY_BYTES = 1_000_000
MAX_QUERY_BYTES = 20_000
MAX_TOKENS = 2_000
MAX_DEPTH = 12
MAX_ALIASES = 60
MAX_DIRECTIVES = 60
MAX_FIELDS = 1_000
# Fields of all rows that a request could answer with, a page counted as full.
MAX_COST = 100_000

# Query texts of which something is kept.
KEPT = 1024

# What says how large a page is to be.
_SIZES = ("first", "last")

# Introspection nests lists of types and says nothing of anybody: it has its own switch.
_INTROSPECTION = ("__schema", "__type")


class Size(NamedTuple):
    """What a selection asks for, its fragments' included."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    cost: int = 0

    def __add__(self, other: object) -> Size:
        """Side by side."""
        assert isinstance(other, Size)
        depth = max(self.depth, other.depth)
        return Size(depth, *(mine + its for mine, its in zip(self[1:], other[1:], strict=True)))


_LIMITS = Size(MAX_DEPTH, MAX_ALIASES, MAX_DIRECTIVES, MAX_FIELDS, MAX_COST)


def measure(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> Size:
    """The size of the document's largest operation in each respect; ``variables`` tell the pages' sizes."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    rule = _Measure(fragments, _paged(schema), variables)
    sizes = [
        rule.selection(node.selection_set) + Size(directives=len(node.directives or ()))
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    return Size(*map(max, zip(*sizes, strict=True))) if sizes else Size()


def excess(size: Size) -> list[GraphQLError]:
    return [
        GraphQLError(f"The request is too large: its {name} may be {limit} at most.")
        for name, found, limit in zip(Size._fields, size, _LIMITS, strict=True)
        if found > limit
    ]


@lru_cache(maxsize=4)
def _paged(schema: GraphQLSchema) -> frozenset[str]:
    """Names of the fields that answer with a page."""
    return frozenset(
        name
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if "first" in field.args
    )


class _Measure:
    def __init__(
        self, fragments: dict[str, FragmentDefinitionNode], paged: frozenset[str], variables: dict[str, Any]
    ) -> None:
        self._fragments = fragments
        self._paged = paged
        self._variables = variables
        # A fragment that is being measured counts nothing: validation refuses the circle.
        self._measured: dict[str, Size] = {}

    def selection(self, node: SelectionSetNode | None) -> Size:
        size = Size()
        for selected in node.selections if node else ():
            size += Size(directives=len(selected.directives or ()))
            if isinstance(selected, FieldNode):
                size += self._field(selected)
            elif isinstance(selected, FragmentSpreadNode):
                size += self._spread(selected.name.value)
            else:
                size += self.selection(cast("Any", selected).selection_set)
        return size

    def _field(self, node: FieldNode) -> Size:
        name = node.name.value
        if name in _INTROSPECTION:
            return Size(depth=1, fields=1, cost=1)
        inner = self.selection(node.selection_set)
        rows = self._page_size(node) if name in self._paged else 1
        return Size(
            inner.depth + 1,
            inner.aliases + (node.alias is not None),
            inner.directives,
            inner.fields + 1,
            1 + inner.cost * rows,
        )

    def _spread(self, name: str) -> Size:
        if name not in self._measured:
            self._measured[name] = Size()
            fragment = self._fragments.get(name)
            self._measured[name] = self.selection(fragment.selection_set) if fragment else Size()
        return self._measured[name]

    def _page_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in _SIZES:
                return self._number(argument.value)
        return DEFAULT_PAGE

    def _number(self, node: ValueNode) -> int:
        if isinstance(node, IntValueNode) and len(node.value) < 4:
            return _rows(int(node.value))
        return _rows(self._variables.get(node.name.value) if isinstance(node, VariableNode) else None)


def _rows(size: Any) -> int:
    """How many rows a page of this size may have."""
    return min(max(size, 1), LARGEST_PAGE) if isinstance(size, int) else LARGEST_PAGE


class Prepared(NamedTuple):
    """A document, what is wrong with it, and the variables that say how large its pages are."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...] = ()
    sized_by: frozenset[str] = frozenset()


class _Invalid(Exception):
    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        self.prepared = prepared


@lru_cache(maxsize=KEPT)
def _prepare(schema: Any, query: str, introspection: bool) -> Prepared:
    """Parse and validate once per query text, since that costs more than most answers.

    What is wrong is raised, which leaves it out of the cache: anybody can send ever new nonsense.
    """
    document = parse(query, max_tokens=MAX_TOKENS)
    rules = specified_rules if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
    # What it costs depends on variables, and is told for each request.
    too_large = excess(measure(schema, document, {})._replace(cost=0))
    errors = too_large or validate_document(schema, document, tuple(rules))
    if errors:
        # Whatever was raised on the way, it is the caller's to correct.
        told = tuple(GraphQLError(error.message, error.nodes) for error in errors)
        raise _Invalid(Prepared(document, told))
    return Prepared(document, sized_by=_sized_by(document))


def _sized_by(document: DocumentNode) -> frozenset[str]:
    """Names of the variables that are a page's size."""
    found: set[str] = set()

    class Sizes(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if node.name.value in _SIZES and isinstance(node.value, VariableNode):
                found.add(node.value.name.value)

    visit(document, Sizes())
    return frozenset(found)


@lru_cache(maxsize=KEPT)
def _told_cost(schema: Any, query: str, introspection: bool, sizes: tuple[tuple[str, int], ...]) -> int:
    """The cost of a valid document with these sizes of its pages."""
    prepared = _prepare(schema, query, introspection)
    return measure(schema, prepared.document, dict(sizes)).cost


class Limits(SchemaExtension):
    """Keeps requests within limits, and what was parsed and validated before at hand."""

    # In fields of all rows that may be answered; None where nothing was to run.
    _cost: int | None = None

    def on_parse(self) -> Iterator[None]:
        try:
            self.execution_context.graphql_document = self._prepared.document
        except GraphQLError:
            # A syntax error is left for Strawberry to find again, and to report in its own way.
            self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        prepared = self._prepared
        errors = list(prepared.errors) or self._unnamed(prepared)
        context.pre_execution_errors = errors or excess(Size(cost=self._cost_of(prepared)))
        yield

    def get_results(self) -> dict[str, Any]:
        """What the request costs, for its ``extensions``."""
        return {"cost": self._cost} if self._cost is not None else {}

    def _cost_of(self, prepared: Prepared) -> int:
        context = self.execution_context
        given = context.variables or {}
        sizes = tuple((name, _rows(given.get(name))) for name in sorted(prepared.sized_by))
        self._cost = _told_cost(self._schema, context.query or "", context.context.state.introspection, sizes)
        return self._cost

    def _unnamed(self, prepared: Prepared) -> list[GraphQLError]:
        """Strawberry would run the first operation of several."""
        operations = [
            node for node in prepared.document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        if len(operations) < 2 or self.execution_context._provided_operation_name is not None:
            return []
        return [GraphQLError("Say by operationName which operation of the document to run.")]

    @property
    def _schema(self) -> GraphQLSchema:
        return self.execution_context.schema._schema

    @cached_property
    def _prepared(self) -> Prepared:
        context = self.execution_context
        try:
            return _prepare(self._schema, context.query or "", context.context.state.introspection)
        except _Invalid as invalid:
            return invalid.prepared
