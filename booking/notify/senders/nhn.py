"""SMS and LMS over NHN Cloud SMS, API v3.0 (its public guide, read in 2026): a secret key, its answers, its listing.

An LMS is an MMS without a picture there. Our ref is the recipient's grouping key, by which a message of unknown fate is
looked up. An answer may be 200 and still a refusal: ``header.resultCode`` decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from booking import config
from booking.clock import SEOUL, Clock
from booking.domain.sender_numbers import digits_of
from booking.domain.sms import LMS_SUBJECT_BYTES, SmsKind, shorten
from booking.notify.senders import http
from booking.notify.senders.base import LookUp, Outcome, Sighting, Sms, Stage, Verdict

NAME = "nhn"
PATHS = {SmsKind.SMS: "sender/sms", SmsKind.LMS: "sender/mms"}
DELIVERED = "1000"
#: our clock and the provider's may differ
SLACK = dt.timedelta(minutes=10)
#: the listing takes a month at most; a message is not looked for so long
LOOK_BACK = dt.timedelta(days=3)
#: our keys, our project, our address, our sender number: nothing was sent, and somebody can mend it
_OURS = frozenset({-1000, -1001, -1002, -1003, -1004, -1007, -1008, -2312, -2313})
#: an error inside the provider, which may have come after it had taken the message
_INSIDE = frozenset({-9999, -2021})
#: ``msgStatus`` of a listed message
_UNDER_WAY = frozenset({"1", "2"})


def stage(code: str) -> Stage:
    """What a result code means: 1000 delivered, none yet on its way, every other one failed."""
    if code == DELIVERED:
        return Stage.DELIVERED
    return Stage.BOUNCED if code else Stage.ON_ITS_WAY


def message_name(request_id: object, sequence: object) -> str:
    """The provider's own name of one message: its request, and its number within that."""
    return f"{request_id}/{sequence}"


class NhnSender:
    """Sends through one app key, and only from the number that is registered for it."""

    name = NAME
    searchable = True
    takes_alimtalk = False

    def __init__(self, settings: config.Nhn, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._client = http.client(http.STEP_SECONDS, transport)

    @property
    def number(self) -> str:
        """The number from which it sends."""
        return digits_of(self._settings.sender)

    def send(self, parcel: Sms) -> Outcome:
        """Hand one text message over."""
        to = http.phone_digits(parcel.to)
        if to is None:
            return Outcome(Verdict.REFUSED, "nhn not_a_mobile_number")
        body: dict[str, Any] = {
            "body": parcel.text,
            "sendNo": self.number,
            "recipientList": [{"recipientNo": to, "countryCode": "82", "recipientGroupingKey": str(parcel.ref)}],
        }
        if parcel.kind is SmsKind.LMS:
            body["title"] = shorten(parcel.subject, LMS_SUBJECT_BYTES)
        try:
            response, answer = self._ask("POST", PATHS[parcel.kind], body=body)
        except http.NOT_REACHED as error:
            return Outcome(Verdict.NOT_NOW, f"nhn {type(error).__name__}")
        except http.BROKEN as error:
            return Outcome(Verdict.UNCERTAIN, f"nhn {type(error).__name__}")
        return _outcome(response, answer)

    def look_up(self, ref: UUID, to: str, since: dt.datetime) -> LookUp:
        """Ask both listings, of short and of long messages, for our ref."""
        for path in PATHS.values():
            found = self._look_in(path, ref, since)
            if found.sighting is not Sighting.NOT_THERE:
                return found
        return LookUp(Sighting.NOT_THERE)

    def close(self) -> None:
        """Let go of the client."""
        self._client.close()

    def _look_in(self, path: str, ref: UUID, since: dt.datetime) -> LookUp:
        until = min(self._clock.now(), since + LOOK_BACK) + SLACK
        params = {
            "startRequestDate": _moment(since - SLACK),
            "endRequestDate": _moment(until),
            "recipientGroupingKey": str(ref),
        }
        try:
            response, answer = self._ask("GET", path, params=params)
        except http.BROKEN as error:
            return LookUp(Sighting.NO_ANSWER, code=f"nhn {type(error).__name__}")
        code, body = _header(answer), answer.get("body") if isinstance(answer, dict) else None
        listed = body.get("data") if isinstance(body, dict) else None
        if response.status_code != httpx.codes.OK or code != 0 or not isinstance(listed, list):
            return LookUp(Sighting.NO_ANSWER, code=f"nhn http {response.status_code}")
        for entry in listed:
            if entry.get("recipientGroupingKey") == str(ref):
                name = message_name(entry.get("requestId"), entry.get("recipientSeq"))
                return LookUp(Sighting.THERE, name, _listed_code(entry))
        return LookUp(Sighting.NOT_THERE)

    def _ask(
        self, method: str, path: str, *, body: object = None, params: Mapping[str, str] | None = None
    ) -> tuple[httpx.Response, Any]:
        url = f"{self._settings.url}/sms/v3.0/appKeys/{self._settings.app_key}/{path}"
        headers = {"X-Secret-Key": self._settings.secret_key}
        return http.ask(self._client, method, url, headers=headers, body=body, params=params)


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def _header(answer: Any) -> int | None:
    """The result code of an answer, or None where it has none."""
    header = answer.get("header") if isinstance(answer, dict) else None
    code = header.get("resultCode") if isinstance(header, dict) else None
    return code if isinstance(code, int) else None


def _listed_code(entry: dict[str, Any]) -> str:
    """The result of a listed message; nothing while it is under way."""
    status, code = str(entry.get("msgStatus", "")), str(entry.get("resultCode") or "")
    if status in _UNDER_WAY:
        return ""
    return code or f"status_{status}"


def _outcome(response: httpx.Response, answer: Any) -> Outcome:
    status, code = response.status_code, _header(answer)
    if status in http.OURS:
        return Outcome(Verdict.NOT_NOW, f"nhn http {status}", retry_after=http.retry_after(response))
    if 400 <= status < 500:
        return Outcome(Verdict.REFUSED, f"nhn http {status}")
    if status != httpx.codes.OK or code is None or code in _INSIDE:
        # a 500 may follow an acceptance
        return Outcome(Verdict.UNCERTAIN, f"nhn http {status}" if code is None else f"nhn {code}")
    if code != 0:
        return Outcome(Verdict.NOT_NOW if code in _OURS else Verdict.REFUSED, f"nhn {code}")
    body = answer.get("body")
    data = body.get("data") if isinstance(body, dict) else None
    results = data.get("sendResultList") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(results, list) or not results:
        return Outcome(Verdict.UNCERTAIN, "nhn no_message_in_answer")
    result = results[0]
    if result.get("resultCode") != 0:
        return Outcome(Verdict.REFUSED, f"nhn {result.get('resultCode', '')}")
    return Outcome(Verdict.ACCEPTED, "nhn 0", message_name(data.get("requestId"), result.get("recipientSeq")))
