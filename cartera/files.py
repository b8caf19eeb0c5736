"""Uploaded files on this installation's disk, for the time that something is to be done with them.

A file is named by the organization and by the row that it belongs to, never by what its sender called it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True)
class Files:
    """The folder of files; ``settings.home / "files"``."""

    root: Path

    def path(self, organization_id: UUID, noun: str, row_id: UUID) -> Path:
        """Where a row's file lies; its folder is made, the file need not be there."""
        folder = self.root / str(organization_id) / noun
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / str(row_id)

    def remove(self, organization_id: UUID, noun: str, row_id: UUID) -> None:
        self.path(organization_id, noun, row_id).unlink(missing_ok=True)
