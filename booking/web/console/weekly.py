"""매주 자동 실행: when the service starts a run by itself."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm
from booking.services import weekly
from booking.services.weekly import Setting
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import clock, write
from booking.web.marking import gettext
from booking.web.problems import sentences

OFF = "off"


def written(setting: Setting) -> str:
    """A setting as a form carries it: ``0-6`` for Monday at six, or ``off``."""
    return OFF if setting is None else f"{setting[0]}-{setting[1]}"


def _read(text: str) -> Setting:
    """The setting that a form carries; nonsense is one that no term can have, and is refused as such."""
    if text == OFF:
        return None
    day, _, hour = text.partition("-")
    return (int(day), int(hour)) if day.isdecimal() and hour.isdecimal() else (-1, -1)


@pages.post("/weekly")
@allow(*STAFF)
def set_weekly() -> Response:
    """Set weekday and hour of the weekly run, or switch it off."""
    day, hour = request.form.get("weekly_day", OFF), request.form.get("weekly_hour", "")
    wanted = _read(OFF if day == OFF else f"{day}-{hour}")
    try:
        with write() as session:
            weekly.set_weekly(session, clock(), person(), wanted, _read(request.form.get("before", OFF)))
    except InvalidForm as error:
        for text in sentences(error).values():
            flash(text, "bad")
    else:
        on, off = gettext("매주 자동 실행을 정했습니다."), gettext("매주 자동 실행을 껐습니다.")
        flash(on if wanted is not None else off, "ok")
    return redirect(url_for("console.runs", _anchor="weekly"), 303)
