"""What reminders and receipts say, in each language, and that data stays data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

import cartera.channels
from cartera.channels.figures import amount, day, locale_of
from cartera.channels.letters import Applied, Letterhead, Receipt, receipt, reminder
from cartera.channels.wording import both
from cartera.rules.money import Money
from cartera.rules.reminders import Debt, Tone

TODAY = date(2026, 11, 16)
URL = "http://127.0.0.1:8000/p/l/secret?a=1&b=2"
HEAD = Letterhead(
    seller="Distribuidora del Valle",
    contact_name="Ana Torres",
    contact_email="cobranza@delvalle.example",
    contact_phone="+525555550100",
    accent="#335577",
    language="es",
    country="MX",
    name="María López",
    customer="Abarrotes Lupita",
)


def debt(number: str, due_in: int, money: Money) -> Debt:
    due_on = TODAY + timedelta(days=due_in)
    return Debt(UUID(int=1), number, due_on, due_on + timedelta(days=1), money)


DEBTS = [debt("F-1", -10, Money(123_450, "MXN")), debt("F-2", 1, Money(20_000, "USD"))]


def test_a_reminder_holds_name_amounts_due_dates_and_link() -> None:
    written = reminder(HEAD, DEBTS, Tone.FRIENDLY, TODAY, URL)
    assert written.subject == "Distribuidora del Valle: recordatorio de pago, 1,234.50 MXN y 200.00 USD"
    assert "Hola, María López:" in written.text
    assert "la cuenta de Abarrotes Lupita tiene un saldo pendiente" in written.text
    assert (
        "- F-1 · Vencimiento: 6 de noviembre de 2026 (venció hace 10 días) · Saldo: 1,234.50 MXN"
        in written.text
    )
    assert "- F-2 · Vencimiento: 17 de noviembre de 2026 (vence mañana) · Saldo: 200.00 USD" in written.text
    assert "Total: 1,234.50 MXN\nTotal: 200.00 USD\n" in written.text
    assert f"\n{URL}\n" in written.text
    assert "Ana Torres · cobranza@delvalle.example · +525555550100" in written.text
    assert 'href="http://127.0.0.1:8000/p/l/secret?a=1&amp;b=2"' in written.html
    assert "background:#335577" in written.html


@pytest.mark.parametrize(
    ("language", "country", "subject", "figure"),
    [
        ("en", "US", "Distribuidora del Valle: overdue balance, ", "1,234.50 MXN"),
        ("pt", "BR", "Distribuidora del Valle: saldo vencido, ", "1.234,50 MXN"),
        ("es", "CO", "Distribuidora del Valle: saldo vencido, ", "1.234,50 MXN"),
    ],
)
def test_each_language_writes_figures_its_own_way(
    language: str, country: str, subject: str, figure: str
) -> None:
    head = replace(HEAD, language=language, country=country)
    written = reminder(head, DEBTS[:1], Tone.FIRM, TODAY, URL)
    assert written.subject == subject + figure
    assert figure in written.text
    assert figure in written.html


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("tone", Tone)
def test_every_tone_and_the_receipt_are_written_in_every_language(language: str, tone: Tone) -> None:
    head = replace(HEAD, language=language, opt_out=True)
    written = [
        reminder(head, DEBTS, tone, TODAY, URL),
        receipt(head, Receipt(Money(500, "MXN"), TODAY, "REF", [], Money(500, "MXN"), [Money(1, "USD")])),
    ]
    for each in written:
        assert "{{" not in each.text + each.html + each.subject
        assert each.subject.startswith(HEAD.seller)


def test_what_customers_are_called_is_text_and_never_markup_or_template() -> None:
    head = replace(HEAD, name="<b>{{ say }}</b>", customer="A & B {% if %}", seller="<script>")
    written = reminder(head, DEBTS, Tone.FRIENDLY, TODAY, "http://x/?a=1&b=2")
    assert "&lt;b&gt;{{ say }}&lt;/b&gt;" in written.html
    assert "A &amp; B {% if %}" in written.html
    assert "<script>" not in written.html
    assert "Hola, <b>{{ say }}</b>:" in written.text


def test_an_accent_that_mail_programs_do_not_know_gives_way() -> None:
    evil = replace(HEAD, accent='oklch(0.5 0.13 250)"><script>')
    assert "oklch" not in reminder(evil, DEBTS, Tone.FRIENDLY, TODAY, URL).html


def test_only_who_must_be_told_is_told_how_to_stop() -> None:
    assert "BAJA" not in reminder(HEAD, DEBTS, Tone.FRIENDLY, TODAY, URL).text
    assert "BAJA" in reminder(replace(HEAD, opt_out=True), DEBTS, Tone.FRIENDLY, TODAY, URL).html


def test_a_receipt_says_where_the_money_went_and_what_is_left() -> None:
    paid = Receipt(
        amount=Money(150_000, "MXN"),
        received_on=TODAY,
        reference="SPEI 42",
        applied=[
            Applied("F-1", Money(123_450, "MXN"), Money(0, "MXN")),
            Applied("F-2", Money(20_000, "MXN"), Money(5, "MXN")),
        ],
        unapplied=Money(6_550, "MXN"),
        still_owed=[Money(5, "MXN")],
    )
    written = receipt(HEAD, paid)
    assert written.subject == "Distribuidora del Valle: recibimos su pago de 1,500.00 MXN"
    assert "Referencia: SPEI 42" in written.text
    assert "- F-1 · Aplicado: 1,234.50 MXN · Saldo restante: 0.00 MXN" in written.text
    assert "Quedan 65.50 MXN como saldo a favor." in written.text
    assert "Saldo pendiente de la cuenta: 0.05 MXN." in written.text
    settled = receipt(HEAD, replace(paid, unapplied=Money(0, "MXN"), still_owed=[], reference=None))
    assert "Con este pago no queda ningún saldo pendiente." in settled.text
    assert "Referencia" not in settled.text
    assert "saldo a favor" not in settled.text


def test_every_language_has_the_same_phrases() -> None:
    folder = Path(cartera.channels.__file__).parent / "phrases"
    keys = {
        file.stem: {
            f"{part}.{key}"
            for part, phrases in json.loads(file.read_text("utf-8")).items()
            for key in phrases
        }
        for file in folder.glob("*.json")
    }
    assert keys.keys() == {"es", "en", "pt"}
    assert keys["es"] == keys["en"] == keys["pt"]


def test_figures() -> None:
    assert amount(Money(1_234_567, "CLP"), locale_of("es", "CL")) == "1.234.567 CLP"
    assert amount(Money(-5, "KWD"), locale_of("en", "KW")) == "-0.005 KWD"
    assert day(TODAY, locale_of("pt", "XX")) == "16 de novembro de 2026"
    assert both(["A", "B", "C"], "es") == "A, B y C"
    assert both(["A"], "pt") == "A"
