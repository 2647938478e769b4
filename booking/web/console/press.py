"""언론보도: what was written about the centre, by date and outlet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm
from booking.domain.year_books import LONGEST_ADDRESS, LONGEST_HEADLINE, LONGEST_OUTLET, read_press
from booking.models.year_books import PressItem
from booking.queries import year_books as rows
from booking.services import year_books
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.periods import Period, asked_period, period_options
from booking.web.console.programmes import today
from booking.web.console.workplaces import given, seen
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
FIELDS = ("date", "outlet", "headline", "address")
LIMITS = {"outlet": LONGEST_OUTLET, "headline": LONGEST_HEADLINE, "address": LONGEST_ADDRESS}


def _page(row: PressItem | None, *, faults: Mapping[str, str] | None = None, status: int = 200) -> Page:
    period = asked_period(today(), default=Period.of_year(today().year))
    values = {"date": today().isoformat()} if row is None else {name: str(getattr(row, name)) for name in FIELDS}
    if faults:
        values = {name: texts[0] for name, texts in given().items() if texts}
    page = render_template(
        "web/console/press.html",
        row=row,
        rows=[] if row else rows.press(read(), period.first or dt.date.min, period.last or dt.date.max),
        period=period,
        periods=period_options(read(), today()),
        one=lambda name: values.get(name, ""),
        faults=faults or {},
        conflict=status == 409,
        limits=LIMITS,
        today=today(),
    )
    return page, status


@pages.get("/press")
@allow(*STAFF)
def press() -> Page:
    """The pieces of a period, and a form for one more."""
    return _page(None)


@pages.post("/press")
@allow(*STAFF)
def save_new_press() -> Page:
    """Enter a piece."""
    return _save(None)


@pages.get("/press/<int:item_id>")
@allow(*STAFF)
def press_item(item_id: int) -> Page:
    """One piece, to be changed or taken away."""
    return _page(year_books.find_entry(read(), PressItem, item_id))


@pages.post("/press/<int:item_id>")
@allow(*STAFF)
def save_press(item_id: int) -> Page:
    """Change a piece."""
    return _save(year_books.find_entry(read(), PressItem, item_id))


def _save(row: PressItem | None) -> Page:
    try:
        entry = read_press(given(), today())
        with write() as session:
            year_books.save_press(session, person(), row.id if row else None, entry, seen=seen())
    except InvalidForm as error:
        return _page(row, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _page(row, status=409)
    flash(gettext("언론보도를 저장했습니다."), "ok")
    return redirect(url_for("console.press", period=entry.date.year), 303)


@pages.post("/press/<int:item_id>/remove")
@allow(*STAFF)
def remove_press(item_id: int) -> Page:
    """Take a piece away."""
    with write() as session:
        year_books.remove(session, person(), PressItem, item_id, seen=seen())
    flash(gettext("지웠습니다."), "ok")
    return redirect(url_for("console.press"), 303)
