"""Uploaded files in object storage, for the time that something is to be done with them.

By default the storage is a folder of this installation; with several machines it is one that all of them
reach. A file is named by the organization and by the row that it belongs to, never by what its sender called
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.parse import unquote, urlsplit
from uuid import UUID

from obstore.store import LocalStore, ObjectStore, from_url

from cartera.settings import Settings


@dataclass(frozen=True)
class FileName:
    """The file of a row: what it is of (``imports``), and whose."""

    organization_id: UUID
    noun: str
    row_id: UUID

    def __str__(self) -> str:
        return f"{self.organization_id}/{self.noun}/{self.row_id}"


class Files:
    """The storage that ``FILES_URL`` names. Methods raise what obstore raises where it does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._store = _store(settings.files_url)

    async def keep(self, name: FileName, content: IO[bytes]) -> None:
        """Store a file from where it is read to its end, in parts."""
        await self._store.put_async(str(name), content)

    @asynccontextmanager
    async def at_hand(self, name: FileName) -> AsyncIterator[Path]:
        """A copy on this machine's disk for as long as the block lasts. Raises FileNotFoundError."""
        with TemporaryDirectory(prefix="cartera-file-") as folder:
            path = Path(folder, "content")
            await asyncio.to_thread(self._copy, name, path)
            yield path

    def _copy(self, name: FileName, path: Path) -> None:
        found = self._store.get(str(name))
        with path.open("wb") as copy:
            for part in found.stream():
                copy.write(part)

    async def remove(self, name: FileName) -> None:
        """Forget a file; one that is not there is forgotten already."""
        with suppress(FileNotFoundError):
            await self._store.delete_async(str(name))


def _store(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme != "file":
        # Keys and regions come from the provider's own environment variables.
        return from_url(url)
    folder = Path(unquote(parts.path))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(folder)
