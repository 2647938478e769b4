"""일터체험 신청: classes, kinds of work, dates, check, in four pages that carry the draft in their address."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import SlotId
from booking.domain.phases import Action, require
from booking.domain.vocabulary import Role
from booking.models.schools import School, SchoolClass
from booking.models.terms import Term
from booking.queries import teacher as rows
from booking.queries.load import Outlook, SlotLoad, outlook, slot_chances
from booking.services.requests import RequestDraft, submit_requests
from booking.services.terms import current_term, phase_today
from booking.web.access import allow, person
from booking.web.database import clock, read, write
from booking.web.drafts import DateChoice, Draft, read_dates
from booking.web.formats import locale
from booking.web.marking import gettext, ngettext
from booking.web.problems import sentence, sentences
from booking.web.school_days import blocked_fault, hints, why_not
from booking.web.term_calendar import better_nearby, build_months

pages = Blueprint("new", __name__)
Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Step:
    """What every step knows: the term, the school, the draft with only this school's classes, and those classes."""

    term: Term
    school: School
    schools: list[School]
    draft: Draft
    classes: list[SchoolClass]

    @property
    def pupils(self) -> int:
        """Head count of the chosen classes."""
        return sum(one.pupils for one in self.classes)

    @property
    def grades(self) -> list[int | None]:
        """The grades that go."""
        return [one.grade for one in self.classes]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Where each step is, with the draft as it stands."""
        arguments = self.draft.query()
        return [
            (gettext("학급"), url_for("teacher.new.classes", **arguments)),
            (gettext("직업 분야"), url_for("teacher.new.fields", **arguments)),
            (gettext("날짜"), url_for("teacher.new.dates", **arguments)),
            (gettext("확인"), url_for("teacher.new.check", **arguments)),
        ]


def _step(session: Session) -> Step:
    """Read the draft; refuse where the phase takes no requests.

    Raises:
        PhaseClosed: no requests are taken at present.
        NotFound: the school named is another's.
    """
    term = current_term(session)
    require(phase_today(term, clock()), Action.REQUEST)
    draft = Draft.from_values(request.values)
    school = rows.school_of(session, person(), draft.school_id)
    chosen = [one for one in school.classes if one.active and one.id in set(draft.class_ids)]
    draft = replace(
        draft,
        school_id=school.id if len(person().school_ids) > 1 else None,
        class_ids=tuple(one.id for one in chosen),
        together=draft.together and len(chosen) > 1,
    )
    return Step(term, school, rows.schools_of(session, person()), draft, chosen)


def _classes(step: Step, faults: dict[str, str] | None = None) -> Page:
    asked = rows.summarise(rows.school_rows(read(), step.term, step.school.id)).by_class
    page = render_template("web/teacher/new_classes.html", step=step, faults=faults or {}, asked=asked)
    return (page, 422) if faults else page


def _fields(step: Step, faults: dict[str, str] | None = None) -> Page:
    offered = rows.workplaces_by_field(read(), step.school.level)
    page = render_template("web/teacher/new_fields.html", step=step, faults=faults or {}, offered=offered)
    return (page, 422) if faults else page


def _dates(step: Step, seen: Outlook, given: DateChoice | None = None) -> Page:
    loads = seen.loads
    chances = slot_chances(step.term, loads)
    choices = given.choices if given else step.draft.choices
    today = seoul_date(clock().now())
    whys = why_not(step.school.id, step.grades, loads)
    fault = given and (given.fault or blocked_fault(given.choices, whys))
    faults = {"requested": sentence(fault)} if fault else {}
    page = render_template(
        "web/teacher/new_dates.html",
        step=step,
        faults=faults,
        choices=choices,
        months=build_months(loads, choices, today, locale(), whys, hints(step.school.id, loads), chances),
        outlook=seen,
        chances=chances,
        picked=_picked(choices, loads),
        action=url_for("teacher.new.dates_now"),
    )
    return (page, 422) if faults else page


def _picked(choices: dict[SlotId, str], loads: list[SlotLoad]) -> list[tuple[str, SlotLoad]]:
    """The chosen slots, by rank, the merely possible ones last."""
    return sorted(((choices[load.slot_id], load) for load in loads if load.slot_id in choices), key=lambda one: one[0])


def _without_classes(step: Step) -> Page | None:
    """The first step with what it lacks, where no class was chosen."""
    if step.classes:
        return None
    return _classes(step, {"classes": sentence(InvalidInput(field="classes", reason="required"))})


def _missing(step: Step) -> Page | None:
    """The first of the steps before the dates that is not complete, with what it lacks."""
    if step.classes and not step.draft.fields:
        return _fields(step, {"fields": sentence(InvalidInput(field="fields", reason="required"))})
    return _without_classes(step)


@pages.get("/requests/new")
@allow(Role.TEACHER)
def classes() -> Page:
    """Step 1: which classes, and whether they go out together."""
    return _classes(_step(read()))


@pages.get("/requests/new/fields")
@allow(Role.TEACHER)
def fields() -> Page:
    """Step 2: which kinds of work."""
    step = _step(read())
    return _without_classes(step) or _fields(step)


@pages.get("/requests/new/dates")
@allow(Role.TEACHER)
def dates() -> Page:
    """Step 3: which dates, seeing how crowded each is."""
    step = _step(read())
    return _missing(step) or _dates(step, outlook(read(), step.term, step.school.level))


@pages.post("/requests/new/dates")
@allow(Role.TEACHER)
def dates_now() -> Page:
    """Take the dates over into the draft and go on to the check; nothing is stored."""
    step = _step(read())
    seen = outlook(read(), step.term, step.school.level)
    loads = seen.loads
    given = read_dates(request.form, loads)
    if given.fault or blocked_fault(given.choices, why_not(step.school.id, step.grades, loads)):
        return _dates(step, seen, given)
    draft = step.draft.with_dates(given.requested, given.negotiable)
    return redirect(url_for("teacher.new.check", **draft.query()), 303)


def _check(step: Step, faults: dict[str, str] | None = None) -> Page:
    loads = outlook(read(), step.term, step.school.level).loads
    today = seoul_date(clock().now())
    picked = _picked(step.draft.choices, loads)
    whys = why_not(step.school.id, step.grades, loads)
    free = [load for load in loads if load.slot_id not in whys]
    advice = {
        load.slot_id: better_nearby(load, free, today)
        for _, load in picked
        if load.share is not None and load.share >= 1
    }
    page = render_template(
        "web/teacher/new_check.html",
        step=step,
        faults=faults or {},
        picked=picked,
        advice=advice,
        whys=whys,
        chances=slot_chances(step.term, loads),
    )
    return (page, 422) if faults else page


@pages.get("/requests/new/check")
@allow(Role.TEACHER)
def check() -> Page:
    """Step 4: everything on one page before it is sent."""
    step = _step(read())
    missing = _missing(step)
    if missing:
        return missing
    if not step.draft.requested:
        seen = outlook(read(), step.term, step.school.level)
        return _dates(step, seen, read_dates({}, seen.loads))
    return _check(step)


@pages.post("/requests/new/check")
@allow(Role.TEACHER)
def submit() -> Page:
    """Send the requests, one per class."""
    step = _step(read())
    draft = step.draft
    try:
        with write() as session:
            made = submit_requests(
                session,
                clock(),
                person(),
                RequestDraft(
                    school_id=step.school.id,
                    class_ids=draft.class_ids,
                    together=draft.together,
                    fields=draft.fields,
                    requested=draft.requested,
                    negotiable=draft.negotiable,
                ),
            )
    except (InvalidForm, InvalidInput) as error:
        return _check(_step(read()), sentences(error))
    count = len(made)
    flash(ngettext("%(num)s개 학급을 신청했습니다.", "%(num)s개 학급을 신청했습니다.", count), "ok")
    return redirect(url_for("teacher.overview", school=step.draft.school_id), 303)
