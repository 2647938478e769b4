"""알림 멈춤: a person looks at what waits, kind by kind, and lets it leave or takes it back."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from booking.models.terms import Centre
from booking.queries.pausing import waiting
from booking.services import pausing
from booking.services.terms import the_centre
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.words import kind_word
from booking.web.database import read, write
from booking.web.marking import gettext


@pages.get("/messages/sending")
@allow(*STAFF)
def sending() -> View:
    """What waits, and the way to pause or to let it leave."""
    session = read()
    centre = the_centre(session)
    return render_template(
        "web/console/sending.html",
        paused=centre,
        restored=centre.sending_paused_by == pausing.RESTORE,
        waiting=waiting(session),
        kind_word=kind_word,
    )


@pages.post("/messages/pause")
@allow(*STAFF)
def pause_sending() -> Response:
    """Let nothing more leave."""
    with write() as session:
        pausing.pause_by_hand(session, person())
    flash(gettext("알림을 멈췄습니다. 다시 보내기 전까지 아무것도 나가지 않습니다."), "ok")
    return redirect(url_for("console.sending"), 303)


@pages.post("/messages/resume")
@allow(*STAFF)
def resume_sending() -> Response:
    """Let messages leave again but for the kinds that were ticked."""
    with write() as session:
        gone, back = pausing.resume(session, person(), withdrawn=request.form.getlist("withdraw"))
    flash(gettext("알림을 다시 보냅니다. 보낼 것 %(n)s건, 거둔 것 %(back)s건입니다.", n=gone, back=back), "ok")
    return redirect(url_for("console.messages"), 303)


def paused_centre() -> Centre | None:
    """The centre while its sending is paused, for the bar on every page; nothing where the database is away."""
    try:
        centre = read().get(Centre, 1)
    except SQLAlchemyError:
        return None
    return centre if centre is not None and centre.sending_paused_at is not None else None


@pages.app_context_processor
def _bar() -> dict[str, object]:
    return {"paused_centre": paused_centre}
