"""A provider that speaks NHN Cloud SMS v3.0: checks the secret key, keeps count, lists, and fails as it is told."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from booking.config import Nhn
from booking.domain.sender_numbers import digits_of
from booking.domain.sms import LMS_BYTES, SMS_BYTES, size_in_bytes
from tools.children import free_port


@dataclass
class Taken:
    """One message that was accepted."""

    path: str
    to: str
    number: str
    text: str
    title: str
    ref: str
    request_id: str
    status: str = "2"
    code: str = ""


def nhn_account(sender: str) -> Nhn:
    """An app at a provider on a free port."""
    return Nhn(f"http://127.0.0.1:{free_port()}", "app-0000000000", "secret-0000000000", sender, "signature-0000000000")


class NhnGateway(ThreadingHTTPServer):
    """The provider; each of ``faults`` spoils one sending, each of ``listing_faults`` one listing."""

    daemon_threads = True

    def __init__(self, account: Nhn) -> None:
        super().__init__(("127.0.0.1", int(account.url.rpartition(":")[2])), _Handler)
        self.account = account
        self.taken: list[Taken] = []
        self.faults: deque[str] = deque()
        self.listing_faults: deque[str] = deque()
        self.attempts = 0
        self.on_send: Callable[[], None] = lambda: None

    def send(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Accept one message, or fail as told."""
        self.attempts += 1
        self.on_send()
        fault = self.faults.popleft() if self.faults else ""
        if fault.isdecimal():
            return int(fault), {}
        if fault.startswith("-"):
            return 200, {"header": {"isSuccessful": False, "resultCode": int(fault), "resultMessage": "no"}}
        [recipient] = body["recipientList"]
        wrong = self._wrong(path, body)
        if wrong:
            return 200, {"header": {"isSuccessful": False, "resultCode": wrong, "resultMessage": "no"}}
        name = f"2027{len(self.taken):018d}"
        self.taken.append(
            Taken(path, recipient["recipientNo"], body["sendNo"], body["body"], body.get("title", ""),
                  recipient["recipientGroupingKey"], name)
        )  # fmt: skip
        if fault == "drop_after":
            raise ConnectionAbortedError
        if fault == "500_after":
            return 502, None
        result = {"recipientNo": recipient["recipientNo"], "resultCode": 0, "resultMessage": "SUCCESS",
                  "recipientSeq": 1, "recipientGroupingKey": recipient["recipientGroupingKey"]}  # fmt: skip
        data = {"requestId": name, "statusCode": "2", "sendResultList": [result]}
        return 200, {"header": {"isSuccessful": True, "resultCode": 0}, "body": {"data": data}}

    def _wrong(self, path: str, body: dict[str, Any]) -> int:
        if body["sendNo"] != digits_of(self.account.sender):
            return -2312
        limit = SMS_BYTES if path == "sender/sms" else LMS_BYTES
        return -2015 if size_in_bytes(body["body"]) > limit or (path == "sender/mms" and not body["title"]) else 0

    def listing(self, path: str, params: dict[str, list[str]]) -> tuple[int, Any]:
        """The messages of one of the two listings with this grouping key."""
        if self.listing_faults:
            return int(self.listing_faults.popleft()), None
        if not {"startRequestDate", "endRequestDate"} <= set(params):
            return 200, {"header": {"isSuccessful": False, "resultCode": -2011}}
        data = [
            {"requestId": one.request_id, "recipientSeq": 1, "recipientGroupingKey": one.ref,
             "msgStatus": one.status, "resultCode": one.code or None}
            for one in self.taken
            if one.path == path and one.ref == params["recipientGroupingKey"][0]
        ]  # fmt: skip
        return 200, {"header": {"isSuccessful": True, "resultCode": 0}, "body": {"totalCount": len(data), "data": data}}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line that was cut on purpose is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: NhnGateway
    protocol_version = "HTTP/1.1"
    timeout = 30

    def _path(self) -> str | None:
        head = f"/sms/v3.0/appKeys/{self.server.account.app_key}/"
        path = urlsplit(self.path).path
        if not path.startswith(head):
            self._answer(200, {"header": {"isSuccessful": False, "resultCode": -1000}})
            return None
        if self.headers.get("X-Secret-Key") != self.server.account.secret_key:
            self._answer(401, {"header": {"isSuccessful": False, "resultCode": -1000}})
            return None
        return path.removeprefix(head)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self._path()
        if path is not None:
            self._answer(*self.server.send(path, body))

    def do_GET(self) -> None:
        path = self._path()
        if path is not None:
            self._answer(*self.server.listing(path, parse_qs(urlsplit(self.path).query)))

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what was taken is the log."""


@contextmanager
def nhn_gateway(sender: str) -> Iterator[NhnGateway]:
    """Start a provider on a free port."""
    gateway = NhnGateway(nhn_account(sender))
    thread = threading.Thread(target=gateway.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.shutdown()
        gateway.server_close()
        thread.join(5)
