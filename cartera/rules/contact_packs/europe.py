"""European Union and Spain: no statute of hours, so courtesy's apply.

Between companies: Directive 2011/7 (reference rate + 8 points, EUR 40 per invoice); in Spain Ley 3/2004.
"""

from __future__ import annotations

from cartera.rules.contact import Pack

COUNTRIES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 - 27 codes read best as one line
)

PACK = Pack()
