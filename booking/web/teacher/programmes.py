"""프로그램: sessions that a school may register for, its classes there, and its answers to places that came free."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.entered import Entered
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, NotFound, NotNow
from booking.domain.ids import PartyId, SchoolId, SessionId
from booking.domain.party_states import LIVE_PARTIES, PartyStatus
from booking.domain.programmes import MOST_PLACES
from booking.domain.registration import LONGEST_LABEL, LONGEST_PARTY_NOTE, grades_for, read_party
from booking.domain.vocabulary import Role
from booking.models.registrations import SessionOpening, SessionParty
from booking.models.schools import School
from booking.queries import registrations as rows
from booking.queries.teacher import school_of, schools_of
from booking.services import registrations
from booking.services.registration_line import find_opening, find_party
from booking.web import party_words as words
from booking.web.access import allow, person
from booking.web.database import clock, read, write
from booking.web.marking import N_, gettext
from booking.web.problems import not_now, sentences
from booking.web.teacher.school import school_argument, the_school

pages = Blueprint("programmes", __name__, url_prefix="/programmes")
Page = str | tuple[str, int] | Response
#: what is said to each answer to places that came free
ANSWERED = {
    "accept": N_("등록되었습니다. 고맙습니다."),
    "decline": N_("알겠습니다. 자리를 다음 학교에 돌리겠습니다."),
}
MEANWHILE = N_("그사이 달라진 것이 있어 아무것도 바꾸지 않았습니다. 지금 상태를 보고 다시 해 주세요.")


@pages.get("")
@allow(Role.TEACHER)
def home() -> Page:
    """The school's classes at sessions, and the sessions that it may register for."""
    session, school = read(), the_school()
    today = seoul_date(clock().now())
    return render_template(
        "web/teacher/programmes.html",
        school=school,
        schools=schools_of(session, person()),
        school_argument=school_argument(school),
        parties=rows.parties_of(session, school.id, today),
        openings=rows.openings_for(session, school.level, today),
        words=words,
    )


@pages.get("/<int:session_id>")
@allow(Role.TEACHER)
def session(session_id: int) -> Page:
    """One session: what it is, how much room it has, the school's classes there, and the form."""
    return _page(session_id)


def _seen_opening(session_id: int, school: School) -> SessionOpening:
    """A session that concerns the school: it is for its level, or the school was there.

    Raises:
        NotFound: it does not.
    """
    opening = find_opening(read(), SessionId(session_id))
    if school.level.value not in opening.levels and all(one.school_id != school.id for one in opening.parties):
        raise NotFound(f"session {session_id} is for others")
    return opening


def _page(
    session_id: int, *, faults: dict[str, str] | None = None, given: dict[str, str] | None = None, status: int = 200
) -> Page:
    school = the_school()
    read().expire_all()
    opening = _seen_opening(session_id, school)
    parties = rows.parties_of(read(), school.id, opening.session.date, SessionId(session_id))
    page = render_template(
        "web/teacher/programme.html",
        school=school,
        schools=schools_of(read(), person()),
        school_argument=school_argument(school),
        opening=opening,
        row=opening.session,
        parties=[party for party in parties if party.status in LIVE_PARTIES],
        ended=[party for party in parties if party.status not in LIVE_PARTIES],
        grades=grades_for(school.level, opening.grades),
        words=words,
        faults=faults or {},
        given=given or {},
        limits={"label": LONGEST_LABEL, "note": LONGEST_PARTY_NOTE},
        offered=PartyStatus.OFFERED,
    )
    return page, status


def _form() -> dict[str, list[str]]:
    return {name: request.form.getlist(name) for name in request.form}


def _to(session_id: int, school: School) -> Response:
    return redirect(url_for("teacher.programmes.session", session_id=session_id, school=school_argument(school)), 303)


@pages.post("/<int:session_id>/register")
@allow(Role.TEACHER)
def register(session_id: int) -> Page:
    """Register a class or a group, or put it on the waiting list."""
    school = the_school()
    opening = _seen_opening(session_id, school)
    try:
        entry = read_party(
            _form(), grades_for(school.level, opening.grades), smallest=opening.smallest, largest=opening.largest
        )
        with write() as writing:
            party = registrations.register(writing, clock(), person(), SessionId(session_id), school.id, entry)
    except InvalidForm as error:
        given = {name: text[:2000] for name, text in request.form.items()}
        return _page(session_id, faults=sentences(error), given=given, status=422)
    except NotNow as error:
        flash(not_now(error), "bad")
        return _to(session_id, school)
    if party.status is PartyStatus.REGISTERED:
        flash(gettext("등록되었습니다. 전자우편으로도 알려 드립니다."), "ok")
    else:
        flash(gettext("지금은 자리가 모자라 대기 명단에 올렸습니다. 자리가 나면 알려 드립니다."), "mid")
    return _to(session_id, school)


def _own_party(party_id: int) -> SessionParty:
    """A class or group of a school that the teacher speaks for.

    Raises:
        NotFound: it is another's.
    """
    party = find_party(read(), PartyId(party_id))
    person().require_school(party.school_id)
    return party


def _school_of(party: SessionParty) -> School:
    return school_of(read(), person(), SchoolId(party.school_id))


def _seen_version() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@pages.post("/parties/<int:party_id>/size")
@allow(Role.TEACHER)
def change_size(party_id: int) -> Page:
    """Change how many come."""
    party = _own_party(party_id)
    number, school = party.session_id, _school_of(party)
    try:
        entered = Entered(_form())
        size = entered.number("pupils", 1, MOST_PLACES)
        entered.finish()
        with write() as session:
            registrations.change_size(session, clock(), person(), PartyId(party_id), size, seen=_seen_version())
    except InvalidForm as error:
        found = {f"{name}-{party_id}": text for name, text in sentences(error).items()}
        return _page(number, faults=found, given={f"pupils-{party_id}": request.form.get("pupils", "")[:9]}, status=422)
    except (Conflict, IllegalTransition):
        flash(gettext(MEANWHILE), "mid")
        return _to(number, school)
    flash(gettext("인원을 고쳤습니다."), "ok")
    return _to(number, school)


@pages.post("/parties/<int:party_id>/withdraw")
@allow(Role.TEACHER)
def withdraw(party_id: int) -> Page:
    """Take a class or group back."""
    party = _own_party(party_id)
    number, school = party.session_id, _school_of(party)
    try:
        with write() as session:
            registrations.withdraw(session, clock(), person(), PartyId(party_id), seen=_seen_version())
    except (Conflict, IllegalTransition):
        flash(gettext(MEANWHILE), "mid")
    else:
        flash(gettext("신청을 취소했습니다. 알려 주셔서 고맙습니다."), "ok")
    return _to(number, school)


@pages.post("/parties/<int:party_id>/answer")
@allow(Role.TEACHER)
def answer(party_id: int) -> Page:
    """Accept or decline places that came free."""
    party = _own_party(party_id)
    number, school, said = party.session_id, _school_of(party), request.form.get("answer", "")
    if said not in ANSWERED:
        # silence, or anything else, is no answer: least of all a no
        abort(400)
    try:
        with write() as session:
            registrations.answer_place(session, clock(), person(), PartyId(party_id), accept=said == "accept")
    except IllegalTransition:
        flash(gettext(MEANWHILE), "mid")
    else:
        flash(gettext(ANSWERED[said]), "ok")
    return _to(number, school)
