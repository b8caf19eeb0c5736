"""What SQL leaves to code: facts in the JSON of a row become what a resolver would have made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import get_named_type

from api.selection.kinds import Finished
from api.selection.tree import Selected


class Finishers:
    """The fields that are yet to be finished in what is selected of a field, by their paths below it."""

    def __init__(self, root: Selected) -> None:
        self._found = [
            (path[1:], each)
            for path, each in root.below()
            if each.definition and isinstance(each.kind, Finished)
        ]

    def __bool__(self) -> bool:
        return bool(self._found)

    def finish(self, found: Any, context: Any) -> Any:
        """``found``: the field's value, as JSON has it."""
        for path, selected in self._found:
            found = _finished(found, path, selected, _Info(context))
        return found


@dataclass(frozen=True)
class _Info:
    """As much of Strawberry's as a resolver of finished facts may ask."""

    context: Any


def _finished(found: Any, path: Sequence[str], selected: Selected, info: Any) -> Any:
    if found is None:
        return None
    if isinstance(found, list):
        return [_finished(each, path, selected, info) for each in found]
    if not path:
        return tell(selected.kind.make(found, info), selected, info)
    found[path[0]] = _finished(found[path[0]], path[1:], selected, info)
    return found


def tell(value: Any, selected: Selected, info: Any) -> Any:
    """As graphql-core would complete it: plain attributes, and resolvers that take at most ``info``."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return [tell(each, selected, info) for each in value]
    if not selected.children:
        assert selected.definition is not None
        kind: Any = get_named_type(selected.definition.type)
        return kind.serialize(value)
    return {child.key: _field(value, child, info) for child in selected.children}


def _field(root: Any, selected: Selected, info: Any) -> Any:
    if selected.definition is None:
        return selected.parent.name
    resolver = selected.declared.base_resolver
    if resolver is None:
        return tell(getattr(root, selected.name), selected, info)
    resolve: Any = resolver.wrapped_func
    told: Mapping[str, Any] = {"info": info} if resolver.info_parameter else {}
    return tell(resolve(root, **told), selected, info)
