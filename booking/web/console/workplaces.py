"""Workplaces kept by the office: added, changed, closed for a while, moved along the pipeline.

Where a change costs visits that stand their place, a page of its own says which ones before anything is saved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, StandingVisits
from booking.domain.ids import GroupId, WorkplaceId
from booking.domain.vocabulary import Block, JobField, Language, Level, Setting, SiteKind, WorkplaceStatus
from booking.domain.workplace_entry import (
    LATITUDES,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_NOTES,
    LONGITUDES,
    read_closure,
    read_contact,
    read_workplace,
)
from booking.models.workplaces import Workplace
from booking.services.history import record_access
from booking.services.successors import tell_new_contact
from booking.services.workplace_effects import Effect, Patch, examine, of_entry
from booking.services.workplaces import add_workplace, change_workplace, find_workplace
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.register import Shown, workplace_page
from booking.web.console.register_words import field_word, hit_word, value_word
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentence, sentences

Page = str | tuple[str, int] | Response
Again = Callable[[dict[str, str], int], Page]
#: what a form sends beside the fields
BESIDE = frozenset({"csrf_token", "agreed", "back"})
LONGEST = 5_000


pages.add_app_template_filter(sentence, "fault_sentence")


@pages.context_processor
def _words() -> dict[str, object]:
    return {"field_word": field_word, "hit_word": hit_word, "value_word": value_word}


def given() -> dict[str, list[str]]:
    """What was sent, field by field, each value no longer than anything that could be accepted."""
    return {name: [text[:LONGEST] for text in request.form.getlist(name)] for name in request.form}


def seen() -> int:
    """The version that the form was made from; nonsense is none at all."""
    return request.form.get("seen", 0, type=int) or 0


def agreed() -> set[GroupId]:
    """The groups to whose loss the form says yes."""
    return {GroupId(int(text)) for text in request.form.getlist("agreed") if text.isdecimal() and len(text) < 16}


def confirm_page(place: Workplace, effect: Effect) -> str:
    """What a change would cost visits that stand, with the form's values kept for the yes."""
    return render_template(
        "web/console/workplace_confirm.html",
        place=place,
        effect=effect,
        kept=[(name, text) for name, texts in given().items() if name not in BESIDE for text in texts],
    )


def _change(
    workplace_id: int, patch: Patch, again: Again, done: str, afterwards: Callable[[Session], None] | None = None
) -> Page:
    """Save a patch, or show what it would cost, what is wrong with it, or what another has stored meanwhile.

    ``afterwards`` follows a change in the same transaction.
    """
    if request.form.get("back"):
        return again({}, 200)
    number = WorkplaceId(workplace_id)
    try:
        with write() as session:
            effect = change_workplace(session, clock(), config(), person(), number, patch, seen=seen(), agreed=agreed())
            if effect.changes and afterwards is not None:
                afterwards(session)
    except StandingVisits:
        read().expire_all()
        place = find_workplace(read(), number)
        return confirm_page(place, examine(read(), clock(), place, patch))
    except InvalidForm as error:
        read().expire_all()
        return again(sentences(error), 422)
    except Conflict:
        read().expire_all()
        return again({}, 409)
    if not effect.changes:
        flash(gettext("바뀐 것이 없습니다."), "info")
    elif effect.hits:
        flash(gettext("저장했고, 모둠 %(n)s개의 자리를 다시 찾기 시작했습니다.", n=len(effect.hits)), "ok")
    else:
        flash(done, "ok")
    return redirect(url_for("console.workplace", workplace_id=workplace_id), 303)


# ---------------------------------------------------------------------------------------------------- the form
def _values(place: Workplace) -> dict[str, Sequence[str]]:
    """A workplace as the form's fields hold it."""
    names = (
        "name", "sms_name", "kind", "field", "setting", "address", "lat", "lon", "min_group", "max_group",
        "groups_per_slot", "visits_per_day", "visits_per_week", "visits_per_term", "safety_valid_until",
        "insurance_valid_until", "certified_until", "notes",
    )  # fmt: skip
    values: dict[str, Sequence[str]] = {
        name: ["" if getattr(place, name) is None else str(getattr(place, name))] for name in names
    }
    values["levels"] = list(place.levels)
    values["hours"] = [f"{row.weekday}-{row.block.value}" for row in place.hours]
    return values


def _form_page(
    place: Workplace | None,
    values: Mapping[str, Sequence[str]],
    faults: dict[str, str] | None = None,
    status: int = 200,
    against: Effect | None = None,
) -> Page:
    page = render_template(
        "web/console/workplace_form.html",
        place=place,
        values=values,
        one=lambda name: (values.get(name) or [""])[0],
        faults=faults or {},
        against=against,
        kinds=list(SiteKind),
        fields=list(JobField),
        levels=list(Level),
        settings=list(Setting),
        languages=list(Language),
        statuses=list(WorkplaceStatus),
        blocks=list(Block),
        today=seoul_date(clock().now()),
        limits={"name": LONGEST_NAME, "address": LONGEST_ADDRESS, "notes": LONGEST_NOTES},
        degrees=(LATITUDES, LONGITUDES),
    )
    return page, status


@pages.get("/workplaces/new")
@allow(*STAFF)
def new_workplace() -> Page:
    """An empty form: one group at a time, Monday to Friday."""
    hours = [f"{weekday}-{block.value}" for weekday in range(5) for block in Block]
    today = seoul_date(clock().now()).isoformat()
    start = {"groups_per_slot": ["1"], "hours": hours, "levels": [Level.MIDDLE.value], "since": [today]}
    return _form_page(None, start)


@pages.post("/workplaces/new")
@allow(*STAFF)
def save_new_workplace() -> Page:
    """Take a new workplace into the register."""
    values = given()
    try:
        entry = read_workplace(values)
        status = request.form.get("status", WorkplaceStatus.FOUND.value)
        if status not in set(WorkplaceStatus):
            raise InvalidForm([InvalidInput(field="status", reason="unknown")])
        with write() as session:
            added = add_workplace(session, clock(), person(), entry, WorkplaceStatus(status), _since())
    except InvalidForm as error:
        return _form_page(None, values, sentences(error), 422)
    flash(gettext("일터를 등록했습니다."), "ok")
    return redirect(url_for("console.workplace", workplace_id=added.id), 303)


def _since() -> dt.date:
    """The day of a step; empty is today.

    Raises:
        InvalidForm: it is no date.
    """
    text = request.form.get("since", "").strip()
    if not text:
        return seoul_date(clock().now())
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError as error:
        raise InvalidForm([InvalidInput(field="since", reason="date")]) from error


@pages.get("/workplaces/<int:workplace_id>/edit")
@allow(*STAFF)
def edit_workplace(workplace_id: int) -> Page:
    """The form as the workplace stands."""
    place = find_workplace(read(), WorkplaceId(workplace_id))
    return _form_page(place, _values(place))


@pages.post("/workplaces/<int:workplace_id>/edit")
@allow(*STAFF)
def save_workplace(workplace_id: int) -> Page:
    """Save the form."""
    values = given()

    def again(faults: dict[str, str], status: int) -> Page:
        place = find_workplace(read(), WorkplaceId(workplace_id))
        against = examine(read(), clock(), place, of_entry(read_workplace(values))) if status == 409 else None
        return _form_page(place, values, faults, status, against)

    try:
        patch = of_entry(read_workplace(values))
    except InvalidForm as error:
        return again(sentences(error), 422)
    return _change(workplace_id, patch, again, gettext("일터를 고쳤습니다."))


# -------------------------------------------------------------------------------------------------- one thing at a time
def _on_the_page(workplace_id: int) -> Again:
    def again(faults: dict[str, str], status: int) -> Page:
        shown = Shown(faults=faults, given=given(), conflict=status == 409)
        return workplace_page(workplace_id, shown), status

    return again


@pages.post("/workplaces/<int:workplace_id>/status")
@allow(*STAFF)
def step_workplace(workplace_id: int) -> Page:
    """Move a workplace along the pipeline, on the day that is named."""
    again = _on_the_page(workplace_id)
    status = request.form.get("status", "")
    try:
        since = _since()
    except InvalidForm as error:
        return again(sentences(error), 422)
    if status not in set(WorkplaceStatus):
        return again(sentences(InvalidInput(field="status", reason="unknown")), 422)
    patch = Patch(status=WorkplaceStatus(status), since=since)
    return _change(workplace_id, patch, again, gettext("상태를 바꿨습니다."))


@pages.post("/workplaces/<int:workplace_id>/closures")
@allow(*STAFF)
def close_workplace(workplace_id: int) -> Page:
    """Close a workplace for one half-day, some days or a stretch of time, or open it besides its pattern."""
    again = _on_the_page(workplace_id)
    try:
        closure = read_closure(given(), seoul_date(clock().now()))
    except InvalidForm as error:
        return again(sentences(error), 422)
    return _change(workplace_id, Patch(closures=(closure,)), again, gettext("받는 날을 바꿨습니다."))


@pages.post("/workplaces/<int:workplace_id>/closures/undo")
@allow(*STAFF)
def undo_closure(workplace_id: int) -> Page:
    """Let one half-day follow the weekly pattern again."""
    again = _on_the_page(workplace_id)
    day, _, block = request.form.get("half", "").partition(" ")
    try:
        half = (dt.date.fromisoformat(day), Block(block))
    except ValueError:
        return again(sentences(InvalidInput(field="form", reason="unknown")), 422)
    return _change(workplace_id, Patch(undone=frozenset({half})), again, gettext("여느 주와 같게 되돌렸습니다."))


@pages.post("/workplaces/<int:workplace_id>/contact/edit")
@allow(*STAFF)
def save_contact(workplace_id: int) -> Page:
    """Change the contact. Whoever is shown the form again sees it, which is logged."""

    def again(faults: dict[str, str], status: int) -> Page:
        with write() as session:
            record_access(session, person(), "reveal_contact", "workplace", workplace_id)
        shown = Shown(revealed=True, faults=faults, given=given(), conflict=status == 409)
        return workplace_page(workplace_id, shown), status

    try:
        contact = read_contact(given())
    except InvalidForm as error:
        find_workplace(read(), WorkplaceId(workplace_id))
        return again(sentences(error), 422)
    if contact is None or request.form.get("successor") != "1":
        return _change(workplace_id, Patch(contact=(contact,)), again, gettext("담당자를 고쳤습니다."))

    def tell(session: Session) -> None:
        tell_new_contact(session, clock(), person(), WorkplaceId(workplace_id))

    done = gettext("담당자를 바꾸었습니다. 앞 담당자의 링크는 닫았고, 앞으로 있을 방문을 새 담당자께 알립니다.")
    return _change(workplace_id, Patch(contact=(contact,)), again, done, tell)
