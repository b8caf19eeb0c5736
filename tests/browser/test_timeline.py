"""The timeline's acts, another collector for a customer, and the phone's places under "more"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from cartera.db.tables.customers import Customer
from tests.browser.barriers import bare_keys, barriers
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory
from tests.services.doings import ana_torres, everything_done

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (360, 740, "dark")])
async def test_an_act_opens_to_what_it_changed(
    site: Site, factory: Factory, width: int, height: int, scheme: str
) -> None:
    customer = await factory.customer("Clínica Luna")
    luis = await factory.actor("collector", name="Luis Vega")
    number = await everything_done(factory, customer, await ana_torres(factory), luis)
    page = await site.page(width=width, height=height, scheme=scheme)
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await page.get_by_role("link", name="Clínica Luna").click()

    waived = page.locator("details", has_text=f"condonó 2.00 MXN de un cargo del documento {number}")
    await waived.locator("summary").click()
    await expect(waived.get_by_text("3.00 MXN")).to_be_visible()
    await expect(waived.get_by_text("5.00 MXN")).to_be_visible()
    await expect(waived.get_by_text("Desde 203.0.113.7")).to_be_visible()
    assert await barriers(page) == []
    assert bare_keys(await page.locator("body").inner_text()) == []
    bounced = page.locator("details", has_text="registró el rechazo del cheque 0001234")
    await bounced.locator("summary").click()
    await expect(bounced.get_by_text("Depositado")).to_be_visible()
    await expect(bounced.get_by_text("Fondos insuficientes")).to_be_visible()
    await bounced.get_by_role("link", name="Abrir").click()
    await expect(page.get_by_role("dialog", name="0001234")).to_be_visible()


async def test_a_manager_gives_a_customer_to_another_collector(site: Site, factory: Factory) -> None:
    rosa, luis = (
        await site.member("collector", name="Rosa Paz"),
        await site.member("collector", name="Luis Vega"),
    )
    await factory.member("viewer", name="Vera Mira")
    customer = await factory.customer("Clínica Luna", collector_id=rosa.id)
    await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=3))
    page = await site.page()
    await site.sign_in(await site.member("manager", name="Ana Torres"), page, "/cartera?vista=todo")
    await page.get_by_role("link", name="Clínica Luna").click()
    await page.get_by_role("heading", name="Clínica Luna").wait_for()
    await page.keyboard.press("a")
    form = page.get_by_role("form", name="Asignar a otro ejecutivo")
    choice = form.get_by_label("Ejecutivo")
    await expect(choice.locator("option")).to_have_text(
        ["Sin ejecutivo", "Ana Torres", "Luis Vega", "Rosa Paz"]
    )
    await choice.select_option("Luis Vega")
    await form.get_by_role("button", name="Asignar").click()
    await expect(page.get_by_text("Cliente asignado.")).to_be_visible()
    await expect(page.get_by_text("Ana Torres asignó el cliente a Luis Vega.")).to_be_visible()
    async with factory.read() as tx:
        assert await tx.session.scalar(select(Customer.collector_id)) == luis.id
    stranger = await site.page()
    await site.sign_in(luis, stranger, "/cartera?vista=todo")
    await stranger.get_by_role("link", name="Clínica Luna").click()
    await expect(stranger.get_by_role("button", name="Llamada")).to_be_visible()
    await expect(stranger.get_by_role("button", name="Ejecutivo")).to_have_count(0)


async def test_a_phone_reaches_every_place(site: Site) -> None:
    page = await site.page(width=360, height=740)
    await site.sign_in(await site.member(), page)
    bar = page.get_by_role("navigation", name="Secciones")
    await expect(bar.get_by_role("link")).to_have_text(["Cartera", "Promesas", "Reclamos", "Indicadores"])
    more = bar.locator("summary")
    await more.click()
    places = bar.get_by_role("listitem").get_by_role("link")
    await expect(places).to_have_text(["Cheques", "Importar", "Libros", "Equipo"])
    assert await barriers(page) == []
    for box in [await place.bounding_box() for place in await places.all()]:
        assert box
        assert box["height"] >= 44
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 360
    await page.keyboard.press("Escape")
    await expect(places.first).to_be_hidden()
    await expect(more).to_be_focused()
    await page.keyboard.press("Enter")
    await places.filter(has_text="Libros").click()
    await expect(page.get_by_role("heading", name="Libros", exact=True)).to_be_visible()
    await expect(places.first).to_be_hidden()
    await expect(more).to_have_text("Más Libros")
    wide = await site.page()
    await site.sign_in(await site.member(), wide)
    await expect(wide.get_by_role("navigation", name="Secciones").get_by_role("link")).to_have_count(8)
    await expect(wide.get_by_text("Más", exact=True)).to_be_hidden()
