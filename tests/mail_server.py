"""A real SMTP server in the test's own loop. It keeps what it accepts, and misbehaves when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Inbox:
    """``refuse_rcpt`` and ``refuse_data``: an SMTP reply to give instead; ``hang_up``: after the message.

    ``stall``: take a message and never answer; ``stalled`` tells that one is there.
    """

    messages: list[EmailMessage] = field(default_factory=list)
    refuse_rcpt: str | None = None
    refuse_data: str | None = None
    hang_up: bool = False
    stall: bool = False
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_rcpt:
            return self.refuse_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        if self.stall:
            self.stalled.set()
            await asyncio.sleep(3600)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        if self.hang_up and server.transport:
            server.transport.abort()
        return "250 OK"

    def texts(self) -> list[str]:
        return [text_of(message) for message in self.messages]


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@asynccontextmanager
async def mail_server() -> AsyncIterator[Inbox]:
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, loop=loop), "127.0.0.1", 0)
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()
        await server.wait_closed()
