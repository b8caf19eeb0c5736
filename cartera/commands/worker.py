"""`cartera worker`: the worker alone, for one of several processes."""

import argparse
import asyncio

from cartera.db.schema_state import require_current
from cartera.local import open_servers
from cartera.settings import Settings
from jobs.worker import work


def arguments(parser: argparse.ArgumentParser) -> None:
    """Everything it needs to know is in the settings."""


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Work until told to stop. Raises UserFacingError as `cartera serve` does, ports aside."""
    with open_servers(settings, "cartera worker", lasting=True) as opened:
        asyncio.run(require_current(opened.servers.owner))
        asyncio.run(work(opened.servers.named_in(settings)))
    return 0
