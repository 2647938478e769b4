"""알림: what waits, left, arrived or did not; a person may send a failed one again, or one whose fate nobody knows."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.ids import MessageId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, may_step
from booking.domain.vocabulary import Channel
from booking.queries import messages as letters
from booking.services import messages as sending
from booking.services.history import record_change
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, chosen, gettext, page_links, page_number, pages
from booking.web.console.words import kind_word
from booking.web.database import read, write
from booking.web.redirects import local_path


def _may_send_again(status: MessageStatus) -> bool:
    return may_step(MESSAGE_STEPS, status, MessageStatus.CREATED) and status is not MessageStatus.SENDING


@pages.get("/messages")
@allow(*STAFF)
def messages() -> View:
    """Messages box by box; addresses are masked."""
    session = read()
    box = request.args.get("box", "")
    counts = letters.box_counts(session)
    if box not in letters.BOXES:
        box = next((name for name in ("unknown", "failed") if counts[name]), "")
    kind = request.args.get("kind", "")
    channel = chosen(Channel, "channel")
    return render_template(
        "web/console/messages.html",
        page=letters.messages_in(session, box, page_number(), channel=channel, kind=kind),
        href=page_links(),
        box=box,
        counts=counts,
        kinds=letters.kinds_sent(session),
        kind=kind,
        channel=channel,
        kind_word=kind_word,
        Channel=Channel,
        may_send_again=_may_send_again,
    )


@pages.post("/messages/<int:message_id>/send-again")
@allow(*STAFF)
def send_again(message_id: int) -> Response:
    """Send a message once more on a person's word."""
    with write() as session:
        message = sending.send_again(session, MessageId(message_id))
        record_change(session, person().actor, "message_resent", "message", message.id, kind=message.kind)
    flash(gettext("다시 보냅니다. 잠시 뒤 목록에서 결과를 볼 수 있습니다."), "ok")
    return redirect(local_path(request.form.get("back"), url_for("console.messages")), 303)
