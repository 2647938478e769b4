"""What providers tell of messages. Nobody is signed in here: the address itself is the secret."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from booking.log import get_logger
from booking.notify.senders.solapi import REF_FIELD
from booking.services.receipts import Event, take_receipts
from booking.web.access import public
from booking.web.database import config, write
from booking.web.security import csrf

log = get_logger(__name__)
pages = Blueprint("receipts", __name__, url_prefix="/receipts")

#: some hundred receipts; a larger body is none of the provider's
MOST_BYTES = 512 * 1024
LONGEST_NAME = 200

# a provider has no form token; the secret in the address takes its place
_exempt: Any = csrf.exempt
_exempt(pages)


@pages.post("/solapi/<secret>")
@public
def solapi(secret: str) -> ResponseReturnValue:
    """Store SOLAPI's receipts and apply them; 200 only after they are safe, so that the provider calls again if not."""
    settings = config().solapi
    if settings is None or not hmac.compare_digest(secret.encode(), settings.webhook_secret.encode()):
        abort(404)
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:
        # brackets within brackets, a hundred thousand deep: no provider writes that
        abort(400)
    if not isinstance(body, list):
        abort(400)
    events = [event for event in map(_event, body) if event is not None]
    if len(events) < len(body):
        log.warning("receipts_unreadable", count=len(body) - len(events))
    with write() as session:
        new = take_receipts(session, events)
    return {"taken": len(events), "new": new}


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
        provider="solapi",
        event_id=event_id,
        ref=_name(own.get(REF_FIELD)) if isinstance(own, dict) else None,
        provider_ref=_name(data.get("messageId")),
        code=code,
    )


def _name(value: Any) -> str | None:
    """A short text without control characters (PostgreSQL stores no NUL), or None."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        return None
    return value
