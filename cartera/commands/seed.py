"""`cartera seed`: an organization with a generated portfolio, to look at or to measure with."""

import argparse
import asyncio

from cartera.clock import clock_from
from cartera.db.schema_state import require_current
from cartera.demo.logins import DEMO_NAME, DEMO_PASSWORD
from cartera.demo.seed import Seeded, Size, seed
from cartera.local import open_servers
from cartera.settings import Settings

_MOST_CUSTOMERS, _MOST_RECEIVABLES = 200_000, 10_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """How large, and under what name."""
    usual = Size()
    parser.add_argument(
        "--customers",
        type=_up_to(_MOST_CUSTOMERS),
        default=usual.customers,
        metavar="N",
        help=f"how many customers (default: {usual.customers})",
    )
    parser.add_argument(
        "--receivables",
        type=_up_to(_MOST_RECEIVABLES),
        default=usual.receivables,
        metavar="N",
        help=f"how many invoices in two years (default: {usual.receivables})",
    )
    parser.add_argument(
        "--organization",
        default=DEMO_NAME,
        metavar="NAME",
        help=f"name of the new organization (default: {DEMO_NAME}); equal names and sizes give equal data",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Add the organization, all of it or nothing, and print who may log in.

    Raises UserFacingError where an organization of that name has been seeded before.
    """
    with open_servers(settings, "cartera seed") as opened:
        asyncio.run(require_current(opened.servers.owner))
        seeded = asyncio.run(
            seed(
                opened.servers.owner,
                clock_from(settings).now(),
                name=options.organization,
                size=Size(options.customers, options.receivables),
                tell=_tell,
            )
        )
    _tell(f"{seeded.name}: {seeded.customers:,} customers, {seeded.receivables:,} receivables.")
    for line in login_lines(seeded):
        _tell(line)
    return 0


def login_lines(seeded: Seeded) -> list[str]:
    """One login of each role, and the password that all of them share."""
    firsts = {login.role: login for login in reversed(seeded.logins)}
    ordered = [login for login in seeded.logins if firsts[login.role] is login]
    return [
        f"Everybody's password: {DEMO_PASSWORD}",
        *(f"  {login.role:<12} {login.email}" for login in ordered),
    ]


def _tell(line: str) -> None:
    # Flushed, since whoever waits for a line may read it through a pipe.
    print(line, flush=True)


class _up_to:
    """An argument's type: a whole number from 1 to ``most``."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else 0
        if not 1 <= number <= self._most:
            raise argparse.ArgumentTypeError(f"set it to a whole number from 1 to {self._most:,}")
        return number
