"""`cartera organization NAME`: a company of one's own beside, or instead of, the demo."""

import argparse
import asyncio
import secrets

from cartera.clock import clock_from
from cartera.db.migrate import require_current
from cartera.db.session import Database
from cartera.errors import Refused, UserFacingError
from cartera.local import open_servers
from cartera.rules.customers import Language
from cartera.rules.permissions import Role
from cartera.servers import Servers
from cartera.services.members import NewMember
from cartera.services.organizations import NewOrganization, found_organization
from cartera.services.passwords import hash_password
from cartera.settings import Settings

_SAID = {
    "COUNTRY_UNKNOWN": "--country takes a code of two letters, such as MX.",
    "TIME_ZONE_UNKNOWN": "--time-zone takes a name such as America/Mexico_City.",
    "UNKNOWN_CURRENCY": "--currency takes an ISO 4217 code such as MXN.",
    "NOT_AN_EMAIL": "--admin takes an e-mail address.",
    "EMAIL_TAKEN": "That e-mail address logs into another organization already.",
    "NAME_MISSING": "Give the organization a name, and its first member too.",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What an organization cannot do without."""
    parser.add_argument("name", metavar="NAME", help="as its customers know it")
    parser.add_argument("--country", required=True, metavar="CC", help="two letters: MX, CO, CL …")
    parser.add_argument("--currency", required=True, metavar="CODE", help="its base currency: MXN, COP …")
    parser.add_argument("--time-zone", required=True, metavar="ZONE", help="such as America/Mexico_City")
    parser.add_argument("--admin", required=True, metavar="EMAIL", help="who logs in first")
    parser.add_argument("--admin-name", default="", metavar="NAME", help="what to call them")
    parser.add_argument("--language", default="es", choices=[each.value for each in Language])
    parser.add_argument("--phone", default="", help="the telephone that customers are given")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Found it, and print the first password: it is shown this once."""
    with open_servers(settings, "cartera organization") as opened:
        asyncio.run(require_current(opened.servers.owner))
        password = asyncio.run(_found(options, settings, opened.servers))
    print(f"{options.name} is there. Log in as {options.admin} with the password {password}")
    return 0


async def _found(options: argparse.Namespace, settings: Settings, servers: Servers) -> str:
    password = secrets.token_urlsafe(12)
    language = Language(options.language)
    admin = NewMember(
        email=options.admin,
        name=options.admin_name or options.admin.partition("@")[0],
        role=Role.ADMIN,
        language=language,
        password_hash=hash_password(password),
    )
    new = NewOrganization(
        name=options.name,
        country=options.country,
        time_zone=options.time_zone,
        base_currency=options.currency,
        language=language,
        contact_name=options.admin_name or options.name,
        contact_email=options.admin,
        contact_phone=options.phone,
    )
    db = Database(servers.app, pool_size=1)
    try:
        await found_organization(db, new, admin, clock_from(settings).now())
    except Refused as refused:
        code = refused.problems[0].code
        raise UserFacingError(_SAID.get(code, code)) from None
    finally:
        await db.close()
    return password
