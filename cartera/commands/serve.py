"""`cartera serve`: the web server alone, for one of several processes behind a balancer."""

import argparse
import asyncio
import socket
from contextlib import suppress

import uvicorn

from api.app import create_app
from cartera.db.schema_state import require_current
from cartera.local import open_servers
from cartera.settings import Settings
from cartera.sockets import listening_socket

# Less than the supervisor grants: a client that keeps its connection open cannot delay the end.
_GOODBYE_SECONDS = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """The one option is for `cartera up`, which keeps the port while the web server is started again."""
    parser.add_argument(
        "--socket", type=int, metavar="FD", help="take over this bound socket from the caller"
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop.

    Raises UserFacingError for a port in use, a server that is down, a database older or newer than the code.
    """
    bound = socket.socket(fileno=options.socket) if options.socket is not None else listening_socket(settings)
    with bound, open_servers(settings, "cartera serve", lasting=True) as opened:
        asyncio.run(require_current(opened.servers.owner))
        app = create_app(opened.servers.named_in(settings))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            server_header=False,
            timeout_graceful_shutdown=_GOODBYE_SECONDS,
        )
        server = uvicorn.Server(config)
        # It stops at a signal and then raises that signal again, for whoever else wants to know.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[bound])
    return 0 if server.started else 1
