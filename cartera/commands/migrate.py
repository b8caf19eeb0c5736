"""`cartera migrate`: bring the database to this version of the code."""

import argparse
import asyncio

from cartera.db import migrate
from cartera.local import open_servers
from cartera.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options: migrations only go forward, to the newest."""


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Apply what is missing. Raises UserFacingError for a database that is newer than the code, or down."""
    with open_servers(settings, "cartera migrate") as opened:
        before = asyncio.run(migrate.state(opened.servers.owner))
        asyncio.run(migrate.upgrade(opened.servers.owner))
    already = before is migrate.SchemaState.CURRENT
    print("The database was up to date already." if already else "The database is up to date now.")
    return 0
