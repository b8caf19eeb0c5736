"""What changed reaches open screens: through a real socket, real Redis, and nobody else's screen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from redis.asyncio import Redis
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from api.context import AppState
from api.http import sockets
from api.resolvers.collector.changes import changed_channel
from cartera.db.base import new_id
from cartera.rules.permissions import Scope
from cartera.services.access import SESSION_IDLE
from tests.api.conftest import ORIGIN, Client, Visitors, node_id
from tests.conftest import MovableClock
from tests.factories import Factory

CHANGED = "subscription { changed { kind nodeId customerId } }"


@pytest.fixture
async def address(app: Starlette) -> AsyncIterator[str]:
    """The application on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by nothing but this attribute
        await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"ws://{host}:{port}/graphql"
    server.should_exit = True
    await task


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


class Screen:
    """A screen that listens to what changes."""

    def __init__(self, address: str, stack: AsyncExitStack) -> None:
        self._address = address
        self._stack = stack

    async def connect(
        self, client: Client, *, protocol: str = "graphql-transport-ws", **headers: str
    ) -> ClientConnection:
        own = {name: client.http.headers[name] for name in ("authorization",) if name in client.http.headers}
        if "cartera" in client.http.cookies:
            own |= {"Cookie": f"cartera={client.http.cookies['cartera']}", "Origin": ORIGIN}
        return await self._stack.enter_async_context(
            connect(
                self._address,
                additional_headers={name: value for name, value in (own | headers).items() if value},
                subprotocols=[Subprotocol(protocol)],
                open_timeout=5,
            )
        )

    async def listen(self, client: Client, query: str = CHANGED) -> ClientConnection:
        socket = await self.connect(client)
        await socket.send('{"type": "connection_init"}')
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        return socket


@pytest.fixture
def screen(address: str, stack: AsyncExitStack) -> Screen:
    return Screen(address, stack)


async def tell(redis: Redis, organization: UUID, kind: str, node: UUID, customer: UUID | None) -> None:
    """As the relay does, once somebody listens."""
    told = {"kind": kind, "node_id": str(node), "customer_id": str(customer) if customer else None}
    for _ in range(200):
        if await redis.publish(changed_channel(organization), json.dumps(told)):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody listens")


async def changes(socket: ClientConnection, seconds: float = 2) -> list[dict[str, Any]]:
    """What has arrived, up to a pause of so many seconds."""
    found = []
    with suppress(TimeoutError):
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), seconds if not found else 0.3))
            assert message["type"] == "next", message
            found.append(message["payload"]["data"]["changed"])
    return found


async def closed(socket: ClientConnection) -> int:
    """The code with which the server closes the socket."""
    with pytest.raises(ConnectionClosed) as error:
        async with asyncio.timeout(5):
            while True:
                await socket.recv()
    assert error.value.rcvd is not None
    return error.value.rcvd.code


async def test_a_change_reaches_the_screen(
    anna: Client, screen: Screen, state: AppState, factory: Factory
) -> None:
    customer = await factory.customer()
    payment = new_id()
    socket = await screen.listen(anna)

    await tell(state.redis, factory.organization_id, "payment", payment, customer.id)
    await tell(state.redis, factory.organization_id, "import", payment, None)

    assert await changes(socket) == [
        {
            "kind": "PAYMENT",
            "nodeId": node_id("Payment", payment),
            "customerId": node_id("Customer", customer.id),
        },
        {"kind": "IMPORT", "nodeId": node_id("ImportRun", payment), "customerId": None},
    ]


async def test_a_collector_hears_of_her_customers_alone(
    visitors: Visitors, screen: Screen, state: AppState, factory: Factory
) -> None:
    client, rosa = await visitors.member("collector")
    hers = await factory.customer(collector_id=rosa.id)
    others = await factory.customer()
    socket = await screen.listen(client)

    for customer in (others, hers, others):
        await tell(state.redis, factory.organization_id, "customer", customer.id, customer.id)
    await tell(state.redis, factory.organization_id, "import", new_id(), None)

    assert [change["nodeId"] for change in await changes(socket)] == [node_id("Customer", hers.id)]


async def test_another_organization_hears_nothing(
    anna: Client, screen: Screen, state: AppState, factory: Factory
) -> None:
    other = await factory.other()
    theirs = await other.customer()
    mine = await factory.customer()
    socket = await screen.listen(anna)

    await tell(state.redis, factory.organization_id, "customer", mine.id, mine.id)
    await state.redis.publish(
        changed_channel(other.organization_id),
        json.dumps({"kind": "customer", "node_id": str(theirs.id), "customer_id": str(theirs.id)}),
    )

    assert [change["nodeId"] for change in await changes(socket)] == [node_id("Customer", mine.id)]


async def test_a_script_hears_what_its_scopes_let_it_read(
    visitors: Visitors, screen: Screen, state: AppState, factory: Factory
) -> None:
    script = await visitors.script(Scope.CUSTOMERS_READ)
    customer = await factory.customer()
    socket = await screen.listen(script)

    await tell(state.redis, factory.organization_id, "payment", new_id(), customer.id)
    await tell(state.redis, factory.organization_id, "customer", customer.id, customer.id)

    assert [change["kind"] for change in await changes(socket)] == ["CUSTOMER"]


async def test_without_the_scope_there_is_no_subscription(visitors: Visitors, screen: Screen) -> None:
    socket = await screen.listen(await visitors.script(Scope.METRICS_READ))

    message = json.loads(await asyncio.wait_for(socket.recv(), 5))
    errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]

    assert errors[0]["extensions"]["code"] == "NOT_PERMITTED"


async def test_logging_out_closes_the_socket(anna: Client, screen: Screen, state: AppState) -> None:
    socket = await screen.listen(anna)
    await asyncio.sleep(0.2)

    await anna.http.delete("/session")

    assert await closed(socket) == sockets.UNAUTHORIZED


async def test_a_session_that_has_run_out_closes_the_socket(
    anna: Client, screen: Screen, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "LOOK_AGAIN", 0.1)
    socket = await screen.listen(anna)
    await asyncio.sleep(0.3)

    clock.move(SESSION_IDLE + timedelta(minutes=1))

    assert await closed(socket) == sockets.UNAUTHORIZED


async def test_nobody_goes_on_listening_without_being_looked_at(
    anna: Client, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "LOOK_AGAIN", 0.1)
    socket = await screen.listen(anna)
    await asyncio.sleep(0.05)

    async def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the server is starting up"))

    monkeypatch.setattr(sockets, "identify", away)

    assert await closed(socket) == sockets.TRY_AGAIN


async def test_losing_redis_makes_the_screen_connect_again(
    anna: Client, screen: Screen, state: AppState, factory: Factory
) -> None:
    socket = await screen.listen(anna)
    await tell(state.redis, factory.organization_id, "import", new_id(), None)
    await changes(socket)

    await state.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    assert await closed(socket) == sockets.TRY_AGAIN
    again = await screen.listen(anna)
    await tell(state.redis, factory.organization_id, "import", new_id(), None)
    assert len(await changes(again)) == 1


async def test_who_is_not_logged_in_is_told_to_log_in(visitors: Visitors, screen: Screen) -> None:
    socket = await screen.connect(await visitors.stranger())

    assert await closed(socket) == sockets.UNAUTHORIZED


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9", ""])
async def test_another_sites_page_gets_no_socket(origin: str, anna: Client, screen: Screen) -> None:
    with pytest.raises(InvalidStatus) as error:
        await screen.connect(anna, Origin=origin)

    assert error.value.response.status_code == 403


async def test_the_legacy_protocol_is_not_spoken(anna: Client, screen: Screen) -> None:
    socket = await screen.connect(anna, protocol="graphql-ws")

    assert await closed(socket) == 4406


@pytest.mark.parametrize(
    "message",
    [
        "",
        "x",
        "5",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        '{"type": 5}',
        '{"type": "nothing"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 5, "payload": {"query": "x"}}',
        '{"type": "subscribe", "id": "1", "payload": 5}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{", "variables": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "x", "operationName": {}}}',
        '{"type": "complete"}',
        '{"type": "complete", "id": []}',
        b"\x00\x01",
        " " * 60_000,
    ],
)
async def test_a_malformed_message_closes_the_socket_and_no_more(
    message: str | bytes, anna: Client, screen: Screen
) -> None:
    socket = await screen.connect(anna)
    await socket.send('{"type": "connection_init"}')
    await socket.recv()

    await socket.send(message)

    assert await closed(socket) == 4400


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ viewer { today } }",
        "mutation { nothing }",
        "subscription { nothing }",
        "subscription A { changed { kind } } subscription B { changed { kind } }",
        "fragment F on Query { __typename }",
    ],
)
async def test_what_cannot_be_subscribed_to_is_told(query: str, anna: Client, screen: Screen) -> None:
    socket = await screen.listen(anna, query)

    message = json.loads(await asyncio.wait_for(socket.recv(), 5))

    assert message["type"] == "error"
    assert message["payload"][0]["extensions"]["code"] == "BAD_REQUEST"
