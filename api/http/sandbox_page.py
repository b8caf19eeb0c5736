"""The sandbox provider's checkout page: plain HTML and a form, no script, for a phone first."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from babel.numbers import format_decimal

from api.http.sandbox_provider import FINAL, Checkout
from cartera.rules.money import Money

LOCALES = {"es": "es_419", "en": "en", "pt": "pt_BR"}

TEXTS = {
    "es": {
        "title": "Pasarela de prueba",
        "notice": "Esta página imita a un proveedor de pagos. No se mueve dinero real.",
        "pay_to": "Pago a",
        "approve": "Aprobar el pago",
        "decline": "Rechazar el pago",
        "pending": "Dejarlo en proceso",
        "cancel": "Cancelar y volver",
        "advanced": "Opciones avanzadas",
        "advanced_hint": "Lo que puede salirle mal a un proveedor de verdad:",
        "duplicate": "Avisar dos veces a la vez",
        "reorder": "Avisar en desorden",
        "delay": "Avisar 20 segundos más tarde",
        "drop": "No avisar",
        "wrong_signature": "Avisar con una firma falsa",
        "timeout": "No responder después de procesar",
        "processing": "El pago está en proceso.",
        "succeeded": "El pago fue aprobado.",
        "declined": "El pago fue rechazado.",
        "cancelled": "El pago fue cancelado.",
        "expired": "El tiempo para pagar terminó.",
        "back": "Volver al portal",
        "missing": "No encontramos este pago.",
        "no_answer": "La pasarela no respondió a tiempo.",
    },
    "en": {
        "title": "Test payment gateway",
        "notice": "This page stands in for a payment provider. No real money moves.",
        "pay_to": "Payment to",
        "approve": "Approve the payment",
        "decline": "Decline the payment",
        "pending": "Leave it in process",
        "cancel": "Cancel and go back",
        "advanced": "Advanced options",
        "advanced_hint": "What can go wrong with a real provider:",
        "duplicate": "Notify twice at once",
        "reorder": "Notify out of order",
        "delay": "Notify 20 seconds later",
        "drop": "Do not notify",
        "wrong_signature": "Notify with a false signature",
        "timeout": "Do not answer after processing",
        "processing": "The payment is in process.",
        "succeeded": "The payment was approved.",
        "declined": "The payment was declined.",
        "cancelled": "The payment was cancelled.",
        "expired": "The time to pay has run out.",
        "back": "Back to the portal",
        "missing": "We could not find this payment.",
        "no_answer": "The gateway did not answer in time.",
    },
    "pt": {
        "title": "Pagamento de teste",
        "notice": "Esta página imita um provedor de pagamentos. Nenhum dinheiro real é movimentado.",
        "pay_to": "Pagamento a",
        "approve": "Aprovar o pagamento",
        "decline": "Recusar o pagamento",
        "pending": "Deixar em processamento",
        "cancel": "Cancelar e voltar",
        "advanced": "Opções avançadas",
        "advanced_hint": "O que pode dar errado com um provedor de verdade:",
        "duplicate": "Avisar duas vezes ao mesmo tempo",
        "reorder": "Avisar fora de ordem",
        "delay": "Avisar 20 segundos depois",
        "drop": "Não avisar",
        "wrong_signature": "Avisar com uma assinatura falsa",
        "timeout": "Não responder depois de processar",
        "processing": "O pagamento está em processamento.",
        "succeeded": "O pagamento foi aprovado.",
        "declined": "O pagamento foi recusado.",
        "cancelled": "O pagamento foi cancelado.",
        "expired": "O tempo para pagar terminou.",
        "back": "Voltar ao portal",
        "missing": "Não encontramos este pagamento.",
        "no_answer": "O provedor não respondeu a tempo.",
    },
}

FAULTS = ("duplicate", "reorder", "delay", "drop", "wrong_signature", "timeout")

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 26rem; padding: 1.25rem; }
header { border-bottom: 1px solid; font-weight: 600; padding-bottom: .75rem; }
.notice { opacity: .8; }
.amount { font: 600 2rem/1.2 system-ui, sans-serif; font-variant-numeric: tabular-nums; margin: 0; }
.amount small { font-size: 1rem; font-weight: 400; }
.description { overflow-wrap: anywhere; }
button, .back { border: 1px solid; border-radius: .5rem; box-sizing: border-box; color: inherit;
  cursor: pointer; display: block; font: inherit; margin: .75rem 0; min-height: 48px; padding: .65rem 1rem;
  text-align: center; text-decoration: none; width: 100%; }
button { background: transparent; }
.main { background: CanvasText; border-color: CanvasText; color: Canvas; font-weight: 600; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
summary { cursor: pointer; padding: .65rem 0; }
label { align-items: center; cursor: pointer; display: flex; gap: .75rem; min-height: 44px; }
input { height: 1.25rem; width: 1.25rem; }
"""


def page(checkout: Checkout) -> str:
    """The checkout, with its form while there is something to decide."""
    texts = _texts(checkout.language)
    state = texts.get(checkout.state)
    parts = [
        f'<p class="notice">{texts["notice"]}</p>',
        f"<p>{texts['pay_to']} <strong>{escape(checkout.seller)}</strong></p>",
        _amount(checkout),
        f'<p class="description">{escape(checkout.description)}</p>',
        f'<p role="status">{state}</p>' if state else "",
        _back(checkout) if checkout.state in FINAL else _form(texts, can_wait=checkout.state == "open"),
    ]
    return _document(checkout.language, "\n".join(parts))


def no_answer(checkout: Checkout) -> str:
    """What the customer sees when the provider has done its work and then fails to say so."""
    return _document(checkout.language, f"<p>{_texts(checkout.language)['no_answer']}</p>")


def missing() -> str:
    return _document("es", f"<p>{TEXTS['es']['missing']}</p>")


def _texts(language: str) -> dict[str, str]:
    return TEXTS.get(language, TEXTS["es"])


def _amount(checkout: Checkout) -> str:
    money = Money(checkout.amount_minor, checkout.currency)
    digits = len(money.decimal.partition(".")[2])
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    number = format_decimal(
        Decimal(money.decimal), format=pattern, locale=LOCALES.get(checkout.language, "es_419")
    )
    return f'<p class="amount">{number} <small>{money.currency}</small></p>'


def _form(texts: dict[str, str], *, can_wait: bool) -> str:
    faults = "".join(
        f'<label><input type="checkbox" name="{fault}" value="1">{texts[fault]}</label>' for fault in FAULTS
    )
    choices = ["approve", "decline", *(["pending", "cancel"] if can_wait else [])]
    buttons = "".join(
        f'<button name="choice" value="{choice}"{main}>{texts[choice]}</button>'
        for choice, main in ((choice, ' class="main"' if choice == "approve" else "") for choice in choices)
    )
    advanced = f"<summary>{texts['advanced']}</summary><p>{texts['advanced_hint']}</p>{faults}"
    return f'<form method="post">{buttons}<details>{advanced}</details></form>'


def _back(checkout: Checkout) -> str:
    return f'<a class="back" href="{escape(checkout.return_url)}">{_texts(checkout.language)["back"]}</a>'


def _document(language: str, body: str) -> str:
    language = language if language in TEXTS else "es"
    title = TEXTS[language]["title"]
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="/sandbox/checkout.css">
</head>
<body>
<header>{title}</header>
<main>
{body}
</main>
</body>
</html>
"""
