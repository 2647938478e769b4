"""회차: the sessions of programmes, trainings and meetings; entered and changed one by one, copied and repeated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.entered import Entered
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput
from booking.domain.ids import ProgrammeId, SessionId
from booking.domain.programmes import (
    LONGEST_NOTES,
    LONGEST_PLACE,
    LONGEST_REASON,
    LONGEST_TITLE,
    MOST_COUNTS,
    Every,
    Section,
    read_session,
    recurring,
)
from booking.domain.quarters import Quarter
from booking.domain.states import SESSION_STEPS, SessionStatus
from booking.domain.vocabulary import Level
from booking.models.programmes import ProgrammeSession
from booking.queries import programmes as rows
from booking.queries.ledger import entries_of, frozen_quarters
from booking.queries.mentors import at_session
from booking.queries.registrations import openings_of
from booking.services import programmes
from booking.services.registration_line import opening_or_none
from booking.web import party_words
from booking.web.access import STAFF, allow, person
from booking.web.book_words import reason_text
from booking.web.console.base import chosen, page_links, page_number, pages
from booking.web.console.periods import Period, asked_period, period_options
from booking.web.console.workplaces import given, seen
from booking.web.database import clock, read, write
from booking.web.labels import label
from booking.web.marking import gettext, ngettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: empty rows below the head counts of a form
SPARE = 3
LIMITS = {"topic": LONGEST_TITLE, "place": LONGEST_PLACE, "notes": LONGEST_NOTES, "reason": LONGEST_REASON}


def today() -> dt.date:
    """The day in Seoul."""
    return seoul_date(clock().now())


def number_of(name: str) -> int | None:
    """A number that the address names; anything else narrows nothing."""
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def who_options() -> list[tuple[str, str]]:
    """Of whom a head count can be: no pupils, a school level, a school."""
    levels = [(level.value, gettext("%(level)s 학생", level=label(level))) for level in Level]
    schools = [(str(school.id), school.name) for school in rows.schools(read())]
    return [("", gettext("학생이 아닌 분")), *levels, *schools]


@pages.get("/sessions")
@allow(*STAFF)
def sessions() -> Page:
    """The sessions, the newest first, narrowed as asked."""
    session, period = read(), asked_period(today(), default=Period.everything())
    programme = number_of("programme")
    what = rows.SessionFilter(
        period.first, period.last, ProgrammeId(programme) if programme else None, chosen(Section, "section"),
        chosen(SessionStatus, "status"), today() if request.args.get("due") == "1" else None,
    )  # fmt: skip
    page = rows.sessions(session, what, page_number())
    return render_template(
        "web/console/sessions.html",
        page=page,
        openings=openings_of(session, [row.id for row in page.rows]),
        href=page_links(),
        what=what,
        period=period,
        periods=period_options(session, today()),
        kinds=rows.kinds(session, active=False),
        sections=list(Section),
        statuses=list(SessionStatus),
        unfinished=rows.unfinished(session, today() - dt.timedelta(days=1)),
    )


def _values(row: ProgrammeSession) -> dict[str, str]:
    values = {
        "programme": str(row.programme_id),
        "topic": row.title,
        "date": row.date.isoformat(),
        "starts_at": row.starts_at.strftime("%H:%M") if row.starts_at else "",
        "place": row.place,
        "cost": "" if row.cost is None else str(row.cost),
        "notes": row.notes,
        "status": row.status.value,
    }
    for at, one in enumerate(row.counts):
        values[f"who-{at}"] = str(one.school_id) if one.school_id else one.level.value if one.level else ""
        values[f"planned-{at}"] = str(one.planned)
        values[f"attended-{at}"] = "" if one.attended is None else str(one.attended)
    return values


def _fresh() -> dict[str, str]:
    return {
        "programme": request.args.get("programme", "")[:10],
        "date": today().isoformat(),
        "status": SessionStatus.PLANNED.value,
    }


def _page(
    row: ProgrammeSession | None, *, sent: bool = False, faults: Mapping[str, str] | None = None, status: int = 200,
    conflict: bool = False,
) -> Page:  # fmt: skip
    session = read()
    values = _fresh() if row is None else _values(row)
    chosen_people = [str(user.id) for user in row.people] if row else [str(person().user_id)]
    if sent:
        values = {name: texts[0] for name, texts in given().items() if texts}
        chosen_people = given().get("people", [])
    used = [at for at in range(MOST_COUNTS) if values.get(f"planned-{at}") or values.get(f"attended-{at}")
            or values.get(f"who-{at}")]  # fmt: skip
    kinds = list(rows.kinds(session))
    people = list(rows.people(session))
    if row is not None:
        kinds += [row.programme] if row.programme not in kinds else []
        people += [user for user in row.people if user not in people]
    page = render_template(
        "web/console/session.html",
        row=row,
        one=lambda name: values.get(name, ""),
        faults=faults or {},
        conflict=conflict,
        sent=sent,
        kinds=kinds,
        people=people,
        chosen_people=chosen_people,
        who=who_options(),
        count_rows=range(min(MOST_COUNTS, max(used, default=-1) + 1 + SPARE)),
        steps=[one for one in SessionStatus if row is None or one is row.status or one in SESSION_STEPS[row.status]],
        limits=LIMITS,
        entries=entries_of(session, session_id=row.id) if row else [],
        came=len(at_session(session, row.id)) if row else 0,
        opening=opening_or_none(session, row.id) if row else None,
        party_words=party_words,
        frozen=row is not None and Quarter.of(row.date) in frozen_quarters(session),
        held=row is not None and row.status is SessionStatus.HELD,
        reason_text=reason_text,
        every=list(Every),
    )
    return page, status


def _count_rows() -> list[int]:
    return [at for at in range(MOST_COUNTS) if f"planned-{at}" in request.form]


@pages.get("/sessions/new")
@allow(*STAFF)
def new_session() -> Page:
    """An empty form."""
    return _page(None)


@pages.post("/sessions/new")
@allow(*STAFF)
def save_new_session() -> Page:
    """Enter a session."""
    try:
        entry = read_session(given(), rows.known(read()), today(), rows=_count_rows())
    except InvalidForm as error:
        return _page(None, sent=True, faults=sentences(error), status=422)
    with write() as session:
        row = programmes.add_session(session, clock(), person(), entry)
    flash(gettext("회차를 적었습니다."), "ok")
    return redirect(url_for("console.session", session_id=row.id), 303)


@pages.get("/sessions/<int:session_id>")
@allow(*STAFF)
def session(session_id: int) -> Page:
    """One session, and what of it stands in the books."""
    return _page(programmes.find_session(read(), SessionId(session_id)))


@pages.post("/sessions/<int:session_id>")
@allow(*STAFF)
def save_session(session_id: int) -> Page:
    """Save it, or show what is wrong, or what somebody else has stored meanwhile."""
    row = programmes.find_session(read(), SessionId(session_id))
    try:
        entry = read_session(given(), rows.known(read(), row), today(), rows=_count_rows())
        with write() as session:
            programmes.change_session(session, clock(), person(), row.id, entry, seen=seen())
    except InvalidForm as error:
        return _page(_again(session_id), sent=True, faults=sentences(error), status=422)
    except (Conflict, IllegalTransition):
        return _page(_again(session_id), status=409, conflict=True)
    flash(gettext("회차를 고쳤습니다. 장부에는 달라진 만큼 더 적었습니다."), "ok")
    return redirect(url_for("console.session", session_id=session_id), 303)


def _again(session_id: int) -> ProgrammeSession:
    read().expire_all()
    return programmes.find_session(read(), SessionId(session_id))


def _copy_dates(first: dt.date) -> Sequence[dt.date]:
    """The days of the copies: one that was named, or those of a recurrence."""
    entered = Entered(given())
    if entered.text("every"):
        every, until = entered.one_of(Every, "every"), entered.required_date("until")
        entered.finish()
        dates: Sequence[dt.date] = recurring(first, every, until)
    else:
        date = entered.required_date("on")
        entered.finish()
        dates = [date]
    if not dates:
        raise InvalidForm([InvalidInput(field="copies", reason="required")])
    return dates


@pages.post("/sessions/<int:session_id>/copies")
@allow(*STAFF)
def copy_session(session_id: int) -> Page:
    """Plan the same session on other days."""
    row = programmes.find_session(read(), SessionId(session_id))
    try:
        dates = _copy_dates(row.date)
    except InvalidForm as error:
        return _page(row, faults=sentences(error), status=422)
    with write() as session:
        added = programmes.add_sessions(session, clock(), person(), programmes.copies(row, dates))
    flash(ngettext("회차 %(num)s건을 더 계획했습니다.", "회차 %(num)s건을 더 계획했습니다.", len(added)), "ok")
    if len(added) == 1:
        return redirect(url_for("console.session", session_id=added[0].id), 303)
    return redirect(url_for("console.sessions", programme=row.programme_id), 303)
