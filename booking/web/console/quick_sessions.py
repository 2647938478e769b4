"""한꺼번에 적기: many sessions in one table, a line each, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.programmes import LONGEST_TITLE, MOST_ROWS, read_quick
from booking.domain.session_table import COLUMNS, Filled, fill
from booking.domain.sheet_rows import plain
from booking.domain.vocabulary import Level
from booking.exchange.sheets import read_sheet
from booking.queries import programmes as rows
from booking.services.programmes import add_sessions
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.programmes import today, who_options
from booking.web.console.workplaces import given
from booking.web.database import clock, read, write
from booking.web.formats import locale
from booking.web.labels import label
from booking.web.marking import ngettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
LINES = 8
FIELDS = ("programme", "topic", "date", "who", "planned", "attended")


def _page(faults: Mapping[str, str] | None = None, status: int = 200, filled: Filled | None = None) -> Page:
    asked = request.values.get("lines", "")
    lines = min(MOST_ROWS, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 4 else LINES
    sent = {name: texts[0] for name, texts in given().items() if texts}
    if filled is not None:
        lines, sent = filled.lines, filled.values
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
        filled=filled,
        columns=[column.name if locale() == "ko" else column.name_en for column in COLUMNS],
    )
    return page, status


@pages.get("/sessions/many")
@allow(*STAFF)
def quick_sessions() -> Page:
    """An empty table."""
    return _page()


def _words() -> dict[str, dict[str, str]]:
    """The words in which a table may name kinds and those who came, in both languages."""
    kinds = {plain(name): str(kind.id) for kind in rows.kinds(read()) for name in (kind.name, kind.name_en)}
    names = [(school.name, str(school.id)) for school in rows.schools(read())]
    names += [(school.sms_name, str(school.id)) for school in rows.schools(read())]
    names += [(word, value) for value, word in who_options()]
    names += [(word, level.value) for level in Level for word in (level.value, label(level))]
    return {"programme": kinds, "who": {plain(name): value for name, value in names}}


@pages.post("/sessions/many/table")
@allow(*STAFF)
def fill_quick_sessions() -> Page:
    """Fill the lines from an uploaded or pasted table; nothing is saved before somebody has looked at them."""
    file = request.files.get("file")
    data = (file.read() if file is not None else b"") or request.form.get("table", "").encode()
    try:
        sheet = read_sheet(data)
        filled = fill(sheet.head, sheet.rows, _words())
    except InvalidInput as fault:
        return _page(sentences(fault), 422)
    faults = sentences(InvalidForm(list(filled.faults)))
    return _page(faults, 422 if faults else 200, filled)


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
