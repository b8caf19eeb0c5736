"""The port on which the web server listens."""

import errno
import socket

from cartera.errors import UserFacingError
from cartera.settings import Settings

_WAITING_CALLERS = 2048


def listening_socket(settings: Settings) -> socket.socket:
    """A socket on HOST and PORT. It listens at once, so that from here on the port is ours and callers wait.

    Raises UserFacingError where the port is taken or the address is not ours.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UserFacingError(
            f"HOST is {settings.host!r}, no address of this machine ({error.strerror}): set it to one."
        ) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_WAITING_CALLERS)
    except OSError as error:
        bound.close()
        raise UserFacingError(_refusal(settings, error)) from error
    return bound


def _refusal(settings: Settings, error: OSError) -> str:
    place = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{place} is in use by another program: stop that one, or set PORT to another number."
    if error.errno == errno.EACCES:
        return f"{place} is not open to this user: set PORT to a number above 1023."
    return f"{place} cannot be listened on ({error.strerror}): set HOST to an address of this machine."
