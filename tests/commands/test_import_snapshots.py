"""Snapshots at a terminal: what refused rows and credit notes mean to what is no longer on the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.shell import Shell

HEAD = "Cliente,Nombre,Factura,Fecha,Vencimiento,Moneda,Importe,Saldo\n"
DAY = ("--snapshot", "--as-of", "2026-11-15", "--yes")


def row(number: str, amount: str = "100.00", balance: str = "", due: str = "2026-11-30") -> str:
    return f"C1,Sol,{number},2026-10-01,{due},MXN,{amount},{balance or amount}\n"


BOOKS = HEAD + "".join(row(f"F-{n}") for n in range(1, 6))
FOUR = HEAD + "".join(row(f"F-{n}") for n in range(1, 5))


def balances(shell: Shell) -> dict[str, int]:
    return dict(shell.rows("SELECT number, balance_minor FROM receivable ORDER BY number"))


OPEN = {f"F-{n}": 10_000 for n in range(1, 6)}

# The row that shows F-5, and is refused for something else than its number.
NAMED = {
    "an impossible date": row("F-5", due="2026-11-31"),
    "an amount of no sign": row("F-5", "lots"),
    "no customer": row("F-5").replace("C1,Sol", ","),
}
# F-5 may be any of these.
NAMELESS = {
    "a cell too many": row("F-5").replace("Sol", "Sol, Luna"),
    "no number": row(""),
    "a number that a spreadsheet rounded": row("7.6E+11"),
    "another's number": row("F-4", "70.00"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_document_that_a_refused_row_shows_has_not_gone(shell: Shell, name: str) -> None:
    shell.cartera_import(BOOKS)
    before = shell.physical()
    said = shell.cartera_import(FOUR + NAMED[name], *DAY)
    assert said.code == 2
    assert "no longer on the list" not in said.out
    assert "so nothing was settled" not in said.out
    assert (balances(shell), shell.physical()) == (OPEN, before)
    # It keeps no other document from being settled.
    others = "".join(FOUR.splitlines(keepends=True)[:4])
    said = shell.cartera_import(others + NAMED[name], *DAY)
    assert "         1 no longer on the list: settled in the ERP: 100.00 MXN" in said.out
    assert balances(shell) == OPEN | {"F-4": 0}


@pytest.mark.parametrize("name", NAMELESS)
def test_a_refused_row_that_may_be_any_document_leaves_all_open(shell: Shell, name: str) -> None:
    shell.cartera_import(BOOKS)
    before = shell.physical()
    refused = 2 if name == "another's number" else 1
    said = shell.cartera_import(FOUR + NAMELESS[name], *DAY)
    assert said.code == 2
    left = "         1 no longer on the list and left open (--force settles them): 100.00 MXN"
    assert said.out.count(left) == 2
    assert (
        f"  {refused} rows were refused that may be of any document, so nothing was settled as gone from the "
        "list. Correct them and import the list again."
    ) in said.out.splitlines()
    assert (balances(shell), shell.physical()) == (OPEN, before)
    forced = shell.cartera_import(FOUR + NAMELESS[name], *DAY, "--force")
    assert forced.out.count("         1 no longer on the list: settled in the ERP: 100.00 MXN") == 2
    assert "so nothing was settled" not in forced.out
    assert balances(shell) == OPEN | {"F-5": 0}


def test_a_refused_row_is_no_matter_where_nothing_is_gone(shell: Shell, tmp_path: Path) -> None:
    shell.cartera_import(BOOKS)
    said = shell.cartera_import(BOOKS + row(""), *DAY)
    assert "so nothing was settled" not in said.out
    assert said.out.count("         5 unchanged: 500.00 MXN") == 2


def test_a_credit_note_that_is_gone_is_shown_and_waits_for_a_yes(shell: Shell) -> None:
    shell.cartera_import(BOOKS + row("NC1", "-30.00"))
    before = shell.physical()
    said = shell.cartera_import(BOOKS, *DAY[:-1])
    assert (said.code, said.err) == (
        2,
        "cartera: A snapshot that settles documents has to be confirmed. Add --yes.\n",
    )
    assert said.out.splitlines() == [
        "This would happen:",
        "         1 credit notes applied in the ERP, in part or whole: 30.00 MXN",
        "         5 unchanged: 500.00 MXN",
    ]
    assert shell.physical() == before
    assert shell.cartera_import(BOOKS, *DAY).code == 0
    assert shell.rows("SELECT applied_in_erp_minor, unapplied_minor FROM credit_note") == [(3000, 0)]
    assert shell.rows("SELECT unapplied_minor FROM account_balance") == [(0,)]


@pytest.mark.parametrize(("refused", "times"), [(row("NC1", "-lots"), 0), (row(""), 2)])
def test_a_credit_note_that_a_refused_row_may_show_is_left_open(
    shell: Shell, refused: str, times: int
) -> None:
    shell.cartera_import(BOOKS + row("NC1", "-30.00"))
    before = shell.physical()
    said = shell.cartera_import(BOOKS + refused, *DAY)
    assert said.code == 2
    left = "         1 credit notes no longer on the list and left open (--force settles them): 30.00 MXN"
    assert said.out.count(left) == times
    assert "applied in the ERP" not in said.out
    assert shell.physical() == before
