"""`cartera migrate`: bring the database to this version of the code."""

import argparse
import asyncio

from cartera.db.migrate import upgrade
from cartera.db.schema_state import SchemaState, state
from cartera.local import open_servers
from cartera.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options: migrations only go forward, to the newest."""


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Apply what is missing. Raises UserFacingError for a database that is newer than the code, or down."""
    with open_servers(settings, "cartera migrate") as opened:
        before = asyncio.run(state(opened.servers.owner))
        asyncio.run(upgrade(opened.servers.owner))
    already = before is SchemaState.CURRENT
    print("The database was up to date already." if already else "The database is up to date now.")
    return 0
