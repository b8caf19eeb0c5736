"""The schemas as text, committed beside their types for partners and for the front end's types.

``python -m api.sdl`` writes them; with ``--check`` it tells whether they are as committed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from api.resolvers.collector.schema import schema as collector
from api.resolvers.portal.schema import schema as portal

FOLDER = Path(__file__).parent / "schema"

SCHEMAS = {FOLDER / "schema.graphql": collector, FOLDER / "portal.graphql": portal}


def stale() -> list[Path]:
    """The committed files that do not say what the types say."""
    return [
        path
        for path, schema in SCHEMAS.items()
        if not path.exists() or path.read_text("utf-8") != schema.as_str() + "\n"
    ]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        for path in stale():
            print(f"{path.name} is out of date: run `python -m api.sdl` and commit it.", file=sys.stderr)
        return 1 if stale() else 0
    for path, schema in SCHEMAS.items():
        path.write_text(schema.as_str() + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
