"""쉬는 날: days that the centre closes for everybody, beside the public holidays that are known already."""

from __future__ import annotations

import datetime as dt

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.school_year import public_holidays
from booking.services import school_year
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import clock, read, write
from booking.web.formats import locale
from booking.web.marking import gettext
from booking.web.problems import sentence, sentences

Page = str | tuple[str, int] | Response


def _page(faults: dict[str, str] | None = None) -> Page:
    session = read()
    term = current_term(session)
    today = seoul_date(clock().now())
    first, last = min(today, term.opens_on), term.closes_on
    known = public_holidays(range(first.year, last.year + 1), locale())
    page = render_template(
        "web/console/days.html",
        days=school_year.one_off_days(session, first),
        holidays=[(date, name) for date, name in sorted(known.items()) if first <= date <= last],
        faults=faults or {},
        given={name: request.form.get(name, "")[:100] for name in ("date", "name")} if faults else {},
    )
    return (page, 422) if faults else page


@pages.get("/days")
@allow(*STAFF)
def days() -> Page:
    """The days on which nobody goes out."""
    return _page()


@pages.post("/days")
@allow(*STAFF)
def add_day() -> Page:
    """Close a day for everybody."""
    try:
        date = dt.date.fromisoformat(request.form.get("date", "").strip()[:10])
    except ValueError:
        return _page({"date": sentence(InvalidInput(field="date", reason="date"))})
    try:
        with write() as session:
            school_year.add_one_off_day(session, person(), date, request.form.get("name", ""))
    except InvalidForm as error:
        return _page(sentences(error))
    flash(gettext("쉬는 날을 더했습니다. 이제 이날은 신청할 수 없습니다."), "ok")
    return redirect(url_for("console.days"), 303)


@pages.post("/days/<int:day_id>/remove")
@allow(*STAFF)
def remove_day(day_id: int) -> Page:
    """Open a day again."""
    with write() as session:
        school_year.remove_one_off_day(session, person(), day_id)
    flash(gettext("쉬는 날에서 뺐습니다."), "ok")
    return redirect(url_for("console.days"), 303)
