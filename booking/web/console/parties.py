"""A class or group at a session: its number is changed, it gets places, is moved or taken away, for whoever called."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.entered import Entered
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput
from booking.domain.ids import PartyId, SessionId
from booking.domain.party_states import LIVE_PARTIES
from booking.domain.programmes import LONGEST_REASON, MOST_PLACES
from booking.models.registrations import SessionParty
from booking.queries import registrations as rows
from booking.queries.programmes import OPEN
from booking.services import registration_desk as desk
from booking.services import registrations
from booking.services.registration_line import find_party
from booking.web import party_words as words
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.registrations import LIMITS, to_registration
from booking.web.console.workplaces import given, seen
from booking.web.database import clock, read, write
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
MEANWHILE = N_("그사이 달라진 것이 있어 아무것도 바꾸지 않았습니다. 지금 상태를 보고 다시 해 주세요.")


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
    return to_registration(party.session_id)


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
