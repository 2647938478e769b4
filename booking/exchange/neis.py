"""NEIS open data: the calendar, the classes and the number of a school, as the national system publishes them.

Its answers are JSON under the content type of a web page, its errors come with the status 200, and it may be slow.
Whatever happens is one of :class:`NeisFault`; the centre's key stands in no message and no log.
"""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Any

import httpx

from booking.config import Neis

#: the most rows that the system gives at once
PAGE_ROWS = 1000
#: a school has a few hundred days a year; whatever is far above is no answer to our question
MOST_PAGES = 10
MOST_BYTES = 8 * 1024 * 1024
#: for one answer, and for all pages together; the job's lease is longer
ANSWER_SECONDS = 15.0
ALL_SECONDS = 60.0


class NeisFault(StrEnum):
    """What went wrong."""

    KEY = "key"
    RESTRICTED = "restricted"
    QUESTION = "question"
    TOO_MANY_ROWS = "too_many_rows"
    DAILY_LIMIT = "daily_limit"
    SERVER = "server"
    TIME_OUT = "time_out"
    AWAY = "away"
    MALFORMED = "malformed"


OK, NOTHING = "INFO-000", "INFO-200"
BY_CODE = {
    "INFO-300": NeisFault.RESTRICTED,
    "ERROR-290": NeisFault.KEY,
    "ERROR-300": NeisFault.QUESTION,
    "ERROR-310": NeisFault.QUESTION,
    "ERROR-333": NeisFault.QUESTION,
    "ERROR-336": NeisFault.TOO_MANY_ROWS,
    "ERROR-337": NeisFault.DAILY_LIMIT,
    "ERROR-500": NeisFault.SERVER,
    "ERROR-600": NeisFault.SERVER,
    "ERROR-601": NeisFault.SERVER,
}
Row = dict[str, str]


class NeisError(Exception):
    """The system did not give what was asked for; ``code`` is its own word where it said one."""

    def __init__(self, fault: NeisFault, code: str = "") -> None:
        super().__init__(f"{fault.value} {code}".strip())
        self.fault = fault
        self.code = code


class NeisClient:
    """Asks one installation of the system, page by page."""

    def __init__(
        self,
        settings: Neis,
        *,
        page_rows: int = PAGE_ROWS,
        answer_seconds: float = ANSWER_SECONDS,
        all_seconds: float = ALL_SECONDS,
    ) -> None:
        self._settings = settings
        self._page_rows = min(page_rows, PAGE_ROWS)
        self._answer_seconds = answer_seconds
        self._all_seconds = all_seconds

    def schedule(self, office: str, school: str, first: str, last: str) -> list[Row]:
        """Return the rows of a school's calendar between two days (``YYYYMMDD``).

        Raises:
            NeisError: nothing usable came.
        """
        return self._rows(
            "SchoolSchedule",
            ATPT_OFCDC_SC_CODE=office,
            SD_SCHUL_CODE=school,
            AA_FROM_YMD=first,
            AA_TO_YMD=last,
        )

    def classes(self, office: str, school: str, year: int) -> list[Row]:
        """Return the rows of a school's classes in a school year; the system knows no head counts.

        Raises:
            NeisError: nothing usable came.
        """
        return self._rows("classInfo", ATPT_OFCDC_SC_CODE=office, SD_SCHUL_CODE=school, AY=str(year))

    def schools(self, name: str) -> list[Row]:
        """Return the schools whose name begins so.

        Raises:
            NeisError: nothing usable came.
        """
        return self._rows("schoolInfo", SCHUL_NM=name)

    def _rows(self, service: str, **wanted: str) -> list[Row]:
        until = time.monotonic() + self._all_seconds
        found: list[Row] = []
        with httpx.Client(
            timeout=httpx.Timeout(self._answer_seconds, connect=min(5.0, self._answer_seconds)),
            follow_redirects=False,
        ) as client:
            for page in range(1, MOST_PAGES + 1):
                total, rows = self._page(client, service, page, wanted, until)
                found += rows
                if not rows or len(found) >= total:
                    return found
        raise NeisError(NeisFault.TOO_MANY_ROWS)

    def _page(
        self, client: httpx.Client, service: str, page: int, wanted: dict[str, str], until: float
    ) -> tuple[int, list[Row]]:
        question = {
            "KEY": self._settings.key,
            "Type": "json",
            "pIndex": str(page),
            "pSize": str(self._page_rows),
            **wanted,
        }
        try:
            with client.stream("GET", f"{self._settings.url}/{service}", params=question) as response:
                status = response.status_code
                body = _read(response, min(until, time.monotonic() + self._answer_seconds))
        except httpx.TimeoutException as error:
            raise NeisError(NeisFault.TIME_OUT) from error
        except httpx.HTTPError as error:
            raise NeisError(NeisFault.AWAY) from error
        if status != httpx.codes.OK:
            raise NeisError(NeisFault.SERVER, f"HTTP {status}")
        return _understood(service, body)


def _read(response: httpx.Response, until: float) -> bytes:
    """The body, as long as it comes in time and stays within reason."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise NeisError(NeisFault.MALFORMED)
        if time.monotonic() > until:
            raise NeisError(NeisFault.TIME_OUT)
    return bytes(body)


def _understood(service: str, body: bytes) -> tuple[int, list[Row]]:
    """How many rows there are in all, and those of this page."""
    try:
        answer: Any = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NeisError(NeisFault.MALFORMED) from error
    if not isinstance(answer, dict):
        raise NeisError(NeisFault.MALFORMED)
    if "RESULT" in answer:
        _judge(answer["RESULT"])
        return 0, []
    try:
        parts = answer[service]
        head = next(part["head"] for part in parts if "head" in part)
        total = next(int(item["list_total_count"]) for item in head if "list_total_count" in item)
        for item in head:
            if "RESULT" in item:
                _judge(item["RESULT"])
        rows: list[Any] = next((part["row"] for part in parts if "row" in part), [])
        return total, [{str(name): _text(value) for name, value in row.items()} for row in rows]
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise NeisError(NeisFault.MALFORMED) from error


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()[:2000]


def _judge(result: Any) -> None:
    """Refuse whatever is neither "done" nor "there is nothing"."""
    code = result.get("CODE") if isinstance(result, dict) else None
    if not isinstance(code, str):
        raise NeisError(NeisFault.MALFORMED)
    if code not in (OK, NOTHING):
        raise NeisError(BY_CODE.get(code, NeisFault.SERVER), code[:20])
