"""목표와 예산: what each year was to reach and did, how this one goes on, and its money with sums that are checked."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.entered import FIRST_YEAR, LAST_YEAR
from booking.domain.errors import Conflict, InvalidForm, NotFound
from booking.domain.vocabulary import Role
from booking.domain.year_books import read_year
from booking.queries import year_books as rows
from booking.services.year_books import save_year
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.programmes import today
from booking.web.console.workplaces import given, seen
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
FIELDS = ("target", "reached_before", "agreed_share", "city", "district", "spent")


@pages.get("/targets")
@allow(Role.OFFICER, *STAFF)
def targets() -> Page:
    """Every year: target, what was reached, money; below it how this year goes on."""
    found = rows.all_years(read(), today())
    return render_template(
        "web/console/targets.html",
        years=found,
        money=rows.money(found),
        pace=rows.pace(read(), today()),
        today=today(),
    )


def _page(
    year: int, *, sent: bool = False, faults: Mapping[str, str] | None = None, status: int = 200
) -> tuple[str, int]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(f"year {year}")
    known = rows.the_year(read(), year)
    values = {name: "" if getattr(known, name) is None else str(getattr(known, name)) for name in FIELDS}
    values["total"] = "" if known.budget is None else str(known.budget)
    if sent:
        values = {name: texts[0] for name, texts in given().items() if texts}
    page = render_template(
        "web/console/target.html",
        year=known,
        one=lambda name: values.get(name, ""),
        sent=sent,
        faults=faults or {},
        conflict=status == 409,
    )
    return page, status


@pages.get("/targets/<int:year>")
@allow(*STAFF)
def target(year: int) -> Page:
    """One year."""
    return _page(year)


@pages.post("/targets/<int:year>")
@allow(*STAFF)
def save_target(year: int) -> Page:
    """Store a year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(f"year {year}")
    try:
        entry = read_year(given())
        with write() as session:
            save_year(session, person(), year, entry, seen=seen())
    except InvalidForm as error:
        return _page(year, sent=True, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _page(year, status=409)
    flash(gettext("저장했습니다."), "ok")
    return redirect(url_for("console.targets"), 303)
