"""Peru: Ley 29571 art. 62 (Código de Protección y Defensa del Consumidor)."""

from __future__ import annotations

from datetime import time

from cartera.rules.contact import CONSUMER, Closed, Hours, Pack

PACK = Pack(
    rules=(
        Hours(
            id="pe_hours",
            source="Ley 29571 art. 62: nothing 20:00–07:00, nor on Saturday, Sunday or a holiday",
            protects=CONSUMER,
            week=((time(7), time(20)),) * 5 + (None, None),
            closed=Closed.PUBLIC_HOLIDAYS,
        ),
    ),
)
