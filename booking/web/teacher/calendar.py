"""학사일정: the school's term by month, taken over or entered by hand; what would change is shown first."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import SchoolDayId, SchoolImportId
from booking.domain.school_texts import LONGEST_CSV
from booking.domain.school_year import DayBlocks, DayKind, ImportKind
from booking.domain.states import OPEN_REQUESTS, ImportStatus
from booking.domain.vocabulary import Role
from booking.models.school_year import SchoolDay
from booking.models.schools import School
from booking.queries import teacher as rows
from booking.services import school_imports, school_year
from booking.services.terms import current_term
from booking.web.access import allow, person
from booking.web.database import clock, read, write
from booking.web.formats import locale
from booking.web.marking import gettext, ngettext
from booking.web.problem_fields import FAULT_WORDS, IMPORT_FAULTS
from booking.web.problems import sentence, sentences
from booking.web.school_days import GRADES, read_days
from booking.web.teacher.school import ask_for_import, school_argument, the_school

pages = Blueprint("school_calendar", __name__, url_prefix="/school")
Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Date:
    """One day of the list: what the school has there, and the holiday where it is one."""

    date: dt.date
    free: str | None
    days: tuple[SchoolDay, ...]


def _months(school: School) -> list[tuple[dt.date, list[Date]]]:
    """The days of the term that are something, month by month."""
    session = read()
    first, last = school_imports.span_of(current_term(session))
    by_date: defaultdict[dt.date, list[SchoolDay]] = defaultdict(list)
    for day in school_year.days_of(session, school.id, first, last):
        by_date[day.date].append(day)
    free = school_year.free_days(session, first, last, locale())
    months: defaultdict[dt.date, list[Date]] = defaultdict(list)
    for date in sorted({*by_date, *free}):
        months[date.replace(day=1)].append(Date(date, free.get(date), tuple(by_date[date])))
    return list(months.items())


def _entry(day: SchoolDay | None) -> dict[str, object]:
    if day is None:
        return {"first": "", "last": "", "name": "", "kind": DayKind.EXAM.value, "blocks": "all", "grades": []}
    return {
        "first": day.date.isoformat(),
        "last": "",
        "name": day.name,
        "kind": day.kind.value,
        "blocks": day.blocks.value,
        "grades": [str(grade) for grade in day.grades],
    }


def _page(school: School, faults: dict[str, str] | None = None, entry: dict[str, object] | None = None) -> Page:
    session = read()
    named = request.args.get("day", type=int)
    edited = school_year.find_day(session, person(), SchoolDayId(named)) if named else None
    term = current_term(session)
    asked = [row.request for row in rows.school_rows(session, term, school.id) if row.request.status in OPEN_REQUESTS]
    page = render_template(
        "web/teacher/school_calendar.html",
        school=school,
        schools=rows.schools_of(session, person()),
        months=_months(school),
        entry=entry or _entry(edited),
        edited=edited,
        faults=faults or {},
        newest=school_imports.newest_import(session, school.id, ImportKind.CALENDAR),
        collisions=school_year.blocked_requests(session, school.id, asked),
        span=school_imports.span_of(term),
        kinds=list(DayKind),
        blocks=list(DayBlocks),
        grades=school.level.grades,
        argument=school_argument(school),
    )
    return (page, 422) if faults else page


def _home(school_id: int | None) -> Response:
    return redirect(url_for("teacher.school_calendar.home", school=school_id), 303)


@pages.get("/calendar")
@allow(Role.TEACHER)
def home() -> Page:
    """The school's term by month."""
    return _page(the_school())


@pages.post("/calendar/import")
@allow(Role.TEACHER)
def import_calendar() -> Page:
    """Ask for the calendar of the national system."""
    return ask_for_import(ImportKind.CALENDAR)


@pages.post("/calendar/csv")
@allow(Role.TEACHER)
def upload() -> Page:
    """Read a CSV and show what it would change."""
    school = the_school()
    file = request.files.get("file")
    content = file.read(LONGEST_CSV + 1) if file is not None else b""
    try:
        if not content:
            raise InvalidInput(field="file", reason="required")
        with write() as session:
            row = school_imports.read_csv(session, clock(), person(), school.id, content)
    except InvalidInput as error:
        return _page(school, {"file": sentence(error)})
    return redirect(url_for("teacher.school_calendar.import_page", import_id=row.id), 303)


@pages.post("/calendar/days")
@allow(Role.TEACHER)
def add() -> Page:
    """Enter a day, or several in a row; one of the same name on the same date is replaced."""
    school = the_school()
    form = request.form
    sent = read_days(form, "name")
    entry: dict[str, object] = {
        "first": form.get("first", "")[:10],
        "last": form.get("last", "")[:10],
        "name": form.get("name", "")[:200],
        "kind": form.get("kind", ""),
        "blocks": form.get("blocks", ""),
        "grades": [grade for grade in form.getlist("grades") if grade in GRADES],
    }
    if sent.day is None:
        return _page(school, {fault.field or "": sentence(fault) for fault in sent.faults}, entry)
    try:
        with write() as session:
            count = school_year.add_days(session, person(), school.id, sent.first, sent.last, sent.day)
    except InvalidForm as error:
        return _page(the_school(), sentences(error), entry)
    flash(ngettext("%(num)s일을 학사일정에 넣었습니다.", "%(num)s일을 학사일정에 넣었습니다.", count), "ok")
    return _home(school_argument(school))


@pages.post("/calendar/days/<int:day_id>/remove")
@allow(Role.TEACHER)
def remove(day_id: int) -> Page:
    """Take a day out of the calendar."""
    with write() as session:
        day = school_year.remove_day(session, person(), SchoolDayId(day_id))
    flash(gettext("학사일정에서 뺐습니다."), "ok")
    return _home(day.school_id if len(person().school_ids) > 1 else None)


@pages.get("/imports/<int:import_id>")
@allow(Role.TEACHER)
def import_page(import_id: int) -> Page:
    """One taking-over: on its way, failed and why, or what it would change."""
    session = read()
    row = school_imports.find_import(session, person(), SchoolImportId(import_id))
    ready = row.status is ImportStatus.READY
    school = rows.school_of(session, person(), row.school_id)
    known = {one.label for one in school.classes}
    return render_template(
        "web/teacher/school_import.html",
        row=row,
        school=school,
        preview=school_imports.preview(session, row) if ready and row.kind is ImportKind.CALENDAR else None,
        labels=[label for label in row.content.get("classes", ()) if label not in known],
        faults=[(line, piece, gettext(FAULT_WORDS[reason])) for line, piece, reason in row.content.get("faults", ())],
        why=gettext(IMPORT_FAULTS.get(row.error or "", IMPORT_FAULTS["away"])),
        argument=school_argument(school),
    )


@pages.post("/imports/<int:import_id>/apply")
@allow(Role.TEACHER)
def apply(import_id: int) -> Page:
    """Take the days over, all at once."""
    with write() as session:
        done = school_imports.apply_import(session, clock(), person(), SchoolImportId(import_id))
    flash(
        gettext(
            "학사일정을 바꾸었습니다: 더한 날 %(added)s, 바뀐 날 %(changed)s, 없앤 날 %(gone)s",
            added=len(done.added),
            changed=len(done.changed),
            gone=len(done.gone),
        ),
        "ok",
    )
    row = school_imports.find_import(read(), person(), SchoolImportId(import_id))
    return _home(row.school_id if len(person().school_ids) > 1 else None)


@pages.post("/imports/<int:import_id>/discard")
@allow(Role.TEACHER)
def discard(import_id: int) -> Page:
    """Leave the calendar as it is."""
    with write() as session:
        row = school_imports.discard_import(session, clock(), person(), SchoolImportId(import_id))
    flash(gettext("가져온 내용을 버렸습니다. 바뀐 것이 없습니다."), "ok")
    return _home(row.school_id if len(person().school_ids) > 1 else None)
