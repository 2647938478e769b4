"""Changing and withdrawing a request. A form remembers its version; what another saved is never overwritten."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.draft import MAY
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import SlotId
from booking.domain.phases import Action, may_change, require
from booking.domain.states import REQUEST_STEPS, RequestStatus, may_step
from booking.domain.vocabulary import JobField, Role
from booking.queries import teacher as rows
from booking.queries.load import Outlook, SlotLoad, outlook, slot_chances
from booking.services import requests
from booking.services.school_year import request_grade
from booking.services.terms import current_term, phase_today
from booking.web.access import allow, person
from booking.web.database import clock, config, read, write
from booking.web.drafts import read_dates
from booking.web.formats import locale
from booking.web.marking import gettext
from booking.web.problems import sentence, sentences
from booking.web.school_days import hints, why_not
from booking.web.term_calendar import build_months

pages = Blueprint("change", __name__)
Page = str | tuple[str, int] | Response
LONGEST_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the form, as text where it may be anything."""

    pupils: str
    chaperones_needed: str
    fields: tuple[str, ...]
    choices: dict[SlotId, str]


def changeable(row: rows.RequestRow, allowed: frozenset[Action]) -> bool:
    """Whether the request can be changed here: nothing is planned for it yet, and the phase allows it."""
    in_time = Action.CHANGE_REQUEST in allowed or (row.request.late and Action.REQUEST_LATE in allowed)
    return in_time and row.request.status in (RequestStatus.SUBMITTED, RequestStatus.UNSERVED)


def withdrawable(row: rows.RequestRow, allowed: frozenset[Action]) -> bool:
    """Whether the request can be withdrawn here."""
    return Action.WITHDRAW_REQUEST in allowed and may_step(REQUEST_STEPS, row.request.status, RequestStatus.WITHDRAWN)


def _stored(row: rows.RequestRow) -> Entry:
    ranked = {wish.slot_id: str(rank) for rank, wish in enumerate(row.request.requested, 1)}
    possible = {wish.slot_id: MAY for wish in row.request.negotiable}
    return Entry(
        str(row.request.pupils), str(row.request.chaperones_needed), tuple(row.request.fields), {**possible, **ranked}
    )


def _sent() -> Entry:
    choices = {
        SlotId(int(name[1:])): value
        for name, value in request.form.items()
        if name[:1] == "s" and name[1:].isdigit() and len(name) <= 18 and value
    }
    named = set(request.form.getlist("field"))
    return Entry(
        request.form.get("pupils", "").strip()[:LONGEST_NUMBER],
        request.form.get("chaperones_needed", "").strip()[:LONGEST_NUMBER],
        tuple(item.value for item in JobField if item in named),
        choices,
    )


def _number(text: str, field: str, faults: list[InvalidInput]) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    faults.append(InvalidInput(field=field, reason="number" if text else "required"))
    return 0


def _form(row: rows.RequestRow, entry: Entry, seen: Outlook, faults: dict[str, str] | None = None) -> Page:
    today = seoul_date(clock().now())
    loads = seen.loads
    chances = slot_chances(current_term(read()), loads)
    school = row.request.school
    grades = [request_grade(read(), row.request)]
    picked = sorted(
        ((entry.choices[load.slot_id], load) for load in loads if load.slot_id in entry.choices),
        key=lambda one: one[0],
    )
    page = render_template(
        "web/teacher/edit.html",
        row=row,
        entry=entry,
        faults=faults or {},
        outlook=seen,
        chances=chances,
        months=build_months(
            loads, entry.choices, today, locale(), why_not(school.id, grades, loads), hints(school.id, loads), chances
        ),
        picked=picked,
        version=request.form.get("version", row.request.version),
        offered=rows.workplaces_by_field(read(), row.request.school.level),
    )
    return (page, 422) if faults else page


def _conflict(row: rows.RequestRow, entry: Entry, loads: list[SlotLoad]) -> Page:
    """Show what was sent beside what another has stored meanwhile; the teacher decides which of the two stays."""
    slots = {load.slot_id: load for load in loads}
    stored = _stored(row)

    def listed(one: Entry) -> list[tuple[str, SlotLoad]]:
        known = [(value, slots[slot]) for slot, value in one.choices.items() if slot in slots]
        return sorted(known, key=lambda pair: pair[0])

    page = render_template(
        "web/teacher/conflict.html",
        row=row,
        mine=entry,
        theirs=stored,
        my_dates=listed(entry),
        dates_stored=listed(stored),
    )
    return page, 409


@pages.get("/requests/<int:request_id>/edit")
@allow(Role.TEACHER)
def edit(request_id: int) -> Page:
    """The form, filled with what is stored."""
    row = rows.request_row(read(), person(), request_id)
    term = current_term(read())
    phase = phase_today(term, clock())
    if not may_change(phase, late=row.request.late):
        require(phase, Action.CHANGE_REQUEST)
    return _form(row, _stored(row), outlook(read(), term, row.request.school.level))


@pages.post("/requests/<int:request_id>/edit")
@allow(Role.TEACHER)
def save(request_id: int) -> Page:
    """Store the change, or show the form again with what is wrong with it, or what another did meanwhile."""
    row = rows.request_row(read(), person(), request_id)
    seen = outlook(read(), current_term(read()), row.request.school.level)
    loads = seen.loads
    entry = _sent()
    faults: list[InvalidInput] = []
    version = _number(request.form.get("version", ""), "version", faults)
    pupils = _number(entry.pupils, "pupils", faults)
    chaperones = _number(entry.chaperones_needed, "chaperones_needed", faults)
    dates = read_dates(request.form, loads)
    if dates.fault:
        faults.append(dates.fault)
    if faults:
        return _form(row, entry, seen, {fault.field or "": sentence(fault) for fault in faults})
    change = requests.RequestChange(
        pupils=pupils,
        chaperones_needed=chaperones,
        fields=tuple(JobField(name) for name in entry.fields),
        requested=dates.requested,
        negotiable=dates.negotiable,
    )
    try:
        with write() as session:
            requests.change_request(session, clock(), person(), row.request.id, version, change)
    except (InvalidForm, InvalidInput) as error:
        return _form(rows.request_row(read(), person(), request_id), entry, seen, sentences(error))
    except Conflict as error:
        read().expire_all()
        if error.reason == "already_allocated":
            flash(gettext("그사이 배정되어 여기에서는 고칠 수 없습니다. 센터로 연락해 주세요."), "mid")
            return redirect(url_for("teacher.request_page", request_id=request_id), 303)
        return _conflict(rows.request_row(read(), person(), request_id), entry, loads)
    flash(gettext("신청을 고쳤습니다."), "ok")
    return redirect(url_for("teacher.request_page", request_id=request_id), 303)


@pages.get("/requests/<int:request_id>/withdraw")
@allow(Role.TEACHER)
def withdraw(request_id: int) -> Page:
    """Ask for the reason before anything is given up."""
    row = rows.request_row(read(), person(), request_id)
    require(phase_today(current_term(read()), clock()), Action.WITHDRAW_REQUEST)
    return render_template("web/teacher/withdraw.html", row=row, faults={}, reason="", version=row.request.version)


@pages.post("/requests/<int:request_id>/withdraw")
@allow(Role.TEACHER)
def withdraw_now(request_id: int) -> Page:
    """Withdraw the request with its reason."""
    row = rows.request_row(read(), person(), request_id)
    reason = request.form.get("reason", "")
    version = request.form.get("version", type=int, default=0)
    try:
        with write() as session:
            requests.withdraw_request(session, clock(), config(), person(), row.request.id, version, reason)
    except InvalidInput as error:
        row = rows.request_row(read(), person(), request_id)
        page = render_template(
            "web/teacher/withdraw.html", row=row, faults=sentences(error), reason=reason, version=version
        )
        return page, 422
    flash(gettext("신청을 취소했습니다. 자리는 다른 학급에 돌아갑니다."), "ok")
    return redirect(url_for("teacher.overview"), 303)
