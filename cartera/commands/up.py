"""`cartera up`: everything this installation needs, in one process group, until Ctrl-C."""

import argparse
import asyncio
import os
import socket
import sys
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from threading import Thread
from time import monotonic, sleep

import asyncpg
import redis

from cartera.clock import clock_from
from cartera.db.schema_state import SchemaState, state
from cartera.demo.logins import DEMO_PASSWORD, demo_login
from cartera.local import Opened, open_servers
from cartera.process import Process
from cartera.servers import WORKER_HEARTBEAT, DatabaseUrl
from cartera.settings import Settings
from cartera.sockets import listening_socket
from cartera.supervisor import Child, Supervisor, stop_signals_set

_READY_PATIENCE_SECONDS = 60.0
_ASK_EVERY_SECONDS = 0.2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Everything it needs to know is in the settings."""


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Run everything until a stop signal comes; 0 when it was stopped that way.

    Raises UserFacingError for a folder or port in use, a server that is down, a database newer than the code.
    """
    # The port first: it costs nothing to ask, and from then on early visitors wait instead of being refused.
    with listening_socket(settings) as port:
        with open_servers(settings, "cartera up", lasting=True, sole=True) as opened:
            if opened.own:
                _say(f"{' and '.join(server.name for server in opened.own)} run in {settings.home}.")
            _migrate(opened)
            if settings.demo:
                _seed(settings, opened)
            _say("Starting web and worker …")
            _supervise(settings, opened, port)
        _say("Stopped.")
    return 0


def _migrate(opened: Opened) -> None:
    if asyncio.run(state(opened.servers.owner)) is SchemaState.CURRENT:
        return
    # Imported here, since Alembic weighs as much as all the rest of a start that does not need it.
    from cartera.db.migrate import upgrade

    _say("Bringing the database up to date …")
    asyncio.run(upgrade(opened.servers.owner))


def _seed(settings: Settings, opened: Opened) -> None:
    """The demo organization, in one transaction; a database that has it is left as it is."""
    if asyncio.run(_has_demo(opened.servers.owner)):
        return
    # Imported here for the same reason: the generator is for the first start.
    from cartera.demo.seed import seed_demo

    began = monotonic()
    seeded = asyncio.run(seed_demo(opened.servers.owner, clock_from(settings).now()))
    if seeded:
        _say(
            f"Added the demo organization {seeded.name} in {monotonic() - began:.0f} s: "
            f"{seeded.customers:,} customers, {seeded.receivables:,} receivables."
        )


async def _has_demo(owner: DatabaseUrl) -> bool:
    connection = await asyncpg.connect(owner.url, server_settings=owner.server_settings)
    try:
        found = "SELECT EXISTS (SELECT FROM login_directory WHERE email = $1)"
        return bool(await connection.fetchval(found, demo_login("admin")))
    finally:
        await connection.close()


def _supervise(settings: Settings, opened: Opened, port: socket.socket) -> None:
    environment = _environment(settings, opened)
    if opened.own:
        # The sign of life of the worker before would pass for that of the one to come.
        with redis.Redis.from_url(opened.servers.redis) as client:
            client.delete(WORKER_HEARTBEAT)
    web = ("-m", "cartera.cli", "serve", "--socket", str(port.fileno()))
    logs = settings.home / "log"
    processes = [
        Process(
            "The web server", _python(*web), environment, log=logs / "web.log", pass_fds=(port.fileno(),)
        ),
        Process("The worker", _python("-m", "cartera.cli", "worker"), environment, log=logs / "worker.log"),
    ]
    Thread(target=_tell_when_ready, args=(port, settings), daemon=True).start()
    with stop_signals_set() as stop:
        children = [
            Child(server.process, partial(server.start, stop.is_set), stopped_by_others=True)
            for server in opened.own
        ]
        children += [Child(process, process.start) for process in processes]
        Supervisor(children, _say).run(stop)


def _python(*words: str) -> list[str]:
    # -P: a module that lies in the current folder must not take the place of ours.
    return [sys.executable, "-P", *words]


def _environment(settings: Settings, opened: Opened) -> dict[str, str]:
    """Our environment, with every server and choice named: the children start none and agree with us."""
    named = opened.servers.environment() | {
        "CARTERA_HOME": str(settings.home),
        "CARTERA_DEVELOPMENT": "yes" if settings.development else "no",
        "SECRET_KEY": settings.secret_key,
    }
    files = {f"{name}_FILE" for name in named}
    return {name: value for name, value in os.environ.items() if name not in files} | named


def _tell_when_ready(port: socket.socket, settings: Settings) -> None:
    """Ask the web server again and again whether everything works, and say so once."""
    doubt_at = monotonic() + _READY_PATIENCE_SECONDS
    while True:
        status, body = _readiness(port)
        if status == HTTPStatus.OK:
            _welcome(settings)
            return
        if monotonic() > doubt_at:
            doubt_at = monotonic() + _READY_PATIENCE_SECONDS
            _say(f"Not ready yet; /readyz says: {body or 'nothing'}")
        sleep(_ASK_EVERY_SECONDS)


def _readiness(port: socket.socket) -> tuple[int, str]:
    host, number = port.getsockname()[:2]
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  asked, not bound
    # The port listens from the start, so the question waits there until somebody can answer it.
    connection = HTTPConnection(asked, number, timeout=_READY_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(500).decode(errors="replace")
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()


def _welcome(settings: Settings) -> None:
    _say(f"\nCartera is ready at {settings.public_url}")
    if settings.demo:
        logins = ", ".join(demo_login(role) for role in ("collector", "manager", "admin"))
        _say(f"  Log in as one of {logins}; password {DEMO_PASSWORD}")
    if settings.development and not settings.smtp:
        _say(f"  Mails are kept at {settings.public_url}/dev/mailbox and leave for nobody")
    _say(f"  Logs are in {settings.home / 'log'}")
    _say("  Ctrl-C stops everything\n")


def _say(line: str) -> None:
    # Flushed, since whoever waits for a line may read it through a pipe.
    print(line, flush=True)
