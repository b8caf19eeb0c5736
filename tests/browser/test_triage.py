"""The collector's day at the keyboard, on the real API."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select, text

from cartera.db.tables.promises import Promise
from cartera.rules.outbox import ChangeKind
from jobs.relay import screens_channel
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory

pytestmark = pytest.mark.browser


async def _portfolio(factory: Factory) -> None:
    for name, amount in (("Abarrotes Sol", "900.00"), ("Clínica Luna", "5000.00"), ("Escuela Mar", "70.00")):
        customer = await factory.customer(name)
        await factory.contact(customer, name=f"Pagos de {name}", phone="+525555550199")
        await factory.receivable(customer, amount)


async def test_rows_are_ranked_and_say_why(site: Site, factory: Factory) -> None:
    await _portfolio(factory)
    page = await site.page()

    await site.sign_in(await site.member(), page)

    await expect(page.locator(".list tbody tr a")).to_have_text(
        ["Clínica Luna", "Abarrotes Sol", "Escuela Mar"]
    )
    await expect(page.locator("tbody tr p").first).to_contain_text(
        "Debe 5,000.00\u00a0MXN vencidos desde hace 10 días"
    )
    await expect(page.get_by_text("3 clientes")).to_be_visible()
    await expect(page.locator(".totals")).to_contain_text("5,970.00MXN")


async def test_a_promise_without_the_mouse(site: Site, factory: Factory) -> None:
    await _portfolio(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await page.locator("tbody tr").first.wait_for()

    for key in ("j", "j", "p"):
        await page.keyboard.press(key)
    amount = page.get_by_label("Monto (MXN)")
    await expect(amount).to_be_focused()
    await expect(amount).to_have_value("900.00")
    await page.keyboard.type("450.50")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("Abarrotes Sol: promesa para el 23 nov.")).to_be_visible()
    await expect(page.locator("tr.current").get_by_text("Pendiente")).to_be_visible()
    async with factory.read() as tx:
        promise = (await tx.session.scalars(select(Promise))).one()
    assert (promise.amount_minor, promise.currency) == (45050, "MXN")
    assert promise.due_on == TODAY + timedelta(days=7)

    await page.keyboard.press("Escape")
    await page.keyboard.press("z")
    row = page.locator("tbody tr", has_text="Abarrotes Sol")
    await expect(row.get_by_text("Pendiente")).to_have_count(0)
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Promise))).one().state == "cancelled"


async def test_who_has_promised_leaves_the_list_and_the_next_one_is_at_hand(
    site: Site, factory: Factory
) -> None:
    await _portfolio(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page)
    await page.locator("tbody tr").first.wait_for()

    for key in ("j", "p"):
        await page.keyboard.press(key)
    await expect(page.get_by_label("Monto (MXN)")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".list tbody tr a")).to_have_text(["Abarrotes Sol", "Escuela Mar"])
    await page.keyboard.press("j")

    await expect(page.locator(".detail h2")).to_have_text("Abarrotes Sol")


async def test_single_keys_are_text_inside_an_input_and_can_be_switched_off(
    site: Site, factory: Factory
) -> None:
    await _portfolio(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page)
    await page.locator("tbody tr").first.wait_for()

    await page.keyboard.press("/")
    await page.keyboard.type("escuela")
    await expect(page.locator(".list tbody tr a")).to_have_text(["Escuela Mar"])
    await expect(page).to_have_url(re.compile(r"/cartera\?q=escuela$"))
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.get_by_label("Usar atajos de una sola tecla").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/cartera\?q=escuela$"))

    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Escriba lo que quiere hacer").fill("indica")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/indicadores$"))


async def test_what_another_person_does_appears_without_reload(site: Site, factory: Factory) -> None:
    customer = await factory.customer("Clínica Luna")
    await factory.receivable(customer, "5000.00")
    page = await site.page()
    await site.sign_in(await site.member(), page)
    await expect(page.locator("tbody .overdue")).to_have_text("5,000.00MXN")
    await page.wait_for_timeout(1000)

    await factory.receivable(customer, "250.00")
    told = {"kind": ChangeKind.CUSTOMER.value, "node_id": str(customer.id), "customer_id": str(customer.id)}
    await site.redis.publish(screens_channel(factory.organization_id), json.dumps(told))

    await expect(page.locator("tbody .overdue")).to_have_text("5,250.00MXN")


async def test_a_session_that_ends_asks_for_the_password_again(site: Site, factory: Factory) -> None:
    await _portfolio(factory)
    page = await site.page()
    member = await site.member()
    await site.sign_in(member, page)
    await page.locator("tbody tr").first.wait_for()

    async with factory.write() as tx:
        await tx.session.execute(text("DELETE FROM member_session"))
    await page.keyboard.press("g")
    await page.keyboard.press("p")

    await expect(page.get_by_role("heading", name="Iniciar sesión")).to_be_visible()
    await page.get_by_label("Correo electrónico").fill(member.email)
    await page.get_by_label("Contraseña").fill("not it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("El correo o la contraseña no coinciden.")
