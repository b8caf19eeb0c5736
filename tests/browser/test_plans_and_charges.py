"""Payment plans, and interest and cost, as a person works with them on the real API."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from cartera.db.tables.charges import Charge
from cartera.db.tables.organizations import Member
from cartera.db.tables.plans import Plan
from cartera.db.tables.receivables import Entry
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.plans import PlanPolicy
from cartera.rules.receivables import EntryKind
from cartera.rules.waivers import Limit
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.plans import set_plan_policy
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory

pytestmark = pytest.mark.browser


async def _open(page: Page, tab: str) -> None:
    await page.get_by_role("link", name="Papelería El Sol").click()
    await page.get_by_role("tab", name=tab).click()


async def _confirm(place: Page | Locator) -> None:
    """Agree to what is asked, after the moment in which a second click counts as the first one's twin."""
    await asyncio.sleep(0.5)
    await place.get_by_role("button", name="Confirmar").click()


async def _debt(factory: Factory, collector: Member) -> None:
    customer = await factory.customer("Papelería El Sol", collector_id=collector.id)
    await factory.receivable(customer, "100000.00", number="F-1", due_on=TODAY - timedelta(days=30))
    await factory.receivable(customer, "20000.00", number="F-2", due_on=TODAY - timedelta(days=1))


async def test_a_plan_from_its_preview_to_the_signed_paper(site: Site, factory: Factory) -> None:
    anna = await site.member("collector")
    await _debt(factory, anna)
    page = await site.page()
    await site.sign_in(anna, page, "/cartera?vista=todo")
    await _open(page, "Convenios")
    await page.get_by_role("button", name="Proponer convenio").click()

    schedule = page.get_by_role("region", name="Calendario de pagos")
    await expect(schedule).to_contain_text("120,000.00MXN")
    await page.get_by_label("Anticipo (MXN)").fill("30,000")
    await page.get_by_label("Interés anual (%)").fill("12")
    # 90,000.00 at 12 % from today: 30 days, and then 60,000.00 and 30,000.00 for a month each.
    await expect(schedule.locator("tbody tr")).to_have_count(4)
    await expect(schedule).to_contain_text("Anticipo")
    await page.get_by_label("Cantidad de cuotas").fill("40")
    await expect(page.get_by_text("El convenio puede tener hasta 12 cuotas.")).to_be_visible()
    await page.get_by_label("Cantidad de cuotas").fill("3")
    await page.get_by_role("button", name="Proponer", exact=True).click()

    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Propuesto").first).to_be_visible()
    await dialog.get_by_role("button", name="Marcar como firmado").click()
    await dialog.get_by_role("button", name="Marcar como firmado").click()
    await expect(dialog.get_by_text("entra en vigor")).to_be_visible()
    await _confirm(dialog)
    await expect(dialog.get_by_text("Activo", exact=True)).to_be_visible()
    await expect(dialog.get_by_text("Pendiente", exact=True)).to_have_count(4)
    path = await dialog.get_by_role("link", name="Descargar el convenio").get_attribute("href")
    paper = await page.request.get(f"{site.url}{path}")
    await dialog.get_by_role("button", name="Cerrar").first.click()

    assert paper.status == 200
    assert (await paper.body()).startswith(b"%PDF")
    await expect(page.get_by_text("Próxima cuota: 30,000.00")).to_be_visible()
    async with factory.read() as tx:
        plan = (await tx.session.scalars(select(Plan))).one()
    assert (plan.state, plan.down_payment_minor, plan.principal_minor) == ("active", 3_000_000, 12_000_000)
    assert plan.total_minor == 12_000_000 + plan.interest_minor
    assert plan.interest_minor > 0

    await page.get_by_role("tab", name="Cambios").click()
    await expect(page.get_by_text("puso en marcha el convenio")).to_be_visible()
    await expect(page.get_by_text("PropuestoDespués:Activo")).to_have_count(0)
    await expect(page.locator("li", has_text="puso en marcha").locator("s")).to_contain_text("Propuesto")


async def test_what_forgives_more_awaits_whoever_may(site: Site, factory: Factory) -> None:
    anna = await site.member("collector")
    await _debt(factory, anna)
    async with factory.write() as tx:
        await set_plan_policy(tx, PlanPolicy(max_principal_percent=20))
    page = await site.page()
    await site.sign_in(anna, page, "/cartera?vista=todo")
    await _open(page, "Convenios")
    await page.get_by_role("button", name="Proponer convenio").click()
    await page.get_by_label("Se condona de capital (MXN)").fill("30000")
    await expect(page.get_by_text("permite condonar hasta el 20 %")).to_be_visible()
    await page.get_by_label("Se condona de capital (MXN)").fill("10000")
    await expect(page.get_by_text("Necesita autorización", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Proponer", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Espera que una gerencia")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Autorizar")).to_have_count(0)
    await expect(dialog.get_by_role("button", name="Marcar como firmado")).to_have_count(0)

    boss = await site.page()
    await site.sign_in(await site.member("manager"), boss, page.url.removeprefix(site.url))
    await boss.get_by_role("dialog").get_by_role("button", name="Autorizar").click()
    await boss.get_by_role("dialog").get_by_role("button", name="Autorizar").click()
    await _confirm(boss.get_by_role("dialog"))
    await expect(boss.get_by_role("dialog").get_by_role("button", name="Marcar como firmado")).to_be_visible()

    async with factory.read() as tx:
        plan = (await tx.session.scalars(select(Plan))).one()
    assert plan.approved_at is not None


async def test_interest_is_posted_by_hand_and_waived_with_a_reason(site: Site, factory: Factory) -> None:
    anna = await site.member("collector")
    await _debt(factory, anna)
    policy = NewPolicy(Terms(Basis.LEGAL), Posting.BY_HAND, collector_waiver=Limit(percent=Decimal(50)))
    async with factory.write() as tx:
        await set_policy(tx, policy)
    page = await site.page()
    await site.sign_in(anna, page, "/cartera?vista=todo")
    await _open(page, "Intereses y gastos")

    await expect(page.get_by_text("2 líneas elegidas: 496.44")).to_be_visible()
    await expect(page.get_by_text("6 % anual sobre 100,000.00").first).to_be_visible()
    await page.get_by_role("checkbox", name="F-2").uncheck()
    await page.get_by_role("button", name="Registrar lo elegido").click()
    await page.get_by_role("button", name="Registrar", exact=True).click()
    await expect(page.get_by_text("Se registra 1 cargo por 493.15")).to_be_visible()
    await _confirm(page)
    await expect(page.get_by_text("Papelería El Sol: 1 cargo registrado, 493.15")).to_be_visible()

    await page.get_by_role("button", name="Condonar").click()
    form = page.get_by_role("form", name="Condonar cargo")
    await form.get_by_role("button", name="Condonar").click()
    await expect(form.get_by_text("Escriba el motivo")).to_be_visible()
    await form.get_by_label("Motivo").fill("Error de entrega")
    await form.get_by_role("button", name="Condonar").click()
    await _confirm(form)
    # The role's limit is said at the amount, and nothing typed is lost.
    await expect(form.get_by_text("más que eso lo autoriza un gerente")).to_be_visible()
    await expect(form.get_by_label("Motivo")).to_have_value("Error de entrega")
    await form.get_by_label("Monto (MXN)").fill("200")
    await form.get_by_role("button", name="Condonar").click()
    await expect(form.get_by_text("Se condonan 200.00")).to_be_visible()
    await _confirm(form)
    await expect(page.get_by_text("condonados de F-1")).to_be_visible()
    await expect(page.get_by_text("293.15").first).to_be_visible()

    async with factory.read() as tx:
        charge = (await tx.session.scalars(select(Charge))).one()
        waiver = (await tx.session.scalars(select(Entry).where(Entry.kind == EntryKind.WAIVER))).one()
    assert (charge.amount_minor, charge.balance_minor) == (49_315, 29_315)
    assert (waiver.amount_minor, waiver.note) == (-20_000, "Error de entrega")


async def test_policies_and_rates_are_changed_and_say_what_is_wrong(site: Site) -> None:
    page = await site.page()
    await site.sign_in(await site.member("admin"), page, "/libros")
    charging = page.locator("section", has_text="Intereses y gastos de cobranza").first
    await charging.get_by_role("button", name="Cambiar").click()
    form = page.get_by_role("form", name="Cambiar la política de cargos")
    await form.get_by_text("Lo convenido", exact=True).click()
    await form.get_by_text("A mano", exact=True).click()
    await form.get_by_role("button", name="Guardar").click()
    await _confirm(form)
    await expect(form.get_by_text("Indique la tasa o la pena convenida.")).to_be_visible()
    await form.get_by_label("Interés convenido (% anual)").fill("24.5")
    await form.get_by_role("button", name="Guardar").click()
    await _confirm(form)
    await expect(charging.get_by_text("24.5 % anual")).to_be_visible()

    rates = page.get_by_role("form", name="Registrar un valor")
    await rates.get_by_label("Moneda").fill("MXN")
    await rates.get_by_label("MXN por una unidad").fill("20")
    await rates.get_by_label("Fuente").fill("Banco central")
    await rates.get_by_role("button", name="Registrar").click()
    await expect(rates.get_by_text("MXN es la moneda de la empresa")).to_be_visible()
    await rates.get_by_label("Moneda").fill("usd")
    await rates.get_by_role("button", name="Registrar").click()
    listed = page.locator("section", has_text="Tipos de cambio y tasas").last.get_by_role("listitem")
    await expect(listed).to_have_count(1)
    await expect(listed).to_contain_text("20")
    await rates.get_by_text("Varios", exact=True).click()
    many = rates.get_by_label("Fecha y valor (MXN por una unidad)")
    await many.fill("Fecha\tFIX\n12/11/2026\t18.40\nayer\t18.50")
    await rates.get_by_role("button", name="Registrar").click()
    await expect(rates.get_by_text("No se entienden las líneas 3")).to_be_visible()
    await many.fill("Fecha\tFIX\n12/11/2026\t18.40\n2026-11-13\t18,50")
    await rates.get_by_role("button", name="Registrar").click()
    await expect(listed).to_have_count(3)
    await expect(listed.nth(1)).to_contain_text("18.5")

    planning = page.locator("section", has_text="Lo que se puede acordar desde ahora").first
    await planning.get_by_role("button", name="Cambiar").click()
    form = page.get_by_role("form", name="Cambiar la política de convenios")
    await form.get_by_label("Cuotas como máximo").fill("0")
    await form.get_by_role("button", name="Guardar").click()
    await expect(form.get_by_text("Escriba un número entre 1 y")).to_be_visible()
    await form.get_by_label("Cuotas como máximo").fill("6")
    await form.get_by_role("button", name="Guardar").click()
    await expect(form).to_have_count(0)
