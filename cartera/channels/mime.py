"""An envelope as a MIME message: text and HTML, with the headers that mail programs and servers rely on."""

from __future__ import annotations

import re
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from cartera.channels.base import Envelope, NotAccepted

# Control characters, line breaks among them, have no place in a header.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def message_id(envelope: Envelope, mail_from: str) -> str:
    """Our own, so that it is known before sending and is the same if it is ever built again."""
    return f"<{envelope.key}@{_domain(mail_from)}>"


def build(envelope: Envelope, mail_from: str) -> EmailMessage:
    """The message; it comes from the installation's address in the seller's name.

    Raises NotAccepted for an address that no mail can carry.
    """
    message = EmailMessage()
    message["Message-ID"] = message_id(envelope, mail_from)
    message["Date"] = format_datetime(envelope.written_at)
    message["From"] = Address(_plain(envelope.sender_name), addr_spec=parseaddr(mail_from)[1])
    message["To"] = _address(envelope.to_name, envelope.to_address)
    with suppress(NotAccepted):
        # The seller's own slip must not count against the customer's address.
        message["Reply-To"] = _address(envelope.sender_name, envelope.reply_to or "")
    message["Subject"] = _plain(envelope.subject)
    # RFC 3834: no holiday notice answers what says this.
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = envelope.language
    message.set_content(envelope.text)
    message.add_alternative(envelope.html, subtype="html")
    return message


def _address(name: str, address: str) -> Address:
    try:
        made = Address(_plain(name), addr_spec=address)
        made.addr_spec.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:
        raise NotAccepted(f"not an e-mail address: {type(error).__name__}", wrong_address=True) from error
    if not (made.username and made.domain):
        raise NotAccepted("not an e-mail address", wrong_address=True)
    return made


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _domain(mail_from: str) -> str:
    return parseaddr(mail_from)[1].partition("@")[2]
