"""The collectors' screens: no barrier that axe finds, no text without translation, nothing too wide."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Page

from cartera.db.tables.receivables import Receivable
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.services.disputes import NewComment, NewDispute, comment, open_dispute
from tests.browser.barriers import bare_keys, barriers
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory
from tests.services.papers import FRIDAY, bounce, cheque, deposit, note, take

pytestmark = pytest.mark.browser


async def _portfolio(factory: Factory) -> str:
    """Long names, nine digits, three currencies, every age. Gives the long name."""
    long_name = (
        "Comercializadora e Importadora de Refacciones Automotrices del Bajío y Occidente, S. A. de C. V."
    )
    mixed = await factory.customer(long_name)
    await factory.contact(mixed, phone="+525555550199", email_state="wrong")
    for days, amount, currency in (
        (-20, "987654321.09", "MXN"),
        (12, "123456.78", "USD"),
        (45, "500000000", "CLP"),
        (75, "1.00", "MXN"),
        (130, "987654321.09", "MXN"),
    ):
        last = await factory.receivable(mixed, amount, currency=currency, due_on=TODAY - timedelta(days=days))
    await _contested(factory, last)
    other = await factory.customer("Escuela Mar")
    await factory.receivable(other, "70.00")
    return long_name


async def _contested(factory: Factory, debt: Receivable) -> None:
    """A dispute with something said, a cheque to deposit and a note that bounced."""
    contested = NewDispute(debt.id, DisputeReason.QUALITY, Money(123_456_789_09, "MXN"), "Llegó dañado. " * 9)
    async with factory.write() as tx:
        dispute = await open_dispute(tx, contested)
        await comment(tx, NewComment(dispute.dispute_id, "El almacén revisa las fotos."))
    await take(factory, cheque([debt], "700000000.05", FRIDAY))
    paper = await take(factory, replace(note([debt], "1.00", FRIDAY), number="P-1"))
    await deposit(factory, paper, FRIDAY)
    await bounce(factory, paper, TODAY)


async def _settled(page: Page) -> None:
    await page.wait_for_load_state("networkidle")
    await page.locator("[role=status][aria-label]").first.wait_for(state="detached")


# Each width and each scheme once; all of it takes minutes, so that is asked for by ALL_SCREENS.
_CROSSED = [(1440, 900, "light"), (360, 740, "dark")]
_ALL = [*_CROSSED, (1440, 900, "dark"), (360, 740, "light")]


@pytest.mark.parametrize(("width", "height", "scheme"), _ALL if "ALL_SCREENS" in os.environ else _CROSSED)
async def test_no_barriers(site: Site, factory: Factory, width: int, height: int, scheme: str) -> None:
    name = await _portfolio(factory)
    page = await site.page(width=width, height=height, scheme=scheme)
    found: dict[str, list[str]] = {}

    async def look(screen: str) -> None:
        await _settled(page)
        found[screen] = await barriers(page)

    await page.goto("/")
    await look("login")
    await site.sign_in(await site.member("admin"), page, "/cartera?vista=todo")
    await look("cartera")
    await page.get_by_role("link", name=name).click()
    await look("cliente")
    for button in ("Promesa", "Llamada", "Nota", "Pago"):
        await page.get_by_role("button", name=button, exact=True).click()
        await look(f"cliente, {button}")
    await page.get_by_text("A mano").click()
    await page.get_by_role("button", name="Agregar retención o descuento").click()
    await look("cliente, pago a mano")
    for tab in ("Documentos", "Pagos", "Notas de crédito"):
        await page.get_by_role("tab", name=tab).click()
        await look(f"cliente, {tab}")
    await page.get_by_role("button", name="Registrar nota de crédito").click()
    await look("cliente, nota de crédito")
    await page.get_by_role("button", name="Reclamo", exact=True).click()
    await look("cliente, Reclamo")
    for tab, thing in (("Reclamos", "Calidad"), ("Cheques y pagarés", "Pagaré P-1")):
        await page.get_by_role("tab", name=tab).click()
        await look(f"cliente, {tab}")
        await page.get_by_role("tabpanel").get_by_role("link", name=thing).click()
        await page.get_by_role("dialog").get_by_role("term").first.wait_for()
        await look(f"cliente, {thing}")
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Registrar cheque o pagaré").click()
    await look("cliente, registrar cheque")
    for tab in ("Convenios", "Intereses y gastos", "Cambios"):
        await page.get_by_role("tab", name=tab).click()
        await look(f"cliente, {tab}")
    await page.get_by_role("tab", name="Convenios").click()
    await page.get_by_role("button", name="Proponer convenio").click()
    await page.get_by_text("A medida", exact=True).click()
    await look("cliente, proponer convenio")
    await page.get_by_role("tab", name="Resumen").click()
    await page.get_by_role("link", name="F-0").first.click()
    await page.get_by_role("dialog").get_by_text("Movimientos").wait_for()
    await look("documento")
    for path in (
        *("/promesas", "/reclamos", "/cheques", "/indicadores", "/importar"),
        *("/libros", "/equipo", "/no-existe"),
    ):
        await page.goto(path)
        await look(path)
    await page.keyboard.press("?")
    await look("ayuda")

    assert {screen: told for screen, told in found.items() if told} == {}


@pytest.mark.parametrize(("language", "greeting"), [("es", "Por hacer"), ("en", "To do"), ("pt", "A fazer")])
async def test_every_text_is_in_the_readers_language(
    site: Site, factory: Factory, language: str, greeting: str
) -> None:
    name = await _portfolio(factory)
    page = await site.page()
    await page.add_init_script(
        # From the second page on: the login is in Spanish.
        "if (sessionStorage.seen)"
        f" localStorage.setItem('cartera.language', '{language}');"
        "sessionStorage.seen = 1"
    )
    await site.sign_in(await site.member("admin"), page, "/cartera?vista=todo")

    await page.goto("/cartera?vista=todo")
    await page.get_by_role("tab", name=greeting).wait_for()
    texts = [await page.locator("body").inner_text()]
    await page.get_by_role("link", name=name).click()
    await _settled(page)
    texts.append(await page.locator("body").inner_text())
    for tab in (-5, -4):
        await page.get_by_role("tab").nth(tab).click()
        await _settled(page)
        await page.get_by_role("tabpanel").get_by_role("link").first.click()
        await page.get_by_role("dialog").get_by_role("term").first.wait_for()
        texts.append(await page.locator("body").inner_text())
        await page.keyboard.press("Escape")
    customer = page.url.split("?")[0]
    tabs = ("documentos", "pagos", "notas-de-credito", "reclamos", "cheques", "convenios", "cargos")
    sections = [f"{customer}?accion=pago&seccion={name}" for name in (*tabs, "cambios")]
    for path in (
        *(*sections, "/promesas", "/reclamos", "/cheques"),
        *("/indicadores", "/importar", "/libros", "/equipo"),
    ):
        await page.goto(path)
        await _settled(page)
        texts.append(await page.locator("body").inner_text())

    assert await page.locator("html").get_attribute("lang") == language
    assert [key for text in texts for key in bare_keys(text)] == []
