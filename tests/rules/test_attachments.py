from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile, ZipInfo

import pytest

from cartera.rules.attachments import LONGEST_NAME, MediaType, disposition, media_type_of, safe_name


def archive(*names: str) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as made:
        for name in names:
            # Of a fixed day: what is drawn up here becomes a test's id, the same in every process.
            made.writestr(ZipInfo(name), "x")
    return content.getvalue()


WORKBOOK = ("[Content_Types].xml", "xl/workbook.xml")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "x.exe", MediaType.PDF),
        (PNG, "foto.jpg", MediaType.PNG),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "", MediaType.JPEG),
        (archive(*WORKBOOK, "xl/worksheets/sheet1.xml"), "a.xlsx", MediaType.XLSX),
        (b'<?xml version="1.0"?><a/>', "factura.xml", MediaType.XML),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><a/>', "factura.txt", MediaType.XML),
        (b"folio;importe\n1;2\n", "Lista.CSV", MediaType.CSV),
        ("Señor".encode("cp1252"), "nota.txt", MediaType.TXT),
        ("Señor\tsí\r\n\f".encode(), "nota.bat", MediaType.TXT),
    ],
)
def test_what_may_be_attached_is_told_by_its_content(content: bytes, name: str, expected: MediaType) -> None:
    assert media_type_of(content, name) is expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"MZ\x90\0\x03",
        b"\x7fELF",
        b"GIF89a\x01\0",
        b"text\0",
        b"a\x1b[2J",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b" <svg onload=alert(1)>",
        b"PK\x03\x04 not an archive",
        archive("a.txt"),
        archive("[Content_Types].xml", "word/document.xml"),
        archive(*WORKBOOK, "xl/vbaProject.bin"),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_anything_else_may_not(content: bytes) -> None:
    assert media_type_of(content, "documento.pdf") is None


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("Factura 12.PDF", MediaType.PDF, "Factura 12.PDF"),
        ("../../etc/passwd", MediaType.TXT, "passwd.txt"),
        ("C:\\fotos\\daño.jpeg", MediaType.JPEG, "daño.jpeg"),
        ("evil.bat", MediaType.TXT, "evil.bat.txt"),
        ("a\r\nSet-Cookie: x.pdf", MediaType.PDF, "aSet-Cookie: x.pdf"),
        # A mark that turns the writing direction around hides an ending.
        ("factura\u202efdp.exe", MediaType.PDF, "facturafdp.exe.pdf"),
        ("", MediaType.PNG, "archivo.png"),
        (" ... ", MediaType.CSV, "archivo.csv"),
        ("/", MediaType.XML, "archivo.xml"),
        ("x" * 500 + ".pdf", MediaType.PDF, "x" * (LONGEST_NAME - 4) + ".pdf"),
        ("x" * 500, MediaType.XLSX, "x" * (LONGEST_NAME - 5) + ".xlsx"),
    ],
)
def test_names_lose_what_could_do_harm(name: str, kind: MediaType, expected: str) -> None:
    assert safe_name(name, kind) == expected


def test_a_file_is_saved_under_its_name_and_never_shown() -> None:
    assert disposition('Señal "1"; x.pdf') == (
        "attachment; filename=\"Se_al _1__ x.pdf\"; filename*=UTF-8''Se%C3%B1al%20%221%22%3B%20x.pdf"
    )
