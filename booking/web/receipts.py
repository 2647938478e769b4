"""What providers tell of messages. Nobody is signed in here: a secret address or a signature takes the place of that.

Where the installation names the providers' networks, a call from anywhere else finds nothing here.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, TypeVar

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from booking.domain.alimtalk import SentAs
from booking.log import get_logger
from booking.notify.senders import nhn as nhn_sender
from booking.notify.senders import solapi as solapi_sender
from booking.services.receipts import Event, take_receipts
from booking.web.access import public
from booking.web.database import config, write
from booking.web.security import csrf

log = get_logger(__name__)
pages = Blueprint("receipts", __name__, url_prefix="/receipts")

T = TypeVar("T")
#: some hundred receipts; a larger body is none of the provider's
MOST_BYTES = 512 * 1024
LONGEST_NAME = 200

# a provider has no form token; the secret in the address takes its place
_exempt: Any = csrf.exempt
_exempt(pages)


@pages.before_request
def _from_a_provider() -> None:
    sources = config().receipt_sources
    if sources and not any(ip_address(request.remote_addr or "0.0.0.0") in network for network in sources):  # noqa: S104
        abort(404)


@pages.post("/solapi/<secret>")
@public
def solapi(secret: str) -> ResponseReturnValue:
    """Store SOLAPI's receipts and apply them; 200 only after they are safe, so that the provider calls again if not."""
    settings = config().solapi
    if settings is None or not hmac.compare_digest(secret.encode(), settings.webhook_secret.encode()):
        abort(404)
    return _take(_body(list), _event)


@pages.post("/nhn")
@public
def nhn() -> ResponseReturnValue:
    """Store NHN Cloud's receipts and apply them; its webhook carries the signature that was entered for it."""
    settings = config().nhn
    given = request.headers.get("X-Toast-Webhook-Signature", "")
    if settings is None or not hmac.compare_digest(given.encode(), settings.webhook_signature.encode()):
        abort(404)
    body = _body(dict)
    hooks = body.get("hooks")
    if body.get("appKey") != settings.app_key or not isinstance(hooks, list):
        abort(400)
    # other events tell of advertising and of other countries: neither is sent from here
    return _take(hooks if body.get("event") == "MESSAGE_RESULT_UPDATE" else [], _hook)


def _body(kind: type[T]) -> T:
    """The JSON of the request, which has to be of this kind."""
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:
        # brackets within brackets, a hundred thousand deep: no provider writes that
        abort(400)
    if not isinstance(body, kind):
        abort(400)
    return body


def _take(items: Sequence[Any], read_one: Callable[[Any], Event | None]) -> ResponseReturnValue:
    events = [event for event in map(read_one, items) if event is not None]
    if len(events) < len(items):
        log.warning("receipts_unreadable", count=len(items) - len(events))
    with write() as session:
        new = take_receipts(session, events)
    return {"taken": len(events), "new": new}


def _hook(item: Any) -> Event | None:
    """Read one entry of NHN Cloud's; its result code where the message came through or failed there, else its state."""
    if not isinstance(item, dict):
        return None
    event_id, request_id, sequence = _name(item.get("hookId")), _name(item.get("requestId")), item.get("recipientSeq")
    code = _name(item.get("resultCode")) or _name(item.get("messageStatus"))
    if event_id is None or code is None:
        return None
    named = request_id is not None and isinstance(sequence, int)
    return Event(
        provider=nhn_sender.NAME,
        event_id=event_id,
        ref=_name(item.get("recipientGroupingKey")),
        provider_ref=nhn_sender.message_name(request_id, sequence) if named else None,
        code=code,
    )


def _event(item: Any) -> Event | None:
    """Read one entry, or None where it has no event id or no code: it can be neither stored nor applied."""
    data = item.get("data") if isinstance(item, dict) else None
    if not isinstance(data, dict):
        return None
    event_id, code = _name(item.get("eventDataId")), _name(data.get("statusCode"))
    if event_id is None or code is None:
        return None
    own = data.get("customFields")
    return Event(
        provider=solapi_sender.NAME,
        event_id=event_id,
        ref=_name(own.get(solapi_sender.REF_FIELD)) if isinstance(own, dict) else None,
        provider_ref=_name(data.get("messageId")),
        code=code,
        sent_as=SentAs.read(data.get("type")),
    )


def _name(value: Any) -> str | None:
    """A short text without control characters (PostgreSQL stores no NUL), or None."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        return None
    return value
