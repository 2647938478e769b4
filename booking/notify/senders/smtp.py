"""E-mail over SMTP (RFC 5321), step by step, so that it is known how far a message came.

Until the final dot a broken line means: not sent. After it a silence means: nobody knows, and SMTP cannot be asked.
"""

from __future__ import annotations

import datetime as dt
import re
import smtplib
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from functools import partial
from uuid import UUID

from booking import config
from booking.clock import SEOUL, Clock
from booking.notify.senders.base import Deadline, Email, LookUp, Outcome, Sighting, Verdict
from booking.notify.senders.smtp_lines import Lines

SENDER_AND_RECIPIENT_OK = (250, 251, 252)
READY_FOR_DATA = 354
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")


class SmtpSender:
    """Sends through one mail server, over lines that are kept for the next message."""

    name = "smtp"
    searchable = False
    takes_alimtalk = False
    number = None

    def __init__(self, settings: config.Smtp, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lines = Lines(settings, self._domain)

    def send(self, parcel: Email) -> Outcome:
        """Hand one e-mail over."""
        try:
            message = self._compose(parcel)
        except (ValueError, UnicodeError):
            # a line break in a header, an address that is none: it would be refused every time
            return Outcome(Verdict.REFUSED, "smtp address_or_header")
        deadline = Deadline()
        try:
            line = self._lines.take()
        except smtplib.SMTPAuthenticationError as error:
            # our own credentials: another try after somebody has mended them
            return Outcome(Verdict.NOT_NOW, f"smtp {error.smtp_code} login")
        except smtplib.SMTPResponseException as error:
            # of a server that does not want us now nobody can say that it never will
            return Outcome(Verdict.NOT_NOW, _refusal(error.smtp_code, error.smtp_error).code)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Verdict.NOT_NOW, f"smtp {type(error).__name__}")
        outcome = self._before_body(line.server, parcel.to, deadline) or self._body(
            line.server, message, self._message_id(parcel.ref)
        )
        if outcome.verdict is Verdict.ACCEPTED:
            self._lines.give_back(line)
        else:
            # what the server thinks of the session is not worth finding out
            line.server.close()
        return outcome

    def look_up(self, ref: UUID, to: str, since: dt.datetime) -> LookUp:
        """A mail server cannot be asked."""
        return LookUp(Sighting.NO_ANSWER)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    @property
    def _domain(self) -> str:
        return self._settings.sender.partition("@")[2]

    def _compose(self, parcel: Email) -> bytes:
        head = {
            "From": f"{_encoded('From', parcel.sender_name)} <{Address(addr_spec=self._settings.sender).addr_spec}>",
            "To": Address(addr_spec=parcel.to).addr_spec,
            "Subject": _encoded("Subject", parcel.subject),
            "Date": format_datetime(self._clock.now().astimezone(SEOUL)),
            "Message-ID": self._message_id(parcel.ref),
            # no out-of-office answers to an address that nobody reads
            "Auto-Submitted": "auto-generated",
        }
        if parcel.unsubscribe:
            if not (parcel.unsubscribe.isascii() and parcel.unsubscribe.isprintable()):
                raise ValueError("List-Unsubscribe holds no address")
            head["List-Unsubscribe"] = f"<{parcel.unsubscribe}>"
            head["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return lines.encode("ascii") + self._content(parcel).as_bytes()

    def _message_id(self, ref: UUID) -> str:
        return f"<{ref}@{self._domain}>"

    def _content(self, parcel: Email) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        message.set_content(parcel.text, cte="base64")
        message.add_alternative(parcel.html, subtype="html", cte="base64")
        # mail programs offer "add to calendar" for an alternative, and for one only
        if len(parcel.calendar) == 1:
            part = parcel.calendar[0]
            message.add_alternative(part.content.decode(), subtype="calendar", params={"method": part.method.value})
        for part in parcel.calendar:
            message.add_attachment(
                part.content.decode(), subtype="calendar", filename=part.name, params={"method": part.method.value}
            )
        return message

    def _before_body(self, server: smtplib.SMTP, to: str, deadline: Deadline) -> Outcome | None:
        """Everything up to the server's "go ahead"; whatever fails here has certainly sent nothing."""
        try:
            for step in (partial(server.mail, self._settings.sender), partial(server.rcpt, to)):
                code, reply = step()
                if code not in SENDER_AND_RECIPIENT_OK:
                    return _refusal(code, reply)
            if deadline.passed:
                return Outcome(Verdict.NOT_NOW, "smtp slow")
            code, reply = server.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Verdict.NOT_NOW, f"smtp {type(error).__name__}")
        return None if code == READY_FOR_DATA else _refusal(code, reply)

    def _body(self, server: smtplib.SMTP, message: bytes, message_id: str) -> Outcome:
        """The message and its final dot; without the server's answer nobody knows."""
        lines = re.sub(rb"(?m)^\.", b"..", message)
        try:
            server.send(lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Verdict.UNCERTAIN, f"smtp {type(error).__name__}")
        if 200 <= code < 300:
            return Outcome(Verdict.ACCEPTED, f"smtp {code}", provider_ref=message_id)
        return _refusal(code, reply)


def _encoded(name: str, text: str) -> str:
    """A header's text as encoded words; the library's newer way loses spaces where it folds Korean.

    Raises:
        ValueError: the text holds a line break, which would begin a header of its own.
    """
    if not text.isprintable():
        raise ValueError(f"{name} holds what no header may hold")
    return Header(text, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")


def _refusal(code: int, reply: bytes | str) -> Outcome:
    """4yz is for now, 5yz for good (RFC 5321, 4.2.1); of the reply only its codes are kept, it repeats the address."""
    text = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    enhanced = _ENHANCED.match(text)
    words = f"smtp {code} {enhanced.group(1)}" if enhanced else f"smtp {code}"
    return Outcome(Verdict.REFUSED if 500 <= code < 600 else Verdict.NOT_NOW, words)
