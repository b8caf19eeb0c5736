"""Ways to reach a customer, each behind ``base.Channel``."""

from __future__ import annotations

from pathlib import Path

from cartera.channels.capture import CaptureChannel
from cartera.channels.email import EmailChannel
from cartera.settings import Settings


def mailbox_folder(settings: Settings) -> Path:
    """Where captured messages are kept."""
    return settings.home / "mailbox"


def email_channel(settings: Settings) -> EmailChannel | CaptureChannel:
    """The channel that mails go out by: the mail server, or the captured mailbox where none is set."""
    if settings.smtp:
        return EmailChannel(settings.smtp, settings.mail_from)
    return CaptureChannel(mailbox_folder(settings), settings.mail_from)
