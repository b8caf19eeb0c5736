"""A load generator that leaves the machine to what it measures: prepared requests over kept connections."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import uvloop

CONNECTIONS = 16
_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A server, and the requests it gets in turn, ready to be written to its socket."""

    port: int
    requests: Sequence[bytes]

    @classmethod
    def posting(
        cls,
        port: int,
        path: str,
        bodies: Sequence[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
    ) -> Target:
        return cls(port, [_post(path, json.dumps(body).encode(), headers or {}) for body in bodies])


@dataclass
class Spell:
    """What a spell of load came to: the seconds that it took, and each request's."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    octets: int = 0
    # The body of the answer that came last.
    last: bytes = b""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        ranked = sorted(self.latencies)
        return 1000 * ranked[min(int(len(ranked) * share), len(ranked) - 1)]

    @property
    def payload(self) -> float:
        """Octets of an answer's body."""
        return self.octets / len(self.latencies)


def press(target: Target, seconds: float, connections: int = CONNECTIONS, most: int | None = None) -> Spell:
    """Keep the target busy for so long, or until ``most`` requests are answered.

    Raises RuntimeError for an answer that is no success.
    """
    return uvloop.run(_press(target, seconds, connections, most))


async def _press(target: Target, seconds: float, connections: int, most: int | None) -> Spell:
    loop = asyncio.get_running_loop()
    spell = Spell()
    requests = cycle(target.requests)
    begun = time.perf_counter()
    clients = [
        _Client(requests, spell, begun + seconds, most, loop.create_future()) for _ in range(connections)
    ]
    for client in clients:
        # mypy types no lambda with a default.
        await loop.create_connection(lambda client=client: client, "127.0.0.1", target.port)  # type: ignore[misc]
    await asyncio.gather(*(client.done for client in clients))
    spell.seconds = time.perf_counter() - begun
    return spell


class _Client(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(
        self,
        requests: Iterator[bytes],
        spell: Spell,
        until: float,
        most: int | None,
        done: asyncio.Future[None],
    ) -> None:
        self.done = done
        self._requests, self._spell, self._until, self._most = requests, spell, until, most
        self._transport: Any = None
        self._head = b""
        self._body: list[bytes] = []
        # Octets of the body yet to come; None while its head is coming; -1 where only its end will tell.
        self._missing: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"connection lost: {error}"))

    def data_received(self, data: bytes) -> None:
        if self._missing is None:
            self._head += data
            begin = self._head.find(_HEAD_END)
            if begin < 0:
                return
            data = self._begin(self._head[: begin + 2], self._head[begin + 4 :])
            if self.done.done():
                return
        self._spell.octets += len(data)
        self._body.append(data)
        if self._missing == -1:
            is_over = data.endswith(_LAST_CHUNK)
        else:
            assert self._missing is not None
            self._missing -= len(data)
            is_over = self._missing <= 0
        if is_over:
            self._over()

    def _begin(self, head: bytes, body: bytes) -> bytes:
        if head[9:12] != b"200":
            self.done.set_exception(RuntimeError(f"{head[:200]!r} {body[:500]!r}"))
            self._transport.close()
        length = _LENGTH.search(head)
        self._missing = int(length[1]) if length else -1
        self._head = b""
        return body

    def _ask(self) -> None:
        self._missing = None
        self._body.clear()
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))

    def _over(self) -> None:
        now = time.perf_counter()
        self._spell.latencies.append(now - self._asked)
        if now < self._until and (self._most is None or len(self._spell.latencies) < self._most):
            self._ask()
        else:
            self._spell.last = b"".join(self._body)
            self.done.set_result(None)
            self._transport.close()


def _post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Content-Length": str(len(body)),
        **headers,
    }
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{told}\r\n".encode() + body


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
