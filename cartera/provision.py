"""Makes servers fit for Cartera: the three roles, and what each of them must and must not be able to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import redis

from cartera.errors import UserFacingError
from cartera.servers import OWNER, ROLES, DatabaseUrl, Servers

OLDEST_POSTGRESQL = 16
PATIENCE_SECONDS = 5.0


class ServerError(UserFacingError):
    """A server does not answer, or does not let us do what we must; the message says what to change."""


async def create_database(admin_url: str, name: str) -> None:
    """On a server of our own: the three logins and their database. Does nothing where they are in place."""
    async with _connection(DatabaseUrl(admin_url)) as connection:
        for role in ROLES:
            if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {role} LOGIN")
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(
                f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' "
                "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
            )


async def ensure_roles(url: str) -> None:
    """On a server of which we know one login: the three roles, each of which that login may take.

    Does nothing where they are in place. Raises ServerError with the SQL to run when the login may not.
    """
    async with _connection(DatabaseUrl(url)) as connection:
        statements = await _missing(connection)
        reason = "too few rights"
        try:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement)
                # Where only some rights can be granted, PostgreSQL warns and carries on.
                if not await _missing(connection):
                    return
        except asyncpg.InsufficientPrivilegeError as error:
            reason = str(error)
        raise ServerError(
            f"The login of DATABASE_URL cannot create Cartera's roles ({reason}): "
            f"have an administrator of the database run: {' '.join(statements)}"
        )


async def check_logins(servers: Servers) -> None:
    """Make sure that each address opens connections in its role, and that row-level security binds it.

    Raises ServerError for a server that does not answer or is too old, and for a role that may do too much
    or too little.
    """
    for role, endpoint in zip(ROLES, (servers.owner, servers.app, servers.relay), strict=True):
        async with _connection(endpoint) as connection:
            await _check_role(connection, role)


def check_redis(url: str) -> None:
    """Raises ServerError when Redis does not answer."""
    try:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE_SECONDS) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise ServerError(
            f"Redis cannot be used ({_first_line(error)}): start it, or correct REDIS_URL."
        ) from error


@asynccontextmanager
async def _connection(endpoint: DatabaseUrl) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    host = urlsplit(endpoint.url).hostname or "its socket"
    try:
        connection = await asyncpg.connect(
            endpoint.url, timeout=PATIENCE_SECONDS, server_settings=endpoint.server_settings
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise ServerError(
            f"The database at {host} cannot be used ({_first_line(error)}): start it or correct its URL."
        ) from error
    try:
        if connection.get_server_version().major < OLDEST_POSTGRESQL:
            raise ServerError(
                f"The database at {host} is too old: use PostgreSQL {OLDEST_POSTGRESQL} or later."
            )
        yield connection
    finally:
        await connection.close(timeout=PATIENCE_SECONDS)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or "no answer"


async def _missing(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """The statements still to be run, in order, until every role exists, can be taken and can work."""
    login = await connection.fetchval("SELECT quote_ident(current_user)")
    statements = []
    for role in ROLES:
        right = "CREATE" if role == OWNER else "USAGE"
        row = await connection.fetchrow(
            "SELECT pg_has_role(oid, 'SET') AS taken, has_schema_privilege(oid, 'public', $2) AS works "
            "FROM pg_roles WHERE rolname = $1",
            role,
            right,
        )
        if row is None:
            statements.append(f"CREATE ROLE {role} NOLOGIN;")
        if row is None or not row["taken"]:
            statements.append(f"GRANT {role} TO {login} WITH SET TRUE;")
        if row is None or not row["works"]:
            statements.append(f"GRANT {right} ON SCHEMA public TO {role};")
    return statements


async def _check_role(connection: "asyncpg.Connection[asyncpg.Record]", role: str) -> None:
    row = await connection.fetchrow(
        "SELECT current_user AS login, rolsuper OR rolbypassrls AS unbound, "
        "(SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = $1) AS member, "
        "current_setting('server_encoding') AS encoding FROM pg_roles WHERE rolname = current_user",
        role,
    )
    assert row is not None
    if row["unbound"]:
        raise ServerError(
            f"The database login {row['login']} passes by row-level security: "
            f"give {role} a login that is neither superuser nor BYPASSRLS."
        )
    if not row["member"]:
        raise ServerError(f"The database login {row['login']} is no member of {role}: grant it that role.")
    if row["encoding"] != "UTF8":
        raise ServerError(f"The database is encoded in {row['encoding']}: create it with ENCODING 'UTF8'.")
