"""CSV files as they come: every test writes its own file, byte by byte where bytes matter."""

from __future__ import annotations

import codecs
import io
import os
import time
from pathlib import Path

import pytest

from cartera.documents.csv import CsvTable, open_csv, write_bad_rows
from cartera.documents.tabular.encoding import LONGEST_LINE
from cartera.rules.customers import Language
from cartera.rules.imports.answers import Answers
from cartera.rules.imports.evidence import good
from cartera.rules.imports.fields import FileKind
from cartera.rules.imports.inspection import inspect
from cartera.rules.imports.problems import BadRow, Problem, ProblemCode, Refusal, RefusalCode
from cartera.rules.imports.recognition import detect_kind, recognise
from cartera.rules.imports.wording import bad_row_titles, say_refusal

TEXT = "Cliente;Razón social;Saldo\nC1;Peña & Cía;1.234,50\nC2;Núñez;20,00\n"
CELLS = [(2, ["C1", "Peña & Cía", "1.234,50"]), (3, ["C2", "Núñez", "20,00"])]


def file(folder: Path, content: bytes | str) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table(folder: Path, content: bytes | str, encoding: str | None = None) -> CsvTable:
    return open_csv(file(folder, content), encoding=encoding)


def refusal(folder: Path, content: bytes | str, encoding: str | None = None) -> Refusal:
    """The refusal of a file, when it is opened or while its rows are read."""
    with pytest.raises(Refusal) as caught:
        list(table(folder, content, encoding).rows())
    return caught.value


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.replace("\n", "\r\n").encode(), "utf-8"),
        (TEXT.replace("\n", "\r").encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_and_line_ends_give_the_same_cells(tmp_path: Path, content: bytes, encoding: str) -> None:
    found = table(tmp_path, content)
    assert found.encoding == encoding
    assert found.header == ("Cliente", "Razón social", "Saldo")
    assert list(found.rows()) == CELLS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_with_quoted_and_decimal_commas(tmp_path: Path, delimiter: str) -> None:
    rows = [["Cliente", "Nombre", "Importe"], ["C1", '"Peña, hijos; ""y"" | cía"', '"1.234,50"']]
    found = table(tmp_path, "\n".join(delimiter.join(row) for row in rows))
    assert found.layout.delimiter == delimiter
    assert list(found.rows()) == [(2, ["C1", 'Peña, hijos; "y" | cía', "1.234,50"])]


def test_a_line_that_names_the_separator_is_obeyed_and_skipped(tmp_path: Path) -> None:
    found = table(tmp_path, "sep=|\nCliente|Saldo\nC1|10,5\n")
    assert (found.layout.delimiter, found.layout.heading_line) == ("|", 2)
    assert list(found.rows()) == [(3, ["C1", "10,5"])]


def test_titles_and_blank_lines_above_the_headings_are_skipped(tmp_path: Path) -> None:
    text = "Reporte de cartera\n\nImpreso,30/06/2024\nCliente,Folio,Vencimiento,Saldo\nC1,F1,01/07/2024,10\n"
    found = table(tmp_path, text)
    assert found.layout.heading_line == 4
    assert list(found.rows()) == [(5, ["C1", "F1", "01/07/2024", "10"])]


def test_a_row_of_known_words_among_the_data_is_no_heading(tmp_path: Path) -> None:
    found = table(tmp_path, "Kunde,Beleg,Betrag\nC1,F1,10.50\nCliente,Folio,Saldo\nC2,F2,11.50\n")
    assert found.header == ("Kunde", "Beleg", "Betrag")
    assert [line for line, _ in good(found.rows())] == [2, 3, 4]


def test_long_runs_keep_no_pattern_busy(tmp_path: Path) -> None:
    cells = ["1" * 100_000 + "x", "1" + " " * 100_000 + ":", "a@" + "." * 100_000 + "@", "=" * 100_000]
    text = "Importe,Fecha,Correo,Nombre\n" + (",".join(cells) + "\n") * 3
    found = table(tmp_path, text)
    kinds = [detect_kind(found.header, [cells for _, cells in good(found.rows())])]
    started = time.process_time()
    for kind in FileKind:
        recognise(found.header, [cells for _, cells in good(found.rows())], kind)
    inspect(found.header, found.rows, answers=Answers(kind=FileKind.INVOICES))
    assert time.process_time() - started < 2
    assert kinds == [None]


def test_nameless_and_repeated_headings_get_names_of_their_own(tmp_path: Path) -> None:
    found = table(tmp_path, ",Cliente,Fecha,Fecha,\n0,C1,01/02/2024,02/02/2024,\n")
    assert found.header == ("#1", "Cliente", "Fecha", "Fecha (2)")
    assert list(found.rows()) == [(2, ["0", "C1", "01/02/2024", "02/02/2024"])]


def test_a_row_over_several_lines_keeps_the_line_where_it_begins(tmp_path: Path) -> None:
    found = table(tmp_path, 'Cliente,Nombre,Saldo\nC1,"Peña\nhijos",5\n\n , ,\nC2,Ruiz,6\n')
    assert list(found.rows()) == [(2, ["C1", "Peña\nhijos", "5"]), (6, ["C2", "Ruiz", "6"])]


def test_rows_of_another_width_and_broken_quotes_are_reported_by_line(tmp_path: Path) -> None:
    text = 'Cliente,Nombre,Saldo\nC1,Ruiz, hijos,5\nC2,"Ru"iz,5\nC3,7\nC4,Paz,8,,\n'
    missing = Problem(ProblemCode.CELLS_MISSING, facts={"cells": "2", "columns": "3"})
    extra = Problem(ProblemCode.CELLS_EXTRA, facts={"cells": "4", "columns": "3"})
    assert list(table(tmp_path, text).rows()) == [
        BadRow(2, ("C1", "Ruiz", "hijos", "5"), (extra,)),
        BadRow(3, (), (Problem(ProblemCode.QUOTING_BROKEN),)),
        BadRow(4, ("C3", "7"), (missing,)),
        (5, ["C4", "Paz", "8"]),
    ]


def test_a_file_of_two_encodings_is_refused_with_its_lines(tmp_path: Path) -> None:
    lines = ["Cliente,Nombre,Saldo", *(f"C{n},Núñez,5" for n in range(2, 20))]
    mixed = b"\n".join(line.encode("cp1252" if n in (4, 9) else "utf-8") for n, line in enumerate(lines, 1))
    found = refusal(tmp_path, mixed)
    assert found.code is RefusalCode.ENCODING_MIXED
    assert found.facts == {"lines": "4, 9", "count": "2", "rest": "utf-8"}
    assert say_refusal(found, Language.EN) == (
        "The file mixes encodings: lines 4, 9 are not utf-8 as the others are. "
        "Save it again as UTF-8, or name the encoding to set those lines aside."
    )


def test_with_a_named_encoding_only_the_lines_outside_it_are_set_aside(tmp_path: Path) -> None:
    mixed = "Cliente,Nombre\nC1,Núñez\n".encode() + "C2,Núñez\n".encode("cp1252")
    problem = Problem(ProblemCode.BYTES_UNDECODABLE, facts={"encoding": "utf-8"})
    assert list(table(tmp_path, mixed, "UTF8").rows()) == [
        (2, ["C1", "Núñez"]),
        BadRow(3, ("C2", "N��ez"), (problem,)),
    ]


def test_dos_letters_are_not_taken_for_windows(tmp_path: Path) -> None:
    content = "Cliente,Nombre\nC1,Compañía\n".encode("cp850")
    assert refusal(tmp_path, content).code is RefusalCode.ENCODING_UNKNOWN
    assert list(table(tmp_path, content, "cp850").rows()) == [(2, ["C1", "Compañía"])]


@pytest.mark.parametrize(
    ("content", "code", "facts"),
    [
        (b"", RefusalCode.EMPTY, {}),
        (codecs.BOM_UTF8 + b" \r\n\n", RefusalCode.EMPTY, {}),
        (b"PK\x03\x04rest", RefusalCode.BINARY, {"kind": "XLSX/ZIP"}),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", RefusalCode.BINARY, {"kind": "XLS"}),
        (b"%PDF-1.7", RefusalCode.BINARY, {"kind": "PDF"}),
        (b"<!DOCTYPE HTML><table>", RefusalCode.BINARY, {"kind": "HTML"}),
        (b'[{"folio": 1}]', RefusalCode.BINARY, {"kind": "JSON"}),
        (b"a,b\n1,\0\0\0\n", RefusalCode.BINARY, {"kind": "BINARY"}),
        (b"Cliente,Saldo\n" + b"C1,1\n" * 20_000 + b"C2,\0\n", RefusalCode.BINARY, {"kind": "BINARY"}),
        (b"Cliente\nC1\nC2\n", RefusalCode.NO_COLUMNS, {}),
        (b"C1,F1,01/02/2024,10.50\nC2,F2,02/02/2024,11.50\n", RefusalCode.NO_HEADER, {}),
        (b'Cliente,Saldo\nC1,"10\nC2,20\n', RefusalCode.QUOTE_NOT_CLOSED, {"line": "2"}),
        (b'Cliente,Saldo\nC1,"' + b"x\n" * 70_000, RefusalCode.CELL_TOO_LONG, {"line": "2"}),
        (
            b"Cliente,Saldo\nC1," + b"x" * LONGEST_LINE + b"\n",
            RefusalCode.LINE_TOO_LONG,
            {"line": "2", "most": str(LONGEST_LINE)},
        ),
        (
            ",".join(f"Columna de nombre {chr(97 + n % 26)}" for n in range(501)).encode() + b"\n",
            RefusalCode.TOO_MANY_COLUMNS,
            {"columns": "501", "most": "500"},
        ),
        (
            codecs.BOM_UTF16_LE + "a;b\n1;2\n".encode("utf-16-le") + b"\x00\xd8",
            RefusalCode.ENCODING_BROKEN,
            None,
        ),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, content: bytes, code: RefusalCode, facts: dict[str, str] | None
) -> None:
    found = refusal(tmp_path, content)
    assert found.code is code
    if facts is not None:
        assert found.facts == facts
    for language in Language:
        assert "{" not in say_refusal(found, language)


def test_an_encoding_that_is_no_encoding_of_text_is_refused(tmp_path: Path) -> None:
    for name in ("rot13", "zlib", "no such", "unicode_escape"):
        assert refusal(tmp_path, TEXT, name).code is RefusalCode.ENCODING_UNSUPPORTED


def test_two_gigabytes_are_refused_by_their_size_without_reading(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.touch()
    os.truncate(path, 2**31)
    with pytest.raises(Refusal) as caught:
        open_csv(path)
    assert caught.value.code is RefusalCode.TOO_LARGE
    assert caught.value.facts == {"size_mb": "2048", "most_mb": "512"}


def test_a_folder_and_a_missing_file_are_said_apart(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "is a folder"), (tmp_path / "none.csv", "does not exist")):
        with pytest.raises(Refusal) as caught:
            open_csv(path)
        assert reason in say_refusal(caught.value, Language.EN)


def test_a_download_of_bad_rows_cannot_run_in_a_spreadsheet(tmp_path: Path) -> None:
    out = io.StringIO()
    rows = [(7, ("=1+1", "-5.00", "+52 (55) 1234", '=HYPERLINK("http://x")', "@x"), "Falta «Folio».")]
    header = ("Folio", "Saldo", "Teléfono", "Nombre", "Nota")
    count = write_bad_rows(header, rows, out, titles=bad_row_titles(Language.ES), delimiter=";")
    assert count == 1
    assert out.getvalue() == (
        "Folio;Saldo;Teléfono;Nombre;Nota;Cartera: línea;Cartera: motivo\r\n"
        '\'=1+1;-5.00;+52 (55) 1234;"\'=HYPERLINK(""http://x"")";\'@x;7;Falta «Folio».\r\n'
    )


def test_cells_of_chosen_lines_are_read_again(tmp_path: Path) -> None:
    assert table(tmp_path, TEXT).cells_of({3}) == {3: ("C2", "Núñez", "20,00")}


WIDE = "a," * 499_999 + "a\n"


@pytest.mark.parametrize(
    ("content", "columns"), [(WIDE * 5, 500_000), ("Cliente,Saldo\n" * 3 + WIDE * 2, 500_000)]
)
def test_few_very_wide_lines_are_refused_at_once(tmp_path: Path, content: str, columns: int) -> None:
    began = time.process_time()
    refused = refusal(tmp_path, content)
    assert time.process_time() - began < 5
    assert (refused.code, refused.facts) == (
        RefusalCode.TOO_MANY_COLUMNS,
        {"columns": str(columns), "most": "500"},
    )


def test_a_very_wide_row_is_refused_and_kept_as_far_as_a_file_may_be_wide(tmp_path: Path) -> None:
    rows = list(table(tmp_path, "Cliente,Saldo\n" + "C1,10\n" * 60 + WIDE + "C2,20\n").rows())
    assert rows[0] == (2, ["C1", "10"])
    assert rows[-1] == (63, ["C2", "20"])
    wide = rows[60]
    assert isinstance(wide, BadRow)
    assert (wide.line, len(wide.cells), wide.problems[0].facts["cells"]) == (62, 500, "500000")
