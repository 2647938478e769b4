"""Connections to the mail server, kept for the next message: TLS and signing in cost more than the message itself.

A line that has been idle is asked first (RSET): before a body has been sent, finding it dead costs nothing.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from dataclasses import dataclass, field

from booking import config

STEP_SECONDS = 10.0
#: mail servers hang up on the silent after minutes, and many count the messages of a session
IDLE_SECONDS = 30.0
MOST_MESSAGES = 100
OK = 250


@dataclass(slots=True)
class Line:
    """One connection, signed in and ready for a message."""

    server: smtplib.SMTP
    messages: int = 0
    used_at: float = field(default_factory=time.monotonic)


class Lines:
    """The lines of one process to one server; any thread may take one."""

    def __init__(self, settings: config.Smtp, domain: str) -> None:
        self._settings = settings
        self._domain = domain
        self._tls = ssl.create_default_context() if settings.starttls else None
        self._idle: list[Line] = []
        self._lock = threading.Lock()

    def take(self) -> Line:
        """Return a line that answers, an idle one or a new one.

        Raises:
            smtplib.SMTPException: the server refuses the connection, its encryption or our name.
            OSError: it does not answer.
        """
        while (line := self._pop()) is not None:
            if line.messages < MOST_MESSAGES and time.monotonic() - line.used_at < IDLE_SECONDS and _answers(line):
                return line
            line.server.close()
        return Line(self._open())

    def give_back(self, line: Line) -> None:
        """Keep a line for the next message."""
        line.messages += 1
        line.used_at = time.monotonic()
        with self._lock:
            self._idle.append(line)

    def close(self) -> None:
        """Hang up every idle line."""
        while (line := self._pop()) is not None:
            line.server.close()

    def _pop(self) -> Line | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _open(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port
        server = smtplib.SMTP(host, port, local_hostname=self._domain, timeout=STEP_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if self._tls is not None:
                server.starttls(context=self._tls)
                server.ehlo()
            if self._settings.username is not None:
                server.login(self._settings.username, self._settings.password or "")
        except BaseException:
            server.close()
            raise
        return server


def _answers(line: Line) -> bool:
    try:
        return line.server.rset()[0] == OK
    except (OSError, smtplib.SMTPException):
        return False
