"""Which organization a command means."""

import argparse
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from cartera.actors import system
from cartera.db.session import Database
from cartera.db.tables.directory import OrganizationDirectory
from cartera.errors import UserFacingError


def organization_argument(parser: argparse.ArgumentParser) -> None:
    """`--organization`, for commands that work on one."""
    parser.add_argument(
        "--organization", metavar="NAME", help="its name or id; needed where there are several"
    )


async def choose_organization(db: Database, wanted: str | None, now: datetime) -> UUID:
    """The organization of that name or id; the only one where none is wanted by name.

    Raises UserFacingError that lists the names where there is no such organization, or none, or several.
    """
    async with db.directory() as directory:
        ids = (await directory.scalars(select(OrganizationDirectory.organization_id))).all()
    names = {}
    for organization_id in ids:
        async with db.read(system(organization_id, "choose_organization"), now) as tx:
            names[organization_id] = tx.organization.name
    fitting = [key for key, name in names.items() if wanted is None or wanted in {name, str(key)}]
    if not names:
        raise UserFacingError("There is no organization yet: run cartera up, or cartera seed.")
    if len(fitting) != 1:
        listed = ", ".join(sorted(names.values()))
        raise UserFacingError(f"Say which organization is meant with --organization: {listed}.")
    return fitting[0]
