"""Brazil: Código de Defesa do Consumidor, arts. 42 and 42-A.

No statute of hours. No threat and no ridicule, which the wording sees to; name, address and CPF or CNPJ of
the creditor on every document.
"""

from __future__ import annotations

from cartera.rules.contact import CONSUMER, Duty, Pack

PACK = Pack(duties=((Duty.IDENTIFY_CREDITOR, CONSUMER),))
