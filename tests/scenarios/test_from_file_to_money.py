"""From a file of open invoices to money received: the whole story, on real parts.

`cartera up` runs web and worker against the test's PostgreSQL and Redis; reminders leave by SMTP; the
customer pays in a real browser at the sandbox gateway, whose signed webhook comes back by HTTP; the
collector's screen, in another browser window, shows it without being reloaded. Time is moved, not waited for.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import text

from cartera.clock import FileClock
from cartera.db.session import Database
from cartera.servers import Servers
from cartera.services.passwords import hash_password
from tests.factories import Factory
from tests.mail_server import Inbox, mail_server, text_of

PASSWORD = "una clave larga"
# A Tuesday in Mexico, 08:00: a working day on which customers may be written to.
MORNING = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)
INVOICES = """\
Cliente;Nombre;Documento;Emisión;Vencimiento;Importe;Moneda
C-100;Papelería El Sol S.A. de C.V.;F-1;17/09/2026;17/10/2026;1.500,00;MXN
C-100;Papelería El Sol S.A. de C.V.;F-2;02/10/2026;01/11/2026;2.000,50;MXN
C-100;Papelería El Sol S.A. de C.V.;F-3;10/11/2026;10/12/2026;700,00;MXN
C-200;Clínica Santa Fe S.C.;F-4;20/10/2026;30/11/2026;300,00;MXN
"""
CONTACTS = """\
Cliente;Contacto;Correo
C-100;María López;maria@elsol.example
C-200;Pedro Ruiz;pedro@santafe.example
"""


@dataclass
class House:
    """A running installation and the hands that move it."""

    url: str
    environment: dict[str, str]
    clock: FileClock
    inbox: Inbox
    factory: Factory
    folder: Path

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cartera.cli", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)

    def mails(self, to: str) -> list[EmailMessage]:
        return [mail for mail in self.inbox.messages if to in str(mail["To"])]

    async def state(self) -> str:
        """What the books and the outbox say, for whoever looks into a failure."""
        queries = (
            "SELECT state, held_by, planned_for, failure FROM message",
            "SELECT kind, run_at, attempts, done_at, failure FROM outbox WHERE kind <> 'changed'",
            "SELECT business_day FROM organization",
        )
        async with self.factory.read() as tx:
            rows = [str(row) for query in queries for row in await tx.session.execute(text(query))]
        return "\n".join([self.clock.now().isoformat(), *rows])

    async def plans(self, count: int) -> None:
        """Wait until as many messages are planned."""
        deadline = time.monotonic() + 60
        while True:
            async with self.factory.read() as tx:
                planned = await tx.session.scalar(text("SELECT count(*) FROM message"))
            if planned is not None and planned >= count:
                return
            assert time.monotonic() < deadline, await self.state()
            await asyncio.sleep(0.1)

    async def mail(self, to: str, number: int) -> str:
        """The text of the mail number ``number`` (from 1) to an address, once it has come."""
        try:
            await eventually(lambda: len(self.mails(to)) >= number, f"mail {number} to {to}")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{await self.state()}") from None
        return text_of(self.mails(to)[number - 1])


async def eventually(ask: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < deadline, f"{what} never came"
        await asyncio.sleep(0.1)


@contextmanager
def running(environment: dict[str, str], log: Path) -> Iterator[None]:
    """`cartera up` for as long as the block lasts; its own end is part of the story."""
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cartera.cli", "up"],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(30) == 0, log.read_text()


async def ready(url: str, log: Path) -> None:
    async with httpx2.AsyncClient() as client:
        deadline = time.monotonic() + 90
        while True:
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            assert time.monotonic() < deadline, await asyncio.to_thread(log.read_text)
            await asyncio.sleep(0.2)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def house(database: Servers, db: Database, tmp_path: Path, port: int) -> AsyncIterator[House]:
    clock = FileClock(tmp_path / "clock")
    clock.move(MORNING - datetime.now(UTC))
    factory = Factory(db, MORNING)
    await factory.organization_row(collector_scope="all", business_day=MORNING.date())
    await factory.member("manager", password_hash=hash_password(PASSWORD), email="ana@delvalle.example")
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ},
        **database.environment(),
        "CARTERA_HOME": str(tmp_path / "home"),
        "CARTERA_CLOCK_FILE": str(tmp_path / "clock"),
        "CARTERA_DEVELOPMENT": "yes",
        "PORT": str(port),
        "SECRET_KEY": "s" * 40,
        "MAIL_FROM": "Cobranza <cobranza@delvalle.example>",
    }
    log = tmp_path / "up.log"
    async with mail_server() as inbox:
        with running(environment | {"SMTP_URL": inbox.url}, log):
            await ready(url, log)
            yield House(url, environment, clock, inbox, factory, tmp_path)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        await opened.close()


async def window(browser: Browser, width: int, height: int) -> Page:
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="es-MX")
    page = await context.new_page()
    page.set_default_timeout(20_000)
    return page


async def log_in(page: Page, house: House) -> None:
    await page.goto(house.url)
    await page.locator("input[type=email]").fill("ana@delvalle.example")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")


def import_files(house: House) -> None:
    invoices = house.file("facturas.csv", INVOICES)
    imported = house.command("import", invoices)
    assert imported.returncode == 0, imported.stderr + imported.stdout
    assert "4 added: 4500.50 MXN" in imported.stdout
    contacts = house.command("import", house.file("contactos.csv", CONTACTS))
    assert contacts.returncode == 0, contacts.stderr + contacts.stdout
    again = house.command("import", invoices)
    assert again.returncode == 0, again.stderr
    assert "4 unchanged" in again.stdout


async def graphql(house: House, query: str) -> dict[str, object]:
    token = house.command("token", "--role", "manager").stdout.strip()
    async with httpx2.AsyncClient() as client:
        answer = await client.post(
            f"{house.url}/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}"}
        )
    found = answer.json()
    assert "errors" not in found, found
    data: dict[str, object] = found["data"]
    return data


@pytest.mark.browser
async def test_from_a_file_of_open_invoices_to_money_received(house: House, browser: Browser) -> None:
    import_files(house)

    # The collector sees who owes, most pressing first, and why.
    screen = await window(browser, 1440, 900)
    await log_in(screen, house)
    row = screen.get_by_text("Papelería El Sol S.A. de C.V.").first
    await expect(row).to_be_visible()
    await expect(screen.get_by_text("3,500.50").first).to_be_visible()

    # Next day a reminder is planned, within two hours, and leaves then, with what is due and a link.
    house.clock.move(timedelta(days=1, hours=1))
    await house.plans(1)
    house.clock.move(timedelta(hours=2))
    reminder = await house.mail("maria@elsol.example", 1)
    assert "Papelería El Sol" in reminder
    assert "F-1" in reminder
    assert "F-2" in reminder
    assert "F-3" not in reminder
    assert "3,500.50" in reminder
    link = re.search(rf"{re.escape(house.url)}/p/l/[\w-]{{22,}}", reminder)
    assert link, reminder

    # The customer opens it on a phone and pays all that is overdue: two taps, then the gateway's own page.
    phone = await window(browser, 360, 740)
    await phone.goto(link.group())
    await expect(phone.get_by_text("F-1")).to_be_visible()
    await phone.get_by_role("button", name="Revisar y pagar").click()
    await phone.get_by_role("button", name=re.compile(r"^Pagar .*\d")).click()
    await phone.get_by_role("button", name="Aprobar el pago").click()
    await expect(phone.get_by_text("Pago recibido, gracias")).to_be_visible(timeout=30_000)

    # The collector's screen shows it without being reloaded.
    await expect(screen.get_by_text("3,500.50")).to_have_count(0, timeout=30_000)

    receipt = await house.mail("maria@elsol.example", 2)
    assert "3,500.50" in receipt

    # No further reminder goes out for what is paid.
    house.clock.move(timedelta(days=9))
    await house.plans(3)
    house.clock.move(timedelta(hours=3))
    await house.mail("pedro@santafe.example", 1)
    for mail in house.mails("maria@elsol.example")[2:]:
        assert "F-1" not in text_of(mail)
        assert "F-2" not in text_of(mail)

    metrics = await graphql(
        house,
        "{ metrics { totalOverdue { value { amount } } aging { total { amount } }"
        " dso { value } keptRate { matured } } }",
    )
    figures = metrics["metrics"]
    assert isinstance(figures, dict)
    assert [each["total"]["amount"] for each in figures["aging"]] == ["1000.00"]
    assert [each["value"]["amount"] for each in figures["totalOverdue"]] in ([], ["0.00"])
