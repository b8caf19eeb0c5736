"""A dispute with its file, and a cheque that bounces, on the real API."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from cartera.db.tables.disputes import Dispute
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.receivables import Receivable
from cartera.services.instrument_policies import NewPolicy, set_policy
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory

pytestmark = pytest.mark.browser

LAW = "Ley General de Títulos y Operaciones de Crédito, art. 193"
PDF = b"%PDF-1.4\n% an order\n"


async def _at_customer(site: Site, factory: Factory, role: str = "manager") -> Page:
    """The page of a customer who owes 1,000.00 MXN: F-1."""
    customer = await factory.customer("Clínica Luna")
    await factory.receivable(customer, "1000.00", number="F-1", due_on=TODAY - timedelta(days=40))
    page = await site.page()
    member = await site.member(role)
    if role == "collector":
        async with factory.write() as tx:
            customer = await tx.session.merge(customer)
            customer.collector_id = member.id
    await site.sign_in(member, page, "/cartera?vista=todo")
    await page.get_by_role("link", name="Clínica Luna").click()
    await page.get_by_role("heading", name="Clínica Luna").wait_for()
    return page


async def _agree(where: Locator) -> None:
    """Confirm what was asked, no sooner than a person could have read it."""
    await asyncio.sleep(0.5)
    await where.get_by_role("button", name="Confirmar").click()


async def _balance(factory: Factory) -> int:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Receivable.balance_minor))).one()


async def _dispute(page: Page, amount: str) -> None:
    await page.keyboard.press("d")
    await expect(page.get_by_label("Documento", exact=True)).to_be_focused()
    await page.get_by_label("Motivo", exact=True).select_option("PRICE")
    await page.get_by_label("Monto reclamado (MXN)").fill(amount)
    await page.get_by_label("Nota").fill("El precio no es el de la orden.")
    await page.get_by_role("button", name="Guardar reclamo").click()


async def test_a_dispute_with_a_file_is_accepted_in_part(site: Site, factory: Factory) -> None:
    page = await _at_customer(site, factory)

    await _dispute(page, "2000")
    await expect(page.get_by_text("No puede superar 1,000.00\u00a0MXN")).to_be_visible()
    await expect(page.get_by_label("Monto reclamado (MXN)")).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("300")
    await page.keyboard.press("Enter")

    dispute = page.get_by_role("dialog", name="Reclamo de 300.00\u00a0MXN sobre F-1")
    await expect(dispute.get_by_text("El precio no es el de la orden.")).to_be_visible()
    files = dispute.locator("input[type=file]")
    await files.set_input_files(
        [
            {"name": "orden.pdf", "mimeType": "application/pdf", "buffer": PDF},
            {"name": "página.html", "mimeType": "text/html", "buffer": b"<script>1</script>"},
        ]
    )
    await expect(dispute.get_by_role("alert")).to_contain_text("página.html: ")
    # The browser complains of a refused upload; of nothing else.
    assert ["400" in complaint for complaint in site.complaints] == [True]
    site.complaints.clear()
    async with page.expect_download() as downloading:
        await dispute.get_by_role("link", name="orden.pdf").click()
    kept = Path(await (await downloading.value).path())
    assert await asyncio.to_thread(kept.read_bytes) == PDF
    await dispute.get_by_label("Comentario").fill("Ventas confirma el precio anterior.")
    await dispute.get_by_role("button", name="Comentar").click()
    await expect(dispute.locator("li", has_text="Ventas confirma")).to_be_visible()
    await expect(dispute.get_by_label("Comentario")).to_have_value("")

    await dispute.get_by_role("button", name="Aceptar", exact=True).click()
    await dispute.get_by_label("Monto que se acepta (MXN)").fill("120.50")
    await dispute.get_by_label("Número de la nota de crédito").fill("NC-77")
    await dispute.get_by_role("button", name="Aceptar", exact=True).click()
    question = "La nota de crédito NC-77 reduce F-1 en 120.50\u00a0MXN"
    await expect(dispute.get_by_text(question)).to_be_visible()
    assert await _balance(factory) == 1_000_00
    await _agree(dispute)

    await expect(dispute.get_by_text("Aceptado", exact=True)).to_be_visible()
    await expect(dispute.get_by_role("link", name="NC-77")).to_be_visible()
    assert await _balance(factory) == 879_50
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("tabpanel").get_by_text("No hay reclamos abiertos.")).to_be_visible()
    await page.get_by_role("tab", name="Resumen").click()
    await expect(page.get_by_role("row", name="F-1")).to_contain_text("879.50MXN")


async def test_a_collector_answers_disputes_but_does_not_credit(site: Site, factory: Factory) -> None:
    page = await _at_customer(site, factory, "collector")
    await _dispute(page, "300")
    dispute = page.get_by_role("dialog")
    await expect(dispute.get_by_role("button", name="Aceptar", exact=True)).to_have_count(0)

    await dispute.get_by_role("button", name="Cambiar plazo").click()
    await dispute.get_by_label("Responder hasta").fill((TODAY - timedelta(days=1)).isoformat())
    await dispute.get_by_role("button", name="Guardar plazo").click()
    await expect(dispute.get_by_text("La fecha ya pasó.")).to_be_visible()
    await dispute.get_by_label("Responder hasta").fill((TODAY + timedelta(days=9)).isoformat())
    await dispute.get_by_role("button", name="Guardar plazo").click()
    await expect(page.get_by_text("Nuevo plazo: 25 nov.")).to_be_visible()

    await dispute.get_by_role("button", name="Rechazar").click()
    await dispute.get_by_role("button", name="Rechazar").click()
    await expect(dispute.get_by_text("Escriba el motivo en pocas palabras.")).to_be_visible()
    await dispute.get_by_label("Motivo").fill("La orden dice lo mismo.")
    await dispute.get_by_role("button", name="Rechazar").click()
    await _agree(dispute)

    await expect(dispute.get_by_text("Rechazado", exact=True)).to_be_visible()
    async with factory.read() as tx:
        found = (await tx.session.scalars(select(Dispute))).one()
    assert (found.state, found.resolution) == ("rejected", "La orden dice lo mismo.")
    assert found.deadline_on == TODAY + timedelta(days=9)
    assert await _balance(factory) == 1_000_00


async def test_a_cheque_bounces_and_the_debt_stands_again_with_the_fee(site: Site, factory: Factory) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(LAW, percent=Decimal(20)))
    page = await _at_customer(site, factory)
    await page.get_by_role("tab", name="Cheques y pagarés").click()

    await page.get_by_role("button", name="Registrar cheque o pagaré").click()
    form = page.get_by_role("form", name="Registrar cheque o pagaré")
    await form.get_by_label("Número").fill("123")
    await form.get_by_label("Banco").fill("Banco Norte")
    await form.get_by_label("Monto").fill("600")
    await form.get_by_label("Fecha de cobro").fill("2026-11-13")
    await form.get_by_label("Recibido el").fill("2026-11-13")
    await form.get_by_text("A mano").click()
    await form.get_by_role("button", name="Guardar").click()
    await expect(form.get_by_text("Escriba cuánto va a algún documento.")).to_be_visible()
    await form.get_by_role("button", name="Cubrir F-1").click()
    await form.get_by_role("button", name="Guardar").click()
    await page.get_by_role("link", name="Cheque 123 · Banco Norte").click()

    paper = page.get_by_role("dialog", name="Cheque 123 · Banco Norte")
    await paper.get_by_role("button", name="Depositar").click()
    await paper.get_by_role("button", name="Depositar").click()
    await _agree(paper)
    # Today is a holiday of the banks.
    day = paper.get_by_label("Día del depósito")
    await expect(day).to_be_focused()
    await expect(day).to_have_attribute("aria-invalid", "true")
    await day.fill("2026-11-13")
    await paper.get_by_role("button", name="Depositar").click()
    assert await _balance(factory) == 1_000_00
    await _agree(paper)
    await expect(paper.get_by_text("Depositado", exact=True)).to_be_visible()
    assert await _balance(factory) == 400_00

    await paper.get_by_role("button", name="Registrar rechazo").click()
    await expect(paper.get_by_text(f"La política carga 20\u00a0% ({LAW})")).to_be_visible()
    await paper.get_by_label("Motivo del rechazo").select_option("INSUFFICIENT_FUNDS")
    await paper.get_by_role("button", name="Registrar rechazo").click()
    await _agree(paper)

    await expect(paper.get_by_text("Fondos insuficientes")).to_be_visible()
    # What was owed, and a fifth of the cheque.
    assert await _balance(factory) == 1_120_00
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Instrument.state))).one() == "bounced"
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Resumen").click()
    await expect(page.get_by_role("row", name="F-1")).to_contain_text("1,120.00MXN")


async def test_what_is_to_be_deposited_is_listed_and_leaves_the_list(site: Site, factory: Factory) -> None:
    page = await _at_customer(site, factory)
    await page.get_by_role("tab", name="Cheques y pagarés").click()
    await page.get_by_role("button", name="Registrar cheque o pagaré").click()
    form = page.get_by_role("form", name="Registrar cheque o pagaré")
    await form.get_by_label("Número").fill("9")
    await form.get_by_label("Monto").fill("1000")
    await form.get_by_label("Fecha de cobro").fill("2026-11-13")
    await form.get_by_label("Recibido el").fill("2026-11-13")
    await form.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Cheque 9 por 1,000.00\u00a0MXN registrado.")).to_be_visible()

    await page.get_by_role("link", name="Cheques", exact=True).click()
    await expect(page.get_by_text("1 cheque o pagaré")).to_be_visible()
    await page.get_by_role("link", name="Cheque 9").click()
    paper = page.get_by_role("dialog", name="Cheque 9")
    await paper.get_by_role("button", name="Depositar").click()
    await paper.get_by_label("Día del depósito").fill("2026-11-13")
    await paper.get_by_role("button", name="Depositar").click()
    await _agree(paper)
    await expect(paper.get_by_text("Depositado", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Nada por depositar")).to_be_visible()
    assert await _balance(factory) == 0
