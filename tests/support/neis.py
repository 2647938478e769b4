"""A server that speaks as the national open data does: JSON under a web page's type, errors with the status 200."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from booking.config import Neis
from booking.domain.school_year import GRADE_FLAGS

KEY = "a-key-of-the-tests"
Row = dict[str, Any]


def event(date: str, name: str, flags: str = "NYY***", subtracted: str = "해당없음") -> Row:
    """A row of ``SchoolSchedule``."""
    return {
        "ATPT_OFCDC_SC_CODE": "B10",
        "SD_SCHUL_CODE": "7000001",
        "AA_YMD": date,
        "EVENT_NM": name,
        "EVENT_CNTNT": None,
        "SBTR_DD_SC_NM": subtracted,
        **dict(zip(GRADE_FLAGS, flags, strict=True)),
    }


@dataclass
class OpenData:
    """What the server knows and how it misbehaves."""

    url: str = ""
    rows: dict[str, list[Row]] = field(default_factory=dict)
    #: a code that answers instead of rows
    code: str = ""
    #: a body that answers instead of everything
    body: bytes | None = None
    status: int = 200
    wait: float = 0.0
    asked: list[dict[str, str]] = field(default_factory=list)
    before: Callable[[], None] | None = None

    @property
    def settings(self) -> Neis:
        """How the service is told of it."""
        return Neis(self.url, KEY)

    def answer(self, path: str) -> bytes:
        """The body for an address."""
        parts = urlsplit(path)
        question = dict(parse_qsl(parts.query))
        service = parts.path.rpartition("/")[2]
        self.asked.append({"service": service, **question})
        if self.before is not None:
            self.before()
        if self.body is not None:
            return self.body
        page, size = int(question["pIndex"]), int(question["pSize"])
        code = self.code
        if question.get("KEY") != KEY:
            code = "ERROR-290"
        elif service not in {"SchoolSchedule", "classInfo", "schoolInfo"}:
            code = "ERROR-310"
        elif size > 1000:
            code = "ERROR-336"
        rows = self.rows.get(service, [])
        if service == "schoolInfo":
            rows = [row for row in rows if row["SCHUL_NM"].startswith(question["SCHUL_NM"])]
        some = rows[(page - 1) * size : page * size]
        if code or not some:
            return _json({"RESULT": {"CODE": code or "INFO-200", "MESSAGE": "말"}})
        head = [{"list_total_count": len(rows)}, {"RESULT": {"CODE": "INFO-000", "MESSAGE": "정상 처리되었습니다."}}]
        return _json({service: [{"head": head}, {"row": some}]})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@contextmanager
def open_data() -> Iterator[OpenData]:
    """Start the server on the loopback."""
    known = OpenData()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = known.answer(self.path)
            time.sleep(known.wait)
            try:
                self.send_response(known.status)
                self.send_header("Content-Type", "text/html;charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # whoever asked has given up

        def log_message(self, *_args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_address[1]}/hub"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
