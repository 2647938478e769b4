"""A burst of delivery receipts: every message's, twice, in any order, over many connections to the web process."""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

CONNECTIONS = 20
#: receipts in one call; SOLAPI sends a list
AT_ONCE = 20
TRIES = 50


def burst(address: str, taken: Sequence[tuple[str, str, float]], seed: int = 1) -> dict[str, Any]:
    """Send the receipts of the messages that a provider has taken (number, ref, moment); returns what that took.

    A call that is refused is made again, as a provider does; ``again`` counts those.
    """
    events = [
        {
            "eventDataId": f"E{number}",
            "data": {"messageId": f"M{number}", "statusCode": "4000", "customFields": {"ref": ref}},
        }
        for number, (_, ref, _) in enumerate(taken, 1)
    ]
    events += events
    random.Random(seed).shuffle(events)  # noqa: S311 - an order, not a secret
    calls = [events[first : first + AT_ONCE] for first in range(0, len(events), AT_ONCE)]
    lock, again, longest = threading.Lock(), [0], [0.0]

    def send() -> None:
        while True:
            with lock:
                if not calls:
                    return
                call = calls.pop()
            began = time.monotonic()
            for _ in range(TRIES):
                if _posted(address, call):
                    break
                with lock:
                    again[0] += 1
                time.sleep(0.2)
            with lock:
                longest[0] = max(longest[0], time.monotonic() - began)

    began = time.monotonic()
    threads = [threading.Thread(target=send, name=f"receipts-{number}") for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    return {
        "receipts": len(events), "seconds": round(seconds, 1), "a_second": round(len(events) / seconds, 1),
        "again": again[0], "longest_call_ms": round(1000 * longest[0]),
    }  # fmt: skip


def _posted(address: str, call: Sequence[dict[str, Any]]) -> bool:
    request = urllib.request.Request(
        address, data=json.dumps(call).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
