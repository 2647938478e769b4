"""What senders over HTTP share: a request with an end to the waiting and to the reading, numbers as they want them."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from booking.notify.senders.base import Deadline

STEP_SECONDS = 10.0
ANSWER_BYTES = 4 * 1024 * 1024
#: nothing had left when these were raised
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: the request may have arrived
BROKEN = (httpx.HTTPError, TimeoutError, OverflowError)
#: our own keys, money or quota: nothing was sent, and somebody can mend it
OURS = frozenset({401, 402, 403, 408, 423, 425, 429})
_MOBILE = re.compile(r"01[016789]\d{7,8}")


def client(seconds: float, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client that makes a new connection each time.

    One that the peer closed in its sleep would leave a message of unknown fate.
    """
    return httpx.Client(
        timeout=seconds, transport=transport, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    )


def ask(
    over: httpx.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: object = None,
    params: Mapping[str, str] | None = None,
) -> tuple[httpx.Response, Any]:
    """Send one request and read its JSON (None where it is none).

    Raises:
        httpx.HTTPError: the line broke, see :data:`NOT_REACHED` and :data:`BROKEN`.
        TimeoutError: the answer has no end.
        OverflowError: the answer is too large.
    """
    content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    given = {"Content-Type": "application/json; charset=utf-8", **headers}
    deadline = Deadline()
    with over.stream(method, url, headers=given, content=content, params=params) as response:
        read = bytearray()
        for chunk in response.iter_bytes():
            read += chunk
            if deadline.passed:
                raise TimeoutError("the provider's answer has no end")
            if len(read) > ANSWER_BYTES:
                raise OverflowError("the provider's answer is too large")
    try:
        return response, json.loads(read)
    except (ValueError, RecursionError):
        return response, None


def phone_digits(phone: str) -> str | None:
    """The digits of a Korean mobile number, or None where it is none."""
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("82"):
        digits = "0" + digits[2:]
    return digits if _MOBILE.fullmatch(digits) else None


def retry_after(response: httpx.Response) -> dt.timedelta | None:
    """How long the peer asked us to wait, where it did so in seconds."""
    seconds = response.headers.get("Retry-After", "")
    return dt.timedelta(seconds=min(int(seconds), 86_400)) if seconds.isdecimal() else None
