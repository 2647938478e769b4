"""One message: what it says, where it stands and why, and what can be done about it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm, NotFound
from booking.domain.ids import MessageId
from booking.domain.states import MESSAGE_STEPS, MessageStatus, may_step
from booking.queries import messages as letters
from booking.queries.messages import MessageRow
from booking.queries.recipients import recipient_key
from booking.services import settling
from booking.services.composing import LINK_MARK, recipient_of
from booking.services.history import record_access
from booking.services.messages import addresses_of
from booking.services.settling import LONGEST_SUBJECT, LONGEST_TEXT
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.messages import MOST, may_send_again
from booking.web.console.provider_words import reason_of
from booking.web.console.words import kind_word
from booking.web.database import config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences
from booking.web.redirects import local_path


def _number(message_id: int) -> MessageId:
    if message_id > MOST:
        raise NotFound(f"message {message_id}")
    return MessageId(message_id)


def _the_row(message_id: int) -> MessageRow:
    row = letters.message_row(read(), _number(message_id))
    if row is None:
        raise NotFound(f"message {message_id}")
    return row


def _may_tell(status: MessageStatus) -> bool:
    return may_step(MESSAGE_STEPS, status, MessageStatus.TOLD)


def _page(message_id: int, *, revealed: bool = False) -> str:
    row = _the_row(message_id)
    return render_template(
        "web/console/message.html",
        row=row,
        message=row.message,
        alike=letters.same_word(read(), row.message),
        revealed=addresses_of(recipient_of(read(), row.message)) if revealed else None,
        kind_word=kind_word,
        reason_of=reason_of,
        may_send_again=may_send_again(row.message),
        may_tell=_may_tell(row.message.status),
    )


@pages.get("/messages/<int:message_id>")
@allow(*STAFF)
def message(message_id: int) -> View:
    """The message, its state and what can be done; addresses are masked."""
    return _page(message_id)


@pages.post("/messages/<int:message_id>/contact")
@allow(*STAFF)
def reveal_message(message_id: int) -> View:
    """Show the addresses of its reader for this view, and log who looked."""
    found = _the_row(message_id).message
    with write() as session:
        column, number = recipient_key(found)
        record_access(session, person(), "reveal_contact", column.removesuffix("_id"), number)
    return _page(message_id, revealed=True)


@pages.post("/messages/<int:message_id>/send-again")
@allow(*STAFF)
def send_again(message_id: int) -> Response:
    """Send a message once more on a person's word."""
    with write() as session:
        settling.send_again(session, person(), _number(message_id))
    flash(gettext("다시 보냅니다. 잠시 뒤 목록에서 결과를 볼 수 있습니다."), "ok")
    return redirect(local_path(request.form.get("back"), url_for("console.messages")), 303)


@pages.post("/messages/<int:message_id>/told")
@allow(*STAFF)
def tell_message(message_id: int) -> Response:
    """Note that it was said on the telephone."""
    with write() as session:
        settled = settling.settle_by_telephone(session, person(), _number(message_id))
    flash(gettext("전화로 알린 것을 적었습니다. 알림 %(n)s건이 끝났습니다.", n=settled), "ok")
    return redirect(local_path(request.form.get("back"), url_for("console.messages")), 303)


def _editor(message_id: int, subject: str, text: str, faults: dict[str, str] | None = None) -> tuple[str, int]:
    row = _the_row(message_id)
    page = render_template(
        "web/console/message_edit.html",
        row=row,
        message=row.message,
        subject=subject,
        text=text,
        measured=settling.measured(row.message, text),
        needs_link=settling.needs_link(read(), row.message),
        link_mark=LINK_MARK,
        longest=(LONGEST_SUBJECT, LONGEST_TEXT),
        faults=faults or {},
        kind_word=kind_word,
        reason_of=reason_of,
    )
    return page, 422 if faults else 200


@pages.get("/messages/<int:message_id>/edit")
@allow(*STAFF)
def edit_message(message_id: int) -> View | tuple[str, int]:
    """The text as it stands, to be changed; one that cannot be sent again is only shown."""
    found = _the_row(message_id).message
    if not may_send_again(found):
        return redirect(url_for("console.message", message_id=message_id), 303)
    return _editor(message_id, *settling.words_of(read(), config(), found))


@pages.post("/messages/<int:message_id>/edit")
@allow(*STAFF)
def send_edited(message_id: int) -> View | tuple[str, int]:
    """Measure the text as typed, or send it."""
    subject, text = request.form.get("subject", "")[:1000], request.form.get("text", "")[:20_000]
    if request.form.get("do") == "measure":
        return _editor(message_id, subject, text)
    try:
        with write() as session:
            settling.send_in_own_words(session, person(), _number(message_id), subject=subject, text=text)
    except InvalidForm as error:
        return _editor(message_id, subject, text, sentences(error))
    flash(gettext("고친 글로 다시 보냅니다. 잠시 뒤 결과를 볼 수 있습니다."), "ok")
    return redirect(url_for("console.message", message_id=message_id), 303)
