"""자원봉사: what groups of volunteers gave, in people and hours; no volunteer's name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm
from booking.domain.year_books import LONGEST_GROUP, LONGEST_WORK, read_volunteers
from booking.models.year_books import VolunteerWork
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
FIELDS = ("date", "group", "hours", "work")
LIMITS = {"group": LONGEST_GROUP, "work": LONGEST_WORK}


def _page(row: VolunteerWork | None, *, faults: Mapping[str, str] | None = None, status: int = 200) -> Page:
    period = asked_period(today(), default=Period.of_year(today().year))
    values = {"date": today().isoformat()}
    if row is not None:
        values = {name: str(getattr(row, name)) for name in FIELDS} | {"volunteers": str(row.people)}
    span = (period.first or dt.date.min, period.last or dt.date.max)
    if faults:
        values = {name: texts[0] for name, texts in given().items() if texts}
    page = render_template(
        "web/console/volunteers.html",
        row=row,
        rows=[] if row else rows.volunteers(read(), *span),
        groups=[] if row else rows.hours_by_group(read(), *span),
        period=period,
        periods=period_options(read(), today()),
        one=lambda name: values.get(name, ""),
        faults=faults or {},
        conflict=status == 409,
        limits=LIMITS,
        today=today(),
    )
    return page, status


@pages.get("/volunteers")
@allow(*STAFF)
def volunteers() -> Page:
    """What was given in a period, by group and by day, and a form for more."""
    return _page(None)


@pages.post("/volunteers")
@allow(*STAFF)
def save_new_volunteers() -> Page:
    """Enter what a group gave."""
    return _save(None)


@pages.get("/volunteers/<int:item_id>")
@allow(*STAFF)
def volunteer_work(item_id: int) -> Page:
    """One line, to be changed or taken away."""
    return _page(year_books.find_entry(read(), VolunteerWork, item_id))


@pages.post("/volunteers/<int:item_id>")
@allow(*STAFF)
def save_volunteers(item_id: int) -> Page:
    """Change a line."""
    return _save(year_books.find_entry(read(), VolunteerWork, item_id))


def _save(row: VolunteerWork | None) -> Page:
    try:
        entry = read_volunteers(given(), today())
        with write() as session:
            year_books.save_volunteers(session, person(), row.id if row else None, entry, seen=seen())
    except InvalidForm as error:
        return _page(row, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _page(row, status=409)
    flash(gettext("자원봉사를 저장했습니다."), "ok")
    return redirect(url_for("console.volunteers", period=entry.date.year), 303)


@pages.post("/volunteers/<int:item_id>/remove")
@allow(*STAFF)
def remove_volunteers(item_id: int) -> Page:
    """Take a line away."""
    with write() as session:
        year_books.remove(session, person(), VolunteerWork, item_id, seen=seen())
    flash(gettext("지웠습니다."), "ok")
    return redirect(url_for("console.volunteers"), 303)
