"""양보 점수: what it means, how much the school has, and how it came by it."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from booking.domain.ids import SchoolId
from booking.domain.vocabulary import Role
from booking.queries import teacher as rows
from booking.queries.credit import credit_history
from booking.web.access import allow, person
from booking.web.database import read

pages = Blueprint("credit", __name__)


@pages.get("/credit")
@allow(Role.TEACHER)
def show() -> str:
    """The credit of one of the teacher's schools.

    Raises:
        NotFound: another's school.
    """
    session = read()
    named = request.args.get("school", type=int)
    school = rows.school_of(session, person(), SchoolId(named) if named else None)
    return render_template(
        "web/teacher/credit.html",
        school=school,
        schools=rows.schools_of(session, person()),
        entries=credit_history(session, school.id),
    )
