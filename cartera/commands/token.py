"""`cartera token`: a bearer token for scripts against /graphql on this installation."""

import argparse
import asyncio
from datetime import timedelta

from cartera.actors import system
from cartera.clock import clock_from
from cartera.commands.organizations import choose_organization, organization_argument
from cartera.db.schema_state import require_current
from cartera.db.session import Database
from cartera.local import open_servers
from cartera.rules.permissions import Role, Scope
from cartera.servers import Servers
from cartera.services.access import issue_token
from cartera.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """A role's rights, or a list of scopes, never both."""
    rights = parser.add_mutually_exclusive_group(required=True)
    rights.add_argument("--role", choices=[role.value for role in Role], help="the rights of this role")
    rights.add_argument(
        "--scope",
        action="append",
        choices=[scope.value for scope in Scope],
        metavar="SCOPE",
        help="this right alone, may be repeated: " + ", ".join(scope.value for scope in Scope),
    )
    parser.add_argument("--name", default="cartera token", help="what the list of tokens calls it")
    parser.add_argument("--days", type=_days, default=90, help="how long it opens (default: 90)")
    organization_argument(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print the token alone, so that `$(cartera token …)` works. It is shown this once."""
    with open_servers(settings, "cartera token") as opened:
        asyncio.run(require_current(opened.servers.owner))
        print(asyncio.run(_issue(options, settings, opened.servers)))
    return 0


async def _issue(options: argparse.Namespace, settings: Settings, servers: Servers) -> str:
    now = clock_from(settings).now()
    db = Database(servers.app, pool_size=1)
    try:
        organization_id = await choose_organization(db, options.organization, now)
        async with db.write(system(organization_id, "cartera token"), now) as tx:
            issued = await issue_token(
                tx,
                options.name,
                role=Role(options.role) if options.role else None,
                scopes=[Scope(scope) for scope in options.scope or ()],
                lifetime=timedelta(days=options.days),
            )
        return issued.secret
    finally:
        await db.close()


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 3650:
        raise argparse.ArgumentTypeError("set it to a whole number of days from 1 to 3650")
    return days
