"""The built front end in a real Chromium, on a real server with the test's own database."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright
from redis.asyncio import Redis

from api.app import assemble
from api.context import AppState
from api.live import Live
from cartera.db.session import Database
from cartera.db.tables.organizations import Member
from cartera.servers import Servers
from cartera.services.passwords import Passwords
from cartera.settings import Settings
from tests.conftest import MovableClock
from tests.factories import HASHED, PASSWORD, Factory

FRONTEND = Path(__file__).parents[2] / "frontend"


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The built front end."""
    built = FRONTEND / "dist"
    if not (built / "index.html").is_file():
        _absent("the front end has not been built: npm run build in frontend/")
    return built


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        _absent("Chromium is missing: apt install chromium")
    return str(found)


def _absent(what: str) -> None:
    """On a developer's machine a missing browser skips; in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@dataclass
class Site:
    """A running installation, and pages of it."""

    url: str
    factory: Factory
    redis: Redis
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    async def page(self, *, width: int = 1440, height: int = 900, scheme: str = "light") -> Page:
        """A fresh browser's page; whatever its scripts complain about ends up in ``complaints``."""
        context = await self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        # A refused look at the session is how a page learns that nobody is signed in.
        if message.type == "error" and "401" not in message.text:
            self.complaints.append(message.text)

    async def sign_in(self, member: Member, page: Page, path: str = "/cartera") -> None:
        await page.goto(path)
        await page.get_by_label("Correo electrónico").fill(member.email)
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("navigation", name="Secciones").wait_for()

    async def member(self, role: str = "manager", **values: object) -> Member:
        return await self.factory.member(role, password_hash=HASHED, **values)


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One for all tests: every page has a context of its own, and knows nothing of the others."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest.fixture
async def site(
    bundle: Path, browser: Browser, database: Servers, factory: Factory, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Site]:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    settings = Settings.from_environment(
        {"CARTERA_HOME": str(tmp_path), "SECRET_KEY": "k" * 40, "PORT": str(port)}
    )
    redis = Redis.from_url(database.redis)
    state = AppState(settings, Database(database.app), clock, redis, Live(redis), Passwords(), bundle=bundle)
    server = uvicorn.Server(uvicorn.Config(assemble(state), log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve([listening]))
    made = Site(f"http://127.0.0.1:{port}", factory, redis, browser)
    yield made
    for context in browser.contexts:
        await context.close()
    server.should_exit = True
    await serving
    assert made.complaints == []
