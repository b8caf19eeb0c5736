"""PostgreSQL and Redis without an installation: carried by wheels, kept in CARTERA_HOME, gone when we go.

One process at a time runs the servers of a folder, and it holds the folder's lock. A command that finds them
running uses them; one that is alone starts them for as long as it needs.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from cartera.errors import UserFacingError
from cartera.local.folder import Folder
from cartera.local.postgres import DATABASE, Postgres, postgres_url
from cartera.local.redis import Redis, redis_url
from cartera.process import stop_all
from cartera.provision import ServerError, check_logins, check_redis, create_database, ensure_roles
from cartera.servers import ROLES, Servers
from cartera.settings import Settings

# Long enough for most last checkpoints. Redis is killed then; PostgreSQL is only asked to hurry, which costs
# it no data and a few seconds at most.
STOP_SECONDS = 8.0
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Opened:
    """The servers in use, and those of them that this process runs and has to keep alive."""

    servers: Servers
    own: Sequence[Postgres | Redis] = ()


@contextmanager
def embedded(home: Path, *, postgres_settings: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """Both servers in a folder of their own, for tests and measurements; stopped on leaving.

    `postgres_settings` adds to the server's, as in {"fsync": "off"}. Call it from the main thread, outside a
    running event loop. Raises UserFacingError when the folder is in use or a server does not start.
    """
    folder = Folder(home)
    folder.make()
    if not folder.lock("embedded servers", lasting=True):
        raise _in_use(folder)
    with _started(folder, [Postgres(folder, postgres_settings), Redis(folder)]):
        yield _addresses(None, folder)


@contextmanager
def open_servers(
    settings: Settings, command: str, *, lasting: bool = False, sole: bool = False
) -> Iterator[Opened]:
    """The servers of this installation, ready and checked, for the time of one command.

    Those given by URL are used as they are. The others are started, unless a lasting command on the same
    folder runs them already; a brief one is waited for. A `sole` command shares the folder with no lasting
    one. Call it from the main thread, outside a running event loop. Raises UserFacingError with one sentence
    when the folder is in use or a server cannot be used.
    """
    folder = Folder(settings.home)
    servers = _addresses(settings, folder)
    given = {Postgres: settings.database_url, Redis: settings.redis_url}
    wanted = [part for part, url in given.items() if not url]
    if not (wanted or sole):
        _check(servers)
        yield Opened(servers)
        return
    folder.make()
    if not _take_turn(folder, servers, command, lasting=lasting, sole=sole):
        yield Opened(servers)
        return
    own = [part(folder) for part in wanted]
    with _started(folder, own):
        _check(servers)
        yield Opened(servers, own)


@contextmanager
def _started(folder: Folder, parts: Sequence[Postgres | Redis]) -> Iterator[None]:
    try:
        for part in parts:
            part.start()
            if isinstance(part, Postgres):
                asyncio.run(create_database(postgres_url(folder, "postgres", "postgres"), DATABASE))
        yield
    finally:
        stop_all([part.process for part in parts], STOP_SECONDS)
        folder.clear()
        folder.unlock()


def _addresses(settings: Settings | None, folder: Folder) -> Servers:
    """Where the servers of an installation are; without settings, those embedded in the folder."""
    if settings and settings.database_url:
        app = settings.database_url
        owner, relay = settings.database_owner_url or app, settings.database_relay_url or app
    else:
        owner, app, relay = (postgres_url(folder, role) for role in ROLES)
    redis = settings.redis_url if settings else None
    return Servers.at(owner_url=owner, app_url=app, relay_url=relay, redis_url=redis or redis_url(folder))


def _check(servers: Servers) -> None:
    """Raises ServerError unless every server answers and every role is as it must be."""
    asyncio.run(_check_database(servers))
    check_redis(servers.redis)


async def _check_database(servers: Servers) -> None:
    for url in {endpoint.url for endpoint in (servers.owner, servers.app, servers.relay) if endpoint.role}:
        await ensure_roles(url)
    await check_logins(servers)


def _take_turn(folder: Folder, servers: Servers, command: str, *, lasting: bool, sole: bool) -> bool:
    """True when the folder is ours; False when a lasting command has it and its servers answer."""
    deadline = monotonic() + _PATIENCE_SECONDS
    told = False
    while not folder.lock(command, lasting=lasting):
        holder = folder.holder()
        if holder.lasting and sole:
            raise _in_use(folder)
        if holder.lasting:
            try:
                _check(servers)
            except ServerError:
                if monotonic() > deadline:
                    raise
            else:
                return False
        elif not told:
            told = True
            print(f"Waiting for {holder.command} (process {holder.pid}) to finish.", file=sys.stderr)
        sleep(0.2)
    return True


def _in_use(folder: Folder) -> UserFacingError:
    holder = folder.holder()
    return UserFacingError(
        f"{folder.home} is in use by {holder.command} (process {holder.pid}): "
        "stop it first, or set CARTERA_HOME to another folder."
    )
