"""The page behind a coach's private link: with which school, when, where to meet; yes, or no.

As with workplaces there is no account and no session: the token authorises, GET and HEAD change nothing, and the views
are outside the CSRF check for the reasons that stand in :mod:`booking.web.workplace`.
"""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.clock import seoul_date
from booking.domain.announcements import ConsentBy
from booking.domain.errors import Conflict, InvalidInput
from booking.domain.states import LIVE_VISITS
from booking.domain.whose import Whose
from booking.models.dispatches import CoachDispatch
from booking.queries.dispatches import visits_of
from booking.services.consents import agreed, set_consent
from booking.services.dispatch_answers import answer_dispatch, may_answer, read_dispatch
from booking.services.dispatch_links import resolve_dispatch_link
from booking.web.database import clock, config, read, write
from booking.web.problems import sentences
from booking.web.workplace_frame import asked_language, guarded, in_other_language, outside_csrf

pages = Blueprint("coach", __name__, url_prefix="/c")
private = guarded("coach.sheet", resolve_dispatch_link)


def _render(
    dispatch: CoachDispatch, token: str, faults: dict[str, str] | None = None, status: int = 200
) -> AnyResponse:
    with force_locale(asked_language(dispatch.coach.language)):
        page = render_template(
            "web/coach/sheet.html",
            dispatch=dispatch,
            visits=[visit for visit in visits_of(read(), dispatch) if visit.status in LIVE_VISITS],
            token=token,
            may_answer=may_answer(clock(), dispatch),
            past=dispatch.slot.date < seoul_date(clock().now()),
            faults=faults or {},
            given=request.form,
            announced=agreed(read(), Whose.COACH, dispatch.coach_id) is not None,
            lang=request.args.get("lang"),
            lang_links=in_other_language("coach.sheet", token),
        )
    return make_response(page, status)


@pages.get("/<token>")
@private
def sheet(token: str) -> AnyResponse:
    """Show the dispatch, and what was answered; nothing changes."""
    return _render(read_dispatch(read(), token), token)


@pages.post("/<token>")
@outside_csrf
@private
def answer(token: str) -> AnyResponse:
    """Take the answer. The same answer again changes nothing."""
    chosen = request.form.get("answer", "")
    try:
        if chosen not in ("accept", "decline"):
            raise InvalidInput(field="answer", reason="coach_required")
        with write() as session:
            answer_dispatch(
                session, clock(), config(), token, accept=chosen == "accept", reason=request.form.get("reason", "")
            )
    except InvalidInput as error:
        return _render(read_dispatch(read(), token), token, sentences(error), 422)
    except Conflict as error:
        read().expire_all()
        fault = InvalidInput(field="answer", reason=f"coach_{error.reason}" if error.reason else "conflict")
        return _render(read_dispatch(read(), token), token, sentences(fault), 409)
    return redirect(url_for("coach.sheet", token=token, lang=request.args.get("lang")), 303)


@pages.post("/<token>/announcements")
@outside_csrf
@private
def choose_announcements(token: str) -> AnyResponse:
    """Say yes or no to announcements; nothing else depends on it."""
    coach = read_dispatch(read(), token).coach_id
    with write() as session:
        set_consent(
            session, clock(), f"coach:{coach}", Whose.COACH, coach, wanted=request.form.get("wanted") == "1",
            by=ConsentBy.SELF,
        )  # fmt: skip
    return redirect(url_for("coach.sheet", token=token, lang=request.args.get("lang")), 303)
