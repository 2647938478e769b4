"""알림톡, SMS and LMS over SOLAPI, API v4: its signature, its answers, its listing of messages.

It keeps our ref in ``customFields``, so that a message of unknown fate can be looked up before anything is sent again.
An 알림톡 carries the text that stands in for it (대체발송): the provider sends that by itself where a telephone has no
KakaoTalk, and lists it as a message of its own in the same group.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx

from booking import config
from booking.clock import SEOUL, Clock
from booking.domain.alimtalk import SentAs
from booking.domain.sender_numbers import digits_of
from booking.domain.sms import LMS_SUBJECT_BYTES, SmsKind, shorten
from booking.notify.senders import http
from booking.notify.senders.base import Alimtalk, Deadline, LookUp, Outcome, Sighting, Sms, Stage, Verdict

NAME = "solapi"
SEND_PATH = "/messages/v4/send-many/detail"
LIST_PATH = "/messages/v4/list"
REF_FIELD = "ref"
PAGE, MOST_PAGES = 500, 20
#: our clock and the provider's may differ
SLACK = dt.timedelta(minutes=10)


def stage(code: str) -> Stage:
    """What a status code means: 4000 delivered, 2xxx and 3000 on its way, 1xxx refused at entry, 3xxx failed."""
    if code == "4000":
        return Stage.DELIVERED
    if code.startswith("2") or code == "3000":
        return Stage.ON_ITS_WAY
    return Stage.BOUNCED if code[:1] in {"1", "3", "4"} else Stage.ON_ITS_WAY


def signature(secret: str, date: str, salt: str) -> str:
    """HMAC-SHA256 of date and salt, in hex."""
    return hmac.new(secret.encode(), (date + salt).encode(), hashlib.sha256).hexdigest()


class SolapiSender:
    """Sends through one SOLAPI account, and only from the number that is registered for it."""

    name = NAME
    searchable = True

    def __init__(self, settings: config.Solapi, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._client = http.client(http.STEP_SECONDS, transport)

    @property
    def takes_alimtalk(self) -> bool:
        """Whether the account has a channel of KakaoTalk."""
        return bool(self._settings.channel)

    @property
    def number(self) -> str:
        """The number from which it sends."""
        return digits_of(self._settings.sender)

    def send(self, parcel: Sms) -> Outcome:
        """Hand one message over: as 알림톡 where it has one, and as a text message where that is refused at once."""
        to = http.phone_digits(parcel.to)
        if to is None:
            return Outcome(Verdict.REFUSED, "solapi not_a_mobile_number")
        if parcel.alimtalk is None or not self.takes_alimtalk:
            return self._send(parcel, to, None)
        deadline = Deadline()
        outcome = self._send(parcel, to, parcel.alimtalk)
        if outcome.verdict is not Verdict.REFUSED or deadline.passed:
            return outcome
        # certainly not taken: perhaps a template that was withdrawn; its reader is told all the same
        return replace(self._send(parcel, to, None), alimtalk_refused=outcome.code)

    def _send(self, parcel: Sms, to: str, alimtalk: Alimtalk | None) -> Outcome:
        message: dict[str, Any] = {
            "to": to,
            "from": self.number,
            "text": parcel.text,
            "type": SentAs.ALIMTALK.value if alimtalk else parcel.kind.value,
            "country": "82",
            # decided here: the provider would turn 91 bytes into an LMS, at three times the price
            "autoTypeDetect": False,
            "customFields": {REF_FIELD: str(parcel.ref)},
        }
        if parcel.kind is SmsKind.LMS and parcel.subject:
            message["subject"] = shorten(parcel.subject, LMS_SUBJECT_BYTES)
        if alimtalk is not None:
            message["kakaoOptions"] = {
                "pfId": self._settings.channel,
                "templateId": alimtalk.template,
                "variables": alimtalk.variables,
                "disableSms": False,
            }
        # two messages to one number are two visits, not a mistake
        body = {"messages": [message], "showMessageList": True, "allowDuplicates": True}
        try:
            response, answer = self._ask("POST", SEND_PATH, body=body)
        except http.NOT_REACHED as error:
            return Outcome(Verdict.NOT_NOW, f"solapi {type(error).__name__}")
        except http.BROKEN as error:
            return Outcome(Verdict.UNCERTAIN, f"solapi {type(error).__name__}")
        outcome = _outcome(response, answer)
        if outcome.verdict is not Verdict.ACCEPTED:
            return outcome
        return replace(outcome, sent_as=SentAs.ALIMTALK if alimtalk else SentAs(parcel.kind.value))

    def look_up(self, ref: UUID, to: str, since: dt.datetime) -> LookUp:
        """Read the account's messages to this number since then, and look for our ref among them.

        Of an 알림톡 that failed, the text message that was sent in its stead is the answer, where it is listed: by the
        provider in the same group, or by us after a refusal, under the same ref.
        """
        params = {
            "to": http.phone_digits(to) or to,
            "startDate": (since - SLACK).astimezone(SEOUL).isoformat(timespec="seconds"),
            "limit": str(PAGE),
        }
        # the text message that stands in is newer than its 알림톡: it may come on the same page or on one before
        substitutes: dict[Any, dict[str, Any]] = {}
        failed: LookUp | None = None
        for _ in range(MOST_PAGES):
            try:
                response, answer = self._ask("GET", LIST_PATH, params=params)
            except http.BROKEN as error:
                return LookUp(Sighting.NO_ANSWER, code=f"solapi {type(error).__name__}")
            listed = answer.get("messageList") if isinstance(answer, dict) else None
            if response.status_code != httpx.codes.OK or not isinstance(listed, dict | list):
                return LookUp(Sighting.NO_ANSWER, code=f"solapi http {response.status_code}")
            entries = list(listed.values() if isinstance(listed, dict) else listed)
            substitutes |= {entry.get("groupId"): entry for entry in entries if entry.get("replacement") is True}
            for entry in entries:
                own = (entry.get("customFields") or {}).get(REF_FIELD) == str(ref)
                if not own or entry.get("replacement") is True:
                    continue
                seen = _seen(entry, substitutes.get(entry.get("groupId")))
                if seen.sent_as is not SentAs.ALIMTALK or stage(seen.code) is not Stage.BOUNCED:
                    return seen
                failed = failed or seen
            following = answer.get("nextKey")
            if not listed or not following:
                return failed or LookUp(Sighting.NOT_THERE)
            params["startKey"] = following
        return LookUp(Sighting.NO_ANSWER, code="solapi too_many")

    def close(self) -> None:
        """Let go of the client."""
        self._client.close()

    def _ask(
        self, method: str, path: str, *, body: object = None, params: Mapping[str, str] | None = None
    ) -> tuple[httpx.Response, Any]:
        """One signed request."""
        date = self._clock.now().astimezone(SEOUL).isoformat(timespec="seconds")
        salt = secrets.token_hex(16)
        key, sign = self._settings.api_key, signature(self._settings.api_secret, date, salt)
        headers = {"Authorization": f"HMAC-SHA256 ApiKey={key}, Date={date}, salt={salt}, signature={sign}"}
        return http.ask(self._client, method, self._settings.url + path, headers=headers, body=body, params=params)


def _seen(entry: dict[str, Any], substitute: dict[str, Any] | None) -> LookUp:
    """What the listing says of a message: of the text message in its stead, where one was sent."""
    told = substitute or entry
    code, form = str(told.get("statusCode", "")), SentAs.read(told.get("type"))
    return LookUp(Sighting.THERE, entry.get("messageId"), code, form)


def _outcome(response: httpx.Response, answer: Any) -> Outcome:
    status = response.status_code
    if status in http.OURS:
        return Outcome(Verdict.NOT_NOW, _words(f"http {status}", answer), retry_after=http.retry_after(response))
    if 400 <= status < 500:
        return Outcome(Verdict.REFUSED, _words(f"http {status}", answer))
    if status != httpx.codes.OK or not isinstance(answer, dict):
        # a 500 may follow an acceptance
        return Outcome(Verdict.UNCERTAIN, f"solapi http {status}")
    failed = answer.get("failedMessageList") or []
    if failed:
        return Outcome(Verdict.REFUSED, f"solapi {failed[0].get('statusCode', '')}")
    accepted = answer.get("messageList") or []
    if not accepted:
        return Outcome(Verdict.UNCERTAIN, "solapi no_message_in_answer")
    return Outcome(Verdict.ACCEPTED, f"solapi {accepted[0].get('statusCode', '')}", accepted[0].get("messageId"))


def _words(status: str, answer: Any) -> str:
    code = answer.get("errorCode") if isinstance(answer, dict) else None
    return (
        f"solapi {status} {code}" if isinstance(code, str) and re.fullmatch(r"\w{1,40}", code) else f"solapi {status}"
    )
