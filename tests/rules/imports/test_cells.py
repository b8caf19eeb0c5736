from __future__ import annotations

import pytest

from cartera.rules.imports.cells import clean, neutralised


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Peña  y\nhijos ", "Peña y hijos"),
        ("Pen\u0303a", "Peña"),
        ("Pe\u00adña\u200b\ufeff", "Peña"),
        ('="00123"', "00123"),
        ('="1"&"2"', '="1"&"2"'),
        ("NULL", ""),
        ("n/a", ""),
        ("-", ""),
        ("\u00a0", ""),
        ("a\x07b", "ab"),
    ],
)
def test_cells_are_cleaned(cell: str, text: str) -> None:
    assert clean(cell) == text


def test_only_what_could_run_is_neutralised() -> None:
    for text in ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1", "\r=1"):
        assert neutralised(text) == "'" + text
    for text in ("", "-5.00", "+52 (55) 1234-5678", "Peña", "5=5"):
        assert neutralised(text) == text
