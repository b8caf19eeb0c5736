"""The captured mailbox: without a mail server, messages are kept on this machine and nothing leaves."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from mailbox import Maildir, MaildirMessage
from pathlib import Path
from types import TracebackType

from cartera.channels.base import Envelope
from cartera.channels.mime import build, message_id

_KEY = re.compile(r"[\w.,=+-]{1,200}", re.ASCII)


class CaptureChannel:
    """Files every envelope in a Maildir."""

    def __init__(self, folder: Path, mail_from: str) -> None:
        self._folder = folder
        self._mail_from = mail_from

    async def __aenter__(self) -> CaptureChannel:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    async def send(self, envelope: Envelope) -> str:
        """As ``Channel.send``; the id is our own Message-ID."""
        message = build(envelope, self._mail_from)
        await asyncio.to_thread(self._keep, message)
        return message_id(envelope, self._mail_from)

    def _keep(self, message: EmailMessage) -> None:
        kept = MaildirMessage(message)
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        Maildir(self._folder, create=True).add(kept)


@dataclass(frozen=True, slots=True)
class Captured:
    """A kept message. ``key`` names it in the folder."""

    key: str
    message: EmailMessage


def captured(folder: Path, limit: int = 200) -> list[Captured]:
    """The newest kept messages, newest first."""
    files = [file for file in (folder / "new").glob("*") if file.is_file()]
    newest = sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
    return [_read(file) for file in newest[:limit]]


def find(folder: Path, key: str) -> Captured | None:
    """One kept message by its key; None where there is none, whatever the key tries to name."""
    file = folder / "new" / key
    return _read(file) if _KEY.fullmatch(key) and not key.startswith(".") and file.is_file() else None


def _read(file: Path) -> Captured:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Captured(file.name, message)
