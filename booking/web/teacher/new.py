"""일터체험 신청: classes, kinds of work, dates, check, in four pages over a draft that is kept from the first one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.draft import Draft
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import ClassId, DraftId, SchoolId, SlotId
from booking.domain.phases import require_request
from booking.domain.vocabulary import Role
from booking.models.schools import School
from booking.models.terms import Term
from booking.queries import teacher as rows
from booking.queries.drafts import draft_rows
from booking.queries.load import Outlook, SlotLoad, outlook, slot_chances
from booking.services.drafts import start_draft, submit_draft
from booking.services.last_term import EarlierRequest, earlier_requests, last_term_of
from booking.services.terms import current_term, phase_today
from booking.web.access import allow, person
from booking.web.database import clock, read, write
from booking.web.drafts import DateChoice, pairs, read_dates, whole_numbers
from booking.web.formats import locale
from booking.web.marking import gettext, ngettext
from booking.web.problems import sentence, sentences
from booking.web.school_days import blocked_fault, hints, why_not
from booking.web.teacher.wizard import Page, Step, go_to, keep, open_step, sent_draft, side_by_side
from booking.web.term_calendar import better_nearby, build_months

pages = Blueprint("new", __name__)


# ---------------------------------------------------------------------------------------------------- classes
def _start(school_id: int | None, draft: Draft | None = None) -> Step:
    """The first step before there is a draft."""
    session = read()
    term = current_term(session)
    late = require_request(phase_today(term, clock()))
    school = rows.school_of(session, person(), SchoolId(school_id) if school_id is not None else None)
    return Step(term, school, rows.schools_of(session, person()), None, Draft(), late).with_draft(draft or Draft())


def _classes(step: Step, faults: dict[str, str] | None = None) -> Page:
    session = read()
    asked = rows.summarise(rows.school_rows(session, step.term, step.school.id)).by_class
    page = render_template(
        "web/teacher/new_classes.html",
        step=step,
        faults=faults or {},
        asked=asked,
        drafts=[] if step.stored else draft_rows(session, step.term.id, step.school.id),
        earlier=_earlier(step),
        rest=[pair for pair in pairs(step.draft) if pair[0] not in ("class", "together")],
    )
    return (page, 422) if faults else page


def _earlier(step: Step) -> tuple[Term, list[EarlierRequest]] | None:
    """The school's last term with what it asked for then; offered before there is a draft."""
    session = read()
    last = None if step.stored else last_term_of(session, step.term, step.school.id)
    return (last, earlier_requests(session, step.school.id, last)) if last else None


def _class_faults(school: School) -> dict[str, str]:
    """What is wrong with the classes that were sent: none, or one that the school does not have."""
    sent = request.form.getlist("class")
    known = {one.id for one in school.classes if one.active}
    if not sent:
        return {"classes": sentence(InvalidInput(field="classes", reason="required"))}
    if len(sent) > len(known) or not {ClassId(n) for n in whole_numbers(sent)} <= known or not whole_numbers(sent):
        return {"classes": sentence(InvalidInput(field="classes", reason="unknown"))}
    return {}


@pages.get("/requests/new")
@allow(Role.TEACHER)
def start() -> Page:
    """Step 1: which classes, and whether they go out together; or a draft to go on with."""
    return _classes(_start(request.args.get("school", type=int)))


@pages.post("/requests/new")
@allow(Role.TEACHER)
def start_now() -> Page:
    """Keep a draft from the first step on."""
    step = _start(request.form.get("school", type=int), sent_draft())
    faults = _class_faults(step.school)
    if faults:
        return _classes(step, faults)
    try:
        with write() as session:
            made = start_draft(session, clock(), person(), step.school.id, step.draft)
    except InvalidInput as error:
        return _classes(step, sentences(error))
    return go_to("fields", made.id)


@pages.get("/requests/new/<int:draft_id>")
@allow(Role.TEACHER)
def classes(draft_id: int) -> Page:
    """Step 1 of a draft that is kept."""
    return _classes(open_step(read(), draft_id))


@pages.post("/requests/new/<int:draft_id>")
@allow(Role.TEACHER)
def classes_now(draft_id: int) -> Page:
    """Keep the classes and go on."""
    step = open_step(read(), draft_id)
    faults = _class_faults(step.school)
    if faults:
        return _classes(step.with_draft(sent_draft()), faults)
    return keep(draft_id, step, sent_draft(), "fields", lambda: go_to("fields", draft_id))


# ---------------------------------------------------------------------------------------------------- kinds of work
def _fields(step: Step, faults: dict[str, str] | None = None) -> Page:
    offered = rows.workplaces_by_field(read(), step.school.level)
    rest = [pair for pair in pairs(step.draft) if pair[0] != "field"]
    page = render_template("web/teacher/new_fields.html", step=step, faults=faults or {}, offered=offered, rest=rest)
    return (page, 422) if faults else page


def _missing(step: Step, upto: str) -> Page | None:
    """The first of the steps before ``upto`` that is not complete, with what it lacks."""
    if not step.classes:
        return _classes(step, {"classes": sentence(InvalidInput(field="classes", reason="required"))})
    if upto != "fields" and not step.draft.fields:
        return _fields(step, {"fields": sentence(InvalidInput(field="fields", reason="required"))})
    return None


@pages.get("/requests/new/<int:draft_id>/fields")
@allow(Role.TEACHER)
def fields(draft_id: int) -> Page:
    """Step 2: which kinds of work."""
    step = open_step(read(), draft_id)
    return _missing(step, "fields") or _fields(step)


@pages.post("/requests/new/<int:draft_id>/fields")
@allow(Role.TEACHER)
def fields_now(draft_id: int) -> Page:
    """Keep the kinds of work and go on."""
    step = open_step(read(), draft_id)
    draft = sent_draft()
    if not draft.fields:
        return _fields(step.with_draft(draft), {"fields": sentence(InvalidInput(field="fields", reason="required"))})
    return keep(draft_id, step, draft, "dates", lambda: go_to("dates", draft_id))


# ---------------------------------------------------------------------------------------------------- dates
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
        rest=[pair for pair in pairs(step.draft) if pair[0] not in ("wish", "may")],
    )
    return (page, 422) if faults else page


def _picked(choices: dict[SlotId, str], loads: list[SlotLoad]) -> list[tuple[str, SlotLoad]]:
    """The chosen slots, by rank, the merely possible ones last."""
    return sorted(((choices[load.slot_id], load) for load in loads if load.slot_id in choices), key=lambda one: one[0])


@pages.get("/requests/new/<int:draft_id>/dates")
@allow(Role.TEACHER)
def dates(draft_id: int) -> Page:
    """Step 3: which dates, seeing how crowded each is."""
    step = open_step(read(), draft_id)
    return _missing(step, "dates") or _dates(step, outlook(read(), step.term, step.school.level))


@pages.post("/requests/new/<int:draft_id>/dates")
@allow(Role.TEACHER)
def dates_now(draft_id: int) -> Page:
    """Keep the dates and go on to the check; back to the step before, or home, even where they are not complete."""
    step = open_step(read(), draft_id)
    seen = outlook(read(), step.term, step.school.level)
    given = read_dates(request.form, seen.loads)
    step = step.with_draft(sent_draft().with_dates(given.requested, given.negotiable))
    way = request.form.get("go", "check")
    unfinished = given.fault is not None and given.fault.reason == "required" and way != "check"
    fault = None if unfinished else given.fault
    if fault or (way == "check" and blocked_fault(given.choices, why_not(step.school.id, step.grades, seen.loads))):
        return _dates(step, seen, given)

    def on() -> Page:
        if way == "later":
            flash(gettext("신청 준비를 저장했습니다. 보내기 전까지 언제든 이어서 쓰실 수 있습니다."), "ok")
            return redirect(url_for("teacher.overview", school=step.school.id), 303)
        return go_to("fields" if way == "fields" else "check", draft_id)

    return keep(draft_id, step, step.draft, "check", on)


# ---------------------------------------------------------------------------------------------------- check
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
        rest=pairs(step.draft),
    )
    return (page, 422) if faults else page


@pages.get("/requests/new/<int:draft_id>/check")
@allow(Role.TEACHER)
def check(draft_id: int) -> Page:
    """Step 4: everything on one page before it is sent."""
    step = open_step(read(), draft_id)
    missing = _missing(step, "check")
    if missing:
        return missing
    if not step.draft.requested:
        seen = outlook(read(), step.term, step.school.level)
        return _dates(step, seen, read_dates({}, seen.loads))
    return _check(step)


@pages.post("/requests/new/<int:draft_id>/check")
@allow(Role.TEACHER)
def submit(draft_id: int) -> Page | Response:
    """Send the requests, one per class, as they stood on the page."""
    step = open_step(read(), draft_id)
    try:
        with write() as session:
            made = submit_draft(session, clock(), person(), DraftId(draft_id), step.version)
    except Conflict:
        return side_by_side(draft_id, step.with_draft(sent_draft()).draft, "check")
    except (InvalidForm, InvalidInput) as error:
        return _check(open_step(read(), draft_id), sentences(error))
    count = len(made)
    flash(ngettext("%(num)s개 학급을 신청했습니다.", "%(num)s개 학급을 신청했습니다.", count), "ok")
    return redirect(url_for("teacher.overview", school=step.school.id), 303)
