"""One school as the centre keeps it: names, place, lesson times, who speaks for it, and its days."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SchoolDayId, SchoolId
from booking.domain.school_entry import HOURS, LONGEST_NAME, read_school
from booking.domain.school_year import DayBlocks, DayKind
from booking.domain.vocabulary import Level
from booking.domain.workplace_entry import LONGEST_ADDRESS
from booking.models.schools import School
from booking.queries import people
from booking.services import school_imports, school_year
from booking.services.schools import change_school
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.workplaces import given, seen
from booking.web.database import clock, read, write
from booking.web.marking import gettext, ngettext
from booking.web.problems import sentences
from booking.web.school_days import read_days

Page = str | tuple[str, int] | Response
FIELDS = ("name", "sms_name", "level", "address", "lat", "lon", "telephone")


def _find(school_id: int) -> School:
    found = read().get(School, SchoolId(school_id))
    if found is None:
        raise NotFound(f"school {school_id}")
    return found


def _values(school: School) -> dict[str, str]:
    values = {name: str(getattr(school, name) or "") for name in FIELDS}
    return {**values, **{name: getattr(school, name).strftime("%H:%M") for name in HOURS}}


def _page(school_id: int, faults: dict[str, str] | None = None, status: int = 200, sent: str = "") -> Page:
    """The school; ``sent`` names the form whose values are kept: ``school`` or ``day``."""
    session, school = read(), _find(school_id)
    first, last = school_imports.span_of(current_term(session))
    today = seoul_date(clock().now())
    entered = {name: texts[0] for name, texts in given().items() if texts} if sent else {}
    page = render_template(
        "web/console/school.html",
        school=school,
        one={**_values(school), **(entered if sent == "school" else {})},
        entry=entered if sent == "day" else {},
        chosen_grades=given().get("grades", []) if sent == "day" else [],
        faults=faults or {},
        conflict=status == 409,
        levels=list(Level),
        hours=HOURS,
        limits={"name": LONGEST_NAME, "address": LONGEST_ADDRESS},
        days=school_year.days_of(session, school.id, first, last),
        kinds=list(DayKind),
        blocks=list(DayBlocks),
        teachers=next((row.teachers for row in people.schools(session, today) if row.school.id == school.id), ()),
    )
    return page, status


@pages.get("/schools/<int:school_id>")
@allow(*STAFF)
def school(school_id: int) -> Page:
    """One school."""
    return _page(school_id)


@pages.post("/schools/<int:school_id>")
@allow(*STAFF)
def save_school(school_id: int) -> Page:
    """Save the school's names, place and lesson times."""
    try:
        entry = read_school(given())
        with write() as session:
            change_school(session, person(), SchoolId(school_id), entry, seen=seen())
    except InvalidForm as error:
        read().expire_all()
        return _page(school_id, sentences(error), 422, "school")
    except Conflict:
        read().expire_all()
        return _page(school_id, None, 409, "school")
    flash(gettext("학교 정보를 저장했습니다."), "ok")
    return redirect(url_for("console.school", school_id=school_id), 303)


@pages.post("/schools/<int:school_id>/days")
@allow(*STAFF)
def add_school_day(school_id: int) -> Page:
    """Enter a day of the school for it, or several in a row, as its teachers can."""
    sent = read_days(request.form, "day_name")
    if sent.day is None:
        return _page(school_id, sentences(InvalidForm(sent.faults)), 422, "day")
    try:
        with write() as session:
            count = school_year.add_days(session, person(), SchoolId(school_id), sent.first, sent.last, sent.day)
    except InvalidForm as error:
        named = [
            InvalidInput(field="day_name" if one.field == "name" else one.field, reason=one.reason)
            for one in error.faults
        ]
        return _page(school_id, sentences(InvalidForm(named)), 422, "day")
    flash(ngettext("%(num)s일을 학사일정에 넣었습니다.", "%(num)s일을 학사일정에 넣었습니다.", count), "ok")
    return redirect(url_for("console.school", school_id=school_id) + "#days", 303)


@pages.post("/schools/<int:school_id>/days/<int:day_id>/remove")
@allow(*STAFF)
def remove_school_day(school_id: int, day_id: int) -> Page:
    """Take a day of the school out."""
    with write() as session:
        found = school_year.find_day(session, person(), SchoolDayId(day_id))
        if found.school_id != school_id:
            raise NotFound(f"school day {day_id} of school {school_id}")
        school_year.remove_day(session, person(), SchoolDayId(day_id))
    flash(gettext("학사일정에서 뺐습니다."), "ok")
    return redirect(url_for("console.school", school_id=school_id) + "#days", 303)
