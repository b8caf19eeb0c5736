"""`cartera doctor`: what is set, what answers, and what is missing."""

import argparse
import asyncio
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cartera.clock import clock_from
from cartera.commands.doctor_books import check_books, lines
from cartera.db.schema_state import require_current
from cartera.errors import UserFacingError
from cartera.local import Opened, open_servers
from cartera.servers import DatabaseUrl
from cartera.settings import VARIABLES, Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """It looks and changes nothing; the books only where asked for, since that takes a while."""
    parser.add_argument(
        "--books",
        action="store_true",
        help="recompute every balance, bucket and account row from its entries, and list what drifted",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print what was found, one line each; 0 when nothing needs attention, 1 otherwise."""
    if options.books:
        return _books(settings)
    for variable in VARIABLES:
        print(f"{variable.name:<22} {_shown(variable.name, variable.secret, variable.default)}")
    print()
    healthy = True
    for what, problem in _findings(settings):
        print(f"{what:<22} {problem or 'ok'}")
        healthy = healthy and not problem
    return 0 if healthy else 1


def _books(settings: Settings) -> int:
    with open_servers(settings, "cartera doctor") as opened:
        asyncio.run(require_current(opened.servers.owner))
        return asyncio.run(_print_books(opened.servers.app, clock_from(settings).now()))


async def _print_books(where: DatabaseUrl, now: datetime) -> int:
    drifted = 0
    async for name, found in check_books(where, now):
        print("\n".join(lines(name, found)))
        drifted += len(found)
    print(f"Drift: {drifted}")
    return 1 if drifted else 0


def _shown(name: str, secret: bool, default: str) -> str:
    if os.environ.get(f"{name}_FILE") and secret:
        return f"from {os.environ[f'{name}_FILE']}"
    if value := os.environ.get(name):
        return "set" if secret else value
    return f"{default or 'empty'} (default)"


def _findings(settings: Settings) -> Iterator[tuple[str, str]]:
    """What was looked at, and what is wrong with it (empty: nothing)."""
    try:
        with open_servers(settings, "cartera doctor") as opened:
            yield "servers", ""
            yield "schema", _schema_problem(opened)
    except UserFacingError as error:
        yield "servers", str(error)
    bundle = Path(__file__).resolve().parents[2] / "frontend" / "dist" / "index.html"
    yield "front end", "" if bundle.exists() else "It is not built: run make run, or scripts/bootstrap."


def _schema_problem(opened: Opened) -> str:
    try:
        asyncio.run(require_current(opened.servers.owner))
    except UserFacingError as error:
        return str(error)
    return ""
