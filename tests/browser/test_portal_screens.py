"""The customers' screens: no barrier that axe finds, no text without translation, nothing too wide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Page

from tests.browser.barriers import bare_keys, barriers
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory
from tests.portals import make_link

pytestmark = pytest.mark.browser


async def _link(factory: Factory, language: str = "es") -> str:
    """A debtor with long numbers, two currencies, something overdue and something to come."""
    debtor = await factory.customer(
        "Comercializadora e Importadora de Refacciones Automotrices del Bajío, S. A. de C. V.",
        language=language,
    )
    for days, amount, currency in ((45, "987654321.09", "MXN"), (-20, "70.00", "MXN"), (12, "9.50", "USD")):
        await factory.receivable(debtor, amount, currency=currency, due_on=TODAY - timedelta(days=days))
    return f"/p/l/{await make_link(factory, debtor)}"


async def _open(page: Page, link: str) -> None:
    await page.goto(link)
    await page.locator(".button.primary").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
async def test_no_barriers(site: Site, factory: Factory, width: int, height: int, scheme: str) -> None:
    page = await site.page(width=width, height=height, scheme=scheme)
    found: dict[str, list[str]] = {}
    await _open(page, await _link(factory))
    found["debt"] = await barriers(page)
    await page.get_by_role("button", name="Pagar otro monto").click()
    await page.get_by_label("Monto por pagar").fill("cero")
    found["another amount"] = await barriers(page)
    await page.get_by_label("Monto por pagar").fill("10.50")
    await page.get_by_role("button", name="Revisar y pagar").click()
    await page.get_by_role("heading", name="Revise su pago").wait_for()
    found["review"] = await barriers(page)
    await page.get_by_role("button", name="Volver").click()
    await page.get_by_role("button", name="Prometer una fecha de pago").click()
    await page.get_by_role("heading", name="Prometer una fecha").wait_for()
    found["promise"] = await barriers(page)
    await page.get_by_role("button", name="Confirmar promesa").click()
    await page.get_by_role("heading", name="Gracias, quedó registrado").wait_for()
    found["promised"] = await barriers(page)

    debtor = await factory.customer("Escuela Mar")
    await page.goto(f"/p/l/{await make_link(factory, debtor)}")
    await page.get_by_role("heading", name="No debe nada").wait_for()
    found["nothing due"] = await barriers(page)
    await page.goto("/p/l/" + "x" * 43)
    await page.get_by_role("heading", name="Este enlace ya no está disponible").wait_for()
    found["ended"] = await barriers(page)
    site.complaints.clear()

    assert {screen: told for screen, told in found.items() if told} == {}


@pytest.mark.parametrize(
    ("language", "review", "promise"),
    [
        ("es", "Revisar y pagar", "Prometer una fecha de pago"),
        ("en", "Review and pay", "Promise a date to pay"),
        ("pt", "Revisar e pagar", "Prometer uma data de pagamento"),
    ],
)
async def test_every_text_is_in_the_customers_language(
    site: Site, factory: Factory, language: str, review: str, promise: str
) -> None:
    page = await site.page(width=360, height=740)
    await _open(page, await _link(factory, language))
    texts = [await page.locator("body").inner_text()]
    await page.get_by_role("button", name=review).click()
    texts.append(await page.locator("body").inner_text())
    await _open(page, page.url)
    await page.get_by_role("button", name=promise).click()
    texts.append(await page.locator("body").inner_text())

    assert await page.locator("html").get_attribute("lang") == language
    assert [key for text in texts for key in bare_keys(text)] == []
