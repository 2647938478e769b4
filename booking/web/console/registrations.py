"""신청 받기: a session's places, who comes, waits and is offered what; the office registers for schools that call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import SEOUL, seoul_date
from booking.domain.entered import Entered
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput, NotNow
from booking.domain.ids import PartyId, SessionId
from booking.domain.programmes import LONGEST_REASON, MOST_PLACES
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
from booking.domain.states import LIVE_PARTIES, PartyStatus
from booking.domain.vocabulary import Level
from booking.exchange.tables import csv_table
from booking.models.programmes import ProgrammeSession
from booking.models.registrations import SessionOpening, SessionParty
from booking.queries import registrations as rows
from booking.queries.audit_log import actor_names
from booking.queries.programmes import OPEN, schools
from booking.services import registration_desk as desk
from booking.services import registrations
from booking.services.programmes import find_session
from booking.services.registration_line import find_opening, find_party, opening_or_none
from booking.web import party_words as words
from booking.web.access import STAFF, allow, person
from booking.web.console.base import gettext, pages
from booking.web.console.leaving import as_file
from booking.web.console.words import action_word
from booking.web.console.workplaces import given, seen
from booking.web.database import clock, read, write
from booking.web.labels import label
from booking.web.marking import N_
from booking.web.problems import not_now, sentences

Page = str | tuple[str, int] | Response
MEANWHILE = N_("그사이 달라진 것이 있어 아무것도 바꾸지 않았습니다. 지금 상태를 보고 다시 해 주세요.")
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
        return _to(session_id)
    flash(gettext("저장했습니다. 학교의 프로그램 화면에 이대로 나타납니다."), "ok")
    return _to(session_id)


def _to(session_id: int) -> Response:
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
    return _to(session_id)


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
        return _to(session_id)
    if party.status is PartyStatus.REGISTERED:
        flash(gettext("등록했습니다. 학교에도 알립니다."), "ok")
    else:
        flash(gettext("자리가 모자라 대기 명단에 올렸습니다. 학교에도 알립니다."), "mid")
    return _to(session_id)


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


def _party_page(party_id: int, *, faults: Mapping[str, str] | None = None, status: int = 200) -> Page:
    read().expire_all()
    party = find_party(read(), PartyId(party_id))
    opening = party.opening
    today = seoul_date(clock().now())
    others = [
        other
        for other in rows.openings_after(read(), today)
        if other.session_id != opening.session_id and party.school.level.value in other.levels
    ]
    page = render_template(
        "web/console/party.html",
        party=party,
        opening=opening,
        row=opening.session,
        live=party.status in LIVE_PARTIES and opening.session.status in OPEN,
        others=others,
        words=words,
        typed=request.form if request.method == "POST" else {},
        faults=faults or {},
        limits=LIMITS,
    )
    return page, status


@pages.get("/sessions/parties/<int:party_id>")
@allow(*STAFF)
def party(party_id: int) -> Page:
    """One class or group at a session, and what the office can do with it."""
    return _party_page(party_id)


def _done(party: SessionParty, text: str) -> Response:
    flash(text, "ok")
    return _to(party.session_id)


@pages.post("/sessions/parties/<int:party_id>/size")
@allow(*STAFF)
def change_party(party_id: int) -> Page:
    """Change how many come, for a school that called."""
    number = seen()
    try:
        entered = Entered(given())
        size = entered.number("pupils", 1, MOST_PLACES)
        entered.finish()
        with write() as session:
            found = registrations.change_size(session, clock(), person(), PartyId(party_id), size, seen=number)
    except InvalidForm as error:
        return _party_page(party_id, faults=sentences(error), status=422)
    except (Conflict, IllegalTransition):
        return _meanwhile(party_id)
    return _done(found, gettext("인원을 고쳤습니다. 학교에도 알립니다."))


def _meanwhile(party_id: int) -> Page:
    flash(gettext(MEANWHILE), "mid")
    return redirect(url_for("console.party", party_id=party_id), 303)


@pages.post("/sessions/parties/<int:party_id>/step")
@allow(*STAFF)
def step_party(party_id: int) -> Page:
    """Give it places out of its turn, gather places for it or stop that, or enter that its school declines."""
    number, wanted = PartyId(party_id), request.form.get("step", "")
    try:
        with write() as session:
            if wanted == "place":
                desk.place_party(session, clock(), person(), number)
                said = gettext("등록했습니다. 학교에도 알립니다.")
            elif wanted in {"gather", "let_go"}:
                desk.gather_places(session, clock(), person(), number, on=wanted == "gather")
                said = gettext("자리를 모읍니다.") if wanted == "gather" else gettext("자리 모으기를 그만두었습니다.")
            elif wanted == "decline":
                registrations.answer_place(session, clock(), person(), number, accept=False)
                said = gettext("사양한 것으로 적었습니다.")
            else:
                raise InvalidInput(field="step", reason="unknown")
    except InvalidForm as error:
        return _party_page(party_id, faults=sentences(error), status=422)
    except IllegalTransition:
        return _meanwhile(party_id)
    return _done(find_party(read(), number), said)


@pages.post("/sessions/parties/<int:party_id>/remove")
@allow(*STAFF)
def remove_party(party_id: int) -> Page:
    """Take it away, with a reason that its school reads."""
    try:
        entered = Entered(given())
        reason = entered.line("reason", LONGEST_REASON)
        entered.finish()
        with write() as session:
            desk.remove_party(session, clock(), person(), PartyId(party_id), reason)
    except InvalidForm as error:
        return _party_page(party_id, faults=sentences(error), status=422)
    except IllegalTransition:
        return _meanwhile(party_id)
    return _done(find_party(read(), PartyId(party_id)), gettext("신청을 뺐습니다. 학교에도 알립니다."))


@pages.post("/sessions/parties/<int:party_id>/move")
@allow(*STAFF)
def move_party(party_id: int) -> Page:
    """Move it to another session that has room."""
    text = request.form.get("to", "")
    try:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise InvalidForm([InvalidInput(field="to", reason="unknown")])
        with write() as session:
            moved = desk.move_party(session, clock(), person(), PartyId(party_id), SessionId(int(text)))
    except InvalidForm as error:
        return _party_page(party_id, faults=sentences(error), status=422)
    except IllegalTransition:
        return _meanwhile(party_id)
    return _done(moved, gettext("이 회차로 옮겼습니다. 학교에도 알립니다."))
