"""What a teacher prints: the sheet of a class, of a grade or of what goes out together, and name tags."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from booking.domain.errors import NotFound
from booking.domain.ids import SchoolId
from booking.domain.vocabulary import Role
from booking.queries import teacher as rows
from booking.services.school_year import request_grade
from booking.services.terms import current_term
from booking.web.access import allow, person
from booking.web.database import read
from booking.web.outings import Outing, outing_of, outings_of

pages = Blueprint("sheets", __name__)


def _sheet(outings: list[Outing]) -> str:
    return render_template("web/teacher/sheet.html", outings=outings, school=outings[0].school)


@pages.get("/requests/<int:request_id>/sheet")
@allow(Role.TEACHER)
def one(request_id: int) -> str:
    """The printable sheet of one class.

    Raises:
        NotFound: it has no date yet, or is another school's.
    """
    return _sheet([outing_of(rows.request_row(read(), person(), request_id))])


@pages.get("/sheets")
@allow(Role.TEACHER)
def several() -> str:
    """The sheets of a school, each class on a page: those of one grade, of one bundle, or all that have a date.

    Raises:
        NotFound: another's school, or no class with a date among them.
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
    outings = outings_of(school, found)
    if not outings:
        raise NotFound(f"school {school.id}: no visit of grade {grade}, bundle {bundle}")
    outings.sort(key=lambda outing: (outing.slot.date, outing.starts, outing.row.request.label))
    return _sheet(outings)


@pages.get("/requests/<int:request_id>/name-tags")
@allow(Role.TEACHER)
def name_tags(request_id: int) -> str:
    """Name tags, laid out by a script from a list that never leaves the browser.

    Raises:
        NotFound: it has no date yet, or is another school's.
    """
    outing = outing_of(rows.request_row(read(), person(), request_id))
    return render_template("web/teacher/name_tags.html", outing=outing, school=outing.school)
