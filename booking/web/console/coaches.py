"""진로코치: the pool, each with training and the promised half-days; what leaves the plan short is said first.

Telephone and address are masked; they are changed where they are shown, on a click that is logged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.coach_entry import LONGEST_NAME, read_coach
from booking.domain.errors import CoachesShort, Conflict, InvalidForm
from booking.domain.ids import CoachId, SlotId
from booking.domain.vocabulary import Block, Language
from booking.models.coaches import Coach
from booking.models.dispatches import CoachDispatch
from booking.models.terms import Slot
from booking.queries import coaches as rows
from booking.queries.dispatches import sent_along
from booking.queries.openings import slots_of
from booking.services.coaches import add_coach, change_availability, change_coach, find_coach
from booking.services.history import record_access
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.workplaces import BESIDE, given, seen
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
WORKDAYS = range(5)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a coach's page differs from the usual: contact shown, a form that was refused."""

    revealed: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)
    sent: bool = False
    conflict: bool = False


def _slots_ahead(session: Session) -> list[Slot]:
    today = seoul_date(clock().now())
    return [slot for slot in slots_of(session, current_term(session).id) if slot.date > today]


@pages.get("/coaches")
@allow(*STAFF)
def coaches() -> View:
    """The pool: training, the half-days promised this term, and those at which coaches are needed."""
    session, today = read(), seoul_date(clock().now())
    term = current_term(session)
    found = rows.coaches(session, term.id, today)
    there, wanted = rows.available(session, term.id), rows.needed(session, term.id)
    return render_template(
        "web/console/coaches.html",
        rows=found,
        today=today,
        short=[slot for slot in _slots_ahead(session) if wanted[slot.id] > there[slot.id]],
        there=there,
        wanted=wanted,
        active=sum(1 for row in found if row.standing is rows.Standing.ACTIVE),
    )


def _values(coach: Coach) -> dict[str, str]:
    names = ("name", "language", "phone", "email", "training_valid_until", "ended_on")
    return {name: str(getattr(coach, name) or "") for name in names}


def _page(coach: Coach | None, shown: Shown, status: int = 200) -> Page:
    session = read()
    values = {"language": Language.KO.value} if coach is None else _values(coach)
    if shown.sent:
        values |= {name: texts[0] for name, texts in given().items() if texts}
    months = []
    promised: set[SlotId] = set()
    sent: Sequence[CoachDispatch] = ()
    if coach is not None:
        sent = sent_along(session, coach.id, current_term(session).id)
        promised = rows.promised_slots(session, coach.id, current_term(session).id)
        by_month = groupby(_slots_ahead(session), key=lambda slot: slot.date.replace(day=1))
        months = [(first, _days(list(slots))) for first, slots in by_month]
    page = render_template(
        "web/console/coach.html",
        coach=coach,
        shown=shown,
        faults=shown.faults,
        one=lambda name: values.get(name, ""),
        languages=list(Language),
        longest=LONGEST_NAME,
        months=months,
        promised=promised,
        sent=sent,
        blocks=list(Block),
        weekdays=WORKDAYS,
        today=seoul_date(clock().now()),
    )
    return page, status


def _days(slots: list[Slot]) -> list[list[Slot]]:
    days: defaultdict[object, list[Slot]] = defaultdict(list)
    for slot in slots:
        days[slot.date].append(slot)
    return list(days.values())


@pages.get("/coaches/new")
@allow(*STAFF)
def new_coach() -> Page:
    """An empty form."""
    return _page(None, Shown(revealed=True))


@pages.post("/coaches/new")
@allow(*STAFF)
def save_new_coach() -> Page:
    """Take a coach into the pool."""
    try:
        entry = read_coach(given(), with_contact=True)
    except InvalidForm as error:
        return _page(None, Shown(revealed=True, faults=sentences(error), sent=True), 422)
    with write() as session:
        added = add_coach(session, person(), entry)
    flash(gettext("진로코치를 등록했습니다. 이어서 올 수 있는 시간을 골라 주세요."), "ok")
    return redirect(url_for("console.coach", coach_id=added.id), 303)


@pages.get("/coaches/<int:coach_id>")
@allow(*STAFF)
def coach(coach_id: int) -> Page:
    """One coach. Telephone and address are masked."""
    return _page(find_coach(read(), CoachId(coach_id)), Shown())


def _reveal(coach_id: int) -> Coach:
    with write() as session:
        found = find_coach(session, CoachId(coach_id))
        record_access(session, person(), "reveal_contact", "coach", coach_id)
    return found


@pages.post("/coaches/<int:coach_id>/contact")
@allow(*STAFF)
def reveal_coach(coach_id: int) -> Page:
    """Show telephone and address for this one view, and log who looked."""
    return _page(_reveal(coach_id), Shown(revealed=True))


def _save(coach_id: int, change: Callable[[Session, frozenset[SlotId]], object], done: str, *, sent: bool) -> Page:
    """Save, or show at which times the plan would be short of coaches, or what another has stored meanwhile."""
    agreed = frozenset(
        SlotId(int(text)) for text in request.form.getlist("agreed") if text.isdecimal() and len(text) < 16
    )
    try:
        with write() as session:
            change(session, agreed)
    except CoachesShort as error:
        read().expire_all()
        short = error.facts["slots"]
        return render_template(
            "web/console/coach_confirm.html",
            coach=find_coach(read(), CoachId(coach_id)),
            short=[slot for slot in _slots_ahead(read()) if isinstance(short, set) and slot.id in short],
            kept=[(name, text) for name, texts in given().items() if name not in BESIDE for text in texts],
        )
    except Conflict:
        read().expire_all()
        return _page(find_coach(read(), CoachId(coach_id)), Shown(conflict=True, sent=sent), 409)
    flash(done, "ok")
    return redirect(url_for("console.coach", coach_id=coach_id), 303)


@pages.post("/coaches/<int:coach_id>")
@allow(*STAFF)
def save_coach(coach_id: int) -> Page:
    """Save the form; telephone and address only where it showed them."""
    number, shows = CoachId(coach_id), "phone" in request.form
    try:
        entry = read_coach(given(), with_contact=shows)
    except InvalidForm as error:
        found = _reveal(coach_id) if shows else find_coach(read(), number)
        return _page(found, Shown(revealed=shows, faults=sentences(error), sent=True), 422)

    def change(session: Session, agreed: frozenset[SlotId]) -> object:
        return change_coach(session, clock(), config(), person(), number, entry, seen=seen(), agreed=agreed)

    return _save(coach_id, change, gettext("진로코치를 고쳤습니다."), sent=True)


@pages.post("/coaches/<int:coach_id>/availability")
@allow(*STAFF)
def save_availability(coach_id: int) -> Page:
    """Save the half-days: as ticked one by one, or all those of the weekdays that are ticked."""
    number = CoachId(coach_id)
    ticked = {SlotId(int(text)) for text in request.form.getlist("slot") if text.isdecimal() and len(text) < 16}
    if request.form.get("weekly"):
        halves = set(request.form.getlist("week"))
        ticked = {slot.id for slot in _slots_ahead(read()) if f"{slot.date.weekday()}-{slot.block.value}" in halves}

    def change(session: Session, agreed: frozenset[SlotId]) -> object:
        return change_availability(session, clock(), config(), person(), number, ticked, seen=seen(), agreed=agreed)

    return _save(coach_id, change, gettext("올 수 있는 시간을 저장했습니다."), sent=False)
