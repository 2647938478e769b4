"""A text-message provider for the demo: speaks SOLAPI's protocol, checks the signature, posts delivery receipts.

Its KakaoTalk has approved the text that the service suggests for each kind, under codes of its own, and every telephone
whose number ends in 9 has no KakaoTalk: the text message that stands in goes there.
"""

from __future__ import annotations

import hmac
import json
import queue
import re
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from booking.config import Solapi
from booking.demo.kakaotalk import APPROVED, has_kakaotalk
from booking.demo.store import Store
from booking.domain.alimtalk import fill, names_in
from booking.domain.sms import LMS_BYTES, SMS_BYTES, size_in_bytes
from booking.log import get_logger
from booking.notify.alimtalk import suggestion
from booking.notify.senders.solapi import LIST_PATH, SEND_PATH, signature

log = get_logger(__name__)

MOST_BYTES = 1024 * 1024
_AUTHORIZATION = re.compile(
    r"HMAC-SHA256 ApiKey=(?P<key>[^,]+), Date=(?P<date>[^,]+), salt=(?P<salt>[^,]+), signature=(?P<signature>\w+)", re.I
)
#: after how many seconds a receipt is posted, and posted again while nobody takes it: five times in all
RECEIPT_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
ACCEPTED, DELIVERED = "2000", "4000"
UNKNOWN_SENDER, TOO_LONG, BAD_NUMBER = "1062", "1026", "1020"
#: this gateway's own numbers: the service reads no more of them than that they are failures
NO_SUCH_TEMPLATE, WRONG_VARIABLES, NO_KAKAOTALK = "3102", "3107", "3104"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the gateway."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


class Gateway(ThreadingHTTPServer):
    """The provider. ``receipts_url`` is where receipts go; empty: nowhere."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], account: Solapi, store: Store, receipts_url: str = "") -> None:
        super().__init__(address, _Handler)
        self.account = account
        self.store = store
        self._receipts_url = receipts_url
        self._due: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._poster = threading.Thread(target=self._post_receipts, name="receipts", daemon=True)
        self._poster.start()

    def signed(self, header: str) -> bool:
        """Whether a request carries the account's signature."""
        found = _AUTHORIZATION.fullmatch(header.strip())
        if found is None or found["key"] != self.account.api_key:
            return False
        expected = signature(self.account.api_secret, found["date"], found["salt"])
        return hmac.compare_digest(expected, found["signature"])

    def accept(self, body: Any) -> Reply:
        """Take the messages of one call, each by itself."""
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list) or not messages:
            return Reply(400, {"errorCode": "ValidationError", "errorMessage": "messages is missing"})
        taken: list[dict[str, Any]] = []
        refused: list[dict[str, Any]] = []
        group = f"G4V{secrets.token_hex(8)}"
        for message in messages:
            fault = self._fault(message) or self._template_fault(message)
            entry = {
                "messageId": f"M4V{secrets.token_hex(10)}",
                "to": message.get("to"),
                "from": message.get("from"),
                "type": message.get("type"),
                "statusCode": fault or ACCEPTED,
                "statusMessage": "refused" if fault else "accepted",
                "customFields": message.get("customFields") or {},
            }
            (refused if fault else taken).append(entry)
            if fault is None:
                self._take(message, entry, group)
        return Reply(
            200,
            {
                "failedMessageList": refused,
                "groupInfo": {"groupId": group, "count": {"total": len(messages), "registeredSuccess": len(taken)}},
                "messageList": taken if body.get("showMessageList") else [],
            },
        )

    def listing(self, params: dict[str, list[str]]) -> Reply:
        """The account's messages, newest first, to one number where one is named."""
        found = self.store.texts(params.get("to", [""])[0], limit=int(params.get("limit", ["20"])[0]))
        listed = {
            text.message_id: {
                "messageId": text.message_id,
                "to": text.recipient,
                "type": text.kind,
                "groupId": text.group_id,
                "replacement": bool(text.instead),
                "statusCode": text.code,
                "customFields": {"ref": text.ref} if text.ref else {},
            }
            for text in found
        }
        return Reply(200, {"limit": len(listed), "messageList": listed, "nextKey": None})

    def close(self) -> None:
        """Stop answering and posting."""
        self._due.put(None)
        self.shutdown()
        self.server_close()

    def post_receipt(self, receipt: dict[str, Any]) -> None:
        """Post a receipt a moment later, from a thread of its own."""
        self._due.put(receipt)

    def _fault(self, message: dict[str, Any]) -> str | None:
        if message.get("from") != re.sub(r"\D", "", self.account.sender):
            return UNKNOWN_SENDER
        if not re.fullmatch(r"01\d{8,9}", str(message.get("to", ""))):
            return BAD_NUMBER
        limit = SMS_BYTES if message.get("type") == "SMS" else LMS_BYTES  # that of an 알림톡 is what stands in for it
        return TOO_LONG if size_in_bytes(str(message.get("text", ""))) > limit else None

    def _template_fault(self, message: dict[str, Any]) -> str | None:
        if message.get("type") != "ATA":
            return None
        options = message.get("kakaoOptions") or {}
        approved = APPROVED.get(str(options.get("templateId")))
        if approved is None or not self.account.channel or options.get("pfId") != self.account.channel:
            return NO_SUCH_TEMPLATE
        variables = options.get("variables") or {}
        wanted = {f"#{{{name}}}" for name in names_in(suggestion(*approved))}
        return None if wanted <= variables.keys() and all(variables.values()) else WRONG_VARIABLES

    def _take(self, message: dict[str, Any], entry: dict[str, Any], group: str) -> None:
        if message.get("type") != "ATA":
            self._keep(message, entry, group, str(message.get("text", "")), DELIVERED)
            return
        options = message["kakaoOptions"]
        values = {name[2:-1]: value for name, value in options["variables"].items()}
        text = fill(suggestion(*APPROVED[options["templateId"]]), values)
        if has_kakaotalk(message["to"]):
            self._keep(message, entry, group, text, DELIVERED)
            return
        self._keep(message, entry, group, text, NO_KAKAOTALK)
        if options.get("disableSms") is False:
            self._stand_in(message, entry, group)

    def _stand_in(self, message: dict[str, Any], entry: dict[str, Any], group: str) -> None:
        """Send the text in the stead of an 알림톡: a message of its own in the same group."""
        text = str(message.get("text", ""))
        kind = "SMS" if size_in_bytes(text) <= SMS_BYTES else "LMS"
        own = {**entry, "messageId": f"M4V{secrets.token_hex(10)}", "type": kind, "replacement": True}
        self._keep({**message, "type": kind}, own, group, text, DELIVERED)

    def _keep(self, message: dict[str, Any], entry: dict[str, Any], group: str, text: str, code: str) -> None:
        self.store.add_sms(
            recipient=message["to"],
            sender=message["from"],
            kind=str(message.get("type", "")),
            text=text,
            message_id=entry["messageId"],
            ref=str(entry["customFields"].get("ref", "")),
            group_id=group,
            instead=int(bool(entry.get("replacement"))),
        )
        said = "delivered" if code == DELIVERED else "no KakaoTalk"
        data = {**entry, "groupId": group, "statusCode": code, "statusMessage": said, "networkCode": "000"}
        self.post_receipt({"eventDataId": f"E4V{secrets.token_hex(10)}", "data": data, "retryCount": 0})

    def _post_receipts(self) -> None:
        """One thread, in order; a receipt that nobody takes is put back for its next turn."""
        waiting: list[tuple[float, int, dict[str, Any]]] = []
        while True:
            now = time.monotonic()
            pause = max(0.0, min((due for due, _, _ in waiting), default=now + 60) - now)
            # an empty queue is the end of the pause
            with suppress(queue.Empty):
                receipt = self._due.get(timeout=pause)
                if receipt is None:
                    return
                waiting.append((time.monotonic() + RECEIPT_WAITS[0], 0, receipt))
            ready = [item for item in waiting if item[0] <= time.monotonic()]
            waiting = [item for item in waiting if item not in ready]
            for _, tries, receipt in ready:
                if not self._post(receipt, tries) and tries + 1 < len(RECEIPT_WAITS):
                    waiting.append((time.monotonic() + RECEIPT_WAITS[tries + 1], tries + 1, receipt))

    def _post(self, receipt: dict[str, Any], tries: int) -> bool:
        self.store.set_code(receipt["data"]["messageId"], receipt["data"]["statusCode"])
        if not self._receipts_url:
            return True
        try:
            answer = httpx.post(self._receipts_url, json=[{**receipt, "retryCount": tries}], timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            log.info("receipt_not_taken", error=type(error).__name__)
            return False
        return answer.status_code == httpx.codes.OK


class _Handler(BaseHTTPRequestHandler):
    """Reads a request and writes the gateway's answer."""

    server: Gateway
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            self._answer(Reply(413, {"errorCode": "TooLarge", "errorMessage": "too large"}))
            return
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            body = None
        if not self._refused(SEND_PATH):
            self._answer(self.server.accept(body))

    def do_GET(self) -> None:
        if not self._refused(LIST_PATH):
            self._answer(self.server.listing(parse_qs(urlsplit(self.path).query)))

    def _refused(self, path: str) -> bool:
        if urlsplit(self.path).path != path:
            self._answer(Reply(404, {"errorCode": "ResourceNotFound", "errorMessage": "no such address"}))
        elif not self.server.signed(self.headers.get("Authorization", "")):
            self._answer(Reply(403, {"errorCode": "SignatureDoesNotMatch", "errorMessage": "wrong signature"}))
        else:
            return False
        return True

    def _answer(self, reply: Reply) -> None:
        body = json.dumps(reply.body, ensure_ascii=False).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the store is the log."""
