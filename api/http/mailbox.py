"""The captured mailbox at ``/dev/mailbox``: what would have left, on a machine without a mail server.

Whoever sees it can open the payment links in it, so it exists on loopback alone, and answers only who asks
for it by a loopback name: a page from elsewhere cannot have its own name point here and read along.
"""

from __future__ import annotations

import asyncio
from html import escape
from typing import Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from cartera.channels import mailbox_folder
from cartera.channels.capture import Captured, captured, find
from cartera.settings import Settings, is_loopback

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'"
# A message is somebody else's HTML: no script, no forms, no loading; its links open outside of it.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_MESSAGE_POLICY = (
    f"sandbox {_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'"
)

_STYLE = """
body { margin: 0 auto; padding: 24px; max-width: 900px; font: 15px/1.5 system-ui, sans-serif;
       color: #1f2430; background: #f4f5f7 }
h1 { font-size: 20px } h2 { font-size: 17px; margin: 0 0 4px }
a { color: #1a4f9c } p { margin: 0 0 8px } time, .to { color: #5b6270 }
ol { list-style: none; padding: 0 } li { padding: 12px 0; border-top: 1px solid #d7dae0 }
iframe { width: 100%; height: 70vh; border: 1px solid #d7dae0; background: #fff }
pre { white-space: pre-wrap; background: #fff; padding: 16px; border: 1px solid #d7dae0 }
"""


class _State(Protocol):
    @property
    def settings(self) -> Settings: ...


def routes(state: _State) -> list[BaseRoute]:
    """No routes at all where mail really leaves or others could look in."""
    settings = state.settings
    if settings.smtp or not settings.is_private:
        return []
    folder = mailbox_folder(settings)

    async def all_messages(request: Request) -> Response:
        if not _asks_by_loopback(request):
            return _not_found()
        return _page(_list(await asyncio.to_thread(captured, folder)), refresh=True)

    async def message(request: Request) -> Response:
        one = await asyncio.to_thread(find, folder, request.path_params["key"])
        return _page(_message(one)) if one and _asks_by_loopback(request) else _not_found()

    async def message_html(request: Request) -> Response:
        one = await asyncio.to_thread(find, folder, request.path_params["key"])
        if one is None or not _asks_by_loopback(request):
            return _not_found()
        # Inside the frame a link would have nowhere to go.
        html = _part(one, "html").replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(html, headers={"Content-Security-Policy": _MESSAGE_POLICY})

    return [
        Route("/dev/mailbox", all_messages),
        Route("/dev/mailbox/{key}", message),
        Route("/dev/mailbox/{key}/html", message_html),
    ]


def _asks_by_loopback(request: Request) -> bool:
    try:
        return is_loopback(request.url.hostname or "")
    except ValueError:
        return False


def _not_found() -> Response:
    return Response("Not found.", 404, media_type="text/plain")


def _page(body: str, *, refresh: bool = False) -> HTMLResponse:
    head = '<meta http-equiv="refresh" content="5">' if refresh else ""
    return HTMLResponse(
        f'<!doctype html><html lang="es"><head><meta charset="utf-8">{head}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Buzón de pruebas</title><style>{_STYLE}</style></head><body>{body}</body></html>",
        headers={"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-store"},
    )


def _list(messages: list[Captured]) -> str:
    rows = "".join(f"<li>{_heading(one, link=f'/dev/mailbox/{quote(one.key)}')}</li>" for one in messages)
    empty = "<p>Todavía no hay mensajes.</p>"
    return (
        "<h1>Buzón de pruebas</h1><p>Sin servidor de correo, los mensajes se guardan aquí y no salen.</p>"
        f"{f'<ol>{rows}</ol>' if rows else empty}"
    )


def _message(one: Captured) -> str:
    return (
        '<p><a href="/dev/mailbox">← Todos los mensajes</a></p>'
        f"{_heading(one)}"
        f'<iframe sandbox="{_SANDBOX}" title="Mensaje" src="/dev/mailbox/{quote(one.key)}/html"></iframe>'
        f"<h2>Texto</h2><pre>{escape(_part(one, 'plain'))}</pre>"
    )


def _heading(one: Captured, link: str | None = None) -> str:
    subject = escape(str(one.message["Subject"]))
    title = f'<a href="{escape(link)}">{subject}</a>' if link else subject
    return (
        f'<h2>{title}</h2><p class="to">{escape(str(one.message["From"]))} → {escape(str(one.message["To"]))}'
        f" · <time>{escape(str(one.message['Date']))}</time></p>"
    )


def _part(one: Captured, kind: str) -> str:
    part = one.message.get_body((kind,))
    return str(part.get_content()) if part else ""
