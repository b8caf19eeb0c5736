"""Uploaded files: kept, read back and forgotten, in a folder and over S3's own protocol."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cartera.db.base import new_id
from cartera.files import FileName, Files
from cartera.settings import Settings, SettingsError

NAME = FileName(new_id(), "imports", new_id())
LARGE = b"0123456789abcdef" * 500_000


def settings(home: Path, **given: str) -> Settings:
    return Settings.from_environment({"CARTERA_HOME": str(home), "SECRET_KEY": "k" * 40, **given})


async def there_and_back(files: Files) -> None:
    await files.keep(NAME, BytesIO(LARGE))
    async with files.at_hand(NAME) as path:
        assert path.read_bytes() == LARGE
    assert not path.exists()
    await files.keep(NAME, BytesIO(b"anew"))
    async with files.at_hand(NAME) as path:
        assert path.read_bytes() == b"anew"
    await files.remove(NAME)
    with pytest.raises(FileNotFoundError):
        async with files.at_hand(NAME):
            pass
    await files.remove(NAME)


async def test_in_a_folder_that_nobody_else_may_enter(tmp_path: Path) -> None:
    await there_and_back(Files(settings(tmp_path)))
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


async def test_a_folder_is_named_as_it_is_called(tmp_path: Path) -> None:
    home = tmp_path / "Mi Cartera, 100 %"
    await Files(settings(home)).keep(NAME, BytesIO(b"x"))
    assert (home / "files" / str(NAME)).read_bytes() == b"x"


class Bucket:
    """As much of S3 as a bucket needs: objects put whole or in parts, read, and deleted."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._parts: dict[str, dict[int, bytes]] = {}

    def app(self) -> Starlette:
        every = ["GET", "HEAD", "PUT", "POST", "DELETE"]
        return Starlette(routes=[Route("/{key:path}", self.answer, methods=every)])

    async def answer(self, request: Request) -> Response:
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=someone/")
        key, asked, body = request.path_params["key"], request.query_params, await request.body()
        if request.method == "POST" and "uploads" in asked:
            self._parts[key] = {}
            return _xml(
                "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            )
        if request.method == "PUT" and "partNumber" in asked:
            self._parts[key][int(asked["partNumber"])] = body
            return Response(headers={"ETag": f'"{asked["partNumber"]}"'})
        if request.method == "POST" and "uploadId" in asked:
            self.objects[key] = b"".join(part for _, part in sorted(self._parts.pop(key).items()))
            return _xml("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
        if request.method == "POST" and "delete" in asked:
            gone = body.decode().partition("<Key>")[2].partition("</Key>")[0]
            self.objects.pop(f"bucket/{gone}", None)
            return _xml(f"<DeleteResult><Deleted><Key>{gone}</Key></Deleted></DeleteResult>")
        if request.method == "PUT":
            self.objects[key] = body
            return Response(headers={"ETag": '"e"'})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status_code=204)
        if key not in self.objects:
            return _xml("<Error><Code>NoSuchKey</Code></Error>", 404)
        headers = {"ETag": '"e"', "Last-Modified": "Mon, 16 Nov 2026 15:00:00 GMT"}
        return Response(self.objects[key], headers=headers)


def _xml(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/xml")


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    made = Bucket()
    listening = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    server = uvicorn.Server(uvicorn.Config(made.app(), log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve([listening]))
    yield made
    server.should_exit = True
    await serving


async def test_in_a_bucket(bucket: Bucket, tmp_path: Path) -> None:
    files = Files(settings(tmp_path, FILES_URL="s3://bucket/cartera"))
    await files.keep(NAME, BytesIO(LARGE))
    assert bucket.objects == {f"bucket/cartera/{NAME}": LARGE}
    await there_and_back(files)
    assert bucket.objects == {}
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize(
    "url",
    ["files", "http://files.example", "file://host/folder", "s3://", "s3://key:secret@bucket", "s3://b?x=1"],
)
def test_another_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="FILES_URL"):
        settings(tmp_path, FILES_URL=url)
