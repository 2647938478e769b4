"""한꺼번에 적기: many sessions in one table, a line each, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm
from booking.domain.programmes import LONGEST_TITLE, MOST_ROWS, read_quick
from booking.queries import programmes as rows
from booking.services.programmes import add_sessions
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.programmes import today, who_options
from booking.web.console.workplaces import given
from booking.web.database import clock, read, write
from booking.web.marking import ngettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
LINES = 8
FIELDS = ("programme", "topic", "date", "who", "planned", "attended")


def _page(faults: Mapping[str, str] | None = None, status: int = 200) -> Page:
    asked = request.values.get("lines", "")
    lines = min(MOST_ROWS, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 4 else LINES
    sent = {name: texts[0] for name, texts in given().items() if texts}
    page = render_template(
        "web/console/quick_sessions.html",
        lines=range(max(1, lines)),
        more=min(MOST_ROWS, max(1, lines) + LINES),
        one=lambda name: sent.get(name, ""),
        faults=faults or {},
        kinds=rows.kinds(read()),
        who=who_options(),
        longest=LONGEST_TITLE,
        most=MOST_ROWS,
    )
    return page, status


@pages.get("/sessions/many")
@allow(*STAFF)
def quick_sessions() -> Page:
    """An empty table."""
    return _page()


@pages.post("/sessions/many")
@allow(*STAFF)
def save_quick_sessions() -> Page:
    """Enter every line, or show what is wrong with which; ``more`` only makes the table longer."""
    if request.form.get("more"):
        return _page()
    written = [at for at in range(MOST_ROWS) if f"topic-{at}" in request.form]
    try:
        entries = read_quick(given(), rows.known(read()), today(), rows=written)
        with write() as session:
            added = add_sessions(session, clock(), person(), entries)
    except InvalidForm as error:
        return _page(sentences(error), 422)
    flash(ngettext("회차 %(num)s건을 적었습니다.", "회차 %(num)s건을 적었습니다.", len(added)), "ok")
    return redirect(url_for("console.sessions"), 303)
