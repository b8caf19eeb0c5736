"""E-mail over a real SMTP connection: what arrives, and what each refusal means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cartera.channels.base import Envelope, NotAccepted, NotSent, Unreachable
from cartera.channels.capture import CaptureChannel, captured, find
from cartera.channels.email import EmailChannel
from cartera.settings import Smtp
from tests.mail_server import Inbox, text_of

FROM = "Cartera <avisos@cartera.example>"
ENVELOPE = Envelope(
    key="0198-key",
    sender_name="Peña & Cía.",
    reply_to="cobranza@delvalle.example",
    to_name="María",
    to_address="maria@cliente.example",
    language="es",
    written_at=datetime(2026, 11, 16, 15, 0, tzinfo=UTC),
    subject="Recordatorio: ñandú",
    text="Año nuevo\n.\nfin\n",
    html="<p>Año nuevo</p>",
)


def channel(inbox: Inbox) -> EmailChannel:
    return EmailChannel(Smtp("127.0.0.1", inbox.port, "none"), FROM)


async def test_what_arrives(inbox: Inbox) -> None:
    async with channel(inbox) as open_channel:
        sent = await open_channel.send(ENVELOPE)
    (message,) = inbox.messages
    assert sent == message["Message-ID"] == "<0198-key@cartera.example>"
    assert message["From"] == '"Peña & Cía." <avisos@cartera.example>'
    assert message["Reply-To"] == '"Peña & Cía." <cobranza@delvalle.example>'
    assert message["To"] == "María <maria@cliente.example>"
    assert message["Subject"] == "Recordatorio: ñandú"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 16 Nov 2026 15:00:00 +0000"
    assert text_of(message).splitlines() == ["Año nuevo", ".", "fin"]
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>Año nuevo</p>"


async def test_one_connection_serves_several_and_survives_a_broken_line(inbox: Inbox) -> None:
    async with channel(inbox) as open_channel:
        await open_channel.send(ENVELOPE)
        open_channel._client.close()
        await open_channel.send(replace(ENVELOPE, key="2"))
    assert [message["Message-ID"] for message in inbox.messages] == [
        "<0198-key@cartera.example>",
        "<2@cartera.example>",
    ]


@pytest.mark.parametrize(
    ("reply", "kind", "wrong"),
    [
        ("550 5.1.1 no such user", NotAccepted, True),
        ("550 mailbox unavailable", NotAccepted, True),
        ("550 5.7.1 looks like spam", NotAccepted, False),
        ("552 5.2.2 mailbox full", NotAccepted, False),
    ],
)
async def test_a_recipient_refused_for_good(
    inbox: Inbox, reply: str, kind: type[NotAccepted], wrong: bool
) -> None:
    inbox.refuse_rcpt = reply
    async with channel(inbox) as open_channel:
        with pytest.raises(kind) as caught:
            await open_channel.send(ENVELOPE)
        assert caught.value.wrong_address is wrong
        inbox.refuse_rcpt = None
        await open_channel.send(ENVELOPE)
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("refuse", ["refuse_rcpt", "refuse_data"])
async def test_not_now_is_another_time(inbox: Inbox, refuse: str) -> None:
    setattr(inbox, refuse, "451 4.7.1 greylisted")
    async with channel(inbox) as open_channel:
        with pytest.raises(NotSent) as caught:
            await open_channel.send(ENVELOPE)
    assert type(caught.value) is NotSent


async def test_content_refused_for_good_says_nothing_of_the_address(inbox: Inbox) -> None:
    inbox.refuse_data = "554 5.6.0 no"
    async with channel(inbox) as open_channel:
        with pytest.raises(NotAccepted) as caught:
            await open_channel.send(ENVELOPE)
    assert not caught.value.wrong_address


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with EmailChannel(Smtp("127.0.0.1", 1, "none"), FROM) as open_channel:
        with pytest.raises(Unreachable):
            await open_channel.send(ENVELOPE)


async def test_a_login_that_is_refused_is_unreachable(inbox: Inbox) -> None:
    smtp = Smtp("127.0.0.1", inbox.port, "none", "user", "wrong")
    async with EmailChannel(smtp, FROM) as open_channel:
        with pytest.raises(Unreachable):
            await open_channel.send(ENVELOPE)


async def test_a_line_that_breaks_after_the_message_leaves_it_unknown(inbox: Inbox) -> None:
    inbox.hang_up = True
    async with channel(inbox) as open_channel:
        with pytest.raises(Exception) as caught:
            await open_channel.send(ENVELOPE)
    assert not isinstance(caught.value, NotSent)
    assert len(inbox.messages) == 1


@pytest.mark.parametrize(
    "address", ["nobody", "a b@x.example", "ñ@x.example", "@x.example", "a@x\r\nBcc: b@y"]
)
async def test_an_address_that_no_mail_can_carry_is_wrong(inbox: Inbox, address: str) -> None:
    async with channel(inbox) as open_channel:
        with pytest.raises(NotAccepted) as caught:
            await open_channel.send(replace(ENVELOPE, to_address=address))
    assert caught.value.wrong_address
    assert inbox.messages == []


async def test_no_header_can_be_smuggled_in(inbox: Inbox) -> None:
    async with channel(inbox) as open_channel:
        await open_channel.send(
            replace(ENVELOPE, subject="a\r\nBcc: x@y.example", to_name="b\nX: 1", sender_name="c\rd")
        )
    (message,) = inbox.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "a Bcc: x@y.example"


async def test_a_slip_in_the_sellers_address_does_not_count_against_the_customer(inbox: Inbox) -> None:
    async with channel(inbox) as open_channel:
        await open_channel.send(replace(ENVELOPE, reply_to="not an address"))
    assert inbox.messages[0]["Reply-To"] is None


async def test_the_captured_mailbox_keeps_messages_newest_first(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    assert captured(folder) == []
    async with CaptureChannel(folder, FROM) as open_channel:
        await open_channel.send(ENVELOPE)
        sent = await open_channel.send(replace(ENVELOPE, key="2", subject="Segundo"))
    newest, oldest = captured(folder)
    assert (newest.message["Message-ID"], newest.message["Subject"]) == (sent, "Segundo")
    assert oldest.message["Subject"] == "Recordatorio: ñandú"
    assert text_of(oldest.message).splitlines()[0] == "Año nuevo"
    found = find(folder, newest.key)
    assert found is not None
    assert found.message["Subject"] == "Segundo"


@pytest.mark.parametrize("key", ["..", "../new/x", "", ".hidden", "no-such", "a/b", "x" * 300, "a\x00"])
async def test_the_captured_mailbox_opens_nothing_else(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "mailbox"
    async with CaptureChannel(folder, FROM) as open_channel:
        await open_channel.send(ENVELOPE)
    assert find(folder, key) is None
