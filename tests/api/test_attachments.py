"""Files of disputes: what is taken, what is given back and to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from api.http.attachments import Attachments
from cartera.db.base import new_id
from cartera.settings import Settings
from tests.api.conftest import Client, Visitors, node_id
from tests.api.test_disputes import change, opened
from tests.factories import Factory

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
REMOVE = """mutation ($input: AttachmentRemoveInput!) { attachmentRemove(input: $input) { __typename
  ... on DisputeSuccess { dispute { attachments { id } thread { text } } }
  ... on UserErrors { errors { code path } } } }"""
SHOW = """query ($id: ID!) { node(id: $id) { ... on Dispute { attachments {
  id fileName mediaType sizeBytes url actor { name } } } } }"""


async def send(client: Client, dispute: str, content: bytes = PDF, name: str = "Señal 1.pdf") -> Any:
    # What the sender says that it is does not count.
    files = {"file": (name, content, "text/html")}
    return await client.http.post(f"/disputes/{dispute}/attachments", files=files)


async def rows(factory: Factory) -> list[Any]:
    async with factory.read() as tx:
        counts = "SELECT (SELECT count(*) FROM attachment), (SELECT count(*) FROM audit_entry)"
        return list((await tx.session.execute(text(counts))).one())


def stored(settings: Settings) -> list[Path]:
    return [path for path in (settings.home / "files").rglob("*") if path.is_file()]


@pytest.fixture
async def dispute(anna: Client, factory: Factory) -> str:
    return await opened(anna, await factory.receivable(await factory.customer(), "100.00"))


async def test_a_file_comes_back_as_it_went(visitors: Visitors, dispute: str, settings: Settings) -> None:
    client, _ = await visitors.member("manager", name="Ana Torres")
    response = await send(client, dispute)
    assert response.status_code == 201, response.text
    key = response.json()["id"]
    (shown,) = (await client.ask(SHOW, id=dispute))["node"]["attachments"]
    assert shown == {
        "id": key,
        "fileName": "Señal 1.pdf",
        "mediaType": "application/pdf",
        "sizeBytes": len(PDF),
        "url": f"/attachments/{key}",
        "actor": {"name": "Ana Torres"},
    }
    got = await client.http.get(shown["url"])
    assert (got.status_code, got.content) == (200, PDF)
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"Se_al 1.pdf\"; filename*=UTF-8''Se%C3%B1al%201.pdf"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    again = await send(client, dispute, name="otro.pdf")
    assert (again.status_code, again.json()) == (200, {"id": key})
    assert len(stored(settings)) == 1


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.pdf", "UPLOAD_EMPTY"),
        (b"MZ\x90\0", "a.pdf", "UPLOAD_TYPE"),
        (b"<html><script>", "a.pdf", "UPLOAD_TYPE"),
        (b"GIF89a\x01\0", "a.png", "UPLOAD_TYPE"),
    ],
)
async def test_other_files_are_refused(
    content: bytes, name: str, code: str, anna: Client, dispute: str, factory: Factory, settings: Settings
) -> None:
    before = await rows(factory)
    response = await send(anna, dispute, content, name)
    assert (response.status_code, response.json()["error"]) == (400, code)
    assert await rows(factory) == before
    assert stored(settings) == []


@pytest.mark.parametrize("excess", [1, 2**17])
async def test_large_files_are_refused(
    excess: int, anna: Client, app: Starlette, dispute: str, factory: Factory, settings: Settings
) -> None:
    path = "/disputes/{id}/attachments"
    taken = next(route for route in app.routes if getattr(route, "path", "") == path)
    attachments = taken.endpoint.__self__
    assert isinstance(attachments, Attachments)
    attachments._max_bytes = 2**20
    before = await rows(factory)
    response = await send(anna, dispute, PDF + b"x" * (2**20 - len(PDF) + excess))
    assert (response.status_code, response.json()["message"]) == (413, "El archivo pesa más de 1 MB.")
    assert (await rows(factory), stored(settings)) == (before, [])
    exact = await send(anna, dispute, PDF + b"x" * (2**20 - len(PDF)))
    assert exact.status_code == 201


async def test_ten_files_are_enough(anna: Client, dispute: str, factory: Factory, settings: Settings) -> None:
    keys = [(await send(anna, dispute, PDF + bytes([65 + n]))).json()["id"] for n in range(10)]
    before = await rows(factory)
    full = await send(anna, dispute, PDF)
    assert (full.status_code, full.json()["message"]) == (400, "Un reclamo puede tener hasta 10 archivos.")
    assert await rows(factory) == before
    assert len(stored(settings)) == 10
    await anna.ask(REMOVE, input={"attachmentId": keys[0]})
    assert (await send(anna, dispute, PDF)).status_code == 201


async def test_a_removed_file_is_hidden_and_remembered(anna: Client, dispute: str) -> None:
    key = (await send(anna, dispute)).json()["id"]
    found = (await anna.ask(REMOVE, input={"attachmentId": key}))["attachmentRemove"]
    assert found["dispute"]["attachments"] == []
    assert [item["text"].split(" ", 2)[2] for item in found["dispute"]["thread"][1:]] == [
        "adjuntó «Señal 1.pdf».",
        "quitó «Señal 1.pdf».",
    ]
    assert (await anna.http.get(f"/attachments/{key}")).status_code == 404
    again = (await anna.ask(REMOVE, input={"attachmentId": key}))["attachmentRemove"]
    assert again["errors"] == [{"code": "NOT_FOUND", "path": ["attachmentId"]}]
    assert (await anna.ask("query ($id: ID!) { node(id: $id) { id } }", id=key)) == {"node": None}


async def test_strangers_other_pages_and_who_may_not_get_nothing(
    anna: Client, visitors: Visitors, dispute: str, factory: Factory
) -> None:
    key = (await send(anna, dispute)).json()["id"]
    collector, _ = await visitors.member("collector")
    viewer, _ = await visitors.member("viewer")
    stranger = await visitors.stranger()
    before = await rows(factory)

    assert (await send(stranger, dispute)).status_code == 401
    assert (await stranger.http.get(f"/attachments/{key}")).status_code == 401
    elsewhere = await anna.http.post(
        f"/disputes/{dispute}/attachments",
        files={"file": ("a.pdf", PDF, "application/pdf")},
        headers={"Origin": "https://evil.example"},
    )
    assert elsewhere.status_code == 403
    assert (await send(viewer, dispute)).status_code == 403
    assert (await viewer.http.get(f"/attachments/{key}")).status_code == 200

    unknown = await collector.http.get(f"/attachments/{node_id('Attachment', new_id())}")
    foreign = await collector.http.get(f"/attachments/{key}")
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
    assert foreign.status_code == 404
    sent = [
        await send(collector, target)
        for target in (dispute, node_id("Dispute", new_id()), "x", node_id("Customer", new_id()))
    ]
    assert {response.status_code for response in sent} == {404}
    assert len({response.text for response in sent}) == 1
    assert await rows(factory) == before


async def test_evidence_can_be_added_after_the_end(anna: Client, dispute: str) -> None:
    await change(anna, "disputeWithdraw", dispute)
    assert (await send(anna, dispute)).status_code == 201
