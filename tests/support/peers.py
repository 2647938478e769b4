"""The outside parties of the tests: a mail server and a text-message provider that really speak, and really fail."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from booking.config import Smtp, Solapi
from booking.demo.gateway import Gateway, Reply
from booking.demo.mailbox import read_mail
from booking.demo.store import Store
from tools.children import free_port

SENDER_NUMBER = "02-0000-0000"
USER, PASSWORD = "centre", "only-for-tests"
#: for 127.0.0.1, made for these tests and good for nothing else; valid from 2020 to 2120
CERTIFICATE = Path(__file__).with_name("certificate") / "certificate.pem"


@dataclass
class MailServer:
    """Takes e-mails; each fault in ``faults`` spoils one attempt. ``taken`` holds what was accepted."""

    settings: Smtp
    taken: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[str] = field(default_factory=deque)
    attempts: int = 0
    #: the connections over which somebody said hello, and whether each hello was encrypted
    peers: set[Any] = field(default_factory=set)
    encrypted: list[bool] = field(default_factory=list)
    #: done when a body has been taken, before the server says so
    on_body: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        if self.faults and self.faults[0] in {"451", "550"}:
            code = self.faults.popleft()
            return f"{code} {code[0]}.7.1 <{address}> not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self.faults.popleft() if self.faults else ""
        if fault == "421":
            return "421 4.3.2 shutting down"
        content = envelope.original_content or b""
        self.taken.append({"to": list(envelope.rcpt_tos), "raw": content, **read_mail(content)})
        self.on_body()
        if fault == "drop":
            transport: Any = server.transport
            transport.abort()
        return "250 2.0.0 OK"

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.peers.add(session.peer)
        self.encrypted.append(session.ssl is not None)
        return responses


def _known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    # not handled: the server itself says so
    return AuthResult(success=data == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def mail_server(*, guarded: bool = False, port: int = 0) -> Iterator[MailServer]:
    """Start a mail server on a free port, or on this one; a ``guarded`` one wants TLS and a sign-in first."""
    settings = Smtp("127.0.0.1", port or free_port())
    options: dict[str, Any] = {}
    if guarded:
        settings = replace(settings, username=USER, password=PASSWORD, starttls=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_name("key.pem"))
        options = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _known,
        }
    server = MailServer(settings)
    controller = Controller(server, hostname=settings.host, port=settings.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


class FaultyGateway(Gateway):
    """A provider that fails as it is told, one fault to a call.

    ``429`` (``429_later`` names a time), ``500``, ``refuse``, or a fault after accepting.
    """

    def __init__(self, account: Solapi, store: Store, receipts_url: str = "") -> None:
        port = int(account.url.rpartition(":")[2])
        super().__init__(("127.0.0.1", port), account, store, receipts_url)
        self.faults: deque[str] = deque()
        self.listing_faults: deque[str] = deque()
        self.attempts = 0
        self.released = threading.Event()
        #: done once, before the first message is looked at
        self.on_first: Callable[[], None] = lambda: None
        #: what ``kill_before`` and ``kill_after`` do
        self.kill: Callable[[], None] = lambda: None

    def accept(self, body: Any) -> Reply:
        self.attempts += 1
        if self.attempts == 1:
            self.on_first()
        fault = self.faults.popleft() if self.faults else ""
        if fault == "429":
            return Reply(429, {"errorCode": "TooManyRequests"})
        if fault == "429_later":
            return Reply(429, {"errorCode": "TooManyRequests"}, (("Retry-After", "900"),))
        if fault == "500":
            return Reply(500, {"errorCode": "InternalError"})
        if fault == "refuse":
            return Reply(400, {"errorCode": "InvalidNumber"})
        if fault == "kill_before":
            self.kill()
            raise ConnectionAbortedError
        reply = super().accept(body)
        if fault == "kill_after":
            self.kill()
        if fault == "500_after":
            return Reply(502, {"errorCode": "BadGateway"})
        if fault == "hang_after":
            self.released.wait(30)
        if fault in {"drop_after", "hang_after"}:
            raise ConnectionAbortedError
        return reply

    def listing(self, params: dict[str, list[str]]) -> Reply:
        if self.listing_faults:
            self.listing_faults.popleft()
            return Reply(503, None)
        return super().listing(params)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line that was cut on purpose is no news."""

    def refs(self) -> list[str]:
        """The refs of everything that was accepted, oldest first."""
        return [text.ref for text in reversed(self.store.texts(limit=100_000))]


def account() -> Solapi:
    """An account at a gateway on a free port."""
    return Solapi(
        url=f"http://127.0.0.1:{free_port()}",
        api_key="key-0000000000",
        api_secret="secret-0000000000",
        sender=SENDER_NUMBER,
        webhook_secret="hook-0000000000",
    )


@contextmanager
def text_gateway(folder: Path, receipts_url: str = "") -> Iterator[FaultyGateway]:
    """Start a provider on a free port."""
    gateway = FaultyGateway(account(), Store(folder / "texts.sqlite3"), receipts_url)
    thread = threading.Thread(target=gateway.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.released.set()
        gateway.close()
        thread.join(5)
