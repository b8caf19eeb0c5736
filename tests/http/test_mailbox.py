"""The captured mailbox: shown on loopback without a mail server, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from api.http import mailbox
from cartera.channels import email_channel
from cartera.channels.base import Envelope
from cartera.settings import Settings, Smtp

ENVELOPE = Envelope(
    key="k1",
    sender_name="Peña <b>",
    reply_to=None,
    to_name="María",
    to_address="maria@cliente.example",
    language="es",
    written_at=datetime(2026, 11, 16, 15, 0, tzinfo=UTC),
    subject="Pago <script>alert(1)</script>",
    text="Hola <b>",
    html="<!doctype html><html><head></head><body><script>alert(1)</script>Hola</body></html>",
)


@dataclass
class State:
    settings: Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    read = Settings.from_environment({"CARTERA_HOME": str(tmp_path), "SECRET_KEY": "k" * 40})
    return replace(read, development=True)


def client(settings: Settings, host: str = "127.0.0.1:8000") -> httpx2.AsyncClient:
    app = Starlette(routes=mailbox.routes(State(settings)))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"http://{host}")


async def test_what_is_captured_is_listed_and_shown(settings: Settings) -> None:
    async with client(settings) as browser:
        assert "Todavía no hay mensajes" in (await browser.get("/dev/mailbox")).text
        async with email_channel(settings) as channel:
            await channel.send(ENVELOPE)
        listing = (await browser.get("/dev/mailbox")).text
        assert "Pago &lt;script&gt;alert(1)&lt;/script&gt;" in listing
        assert "<script>" not in listing
        link = listing.partition('href="')[2].partition('"')[0]
        page = (await browser.get(link)).text
        assert "Hola &lt;b&gt;" in page
        assert f'src="{link}/html"' in page
        shown = await browser.get(f"{link}/html")
        assert '<base target="_blank">' in shown.text
        assert shown.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
        assert "script-src" not in shown.headers["Content-Security-Policy"]


async def test_nothing_else_can_be_opened(settings: Settings) -> None:
    async with client(settings) as browser:
        for path in ("/dev/mailbox/none", "/dev/mailbox/..%2Fsecret_key", "/dev/mailbox/none/html"):
            assert (await browser.get(path)).status_code == 404


async def test_a_name_from_elsewhere_that_points_here_reads_nothing(settings: Settings) -> None:
    async with client(settings, "evil.example") as browser:
        assert (await browser.get("/dev/mailbox")).status_code == 404


async def test_it_is_not_there_where_mail_leaves_or_others_look_in(settings: Settings) -> None:
    public = replace(settings, public_url="https://cobranza.example")
    assert mailbox.routes(State(public)) == []
    assert mailbox.routes(State(replace(settings, host="0.0.0.0"))) == []
    assert mailbox.routes(State(replace(settings, development=False))) == []
    assert len(mailbox.routes(State(settings))) == 3
    assert mailbox.routes(State(replace(settings, smtp=Smtp("127.0.0.1", 25, "none")))) == []
