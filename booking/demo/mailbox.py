"""A mail server for the demo: takes every message and keeps it where the inbox page finds it."""

from __future__ import annotations

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import compat32, default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from booking.demo.store import Store


class Mailbox:
    """The handler that aiosmtpd calls for every message."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Keep one message for each of its recipients."""
        for recipient in envelope.rcpt_tos:
            self._store.add_mail(recipient=recipient, **read_mail(envelope.original_content or b""))
        return "250 2.0.0 OK"


def read_mail(content: bytes) -> dict[str, Any]:
    """Take an e-mail apart into what a reader sees."""
    message = message_from_bytes(content, policy=default)
    attachments = [
        {
            "name": part.get_filename() or "",
            "type": part.get_content_type(),
            "method": str(part.get_param("method") or ""),
            "content": part.get_content(),
        }
        for part in message.walk()
        if part.get_content_type() == "text/calendar"
    ]
    return {
        "sender": _words(content, "From"),
        "subject": _words(content, "Subject"),
        "message_id": str(message["Message-ID"]).strip("<>"),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "attachments": attachments,
    }


def _words(content: bytes, name: str) -> str:
    """A header as a mail program shows it; the newer parser puts spaces between the encoded words of a name."""
    return str(make_header(decode_header(BytesHeaderParser(policy=compat32).parsebytes(content)[name])))


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


def mail_server(store: Store, host: str, port: int) -> Controller:
    """Return a mail server that is not yet started; it runs in a thread of its own."""
    return Controller(Mailbox(store), hostname=host, port=port)
