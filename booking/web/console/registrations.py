"""신청 받기: a session's places, who comes, waits and is offered what; the office registers for schools that call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import SEOUL, seoul_date
from booking.domain.entered import Entered
from booking.domain.errors import Conflict, InvalidForm, NotNow
from booking.domain.ids import SessionId
from booking.domain.party_states import LIVE_PARTIES, PartyStatus
from booking.domain.programmes import LONGEST_REASON
from booking.domain.registration import (
    HABIT,
    LONGEST_LABEL,
    LONGEST_PARTY_NOTE,
    MOST_GRADE,
    KeepUnit,
    grades_for,
    last_moment,
    read_opening,
    read_party,
)
from booking.domain.vocabulary import Level
from booking.exchange.tables import csv_table
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionOpening
from booking.queries import registrations as rows
from booking.queries.audit_log import actor_names
from booking.queries.programmes import OPEN, schools
from booking.services import registration_desk as desk
from booking.services import registrations
from booking.services.programmes import find_session
from booking.services.registration_line import find_opening, opening_or_none
from booking.web import party_words as words
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.leaving import as_file
from booking.web.console.words import action_word
from booking.web.console.workplaces import given, seen
from booking.web.database import clock, read, write
from booking.web.labels import label
from booking.web.marking import gettext
from booking.web.problems import not_now, sentences

Page = str | tuple[str, int] | Response
LIMITS = {"label": LONGEST_LABEL, "note": LONGEST_PARTY_NOTE, "reason": LONGEST_REASON}
#: a session that has no registration yet is proposed to be open until a week before it
USUAL_DAYS, USUAL_GROUP, USUAL_PLACES = 7, 30, 60


def _values(row: ProgrammeSession, opening: SessionOpening | None) -> dict[str, str]:
    """What stands in the form: how the session is open, or what is usual."""
    if opening is None:
        now = clock().now().astimezone(SEOUL)
        last = max(min(row.date - dt.timedelta(days=USUAL_DAYS), row.date), now.date() + dt.timedelta(days=1))
        places = sum(one.planned for one in row.counts if one.level is not None) or USUAL_PLACES
        return {
            "places": str(places),
            "opens_on": now.date().isoformat(),
            "opens_at": "09:00",
            "closes_on": min(last, row.date).isoformat(),
            "closes_at": "18:00",
            "smallest": "1",
            "largest": str(min(USUAL_GROUP, places)),
            "keep": str(HABIT.number),
            "unit": HABIT.unit.value,
        }
    opens, closes = opening.opens_at.astimezone(SEOUL), opening.closes_at.astimezone(SEOUL)
    return {
        "places": str(opening.places),
        "opens_on": opens.date().isoformat(),
        "opens_at": opens.strftime("%H:%M"),
        "closes_on": closes.date().isoformat(),
        "closes_at": closes.strftime("%H:%M"),
        "smallest": str(opening.smallest),
        "largest": str(opening.largest),
        "keep": str(opening.keep),
        "unit": opening.keep_unit.value,
    }


def _page(
    session_id: int, *, sent: bool = False, faults: Mapping[str, str] | None = None, conflict: bool = False,
    status: int = 200,
) -> Page:  # fmt: skip
    read().expire_all()
    session = read()
    row = find_session(session, SessionId(session_id))
    opening = opening_or_none(session, row.id)
    values = _values(row, opening)
    levels = list(opening.levels) if opening else sorted({one.level.value for one in row.counts if one.level})
    grades = [str(grade) for grade in opening.grades] if opening else []
    if sent:
        values |= {name: texts[0] for name, texts in given().items() if texts}
        if "places" in request.form:
            levels, grades = given().get("levels", []), given().get("grades", [])
    history = rows.registration_history(session, row.id)
    page = render_template(
        "web/console/registration.html",
        row=row,
        opening=opening,
        window=words.window_of(opening) if opening else None,
        open=row.status in OPEN,
        may_save=row.status in OPEN and clock().now() < last_moment(row.date),
        coming=[party for party in opening.parties if party.status in LIVE_PARTIES - {PartyStatus.WAITING}]
        if opening else [],
        ended=[party for party in opening.parties if party.status not in LIVE_PARTIES] if opening else [],
        one=lambda name: values.get(name, ""),
        levels=levels,
        grades=grades,
        all_levels=list(Level),
        all_grades=range(1, MOST_GRADE + 1),
        units=list(KeepUnit),
        schools=[school for school in schools(session) if opening and school.level.value in opening.levels],
        faults=faults or {},
        opening_faults=faults if faults and "places" in request.form else {},
        conflict=conflict,
        limits=LIMITS,
        words=words,
        history=history,
        names=actor_names(session, [entry.actor for entry in history]),
        named={party.id: f"{party.school.name} {party.label}" for party in opening.parties} if opening else {},
        action_word=action_word,
    )  # fmt: skip
    return page, status


@pages.get("/sessions/<int:session_id>/registration")
@allow(*STAFF)
def registration(session_id: int) -> Page:
    """Who comes to a session and who waits; or the form with which it is opened."""
    return _page(session_id)


@pages.post("/sessions/<int:session_id>/registration")
@allow(*STAFF)
def save_registration(session_id: int) -> Page:
    """Open a session for registration, or change how it is open."""
    row = find_session(read(), SessionId(session_id))
    number = seen()
    try:
        entry = read_opening(given(), row.date)
        with write() as session:
            desk.save_opening(session, clock(), person(), SessionId(session_id), entry, seen=number)
    except InvalidForm as error:
        return _page(session_id, sent=True, faults=sentences(error), status=422)
    except Conflict:
        return _page(session_id, conflict=True, status=409)
    except NotNow as error:
        flash(not_now(error), "bad")
        return to_registration(session_id)
    flash(gettext("저장했습니다. 학교의 프로그램 화면에 이대로 나타납니다."), "ok")
    return to_registration(session_id)


def to_registration(session_id: int) -> Response:
    """Lead to the page of who comes to a session."""
    return redirect(url_for("console.registration", session_id=session_id), 303)


@pages.post("/sessions/<int:session_id>/registration/close")
@allow(*STAFF)
def close_registration(session_id: int) -> Page:
    """Close registration by hand, or open it again."""
    closed = request.form.get("closed") == "1"
    try:
        with write() as session:
            desk.close_registration(session, clock(), person(), SessionId(session_id), closed=closed)
    except NotNow as error:
        flash(not_now(error), "bad")
    else:
        flash(
            gettext("신청을 닫았습니다. 대기 명단은 계속 움직입니다.") if closed else gettext("신청을 다시 엽니다."),
            "ok",
        )
    return to_registration(session_id)


@pages.post("/sessions/<int:session_id>/registration/parties")
@allow(*STAFF)
def register_party(session_id: int) -> Page:
    """Register a class or group of a school that called."""
    opening = find_opening(read(), SessionId(session_id))
    try:
        entered = Entered(given())
        known = {str(school.id): school for school in schools(read())}
        if entered.text("school") not in known:
            entered.fault("school", "required")
        entered.finish()
        school = known[entered.text("school")]
        entry = read_party(
            given(), grades_for(school.level, opening.grades), smallest=opening.smallest, largest=opening.largest
        )
        with write() as session:
            party = registrations.register(session, clock(), person(), SessionId(session_id), school.id, entry)
    except InvalidForm as error:
        return _page(session_id, sent=True, faults=sentences(error), status=422)
    except NotNow as error:
        flash(not_now(error), "bad")
        return to_registration(session_id)
    if party.status is PartyStatus.REGISTERED:
        flash(gettext("등록했습니다. 학교에도 알립니다."), "ok")
    else:
        flash(gettext("자리가 모자라 대기 명단에 올렸습니다. 학교에도 알립니다."), "mid")
    return to_registration(session_id)


@pages.get("/sessions/<int:session_id>/registration.csv")
@allow(*STAFF)
def registration_table(session_id: int) -> Response:
    """Everybody who comes, waits or has left, as a table without contacts."""
    opening = find_opening(read(), SessionId(session_id))
    head = [
        gettext("순서"), gettext("학교"), gettext("학급"), gettext("학년"), gettext("인원"), gettext("상태"),
        gettext("신청한 때"), gettext("회신 기한"), gettext("남긴 말"), gettext("까닭"),
    ]  # fmt: skip
    lines = [
        (
            party.turn, party.school.name, party.label, party.grade, party.pupils, label(party.status),
            _stamp(party.created_at), _stamp(party.offered_until), party.note, party.reason,
        )
        for party in opening.parties
    ]  # fmt: skip
    return as_file(csv_table(head, lines), f"registration-{session_id}-{seoul_date(clock().now()).isoformat()}.csv")


def _stamp(moment: dt.datetime | None) -> str:
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M") if moment else ""
