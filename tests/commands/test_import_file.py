"""`cartera import` on real servers: it asks, is told once, twice is once, and nothing is ever half done."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cartera.actors import system
from cartera.commands import import_file
from cartera.db.queries import metrics
from cartera.db.session import Database
from cartera.errors import refuse
from cartera.rules.metrics import Aging
from tests.commands.shell import Shell

HEAD = "Cliente,Nombre,Factura,Fecha,Vencimiento,Moneda,Importe,Saldo\n"
TWO = (
    HEAD
    + "C1,Papelería El Sol,A1,2026-10-01,2026-10-31,MXN,100.00,100.00\n"
    + "C2,Ferretería Luna,A2,2026-10-02,2026-11-01,MXN,250.50,250.50\n"
)
ONE_BAD = TWO + "C3,Tienda,A3,2026-02-30,2026-11-01,MXN,10.00,10.00\n"
AMBIGUOUS = "Cliente,Factura,Fecha,Vencimiento,Importe\nC1,A1,03/04/2026,05/06/2026,100.00\n"
WHOLE = {
    "customer": 2,
    "receivable": 2,
    "entry": 2,
    "account": 2,
    "account_balance": 2,
    "import_run": 1,
    "import_mapping": 1,
    "outbox": 3,
    "audit_entry": 1,
}


def test_a_plain_file_goes_onto_the_books(shell: Shell) -> None:
    said = shell.cartera_import(TWO)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == ["Done:", "         2 added: 350.50 MXN", "         2 new customers"]
    assert shell.counts() == WHOLE
    assert shell.rows("SELECT number, balance_minor, state FROM receivable ORDER BY number") == [
        ("A1", 10_000, "open"),
        ("A2", 25_050, "open"),
    ]
    assert shell.rows("SELECT state, rows_read, rows_bad, file_name FROM import_run") == [
        ("done", 2, 0, "list.csv")
    ]


def test_twice_changes_nothing(shell: Shell) -> None:
    shell.cartera_import(TWO)
    before = shell.physical()
    said = shell.cartera_import(TWO)
    assert (said.code, said.out.splitlines()) == (0, ["Done:", "         2 unchanged: 350.50 MXN"])
    assert shell.physical() == before


def test_what_is_open_is_asked_by_the_option_that_answers(shell: Shell) -> None:
    said = shell.cartera_import(AMBIGUOUS)
    assert said.code == 2
    assert said.out == ""
    assert "--date-order DMY" in said.err
    assert "--date-order MDY" in said.err
    assert "Add --currency CODE." in said.err
    assert shell.counts() == {}


def test_an_answer_is_asked_for_once_for_files_of_one_shape(shell: Shell) -> None:
    answered = shell.cartera_import(AMBIGUOUS, "--date-order", "DMY", "--currency", "COP")
    assert answered.code == 0
    again = shell.cartera_import(AMBIGUOUS.replace("A1", "A2"))
    assert (again.code, again.err) == (0, "")
    assert shell.rows("SELECT number, issued_on::text, currency FROM receivable ORDER BY number") == [
        ("A1", "2026-04-03", "COP"),
        ("A2", "2026-04-03", "COP"),
    ]


def test_an_answer_that_is_none_is_refused_in_a_sentence(shell: Shell) -> None:
    said = shell.cartera_import(AMBIGUOUS, "--currency", "PESOS")
    assert (said.code, said.err) == (
        2,
        "cartera: --currency takes an ISO 4217 code such as MXN, not 'PESOS'.\n",
    )
    said = shell.cartera_import(AMBIGUOUS, "--column", "Nada=amount")
    assert said.code == 2
    assert said.err.startswith("cartera: The file has no column 'Nada'.")
    assert shell.counts() == {}


def test_a_dry_run_says_it_all_and_changes_nothing(shell: Shell) -> None:
    said = shell.cartera_import(TWO, "--dry-run")
    assert said.code == 0
    assert said.out.splitlines()[:2] == ["This would happen:", "         2 added: 350.50 MXN"]
    assert shell.counts() == {}


def test_bad_rows_are_told_by_line_and_reason_and_written_to_a_file(shell: Shell, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    said = shell.cartera_import(ONE_BAD, "--bad-rows", refused)
    assert said.code == 2
    assert "         1 rows refused" in said.out
    assert "  line 4: “Fecha” is an impossible date in the order DMY: 2026-02-30." in said.out
    assert shell.counts() == WHOLE | {"import_problem": 1}
    with refused.open(encoding="utf-8-sig", newline="") as file:
        header, row = csv.reader(file)
    assert header[:3] == ["Cliente", "Nombre", "Factura"]
    assert row[:4] == ["C3", "Tienda", "A3", "2026-02-30"]
    assert row[-2] == "4"
    corrected = refused.read_text("utf-8-sig").replace("2026-02-30", "2026-02-28")
    assert shell.cartera_import(corrected).code == 0
    assert shell.rows("SELECT count(*) FROM receivable") == [(3,)]


def test_all_or_nothing_leaves_nothing(shell: Shell) -> None:
    said = shell.cartera_import(ONE_BAD, "--all-or-nothing")
    assert said.code == 2
    assert "Nothing was imported: 1 rows are refused" in said.err
    assert "line 4" in said.out
    assert shell.counts() == {}


def test_a_negative_row_proposes_a_credit_note(shell: Shell) -> None:
    said = shell.cartera_import(TWO + "C1,Papelería El Sol,N1,2026-10-05,2026-10-05,MXN,-30.00,-30.00\n")
    assert said.code == 0
    assert "         1 credit notes added: 30.00 MXN" in said.out
    assert shell.rows("SELECT number, unapplied_minor FROM credit_note") == [("N1", 3000)]


SNAPSHOT = HEAD + "C2,Ferretería Luna,A2,2026-10-02,2026-11-01,MXN,250.50,200.00\n"


def test_a_snapshot_is_shown_and_waits_for_a_yes(shell: Shell) -> None:
    shell.cartera_import(TWO)
    before = shell.physical()
    said = shell.cartera_import(SNAPSHOT, "--snapshot", "--as-of", "2026-11-10", "--force")
    assert said.code == 2
    assert said.out.splitlines() == [
        "This would happen:",
        "         1 settled in the ERP, in part or whole: 50.50 MXN",
        "         1 no longer on the list: settled in the ERP: 100.00 MXN",
    ]
    assert said.err == "cartera: A snapshot that settles documents has to be confirmed. Add --yes.\n"
    assert shell.physical() == before
    said = shell.cartera_import(SNAPSHOT, "--snapshot", "--as-of", "2026-11-10", "--force", "--yes")
    assert (said.code, said.err) == (0, "")
    assert shell.rows(
        "SELECT kind, amount_minor, effective_on::text FROM entry WHERE kind <> 'issue' ORDER BY amount_minor"
    ) == [("settled_in_erp", -10_000, "2026-11-10"), ("settled_in_erp", -5_050, "2026-11-10")]
    assert shell.rows("SELECT sum(balance_minor)::bigint FROM account_balance") == [(20_000,)]


def test_a_snapshot_above_the_guard_says_so_before_anything_happens(shell: Shell) -> None:
    shell.cartera_import(TWO)
    before = shell.physical()
    said = shell.cartera_import(SNAPSHOT, "--snapshot", "--yes")
    assert said.code == 2
    assert said.err == (
        "cartera: This snapshot would settle 150.50 of 350.50 MXN that are open, more than the 40 % that "
        "this organization allows. Look at the file; if it is the whole list, add --force.\n"
    )
    assert shell.physical() == before


def test_a_list_of_a_day_to_come_is_refused(shell: Shell) -> None:
    shell.cartera_import(TWO)
    before = shell.physical(), shell.counts()
    for options in ([], ["--dry-run"], ["--snapshot", "--yes", "--force"]):
        said = shell.cartera_import(SNAPSHOT, "--as-of", "2026-11-17", *options)
        assert (said.code, said.out) == (2, "")
        assert said.err == "cartera: --as-of 2026-11-17 is in the future: today is 2026-11-16.\n"
    assert (shell.physical(), shell.counts()) == before


def test_a_settlement_to_come_is_refused_with_its_row(shell: Shell) -> None:
    head = HEAD.replace("Saldo", "Fecha de pago,Saldo")
    row = "C1,Papelería El Sol,A1,2026-10-01,2026-10-31,MXN,100.00,{},0.00\n"
    said = shell.cartera_import(
        head + row.format("2026-11-17") + row.format("2026-11-10").replace("A1", "A2")
    )
    assert said.code == 2
    assert "  line 2: “Fecha de pago” cannot be after today (2026-11-16): 2026-11-17." in said.out
    assert shell.rows("SELECT number, settled_on::text FROM receivable") == [("A2", "2026-11-10")]


def test_a_snapshot_of_anything_but_invoices_is_refused_in_a_sentence(shell: Shell) -> None:
    contacts = "Cliente,Contacto,Correo\nC1,María López,maria@sol.example\n"
    said = shell.cartera_import(contacts, "--kind", "contacts", "--snapshot")
    assert (said.code, said.out) == (2, "")
    assert said.err == "cartera: Only a file of invoices can be a --snapshot.\n"
    assert shell.counts() == {}


def test_whatever_a_service_refuses_is_said_in_a_sentence() -> None:
    assert import_file._say_refused(refuse("CURRENCY_MISMATCH", currency="MXN")) == (
        "All documents must be in MXN."
    )


def test_payments_pay_the_documents_that_they_name_once(shell: Shell) -> None:
    shell.cartera_import(TWO)
    payments = (
        "Cliente,Factura,Fecha de pago,Importe pagado,Moneda,Referencia\n"
        "C1,A1,2026-11-02,40.00,MXN,P-1\nC9,,2026-11-02,1.00,MXN,P-2\n"
    )
    said = shell.cartera_import(payments, "--kind", "payments")
    assert said.code == 2, said.err
    assert "         1 added: 40.00 MXN" in said.out
    assert "line 3" in said.out
    assert shell.rows("SELECT balance_minor, state FROM receivable WHERE number = 'A1'") == [
        (6000, "partially_paid")
    ]
    before = shell.physical()
    again = shell.cartera_import(payments, "--kind", "payments")
    assert "         1 unchanged: 40.00 MXN" in again.out
    assert shell.physical() == before


def test_contacts_join_the_customers_that_the_books_know(shell: Shell) -> None:
    shell.cartera_import(TWO)
    contacts = (
        "Cliente,Contacto,Correo,Teléfono\n"
        "C1,María López,Maria@sol.example,+52 55 5555 0101\nC9,Nadie,nadie@x.example,\n"
    )
    said = shell.cartera_import(contacts, "--kind", "contacts")
    assert said.code == 2, said.err
    assert "         1 added" in said.out
    assert shell.rows("SELECT name, email, is_primary FROM contact") == [
        ("María López", "maria@sol.example", True)
    ]
    before = shell.physical()
    again = shell.cartera_import(contacts, "--kind", "contacts")
    assert "         1 unchanged" in again.out
    assert shell.physical() == before
    shell.cartera_import(contacts.replace("María López", "María L. Ruiz"))
    assert shell.rows("SELECT name FROM contact") == [("María L. Ruiz",)]


FILES_REFUSED = {
    "empty": (b"", "The file is empty."),
    "blank": (b"\n\n  \n", "The file is empty."),
    "headings only": (HEAD.encode(), "no row that can be read"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "not text but PNG"),
    "a workbook": (b"PK\x03\x04" + bytes(200), "not text but XLSX/ZIP"),
    "bytes": (bytes(range(256)) * 8, "not text"),
    "mixed encodings": (
        TWO.encode() + "C3,Señor Peña,A3,2026-10-01,2026-10-31,MXN,1.00,1.00\n".encode("cp1252"),
        "mixes encodings",
    ),
    "an open quote": (TWO.encode() + b'C3,"never closed,A3,2026-10-01\n', "never closed"),
}


@pytest.mark.parametrize("name", FILES_REFUSED)
def test_a_file_that_is_none_gets_one_sentence(shell: Shell, name: str) -> None:
    content, expected = FILES_REFUSED[name]
    said = shell.cartera_import(content)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert said.err.count("\n") == 1
    assert shell.counts() == {}


def test_a_file_that_is_not_there_a_folder_and_two_gigabytes(shell: Shell, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(2 * 2**30)
    for path, expected in (
        (tmp_path / "missing.csv", "The file missing.csv cannot be read"),
        (tmp_path, "cannot be read"),
        (large, "The file has 2048 MB; the most is 512 MB. Split it."),
    ):
        said = shell.cartera_import(path)
        assert (said.code, said.out) == (2, "")
        assert expected in said.err
        assert said.err.count("\n") == 1
    assert shell.counts() == {}


ROWS_REFUSED = {
    "an impossible date": ("C3,Tienda,A3,2026-02-30,2026-11-01,MXN,10.00,10.00", "2026-02-30"),
    "zero": ("C3,Tienda,A3,2026-10-01,2026-11-01,MXN,0.00,0.00", "zero"),
    "thirty digits": (f"C3,Tienda,A3,2026-10-01,2026-11-01,MXN,{'9' * 30}.00,1.00", "“Importe”"),
    "an unknown currency": ("C3,Tienda,A3,2026-10-01,2026-11-01,XQZ,10.00,10.00", "XQZ"),
    "a formula for an id": ("=1+1,Tienda,A3,2026-10-01,2026-11-01,MXN,10.00,10.00", "formula"),
}


@pytest.mark.parametrize("name", ROWS_REFUSED)
def test_a_row_that_cannot_be_is_told_and_the_others_are_kept(shell: Shell, name: str) -> None:
    row, expected = ROWS_REFUSED[name]
    said = shell.cartera_import(TWO + row + "\n")
    assert (said.code, said.err) == (2, "")
    (told,) = [line for line in said.out.splitlines() if line.startswith("  line 4: ")]
    assert expected in told
    assert shell.counts() == WHOLE | {"import_problem": 1}


def test_formulas_in_names_are_text_and_stay_text_in_what_we_write(shell: Shell, tmp_path: Path) -> None:
    name = '"=HYPERLINK(""http://x.example"")"'
    refused = tmp_path / "refused.csv"
    laden = (
        HEAD
        + f"C1,{name},A1,2026-10-01,2026-10-31,MXN,100.00,100.00\n"
        + f"C2,{name},A2,2026-10-01,2026-10-31,MXN,0,0\n"
    )
    said = shell.cartera_import(laden, "--bad-rows", refused)
    assert said.code == 2
    assert shell.rows("SELECT name FROM customer") == [('=HYPERLINK("http://x.example")',)]
    with refused.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1][1] == """'=HYPERLINK("http://x.example")"""


async def _aging(shell: Shell, day: date) -> list[Aging]:
    db = Database(shell.where, pool_size=1)
    try:
        async with db.read(system(shell.organization_id, "test"), datetime(2026, 11, 16, tzinfo=UTC)) as tx:
            return await metrics.aging(tx, day, metrics.Only())
    finally:
        await db.close()


@pytest.mark.real_files
def test_the_history_needs_its_currency_and_then_agrees_with_the_books(
    shell: Shell, real_files: Path
) -> None:
    path = real_files / "ar_history" / "ibm_late_payment_histories.csv"
    asked = shell.cartera_import(path)
    assert asked.code == 2
    assert asked.err.count("Add --") == 1
    assert "Add --currency CODE." in asked.err
    assert shell.counts() == {}
    done = shell.cartera_import(path, "--currency", "USD")
    assert (done.code, done.err) == (0, "")
    (open_then,) = asyncio.run(_aging(shell, date(2013, 6, 30)))
    assert (open_then.currency, open_then.total) == ("USD", 511_985)
    assert sum(each.count for each in open_then.buckets.values()) == 84
    before = shell.physical()
    again = shell.cartera_import(path)
    assert "2,466 unchanged" in again.out
    assert shell.physical() == before


@pytest.mark.real_files
def test_the_open_items_need_the_currency_of_one_company_code(shell: Shell, real_files: Path) -> None:
    path = real_files / "erp_open_items" / "highradius_open_items_A.csv"
    asked = shell.cartera_import(path)
    assert asked.code == 2
    assert "--currency-for business_code=CA02:CAD" in asked.err
    assert shell.counts() == {}
    done = shell.cartera_import(path, "--currency-for", "business_code=CA02:CAD", "--extra-decimals", "round")
    assert (done.code, done.err) == (0, "")
    assert shell.rows(
        "SELECT currency, count(*), sum(balance_minor)::bigint FROM receivable GROUP BY currency ORDER BY 1"
    )[1][:2] == ("USD", 8977)
