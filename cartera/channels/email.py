"""E-mail by SMTP. One connection serves a job's messages, one after the other."""

from __future__ import annotations

import re
from email import policy
from email.utils import parseaddr
from types import TracebackType

import aiosmtplib

from cartera.channels.base import Envelope, NotAccepted, NotSent, Unreachable
from cartera.channels.mime import build, message_id
from cartera.settings import Smtp

_TIMEOUT_SECONDS = 30.0

# RFC 5321: the mailbox does not exist, is not local, or has a name that cannot be. Servers refuse spam with
# 550 as well; where they say more (RFC 3463), class 1 is about the address.
_NOBODY_THERE = {550, 551, 553}
_ABOUT = re.compile(r"5\.(\d{1,3})\.\d{1,3}", re.ASCII)


class EmailChannel:
    """Use as ``async with``; it connects when the first envelope goes out, and again after a broken line."""

    def __init__(self, smtp: Smtp, mail_from: str) -> None:
        self._mail_from = mail_from
        self._client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.username,
            password=smtp.password,
            use_tls=smtp.security == "tls",
            start_tls=smtp.security == "starttls",
            timeout=_TIMEOUT_SECONDS,
        )

    async def __aenter__(self) -> EmailChannel:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client.is_connected:
            try:
                await self._client.quit()
            except (aiosmtplib.SMTPException, OSError):
                self._client.close()

    async def send(self, envelope: Envelope) -> str:
        """As ``Channel.send``; the id is our own Message-ID."""
        content = build(envelope, self._mail_from).as_bytes(policy=policy.SMTP)
        await self._connect()
        try:
            await self._client.mail(parseaddr(self._mail_from)[1])
            await self._client.rcpt(envelope.to_address)
        except aiosmtplib.SMTPResponseException as error:
            await self._start_over()
            raise _refusal(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise Unreachable(type(error).__name__) from error
        try:
            await self._client.data(content)
        except aiosmtplib.SMTPDataError as error:
            # An answer, and it is no: the server did not take the message.
            await self._start_over()
            raise _refusal(error) from error
        return message_id(envelope, self._mail_from)

    async def _connect(self) -> None:
        if self._client.is_connected:
            return
        try:
            await self._client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(type(error).__name__) from error

    async def _start_over(self) -> None:
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()


def _refusal(error: aiosmtplib.SMTPResponseException) -> NotSent:
    """What a server's refusal means: 4xx another time, 5xx never; of the sender, that we may not send."""
    reason = f"{error.code} {error.message}"
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return Unreachable(reason)
    if error.code < 500:
        return NotSent(reason)
    about = _ABOUT.match(error.message)
    wrong = isinstance(error, aiosmtplib.SMTPRecipientRefused) and error.code in _NOBODY_THERE
    return NotAccepted(reason, wrong_address=wrong and (about is None or about[1] == "1"))
