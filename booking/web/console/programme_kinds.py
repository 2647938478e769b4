"""종류: the kinds of programmes are data, kept by the administrator; what stands in the books stays as it was."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm
from booking.domain.ids import ProgrammeId
from booking.domain.programmes import LONGEST_KIND, Section, ToldTo, read_kind
from booking.domain.vocabulary import Role
from booking.models.programmes import Programme
from booking.queries import programmes as rows
from booking.services.programmes import change_kind, find_kind
from booking.web.access import allow, person
from booking.web.console.base import pages
from booking.web.console.workplaces import given, seen
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response


@pages.get("/programmes")
@allow(Role.ADMINISTRATOR)
def programmes() -> Page:
    """Every kind, in the order of the report."""
    return render_template("web/console/programmes.html", kinds=rows.kinds(read(), active=False))


def _page(
    kind: Programme | None, *, sent: bool = False, faults: Mapping[str, str] | None = None, status: int = 200
) -> Page:
    values = {"section": Section.PROGRAMME.value, "counted": "1", "listed": "1", "active": "1", "position": "900"}
    if kind is not None:
        names = ("name", "name_en", "section", "position", "report_name", "report_note")
        values = {name: str(getattr(kind, name)) for name in names}
        values["valid_months"] = str(kind.valid_months or "")
        values["told_to"] = kind.told_to or ""
        values |= {name: "1" for name in ("counted", "listed", "active") if getattr(kind, name)}
    if sent:
        values = {name: texts[0] for name, texts in given().items() if texts}
    page = render_template(
        "web/console/programme.html",
        kind=kind,
        one=lambda name: values.get(name, ""),
        faults=faults or {},
        conflict=status == 409,
        sections=list(Section),
        told_to=list(ToldTo),
        longest=LONGEST_KIND,
    )
    return page, status


@pages.get("/programmes/new")
@allow(Role.ADMINISTRATOR)
def new_programme() -> Page:
    """An empty form."""
    return _page(None)


@pages.post("/programmes/new")
@allow(Role.ADMINISTRATOR)
def save_new_programme() -> Page:
    """Add a kind."""
    return _save(None)


@pages.get("/programmes/<int:programme_id>")
@allow(Role.ADMINISTRATOR)
def programme(programme_id: int) -> Page:
    """One kind."""
    return _page(find_kind(read(), ProgrammeId(programme_id)))


@pages.post("/programmes/<int:programme_id>")
@allow(Role.ADMINISTRATOR)
def save_programme(programme_id: int) -> Page:
    """Change a kind."""
    return _save(find_kind(read(), ProgrammeId(programme_id)))


def _save(kind: Programme | None) -> Page:
    number = kind.id if kind is not None else None
    try:
        with write() as session:
            change_kind(session, person(), number, read_kind(given()), seen=seen())
    except InvalidForm as error:
        return _page(kind, sent=True, faults=sentences(error), status=422)
    except Conflict:
        read().expire_all()
        return _page(find_kind(read(), ProgrammeId(number or 0)), status=409)
    flash(gettext("종류를 저장했습니다."), "ok")
    return redirect(url_for("console.programmes"), 303)
