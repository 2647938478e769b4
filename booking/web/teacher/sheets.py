"""What a teacher prints: the sheet of a class, of a grade or of what goes out together, and name tags."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from booking.domain.ids import SchoolId
from booking.domain.vocabulary import Role
from booking.models.schools import School
from booking.queries import teacher as rows
from booking.services.school_year import request_grade
from booking.services.terms import current_term
from booking.web.access import allow, person
from booking.web.database import read
from booking.web.outings import outings_of

pages = Blueprint("sheets", __name__)


def _sheets(school: School, found: list[rows.RequestRow]) -> str:
    """A page for each row that has a date; where none has, a word about that."""
    outings = outings_of(school, found)
    outings.sort(key=lambda outing: (outing.slot.date, outing.starts, outing.row.request.label))
    return render_template("web/teacher/sheet.html", outings=outings, school=school)


@pages.get("/requests/<int:request_id>/sheet")
@allow(Role.TEACHER)
def one(request_id: int) -> str:
    """The printable sheet of one class.

    Raises:
        NotFound: another school's.
    """
    row = rows.request_row(read(), person(), request_id)
    return _sheets(row.request.school, [row])


@pages.get("/sheets")
@allow(Role.TEACHER)
def several() -> str:
    """The sheets of a school, each class on a page: those of one grade, of one bundle, or all that have a date.

    Raises:
        NotFound: another's school.
    """
    session = read()
    named = request.args.get("school", type=int)
    grade, bundle = request.args.get("grade", type=int), request.args.get("bundle", type=int)
    school = rows.school_of(session, person(), SchoolId(named) if named else None)
    found = [
        row
        for row in rows.school_rows(session, current_term(session), school.id)
        if (bundle is None or row.request.bundle_id == bundle)
        and (grade is None or request_grade(session, row.request) == grade)
    ]
    return _sheets(school, found)


@pages.get("/requests/<int:request_id>/name-tags")
@allow(Role.TEACHER)
def name_tags(request_id: int) -> str:
    """Name tags, laid out by a script from a list that never leaves the browser; before there is a date without places.

    Raises:
        NotFound: another school's.
    """
    row = rows.request_row(read(), person(), request_id)
    school = row.request.school
    return render_template(
        "web/teacher/name_tags.html",
        row=row,
        school=school,
        ways=[way for outing in outings_of(school, [row]) for way in outing.ways],
    )
