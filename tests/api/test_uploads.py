"""Files of imports: sent by a form, and the refused rows to take home."""

from __future__ import annotations

import csv
from io import StringIO

from starlette.applications import Starlette

from api.http.uploads import Uploads
from cartera.rules.permissions import Scope
from cartera.settings import Settings
from tests.api.conftest import Client, Visitors
from tests.api.test_imports import ONE_BAD, TWO, rows, settings, shown, upload, uploaded
from tests.factories import Factory
from tests.office import Office

__all__ = ["settings"]


async def test_uploads_of_strangers_and_other_pages_are_refused(
    anna: Client, visitors: Visitors, factory: Factory
) -> None:
    before = await rows(factory)
    stranger = await visitors.stranger()
    assert (await upload(stranger, TWO)).status_code == 401
    files = {"file": ("f.csv", TWO.encode(), "text/csv")}
    elsewhere = await anna.http.post("/imports", files=files, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    assert await rows(factory) == before
    script = await visitors.script(Scope.IMPORTS_WRITE)
    assert (await upload(script, TWO)).status_code == 201


async def test_uploads_without_a_file_and_too_large_ones_get_a_sentence(
    anna: Client, app: Starlette, factory: Factory, settings: Settings
) -> None:
    before = await rows(factory)
    empty = await anna.http.post("/imports", data={"file": "text"})
    assert (empty.status_code, empty.json()["error"]) == (400, "UPLOAD_MISSING")
    broken = await anna.http.post(
        "/imports", content=b"--x\r\nnonsense", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code == 400, broken.text
    taken = next(route for route in app.routes if getattr(route, "path", "") == "/imports")
    uploads = taken.endpoint.__self__
    assert isinstance(uploads, Uploads)
    uploads._max_bytes = 2**20
    large = await upload(anna, b"x" * (2**20 + 2**17))
    assert (large.status_code, large.json()["message"]) == (
        413,
        "El archivo pesa más de 1 MB. Divídalo en partes.",
    )
    assert await rows(factory) == before
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []


async def test_refused_rows_are_told_and_can_be_taken_home(anna: Client, office: Office) -> None:
    import_id = await uploaded(anna, office, ONE_BAD)
    run = await shown(anna, import_id)
    assert (run["rowsTotal"], run["rowsBad"]) == (3, 1)
    (problem,) = run["problems"]
    assert (problem["line"], problem["code"]) == (4, "DATE_IMPOSSIBLE")
    assert "2026-02-30" in problem["sentence"]
    assert problem["cells"][0] == "C3"
    response = await anna.http.get(run["badRowsUrl"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    header, row = csv.reader(StringIO(response.content.decode("utf-8-sig"), newline=""))
    assert header[-2:] == ["Cartera: línea", "Cartera: motivo"]
    assert row[:3] == ["C3", "'=HYPERLINK(1)", "A3"]
    assert row[-2:] == ["4", problem["sentence"]]
