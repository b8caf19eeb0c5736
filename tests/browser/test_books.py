"""Payments, credit notes and documents on a customer's page, on the real API."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import func, select

from cartera.db.tables.payments import Payment, PaymentReversal
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.receivables import EntryKind
from tests.browser.conftest import Site
from tests.factories import TODAY, Factory

pytestmark = pytest.mark.browser


async def _customer(factory: Factory, **values: object) -> str:
    """Owes 1,000.00 and 500.00 MXN: F-1 and F-2, by age."""
    customer = await factory.customer("Clínica Luna", **values)
    await factory.receivable(customer, "1000.00", number="F-1", due_on=TODAY - timedelta(days=40))
    await factory.receivable(customer, "500.00", number="F-2", due_on=TODAY - timedelta(days=10))
    return customer.name


async def _open(page: Page, name: str) -> None:
    await page.get_by_role("link", name=name).click()
    await page.get_by_role("heading", name=name).wait_for()


async def _agree(where: Page | Locator) -> None:
    """Confirm what was asked, no sooner than a person could have read it."""
    await asyncio.sleep(0.5)
    await where.get_by_role("button", name="Confirmar").click()


async def _balances(factory: Factory) -> list[int]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Receivable.balance_minor).order_by(Receivable.number)))


async def test_a_payment_by_hand_with_a_withholding_and_its_reversal(site: Site, factory: Factory) -> None:
    name = await _customer(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await _open(page, name)

    await page.keyboard.press("r")
    await expect(page.get_by_label("Monto", exact=True)).to_be_focused()
    await page.keyboard.type("1000")
    await page.get_by_text("A mano").click()
    await page.get_by_role("button", name="Agregar retención o descuento").click()
    await expect(page.get_by_label("Del documento")).to_be_focused()
    await page.get_by_label("Importe descontado").fill("2000")
    await page.get_by_role("textbox", name="F-1").fill("900.00")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("textbox", name="F-2")).to_be_focused()
    await page.keyboard.type("200")
    await expect(page.get_by_text("Se aplica de más")).to_be_visible()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("60")
    await expect(page.locator("dl", has_text="Saldo a favor").last).to_contain_text("40.00MXN")
    await page.keyboard.press("Enter")

    # Refused at its field; nothing that was typed is lost.
    await expect(page.get_by_label("Importe descontado")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text(
        "supera lo que se debe del documento: 1000.00 MXN"
    )
    assert await _balances(factory) == [100000, 50000]
    await page.keyboard.press("Control+a")
    await page.keyboard.type("100")
    await page.keyboard.press("Enter")

    await expect(
        page.get_by_text("pago de 1,000.00\u00a0MXN registrado; 40.00\u00a0MXN quedan como saldo a favor")
    ).to_be_visible()
    assert await _balances(factory) == [0, 44000]

    await page.get_by_role("tab", name="Pagos").click()
    await page.get_by_role("link", name="Transferencia", exact=True).click()
    dialog = page.get_by_role("dialog", name="Pago de 1,000.00\u00a0MXN")
    await expect(dialog).to_contain_text("Retención de impuesto")
    await dialog.get_by_role("button", name="Registrar reversión").click()
    await dialog.get_by_text("Contracargo").click()
    await dialog.get_by_label("Motivo (opcional)").fill("El banco la retiró")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text(
        "Contracargo de 1,000.00\u00a0MXN: 960.00\u00a0MXN dejan de estar pagados y se vuelven a deber."
    )
    assert await _balances(factory) == [0, 44000]
    await _agree(dialog)

    await expect(page.get_by_text("Reversión registrada: Contracargo de 1,000.00\u00a0MXN.")).to_be_visible()
    await expect(dialog).to_contain_text("El banco la retiró")
    assert await _balances(factory) == [100000, 50000]
    async with factory.read() as tx:
        reversal = (await tx.session.scalars(select(PaymentReversal))).one()
        undone = await tx.session.scalar(
            select(func.sum(Entry.amount_minor)).where(Entry.kind == EntryKind.REVERSAL)
        )
    assert (reversal.kind, reversal.amount_minor, reversal.reason) == (
        "chargeback",
        100000,
        "El banco la retiró",
    )
    assert undone == 106000


async def test_credit_is_put_on_a_document_and_taken_off_again(site: Site, factory: Factory) -> None:
    name = await _customer(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await _open(page, name)
    await page.keyboard.press("r")
    await page.get_by_label("Monto", exact=True).fill("300")
    await page.get_by_text("A mano").click()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("300.00\u00a0MXN quedan como saldo a favor")).to_be_visible()

    await page.get_by_role("tab", name="Pagos").click()
    await page.get_by_role("link", name="Transferencia", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Aplicar saldo a favor").click()
    await dialog.get_by_text("A mano").click()
    await dialog.get_by_role("button", name="Cubrir F-2").click()
    await expect(dialog.get_by_role("textbox", name="F-2")).to_have_value("300.00")
    await dialog.get_by_role("button", name="Aplicar", exact=True).click()
    await _agree(dialog)
    await expect(page.get_by_text("Se aplicaron 300.00\u00a0MXN.")).to_be_visible()
    assert await _balances(factory) == [100000, 20000]

    await dialog.get_by_role("button", name="Quitar el pago de F-2").click()
    await dialog.get_by_role("button", name="Quitar", exact=True).click()
    await _agree(dialog)
    await expect(page.get_by_text("Se quitaron 300.00\u00a0MXN de F-2")).to_be_visible()

    assert await _balances(factory) == [100000, 50000]
    async with factory.read() as tx:
        payment = (await tx.session.scalars(select(Payment))).one()
    assert (payment.allocated_minor, payment.unapplied_minor) == (0, 30000)


async def test_documents_are_written_off_together_and_owed_again(site: Site, factory: Factory) -> None:
    name = await _customer(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await _open(page, name)
    await page.get_by_role("tab", name="Documentos").click()
    await page.get_by_label("Elegir F-1").check()
    await page.get_by_label("Elegir F-2").check()
    await expect(page.get_by_text("2 documentos elegidos: 1,500.00\u00a0MXN")).to_be_visible()
    await page.get_by_role("button", name="Castigar").click()
    await page.keyboard.type("Cerró el negocio")
    await page.get_by_role("button", name="Castigar").click()
    await _agree(page)
    await expect(page.get_by_text("2 documentos castigados: 1,500.00\u00a0MXN.")).to_be_visible()
    assert await _balances(factory) == [0, 0]

    await page.get_by_label("Solo los abiertos").uncheck()
    await page.get_by_role("link", name="F-1").click()
    dialog = page.get_by_role("dialog", name="Factura F-1")
    await expect(dialog.get_by_role("row", name=re.compile("Castigo"))).to_contain_text("Cerró el negocio")
    await dialog.get_by_role("button", name="Volver a cobrar").click()
    await page.keyboard.type("Apareció el dueño")
    await dialog.get_by_role("button", name="Volver a cobrar").click()
    await _agree(dialog)

    await expect(page.get_by_text("F-1 se vuelve a cobrar.")).to_be_visible()
    assert await _balances(factory) == [100000, 0]


async def test_a_credit_note_reduces_a_document_until_it_is_annulled(site: Site, factory: Factory) -> None:
    name = await _customer(factory)
    page = await site.page()
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await _open(page, name)
    await page.get_by_role("tab", name="Notas de crédito").click()
    await page.get_by_role("button", name="Registrar nota de crédito").click()
    await page.get_by_label("Número").fill("NC-7")
    await page.get_by_label("Monto", exact=True).fill("120")
    await page.get_by_role("textbox", name="F-1").fill("100")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Nota de crédito NC-7 por 120.00\u00a0MXN registrada.")).to_be_visible()
    assert await _balances(factory) == [90000, 50000]

    await page.get_by_role("link", name="NC-7", exact=True).click()
    dialog = page.get_by_role("dialog", name="Nota de crédito NC-7")
    await dialog.get_by_role("button", name="Anular nota de crédito").click()
    await page.keyboard.type("Mal emitida")
    await dialog.get_by_role("button", name="Anular nota de crédito").click()
    await _agree(dialog)

    await expect(dialog.get_by_text("Anulada", exact=True)).to_be_visible()
    assert await _balances(factory) == [100000, 50000]


async def test_only_who_may_change_the_books_is_offered_to(site: Site, factory: Factory) -> None:
    collector = await site.member("collector")
    name = await _customer(factory, collector_id=collector.id)
    page = await site.page()
    await site.sign_in(collector, page, "/cartera?vista=todo")
    await _open(page, name)

    await page.get_by_role("tab", name="Notas de crédito").click()
    await expect(page.get_by_text("No hay notas de crédito por aplicar.")).to_be_visible()

    await expect(page.get_by_role("button", name="Registrar nota de crédito")).to_have_count(0)
    await expect(page.get_by_role("link", name="Libros")).to_have_count(0)


async def test_periods_are_closed_and_opened_again(site: Site, factory: Factory) -> None:
    page = await site.page()
    await site.sign_in(await site.member(), page, "/libros")
    await expect(page.get_by_text("Ningún periodo está cerrado.")).to_be_visible()

    await page.get_by_role("button", name="Cerrar periodo").click()
    await page.get_by_role("button", name="Cerrar periodo").click()
    await _agree(page)
    await expect(page.get_by_text("Los libros están cerrados hasta el")).to_be_visible()

    await page.get_by_role("button", name="Reabrir").click()
    await page.get_by_role("button", name="Reabrir").click()
    await expect(page.get_by_role("alert")).to_have_text("Escriba el motivo en pocas palabras.")
    await page.get_by_label("Motivo").fill("Faltó una nota")
    await page.get_by_role("button", name="Reabrir").click()
    await _agree(page)
    await expect(page.get_by_text("Ningún periodo está cerrado.")).to_be_visible()

    await page.get_by_label("Descuento por pronto pago (%)").fill("2.5")
    await page.get_by_label("Días desde la emisión").fill("10")
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Política guardada.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Descuento por pronto pago (%)")).to_have_value("2.50")


async def test_a_missing_exchange_rate_is_said_beside_its_document(site: Site, factory: Factory) -> None:
    customer = await factory.customer("Clínica Luna")
    await factory.receivable(customer, "1000.00", number="F-1")
    await factory.receivable(customer, "90.00", number="F-2", currency="USD")
    page = await site.page()
    await site.sign_in(await site.member(), page, "/cartera?vista=todo")
    await _open(page, customer.name)
    await page.keyboard.press("r")
    await page.get_by_label("Monto", exact=True).fill("500")
    await page.get_by_text("A mano").click()
    dollars = page.get_by_role("textbox", name="F-2")
    await dollars.fill("400")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("alert")).to_contain_text("Sin tipo de cambio para USD")
    await expect(dollars).to_be_focused()
    await expect(dollars).to_have_value("400")
    assert await _balances(factory) == [100000, 9000]

    await factory.rate("USD", "20")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("pago de 500.00\u00a0MXN registrado")).to_be_visible()
    assert await _balances(factory) == [100000, 7000]
