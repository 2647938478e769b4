"""우리 학교 정보: classes with head counts, row by row or pasted, lesson times, and adults who go along."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import SchoolId
from booking.domain.school_texts import PastedClass, class_label, parse_classes
from booking.domain.school_year import ImportKind
from booking.domain.vocabulary import Role
from booking.models.schools import School, SchoolClass
from booking.queries import teacher as rows
from booking.services import school_classes, school_imports
from booking.services.terms import current_term
from booking.web.access import allow, person
from booking.web.database import config, read, write
from booking.web.labels import label
from booking.web.marking import gettext, ngettext
from booking.web.problem_fields import FAULT_WORDS
from booking.web.problems import sentence, sentences

pages = Blueprint("school", __name__, url_prefix="/school")
Page = str | tuple[str, int] | Response
#: the columns of the table of classes that are numbers
COLUMNS = ("pupils", "chaperones_needed", "considered")
LONGEST = 6


@pages.app_template_filter("fault_word")
def fault_word(reason: str) -> str:
    """Return what is wrong with a row, in words."""
    return gettext(FAULT_WORDS[reason])


@pages.app_template_filter("labelled")
def labelled(values: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Return the entries of a vocabulary as options of a select."""
    return [(value.value, label(value)) for value in values]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A row of the table: the class as it is stored, and what stands in its fields."""

    school_class: SchoolClass
    values: dict[str, str]
    active: bool


def the_school() -> School:
    """The school that the address or the form names, else the teacher's first.

    Raises:
        NotFound: another's school.
    """
    named = request.values.get("school", "")
    number = int(named) if named.isascii() and named.isdigit() and len(named) <= 18 else None
    if named and number is None:
        number = 0
    return rows.school_of(read(), person(), SchoolId(number) if number is not None else None)


def ask_for_import(kind: ImportKind) -> Response:
    """Ask the national system for this school's classes or calendar, and lead to the page that waits for the answer."""
    school = the_school()
    with write() as session:
        row = school_imports.start_import(session, config(), person(), school.id, current_term(session), kind)
    return redirect(url_for("teacher.school_calendar.import_page", import_id=row.id), 303)


def school_argument(school: School) -> int | None:
    """What an address needs to name the school: nothing for a teacher of one."""
    return school.id if len(person().school_ids) > 1 else None


def _stored(school: School) -> list[ClassRow]:
    return [ClassRow(one, {name: str(getattr(one, name)) for name in COLUMNS}, one.active) for one in _in_order(school)]


def _in_order(school: School) -> list[SchoolClass]:
    def key(one: SchoolClass) -> tuple[int, bool, int, str]:
        name = one.label.rpartition("-")[2]
        return one.grade or 99, not name.isdigit(), int(name) if name.isdigit() else 0, one.label

    return sorted(school.classes, key=key)


def _sent(school: School) -> list[ClassRow]:
    form = request.form
    return [
        ClassRow(
            one,
            {name: form.get(f"{name}-{one.id}", "").strip()[:LONGEST] for name in COLUMNS},
            form.get(f"active-{one.id}") == "1",
        )
        for one in _in_order(school)
        if f"pupils-{one.id}" in form
    ]


def _number(text: str, field: str, faults: list[InvalidInput]) -> int:
    if text.isdecimal():
        return int(text)  # full-width digits are digits too
    faults.append(InvalidInput(field=field, reason="number" if text else "required"))
    return 0


def _page(
    school: School,
    *,
    table: list[ClassRow] | None = None,
    faults: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    status: int = 422,
) -> Page:
    session = read()
    times = {name: getattr(school, name).strftime("%H:%M") for name in school_classes.HOURS}
    page = render_template(
        "web/teacher/school.html",
        school=school,
        schools=rows.schools_of(session, person()),
        grades=_by_grade(table if table is not None else _stored(school)),
        seen=school_classes.fingerprint(school.classes),
        times={**times, "own_chaperones": str(school.own_chaperones_per_slot), **(given or {})},
        given=given or {},
        faults=faults or {},
        conflict=status == 409,
        newest=school_imports.newest_import(session, school.id, ImportKind.CLASSES),
        argument=school_argument(school),
    )
    return (page, status) if faults or status == 409 else page


def _by_grade(table: list[ClassRow]) -> list[tuple[int | None, list[ClassRow]]]:
    grades: dict[int | None, list[ClassRow]] = {}
    for row in table:
        grades.setdefault(row.school_class.grade, []).append(row)
    return list(grades.items())


def _home(school: School, anchor: str | None = None) -> Response:
    return redirect(url_for("teacher.school.home", school=school_argument(school), _anchor=anchor), 303)


@pages.get("")
@allow(Role.TEACHER)
def home() -> Page:
    """Classes, times and adults of the school."""
    return _page(the_school())


@pages.post("/classes")
@allow(Role.TEACHER)
def save() -> Page:
    """Store the table of classes, or show it again with what is wrong with it, or what another did meanwhile."""
    school = the_school()
    table = _sent(school)
    faults: list[InvalidInput] = []
    entries = []
    for row in table:
        number = row.school_class.id
        pupils, chaperones, considered = (_number(row.values[name], f"{name}-{number}", faults) for name in COLUMNS)
        entries.append(school_classes.ClassEntry(number, pupils, chaperones, considered, row.active))
    if faults:
        return _page(school, table=table, faults={fault.field or "": sentence(fault) for fault in faults})
    try:
        with write() as session:
            changed = school_classes.save_classes(session, person(), school.id, entries, request.form.get("seen", ""))
    except InvalidForm as error:
        return _page(the_school(), table=table, faults=sentences(error))
    except Conflict:
        read().expire_all()
        fresh = the_school()
        known = {row.school_class.id: row for row in table}
        mine = [known.get(row.school_class.id, row) for row in _stored(fresh)]
        return _page(fresh, table=mine, status=409)
    flash(
        ngettext("%(num)s개 학급을 고쳤습니다.", "%(num)s개 학급을 고쳤습니다.", changed)
        if changed
        else gettext("바뀐 것이 없습니다."),
        "ok",
    )
    return _home(school)


@pages.post("/paste")
@allow(Role.TEACHER)
def paste() -> Page:
    """Show what was understood of a pasted list; with ``confirmed`` it is stored."""
    school = the_school()
    text = request.form.get("text", "")
    pasted = parse_classes(text)
    known = {one.label: one for one in school.classes}
    if pasted.faults or request.form.get("confirmed") != "1":
        page = render_template(
            "web/teacher/school_paste.html",
            school=school,
            text=text[:20_000],
            pasted=pasted,
            known=known,
            faults={"text": gettext("알아보지 못한 곳이 있습니다. 고쳐서 다시 보내 주세요.")} if pasted.faults else {},
            argument=school_argument(school),
        )
        return (page, 422) if pasted.faults else page
    return _add(school, list(pasted.classes))


def _add(school: School, classes: list[PastedClass]) -> Page:
    try:
        with write() as session:
            added, changed = school_classes.add_classes(session, person(), school.id, classes)
    except InvalidForm as error:
        return _page(the_school(), faults=sentences(error), given=_entered())
    flash(gettext("학급 %(new)s개를 넣고 %(old)s개를 고쳤습니다.", new=added, old=changed), "ok")
    return _home(school)


def _entered() -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:40] for name in ("label", "new_pupils")}


@pages.post("/add")
@allow(Role.TEACHER)
def add() -> Page:
    """Add one class, or several from the list of the national system, each with its head count."""
    school = the_school()
    faults: list[InvalidInput] = []
    classes = []
    if "label" in request.form:
        named = class_label(request.form["label"])
        pupils = _number(request.form.get("new_pupils", "").strip()[:LONGEST], "new_pupils", faults)
        if named is None:
            faults.insert(0, InvalidInput(field="label", reason="class"))
        elif any(one.label == named and one.active for one in school.classes):
            faults.insert(0, InvalidInput(field="label", reason="twice"))
        elif not faults:
            classes.append(PastedClass(named, pupils))
    for name, value in request.form.items():
        if name.startswith("count-") and value.strip():
            named = class_label(name.removeprefix("count-"))
            if named is not None:
                classes.append(PastedClass(named, _number(value.strip()[:LONGEST], "new_pupils", faults)))
    if faults:
        return _page(school, faults={fault.field or "": sentence(fault) for fault in faults}, given=_entered())
    return _add(school, classes)


@pages.post("/times")
@allow(Role.TEACHER)
def times() -> Page:
    """Store lesson times and the adults who go along."""
    school = the_school()
    faults: list[InvalidInput] = []
    texts = {name: request.form.get(name, "").strip()[:8] for name in (*school_classes.HOURS, "own_chaperones")}
    found: dict[str, dt.time] = {}
    for name in school_classes.HOURS:
        try:
            found[name] = dt.datetime.strptime(texts[name][:5], "%H:%M").time()  # noqa: DTZ007 - a time of the day
        except ValueError:
            faults.append(InvalidInput(field=name, reason="time"))
    chaperones = _number(texts["own_chaperones"], "own_chaperones", faults)
    if faults:
        return _page(school, faults={fault.field or "": sentence(fault) for fault in faults}, given=texts)
    try:
        with write() as session:
            school_classes.save_times(session, person(), school.id, found, chaperones)
    except InvalidForm as error:
        return _page(the_school(), faults=sentences(error), given=texts)
    flash(gettext("수업 시간과 인솔자 수를 저장했습니다."), "ok")
    return _home(school)


@pages.post("/classes/import")
@allow(Role.TEACHER)
def import_classes() -> Page:
    """Ask for the list of classes of the national system."""
    return ask_for_import(ImportKind.CLASSES)


@pages.post("/neis")
@allow(Role.TEACHER)
def neis() -> Page:
    """Remember how the national system calls the school."""
    school = the_school()
    given = {name: request.form.get(name, "").strip()[:20] for name in ("neis_office", "neis_code")}
    try:
        with write() as session:
            school_imports.set_neis_code(session, person(), school.id, given["neis_office"].upper(), given["neis_code"])
    except InvalidForm as error:
        return _page(the_school(), faults=sentences(error), given=given)
    flash(gettext("NEIS 학교 코드를 저장했습니다. 이제 다시 가져오실 수 있습니다."), "ok")
    return redirect(url_for("teacher.school_calendar.home", school=school_argument(school)), 303)
