"""What collectors write down, in Spanish: the texts of activities, promises, disputes, holds and tasks."""

from __future__ import annotations

from datetime import date
from random import Random

from cartera.rules.activities import ActivityOutcome
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import format_amount

_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)

_CALLS: dict[ActivityOutcome, tuple[str, ...]] = {
    ActivityOutcome.PROMISED: (
        "Hablé con {contact}. Se compromete a pagar {amount} el {day}; cubre {documents}.",
        "{contact} confirma pago de {amount} para el {day} ({documents}).",
        "Tesorería programa {documents} por {amount} para el {day}, según {contact}.",
    ),
    ActivityOutcome.CALL_BACK: (
        "{contact} pide que le llamemos la próxima semana; está cerrando el mes.",
        "{contact} estaba en junta. Volver a llamar.",
        "{contact} revisa con su jefe y nos devuelve la llamada.",
    ),
    ActivityOutcome.REACHED: (
        "Hablé con {contact}; tiene {documents} en autorización de pago, sin fecha todavía.",
        "Envié de nuevo el estado de cuenta a {contact}, lo va a conciliar.",
        "{contact} recibió copia de {documents} y la pasa a cuentas por pagar.",
    ),
    ActivityOutcome.LEFT_MESSAGE: (
        "Dejé recado en recepción para {contact}.",
        "Buzón de voz de {contact}; dejé mensaje con el saldo vencido de {amount}.",
    ),
    ActivityOutcome.NO_ANSWER: (
        "No contesta {contact}; dos intentos.",
        "Suena y nadie responde.",
        "Sin respuesta de {contact}.",
    ),
    ActivityOutcome.SAYS_PAID: (
        "{contact} dice que ya transfirió {amount}; pedí el comprobante.",
        "Según {contact} el pago de {documents} salió ayer; por confirmar en el banco.",
    ),
    ActivityOutcome.REFUSED: (
        "{contact} dice que no hay liquidez y no da fecha de pago.",
        "No quieren comprometer fecha; {contact} remite a la dirección.",
    ),
    ActivityOutcome.WRONG_NUMBER: ("El número de {contact} ya no existe.", "Número equivocado; buscar otro."),
    ActivityOutcome.DISPUTED: (
        "{contact} no acepta {documents}: {reason}. Se abre reclamo por {amount}.",
        "Reclamo de {contact} sobre {documents} por {amount}: {reason}.",
    ),
}

_EMAILS = (
    "Correo a {contact} con el estado de cuenta; vencido {amount}.",
    "Enviado recordatorio de {documents} a {contact}.",
)

REASONS = {
    DisputeReason.PRICE: "el precio no corresponde a la orden de compra",
    DisputeReason.QUANTITY: "llegó menos mercancía que la facturada",
    DisputeReason.QUALITY: "parte del producto llegó dañado",
    DisputeReason.NOT_RECEIVED: "dicen no haber recibido el pedido",
    DisputeReason.DUPLICATE: "la factura está duplicada",
    DisputeReason.MISSING_PURCHASE_ORDER: "falta la orden de compra en la factura",
    DisputeReason.WRONG_TAX_DATA: "los datos fiscales están equivocados",
}

HOLDS = (
    "El cliente está en conciliación con nosotros",
    "Dirección acordó esperar al cierre de mes",
    "Cambio de responsable de pagos en el cliente",
)

NEXT_STEPS = (
    "Llamar para confirmar fecha de pago",
    "Dar seguimiento al saldo vencido",
    "Enviar estado de cuenta y confirmar recepción",
    "Hablar con el responsable de tesorería",
)
CHECK_PROMISE = "Verificar en el banco el pago prometido"
FIND_PLACE = "Aplicar el saldo a favor con el cliente"
CHEQUE_BOUNCED = "Cheque devuelto por el banco"


def spoken_date(day: date) -> str:
    return f"{day.day} de {_MONTHS[day.month - 1]}"


def spoken_amount(minor: int, currency: str) -> str:
    """An amount as a collector of the currency's country writes it, without empty decimals."""
    text = format_amount(minor, currency)
    whole, _, decimals = text.partition(".")
    decimals = "" if decimals.strip("0") == "" else decimals
    grouped = f"{int(whole):,}"
    if currency in ("COP", "CLP"):
        grouped = grouped.replace(",", ".")
        return f"{currency} {grouped}" + (f",{decimals}" if decimals else "")
    return f"{currency} {grouped}" + (f".{decimals}" if decimals else "")


def spoken_documents(numbers: list[str]) -> str:
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) > 3:
        return f"{len(numbers)} documentos desde {numbers[0]}"
    return f"{', '.join(numbers[:-1])} y {numbers[-1]}"


def call_note(rng: Random, outcome: ActivityOutcome, facts: dict[str, str]) -> str:
    """``facts``: contact, amount, documents; the day of a promise, the reason of a dispute."""
    return rng.choice(_CALLS[outcome]).format_map(facts)


def email_note(rng: Random, facts: dict[str, str]) -> str:
    return rng.choice(_EMAILS).format_map(facts)


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
