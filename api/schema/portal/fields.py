"""Fields of the portal's types, which are made of what has been read, or said by a statement."""

from __future__ import annotations

from typing import Any

import strawberry

from api.selection.tree import READS


def said(kind: Any, description: str | None = None) -> Any:
    """A plain field, and what it is read from where a whole selection becomes one statement."""
    return strawberry.field(description=description, metadata={READS: kind})
